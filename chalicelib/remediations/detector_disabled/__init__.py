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

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from chalicelib import delayed
from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.seen import Seen, blind, see, tell
from chalicelib.own_calls import own_calls
from chalicelib.references import EXPECTED_PRINCIPALS
from chalicelib.remediation import Call, DeclaredCall, Grant, Plan, Proof, ProvenBy, Remediation, Undoing, Way
from chalicelib.remediations.detector_disabled.reading import LONGEST_DAYS, Off
from chalicelib.remediations.detector_disabled.watchers import DELETES, SUSPENDS, TELLS, WATCHERS, Watcher
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.triggers import OnEvent, successful_calls
from chalicelib.wording import aws_command, number_of

NAME = "detector_disabled"
PUT_OFF = "DetectorDisabledPutOff"  # the queue of deletions that event history doesn't know yet


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
        unknown = f"not in event history; {LONGEST_DAYS} days where nobody set it"
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
