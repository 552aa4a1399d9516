"""What must hold of the trail, its groups of auditors, and the regions beside the home region.

Sources: each finding names the control or the page that asks for it. CIS is the AWS Foundations Benchmark
v3.0; Security Hub's controls are at
https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.data_events import EVERY_MANAGEMENT_EVENT, Owner
from chalicelib.remediation import Call, Severity
from chalicelib.trail.description import Part, TrailStatus
from chalicelib.trail.settings.selectors import NOISY, READS, WRITES, seen
from scenarios.doctor.facts import (
    AccountFacts,
    AuditGroup,
    Missing,
    Region,
    StackFacts,
    Unknown,
    WatchedTrail,
)
from scenarios.doctor.finding import DoctorFinding, advice, call, command, unknown, unwatched, well
from scenarios.doctor.selectors import MOST_VALUES, extended, unrecorded, values_of

OLDEST_DIGEST = timedelta(hours=2)  # one is made every hour, and delivered within the next
_ORGANIZATION = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html"
_NAMES = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html"
# CloudFormation cuts a name to 64 characters, and keeps some of the stack's name and of the logical id.
_LEFT_OF_AN_ID = 20
_SELECTORS = (
    "CIS 3.1, Security Hub CloudTrail.1, "
    "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html"
)
_DATA_EVENTS = (
    "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html"
)
_IN_WORDS = {
    "AWS::DynamoDB::Table": "table",
    "AWS::Lambda::Function": "functions",
    "AWS::SNS::Topic": "topics",
    "AWS::SQS::Queue": "queues",
}
_DIGESTS = (
    "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/"
    "cloudtrail-log-file-validation-digest-file-structure.html"
)


def check_trail(trail: WatchedTrail, stack: StackFacts, now: datetime) -> Iterator[DoctorFinding]:
    """Whether the trail sees everything, writes it down, and can be validated."""
    if trail.described.missing:
        yield unwatched(
            "there is no such trail: nothing is written down, and no rule hears of any call",
            where=trail.arn,
            severity=Severity.CRITICAL,
            mend=_told(trail, "describe-trails", {}),
            source="CIS 3.1, Security Hub CloudTrail.1",
        )
        return
    yield from _configuration(trail, stack.account)
    yield from _status(trail, stack.account, now)
    yield from _selectors(trail, stack)
    yield from _group(trail)


def _configuration(trail: WatchedTrail, account: str) -> Iterator[DoctorFinding]:
    found = trail.described.configuration
    if found is None:
        why = trail.unread(Part.CONFIGURATION)
        yield unknown("the trail's settings could not be read", why, where=trail.arn)
        return
    wanted = (
        (found.multi_region, "is of one region only", "--is-multi-region-trail", "IsMultiRegionTrail"),
        (
            found.global_events,
            "leaves out global services such as IAM",
            "--include-global-service-events",
            "IncludeGlobalServiceEvents",
        ),
    )
    for holds, words, option, _ in wanted:
        if not holds:
            yield unwatched(
                f"the trail {words}",
                where=trail.arn,
                severity=Severity.CRITICAL,
                mend=_told(trail, "update-trail", {"--name": trail.arn}, option),
                source="CIS 3.1, Security Hub CloudTrail.1",
            )
    if not found.validating:
        yield unwatched(
            "log file validation is off: changes to its files can't be detected",
            where=trail.arn,
            mend=_told(trail, "update-trail", {"--name": trail.arn}, "--enable-log-file-validation"),
            fix=_on(trail, account, "update_trail", EnableLogFileValidation=True),
            source="CIS 3.2, Security Hub CloudTrail.4",
        )
    if found.multi_region and found.global_events and found.validating:
        yield well("the trail covers all regions and is validated", where=trail.arn)


def _status(trail: WatchedTrail, account: str, now: datetime) -> Iterator[DoctorFinding]:
    status = trail.described.status
    if status is None:
        yield unknown("whether the trail logs", trail.unread(Part.STATUS), where=trail.arn)
        return
    if not status.logging:
        yield unwatched(
            "the trail doesn't log: nothing is written down, and no rule hears of any call",
            where=trail.arn,
            severity=Severity.CRITICAL,
            mend=_told(trail, "start-logging", {"--name": trail.arn}),
            fix=_on(trail, account, "start_logging"),
            source="CIS 3.1, Security Hub CloudTrail.1",
        )
        return
    troubles = list(_delivery(trail, status))
    validating = trail.described.configuration is not None and trail.described.configuration.validating
    if validating and _digests_late(status, now):
        last = f"the last came {status.digest_at:%Y-%m-%d %H:%M} UTC" if status.digest_at else "none came yet"
        troubles.append(
            unwatched(
                f"digests don't come: {last}",
                where=trail.arn,
                mend=_told(trail, "get-trail-status", {"--name": trail.arn}),
                source=_DIGESTS,
            )
        )
    if not troubles:
        yield well("the trail logs and delivers", where=trail.arn)
    yield from troubles


def _digests_late(status: TrailStatus, now: datetime) -> bool:
    """None for two hours; who just began to log has none yet."""
    moments = [each for each in (status.digest_at, status.started_at) if each is not None]
    return bool(moments) and now - max(moments) > OLDEST_DIGEST


def _delivery(trail: WatchedTrail, status: TrailStatus) -> Iterator[DoctorFinding]:
    for error, what in (
        (status.delivery_error, "log files can't be delivered"),
        (status.digest_error, "digests can't be delivered"),
        (status.log_group_error, "the log group can't be written to"),
    ):
        if error:
            yield unwatched(
                f"{what}: {error}",
                where=trail.arn,
                severity=Severity.CRITICAL,
                mend=_told(trail, "get-trail-status", {"--name": trail.arn}),
                source="https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html",
            )


def _selectors(trail: WatchedTrail, facts: StackFacts) -> Iterator[DoctorFinding]:
    if trail.described.selectors is None:
        yield unknown("what the trail selects", trail.unread(Part.SELECTORS), where=trail.arn)
        return
    found = seen(trail.described.selectors)
    lost = [each for each in (READS, WRITES) if each not in found]
    owner = Owner(
        partition=trail.described.arn.partition,
        region=facts.region,
        account=facts.account,
        stack=facts.name,
    )
    present = _present(trail)
    unheard = unrecorded(present, owner, trail.parts)
    if lost:
        selectors = extended(present, owner, unheard if trail.asked else (), management=True)
        yield unwatched(
            f"the trail's event selectors leave out {' and '.join(lost)}",
            where=trail.arn,
            severity=Severity.CRITICAL,
            mend=_adding(trail, facts.account, selectors),
            source=_SELECTORS,
        )
    left_out = [each for each in NOISY if each not in found]
    if left_out and not lost:
        yield advice(f"the trail leaves out {' and '.join(left_out)}", where=trail.arn, source=_SELECTORS)
    elif not lost:
        yield well("the trail selects all management events", where=trail.arn, source=_SELECTORS)
    selectors = extended(present, owner, unheard, management=bool(lost))
    yield from _data_events(trail, unheard, _adding(trail, facts.account, selectors))


def _present(trail: WatchedTrail) -> list[Any]:
    """The trail's selectors; of one that has none, the management events that it records all the same."""
    return json.loads(trail.described.selectors or "null") or [EVERY_MANAGEMENT_EVENT]


