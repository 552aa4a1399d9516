"""Rows that set up a stack, make calls as an administrator, let time pass, and say what must hold then."""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import boto3
from botocore.exceptions import ClientError, ParamValidationError

from scenarios.cloud.deployment import Deployment
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.world import World
from tests.case_forms.judging import Cannot, Verdict

Row = dict[str, Any]
AFTERWARDS_SECONDS = 60


def takes(row: Row) -> bool:
    """Whether the row has a template, and what must hold as data."""
    return (
        isinstance(row["input"], dict) and isinstance(row["input"].get("template"), dict) and "judge" in row
    )


def judge(row: Row) -> Verdict:
    """Run it. A hole that is loud is right where the row says so."""
    wanted = row["judge"]
    loud = wanted.get("or_not_simulated") or wanted.get("last_call", {}).get("accepted_or_not_simulated")
    try:
        return _run(row["input"], wanted)
    except NotSimulated as hole:
        if not loud:
            raise
        return Verdict(right=True, got=f"NotSimulated, {hole}")


def _run(asked: Row, wanted: Row) -> Verdict:
    deployment = Deployment(template=json.dumps(asked["template"]))
    try:
        with World(deployment) as world:
            if "stack" in wanted:
                return Verdict(wanted["stack"] == "created", "created")
            last = [_called(world, call) for call in asked.get("calls", ())][-1:]
            world.run(asked.get("run_s", 0) + AFTERWARDS_SECONDS)
            seen = _Seen(world, last[0] if last else None)
            wrong = [got for name, value in wanted.items() if (got := _held(seen, name, value))]
            return Verdict(not wrong, "; ".join(wrong))
    except InvalidTemplate as refused:
        return Verdict(wanted.get("stack") == "refused", f"refused: {refused}")


class _Seen:
    """What there is to see after the calls; queues are read once."""

    def __init__(self, world: World, last: "Answer | None") -> None:
        self.world, self.last = world, last
        self.admin = world.user("reader")
        self._read: dict[str, list[Row]] = {}

    def messages(self, name: str) -> list[Row]:
        """Every message of a queue of the stack, oldest first."""
        if name not in self._read:
            sqs = self.world.client(self.admin, "sqs")
            queues = [each.physical_id for each in self.world.home.of_type("AWS::SQS::Queue")]
            url = next(url for url in queues if url.endswith(f"/{name}"))
            self._read[name] = list(_emptied(sqs, url))
        return self._read[name]

    def bodies(self) -> list[Any]:
        """The events in the queue that hears."""
        return [json.loads(message["Body"]) for message in self.messages("Heard")]

    def metric_sum(self) -> float | None:
        """The sum of the one metric that the stack's filters count into; None without a datapoint."""
        [metric] = [
            transformation
            for each in self.world.home.of_type("AWS::Logs::MetricFilter")
            for transformation in each.properties["MetricTransformations"]
        ]
        now = self.world.clock.now
        answer = self.world.client(self.admin, "cloudwatch").get_metric_statistics(
            Namespace=metric["MetricNamespace"],
            MetricName=metric["MetricName"],
            StartTime=now - timedelta(hours=3),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )
        points = [point["Sum"] for point in answer["Datapoints"]]
        return sum(points) if points else None


Answer = tuple[str, Any]  # "refused" and the code, or "accepted" and the answer


