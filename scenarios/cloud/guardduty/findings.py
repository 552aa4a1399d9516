"""Findings: GuardDuty keeps one that a scenario has it make, tells EventBridge, and answers GetFindings.

What GuardDuty finds is its own secret, so no call here makes it find anything. The event has the finding as
its detail, with names that begin with small letters; GetFindings has them with capitals.

Sources: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html,
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html
"""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import Refused, WorldError
from scenarios.cloud.setting import Setting


class Findings:
    """The findings of every region's detector."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._kept: dict[str, dict[str, Mapping[str, Any]]] = {}  # by detector, by id
        setting.calls.answer("guardduty", "GetFindings", self._get)

    def make(self, region: str, detail: Mapping[str, Any]) -> None:
        """Keep a finding and tell it; raises WorldError where the region has no detector that is on."""
        detectors = moto_state.backend("guardduty", self._setting.account, region).detectors
        known = [name for name, each in detectors.items() if each.enabled]
        if not known:
            raise WorldError(f"GuardDuty is not on in {region}: it finds nothing")
        detail = {**detail, "service": {**detail["service"], "detectorId": known[0]}}
        self._kept.setdefault(known[0], {})[detail["id"]] = detail
        event = self._setting.service_event(region, "aws.guardduty", "GuardDuty Finding", (), detail)
        self._setting.announce(region, event, by="guardduty.amazonaws.com")

    def _get(self, asked: Asked) -> dict[str, Any]:
        detector = asked.parameters["DetectorId"]
        if detector not in moto_state.backend("guardduty", self._setting.account, asked.region).detectors:
            raise Refused(
                "BadRequestException",
                "The request is rejected because the input detectorId is not owned by the current account.",
            )
        kept = self._kept.get(detector, {})
        wanted = asked.parameters["FindingIds"]
        return {"Findings": [_as_answered(kept[each]) for each in wanted if each in kept]}


def _as_answered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name[:1].upper() + name[1:]: _as_answered(each) for name, each in value.items()}
    return value


def register(setting: Setting) -> None:
    """The laws of GuardDuty."""
    setting.laws.add(Findings(setting))