def _data_events(trail: WatchedTrail, unheard: list[str], mend: str) -> Iterator[DoctorFinding]:
    """Whether the trail records what others do with the stack's own parts."""
    if not trail.parts:
        return  # without the stack's resources nothing can be said; that they are unread is said elsewhere
    if not unheard:
        yield well("the trail records the data events of the stack's own parts", where=trail.arn)
        return
    what = f"the trail records no data events of the stack's own {', '.join(_IN_WORDS[e] for e in unheard)}"
    if not trail.asked:
        yield advice(f"{what}: RecordDataEvents is no", where=trail.arn, mend=mend, source=_DATA_EVENTS)
        return
    yield unwatched(
        f"{what}: who else writes to them, or invokes them, is not heard of",
        where=trail.arn,
        severity=Severity.HIGH if trail.own else Severity.MEDIUM,
        mend=mend,
        source=_DATA_EVENTS,
    )


def _adding(trail: WatchedTrail, account: str, selectors: Sequence[Mapping[str, Any]]) -> str:
    """The one command, or why there is none."""
    if values_of(selectors) > MOST_VALUES:
        return (
            f"no command: with what the trail selects now it would have more than {MOST_VALUES} values; "
            "choose fewer resources for it, or make a trail of its own for these"
        )
    options = {"--trail-name": trail.arn, "--advanced-event-selectors": json.dumps(selectors)}
    owner = trail.described.arn.account
    elsewhere = f"in account {owner}, which owns the trail: " if owner != account else ""
    return elsewhere + _told(trail, "put-event-selectors", options)


