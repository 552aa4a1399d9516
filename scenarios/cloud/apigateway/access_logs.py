"""Access logs: a line for each request to a stage, as its format says.

A REST API writes to a log group under the role that the account has for API Gateway, or to Firehose under
API Gateway's service-linked role, to a stream whose name begins `amazon-apigateway-`. An HTTP API writes by
AWS's log delivery, which the making of the stage lets in at the log group. A variable that has no value is a
dash.

Left out: variables of WAF, TLS and custom domains, which are dashes. How log streams are called is our guess;
that a record for Firehose ends without a line break is unconfirmed.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-logging-to-kinesis.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html and
http-api-logging-variables.html there;
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.apigateway.apis import REST, SERVICE, Api, Stage
from scenarios.cloud.apigateway.messages import HttpAnswer, HttpRequest
from scenarios.cloud.cloudformation.resources.kind import Order
from scenarios.cloud.kernel.deliveries import AssumedRole, LogLines, Refusal
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.service_logs_delivery import (
    DELIVERY,
    let_in_at_group,
    linked_role,
    put_records,
    source_of,
)
from scenarios.cloud.setting import Setting
from scenarios.service_logs.api_gateway import AccessLog

_REQUIRED: Final = ("$context.requestId", "$context.extendedRequestId")
_LONGEST: Final = 3072
FIREHOSE_PREFIX: Final = "amazon-apigateway-"
_LINKED_SERVICE, _LINKED_ROLE = "ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway"
_LINKED_MAY: Final = {
    "Effect": "Allow",
    "Action": ["firehose:DescribeDeliveryStream", "firehose:PutRecord", "firehose:PutRecordBatch"],
    "Resource": f"arn:aws:firehose:*:*:deliverystream/{FIREHOSE_PREFIX}*",
}


@dataclass(slots=True, kw_only=True)
class Trip:
    """What becomes known of a request on its way. `said`: by an authorizer; `integration`: its seconds."""

    began: datetime
    route: str = ""
    resource: str = ""
    id: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    integration: float | None = None
    signed: bool = False


def deliver_logs(order: Order, settings: Mapping[str, Any]) -> None:
    """Let AWS's log delivery write to a stage's log group, beside what it may write to already."""
    check_format(order, "AccessLogSettings", settings)
    group = str(settings.get("DestinationArn", "")).removesuffix(":*")
    if ":logs:" not in group:
        return
    let_in_at_group(order.client("logs"), group, order.site.account, order.site.region)


def check_format(order: Order, name: str, settings: Mapping[str, Any]) -> None:
    """Refuse a format that names no request, or none at all."""
    text = str(settings.get("Format", ""))
    if not any(each in text for each in _REQUIRED):
        raise order.refuse(f"{name}.Format", f"it must include {' or '.join(_REQUIRED)}")
    to = str(settings.get("DestinationArn", ""))
    if ":firehose:" in to and not to.rpartition("/")[2].startswith(FIREHOSE_PREFIX):
        raise order.refuse(f"{name}.DestinationArn", f"the stream's name must begin {FIREHOSE_PREFIX}")
    if len(text) > _LONGEST:
        raise order.refuse(f"{name}.Format", f"longer than {_LONGEST} characters")


class AccessLogs:
    """Writes the lines of every stage of a world."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._role = ""

    def know(self, stacks: Sequence[Stack]) -> None:
        """The account's role is the one that a stack set last."""
        accounts = [each for stack in stacks for each in stack.of_type("AWS::ApiGateway::Account")]
        self._role = str(accounts[-1].properties.get("CloudWatchRoleArn", "")) if accounts else ""

    def write(self, api: Api, stage: Stage, request: HttpRequest, answer: HttpAnswer, trip: Trip) -> None:
        """Write the line of a request; without the right to it the line is lost."""
        if stage.logs is None:
            return
        group = str(stage.logs.get("DestinationArn", "")).removesuffix(":*")
        is_firehose = ":firehose:" in group and api.kind == REST
        if ":logs:" not in group and not is_firehose:
            raise NotSimulated("apigateway", f"access logs of {api.name} to {group or 'nowhere'}")
        known = self._known(api, stage, request, answer, trip)
        line = AccessLog(str(stage.logs["Format"])).write(lambda path: _value(known, path))
        if is_firehose:
            role = linked_role(api.account, _LINKED_SERVICE, _LINKED_ROLE, _LINKED_MAY)
            self._lost(api, put_records(self._setting, group, [line], by=role))
            return
        stream = hashlib.sha256(f"{api.id}/{stage.name}".encode()).hexdigest()[:32]
        lines = LogLines(stream=stream, lines=[(self._setting.clock.now, line)])
        if api.kind == REST and not self._role:
            what = f"access logs of {api.name}: no stack sets the role of AWS::ApiGateway::Account"
            raise NotSimulated("apigateway", what)
        by = AssumedRole(arn=self._role, service=SERVICE) if api.kind == REST else DELIVERY
        source = "" if api.kind == REST else source_of(api.account, api.region)
        self._lost(api, self._setting.deliveries.hand_over(group, lines, by=by, source=source))

    def _lost(self, api: Api, refusal: Refusal | None) -> None:
        if refusal is not None:
            self._setting.note("lost", f"{api.name} may not write its access log: {refusal.because}")

    def _known(
        self, api: Api, stage: Stage, request: HttpRequest, answer: HttpAnswer, trip: Trip
    ) -> Mapping[str, Any]:
        now = self._setting.clock.now
        signer = request.caller if trip.signed else None
        failed = answer.status >= 400 and trip.integration is None
        message = _message(answer) if failed else None
        took = int((now - trip.began).total_seconds() * 1000)
        behind = None if trip.integration is None else int(trip.integration * 1000)
        return {
            "accountId": api.account,
            "apiId": api.id,
            "domainName": request.host,
            "domainPrefix": api.id,
            "error": {"message": message, "messageString": message and json.dumps(message)},
            "extendedRequestId": trip.id,
            "httpMethod": request.method,
            "identity": {
                "accountId": signer.account if signer is not None else None,
                "caller": signer.principal_id if signer is not None else None,
                "sourceIp": request.address,
                "user": signer.principal_id if signer is not None else None,
                "userAgent": request.agent,
                "userArn": signer.arn if signer is not None else None,
            },
            "integration": {"latency": behind, "integrationStatus": None if behind is None else 200},
            "integrationLatency": behind,
            "integrationStatus": None if behind is None else 200,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "requestId": trip.id,
            "requestTime": f"{trip.began:%d/%b/%Y:%H:%M:%S +0000}",
            "requestTimeEpoch": int(trip.began.timestamp() * 1000),
            "resourcePath": trip.resource,
            "responseLatency": took,
            "responseLength": len(answer.body.encode()),
            "routeKey": trip.route,
            "stage": stage.name,
            "status": answer.status,
            "authorizer": {**trip.said, "claims": trip.said.get("claims", {})},
        }


def _message(answer: HttpAnswer) -> str | None:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return None
    return str(said.get("message") or said.get("Message") or "") if isinstance(said, dict) else None


def _value(known: Mapping[str, Any], path: str) -> str:
    found: Any = known
    parts: Iterable[str] = path.split(".")
    for part in parts:
        found = found.get(part) if isinstance(found, Mapping) else None
    if found is None or found == "" or isinstance(found, Mapping):
        return "-"
    return found if isinstance(found, str) else json.dumps(found)
