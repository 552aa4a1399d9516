"""Custom resources: what a function, or somebody behind a topic, makes for a stack.

CloudFormation invokes the function, or publishes to the topic, in the name of whoever works on the stack. It
waits until an answer is put at a presigned URL of S3, for as long as the resource says and at most an hour.
The function is invoked asynchronously: one that fails is tried twice more, and answers nothing meanwhile. A
second answer to the same request changes nothing.

Left out: answers in another way than PUT to that URL; how soon CloudFormation finds an answer is our guess.
Unconfirmed are the words of its refusals, the id of a resource whose creation was never answered, and that a
resource whose update failed is asked to become what it was.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html (requests, answers,
limits), https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources-lambda.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources-sns.html,
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html (what is asked when a
creation has failed; values as texts)
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from botocore.exceptions import ClientError

from scenarios.cloud.clients import ClientsOf
from scenarios.cloud.cloudformation.building import site_of
from scenarios.cloud.cloudformation.provision import checked_properties
from scenarios.cloud.cloudformation.resources.custom import MOST_SECONDS, kind_of
from scenarios.cloud.cloudformation.standing import Standing
from scenarios.cloud.cloudformation.template import Template
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.clock import Entry
from scenarios.cloud.kernel.stack import Resource, Stack
from scenarios.cloud.kernel.texts import is_true
from scenarios.cloud.kernel.web import WebAnswer, WebRequest
from scenarios.cloud.setting import Setting

_FOUND_SECONDS: Final = 1.0
_URL_SECONDS: Final = 7200
_MOST_BYTES: Final = 4096
_LONGEST_ID: Final = 1024
_SUBJECT: Final = "AWS CloudFormation custom resource request"
_ECHOED: Final = ("StackId", "RequestId", "LogicalResourceId")


class Data(dict[str, Any]):
    """What a provider says about its resource: `Fn::GetAtt`. `secret`: NoEcho, so outputs don't show it."""

    secret = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of a request. `failed`: why it did; "" where it succeeded. `reached`: the provider has it."""

    physical_id: str
    data: Data = field(default_factory=Data)
    failed: str = ""
    reached: bool = True

    def resource(self, logical_id: str, kind: str, properties: Mapping[str, Any]) -> Resource:
        """The resource as it stands now."""
        return Resource(
            logical_id=logical_id,
            type=kind,
            physical_id=self.physical_id,
            attributes=self.data,
            properties=properties,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked of a provider. `properties`: with the ServiceToken. `physical_id`: "" for a creation.

    `before`: the properties that an update changes; None for others. `else_id`: the id where none is told.
    """

    deed: str
    stack: Stack
    logical_id: str
    type: str
    properties: Mapping[str, Any]
    physical_id: str = ""
    before: Mapping[str, Any] | None = None
    else_id: str = ""


def asked_of_provider(
    setting: Setting, standing: Standing, caller: Caller, plan: Template, logical_id: str
) -> Order:
    """What the provider of a declared resource is asked: to make it, or to change it as it stands.

    Raises InvalidTemplate.
    """
    stack = standing.stack
    declared, before = plan.resources[logical_id], stack.resources.get(logical_id)
    checked, _ = checked_properties(kind_of(setting.kinds, declared.type), plan, declared, stack.resources)
    return Order(
        deed="Create" if before is None else "Update",
        stack=stack,
        logical_id=logical_id,
        type=declared.type,
        properties=checked,
        physical_id=before.physical_id if before is not None else "",
        before=before.properties if before is not None else None,
        else_id=f"{stack.name}-{logical_id}-{site_of(setting, standing, caller).suffix(logical_id)}",
    )


Done = Callable[[Answered], None]


@dataclass(slots=True, eq=False)
class _Request:
    """A request that is open until something is put at its URL, or its time is over."""

    id: str
    order: Order
    done: Done
    url: str
    over: Entry | None = None
    answered: bool = False


