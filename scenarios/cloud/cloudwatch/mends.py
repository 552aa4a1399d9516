"""What moto gets wrong: composite alarms are not kept whole, and dashboards stand in one region.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html (all are
global)
"""

import re
from typing import Any

import moto.cloudwatch.models as cloudwatch_models
import moto.cloudwatch.responses as cloudwatch_responses
from moto.cloudwatch.exceptions import ResourceNotFound

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


_ALL_REGIONS = "us-east-1"


def _in_all_regions(name: str) -> Any:
    """A method of moto's backend that works on the dashboards of all regions; moto keeps them in one."""
    own = getattr(cloudwatch_models.CloudWatchBackend, name)

    def method(backend: Any, *given: Any, **named: Any) -> Any:
        everywhere = cloudwatch_models.cloudwatch_backends[backend.account_id][_ALL_REGIONS]
        return own(everywhere, *given, **named)

    return method


def _get_dashboard(response: Any) -> Any:
    """Say which dashboard isn't there."""
    name = response._get_param("DashboardName")  # noqa: SLF001 - likewise
    if response.cloudwatch_backend.get_dashboard(name) is None:
        raise ResourceNotFound(f"Dashboard {name} does not exist")
    return _their_get_dashboard(response)


_their_get_dashboard = cloudwatch_responses.CloudWatchResponse.get_dashboard
MENDS: tuple[Mend, ...] = (
    (cloudwatch_responses.CloudWatchResponse, "put_composite_alarm", _put_composite_alarm),
    (cloudwatch_responses.CloudWatchResponse, "get_dashboard", _get_dashboard),
    *(
        (cloudwatch_models.CloudWatchBackend, name, _in_all_regions(name))
        for name in ("put_dashboard", "get_dashboard", "list_dashboards", "delete_dashboards")
    ),
)
