"""What the stack promises beside what is there: functions, rules, permissions, filters, alarms, ledger.

Sources: each finding names the control or the page that asks for it; Security Hub's are at
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-controls-reference.html
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from chalicelib.remediation import Severity
from scenarios.doctor.facts import (
    Alarm,
    Closed,
    EventSource,
    Function,
    LogFilter,
    Missing,
    Permission,
    Rule,
    StackFacts,
    Unknown,
)
from scenarios.doctor.finding import DoctorFinding, unknown, unwatched, well
from scenarios.doctor.keeping_checks import check_brake, check_key, check_queue, check_table, check_topic
from scenarios.doctor.principal_checks import check_principals
from scenarios.doctor.stack_words import DRIFT, PUT_BACK, aws_cli, drift, gone, on

Part = TypeVar("Part")

_STATES = "https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html"
_CONCURRENCY = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"
_PERMISSIONS = "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html"
_RULES = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html"
_NAMES = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-resource-name.html"
# CloudFormation names a function and its role STACK-LOGICAL_ID-SUFFIX, cut to 64 characters.
LONGEST_WHOLE_NAME = 23
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


def check_stack(facts: StackFacts) -> Iterator[DoctorFinding]:
    """All that the stack itself promises."""
    yield from _stack(facts)
    for unread in facts.unread:
        yield unknown("the stack's resources could not be read", unread, where=facts.name)
    yield from _each("functions are there and may run", facts, facts.functions, _function)
    yield from _modes(facts)
    yield from _watch_over_itself(facts)
    yield from _each("rules are enabled and reach their targets", facts, facts.rules, _rule)
    yield from _each("queues are read by their functions", facts, facts.event_sources, _event_source)
    yield from _each("permissions to invoke the functions are there", facts, facts.permissions, _permission)
    yield from _each("functions turn others away", facts, facts.closed, _turns_away)
    yield from _each("log filters are there", facts, facts.filters, _filter)
    yield from _each("alarms notify the topics they should", facts, facts.alarms, _alarm)
    yield from _each("topics have a confirmed subscription", facts, facts.topics, check_topic)
    yield from _each("keys are enabled", facts, facts.keys, check_key)
    yield from _each("tables expire old items and can be restored", facts, facts.tables, check_table)
    yield from _each("parameters let the remediations act as deployed", facts, facts.brakes, check_brake)
    yield from _each("dead-letter queues are empty", facts, facts.queues, check_queue)


def _watch_over_itself(facts: StackFacts) -> Iterator[DoctorFinding]:
    """What `stack_changed` can't see, or is told not to."""
    if len(facts.name) > LONGEST_WHOLE_NAME:
        yield unwatched(
            f"parts of the stack are not watched: {facts.name} is cut short in their names",
            where=facts.name,
            mend=f"deploy it under a name of at most {LONGEST_WHOLE_NAME} characters",
            source=_NAMES,
        )
    yield from check_principals(facts)


def _each(
    words: str,
    facts: StackFacts,
    parts: Sequence[Part],
    check: Callable[[StackFacts, Part], Iterator[DoctorFinding]],
) -> Iterator[DoctorFinding]:
    """What is wrong with each; where nothing is, one line for all."""
    found = [finding for part in parts for finding in check(facts, part)]
    if parts and not found:
        yield well(f"{len(parts)} {words}")
    yield from found


def _stack(facts: StackFacts) -> Iterator[DoctorFinding]:
    match facts.status:
        case Unknown() as why:
            yield unknown("the stack could not be described", why, where=facts.name)
        case Missing():
            yield unwatched(
                f"there is no stack {facts.name} in {facts.region}: nothing is watched",
                where=facts.name,
                severity=Severity.CRITICAL,
                mend="trailwarden package OUT shows how to deploy it; --stack-name and --region name another",
                source=DRIFT,
            )
        case status if status in _GOOD:
            yield well(f"the stack is {status}", where=facts.name, source=DRIFT)
        case status:
            yield unwatched(
                f"the stack is {status}",
                where=facts.name,
                mend=aws_cli("cloudformation", "describe-stack-events", {"--stack-name": facts.name}, facts),
                source=DRIFT,
            )


def _function(facts: StackFacts, function: Function) -> Iterator[DoctorFinding]:
    match function.state:
        case Unknown() as why:
            yield unknown("a function could not be looked at", why, where=function.name)
        case Missing():
            yield gone("function", function.name, facts)
        case "Failed":
            yield unwatched(
                "a function can't run: its state is Failed",
                where=function.name,
                mend=aws_cli("lambda", "get-function", {"--function-name": function.name}, facts),
                source=_STATES,
            )
        case _ if function.reserved != function.promised:
            yield _otherwise_reserved(facts, function)


def _otherwise_reserved(facts: StackFacts, function: Function) -> DoctorFinding:
    now, promised = function.reserved, function.promised
    options = {"--function-name": function.name}
    if now == 0:
        what, severity = "a function is paused: no concurrency is left to it", Severity.HIGH
    elif now is None:
        what, severity = f"a function has none of the {promised} runs that are kept for it", Severity.MEDIUM
    else:
        kept = f"{promised} are kept for it" if promised else "nothing limits it"
        what = f"a function is limited to {now} runs at once, though as deployed {kept}"
        severity = Severity.MEDIUM
    if promised is None:
        mend = aws_cli("lambda", "delete-function-concurrency", options, facts)
    else:
        options["--reserved-concurrent-executions"] = str(promised)
        mend = aws_cli("lambda", "put-function-concurrency", options, facts)
    return unwatched(what, where=function.name, severity=severity, mend=mend, source=_CONCURRENCY)


