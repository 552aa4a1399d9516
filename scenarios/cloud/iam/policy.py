"""Who may do what: IAM's decision over one request, from the policy documents that bear on it.

Pure: the world hands in the documents. What is left out (service control policies, permissions boundaries,
session policies, VPC endpoint policies) is so because no document of theirs is taken; what a document says
and this doesn't understand raises NotSimulated.

Sources: policy evaluation within an account,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html;
across accounts, .../reference_policies_evaluation-logic-cross-account.html; key policies,
https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html; what a denial says,
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scenarios.cloud.iam.document import (
    Document,
    MalformedPolicy,
    Match,
    Policy,
    Principal,
    Request,
    Statement,
    parse,
)

__all__ = ["Decision", "Document", "MalformedPolicy", "Principal", "Request", "decide"]

Found = tuple[Statement, Match]

IDENTITY_BASED = "identity-based policy"
RESOURCE_BASED = "resource-based policy"
ROLE_TRUST = "role trust policy"

# Whatever a bucket policy denies, the root user of the account that owns the bucket can still do these.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
_ROOT_KEEPS = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What IAM answers.

    `because`, in the words of AWS's own messages: "no identity-based policy allows the sns:Publish action",
    "an explicit deny in a resource-based policy", or which kind of policy allows. `statement`: the Sid, or
    the place from 0, of the statement that decided; None when none did.
    """

    allowed: bool
    because: str
    statement: str | int | None = None


def decide(
    request: Request,
    identity_policies: Iterable[Document],
    resource_policy: Document | None = None,
    *,
    same_account: bool = True,
) -> Decision:
    """Judge one request.

    An explicit Deny wins. Within an account an Allow on either side suffices, save where the resource itself
    must agree (KMS keys, role trust); across accounts both sides must allow. For an AWS service the
    resource's policy alone counts. An Allow to the account (`arn:aws:iam::ACCT:root`) leaves it to the
    identity's policies.

    Args:
        request: who wants what, on which resource.
        identity_policies: the documents attached to the principal; the root user and services have none.
        resource_policy: the resource's own: bucket, topic, queue, function, key or role trust policy.
        same_account: whether the principal and the resource belong to one account.

    Raises:
        NotSimulated: a statement that bears on the request says something the simulated AWS doesn't know.
        MalformedPolicy: AWS would not have stored a document.
    """
    keys = request.keys
    identity = [
        found
        for document in identity_policies
        for found in _speaking(parse(document, attached_to_resource=False), request, keys)
    ]
    policy = () if resource_policy is None else parse(resource_policy, attached_to_resource=True)
    resource = list(_speaking(policy, request, keys))
    kept = request.principal.is_root and same_account and request.action in _ROOT_KEEPS
    denied = None if kept else _denial(request, identity, resource)
    return denied or _allowance(
        request,
        [found for found in identity if found[0].allows],
        [found for found in resource if found[0].allows],
        same_account=same_account,
    )


def _speaking(policy: Policy, request: Request, keys: Mapping[str, str]) -> Iterator[Found]:
    for statement in policy:
        how = statement.match(request, keys)
        if how is not Match.NO:
            yield statement, how


def _denial(request: Request, identity: list[Found], resource: list[Found]) -> Decision | None:
    """The first explicit Deny; one to an account means everybody in it."""
    for kind, found in ((IDENTITY_BASED, identity), (_resource_kind(request), resource)):
        for statement, _ in found:
            if not statement.allows:
                because = f"an explicit deny in {_article(kind)}"
                return Decision(allowed=False, because=because, statement=statement.name)
    return None


def _allowance(
    request: Request, identity: list[Found], resource: list[Found], *, same_account: bool
) -> Decision:
    """The Allow that suffices, given that nothing denies."""
    kind = _resource_kind(request)
    itself = next((statement for statement, how in resource if how is Match.SELF), None)
    if itself and (same_account or request.principal.services):
        return _allowed(kind, itself)
    if request.principal.services:
        return _nothing_allows(request, kind)
    if not resource and (not same_account or _resource_must_agree(request)):
        return _nothing_allows(request, kind)
    return _by_identity(request, identity)


def _by_identity(request: Request, identity: list[Found]) -> Decision:
    if request.principal.is_root:
        return Decision(allowed=True, because="the root user may do everything in its account")
    if identity:
        return _allowed(IDENTITY_BASED, identity[0][0])
    return _nothing_allows(request, IDENTITY_BASED)


def _resource_must_agree(request: Request) -> bool:
    """KMS key policies and role trust policies must allow: no identity-based policy suffices without them."""
    on_key = request.action.lower().startswith("kms:") and ":key/" in request.resource
    return on_key or _resource_kind(request) == ROLE_TRUST


def _resource_kind(request: Request) -> str:
    return ROLE_TRUST if request.action.lower().startswith("sts:assumerole") else RESOURCE_BASED


def _article(kind: str) -> str:
    return {IDENTITY_BASED: "an ", ROLE_TRUST: "the "}.get(kind, "a ") + kind


def _allowed(kind: str, statement: Statement) -> Decision:
    return Decision(allowed=True, because=f"{_article(kind)} allows it", statement=statement.name)


def _nothing_allows(request: Request, kind: str) -> Decision:
    return Decision(allowed=False, because=f"no {kind} allows the {request.action} action")
