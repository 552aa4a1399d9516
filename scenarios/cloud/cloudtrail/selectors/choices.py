"""What a trail is set to log: its event selectors and its Insights, put and returned.

Management events that the selectors leave out don't reach EventBridge either. The call that changes the
selectors is itself judged by those that were there before it.

Sources:
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutInsightSelectors.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetInsightSelectors.html
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudtrail.selectors.rules import check_event_selectors, check_insight_selectors
from scenarios.cloud.cloudtrail.selectors.selectors import DEFAULT_SELECTORS, Record, completed, selects
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting


def logs(trail: Any, record: Record) -> bool:
    """Whether a trail's selectors pick the record."""
    return selects(trail.event_selectors, trail.advanced_event_selectors, record)


class TrailChoices:
    """Answers the calls about selectors; moto's trails keep them. `trails` gives all there are."""

    def __init__(self, setting: Setting, trails: Callable[[], Iterable[Any]]) -> None:
        self._setting = setting
        self._trails = trails
        self._insights_since: dict[tuple[str, str], datetime] = {}
        for operation, answer in (
            ("PutEventSelectors", self._put_event_selectors),
            ("GetEventSelectors", self._get_event_selectors),
            ("PutInsightSelectors", self._put_insight_selectors),
            ("GetInsightSelectors", self._get_insight_selectors),
        ):
            setting.calls.answer("cloudtrail", operation, answer)
        for operation in ("StartLogging", "StopLogging", "UpdateTrail", "DeleteTrail"):
            setting.calls.check("cloudtrail", operation, self._at_home)
        setting.calls.answer("cloudtrail", "DeleteTrail", self._delete_trail)

    def start(self) -> None:
        """What was chosen before anything happened, was chosen now."""
        for trail in self._trails():
            for each in trail.insight_selectors:
                self._insights_since[trail.arn, each["InsightType"]] = self._setting.clock.now

    def insights_since(self, trail: Any, kind: str) -> datetime | None:
        """Since when a trail has Insights of this type; None where it has not."""
        return self._insights_since.get((trail.arn, kind))

    @property
    def any_insights(self) -> bool:
        """Whether any trail has Insights at all."""
        return bool(self._insights_since)

    # ---- event selectors ------------------------------------------------------------------------

    def _put_event_selectors(self, asked: Asked) -> dict[str, Any]:
        trail = self._at_home(asked)
        basic = asked.parameters.get("EventSelectors") or []
        advanced = asked.parameters.get("AdvancedEventSelectors") or []
        check_event_selectors(basic, advanced)
        trail.event_selectors = completed(basic)
        trail.advanced_event_selectors = list(advanced)
        if advanced:
            return {"TrailARN": trail.arn, "AdvancedEventSelectors": advanced}
        return {"TrailARN": trail.arn, "EventSelectors": trail.event_selectors}

    def _get_event_selectors(self, asked: Asked) -> dict[str, Any]:
        trail = self._named(asked)
        if trail.advanced_event_selectors:
            return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced_event_selectors}
        return {
            "TrailARN": trail.arn,
            "EventSelectors": completed(trail.event_selectors or DEFAULT_SELECTORS),
        }

    # ---- Insights -------------------------------------------------------------------------------

    def _put_insight_selectors(self, asked: Asked) -> dict[str, Any]:
        trail = self._at_home(asked)
        selectors = asked.parameters["InsightSelectors"]
        check_insight_selectors(selectors, trail.event_selectors, trail.advanced_event_selectors)
        now = self._setting.clock.now
        chosen = {each["InsightType"] for each in selectors}
        kept = {key: since for key, since in self._insights_since.items() if key[0] != trail.arn}
        for kind in chosen:
            kept[trail.arn, kind] = self._insights_since.get((trail.arn, kind), now)
        self._insights_since = kept
        trail.insight_selectors = list(selectors)
        return {"TrailARN": trail.arn, "InsightSelectors": trail.insight_selectors}

    def _get_insight_selectors(self, asked: Asked) -> dict[str, Any]:
        trail = self._named(asked)
        if not trail.insight_selectors:
            raise Refused(
                "InsightNotEnabledException",
                f"Trail {trail.arn} does not have Insights enabled. Edit the trail settings to enable "
                "Insights, and then try the operation again.",
            )
        return {"TrailARN": trail.arn, "InsightSelectors": trail.insight_selectors}

    def _delete_trail(self, asked: Asked) -> dict[str, Any]:
        """Delete a trail by its name or ARN; moto would say yes to an ARN, and do nothing."""
        trail = self._at_home(asked)
        del moto_state.backend("cloudtrail", self._setting.account, trail.region_name).trails[
            trail.trail_name
        ]
        self._insights_since = {
            key: since for key, since in self._insights_since.items() if key[0] != trail.arn
        }
        return {}

    # ---- which trail ----------------------------------------------------------------------------

    def _named(self, asked: Asked) -> Any:
        """A trail by its name, in a region that knows of it, or by its ARN."""
        name = asked.parameters.get("TrailName") or asked.parameters.get("Name")
        if name is None:
            raise NotSimulated("cloudtrail", f"{asked.operation} of an event data store")
        for trail in self._trails():
            here = trail.is_multi_region or trail.region_name == asked.region
            if name == trail.arn or (name == trail.trail_name and here):
                return trail
        user = self._setting.account
        raise Refused("TrailNotFoundException", f"Unknown trail: {name} for the user: {user}", 404)

    def _at_home(self, asked: Asked) -> Any:
        trail = self._named(asked)
        if trail.region_name != asked.region:
            raise Refused(
                "InvalidHomeRegionException",
                f"Trail {trail.arn} can be changed only in its home region {trail.region_name}.",
            )
        return trail