def _group(trail: WatchedTrail) -> Iterator[DoctorFinding]:
    found = trail.described.configuration
    if found is None:
        return
    group = found.log_group_name
    if not group:
        yield unwatched(
            "the trail writes to no log group: the second path of every detection is cut",
            where=trail.arn,
            mend="aws cloudtrail update-trail with --cloud-watch-logs-log-group-arn and -role-arn",
            source="Security Hub CloudTrail.5",
        )
        return
    if trail.promised_group and group != trail.promised_group:
        yield unwatched(
            f"the trail doesn't write to {trail.promised_group}, which the filters are on",
            where=group,
            severity=Severity.CRITICAL,
            mend="aws cloudtrail update-trail with --cloud-watch-logs-log-group-arn and -role-arn",
            source="Security Hub CloudTrail.5",
        )
    match trail.group_there:
        case Unknown() as why:
            yield unknown("whether the trail's log group is there", why, where=group)
        case Missing() | False:
            yield unwatched(
                "the trail's log group is gone: the second path of every detection is cut",
                where=group,
                mend=command("logs", "create-log-group", {"--log-group-name": group}, region=trail.region),
                source="Security Hub CloudTrail.5",
            )


# ---- who audits ---------------------------------------------------------------------------------


def check_groups(groups: tuple[AuditGroup, ...]) -> Iterator[DoctorFinding]:
    """Whether there is a group for those who administer the trail, and one for those who only read it."""
    for each in groups:
        match each.groups:
            case Unknown() as why:
                yield unknown(f"which groups have {each.policy}", why)
            case (_, *_) as names:
                yield well(f"{', '.join(names)}: may do what {each.policy} grants")
            case _ if each.promised:
                yield unwatched(
                    f"no group has {each.policy}, though the stack makes one",
                    where=each.policy,
                    severity=Severity.LOW,
                    mend=_attach(each),
                    source=_GROUPS,
                )
            case _:
                yield advice(
                    f"no group has {each.policy}: who may audit is nowhere in one place",
                    mend=_attach(each),
                    source=_GROUPS,
                )


_GROUPS = (
    "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/security_iam_id-based-policy-examples.html"
)


def _attach(each: AuditGroup) -> str:
    options = {"--group-name": "GROUP", "--policy-arn": f"arn:aws:iam::aws:policy/{each.policy}"}
    return command("iam", "attach-group-policy", options)


# ---- the rest of the account ----------------------------------------------------------------------


