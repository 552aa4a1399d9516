"""What IAM has to know of a service: which actions its calls need, on which ARNs, and how it words a denial.

A line of `Permissions.lines` is `Operation [condition]  action  resource`:

- the condition `+Param` or `-Param` says that the line counts only with, or only without, that parameter;
- the action `=` is the operation's own name, under the service's prefix;
- the resource is `*`, or `nobody` where AWS asks for no permission at all, or a kind of resource with the
  parameters that fill it: one of the action's service, by its own `kinds`, else as AWS's list names it. A
  parameter is a path: `.` goes down, `[]` goes through a list, `[+X]` and `[-X]` through those entries that
  have, or lack, X, `{}` takes a map's keys; `=value` stands in for an absent one; `CALLER` is the caller.

All lines of an operation count together: AWS asks about each. `unknown(Param)` marks where AWS asks about
something that the parameters alone don't tell.

Sources: the Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
(one page for each service: "Actions, resources, and condition keys for ..."); for how a service says no,
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html, and "Common Errors" of
each service's API reference, such as
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from scenarios.cloud.authorization.request_keys import Known

Document = Mapping[str, Any]


class StoredDocument(dict[str, Any]):
    """A policy document with the JSON text that it was read from. It is shared: nobody changes it."""

    def __init__(self, text: str, read: Mapping[str, Any]) -> None:
        super().__init__(read)
        self.text = text


def document(text: Any) -> Document:
    """A policy document as moto keeps it: JSON text, or read already. What is no JSON says nothing."""
    if isinstance(text, bytes):
        text = text.decode()
    return _stored(text) if isinstance(text, str) else text


@lru_cache(maxsize=4096)
def _stored(text: str) -> Document:
    """Read once: the policies of a stack are asked with every call."""
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return StoredDocument(text, read) if isinstance(read, dict) else read


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a call is made: the account and region that a bare name belongs to."""

    region: str
    account: str


Kind = Callable[..., str]
"""(place, *values) -> ARN, "" for none; values are strings, but for S3's CopySource.

Raises Refused for a value that the service doesn't take, where it says so before it asks IAM.
"""


class Arn(NamedTuple):
    """A resource's ARN, taken apart: `account` is the owner's, also where the ARN names none."""

    account: str
    region: str
    rest: str
    text: str


PolicyReader = Callable[[Arn], Document | None]
"""The policy that hangs on a resource, as it stands; None where there is none."""

TagReader = Callable[[Arn], Mapping[str, str] | None]
"""The tags of a resource, none of one that isn't there; None: it isn't known how they are kept."""

Doubt = Callable[[Arn], str]
"""What else than policies might let somebody at a resource, in a few words; "" for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DenialStyle:
    """How a service says that IAM does not allow a call.

    Args:
        code: its error code.
        status: its HTTP status.
        opening: what it says before IAM's sentence.
        spelled: how it writes an action, if not as IAM does.
        quotes: whether it quotes the resource.
        because: whether it tells what is missing.
        without_body: operations whose answer has no body, so that boto3 knows the status alone.
        without_resource: what operations say in the resource's place.
    """

    code: str
    status: int
    opening: str = ""
    spelled: Callable[[str], str] = str
    quotes: bool = False
    because: bool = True
    without_body: frozenset[str] = frozenset()
    without_resource: Mapping[str, str] = field(default_factory=dict)


# By the protocol that a service speaks.
JSON = DenialStyle(code="AccessDeniedException", status=400)
REST_JSON = DenialStyle(code="AccessDeniedException", status=403)
QUERY = DenialStyle(code="AccessDenied", status=403)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One thing that AWS asks IAM about a call: what a condition key's value may follow from.

    `caller`: the ARN of who calls; `account` theirs.
    """

    operation: str
    parameters: Mapping[str, Any]
    place: Place
    caller: str
    action: str
    resource: str

    @property
    def arn(self) -> Arn | None:
        """The resource taken apart; None for an action that knows none."""
        parts = self.resource.split(":", 5)
        if len(parts) < 6:  # arn:partition:service:region:account:rest
            return None
        return Arn(parts[4] or self.place.account, parts[3], parts[5], self.resource)


KeyValue = str | bool | int | Iterable[str] | None | Literal[Known.NOT]
Value = Callable[[Asking, str], KeyValue]
"""(what is asked, the rest of the key's name behind its family) -> the key's value; None: it is absent,
UNKNOWN: it follows from the resource, if from anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextKey:
    """A condition key of a service's own that its calls may bring.

    Which actions know it, AWS's list says. A name that ends in `:` or `/` stands for a family of keys.

    Args:
        key: its name.
        parameter: the path of the parameter that it follows from (see above). One that finds a list gives
            the key several values; of a family, the parameter is a map, and each entry brings a key.
        operations: those that bring it in that parameter; none named: all that have it.
        default: what the call means that lacks the parameter, "" for nothing.
        value: what it follows from, if not from a parameter alone.
    """

    key: str
    parameter: str = ""
    operations: frozenset[str] = frozenset()
    default: str = ""
    value: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What IAM knows of a service.

    Args:
        prefix: what its actions begin with. denial: how it says no. lines: see above. kinds: kinds of
        resources that AWS's list doesn't have, or whose parameters tell more than a name. context: the
        condition keys that its calls bring. policy_of: how the policy of one of its resources is found.
        tags_of: how the tags of one of its resources are found; None: tags are not known here.
        might_allow: what beside policies might allow a request, and is not judged here. principal: the
        service principal it acts as, and to which roles are passed: `PREFIX.amazonaws.com` unless said.
    """

    prefix: str
    denial: DenialStyle
    lines: str
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    context: tuple[ContextKey, ...] = ()
    policy_of: PolicyReader | None = None
    tags_of: TagReader | None = None
    might_allow: Doubt | None = None
    principal: str = ""
