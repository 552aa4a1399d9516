"""Who may do what: IAM's decision on one request, from the policy documents that apply to it.

Pure: the world hands in the documents. In the order of AWS's page:

1. an explicit Deny in any document ends it;
2. resource control policies of the resource's organization, then service control policies of the principal's:
   each level from the root down to the account must allow;
3. the resource's policy: within an account, an Allow that names the caller itself is enough. An Allow to the
role or user behind a session counts like an identity policy; an Allow to the account leaves the decision to
the identity policies;
4. identity policies, limited by the permissions boundary and the session policies: each must allow.

Across accounts both sides must allow. For an AWS service the resource's policy alone counts. A statement that
this module doesn't understand raises NotSimulated. Left out: VPC endpoint policies, KMS grants, S3 ACLs.

Sources: policy evaluation,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html;
across accounts, .../reference_policies_evaluation-logic-cross-account.html; boundaries,
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html; organizations,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html and
.../orgs_manage_policies_rcps.html; key policies,
https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html; what a denial says,
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from scenarios.cloud.authorization.document import (
    Document,
    MalformedPolicy,
    Match,
    Policy,
    Principal,
    Request,
    Statement,
    parse,
)
from scenarios.cloud.authorization.request_keys import Ask, RequestKeys
from scenarios.cloud.authorization.request_keys import Found as Answer
from scenarios.cloud.authorization.rows import StoredDocument

__all__ = ["Decision", "Document", "Limits", "MalformedPolicy", "Principal", "Request", "decide"]

Found = tuple[Statement, Match]
Levels = Sequence[Sequence[Document]]

IDENTITY_BASED = "identity-based policy"
RESOURCE_BASED = "resource-based policy"
ROLE_TRUST = "role trust policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"
SERVICE_CONTROL = "service control policy"
RESOURCE_CONTROL = "resource control policy"

# A bucket policy can't deny these to the root user of the account that owns the bucket.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
_ROOT_KEEPS = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})

# These need no permission, and no Deny applies to them.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html,
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html
_ALWAYS = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})

# The services whose resources a resource control policy limits.
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services
_UNDER_RESOURCE_CONTROL = frozenset(
    {
        "aoss",
        "cognito-identity",
        "cognito-idp",
        "dynamodb",
        "ecr",
        "events",
        "firehose",
        "kms",
        "logs",
        "s3",
        "secretsmanager",
        "sqs",
        "sts",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What limits a principal, or a resource, without granting anything.

    `boundary`: the permissions boundary of the user or role. `session`: the policies handed in when the
    session began; None for a session without any, () for a federated user's, who then may do nothing. `scps`,
    `rcps`: the organization's policies by level, from the root down to the account; empty outside of an
    organization.
    `management_account`: neither its principals nor its resources are limited by them.
    """

    boundary: Document | None = None
    session: Sequence[Document] | None = None
    scps: Levels = field(default=())
    rcps: Levels = field(default=())
    management_account: str = ""


NO_LIMITS = Limits()


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

    @property
    def explicit(self) -> bool:
        """Whether a Deny decided, and not the lack of an Allow."""
        return self.because.startswith("an explicit deny")


def decide(
    request: Request,
    identity_policies: Iterable[Document],
    resource_policy: Document | None = None,
    *,
    same_account: bool = True,
    limits: Limits = NO_LIMITS,
) -> Decision:
    """Judge one request.

    Args:
        request: who wants what, on which resource.
        identity_policies: the documents attached to the principal; the root user and services have none.
        resource_policy: the resource's own: bucket, topic, queue, function, key or role trust policy.
        same_account: whether the principal and the resource belong to one account; what the request says of
            the resource's account goes before.
        limits: boundary, session policies, the organization's policies.

    Raises:
        NotSimulated: a statement that applies to the request says something the simulated AWS doesn't know.
        MalformedPolicy: AWS would not have stored a document.
    """
    if request.action.lower() in _ALWAYS:
        return Decision(allowed=True, because="it needs no permission")
    documents = tuple(identity_policies)
    asked_before = _alike(request, documents, resource_policy, same_account) if limits == NO_LIMITS else None
    known = _DECIDED.get(asked_before)
    if known is not None and _still_true(known[0], request.ask):
        return known[1]
    noted: list[tuple[str, Answer]] = []
    noting = request if request.ask is None else replace(request, ask=_noting(request.ask, noted))
    decision = _Question(noting, same_account=same_account, limits=limits).answer(documents, resource_policy)
    if asked_before is not None:
        if len(_DECIDED) >= _MOST_DECIDED:
            _DECIDED.clear()
        _DECIDED[asked_before] = tuple(noted), decision
    return decision


# ---- asked before -------------------------------------------------------------------------------

# The same is asked again and again: may this role write to that table? A decision follows from the request,
# the documents' texts, and what was answered for the keys that some statement named.
_DECIDED: dict[Hashable, tuple[tuple[tuple[str, Answer], ...], Decision]] = {}
_MOST_DECIDED = 16_384


def _alike(
    request: Request,
    documents: Sequence[Document],
    resource_policy: Document | None,
    same_account: bool,  # noqa: FBT001
) -> Hashable:
    """What two questions have in common that differ in the answers for keys alone; None: nothing tells."""
    context = tuple(request.context.items())
    try:
        hash(context)
    except TypeError:  # a list of values
        return None
    return (
        request.principal,
        request.action,
        request.resource,
        request.resource_account,
        request.complete,
        request.ask is None,
        context,
        tuple(map(_text, documents)),
        None if resource_policy is None else _text(resource_policy),
        same_account,
    )


def _text(document: Document) -> str:
    if isinstance(document, StoredDocument):
        return document.text
    return document if isinstance(document, str) else json.dumps(document, sort_keys=True)


