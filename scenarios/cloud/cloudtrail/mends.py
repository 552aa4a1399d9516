"""What moto gets wrong in a trail: its topic, and what it says of its events."""

from typing import Any

import moto.cloudtrail.models as cloudtrail_models

from scenarios.cloud.kernel.moto_mends import Mend


def _topic_arn(trail: Any) -> str | None:
    """The ARN of a trail's topic; moto takes every name for a bare one."""
    named = trail.sns_topic_name
    if not named or named.startswith("arn:"):
        return named or None
    return f"arn:aws:sns:{trail.region_name}:{trail.account_id}:{named}"


_describe_trail = cloudtrail_models.Trail.description


def _described_trail(trail: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Describe a trail; moto would always say that it has no event selectors of its own."""
    custom = bool(trail.event_selectors or trail.advanced_event_selectors)
    insights = {"HasInsightSelectors": bool(trail.insight_selectors)}
    return {**_describe_trail(trail, *args, **kwargs), "HasCustomEventSelectors": custom, **insights}


MENDS: tuple[Mend, ...] = (
    (cloudtrail_models.Trail, "topic_arn", property(_topic_arn)),
    (cloudtrail_models.Trail, "description", _described_trail),
)
