"""Words about all rules and functions of the stack at once: events they give up on are kept.

They go by the stack as it was deployed and by the catalogue, so that a remediation that is added later is
meant as well.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.catalog import CATALOG
from chalicelib.matching import EventPattern
from chalicelib.template.parts import logical_id
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.stack import Resource
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check
from scenarios.runner.words.actors import Actor


def every_rule_hears() -> Action:
    """For each rule of the stack that has a pattern, an event that it matches."""

    def do(world: World) -> None:
        for rule in _rules(world):
            if pattern := rule.properties.get("EventPattern"):
                world.eventbridge.emit(world.deployment.home, matching_event(pattern))

    return Action("for every rule there comes an event that it matches", do)


def every_rule_keeps(why: str) -> Check:
    """The dead-letter queue keeps an event of each rule that has a pattern, or gave up; with this reason."""

    def judge(world: World) -> str | None:
        queue = world.home.resources["DeadLetters"].attributes["Arn"]
        kept = {
            (each.get("RULE_ARN", "").rpartition("/")[2], each.get("ERROR_CODE", ""))
            for each in world.queues.attributes(queue)
        }
        gave_up = "\n".join(each.words for each in world.setting.trace if each.kind == "undelivered")
        missing = [
            rule.logical_id
            for rule in _rules(world)
            if (rule.properties.get("EventPattern") or rule.physical_id in gave_up)
            and (rule.physical_id, why) not in kept
        ]
        return f"it holds nothing of {', '.join(missing)}" if missing else None

    return Check(f"the dead-letter queue keeps what each rule could not deliver ({why})", judge)


def every_function_gets(actor: Actor, payload: Mapping[str, Any]) -> Action:
    """The actor invokes each function that Lambda itself keeps events for, and doesn't wait for an answer."""

    def do(world: World, caller: Caller) -> None:
        client = world.client(caller, "lambda")
        for function in _functions(world):
            client.invoke(
                FunctionName=function.physical_id, InvocationType="Event", Payload=json.dumps(payload)
            )

    return actor.does(f"hands every function {json.dumps(payload)}", do)


def every_function_keeps(*says: str, of: Iterable[str] = ()) -> Check:
    """The dead-letter queue keeps an event of each of those functions, and these words stand in each.

    `of`: these remediations' functions only.
    """
    named = {logical_id(name) for name in of}

    def judge(world: World) -> str | None:
        bodies = world.queues.bodies(world.home.resources["DeadLetters"].attributes["Arn"])
        right = [body for body in bodies if all(word in body for word in says)]
        missing = [
            function.logical_id
            for function in _functions(world)
            if function.logical_id in (named or {function.logical_id})
            and not any(f":function:{function.physical_id}:" in body for body in right)
        ]
        return f"it holds nothing of {', '.join(missing)}" if missing else None

    whose = f" of {', '.join(sorted(named))}" if named else ""
    said = f" ({', '.join(says)})" if says else ""
    return Check(f"the dead-letter queue keeps what each function{whose} gave up on{said}", judge)


def matching_event(pattern: Mapping[str, Any]) -> dict[str, Any]:
    """An event that a rule's pattern matches: of each list the first value, of several ways the first.

    ValueError where that can't be told by reading: a pattern with numbers, say.

    >>> matching_event({"source": ["aws.s3"], "detail": {"key": [{"prefix": "logs/"}]}})["detail"]
    {'key': 'logs/'}
    """
    envelope = {
        "version": "0",
        "id": "50000000-0000-4000-8000-000000000000",
        "detail-type": "Something",
        "source": "somebody",
        "account": "123456789012",
        "time": "2026-03-02T03:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {},
    }
    event = {**envelope, **_first_of_each(pattern)}
    if not EventPattern(pattern).matches(event):
        raise ValueError(f"no event is known that {json.dumps(pattern)} matches")
    return event


def _first_of_each(pattern: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, wanted in pattern.items():
        if name == "$or":
            fields |= _first_of_each(wanted[0])
        elif isinstance(wanted, Mapping):
            fields[name] = _first_of_each(wanted)
        elif wanted[0] != {"exists": False}:
            fields[name] = [_value(wanted[0])] if name == "resources" else _value(wanted[0])
    return fields


def _value(wanted: Any) -> Any:
    match wanted:
        case {"prefix": str(text)} | {"suffix": str(text)} | {"equals-ignore-case": str(text)}:
            return text
        case {"wildcard": str(text)}:
            return text.replace("*", "")
        case {"exists": True} | {"anything-but": _}:
            return "something"
        case _:
            return wanted


def _rules(world: World) -> list[Resource]:
    """Rules that wake functions; a log group as a target accepts every event.

    Nothing of a heartbeat is kept: that it is missing says enough.
    """
    return [
        rule
        for rule in world.home.of_type("AWS::Events::Rule")
        if any(":lambda:" in target["Arn"] for target in rule.properties["Targets"])
        and not rule.logical_id.startswith("Heartbeat")
    ]


def _functions(world: World) -> list[Resource]:
    return [
        world.home.resources[logical_id(remediation.name)]
        for remediation in CATALOG
        if remediation.invoked_asynchronously
    ]


def redrives(actor: Actor, name: str) -> Action:
    """The actor sends what a remediation's function gave up on to that function again."""
    function = logical_id(name)

    def do(world: World, caller: Caller) -> None:
        queue = world.home.resources["DeadLetters"].physical_id
        sqs, lambdas = (world.client(caller, service) for service in ("sqs", "lambda"))
        for letter in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", ()):
            kept = json.loads(letter["Body"])
            if f":function:{world.home.resources[function].physical_id}:" not in letter["Body"]:
                continue
            lambdas.invoke(
                FunctionName=world.home.resources[function].physical_id,
                InvocationType="Event",
                Payload=json.dumps(kept["requestPayload"]),
            )
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter["ReceiptHandle"])

    return actor.does(f"sends the dead letters of {name} again", do)
