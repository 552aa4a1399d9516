"""GuardDuty's finding about an instance's credentials, as EventBridge carries it, made a call.

A finding tells of one API call by stolen credentials, or of many by the last one; so it is typed as that
call. Whoever may put events on the bus can make one up: GuardDuty is asked for it before anything is done.

Sources: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html,
https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html,
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html
"""

from typing import Any

from chalicelib.aws import Aws
from chalicelib.errors import MalformedEvent
from chalicelib.events import Actor, ApiCallEvent, Raw, mapping_in, moment, optional_mapping, text_of
from chalicelib.looking import answer

KINDS = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration"
PATTERN = {
    "source": ["aws.guardduty"],
    "detail-type": ["GuardDuty Finding"],
    "detail": {"type": [{"prefix": KINDS}]},
}
# Of a typed finding, in `additional`.
TYPE, ID, DETECTOR, SAMPLE, OWNER = "type", "id", "detectorId", "sample", "remoteAccount"


def credential_finding(raw: Raw) -> tuple[ApiCallEvent, ...]:
    """The finding as the call it tells of; raises MalformedEvent without an id, a detector or credentials.

    The same finding comes again when more such calls were seen, some hours later; its key has that time.
    """
    detail = mapping_in(raw, "detail")
    service, resource = mapping_in(detail, "service"), mapping_in(detail, "resource")
    credentials = mapping_in(resource, "accessKeyDetails")
    call = optional_mapping(optional_mapping(service.get("action")).get("awsApiCallAction"))
    remote = optional_mapping(call.get("remoteIpDetails"))
    found = {
        TYPE: text_of(detail.get("type")),
        ID: text_of(detail.get("id")),
        DETECTOR: text_of(service.get("detectorId")),
        OWNER: text_of(optional_mapping(call.get("remoteAccountDetails")).get("accountId")),
        SAMPLE: optional_mapping(service.get("additionalInfo")).get("sample") is True,
    }
    if not found[ID] or not found[DETECTOR]:
        raise MalformedEvent("the finding has no id, or names no detector")
    account = text_of(detail.get("accountId")) or text_of(raw.get("account"))
    principal, role = text_of(credentials.get("principalId")), text_of(credentials.get("userName"))
    updated = text_of(detail.get("updatedAt")) or text_of(raw.get("time"))
    partition = text_of(detail.get("partition")) or "aws"
    return (
        ApiCallEvent(
            key=f"{text_of(detail.get('arn')) or found[ID]}@{updated}",
            at=moment(updated, str(found[ID])),
            account=account,
            region=text_of(detail.get("region")) or text_of(raw.get("region")),
            source=text_of(call.get("serviceName")),
            name=text_of(call.get("api")),
            actor=Actor(
                type=text_of(credentials.get("userType")),
                arn=f"arn:{partition}:sts::{account}:assumed-role/{role}/{principal.partition(':')[2]}",
                account=account,
                name=role,
                access_key_id=text_of(credentials.get("accessKeyId")),
                issuer_arn=f"arn:{partition}:iam::{account}:role/{role}",
                principal_id=principal,
            ),
            source_ip=text_of(remote.get("ipAddressV4")) or text_of(remote.get("ipAddressV6")),
            user_agent=text_of(call.get("userAgent")),
            error_code=text_of(call.get("errorCode")),
            error_message="",
            parameters={},
            response={},
            additional=found,
        ),
    )


def is_held(aws: Aws, event: ApiCallEvent) -> bool:
    """Whether GuardDuty holds this very finding, about these credentials; raises what GuardDuty raises."""
    known = event.additional
    guardduty = aws.client("guardduty", event.region)
    found: list[Any] = answer(
        lambda: guardduty.get_findings(DetectorId=known[DETECTOR], FindingIds=[known[ID]])["Findings"],
        unless=("BadRequestException",),  # no such detector
        otherwise=[],
    )
    return any(_is_it(each, event) for each in found)


def _is_it(found: Any, event: ApiCallEvent) -> bool:
    credentials = found.get("Resource", {}).get("AccessKeyDetails", {})
    told = (event.additional[ID], event.additional[TYPE], event.actor.principal_id)
    return (found.get("Id"), found.get("Type"), credentials.get("PrincipalId")) == told
