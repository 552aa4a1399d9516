"""What IAM has to know of a service: which actions its calls need, on which ARNs, and how it says no.

A line of `Permissions.lines` is `Operation [condition]  action  resource`:

- the condition `+Param` or `-Param` says that the line counts only with, or only without, that parameter;
- the action `=` is the operation's own name, under the service's prefix;
- the resource is `*`, or a kind of resource with the parameters that fill it: one of the action's service,
  by its own `kinds`, else as AWS's list names it. A parameter is a path: `.` goes down, `[]` goes through a
  list, `[+X]` and `[-X]` through those entries that have, or lack, X, `{}` takes a map's keys; `=value`
  stands in for one that is absent, `CALLER` being whoever asks.

All lines of an operation count together: AWS asks about each. `unknown(Param)` marks where AWS asks about
something that the parameters alone don't tell.

Sources: the Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
(one page for each service: "Actions, resources, and condition keys for ..."); for how a service says no,
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html, and "Common Errors" of each
service's API reference, such as
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Document = Mapping[str, Any]


def document(text: Any) -> Document:
    """A policy document as moto keeps it: JSON text, or read already. What is no JSON says nothing."""
    try:
        read: Document = json.loads(text) if isinstance(text, str | bytes) else text
    except ValueError:
        return {}
    return read


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a call is made: the account and region that a bare name belongs to."""

    region: str
    account: str


Kind = Callable[..., str]
"""(place, *values) -> ARN, "" for none; values are strings, but for S3's CopySource."""


class Arn(NamedTuple):
    """A resource's ARN, taken apart: `account` is the owner's, also where the ARN names none."""

    account: str
    region: str
    rest: str
    text: str


PolicyReader = Callable[[Arn], Document | None]
"""The policy that hangs on a resource, as it stands; None where there is none."""


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
class ContextKey:
    """A condition key that a call brings in a parameter, for those that policies here may speak of.

    `operations`: those that bring it; none named: all. A parameter that is a map brings a key for each entry,
    `key` being what their names begin with.
    """

    key: str
    parameter: str
    operations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What IAM knows of a service.

    Args:
        prefix: what its actions begin with.
        denial: how it says no.
        lines: see above.
        kinds: kinds of resources that AWS's list doesn't have, or whose parameters tell more than a name.
        context: the condition keys that its calls bring.
        policy_of: how the policy is found that hangs on one of its resources.
    """

    prefix: str
    denial: DenialStyle
    lines: str
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    context: tuple[ContextKey, ...] = ()
    policy_of: PolicyReader | None = None
