"""The record's `resources`: what a call touched, for the services that say so.

Objects and event buses come without an account, parameters without a type.

Source: the `resources` element in
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
and the examples on the services' own pages.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from scenarios.cloud.cloudtrail.records.event_kinds import is_data_event
from scenarios.cloud.kernel.caller import ApiCall

Resource = dict[str, str]


def resources(call: ApiCall) -> list[Resource]:
    """The resources that CloudTrail names for `call`, [] where it names none (the element is then absent)."""
    named = _NAMED_BY.get(call.service)
    return named(call) if named else []


def _typed(call: ApiCall, kind: str, arn: str) -> Resource:
    return {"accountId": call.caller.account, "type": kind, "ARN": arn}


def _arn(call: ApiCall, service: str, resource: str) -> str:
    """The ARN of a resource of the caller's own account; what is an ARN already stays one."""
    if resource.startswith("arn:"):
        return resource
    return f"arn:aws:{service}:{call.region}:{call.caller.account}:{resource}"


def _table(call: ApiCall) -> list[Resource]:
    name: str | None = call.parameters.get("TableName")
    if name is None:
        return []
    arn = name if name.startswith("arn:") else _arn(call, "dynamodb", f"table/{name}")
    return [_typed(call, "AWS::DynamoDB::Table", arn)]


def _key(call: ApiCall) -> list[Resource]:
    answer: Mapping[str, Any] = call.response or {}
    key: str | None = (
        answer.get("KeyMetadata", {}).get("Arn") or answer.get("KeyId") or call.parameters.get("KeyId")
    )
    if key is None:
        return []
    arn = key if key.startswith(("arn:", "alias/")) else f"key/{key}"
    return [_typed(call, "AWS::KMS::Key", _arn(call, "kms", arn))]


def _role(call: ApiCall) -> list[Resource]:
    arn: str | None = call.parameters.get("RoleArn")
    if arn is None or not arn.startswith("arn:") or call.error is not None:
        return []
    return [{"accountId": arn.split(":")[4], "type": "AWS::IAM::Role", "ARN": arn}]


def _bucket_and_object(call: ApiCall) -> list[Resource]:
    bucket: str | None = call.parameters.get("Bucket")
    if bucket is None:
        return []
    owner = _typed(call, "AWS::S3::Bucket", f"arn:aws:s3:::{bucket}")
    key = call.parameters.get("Key")
    if key is not None:
        return [{"type": "AWS::S3::Object", "ARN": f"{owner['ARN']}/{key}"}, owner]
    if not is_data_event("s3", call.operation):
        return [owner]
    about_many = f"{owner['ARN']}/{call.parameters.get('Prefix') or ''}"
    return [{"type": "AWS::S3::Object", "ARNPrefix": about_many}, owner]


def _function(call: ApiCall) -> list[Resource]:
    name: str | None = call.parameters.get("FunctionName")
    if name is None or not is_data_event("lambda", call.operation):
        return []
    return [_typed(call, "AWS::Lambda::Function", _arn(call, "lambda", _prefixed("function:", name)))]


def _topic(call: ApiCall) -> list[Resource]:
    arn: str | None = call.parameters.get("TopicArn") or call.parameters.get("TargetArn")
    return [_typed(call, "AWS::SNS::Topic", arn)] if arn else []


def _queue(call: ApiCall) -> list[Resource]:
    url: str | None = call.parameters.get("QueueUrl")
    if url is None or not is_data_event("sqs", call.operation):
        return []
    return [_typed(call, "AWS::SQS::Queue", _arn(call, "sqs", url.rpartition("/")[2]))]


def _stream(call: ApiCall) -> list[Resource]:
    stream: str | None = call.parameters.get("StreamARN") or call.parameters.get("StreamName")
    if stream is None or not is_data_event("kinesis", call.operation):
        return []
    return [_typed(call, "AWS::Kinesis::Stream", _arn(call, "kinesis", _prefixed("stream/", stream)))]


def _bus(call: ApiCall) -> list[Resource]:
    if not is_data_event("events", call.operation):
        return []
    buses = {entry.get("EventBusName") or "default": None for entry in call.parameters.get("Entries", ())}
    arns = (_arn(call, "events", _prefixed("event-bus/", bus)) for bus in buses)
    return [{"type": "AWS::Events::EventBus", "ARN": arn} for arn in arns]


def _parameters(call: ApiCall) -> list[Resource]:
    names = call.parameters.get("Names") or [call.parameters.get("Name")]
    if call.operation not in ("GetParameter", "GetParameters") or call.error is not None:
        return []
    arns = (_arn(call, "ssm", _prefixed("parameter/", name.removeprefix("/"))) for name in names)
    return [{"accountId": call.caller.account, "ARN": arn} for arn in arns]


def _prefixed(prefix: str, name: str) -> str:
    return name if name.startswith("arn:") else f"{prefix}{name}"


_NAMED_BY: Final[Mapping[str, Callable[[ApiCall], list[Resource]]]] = {
    "dynamodb": _table,
    "events": _bus,
    "kinesis": _stream,
    "kms": _key,
    "lambda": _function,
    "s3": _bucket_and_object,
    "sns": _topic,
    "sqs": _queue,
    "ssm": _parameters,
    "sts": _role,
}
