"""What the stack promises beside what is there: functions, rules, permissions, filters, alarms, ledger.

Sources: each finding names the control or the page that asks for it; Security Hub's are at
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-controls-reference.html
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from chalicelib.remediation import Call, Severity
from scenarios.doctor.facts import (
    Alarm,
    Function,
    Key,
    LogFilter,
    Missing,
    Permission,
    Queue,
    Rule,
    StackFacts,
    Table,
    Topic,
    Unknown,
)
from scenarios.doctor.finding import Finding, call, command, unknown, unwatched, well

Part = TypeVar("Part")

_DRIFT = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html"
_STATES = "https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html"
_PERMISSIONS = "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html"
_RULES = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html"
_SUBSCRIPTIONS = "https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html"
_DEAD_LETTERS = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"
)
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


def check_stack(facts: StackFacts) -> Iterator[Finding]:
    """All that the stack itself promises."""
    yield from _stack(facts)
    for unread in facts.unread:
        yield unknown("the stack's resources could not be had", unread, where=facts.name)
    yield from _each("functions are there and may run", facts, facts.functions, _function)
    yield from _modes(facts)
    yield from _each("rules are enabled and reach their targets", facts, facts.rules, _rule)
    yield from _each("permissions to invoke the functions are there", facts, facts.permissions, _permission)
    yield from _each("log filters are there", facts, facts.filters, _filter)
    yield from _each("alarms tell whom they should", facts, facts.alarms, _alarm)
    yield from _each("topics have a confirmed subscription", facts, facts.topics, _topic)
    yield from _each("keys are enabled", facts, facts.keys, _key)
    yield from _each(
        "tables expire old items, can be restored, and hold no kill switch", facts, facts.tables, _table
    )
    yield from _each("dead-letter queues are empty", facts, facts.queues, _queue)


def _each(
    words: str,
    facts: StackFacts,
    parts: Sequence[Part],
    check: Callable[[StackFacts, Part], Iterator[Finding]],
) -> Iterator[Finding]:
    """What is wrong with each; where nothing is, one line for all."""
    found = [finding for part in parts for finding in check(facts, part)]
    if parts and not found:
        yield well(f"{len(parts)} {words}")
    yield from found


def _stack(facts: StackFacts) -> Iterator[Finding]:
    match facts.status:
        case Unknown() as why:
            yield unknown("the stack could not be described", why, where=facts.name)
        case Missing():
            yield unwatched(
                f"there is no stack {facts.name} in {facts.region}: nothing is watched",
                where=facts.name,
                severity=Severity.CRITICAL,
                mend="trailwarden package OUT tells how to deploy it; --stack-name and --region name another",
                source=_DRIFT,
            )
        case status if status in _GOOD:
            yield well(f"the stack is {status}", where=facts.name, source=_DRIFT)
        case status:
            yield unwatched(
                f"the stack is {status}",
                where=facts.name,
                mend=_told("cloudformation", "describe-stack-events", {"--stack-name": facts.name}, facts),
                source=_DRIFT,
            )


def _function(facts: StackFacts, function: Function) -> Iterator[Finding]:
    match function.state:
        case Unknown() as why:
            yield unknown("a function could not be looked at", why, where=function.name)
        case Missing():
            yield _gone("function", function.name, facts)
        case "Failed":
            yield unwatched(
                "a function can't run: its state is Failed",
                where=function.name,
                mend=_told("lambda", "get-function", {"--function-name": function.name}, facts),
                source=_STATES,
            )
        case _ if function.paused:
            options = {"--function-name": function.name}
            yield unwatched(
                "a function is paused: no concurrency is left to it",
                where=function.name,
                mend=_told("lambda", "delete-function-concurrency", options, facts),
                source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
            )


def _modes(facts: StackFacts) -> Iterator[Finding]:
    for function in facts.functions:
        if function.mode:
            yield well(
                f"mode {function.mode}: {_MODES.get(function.mode, 'unheard of')}", where=function.name
            )


_MODES = {
    "observe": "it plans and tells, and changes nothing",
    "approve": "it waits for a yes before it changes anything",
    "enforce": "it acts, then tells",
}


def _rule(facts: StackFacts, rule: Rule) -> Iterator[Finding]:
    options = {"--name": rule.name}
    match rule.state:
        case Unknown() as why:
            yield unknown("a rule could not be looked at", why, where=rule.name)
            return
        case Missing():
            yield _gone("rule", rule.name, facts)
            return
        case "DISABLED":
            yield unwatched(
                "a rule is disabled: its events wake nobody",
                where=rule.name,
                severity=Severity.CRITICAL,
                mend=_told("events", "enable-rule", options, facts),
                fix=_on(facts, "events", "enable_rule", Name=rule.name),
                source=_RULES,
            )
    for target, ends in rule.promised_targets.items():
        if not rule.targets.get(target, "").endswith(ends):
            yield unwatched(
                f"a rule has lost its target {target}, or sends it elsewhere",
                where=rule.name,
                severity=Severity.CRITICAL,
                mend=_told("events", "list-targets-by-rule", {"--rule": rule.name}, facts) + _PUT_BACK,
                source=_RULES,
            )
    if rule.promised_pattern is not None and rule.pattern != rule.promised_pattern:
        yield unwatched(
            "a rule's pattern is not the one that was deployed",
            where=rule.name,
            severity=Severity.CRITICAL,
            mend=_told("events", "describe-rule", options, facts) + _PUT_BACK,
            source=_RULES,
        )


def _permission(facts: StackFacts, permission: Permission) -> Iterator[Finding]:
    match permission.there:
        case Unknown() as why:
            yield unknown("a function's policy could not be read", why, where=permission.function)
        case Missing() | False:
            yield unwatched(
                f"the permission {permission.statement} is gone: what should wake the function may not",
                where=permission.function,
                severity=Severity.CRITICAL,
                mend=_drift(facts) + _PUT_BACK,
                source=_PERMISSIONS,
            )


def _filter(facts: StackFacts, each: LogFilter) -> Iterator[Finding]:
    match each.there:
        case Unknown() as why:
            yield unknown(f"a {each.kind} could not be looked at", why, where=each.name)
        case Missing() | False:
            yield _gone(each.kind, each.name, facts)


def _alarm(facts: StackFacts, alarm: Alarm) -> Iterator[Finding]:
    match alarm.actions_enabled:
        case Unknown() as why:
            yield unknown("an alarm could not be looked at", why, where=alarm.name)
            return
        case Missing():
            yield _gone("alarm", alarm.name, facts)
            return
        case False if alarm.promised_actions:
            options = {"--alarm-names": alarm.name}
            yield unwatched(
                "an alarm's actions are switched off: it tells nobody",
                where=alarm.name,
                mend=_told("cloudwatch", "enable-alarm-actions", options, facts),
                fix=_on(facts, "cloudwatch", "enable_alarm_actions", AlarmNames=[alarm.name]),
                source="Security Hub CloudWatch.17",
            )
    for topic in sorted(alarm.promised_actions - alarm.actions):
        yield unwatched(
            f"an alarm doesn't tell {topic.rpartition(':')[2]} any more",
            where=alarm.name,
            mend=_told("cloudwatch", "describe-alarms", {"--alarm-names": alarm.name}, facts) + _PUT_BACK,
            source="Security Hub CloudWatch.15",
        )


def _topic(facts: StackFacts, topic: Topic) -> Iterator[Finding]:
    match topic.confirmed:
        case Unknown() as why:
            yield unknown("a topic's subscriptions could not be listed", why, where=topic.arn)
        case Missing():
            yield _gone("topic", topic.arn, facts)
        case 0:
            waits = f"{topic.pending} wait for the mail to be answered" if topic.pending else "it has none"
            options = {
                "--topic-arn": topic.arn,
                "--protocol": "email",
                "--notification-endpoint": "YOU@EXAMPLE.COM",
            }
            yield unwatched(
                f"nobody hears the topic: no subscription is confirmed, {waits}",
                where=topic.arn,
                severity=Severity.CRITICAL,
                mend=_told("sns", "subscribe", options, facts) + ", then confirm by the link in the mail",
                source=_SUBSCRIPTIONS,
            )


def _key(facts: StackFacts, key: Key) -> Iterator[Finding]:
    options = {"--key-id": key.key_id}
    match key.state:
        case Unknown() as why:
            yield unknown("a key could not be looked at", why, where=key.key_id)
        case Missing():
            yield _gone("key", key.key_id, facts)
        case "Disabled":
            yield unwatched(
                "the alerts' key is disabled: nothing can be told",
                where=key.key_id,
                severity=Severity.CRITICAL,
                mend=_told("kms", "enable-key", options, facts),
                fix=_on(facts, "kms", "enable_key", KeyId=key.key_id),
                source="https://docs.aws.amazon.com/kms/latest/developerguide/enabling-keys.html",
            )
        case "PendingDeletion":
            then = _told("kms", "enable-key", options, facts)
            yield unwatched(
                "the alerts' key is about to be deleted: nothing can be told",
                where=key.key_id,
                severity=Severity.CRITICAL,
                mend=f"{_told('kms', 'cancel-key-deletion', options, facts)} && {then}",
                source="Security Hub KMS.3",
            )


def _table(facts: StackFacts, table: Table) -> Iterator[Finding]:
    name = {"TableName": table.name}
    if isinstance(table.expires, Missing):
        yield _gone("table", table.name, facts)
        return
    if isinstance(table.expires, Unknown):
        yield unknown("whether the ledger's items expire", table.expires, where=table.name)
    elif table.expires not in ("ENABLED", "ENABLING"):
        expiring = {"Enabled": True, "AttributeName": "expires"}
        options = {
            "--table-name": table.name,
            "--time-to-live-specification": "Enabled=true,AttributeName=expires",
        }
        yield unwatched(
            "the ledger's items don't expire: claims and sightings pile up",
            where=table.name,
            severity=Severity.LOW,
            mend=_told("dynamodb", "update-time-to-live", options, facts),
            fix=_on(facts, "dynamodb", "update_time_to_live", **name, TimeToLiveSpecification=expiring),
            source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html",
        )
    if isinstance(table.restorable, Unknown | Missing):
        yield unknown("whether the ledger can be restored", table.restorable, where=table.name)
    elif table.restorable != "ENABLED":
        recovery = {"PointInTimeRecoveryEnabled": True}
        options = {
            "--table-name": table.name,
            "--point-in-time-recovery-specification": "PointInTimeRecoveryEnabled=true",
        }
        yield unwatched(
            "the ledger can't be restored: point-in-time recovery is off",
            where=table.name,
            severity=Severity.MEDIUM,
            mend=_told("dynamodb", "update-continuous-backups", options, facts),
            fix=_on(
                facts,
                "dynamodb",
                "update_continuous_backups",
                **name,
                PointInTimeRecoverySpecification=recovery,
            ),
            source="Security Hub DynamoDB.2",
        )
    yield from _kill_switch(facts, table)


def _kill_switch(facts: StackFacts, table: Table) -> Iterator[Finding]:
    if isinstance(table.kill_switch, Unknown):
        yield unknown("whether the kill switch is on", table.kill_switch, where=table.name)
    elif table.kill_switch is True:
        options = {"--table-name": table.name, "--key": '{"pk":{"S":"switch"},"sk":{"S":"kill"}}'}
        yield unwatched(
            "the kill switch is on: whatever the modes say, nothing acts",
            where=table.name,
            severity=Severity.MEDIUM,
            mend=_told("dynamodb", "delete-item", options, facts) + ", once nothing speaks against acting",
            source="the gate of every remediation, chalicelib/runtime.py",
        )


def _queue(facts: StackFacts, queue: Queue) -> Iterator[Finding]:
    match queue.waiting:
        case Unknown() as why:
            yield unknown("a dead-letter queue could not be looked at", why, where=queue.url)
        case Missing():
            yield _gone("queue", queue.url, facts)
        case int(waiting) if waiting:
            options = {"--queue-url": queue.url, "--attribute-names": "All"}
            yield unwatched(
                f"{waiting} events could not be handled and wait in the dead-letter queue",
                where=queue.url,
                mend=_told("sqs", "receive-message", options, facts) + " tells what and why",
                source=_DEAD_LETTERS,
            )


# ---- words --------------------------------------------------------------------------------------


_PUT_BACK = "; to put it back, deploy the template without the resource, and with it again"


def _gone(kind: str, name: str, facts: StackFacts) -> Finding:
    """Deleted by hand: CloudFormation isn't told, and puts nothing back of itself."""
    return unwatched(
        f"the {kind} is gone, though the stack has it",
        where=name,
        severity=Severity.CRITICAL,
        mend=_drift(facts) + _PUT_BACK,
        source=_DRIFT,
    )


def _drift(facts: StackFacts) -> str:
    return _told("cloudformation", "detect-stack-drift", {"--stack-name": facts.name}, facts)


def _told(service: str, operation: str, options: Mapping[str, str], facts: StackFacts) -> str:
    return command(service, operation, options, region=facts.region)


def _on(facts: StackFacts, service: str, operation: str, **parameters: Any) -> Call:
    return call(service, operation, facts.account, facts.region, **parameters)