def _called(world: World, call: list[Any]) -> Answer:
    service, operation, parameters, *whose = call
    client = _client(world, service, whose[0] if whose else "")
    try:
        answer = getattr(client, operation)(**_spelled_out(world, operation, parameters))
    except ClientError as error:
        return "refused", error.response["Error"]["Code"]
    except ParamValidationError as error:
        return "refused", f"ParamValidationError: {error}"
    return "accepted", {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _client(world: World, service: str, whose: str) -> Any:
    """The administrator's client, or one of `as NAME`, `as a user without policies`, `... with A only`."""
    if not whose:
        return world.client(world.user("admin"), service)
    if whose == "as a user without policies":
        return world.client(world.user("nobody", policies=()), service)
    limited = re.fullmatch(r"as a user with (\S+) only", whose)
    if limited:
        return world.client(world.user("limited", policies=(_policy(f"Allow {limited[1]} *"),)), service)
    named = re.fullmatch(r"as (\w+)", whose)
    if not named:
        raise Cannot(f"who calls {whose!r}")
    iam = world.client(world.user("admin"), "iam")
    key = iam.create_access_key(UserName=named[1])["AccessKey"]
    session: Any = boto3.Session(
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    return session.client(service)


def _spelled_out(world: World, operation: str, parameters: Row) -> Row:
    """The parameters, with what rows write shorter written in full."""
    full = {name: _value(world, value) for name, value in parameters.items()}
    if operation == "put_log_events" and "messages" in full:
        now = int(world.clock.now.timestamp() * 1000)
        full["logEvents"] = [{"timestamp": now, "message": text} for text in full.pop("messages")]
        stream = {name: full[name] for name in ("logGroupName", "logStreamName")}
        logs = world.client(world.user("admin"), "logs")
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(**stream)
    return full


def _value(world: World, value: Any) -> Any:
    """`<Base>` is what the stack's resource Base is called; `Deny * *` is a policy of one statement."""
    if not isinstance(value, str):
        return value
    reference = re.fullmatch(r"<(\w+)>", value)
    if reference and reference[1] in world.home.resources:
        return world.home.resources[reference[1]].physical_id
    if re.fullmatch(r"(Allow|Deny) \S+ \S+", value):
        return json.dumps(_policy(value))
    return value


def _policy(words: str) -> Row:
    effect, action, resource = words.split(" ")
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": action.split(","), "Resource": resource}],
    }


def _emptied(sqs: Any, url: str) -> Iterator[Row]:
    while True:
        found = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        ).get("Messages", [])
        if not found:
            return
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        yield from found


def _held(seen: _Seen, name: str, value: Any) -> str:
    """Nothing where one word of `judge` holds; else what there was instead."""
    if name not in _JUDGES:
        raise Cannot(f"{name} can't be judged")
    right, got = _JUDGES[name](seen, value)
    return "" if right else f"{name} {got}"


def _last_call(seen: _Seen, wanted: Mapping[str, Any]) -> tuple[bool, object]:
    assert seen.last is not None
    how, what = seen.last
    if "refused" in wanted:
        return how == "refused" and what in wanted["refused"], seen.last
    if how == "refused":
        return False, seen.last
    if "answer" in wanted:
        return {name: what.get(name) for name in wanted["answer"]} == wanted["answer"], what
    if "answer_lacks" in wanted:
        return wanted["answer_lacks"] not in what, what
    return True, what


def _queue_values(seen: _Seen, wanted: Mapping[str, list[Any]]) -> tuple[bool, object]:
    got = {path: [_at(body, path) for body in seen.bodies()] for path in wanted}
    return got == dict(wanted), got


def _attributes(seen: _Seen, wanted: Mapping[str, str]) -> tuple[bool, object]:
    got = {
        name: attribute.get("StringValue")
        for message in seen.messages("Dead")
        for name, attribute in message.get("MessageAttributes", {}).items()
    }
    return {name: got.get(name) for name in wanted} == dict(wanted), got


def _attribute_types(seen: _Seen, wanted: Mapping[str, str]) -> tuple[bool, object]:
    got = {
        name: attribute["DataType"]
        for message in seen.messages("Heard")
        for name, attribute in message.get("MessageAttributes", {}).items()
    }
    return got == dict(wanted), got


def _at(body: Any, path: str) -> Any:
    """`detail.items[0].name` in a JSON document; None where it isn't there."""
    for part in path.replace("[", ".").replace("]", "").split("."):
        try:
            body = body[int(part)] if isinstance(body, list) else body[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return body


def _counted(how_many: Callable[[_Seen], object]) -> Callable[[_Seen, Any], tuple[bool, object]]:
    def judge_count(seen: _Seen, wanted: object) -> tuple[bool, object]:
        got = how_many(seen)
        return got == wanted, got

    return judge_count


_JUDGES: dict[str, Callable[[_Seen, Any], tuple[bool, object]]] = {
    "last_call": _last_call,
    "queue": _counted(lambda seen: len(seen.messages("Heard"))),
    "dead_letters": _counted(lambda seen: len(seen.messages("Dead"))),
    "inbox": _counted(lambda seen: len(seen.world.topics.inbox)),
    "metric_sum": _counted(lambda seen: seen.metric_sum()),
    "queue_values": _queue_values,
    "queue_path_present": lambda seen, path: (
        any(_at(body, path) is not None for body in seen.bodies()),
        "absent",
    ),
    "attributes": _attributes,
    "attribute_types": _attribute_types,
    "or_not_simulated": lambda *_: (True, ""),
}
