"""What is published, and the rules that act on it.

Each rule whose filter takes the topic gets the message; what its statement makes of it goes to each of its
actions. One that fails goes to the rule's error action, if it has one, or is lost.

Left out: subscriptions of devices, retained messages, reserved topics, shadows, other actions.

Sources: https://docs.aws.amazon.com/iot/latest/developerguide/iot-rules.html and the pages it links:
iot-rule-actions.html, rule-error-handling.html, iot-substitution-templates.html; iot-sql-reference.html;
https://docs.aws.amazon.com/general/latest/gr/iot-core.html (limits)
"""

import base64
import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from scenarios.cloud.api_calls import call
from scenarios.cloud.asked import Asked
from scenarios.cloud.iot.emitted import NAMESPACE
from scenarios.cloud.iot.sql import UNDEFINED, Message, ParseError, expression, fits, parse
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.blobs import bytes_of
from scenarios.cloud.kernel.caller import session_on
from scenarios.cloud.kernel.deliveries import AssumedRole, Event, Notification
from scenarios.cloud.kernel.deliveries import Message as QueueMessage
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.setting import Setting

_SERVICE: Final = "iot.amazonaws.com"
_SECONDS: Final = 0.1  # until a rule acts: our guess
_LARGEST_BYTES: Final = 128 * 1024
_LONGEST_TOPIC: Final = 256
_MOST_SLASHES: Final = 7
_PLACE = re.compile(r"\$\{([^}]*)\}")
# How a failure names the action, by its key in a rule.
ACTIONS: Final[Mapping[str, str]] = {
    "lambda": "LambdaAction",
    "sns": "SnsAction",
    "sqs": "SqsAction",
    "dynamoDB": "DynamoAction",
    "dynamoDBv2": "DynamoV2Action",
    "republish": "RepublishAction",
}


class Failed(Exception):
    """An action could not be done: the resource, and why."""

    def __init__(self, resource: str, why: str) -> None:
        self.resource = resource
        super().__init__(why)