class CustomResources:
    """Asks the providers of all stacks of the world."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def ask(self, order: Order, caller: Caller, done: Done) -> None:
        """Send a request in a caller's name; `done` is told later what came of it."""
        number = self._setting.new_uuid("cloudformation.custom")
        request = _Request(id=number, order=order, done=done, url=self._url(order, number))
        if refusal := self._sent(request, caller):
            failed = replace(self._failed(request, refusal), reached=False)
            self._soon(partial(done, failed))
            return
        self._setting.web.answers(request.url, partial(self._put, request))
        seconds = int(order.properties.get("ServiceTimeout", MOST_SECONDS))
        words = "CloudFormation waits no longer for a custom resource"
        request.over = self._setting.clock.after(seconds, partial(self._too_late, request), words)

    # ---- asking ---------------------------------------------------------------------------------

    def _url(self, order: Order, number: str) -> str:
        """A presigned URL in the bucket of the region."""
        region, now = order.stack.region, self._setting.clock.now
        bucket = f"cloudformation-custom-resource-response-{region.replace('-', '')}"
        host = (
            f"{bucket}.s3.amazonaws.com" if region == "us-east-1" else f"{bucket}.s3.{region}.amazonaws.com"
        )
        key = quote(f"{order.stack.stack_id}|{order.logical_id}|{number}", safe="/")
        signature = f"{self._setting.random('cloudformation.custom.url').getrandbits(256):064x}"
        asked = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": f"{now:%Y%m%dT%H%M%SZ}",
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Expires": str(_URL_SECONDS),
            "X-Amz-Credential": quote(f"AKIAIOSFODNN7EXAMPLE/{now:%Y%m%d}/{region}/s3/aws4_request", safe=""),
            "X-Amz-Signature": signature,
        }
        return f"https://{host}/{key}?" + "&".join(f"{name}={value}" for name, value in asked.items())

    def _sent(self, request: _Request, caller: Caller) -> str:
        """Why a request could not be sent; "" where it was."""
        order = request.order
        token = str(order.properties["ServiceToken"])
        _, _, service, region, *_ = token.split(":")
        if region != order.stack.region:
            return "Invalid service token: it must be from the same Region as the stack."
        text = json.dumps(_event(request, token))
        client = ClientsOf(setting=self._setting, caller=caller).client(service, region)
        try:
            if service == "lambda":
                client.invoke(FunctionName=token, InvocationType="Event", Payload=text.encode())
            else:
                client.publish(TopicArn=token, Message=text, Subject=_SUBJECT)
        except ClientError as error:
            return str(error)
        return ""

    # ---- being answered -------------------------------------------------------------------------

    def _put(self, request: _Request, sent: WebRequest) -> WebAnswer:
        """S3 takes whatever is put, while the URL is good; what comes first counts."""
        if sent.method != "PUT" or sent.url != request.url:
            return WebAnswer(status=403, body=_DENIED)
        if not request.answered and request.over is not None:
            request.answered = True
            request.over.cancelled = True
            self._soon(partial(request.done, self._read(request, sent.body)))
        return WebAnswer(status=200)

    def _read(self, request: _Request, body: str) -> Answered:
        order = request.order
        try:
            said = _said(body, request)
            told = _told_id(said, order)
            data = Data(_data(said))
        except _InvalidAnswer as invalid:
            return self._failed(request, str(invalid))
        if said["Status"] == "FAILED":
            words = "Received response status [FAILED] from custom resource. Message returned:"
            failed = f"{words} {said['Reason']} (RequestId: {request.id})"
            return Answered(physical_id=told or self._id(order), failed=failed)
        data.secret = is_true(said.get("NoEcho"))
        return Answered(physical_id=told or order.physical_id, data=data)

    def _too_late(self, request: _Request) -> None:
        request.answered = True
        why = (
            "CloudFormation did not receive a response from your custom resource. Please check your logs for "
            f"requestId [{request.id}]. If you are using the Python cfn-response module, you may need to "
            "update your Lambda function code so that CloudFormation can attach the updated version."
        )
        request.done(self._failed(request, why))

    def _failed(self, request: _Request, why: str) -> Answered:
        return Answered(physical_id=self._id(request.order), failed=why)

    def _id(self, order: Order) -> str:
        return order.physical_id or order.else_id

    def _soon(self, step: Callable[[], None]) -> None:
        self._setting.clock.after(_FOUND_SECONDS, step, "CloudFormation finds a custom resource's answer")


class _InvalidAnswer(Exception):
    """What was put is no answer, in CloudFormation's words."""


def _said(body: str, request: _Request) -> dict[str, Any]:
    """An answer, as far as it has no fault."""
    if len(body.encode()) > _MOST_BYTES:
        raise _InvalidAnswer("Response object is too long.")
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise _InvalidAnswer("Invalid response object: it is no JSON object")
    expected = _event(request, "")
    for name in _ECHOED:
        if said.get(name) != expected[name]:
            raise _InvalidAnswer(f"Invalid response object: the value of {name} is not the request's")
    if said.get("Status") not in {"SUCCESS", "FAILED"}:
        raise _InvalidAnswer("Invalid response object: Status is neither SUCCESS nor FAILED")
    if said["Status"] == "FAILED" and not said.get("Reason"):
        raise _InvalidAnswer("Invalid response object: FAILED without a Reason")
    return said


def _told_id(said: Mapping[str, Any], order: Order) -> str:
    """The id that an answer tells; "" where it needs none."""
    told = said.get("PhysicalResourceId")
    needed = said["Status"] == "SUCCESS" and order.deed != "Delete"
    if not told and not needed:
        return ""
    if not told or not isinstance(told, str) or len(told.encode()) > _LONGEST_ID:
        raise _InvalidAnswer("Invalid PhysicalResourceId")
    return told


def _data(said: Mapping[str, Any]) -> dict[str, Any]:
    data = said.get("Data") or {}
    if not isinstance(data, dict):
        raise _InvalidAnswer("Invalid response object: Data is no object")
    return data


def _event(request: _Request, token: str) -> dict[str, Any]:
    """The request as the provider gets it."""
    order = request.order
    return {
        "RequestType": order.deed,
        **({"ServiceToken": token} if ":lambda:" in token else {}),
        "ResponseURL": request.url,
        "StackId": order.stack.stack_id,
        "RequestId": request.id,
        "LogicalResourceId": order.logical_id,
        **({"PhysicalResourceId": order.physical_id} if order.physical_id else {}),
        "ResourceType": order.type,
        "ResourceProperties": _spelled(order.properties),
        **({"OldResourceProperties": _spelled(order.before)} if order.before is not None else {}),
    }


def _spelled(value: Any) -> Any:
    """What a provider gets of properties: numbers and booleans are texts."""
    if isinstance(value, Mapping):
        return {name: _spelled(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_spelled(each) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


_DENIED: Final = "<Error><Code>SignatureDoesNotMatch</Code></Error>"
