"""What a `ConsoleLogin` record says, for a reader: who, whether it worked, whether a second factor was used.

AWS writes these records in several shapes: `MFAUsed` as "No", "Yes" or "YES", or not at all; a failure with
`errorMessage`, with `responseElements.ConsoleLogin`, or with both; a user name that doesn't exist as
HIDDEN_DUE_TO_SECURITY_REASONS, because people type passwords into the wrong field.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
"""

from chalicelib.events import ApiCallEvent
from chalicelib.evidence.call import NOT_RECORDED

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def succeeded(event: ApiCallEvent) -> bool | None:
    """Whether the sign-in worked; None where the record doesn't say."""
    said = _word(event.response.get("ConsoleLogin"))
    if said == "failure" or event.failed:
        return False
    return True if said == "success" else None


def mfa_used(event: ApiCallEvent) -> bool | None:
    """Whether a second factor was used; None where the record doesn't say."""
    return {"yes": True, "no": False}.get(_word(event.additional.get("MFAUsed")))


def who(event: ApiCallEvent) -> str:
    """Who signed in or tried to; failures carry a user name and an account but no ARN."""
    actor = event.actor
    if actor.name == HIDDEN:
        return f"a user name that does not exist in account {actor.account or event.account}"
    if actor.type == "IAMUser" and actor.name and not actor.arn:
        return f"IAM user {actor.name} of account {actor.account or event.account}"
    return actor.label


def in_words(answer: bool | None) -> str:  # noqa: FBT001 - yes, no or unknown is what it words
    """`yes`, `no` or `not recorded`."""
    return NOT_RECORDED if answer is None else "yes" if answer else "no"


def _word(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) else ""
