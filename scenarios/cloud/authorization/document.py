"""IAM policy documents: read once, then asked which statements apply to a request.

Sources: the grammar, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html, and
Principal, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any

from scenarios.cloud.authorization.conditions import Condition, texts
from scenarios.cloud.authorization.conditions import parse as parse_conditions
from scenarios.cloud.authorization.conditions import text as condition_text
from scenarios.cloud.authorization.request_keys import Ask, RequestKeys, Value
from scenarios.cloud.authorization.rows import StoredDocument
from scenarios.cloud.authorization.variables import Unresolved, filled_in, variable_in
from scenarios.cloud.authorization.wildcards import (
    ARN_PARTS,
    UNNAMED,
    matches,
    means_action,
    resource_matches,
)
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.errors import NotSimulated

Document = Mapping[str, Any] | str
"""A policy: parsed, or as the JSON text that APIs carry."""

_VERSION_WITH_VARIABLES = "2012-10-17"
_ACCOUNT = re.compile(r"(?:arn:aws[\w-]*:iam::)?(\d{12})(?::root)?")
_IDENTITY = re.compile(r"arn:aws[\w-]*:(?:iam|sts)::\d{12}:(?:user|role|assumed-role|federated-user)/[^*?]+")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html, and those of AWS's closed regions
_PARTITIONS = frozenset(
    {"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"}
)
# AWS keeps this id in place of a user's or role's ARN, so that a later one of the same name does not match.
_UNIQUE_ID = re.compile(r"A(?:ID|RO)A[A-Z0-9]{6,}")


class MalformedPolicy(ValueError):
    """AWS would refuse to store this document (MalformedPolicyDocument); the message says what is wrong."""


class Match(Enum):
    """In which way a statement's Principal names the caller."""

    NO = "not at all"
    ACCOUNT = "by account, which leaves the decision to the account's own policies"
    ISSUER = "by the role or user behind its session, which boundary and session policies still limit"
    SELF = "by itself"


