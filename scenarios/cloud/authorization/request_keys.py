"""The condition keys of one request: brought along, or looked up when a policy names them.

Most policies ask for none or few of them, so a key is worked out only when it is asked for. A key may have a
value, or several; it may be absent; or it is unknown here, and asking for it raises NotSimulated.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, Literal

from scenarios.cloud.kernel.errors import NotSimulated

Value = str | tuple[str, ...]


class Known(Enum):
    """What is known of a key: NOT is an answer beside a value and None, which is absence."""

    NOT = "not known"


UNKNOWN: Final = Known.NOT
Found = Value | None | Literal[Known.NOT]
Ask = Callable[[str], Found]
"""(key in lower case) -> its value, None where AWS has none either, UNKNOWN."""

# Keys that are certainly absent in the simulated AWS, for every caller; case does not matter. Any other key
# is known only in a request that brings it, or that says its context is complete.
KEYS = frozenset(
    {
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "aws:securetransport",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceidentity",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",  # of SNS's default topic policy; services set it, callers don't
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:tokenissuetime",
        "aws:username",
        "aws:viaawsservice",
        "aws:vpcsourceip",
        "cloudwatch:namespace",
        "kms:viaservice",
        "s3:x-amz-acl",
        "sns:endpoint",
        "sns:protocol",
        "sts:externalid",
        "sts:rolesessionname",
        "sts:sourceidentity",
    }
)
KEY_FAMILIES = ("aws:principaltag/", "kms:encryptioncontext:")


class RequestKeys:
    """What a request says of each key; case does not matter."""

    __slots__ = ("_ask", "_brought", "_complete")

    def __init__(
        self, brought: Mapping[str, Value], *, ask: Ask | None = None, complete: bool = False
    ) -> None:
        """`brought`: by name in lower case. `complete`: every key that is not brought is absent."""
        self._brought, self._ask, self._complete = brought, ask, complete

    def get(self, key: str) -> Value | None:
        """The key's value; None where it is absent.

        Raises:
            NotSimulated: the key is unknown.
        """
        lower = key.lower()
        found: Found = self._brought.get(lower, UNKNOWN)
        if found is UNKNOWN and self._ask is not None:
            found = self._ask(lower)
        if found is not UNKNOWN:
            return found
        if self._complete or lower in KEYS or lower.startswith(KEY_FAMILIES):
            return None
        raise NotSimulated("iam", f"the condition key {key}")


def first_of(*asks: Ask) -> Ask:
    """Ask them in order, until one knows the key."""

    def ask(key: str) -> Found:
        for each in asks:
            found = each(key)
            if found is not UNKNOWN:
                return found
        return UNKNOWN

    return ask
