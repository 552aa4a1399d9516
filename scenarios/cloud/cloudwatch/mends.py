"""What moto gets wrong in an alarm: composite ones are not kept whole."""

import re
from typing import Any

import moto.cloudwatch.responses as cloudwatch_responses

from scenarios.cloud.kernel.moto_mends import Mend


def _put_composite_alarm(response: Any) -> Any:
    """Keep a composite alarm among the others; moto's own put was written with that in mind."""
    answer = response.put_metric_alarm()
    alarm = response.cloudwatch_backend.alarms[response._get_param("AlarmName")]  # noqa: SLF001 - as its own methods do
    alarm.actions_suppressor = response._get_param("ActionsSuppressor") or ""  # noqa: SLF001 - likewise
    for period in ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", period).lower()
        setattr(alarm, name, int(response._get_param(period) or 0))  # noqa: SLF001 - likewise
    return answer


MENDS: tuple[Mend, ...] = (
    (cloudwatch_responses.CloudWatchResponse, "put_composite_alarm", _put_composite_alarm),
)