_STRONGEST_FIRST = (Match.SELF, Match.ISSUER, Match.ACCOUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks.

    `arn`: of the root user, the user, the role session (`arn:aws:sts::ACCT:assumed-role/ROLE/SESSION`), which
    also has a `role_arn`, or the federated user (`arn:aws:sts::ACCT:federated-user/NAME`), who also has the
    `user_arn` of who called GetFederationToken. `unique_id`: of that user or role, as in AIDA... or AROA....
    `provider`: the identity provider of a caller without credentials of AWS (AssumeRoleWithSAML...).
    An AWS service has only its `services`, the first being the name it signs with; some answer to a regional
    name too (`logs.eu-west-1.amazonaws.com`).
    """

    account: str = ""
    arn: str = ""
    role_arn: str = ""
    user_arn: str = ""
    unique_id: str = ""
    provider: str = ""
    services: tuple[str, ...] = ()

    @classmethod
    def of(cls, caller: Caller) -> "Principal":
        """The principal that a caller is; a service that has other names is better spelled out."""
        if caller.kind is CallerKind.AWS_SERVICE:
            return cls(services=(caller.service,))
        role = caller.role_arn if caller.kind is CallerKind.ASSUMED_ROLE else ""
        user = caller.user_arn if caller.kind is CallerKind.FEDERATED_USER else ""
        return cls(
            account=caller.account,
            arn=caller.arn,
            role_arn=role,
            user_arn=user,
            unique_id=caller.principal_id.partition(":")[0],
        )

    @property
    def is_root(self) -> bool:
        """Whether this is the account's root user."""
        return not self.services and self.arn.endswith(":root")

    @property
    def is_nobody(self) -> bool:
        """Whether the request has no credentials at all."""
        return not (self.services or self.account or self.arn or self.provider)

    @property
    def is_service_linked(self) -> bool:
        """Whether a role that only an AWS service may use acts: no organization's policy limits it."""
        return ":role/aws-service-role/" in self.role_arn

    @property
    def issuer(self) -> str:
        """The role or user behind a session; "" for a principal without one."""
        return self.role_arn or self.user_arn

    @property
    def names(self) -> frozenset[str]:
        """Every ARN under which a policy may name the caller, except that of its account."""
        return frozenset(filter(None, (self.arn, self.role_arn, self.user_arn)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing somebody wants to do: the IAM action, on one resource.

    `resource`: its ARN, or "*" for an action that knows no resources; `resource_account`: whose it is, where
    the ARN doesn't tell. `context`: condition keys the caller or the service brings, such as `aws:SourceArn`,
    a sequence where a key has several values; those about the principal follow from it, and a request that
    says nothing else came over TLS and not through another service. `ask`: what is asked for a key that is
    not in the context. `complete`: a key that is not in the context is absent on AWS too; otherwise a key
    that is not known to be absent raises NotSimulated.
    """

    principal: Principal
    action: str
    resource: str
    resource_account: str = ""
    context: Mapping[str, "str | bool | Sequence[str]"] = field(default_factory=dict)
    complete: bool = False
    ask: Ask | None = None

    @property
    def keys(self) -> RequestKeys:
        """The whole request context."""
        keys: dict[str, Value] = {
            "aws:securetransport": "true",
            "aws:viaawsservice": "false",
        }
        who = self.principal
        keys["aws:principalisawsservice"] = condition_text(bool(who.services))
        if who.services:
            # AWS's page names no aws:PrincipalArn or aws:PrincipalAccount for services: both are absent.
            keys["aws:principalservicename"] = who.services[0]
        elif not who.is_nobody:
            # Of a role session this is the role's ARN, not the session's.
            keys["aws:principalarn"] = who.role_arn or who.arn
            keys["aws:principalaccount"] = who.account
            if ":user/" in who.arn:
                keys["aws:username"] = who.arn.rpartition("/")[2]
        if self.resource_account:
            keys["aws:resourceaccount"] = self.resource_account
        keys.update((key.lower(), texts(value)) for key, value in self.context.items())
        return RequestKeys(keys, ask=self.ask, complete=self.complete)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. `name`: its Sid, or its place in the document from 0.

    `principals`: (type, value) pairs, such as ("AWS", "*"); None in an identity-based policy, which means the
    principal it is attached to. `resources` None: the resource that the policy is attached to.
    """

    name: str | int
    allows: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...] | None
    not_resources: bool
    principals: tuple[tuple[str, str], ...] | None
    not_principals: bool
    conditions: tuple[Condition, ...]

    def match(self, request: Request, keys: RequestKeys) -> Match:
        """Whether, and how, this statement speaks of the request, whose action it means.

        Raises:
            NotSimulated: it might, but says so in a way that the simulated AWS doesn't understand.
        """
        how = self._principal(request.principal)
        if how is Match.NO or not self._means_resource(request, keys):
            return Match.NO
        # Every condition is evaluated, so that an unknown one raises even if another one fails.
        holding = [condition.holds(keys) for condition in self.conditions]
        return how if all(holding) else Match.NO

    def means_action(self, action: str) -> bool:
        """Whether its Action, or what its NotAction leaves, holds this one."""
        return means_action(self.actions, action) != self.not_actions

    def _means_resource(self, request: Request, keys: RequestKeys) -> bool:
        if self.resources is None:
            return True
        patterns = _with_values(self.resources, keys)
        if request.resource == UNNAMED:
            prefix = request.action.partition(":")[0]
            patterns = [each for each in patterns if _may_mean(each, prefix)]
        meant = "*" in patterns or any(resource_matches(pattern, request.resource) for pattern in patterns)
        return meant != self.not_resources

    def _principal(self, principal: Principal) -> Match:
        if self.principals is None:
            return Match.SELF
        if self.not_principals:
            return Match.NO if self._spares(principal) else Match.SELF
        matches = {_match(kind, value, principal) for kind, value in self.principals}
        return next((how for how in _STRONGEST_FIRST if how in matches), Match.NO)

    def _spares(self, principal: Principal) -> bool:
        """Whether NotPrincipal exempts this principal.

        A Deny exempts a principal only if NotPrincipal names all of: the account and the user, or the
        account, the role and its session. An Allow exempts a principal that is named in any of these ways.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        assert self.principals is not None
        if principal.services:
            return any(kind == "Service" and value in principal.services for kind, value in self.principals)
        listed = {value for kind, value in self.principals if kind == "AWS"}
        accounts = {found[1] for value in listed if (found := _ACCOUNT.fullmatch(value))}
        named = principal.names & listed
        if self.allows:
            return bool(named) or principal.account in accounts or "*" in listed
        by_account = principal.account in accounts
        return "*" in listed or (by_account and (principal.is_root or named == principal.names))


def _may_mean(pattern: str, prefix: str) -> bool:
    """Whether a pattern could mean a resource of a service at all."""
    parts = pattern.split(":", 5)
    return len(parts) < ARN_PARTS or matches(parts[2], prefix)


def _with_values(patterns: tuple[str, ...], keys: RequestKeys) -> list[str]:
    """The patterns with their variables filled in; one whose variable has no value means nothing."""
    full = []
    for pattern in patterns:
        if not variable_in(pattern):
            full.append(pattern)
            continue
        try:
            full.append(filled_in(pattern, keys))
        except Unresolved:
            continue
    return full


class Policy:
    """The statements of a document, in its order."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._statements = tuple(statements)
        self._about: dict[str, list[Statement]] = {}

    def __iter__(self) -> Iterator[Statement]:
        return iter(self._statements)

    def about(self, action: str) -> list[Statement]:
        """Those whose Action or NotAction means it; looked up once for each action."""
        if action not in self._about:
            self._about[action] = [each for each in self._statements if each.means_action(action)]
        return self._about[action]


def parse(document: Document, *, attached_to_resource: bool) -> Policy:
    """Read a document, once: the same document again costs no parsing.

    Raises:
        MalformedPolicy: AWS would refuse it.
    """
    if isinstance(document, StoredDocument):
        return _parse(document.text, attached_to_resource)
    written = document if isinstance(document, str) else json.dumps(document, sort_keys=True)
    return _parse(written, attached_to_resource)


@lru_cache(maxsize=4096)
def _parse(written: str, attached_to_resource: bool) -> Policy:  # noqa: FBT001 - lru_cache's key, not an API
    try:
        document = json.loads(written)
    except ValueError as error:
        raise MalformedPolicy(f"the policy is no JSON: {error}") from error
    if not isinstance(document, dict) or "Statement" not in document:
        raise MalformedPolicy("the policy has no Statement")
    statements = document["Statement"]
    variables = document.get("Version") == _VERSION_WITH_VARIABLES
    return Policy(
        _statement(raw, index, attached_to_resource=attached_to_resource, variables=variables)
        for index, raw in enumerate(statements if isinstance(statements, list) else [statements])
    )


def _statement(raw: object, index: int, *, attached_to_resource: bool, variables: bool) -> Statement:
    if not isinstance(raw, dict):
        raise MalformedPolicy(f"statement {index} is no object")
    name = raw.get("Sid") or index
    if not variables:
        raw = _without_variables(raw)
    if raw.get("Effect") not in {"Allow", "Deny"}:
        raise MalformedPolicy(f"statement {name}: Effect is {raw.get('Effect')!r}, neither Allow nor Deny")
    action = _one_of(raw, "Action", name)
    resource = _one_of(raw, "Resource", name, optional=attached_to_resource)
    principal = _one_of(raw, "Principal", name, optional=not attached_to_resource)
    if principal and not attached_to_resource:
        raise MalformedPolicy(f"statement {name}: an identity-based policy has no Principal")
    return Statement(
        name=name,
        allows=raw["Effect"] == "Allow",
        actions=_strings(raw[action]),
        not_actions=action == "NotAction",
        resources=_strings(raw[resource]) if resource else None,
        not_resources=resource == "NotResource",
        principals=_principals(raw[principal], name) if principal else None,
        not_principals=principal == "NotPrincipal",
        conditions=parse_conditions(raw.get("Condition", {})),
    )


def _one_of(raw: Mapping[str, Any], element: str, name: str | int, *, optional: bool = False) -> str:
    """The element's name as the statement has it, with or without Not; "" when it may be and is absent."""
    found = [spelled for spelled in (element, f"Not{element}") if spelled in raw]
    if len(found) > 1 or (not found and not optional):
        raise MalformedPolicy(f"statement {name} needs one of {element} and Not{element}, has {len(found)}")
    return found[0] if found else ""


def _without_variables(raw: dict[str, Any]) -> dict[str, Any]:
    """A statement of the version of 2008 (the default), where `${` is nothing special: its `$` escaped."""
    escaped: dict[str, Any] = json.loads(json.dumps(raw).replace("$", "${$}"))
    return escaped


def _strings(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _principals(raw: object, name: str | int) -> tuple[tuple[str, str], ...]:
    if raw == "*":
        return (("AWS", "*"),)
    if not isinstance(raw, dict):
        raise MalformedPolicy(f"statement {name}: Principal is {raw!r}, neither * nor an object")
    pairs = tuple((kind, value) for kind, values in raw.items() for value in _strings(values))
    for kind, value in pairs:
        if "*" in value and (kind, value) != ("AWS", "*"):
            raise MalformedPolicy(f"statement {name}: no wildcard can stand in the principal {value}")
        if kind == "AWS" and value.startswith("arn:") and value.split(":")[1] not in _PARTITIONS:
            raise MalformedPolicy(f"statement {name}: there is no principal {value}")
    return pairs


def _match(kind: str, value: str, principal: Principal) -> Match:
    if (kind, value) == ("AWS", "*"):
        return Match.SELF
    match kind:
        case "Service":
            return Match.SELF if value in principal.services else Match.NO
        case "Federated":
            return Match.SELF if value == principal.provider else Match.NO
        case "AWS":
            return _match_aws(value, principal)
        case _:
            raise NotSimulated("iam", f"a principal of the type {kind}")


def _match_aws(value: str, principal: Principal) -> Match:
    account = _ACCOUNT.fullmatch(value)
    if account:
        return Match.ACCOUNT if principal.account == account[1] else Match.NO
    if _UNIQUE_ID.fullmatch(value):
        direct = not principal.issuer
        if value != principal.unique_id:
            return Match.NO
        return Match.SELF if direct else Match.ISSUER
    if not _IDENTITY.fullmatch(value):
        raise NotSimulated("iam", f"the principal {value}")
    if value == principal.arn:
        return Match.SELF
    return Match.ISSUER if value == principal.issuer else Match.NO