def _modes(facts: StackFacts) -> Iterator[DoctorFinding]:
    for function in facts.functions:
        if function.mode:
            yield well(
                f"mode {function.mode}: {_MODES.get(function.mode, 'unheard of')}", where=function.name
            )


_MODES = {
    "observe": "it plans and sends alerts, and changes nothing",
    "approve": "it waits for a yes before it changes anything",
    "enforce": "it acts, then sends the alert",
}


def _rule(facts: StackFacts, rule: Rule) -> Iterator[DoctorFinding]:
    options = {"--name": rule.name}
    match rule.state:
        case Unknown() as why:
            yield unknown("a rule could not be looked at", why, where=rule.name)
            return
        case Missing():
            yield gone("rule", rule.name, facts)
            return
        case "DISABLED":
            yield unwatched(
                "a rule is disabled: its events reach no function",
                where=rule.name,
                severity=Severity.CRITICAL,
                mend=aws_cli("events", "enable-rule", options, facts),
                fix=on(facts, "events", "enable_rule", Name=rule.name),
                source=_RULES,
            )
    for target, ends in rule.promised_targets.items():
        if not rule.targets.get(target, "").endswith(ends):
            yield unwatched(
                f"a rule has lost its target {target}, or sends it elsewhere",
                where=rule.name,
                severity=Severity.CRITICAL,
                mend=aws_cli("events", "list-targets-by-rule", {"--rule": rule.name}, facts) + PUT_BACK,
                source=_RULES,
            )
    if rule.promised_pattern is not None and rule.pattern != rule.promised_pattern:
        yield unwatched(
            "a rule's pattern is not the one that was deployed",
            where=rule.name,
            severity=Severity.CRITICAL,
            mend=aws_cli("events", "describe-rule", options, facts) + PUT_BACK,
            source=_RULES,
        )


def _event_source(facts: StackFacts, source: EventSource) -> Iterator[DoctorFinding]:
    match source.state:
        case Unknown() as why:
            yield unknown("an event source could not be looked at", why, where=source.function)
        case Missing():
            yield gone("event source mapping", source.uuid, facts)
        case "Disabled" | "Disabling":
            yield unwatched(
                "a function reads its queue no more: the event source mapping is disabled",
                where=source.function,
                severity=Severity.CRITICAL,
                mend=aws_cli("lambda", "update-event-source-mapping", {"--uuid": source.uuid}, facts)
                + " --enabled",
                fix=on(facts, "lambda", "update_event_source_mapping", UUID=source.uuid, Enabled=True),
                source="https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html",
            )


def _permission(facts: StackFacts, permission: Permission) -> Iterator[DoctorFinding]:
    match permission.there:
        case Unknown() as why:
            yield unknown("a function's policy could not be read", why, where=permission.function)
        case Missing() | False:
            yield unwatched(
                f"the permission {permission.statement} is gone: what should wake the function may not",
                where=permission.function,
                severity=Severity.CRITICAL,
                mend=drift(facts) + PUT_BACK,
                source=_PERMISSIONS,
            )


def _turns_away(facts: StackFacts, closed: Closed) -> Iterator[DoctorFinding]:
    """That there is no policy, or none to be read, is said where the function's permissions are."""
    if closed.there is False:
        yield unwatched(
            "the policy of a function turns nobody away: others may invoke it, with events of their own",
            where=closed.function,
            severity=Severity.CRITICAL,
            mend=drift(facts) + PUT_BACK,
            source=_PERMISSIONS,
        )


def _filter(facts: StackFacts, each: LogFilter) -> Iterator[DoctorFinding]:
    match each.there:
        case Unknown() as why:
            yield unknown(f"a {each.kind} could not be looked at", why, where=each.name)
        case Missing() | False:
            yield gone(each.kind, each.name, facts)
        case _ if each.promised_pattern is not None and each.pattern != each.promised_pattern:
            options = {"--filter-name-prefix": each.name}
            yield unwatched(
                f"a {each.kind} matches something else than was deployed",
                where=each.name,
                severity=Severity.CRITICAL,
                mend=aws_cli("logs", f"describe-{each.kind.replace(' ', '-')}s", options, facts) + PUT_BACK,
                source=DRIFT,
            )


def _alarm(facts: StackFacts, alarm: Alarm) -> Iterator[DoctorFinding]:
    match alarm.actions_enabled:
        case Unknown() as why:
            yield unknown("an alarm could not be looked at", why, where=alarm.name)
            return
        case Missing():
            yield gone("alarm", alarm.name, facts)
            return
        case False if alarm.promised_actions:
            options = {"--alarm-names": alarm.name}
            yield unwatched(
                "an alarm's actions are switched off: it notifies no one",
                where=alarm.name,
                mend=aws_cli("cloudwatch", "enable-alarm-actions", options, facts),
                fix=on(facts, "cloudwatch", "enable_alarm_actions", AlarmNames=[alarm.name]),
                source="Security Hub CloudWatch.17",
            )
    if alarm.changed:
        yield unwatched(
            f"an alarm goes off otherwise than was deployed: {', '.join(alarm.changed)}",
            where=alarm.name,
            mend=aws_cli("cloudwatch", "describe-alarms", {"--alarm-names": alarm.name}, facts) + PUT_BACK,
            source=DRIFT,
        )
    for topic in sorted(alarm.promised_actions - alarm.actions):
        yield unwatched(
            f"an alarm no longer notifies {topic.rpartition(':')[2]}",
            where=alarm.name,
            mend=aws_cli("cloudwatch", "describe-alarms", {"--alarm-names": alarm.name}, facts) + PUT_BACK,
            source="Security Hub CloudWatch.15",
        )