def _still_true(noted: Iterable[tuple[str, Answer]], ask: Ask | None) -> bool:
    """Whether the keys that were asked for are answered as they were."""
    return ask is None or all(ask(key) == answer for key, answer in noted)


def _noting(ask: Ask, noted: list[tuple[str, Answer]]) -> Ask:
    def asked(key: str) -> Answer:
        answer = ask(key)
        noted.append((key, answer))
        return answer

    return asked


class _Question:
    """One request while it is judged."""

    def __init__(self, request: Request, *, same_account: bool, limits: Limits) -> None:
        self.request, self.limits, self.keys = request, limits, request.keys
        who = request.principal
        self.same_account = (
            who.account == request.resource_account if request.resource_account else same_account
        )
        self.kind = ROLE_TRUST if request.action.lower().startswith("sts:assumerole") else RESOURCE_BASED

    def answer(self, identity_policies: Iterable[Document], resource_policy: Document | None) -> Decision:
        identity = self._speaking(identity_policies)
        resource = self._speaking([] if resource_policy is None else [resource_policy], on_resource=True)
        boundary = self._speaking([] if self.limits.boundary is None else [self.limits.boundary])
        session = self._speaking(self.limits.session or ())
        rcps = [(RESOURCE_CONTROL, self._speaking(level, on_resource=True)) for level in self._rcps()]
        scps = [(SERVICE_CONTROL, self._speaking(level)) for level in self._scps()]
        layers = [*rcps, *scps, (IDENTITY_BASED, identity), (self.kind, resource), (BOUNDARY, boundary)]
        denied = None if self._root_keeps() else _denial([*layers, (SESSION, session)])
        return (
            denied
            or next(
                (self._nothing_allows(kind) for kind, found in (*rcps, *scps) if not _allows(found)), None
            )
            or self._allowance(_allows(identity), _allows(resource), _allows(boundary), _allows(session))
        )

    def _speaking(self, documents: Iterable[Document], *, on_resource: bool = False) -> list[Found]:
        return [
            found
            for document in documents
            for found in _statements(
                parse(document, attached_to_resource=on_resource), self.request, self.keys
            )
        ]

    def _scps(self) -> Levels:
        who = self.request.principal
        free = who.services or who.is_service_linked or who.account == self.limits.management_account
        return () if free else self.limits.scps

    def _rcps(self) -> Levels:
        request = self.request
        free = (
            request.principal.is_service_linked
            or request.action.lower().partition(":")[0] not in _UNDER_RESOURCE_CONTROL
            or (request.resource_account and request.resource_account == self.limits.management_account)
        )
        return () if free else self.limits.rcps

    def _root_keeps(self) -> bool:
        request = self.request
        return request.principal.is_root and self.same_account and request.action in _ROOT_KEEPS

    def _allowance(
        self, identity: list[Found], resource: list[Found], boundary: list[Found], session: list[Found]
    ) -> Decision:
        """The Allow that suffices, given that nothing denies and the organization's policies allow."""
        who = self.request.principal
        by_name = _first(resource, Match.SELF)
        if by_name and (self.same_account or who.services or who.is_nobody):
            return _allowed(self.kind, by_name)
        if (
            who.services
            or who.is_nobody
            or (not resource and (not self.same_account or self._resource_must_agree()))
        ):
            return self._nothing_allows(self.kind)
        return self._by_identity(identity, _first(resource, Match.ISSUER), boundary, session)

    def _by_identity(
        self, identity: list[Found], issuer: Statement | None, boundary: list[Found], session: list[Found]
    ) -> Decision:
        if self.request.principal.is_root:
            return Decision(allowed=True, because="the root user may do everything in its account")
        named = issuer if self.same_account else None
        if not identity and named is None:
            return self._nothing_allows(IDENTITY_BASED)
        if self.limits.boundary is not None and not boundary:
            return self._nothing_allows(BOUNDARY)
        if self.limits.session is not None and not session:
            return self._nothing_allows(SESSION)
        return _allowed(IDENTITY_BASED, identity[0][0]) if identity else _allowed(self.kind, named)

    def _resource_must_agree(self) -> bool:
        """Key policies and trust policies must allow: no identity-based policy suffices without them."""
        on_key = self.request.action.lower().startswith("kms:") and ":key/" in self.request.resource
        return on_key or self.kind == ROLE_TRUST

    def _nothing_allows(self, kind: str) -> Decision:
        return Decision(allowed=False, because=f"no {kind} allows the {self.request.action} action")


def _statements(policy: Policy, request: Request, keys: RequestKeys) -> Iterator[Found]:
    for statement in policy.about(request.action):
        how = statement.match(request, keys)
        if how is not Match.NO:
            yield statement, how


def _denial(layers: Iterable[tuple[str, list[Found]]]) -> Decision | None:
    """The first explicit Deny; one to an account means everybody in it."""
    for kind, found in layers:
        for statement, _ in found:
            if not statement.allows:
                because = f"an explicit deny in {_article(kind)}"
                return Decision(allowed=False, because=because, statement=statement.name)
    return None


def _allows(found: list[Found]) -> list[Found]:
    return [each for each in found if each[0].allows]


def _first(found: list[Found], how: Match) -> Statement | None:
    return next((statement for statement, match in found if match is how), None)


def _article(kind: str) -> str:
    return {IDENTITY_BASED: "an ", ROLE_TRUST: "the "}.get(kind, "a ") + kind


def _allowed(kind: str, statement: Statement | None) -> Decision:
    name = statement.name if statement else None
    return Decision(allowed=True, because=f"{_article(kind)} allows it", statement=name)
