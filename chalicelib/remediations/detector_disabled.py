"""What watches the account was switched off: GuardDuty, Security Hub, Macie, Config, flow logs.

Before or after the deed an intruder blinds what would tell of it, in the region at hand.

What we do: report what was switched off or deleted, and what is lost with it. HIGH is what leaves a region
without a watcher; MEDIUM is what sees less (features, trusted addresses, filters that archive findings, a
delivery channel, EBS encryption by default). That Config keeps its items for a shorter time is HIGH, since it
deletes the older ones; what was set before is looked up in CloudTrail's event history. In mode enforce it is
switched on again: a detector of GuardDuty and the recorder of Config, as they were; EBS encryption by
default; Macie. What was deleted comes back empty, once event history knows the call: a detector of GuardDuty,
Security Hub with its default standards, Macie. What was there before (findings, filters, members, standards)
does not come back, and the alert says so before. An undo switches it off again. What is on again or gone
altogether by the time we look is told as gravely: nothing watched in between, and a detector that was made
anew is empty.

What we leave alone: flow logs, logs of DNS queries, activity streams, a recorder, a delivery channel, rules
and analyzers that were deleted: what they were is in no event, so the alert says how to look; members that
an administrator's account lost; items of Config that are kept as long as before, or longer; what was narrowed
without being switched off; refused attempts.

Sources: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_suspend-disable.html,
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-disable.html,
https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html,
https://docs.aws.amazon.com/config/latest/developerguide/delete-config-data-with-retention-period.html
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import delayed
from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.earlier import earlier_calls
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.seen import Seen, blind, see, tell
from chalicelib.looking import answer
from chalicelib.own_calls import own_calls
from chalicelib.references import EXPECTED_PRINCIPALS
from chalicelib.remediation import (
    Call,
    DeclaredCall,
    Grant,
    Plan,
    Proof,
    ProvenBy,
    Remediation,
    Severity,
    Undoing,
    Way,
)
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.triggers import OnEvent, successful_calls
from chalicelib.wording import aws_command, number_of

NAME = "detector_disabled"
PUT_OFF = "DetectorDisabledPutOff"  # the queue of deletions that event history doesn't know yet


class ByNow(StrEnum):
    """What has become since of something that was switched off."""

    OFF = ""  # it can be switched on
    ON_AGAIN = "on again"
    GONE = "gone"


OFF, ON_AGAIN, GONE = ByNow


@dataclass(frozen=True, slots=True, kw_only=True)
class Off:
    """Something that was switched off. `id`: of the detector or recorder, where it has one.

    `kept_days`: how many days Config keeps its items where that was made shorter, `days_before`: how many it
    kept them before, None where event history doesn't say.
    """

    id: str = ""
    by_now: ByNow = OFF
    kept_days: int | None = None
    days_before: int | None = None


Read = Callable[[Aws, ApiCallEvent], Off | None]


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


_RETENTION, _LONGEST_DAYS = "PutRetentionConfiguration", 2557


# ---- what there is now --------------------------------------------------------------------------


def _detector(aws: Aws, event: ApiCallEvent) -> Off:
    detector = event.said("detectorId")
    guardduty = aws.client("guardduty", event.region)
    found = answer(
        lambda: guardduty.get_detector(DetectorId=detector), unless=("BadRequestException",), otherwise=None
    )
    if not found:
        return Off(id=detector, by_now=GONE)
    return Off(id=detector, by_now=OFF if found["Status"] == "DISABLED" else ON_AGAIN)


def _no_detector(aws: Aws, event: ApiCallEvent) -> Off:
    there = aws.client("guardduty", event.region).list_detectors()["DetectorIds"]
    return Off(by_now=ON_AGAIN if there else OFF)


def _no_hub(aws: Aws, event: ApiCallEvent) -> Off:
    return _not_enabled(aws.client("securityhub", event.region).describe_hub, "InvalidAccessException")


def _no_macie(aws: Aws, event: ApiCallEvent) -> Off:
    return _not_enabled(aws.client("macie2", event.region).get_macie_session, "ResourceNotFoundException")


def _not_enabled(ask: Callable[[], Any], code: str) -> Off:
    """A service that is off refuses to answer; Macie with the code of who may not ask, in other words."""
    try:
        ask()
    except ClientError as error:
        told = error.response["Error"]
        if told["Code"] == code or "is not enabled" in told.get("Message", ""):
            return Off()
        raise
    return Off(by_now=ON_AGAIN)


def _paused_macie(aws: Aws, event: ApiCallEvent) -> Off:
    session: dict[str, Any] = {}
    macie = aws.client("macie2", event.region)
    off = _not_enabled(lambda: session.update(macie.get_macie_session()), "ResourceNotFoundException")
    if not off.by_now:
        return Off(by_now=GONE)
    return Off(by_now=OFF if session["status"] == "PAUSED" else ON_AGAIN)


def _stopped_recorder(aws: Aws, event: ApiCallEvent) -> Off:
    name = event.said("configurationRecorderName")
    listed = aws.client("config", event.region).describe_configuration_recorder_status()
    recording = {each["name"]: each["recording"] for each in listed["ConfigurationRecordersStatus"]}
    if name not in recording:
        return Off(id=name, by_now=GONE)
    return Off(id=name, by_now=ON_AGAIN if recording[name] else OFF)


def _kept_shorter(aws: Aws, event: ApiCallEvent) -> Off | None:
    """A retention that is shorter than before. The longest is what Config has where nobody set one.

    A record without a number of days is told: what was set is not known then.
    """
    days = _days(event)
    if days is None or days >= _LONGEST_DAYS:
        return Off() if days is None else None
    found = ((call, _days(call)) for call in earlier_calls(aws, event, _RETENTION))
    call, before = next(((call, set_to) for call, set_to in found if set_to), (None, None))
    if call and before and before <= days:
        gone = earlier_calls(aws, event, "DeleteRetentionConfiguration", since=call.at)
        if next(gone, None) is None:
            return None
        before = _LONGEST_DAYS
    return Off(kept_days=days, days_before=before)


def _days(event: ApiCallEvent) -> int | None:
    days = {name.lower(): value for name, value in event.parameters.items()}.get("retentionperiodindays")
    return days if isinstance(days, int) else None


def _no_default_encryption(aws: Aws, event: ApiCallEvent) -> Off:
    on = aws.client("ec2", event.region).get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    return Off(by_now=ON_AGAIN if on else OFF)


# ---- what is switched off by which call ---------------------------------------------------------


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
        read=_detector,
        does=lambda event: event.parameters.get("enable") is False,
        on=("guardduty", "update_detector", lambda off: {"DetectorId": off.id, "Enable": True}),
        off=("update_detector", lambda off: {"DetectorId": off.id, "Enable": False}),
    ),
    (_CONFIG, "StopConfigurationRecorder"): Watcher(
        what="AWS Config records no changes",
        was="The recorder of AWS Config was stopped",
        read=_stopped_recorder,
        on=("config", "start_configuration_recorder", lambda off: {"ConfigurationRecorderName": off.id}),
        off=("stop_configuration_recorder", lambda off: {"ConfigurationRecorderName": off.id}),
    ),
    (_EC2, "DisableEbsEncryptionByDefault"): Watcher(
        what="New volumes are not encrypted by default any more",
        was="Encryption of new volumes by default was switched off",
        severity=Severity.MEDIUM,
        read=_no_default_encryption,
        on=("ec2", "enable_ebs_encryption_by_default", _nothing),
        off=("disable_ebs_encryption_by_default", _nothing),
    ),
    (_MACIE, "UpdateMacieSession"): Watcher(
        what="Macie is paused",
        was="Macie was paused",
        read=_paused_macie,
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
        read=_no_detector,
        on=("guardduty", "create_detector", lambda _: {"Enable": True}),
        lost="the deleted detector's findings, features, filters, lists of addresses and members",
    ),
    (_HUB, "DisableSecurityHub"): Watcher(
        what="Security Hub is off",
        was="Security Hub was switched off",
        read=_no_hub,
        on=("securityhub", "enable_security_hub", lambda _: {"EnableDefaultStandards": True}),
        off=("disable_security_hub", _nothing),
        lost="findings and insights, and which standards and controls were on, if not taken up again in time",
    ),
    (_MACIE, "DisableMacie"): Watcher(
        what="Macie is off",
        was="Macie was switched off",
        read=_no_macie,
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
    (_CONFIG, _RETENTION): Watcher(
        what="AWS Config keeps its items for a shorter time",
        read=_kept_shorter,
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


def _pattern(of: Mapping[tuple[str, str], Watcher]) -> Mapping[str, Any]:
    services = dict.fromkeys(source.partition(".")[0] for source, _ in of)
    return successful_calls(services, dict.fromkeys(name for _, name in of))


_DETECTOR = "arn:${AWS::Partition}:guardduty:*:${AWS::AccountId}:detector/*"
_THE_HUB = "arn:${AWS::Partition}:securityhub:*:${AWS::AccountId}:hub/default"
_ANYWHERE = "in which region it is switched off isn't known before"
_NO_RESOURCE = "it takes no resource"
GRANTS = (
    Grant(action="guardduty:GetDetector", resource=_DETECTOR, because=_ANYWHERE),
    Grant(action="securityhub:DescribeHub", resource=_THE_HUB, because=_ANYWHERE),
    *(
        Grant(action=action, resource="*", because=_NO_RESOURCE)
        for action in (
            "guardduty:ListDetectors",
            "macie2:GetMacieSession",
            "config:DescribeConfigurationRecorderStatus",
            "ec2:GetEbsEncryptionByDefault",
        )
    ),
    *LATELY,
    Grant(action="guardduty:UpdateDetector", resource=_DETECTOR, because=_ANYWHERE, acting=True),
    *(
        Grant(action=f"securityhub:{action}", resource=_THE_HUB, because=_ANYWHERE, acting=True)
        for action in ("EnableSecurityHub", "DisableSecurityHub")
    ),
    *(
        Grant(action=action, resource="*", because=_NO_RESOURCE, acting=True)
        for action in (
            "guardduty:CreateDetector",
            "macie2:EnableMacie",
            "macie2:DisableMacie",
            "macie2:UpdateMacieSession",
            "config:StartConfigurationRecorder",
            "config:StopConfigurationRecorder",
            "ec2:EnableEbsEncryptionByDefault",
            "ec2:DisableEbsEncryptionByDefault",
        )
    ),
    *delayed.putting_off(PUT_OFF),
)


def _declared(service: str, operation: str, action: str, resource: str = "*") -> DeclaredCall:
    return DeclaredCall(operation=f"{service}.{operation}", needs=((f"{service}:{action}", resource),))


_HUB_NEEDED = "arn:{partition}:securityhub:{region}:{account}:hub/default"
DECLARED_CALLS = (
    _declared(
        "guardduty",
        "update_detector",
        "UpdateDetector",
        "arn:{partition}:guardduty:{region}:{account}:detector/{DetectorId}",
    ),
    _declared("guardduty", "create_detector", "CreateDetector"),
    _declared("securityhub", "enable_security_hub", "EnableSecurityHub", _HUB_NEEDED),
    _declared("macie2", "enable_macie", "EnableMacie"),
    _declared("macie2", "update_macie_session", "UpdateMacieSession"),
    _declared("config", "start_configuration_recorder", "StartConfigurationRecorder"),
    _declared("ec2", "enable_ebs_encryption_by_default", "EnableEbsEncryptionByDefault"),
)
UNDOING = Undoing(
    calls=(
        _declared("securityhub", "disable_security_hub", "DisableSecurityHub", _HUB_NEEDED),
        _declared("macie2", "disable_macie", "DisableMacie"),
        _declared("config", "stop_configuration_recorder", "StopConfigurationRecorder"),
        _declared("ec2", "disable_ebs_encryption_by_default", "DisableEbsEncryptionByDefault"),
    ),
    moved=lambda _aws, _call, _settings: "",  # on is on, whoever has switched it on since
)
_ADVICE = """\
Ask the caller whether this was meant. If the caller is unknown, disable their credentials first, and look \
what they did in this region since: what watched it saw nothing of that."""


# ---- look, decide -------------------------------------------------------------------------------


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Off]:
    """Whether it was switched off, and what is now: another call, perhaps the same caller's, may be later."""
    watcher = WATCHERS.get((event.source, event.name))

    def read() -> Off | None:
        if watcher is None or not _counts(event):
            return None
        off = watcher.read(aws, event) if watcher.read else Off()
        return None if off and off.by_now and not watcher.does(event) else off

    return see(aws, event, settings, remediation=NAME, read=read)