def check_regions(facts: AccountFacts) -> Iterator[DoctorFinding]:
    """Whether what happens in other regions, and in the organization's other accounts, reaches the rules."""
    if isinstance(facts.regions, Unknown | Missing):
        yield unknown("which regions are in use", facts.regions)
    else:
        watched = [each for each in facts.regions if not list(_region(facts, each))]
        if watched:
            yield well(f"{len(watched)} other regions forward to {facts.stack.region}")
        for each in facts.regions:
            yield from _region(facts, each)
    if isinstance(facts.members, Unknown | Missing):
        yield unknown("which accounts the organization trail covers", facts.members)
    elif facts.members:
        yield unwatched(
            f"the trail is an organization's: what happens in {len(facts.members)} other accounts is "
            "written down, but wakes no rule here",
            where=", ".join(facts.members),
            severity=Severity.MEDIUM,
            mend="deploy the stack in each of them, with ExistingTrailArn",
            source=_ORGANIZATION,
        )


def _region(facts: AccountFacts, region: Region) -> Iterator[DoctorFinding]:
    if isinstance(region.forwards, Unknown | Missing):
        yield unknown(f"whether {region.name} forwards", region.forwards, where=region.name)
        return
    absent = [
        each
        for each in sorted(facts.promised_forwards)
        if not any(_has_whole(rule, each) for rule in region.forwards)
    ]
    cut = {each: rule for each in absent for rule in region.forwards if _cut_short(rule, each)}
    missing = [each for each in absent if each not in cut]
    if cut:
        yield unwatched(
            f"names of rules that forward from {region.name} are cut short: who disables them is not told",
            where=", ".join(sorted(set(cut.values()))),
            severity=Severity.MEDIUM,
            mend="deploy spoke.json as a stack with a shorter name, then delete the one with the longer name",
            source=_NAMES,
        )
    if missing:
        deploy = {
            "--stack-name": f"{facts.stack.name}-spoke",
            "--template-file": "spoke.json",
            "--capabilities": "CAPABILITY_IAM",
        }
        role = facts.stack.parameters.get("ExistingTrailRole", "none")
        given = {
            "HomeRegion": facts.stack.region,
            "HomeStack": facts.stack.name,
            **({"ExistingTrailRole": role} if role != "none" else {}),
        }
        overrides = [f"{name}={value}" for name, value in given.items()]
        what = "nothing" if len(missing) == len(facts.promised_forwards) else f"not {', '.join(missing)}"
        yield unwatched(
            f"{region.name} forwards {what}: rules don't see what happens there",
            where=region.name,
            mend=command(
                "cloudformation", "deploy", deploy, "--parameter-overrides", *overrides, region=region.name
            ),
            source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html",
        )
    for rule, state in sorted(region.forwards.items()):
        ours = rule in cut.values() or any(_has_whole(rule, each) for each in facts.promised_forwards)
        if state == "DISABLED" and ours:
            yield unwatched(
                f"a rule that forwards from {region.name} is disabled",
                where=rule,
                severity=Severity.CRITICAL,
                mend=command("events", "enable-rule", {"--name": rule}, region=region.name),
                fix=call("events", "enable_rule", facts.stack.account, region.name, Name=rule),
                source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html",
            )


def _has_whole(rule: str, logical_id: str) -> bool:
    """Whether this is the rule's name, with its whole logical id in it."""
    return f"-{logical_id}-" in f"-{rule}-"


def _cut_short(rule: str, logical_id: str) -> bool:
    """Whether this is the rule's name, its logical id cut by CloudFormation; see `docs/deploying.md`."""
    own = rule.rpartition("-")[0].rpartition("-")[2]
    return len(own) >= _LEFT_OF_AN_ID and own != logical_id and logical_id.startswith(own)


def _told(trail: WatchedTrail, operation: str, options: Mapping[str, str], *flags: str) -> str:
    return command("cloudtrail", operation, options, *flags, region=trail.region)


def _on(trail: WatchedTrail, account: str, operation: str, **parameters: Any) -> Call:
    return call("cloudtrail", operation, account, trail.region, Name=trail.arn, **parameters)
