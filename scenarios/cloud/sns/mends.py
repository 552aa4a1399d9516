"""What moto gets wrong in a topic: it refuses filter policies that SNS takes; see `sns.validation`."""

from typing import Any

import moto.sns.models as sns_models

from scenarios.cloud.kernel.moto_mends import Mend


def _checked_already(*_: Any, **__: Any) -> None:
    """What moto's own check is replaced by."""


MENDS: tuple[Mend, ...] = ((sns_models.SNSBackend, "_validate_filter_policy", _checked_already),)