def _counts(event: ApiCallEvent) -> bool:
    """A filter that archives nothing hides nothing."""
    return event.name != "CreateFilter" or event.parameters.get("action") == "ARCHIVE"


def decide(event: ApiCallEvent, facts: Seen[Off], _now: datetime, _settings: Settings) -> Plan:
    """Tell what watches no more, and switch it on again."""
    watcher = WATCHERS.get((event.source, event.name), Watcher(what=f"{event.name} was called"))
    if event.failed or facts.nothing:
        return Plan.nothing()
    return tell(
        event,
        facts,
        severity=watcher.severity,
        title=_title(watcher, facts.state),
        facts=_facts(event, watcher, facts.state),
        advice=_ADVICE,
        calls=_switched_on(event, watcher, facts.state),
    )


def _title(watcher: Watcher, off: Off | None) -> str:
    if off is None:
        return f"{watcher.what}, perhaps: it could not be looked at"
    return f"{watcher.was}, and is {off.by_now} by now" if off.by_now else watcher.what


def _facts(event: ApiCallEvent, watcher: Watcher, off: Off | None) -> Iterator[tuple[str, str]]:
    yield "Call", f"{event.name} of {event.source}"
    named = [f"{name} {value}" for name, value in event.parameters.items() if isinstance(value, str | bool)]
    if named or (off and off.id):
        yield "About", ", ".join(named) or (off.id if off else "")
    if watcher.lost:
        yield "Lost with it", watcher.lost
    if off and off.kept_days is not None:
        unknown = f"not in event history; {_LONGEST_DAYS} days where nobody set it"
        yield "Items are kept", number_of(off.kept_days, "day")
        yield "Before", number_of(off.days_before, "day") if off.days_before else unknown
    service, operation = watcher.look
    if service:
        yield "What there is", aws_command(service, operation, {"--region": event.region})


