"""The CloudTrail record that AWS would write of a call.

Pure: a record depends on the call and the ids given, nothing else, and equal calls give equal bytes. What
is printed of a request and an answer stands in `shapes`, who asked in `user_identity`, which calls are
recorded at all, and where, in each service's `Recorded`.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from functools import cache
from typing import Any, Final

from scenarios.cloud.cloudtrail.records import shapes
from scenarios.cloud.cloudtrail.records.user_identity import iso, user_identity
from scenarios.cloud.kernel.caller import ApiCall, CallerKind
from scenarios.cloud.kernel.recorded import Elements, Recorded
from scenarios.cloud.kernel.service_models import operation_model, service_model

EVENT_VERSION: Final = "1.11"

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
# Records cut an error's message to 1 KB.
_LONGEST_MESSAGE: Final = 1024


def record_of(call: ApiCall, recorded: Recorded, *, event_id: str, request_id: str) -> dict[str, Any]:
    """The record of `call`, with its fields in CloudTrail's order; JSON serialisable.

    `recorded` tells how the call's service is recorded. `event_id` is a UUID; `request_id` is what the
    service answered with. `eventTime` is the call's moment in whole seconds. A call that failed has
    `errorCode`, `errorMessage` and null for `responseElements`.
    """
    caller, operation = call.caller, call.operation
    by_service = caller.kind is CallerKind.AWS_SERVICE
    record: dict[str, Any] = {
        "eventVersion": EVENT_VERSION,
        "userIdentity": user_identity(caller, call.moment),
        "eventTime": iso(call.moment),
        "eventSource": recorded.event_source,
        "eventName": recorded.event_name(operation),
        "awsRegion": recorded.region(call.region),
        "sourceIPAddress": caller.service if by_service else caller.source_ip,
        "userAgent": caller.service if by_service else _user_agent(call, recorded),
    }
    if call.error is not None:
        record["errorCode"] = error_code(recorded, operation, call.error[0])
        record["errorMessage"] = _shortened(call.error[1])
    record["requestParameters"] = _request_parameters(call, recorded)
    record["responseElements"] = _response_elements(call, recorded, request_id)
    if recorded.forms and recorded.forms.additional:
        record["additionalEventData"] = recorded.forms.additional(call)
    record["requestID"] = request_id
    record["eventID"] = event_id
    record["readOnly"] = recorded.is_read_only(operation)
    touched = recorded.resources(call)
    if touched:
        record["resources"] = touched
    record["eventType"] = "AwsApiCall"
    if recorded.api_version:
        record["apiVersion"] = recorded.api_version
    data = recorded.is_data_event(operation)
    record["managementEvent"] = not data
    record["recipientAccountId"] = caller.account
    endpoint, owner = caller.vpc_endpoint
    if endpoint:
        record |= {"vpcEndpointId": endpoint, "vpcEndpointAccountId": owner}
    record["eventCategory"] = "Data" if data else "Management"
    if not by_service and not caller.invoked_by:
        record["tlsDetails"] = tls_details(_host(call, recorded))
    return record


@cache
def error_code(recorded: Recorded, operation: str, code: str) -> str:
    """`errorCode` for the code in a service's answer.

    A denial is `AccessDenied`, also if the API has another code, except where the service has a form of its
    own. The query services (IAM, SNS, RDS...) answer with a short code (`NoSuchEntity`), CloudTrail prints
    the exception's name (`NoSuchEntityException`). All others are printed as they are.
    """
    if recorded.forms and recorded.forms.error_code:
        return recorded.forms.error_code(code)
    if code in _DENIALS:
        return _ACCESS_DENIED
    model = operation_model(recorded.service, operation)
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


def _request_parameters(call: ApiCall, recorded: Recorded) -> Elements:
    denied = call.error is not None and call.error[0] in _DENIALS
    if denied and not recorded.shows_what_was_denied:
        return None
    return recorded.forms.request(call) if recorded.forms else shapes.request_parameters(call, recorded)


def _response_elements(call: ApiCall, recorded: Recorded, request_id: str) -> Elements:
    """None for reads and for failures."""
    if call.response is None or not recorded.answer_is_printed(call.operation):
        return None
    if recorded.forms:
        return recorded.forms.response(call, request_id)
    return shapes.response_elements(call, recorded)


def _user_agent(call: ApiCall, recorded: Recorded) -> str:
    agent = call.caller.user_agent
    return recorded.forms.user_agent(agent) if recorded.forms else agent


def _shortened(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[: _LONGEST_MESSAGE - 1]}..."


def _host(call: ApiCall, recorded: Recorded) -> str:
    """`dynamodb.eu-west-1.amazonaws.com`, or `iam.amazonaws.com` for an endpoint without a region."""
    if recorded.forms and recorded.forms.host:
        return recorded.forms.host(call)
    prefix = service_model(recorded.service).endpoint_prefix
    everywhere = recorded.is_global(call.region)
    return f"{prefix}.amazonaws.com" if everywhere else f"{prefix}.{call.region}.amazonaws.com"