class Broker:
    """Where devices and applications publish."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.answer("iot-data", "Publish", self._publish)

    def _publish(self, asked: Asked) -> dict[str, Any]:
        """The API; who may, IAM has said."""
        given = asked.parameters
        if given.get("retain"):
            raise NotSimulated("iot-data", "a message that is retained")
        self.publish(str(given["topic"]), bytes_of(given.get("payload", b"")), region=asked.region)
        return {}

    def publish(self, topic: str, content: bytes, *, region: str = "", client: str = "") -> None:
        """Publish a message; `client`: the name of the device that does. Raises Refused for what can't be."""
        if not topic or len(topic.encode()) > _LONGEST_TOPIC or topic.count("/") > _MOST_SLASHES:
            raise Refused("InvalidRequestException", "Invalid topic: too long, or with too many levels", 400)
        if "+" in topic or "#" in topic:
            raise Refused("InvalidRequestException", "Invalid topic: it holds a wildcard", 400)
        if topic.startswith("$"):
            raise NotSimulated("iot", f"a message to the reserved topic {topic}")
        if len(content) > _LARGEST_BYTES:
            raise Refused("RequestEntityTooLargeException", "The message is larger than 128 KB", 413)
        where, now = region or self._setting.home, self._setting.clock.now
        for rule in moto_state.topic_rules(self._setting.account, where):
            statement = parse(rule.sql)
            if rule.rule_disabled or not fits(statement.filter, topic):
                continue
            message = Message(
                topic=topic,
                payload=_read(content),
                client=client,
                milliseconds=int(now.timestamp() * 1000),
                number=self._setting.new_uuid("iot.messages"),
            )
            self._measure(rule, "TopicMatch")
            result = statement.result(message)
            if result is not None:
                act = partial(self._act, rule.rule_name, where, message, content, result)
                self._setting.clock.after(_SECONDS, act, f"the rule {rule.rule_name} acts")

    # ---- what rules do --------------------------------------------------------------------------

    def _act(self, name: str, region: str, message: Message, content: bytes, result: Any) -> None:
        rule = next(
            (
                each
                for each in moto_state.topic_rules(self._setting.account, region)
                if each.rule_name == name
            ),
            None,
        )
        if rule is None:
            return
        failures = []
        for action in rule.actions:
            [(kind, given)] = action.items()
            try:
                self._do(rule, region, kind, given, message, result)
            except Failed as failed:
                self._measure(rule, "Failure", kind)
                why = {"failedAction": ACTIONS[kind], "failedResource": failed.resource}
                failures.append({**why, "errorMessage": str(failed)})
            else:
                self._measure(rule, "Success", kind)
        if failures:
            self._report(rule, region, message, content, failures)

    def _report(
        self, rule: Any, region: str, message: Message, content: bytes, failures: list[dict[str, str]]
    ) -> None:
        """Hand what failed to the error action; what fails there too is lost."""
        words = f"the rule {rule.rule_name} could not act: {failures[0]['errorMessage']}"
        if not rule.error_action:
            self._setting.note("lost", words)
            return
        told = {
            "ruleName": rule.rule_name,
            "topic": message.topic,
            "cloudwatchTraceId": message.number,
            "clientId": message.client or "N/A",
            "base64OriginalPayload": base64.b64encode(content).decode(),
            "failures": failures,
        }
        [(kind, given)] = rule.error_action.items()
        try:
            self._do(rule, region, kind, given, message, told)
        except Failed as failed:
            self._setting.note("lost", f"{words}; nor could its error action: {failed}")
        else:
            self._setting.note("kept", f"{words}; its error action has it")

    def _do(  # noqa: PLR0917 - an action, and what it acts on
        self, rule: Any, region: str, kind: str, given: Mapping[str, Any], message: Message, result: Any
    ) -> None:
        """One action; raises Failed."""
        if kind not in ACTIONS:
            raise NotSimulated("iot", f"the action {kind} of the rule {rule.rule_name}")
        text = json.dumps(result)
        by = AssumedRole(arn=str(given.get("roleArn", "")), service=_SERVICE)
        if kind == "lambda":
            arn = str(given["functionArn"])
            self._hand_over(arn, Event(content=result), by=_SERVICE, source=rule.arn)
        elif kind == "sns":
            if given.get("messageFormat") == "JSON":
                raise NotSimulated("iot", f"the message format JSON of the rule {rule.rule_name}")
            self._hand_over(str(given["targetArn"]), Notification(text=text), by=by)
        elif kind == "sqs":
            *_, account, queue = str(given["queueUrl"]).split("/")
            body = base64.b64encode(text.encode()).decode() if given.get("useBase64") else text
            self._hand_over(f"arn:aws:sqs:{region}:{account}:{queue}", QueueMessage(body=body), by=by)
        elif kind == "republish":
            topic = _filled(str(given["topic"]), message)
            self._may(by, "iot:Publish", f"arn:aws:iot:{region}:{self._setting.account}:topic/{topic}")
            self.publish(topic, text.encode(), region=region, client=message.client)
        else:
            self._put(region, kind, given, message, result)

    def _hand_over(self, arn: str, payload: object, *, by: AssumedRole | str, source: str = "") -> None:
        refusal = self._setting.deliveries.hand_over(arn, payload, by=by, source=source)
        if refusal is not None:
            raise Failed(arn, refusal.because)

    def _may(self, by: AssumedRole, action: str, resource: str) -> None:
        decision = self._setting.identity.role_may(by.arn, by.service, action, resource)
        if not decision.allowed:
            raise Failed(resource, decision.because)

    def _put(
        self, region: str, kind: str, given: Mapping[str, Any], message: Message, result: Mapping[str, Any]
    ) -> None:
        """Put an item under the rule's role: of each value of the result, or the result beside its key."""
        table = given["putItem"]["tableName"] if kind == "dynamoDBv2" else given["tableName"]
        arn = f"arn:aws:dynamodb:{region}:{self._setting.account}:table/{table}"
        role = str(given["roleArn"])
        self._may(AssumedRole(arn=role, service=_SERVICE), "dynamodb:PutItem", arn)
        if kind == "dynamoDBv2":
            item = {name: _typed(value) for name, value in result.items()}
        else:
            item = {str(given.get("payloadField") or "payload"): _typed(json.dumps(result))}
            for part in ("hash", "range"):
                if f"{part}KeyField" in given:
                    value = _filled(str(given[f"{part}KeyValue"]), message)
                    number = given.get(f"{part}KeyType") == "NUMBER"
                    item[str(given[f"{part}KeyField"])] = {"N" if number else "S": value}
        operation = operation_model("dynamodb", "PutItem")
        caller = session_on(role, "iot").on_service_role(_SERVICE)
        try:
            call(self._setting, caller, operation, region, {"TableName": table, "Item": item})
        except (ClientError, BotoCoreError) as error:
            raise Failed(arn, str(error)) from error

    def _measure(self, rule: Any, metric: str, kind: str = "") -> None:
        dimensions = {"RuleName": rule.rule_name, **({"ActionType": ACTIONS[kind]} if kind else {})}
        self._setting.measured(rule.region_name, NAMESPACE, {metric: 1.0}, dimensions)


def _read(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise NotSimulated("iot", "a rule on a message that is no JSON") from None


def _filled(text: str, message: Message) -> str:
    """A parameter of an action with its substitution templates, such as `${topic(2)}`, filled."""

    def fill(match: re.Match[str]) -> str:
        try:
            value = expression(match[1])(message)
        except ParseError as error:
            raise NotSimulated("iot", f"the substitution template {match[0]}: {error}") from error
        if value is UNDEFINED:
            raise Failed(text, f"{match[0]} is undefined")
        return value if isinstance(value, str) else json.dumps(value)

    return _PLACE.sub(fill, text)


def _typed(value: Any) -> dict[str, Any]:
    """A value of JSON as DynamoDB types it."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, int | float):
        return {"N": json.dumps(value)}
    if isinstance(value, list):
        return {"L": [_typed(each) for each in value]}
    if isinstance(value, Mapping):
        return {"M": {name: _typed(each) for name, each in value.items()}}
    return {"S": str(value)}