def _switched_on(event: ApiCallEvent, watcher: Watcher, off: Off | None) -> Iterator[Call]:
    if off is None or off.by_now or watcher.on is None:
        return
    service, operation, parameters = watcher.on

    def call(name: str, given: Mapping[str, Any], undo: Call | None = None, lost: str = "") -> Call:
        return Call(
            service=service,
            operation=name,
            parameters=given,
            account=event.account,
            region=event.region,
            already=("ResourceConflictException",),
            undo=undo,
            lost=lost,
        )

    undo = call(watcher.off[0], watcher.off[1](off)) if watcher.off else None
    yield call(operation, parameters(off), undo, watcher.lost)


def _way(of: Mapping[tuple[str, str], Watcher], proof: Proof) -> Way[ApiCallEvent, Seen[Off]]:
    return Way(
        on=OnEvent(pattern=_pattern(of), everywhere=True),
        parse=api_call,
        look=look,
        decide=decide,
        blind=blind,
        proof=proof,
    )


_DELETION = _way(
    {**DELETES, **TELLS},
    Proof(
        by=ProvenBy.HISTORY,
        because="what isn't there may never have been wanted: only a call shows that it was",
    ),
)

REMEDIATION = Remediation(
    name=NAME,
    title="What watches the account was switched off",
    woken_by="a call that switches off GuardDuty, Security Hub, Macie, Config, logs or EBS encryption",
    response="reports what watches no more; switches it on again where its mode is `enforce`",
    page=__doc__ or "",
    ways=(
        _way(
            SUSPENDS,
            Proof(
                by=ProvenBy.STATE,
                because="what is off watches nothing, whoever said so",
            ),
        ),
        _DELETION,
        delayed.delayed(_DELETION, PUT_OFF),
        COUNTING,
        own_calls(
            "DetectorDisabledRole",
            ("guardduty", "securityhub", "macie2", "config", "ec2"),
            (
                "CreateDetector",
                "EnableSecurityHub",
                "EnableMacie",
                "StartConfigurationRecorder",
                "EnableEbsEncryptionByDefault",
            ),
        ),
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=UNDOING,
    settings={
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
        **delayed.settings_of(PUT_OFF),
    },
    resources=delayed.resources(PUT_OFF),
    managed_rules=(
        "GUARDDUTY_ENABLED_CENTRALIZED",
        "SECURITYHUB_ENABLED",
        "EC2_EBS_ENCRYPTION_BY_DEFAULT",
        "VPC_FLOW_LOGS_ENABLED",
    ),
    controls=(
        "CIS 3.3",
        "CIS 3.7",
        "CIS 4.16",
        "Security Hub GuardDuty.1",
        "Security Hub Config.1",
        "Security Hub EC2.6",
        "Security Hub EC2.7",
        "ATT&CK T1562.001",
        "ATT&CK T1562.008",
    ),
)
