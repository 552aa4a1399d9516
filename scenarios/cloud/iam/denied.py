"""How each service says no.

The sentence is IAM's, the error code and the HTTP status are the service's own, and some reword the sentence.

Sources: the sentence,
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html; codes and statuses, "Common
Errors" of each service's API reference, such as
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html; S3's quotes,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html; the rewordings of SNS,
SQS, EC2 and KMS and the silence of STS, as public error reports and published trails have them. EC2's
encoded authorization message is left out: only AWS can read it.
"""

from typing import NamedTuple

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import NotSimulated

JSON = ("AccessDeniedException", 400)
QUERY = ("AccessDenied", 403)

# botocore's name for the service: error code, HTTP status.
CODES: dict[str, tuple[str, int]] = {
    "cloudformation": QUERY,
    "cloudtrail": JSON,
    "cloudwatch": QUERY,
    "config": JSON,
    "dynamodb": JSON,
    "ec2": ("UnauthorizedOperation", 403),
    "events": JSON,
    "firehose": JSON,
    "iam": QUERY,
    "kinesis": JSON,
    "kms": JSON,
    "lambda": ("AccessDeniedException", 403),
    "logs": JSON,
    "organizations": JSON,
    "s3": QUERY,
    "secretsmanager": JSON,
    "sns": ("AuthorizationError", 403),
    "sqs": QUERY,
    "ssm": JSON,
    "sts": QUERY,
}

# Answers to HEAD have no body, so that boto3 knows the status alone.
_WITHOUT_BODY = {("s3", "HeadObject"), ("s3", "HeadBucket")}

# KMS finds the key in the text it is given, and does not tell which it was.
_FROM_CIPHERTEXT = {("kms", "Decrypt"), ("kms", "ReEncrypt")}


class Denial(NamedTuple):
    """An answer of no: boto3's `Error.Code` and `Error.Message`, and the HTTP status."""

    code: str
    message: str
    status: int


def access_denied(  # noqa: PLR0917 - the facets of one call, in the order the sentence tells them
    service: str, operation: str, caller: Caller, action: str, resource: str, because: str
) -> Denial:
    """The service's answer to a call that IAM does not allow.

    Args:
        service: botocore's name for the service that was called.
        operation: the operation that was called.
        caller: who called.
        action: the action that was denied; not always the operation's own.
        resource: the ARN it was denied on, or "*".
        because: a `Decision`'s: "no ... policy allows the ... action", or "an explicit deny in ...".

    Raises:
        NotSimulated: how this service says no isn't known here.
    """
    if service not in CODES:
        raise NotSimulated(service, f"how it says no to {operation}")
    code, status = CODES[service]
    if (service, operation) in _WITHOUT_BODY:
        return Denial(str(status), "Forbidden", status)
    named = _spelled(service, action)
    message = (
        f"User: {caller.arn or caller.service} is not authorized to perform: {named}"
        f"{_on(service, operation, resource)}{_reason(service, because).replace(action, named)}"
    )
    return Denial(code, _opening(service) + message, status)


def _spelled(service: str, action: str) -> str:
    """The action as the service writes it: SNS its own name in capitals, SQS all in lower case."""
    if service == "sns" and action.startswith("sns:"):
        return f"SNS:{action.partition(':')[2]}"
    return action.lower() if service == "sqs" else action


def _reason(service: str, because: str) -> str:
    if because.startswith("an explicit deny"):
        return f" with {because}"
    # AssumeRole, as trails have recorded it, does not tell a caller what is missing.
    return "" if service == "sts" else f" because {because}"


def _on(service: str, operation: str, resource: str) -> str:
    if (service, operation) in _FROM_CIPHERTEXT:
        return " on the resource associated with this ciphertext"
    return f' on resource: "{resource}"' if service == "s3" else f" on resource: {resource}"


def _opening(service: str) -> str:
    return "You are not authorized to perform this operation. " if service == "ec2" else ""
