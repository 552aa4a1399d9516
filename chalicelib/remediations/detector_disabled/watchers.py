"""Which call switches off what: what is told of it, how it is looked at, how it is switched on again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.events import ApiCallEvent
from chalicelib.remediation import Severity
from chalicelib.remediations.detector_disabled.reading import (
    RETENTION,
    Off,
    Read,
    kept_shorter,
    no_default_encryption,
    no_detector,
    no_hub,
    no_macie,
    paused_macie,
    stopped_recorder,
    suspended_detector,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """What one call switches off.

    `what`: as it is while it is off, `was`: as it was, where it isn't off any more. `read`: whether it is off
    now; without it the call has done it once and for all. `does`: whether the call's record says that it
    switches it off. `on`: the call that switches it on again (service, operation, and the parameters for what
    was found), `off`: the one that takes that back. `lost`: what doesn't come back. `look`: how a person sees
    what there is now.
    """

    what: str
    was: str = ""
    severity: Severity = Severity.HIGH
    read: Read | None = None
    does: Callable[[ApiCallEvent], bool] = lambda _: True
    on: tuple[str, str, Callable[[Off], Mapping[str, Any]]] | None = None
    off: tuple[str, Callable[[Off], Mapping[str, Any]]] | None = None
    lost: str = ""
    look: tuple[str, str] = ("", "")


def _nothing(_: Off) -> Mapping[str, Any]:
    return {}


_GUARDDUTY, _HUB, _CONFIG = "guardduty.amazonaws.com", "securityhub.amazonaws.com", "config.amazonaws.com"
_TRAIL = "cloudtrail.amazonaws.com"
_MACIE, _EC2, _ANALYZER = "macie2.amazonaws.com", "ec2.amazonaws.com", "access-analyzer.amazonaws.com"
_ENABLED = {"status": "ENABLED"}
_LIST_FLOW_LOGS = ("ec2", "describe-flow-logs")
_LIST_RECORDERS = ("configservice", "describe-configuration-recorders")
# Proven by the state: what is off can be switched on as it was, and costs what it did.
SUSPENDS: Mapping[tuple[str, str], Watcher] = {
    (_GUARDDUTY, "UpdateDetector"): Watcher(
        what="GuardDuty is suspended",
        was="GuardDuty was suspended",
        read=suspended_detector,
        does=lambda event: event.parameters.get("enable") is False,
        on=("guardduty", "update_detector", lambda off: {"DetectorId": off.id, "Enable": True}),
        off=("update_detector", lambda off: {"DetectorId": off.id, "Enable": False}),
    ),
    (_CONFIG, "StopConfigurationRecorder"): Watcher(
        what="AWS Config records no changes",
        was="The recorder of AWS Config was stopped",
        read=stopped_recorder,
        on=("config", "start_configuration_recorder", lambda off: {"ConfigurationRecorderName": off.id}),
        off=("stop_configuration_recorder", lambda off: {"ConfigurationRecorderName": off.id}),
    ),
    (_EC2, "DisableEbsEncryptionByDefault"): Watcher(
        what="New volumes are not encrypted by default any more",
        was="Encryption of new volumes by default was switched off",
        severity=Severity.MEDIUM,
        read=no_default_encryption,
        on=("ec2", "enable_ebs_encryption_by_default", _nothing),
        off=("disable_ebs_encryption_by_default", _nothing),
    ),
    (_MACIE, "UpdateMacieSession"): Watcher(
        what="Macie is paused",
        was="Macie was paused",
        read=paused_macie,
        does=lambda event: event.parameters.get("status") == "PAUSED",
        on=("macie2", "update_macie_session", lambda _: _ENABLED),
        off=("update_macie_session", lambda _: {"status": "PAUSED"}),
    ),
}
# Proven by history: what is made anew costs something, where perhaps nobody wants it.
DELETES: Mapping[tuple[str, str], Watcher] = {
    (_GUARDDUTY, "DeleteDetector"): Watcher(
        what="GuardDuty is off: its detector was deleted",
        was="GuardDuty was switched off",
        read=no_detector,
        on=("guardduty", "create_detector", lambda _: {"Enable": True}),
        lost="the deleted detector's findings, features, filters, lists of addresses and members",
    ),
    (_HUB, "DisableSecurityHub"): Watcher(
        what="Security Hub is off",
        was="Security Hub was switched off",
        read=no_hub,
        on=("securityhub", "enable_security_hub", lambda _: {"EnableDefaultStandards": True}),
        off=("disable_security_hub", _nothing),
        lost="findings and insights, and which standards and controls were on, if not taken up again in time",
    ),
    (_MACIE, "DisableMacie"): Watcher(
        what="Macie is off",
        was="Macie was switched off",
        read=no_macie,
        on=("macie2", "enable_macie", lambda _: _ENABLED),
        off=("disable_macie", _nothing),
        lost="Macie's findings, jobs, lists and members",
    ),
}
_SEES_LESS = Severity.MEDIUM
# Told, and nothing else: what was there is in no event, or can't come back.
TELLS: Mapping[tuple[str, str], Watcher] = {
    (_EC2, "DeleteFlowLogs"): Watcher(what="Flow logs were deleted", look=_LIST_FLOW_LOGS),
    (_CONFIG, "DeleteConfigurationRecorder"): Watcher(
        what="The recorder of AWS Config was deleted", look=_LIST_RECORDERS
    ),
    (_CONFIG, "DeleteDeliveryChannel"): Watcher(
        what="AWS Config delivers nothing any more", severity=_SEES_LESS, look=_LIST_RECORDERS
    ),
    (_CONFIG, "DeleteConfigRule"): Watcher(what="A rule of AWS Config was deleted", severity=_SEES_LESS),
    (_CONFIG, RETENTION): Watcher(
        what="AWS Config keeps its items for a shorter time",
        read=kept_shorter,
        lost="items that are older than that: they do not come back when the time is made longer again",
        look=("configservice", "describe-retention-configurations"),
    ),
    (_ANALYZER, "DeleteAnalyzer"): Watcher(
        what="An analyzer of IAM Access Analyzer was deleted", look=("accessanalyzer", "list-analyzers")
    ),
    (_GUARDDUTY, "CreateIPSet"): Watcher(
        what="GuardDuty trusts a new list of addresses", severity=_SEES_LESS
    ),
    (_GUARDDUTY, "UpdateIPSet"): Watcher(
        what="GuardDuty trusts another list of addresses", severity=_SEES_LESS
    ),
    (_GUARDDUTY, "CreateFilter"): Watcher(what="GuardDuty has a new filter", severity=_SEES_LESS),
    (_GUARDDUTY, "DeleteMembers"): Watcher(what="GuardDuty lost members"),
    (_GUARDDUTY, "DisassociateMembers"): Watcher(what="GuardDuty lost members"),
    (_GUARDDUTY, "StopMonitoringMembers"): Watcher(what="GuardDuty watches members no more"),
    (_GUARDDUTY, "DisassociateFromAdministratorAccount"): Watcher(what="GuardDuty left its administrator"),
    (_HUB, "BatchDisableStandards"): Watcher(
        what="Standards of Security Hub were switched off", severity=_SEES_LESS
    ),
    ("inspector2.amazonaws.com", "Disable"): Watcher(what="Inspector is off"),
    ("route53resolver.amazonaws.com", "DeleteResolverQueryLogConfig"): Watcher(
        what="Logs of DNS queries were switched off",
        look=("route53resolver", "list-resolver-query-log-configs"),
    ),
    ("route53resolver.amazonaws.com", "DisassociateResolverQueryLogConfig"): Watcher(
        what="DNS queries of a network are not logged any more",
        look=("route53resolver", "list-resolver-query-log-config-associations"),
    ),
    ("rds.amazonaws.com", "StopActivityStream"): Watcher(
        what="A database's activity stream was stopped", look=("rds", "describe-db-clusters")
    ),
    ("wafv2.amazonaws.com", "DeleteWebACL"): Watcher(what="A web ACL of WAF was deleted"),
    (_TRAIL, "DeleteEventDataStore"): Watcher(
        what="An event data store of CloudTrail Lake was deleted",
        look=("cloudtrail", "list-event-data-stores"),
    ),
    (_TRAIL, "StopEventDataStoreIngestion"): Watcher(
        what="An event data store of CloudTrail Lake takes in nothing"
    ),
    (_TRAIL, "PutInsightSelectors"): Watcher(what="CloudTrail Insights was changed", severity=_SEES_LESS),
    (_TRAIL, "DeregisterOrganizationDelegatedAdmin"): Watcher(
        what="CloudTrail's delegated administrator was taken away"
    ),
}
WATCHERS = {**SUSPENDS, **DELETES, **TELLS}
