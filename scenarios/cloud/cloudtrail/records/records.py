"""The CloudTrail record that AWS would write of a call.

Pure: a record depends on the call and the ids given, nothing else, and equal calls give equal bytes. What
is printed of a request and an answer stands in `record_shapes`, who asked in `user_identity`, which calls
are recorded at all, and where, in `event_kinds`.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from scenarios.cloud.cloudtrail.records import ec2_shapes, s3_shapes, shapes
from scenarios.cloud.cloudtrail.records.event_kinds import (
    event_name,
    event_source,
    is_data_event,
    is_global,
    is_read_only,
    is_recorded,
    recorded_region,
)
from scenarios.cloud.cloudtrail.records.resources import resources
from scenarios.cloud.cloudtrail.records.user_identity import iso, user_identity
from scenarios.cloud.kernel.caller import ApiCall, CallerKind
from scenarios.cloud.kernel.service_models import operation_model, service_model

__all__ = ["EVENT_VERSION", "is_data_event", "is_read_only", "is_recorded", "record_of", "recorded_region"]

EVENT_VERSION: Final = "1.11"

# Services that print their API's version, as they print it.
_API_VERSIONS: Final[Mapping[str, str]] = {
    "cloudwatch": "2010-08-01",
    "dynamodb": "2012-08-10",
    "dynamodbstreams": "2012-08-10",
    "events": "2015-10-07",
    "logs": "20140328",
}

# A denial by IAM, in the words of the services' own APIs; CloudTrail has one for all but EC2.
_DENIALS: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "NotAuthorized",
        "UnauthorizedOperation",
    },
)
_ACCESS_DENIED: Final = "AccessDenied"
# These judge a request after reading it, so that a denied one still shows its parameters; for the
# others the record has null.
_DENIED_WITH_PARAMETERS: Final = frozenset({"ec2", "s3"})

# EC2 tells whose fault it was.
_EC2_SERVER_ERRORS: Final = frozenset(
    {
        "InsufficientAddressCapacity",
        "InsufficientCapacity",
        "InsufficientHostCapacity",
        "InsufficientInstanceCapacity",
        "InternalError",
        "InternalFailure",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Unavailable",
    },
)

# Records cut an error's message to 1 KB.
_LONGEST_MESSAGE: Final = 1024


def record_of(call: ApiCall, *, event_id: str, request_id: str) -> dict[str, Any]:
    """The record of `call`, with its fields in CloudTrail's order; JSON serialisable.

    `event_id` is a UUID; `request_id` is what the service answered with. `eventTime` is the call's moment in
    whole seconds. A call that failed has `errorCode`, `errorMessage` and null for `responseElements`.
    """
    caller = call.caller
    by_service = caller.kind is CallerKind.AWS_SERVICE
    record: dict[str, Any] = {
        "eventVersion": EVENT_VERSION,
        "userIdentity": user_identity(caller, call.moment),
        "eventTime": iso(call.moment),
        "eventSource": event_source(call.service),
        "eventName": event_name(call.service, call.operation),
        "awsRegion": recorded_region(call.service, call.region),
        "sourceIPAddress": caller.service if by_service else caller.source_ip,
        "userAgent": caller.service if by_service else _user_agent(call),
    }
    if call.error is not None:
        record["errorCode"] = error_code(call.service, call.operation, call.error[0])
        record["errorMessage"] = _shortened(call.error[1])
    record["requestParameters"] = _request_parameters(call)
    record["responseElements"] = _response_elements(call, request_id)
    if call.service == "s3":
        record["additionalEventData"] = s3_shapes.additional_event_data(call)
    record["requestID"] = request_id
    record["eventID"] = event_id
    record["readOnly"] = is_read_only(call.service, call.operation)
    touched = resources(call)
    if touched:
        record["resources"] = touched
    record["eventType"] = "AwsApiCall"
    if call.service in _API_VERSIONS:
        record["apiVersion"] = _API_VERSIONS[call.service]
    data = is_data_event(call.service, call.operation)
    record["managementEvent"] = not data
    record["recipientAccountId"] = caller.account
    record["eventCategory"] = "Data" if data else "Management"
    if not by_service:
        record["tlsDetails"] = tls_details(_host(call))
    return record


@cache
def error_code(service: str, operation: str, code: str) -> str:
    """`errorCode` for the code in a service's answer.

    A denial is `AccessDenied` whatever the API calls it. EC2 puts `Client.` or `Server.` before its codes.
    The query services (IAM, SNS, RDS...) answer with a short code (`NoSuchEntity`), CloudTrail prints the
    exception's name (`NoSuchEntityException`). All others are printed as they are.
    """
    if service == "ec2":
        return f"{'Server' if code in _EC2_SERVER_ERRORS else 'Client'}.{code}"
    if code in _DENIALS:
        return _ACCESS_DENIED
    model = operation_model(service, operation)
    if model.service_model.metadata.get("protocol") != "query":
        return code
    names = (
        shape.name for shape in model.error_shapes if shape.metadata.get("error", {}).get("code") == code
    )
    return next(names, code)


def tls_details(host: str) -> dict[str, str]:
    """`tlsDetails` of a request to `host`."""
    return {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": host,
    }


def _request_parameters(call: ApiCall) -> dict[str, Any] | None:
    denied = call.error is not None and call.error[0] in _DENIALS
    if denied and call.service not in _DENIED_WITH_PARAMETERS:
        return None
    if call.service == "ec2":
        return ec2_shapes.request_parameters(call)
    if call.service == "s3":
        return s3_shapes.request_parameters(call)
    return shapes.request_parameters(call)


def _response_elements(call: ApiCall, request_id: str) -> dict[str, Any] | None:
    if call.service == "ec2":
        return ec2_shapes.response_elements(call, request_id)
    if call.service == "s3":
        return s3_shapes.response_elements(call)
    return shapes.response_elements(call)


def _user_agent(call: ApiCall) -> str:
    """S3 puts the caller's agent in brackets."""
    agent = call.caller.user_agent
    return f"[{agent}]" if call.service == "s3" else agent


def _shortened(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[: _LONGEST_MESSAGE - 1]}..."


def _host(call: ApiCall) -> str:
    return s3_shapes.host(call) if call.service == "s3" else _endpoint(call.service, call.region)


@cache
def _endpoint(service: str, region: str) -> str:
    """`dynamodb.eu-west-1.amazonaws.com`, or `iam.amazonaws.com` for an endpoint without a region."""
    prefix = service_model(service).endpoint_prefix
    return f"{prefix}.amazonaws.com" if is_global(service, region) else f"{prefix}.{region}.amazonaws.com"
