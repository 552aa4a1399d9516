"""What a call that IAM does not allow is answered: the sentence is IAM's, the rest the service's own.

Sources: the sentence,
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html; S3's quotes,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html; the rewordings of SNS,
SQS, EC2 and KMS and the silence of STS, as public error reports and published trails have them. EC2's
encoded authorization message is left out: only AWS can read it.
"""

from typing import NamedTuple

from scenarios.cloud.iam.rows import DenialStyle
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
        resource: the ARN it was denied on, or "*".
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
    return f' on resource: "{resource}"' if how.quotes else f" on resource: {resource}"
