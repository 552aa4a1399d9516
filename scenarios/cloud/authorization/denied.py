"""The answer to a call that IAM does not allow: the sentence is IAM's, the rest the service's own.

Sources: the sentence,
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html; S3's quotes,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html; the rewordings of SNS,
SQS, EC2 and KMS and the silence of STS, as public error reports and published trails have them. EC2's
encoded authorization message is left out: only AWS can read it.
"""

from enum import Enum
from typing import NamedTuple

from scenarios.cloud.authorization.rows import DenialStyle
from scenarios.cloud.authorization.wildcards import UNNAMED
from scenarios.cloud.kernel.caller import Caller


class Denial(NamedTuple):
    """An answer of no: boto3's `Error.Code` and `Error.Message`, and the HTTP status."""

    code: str
    message: str
    status: int


def access_denied(
    how: DenialStyle, operation: str, caller: Caller, *, action: str, resource: str, because: str
) -> Denial:
    """The service's answer to a call that IAM does not allow.

    Args:
        how: how the service says no.
        operation: the operation that was called.
        caller: who called.
        action: the action that was denied; not always the operation's own.
        resource: the ARN it was denied on, or "*"; of one that nobody named the message says nothing.
        because: a `Decision`'s: "no ... policy allows the ... action", or "an explicit deny in ...".
    """
    if operation in how.without_body:
        return Denial(str(how.status), "Forbidden", how.status)
    named = how.spelled(action)
    message = (
        f"User: {caller.arn or caller.service} is not authorized to perform: {named}"
        f"{_on(how, operation, resource)}{_reason(how, because).replace(action, named)}"
    )
    return Denial(how.code, how.opening + message, how.status)


def _reason(how: DenialStyle, because: str) -> str:
    if because.startswith("an explicit deny"):
        return f" with {because}"
    return f" because {because}" if how.because else ""


def _on(how: DenialStyle, operation: str, resource: str) -> str:
    if operation in how.without_resource:
        return how.without_resource[operation]
    if resource == UNNAMED:
        return ""
    return f' on resource: "{resource}"' if how.quotes else f" on resource: {resource}"


class Unusable(Enum):
    """Why AWS refuses credentials."""

    INVALID = "The security token included in the request is invalid."
    SIGNATURE = (
        "The request signature we calculated does not match the signature you provided. Check your AWS "
        "Secret Access Key and signing method. Consult the service documentation for details."
    )
    EXPIRED = "The security token included in the request is expired"


class UnusableCredentials(Exception):
    """AWS would refuse every call that is signed with these credentials."""

    def __init__(self, why: Unusable) -> None:
        super().__init__(why.value)
        self.why = why


class _Refusals(NamedTuple):
    """Code and HTTP status for each reason."""

    invalid: tuple[str, int]
    expired: tuple[str, int]
    signature: tuple[str, int]


# By the protocol a service speaks.
_REFUSALS: dict[str, _Refusals] = {
    "ec2": _Refusals(("AuthFailure", 401), ("RequestExpired", 400), ("AuthFailure", 401)),
    "query": _Refusals(("InvalidClientTokenId", 403), ("ExpiredToken", 403), ("SignatureDoesNotMatch", 403)),
    "rest-xml": _Refusals(("InvalidAccessKeyId", 403), ("ExpiredToken", 400), ("SignatureDoesNotMatch", 403)),
    "rest-json": _Refusals(
        ("UnrecognizedClientException", 403),
        ("ExpiredTokenException", 403),
        ("InvalidSignatureException", 403),
    ),
}
_OF_JSON = _Refusals(
    ("UnrecognizedClientException", 400),
    ("ExpiredTokenException", 400),
    ("InvalidSignatureException", 400),
)


def refusal_of(protocol: str, why: Unusable) -> tuple[str, int]:
    """Code and HTTP status of the answer to unusable credentials.

    https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, and each service's "Common Errors"
    """
    known = _REFUSALS.get(protocol, _OF_JSON)
    match why:
        case Unusable.EXPIRED:
            return known.expired
        case Unusable.SIGNATURE:
            return known.signature
        case _:
            return known.invalid
