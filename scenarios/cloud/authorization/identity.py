"""Who is who, and who may do what: identity and resource policies as they stand in moto, asked on every call.

An access key names its caller, as on AWS; an actor of a scenario brings its policies
along, a role's are read from moto's IAM. What no policy grants is AccessDenied.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from scenarios.cloud.authorization.denied import Unusable, UnusableCredentials
from scenarios.cloud.authorization.policy import (
    Decision,
    Document,
    MalformedPolicy,
    Principal,
    Request,
    decide,
)
from scenarios.cloud.authorization.principals import (
    key_of_caller,
    limits_of,
    limits_of_resource,
    policies_of,
)
from scenarios.cloud.authorization.request_keys import UNKNOWN, Ask, Found, first_of
from scenarios.cloud.authorization.rows import Arn, Doubt, PolicyReader, TagReader, document
from scenarios.cloud.authorization.wildcards import ARN_PARTS
from scenarios.cloud.kernel import moto_iam, moto_organizations, moto_s3
from scenarios.cloud.kernel.caller import Caller, CallerKind, session_on
from scenarios.cloud.kernel.errors import NotSimulated

# What a function and an actor with a role sign with beside their key, where no session of STS began.
TOKEN_OF_ROLE = "simulated"  # noqa: S105 - it opens nothing

ADMINISTRATOR: Mapping[str, Any] = document(
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_OF_TIME: Mapping[str, Callable[[datetime], str]] = {
    "aws:currenttime": lambda now: now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "aws:epochtime": lambda now: str(int(now.timestamp())),
}

_SOURCE_KEYS = {"aws:sourceorgid": "id", "aws:sourceorgpaths": "paths"}
_ORGANIZATION_KEYS = {"aws:resourceorgid": "id", "aws:resourceorgpaths": "paths"}

# The services here that act on a caller's behalf and set aws:CalledVia.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia
_CALLED_VIA = frozenset({"athena", "cloudformation", "dynamodb", "kms"})


def _decided(request: Request, identity_policies: Iterable[Document], *more: Any, **limits: Any) -> Decision:
    """IAM's decision; a document that AWS would never have stored, and moto did, can't be asked."""
    try:
        return decide(request, identity_policies, *more, **limits)
    except MalformedPolicy as error:
        raise NotSimulated("iam", f"a policy that AWS would not have stored: {error}") from error


class Identity:
    """The account's directory of callers, and the judge of what they ask."""

    def __init__(
        self,
        account: str,
        home: str,
        policies: Mapping[str, PolicyReader],
        tags: Mapping[str, TagReader] = MappingProxyType({}),
        *,
        doubts: Mapping[str, Doubt] = MappingProxyType({}),
        now: Callable[[], datetime] | None = None,
    ) -> None:
        """`policies`, `tags`, `doubts`: how a resource's are found, by the service that its ARN names.

        `now`: the simulated time; without it no condition on time can be judged.
        """
        self.account = account
        self.home = home
        self._policy_of = dict(policies)
        self._tags_of = tags
        self._doubts = doubts
        self._now = now
        self.user_boundaries: dict[tuple[str, str], str] = {}  # ARN by account and name; moto keeps none
        self._callers: dict[str, Caller] = {}
        self._from_iam: set[str] = set()

    def enrol(self, caller: Caller) -> Caller:
        """Give a caller an access key, the same one for the same ARN, and remember it."""
        kind = "ASIA" if caller.kind is CallerKind.ASSUMED_ROLE else "AKIA"
        unique = hashlib.sha256(caller.arn.encode()).hexdigest().upper()
        known = replace(
            caller,
            access_key_id=caller.access_key_id or f"{kind}{unique[:16]}",
            principal_id=caller.principal_id or _principal_id(caller, unique),
        )
        self._callers[known.access_key_id] = known
        return known

    def caller(self, access_key_id: str, now: datetime, *, secret: str, token: str = "") -> Caller:
        """The caller that signs with this key, this secret and this session token.

        Raises:
            UnusableCredentials: AWS would not take them: nobody's, inactive, expired, with a wrong secret or
                without their token.
        """
        found = self._callers.get(access_key_id)
        if found is None or found.kind is CallerKind.IAM_USER:
            found = self._user_of(access_key_id, found)
        if token not in _tokens_of(found):
            raise UnusableCredentials(Unusable.INVALID)
        if secret != self.secret_of(access_key_id):
            raise UnusableCredentials(Unusable.SIGNATURE)
        if found.expires is not None and now >= found.expires:
            raise UnusableCredentials(Unusable.EXPIRED)
        return found

    def knows(self, access_key_id: str) -> bool:
        """Whether the key is somebody's here, or was: an actor's, a session's, one that stands in IAM."""
        return (
            access_key_id in self._callers
            or access_key_id in self._from_iam
            or moto_iam.access_key(access_key_id) is not None
        )

    @staticmethod
    def secret_of(access_key_id: str) -> str:
        """The secret of an access key: what IAM handed out, or what follows from the key."""
        in_iam = moto_iam.access_key(access_key_id) if access_key_id.startswith("AKIA") else None
        return in_iam[3] if in_iam is not None else f"simulated{access_key_id[4:]}"

    def _user_of(self, access_key_id: str, known: Caller | None) -> Caller:
        """A user by an access key that stands in IAM; an actor's own key stands in none."""
        found = moto_iam.access_key(access_key_id)
        if found is None:
            if access_key_id in self._from_iam:
                raise UnusableCredentials(Unusable.INVALID)  # deleted meanwhile
            if known is None:
                raise UnusableCredentials(Unusable.INVALID)
            return known
        account, name, active, _ = found
        self._from_iam.add(access_key_id)
        if not active:
            raise UnusableCredentials(Unusable.INVALID)
        user = moto_iam.user(account, name)
        assert user is not None
        return self.enrol(
            Caller(
                kind=CallerKind.IAM_USER,
                account=account,
                arn=user.arn,
                name=name,
                principal_id=user.id,
                access_key_id=access_key_id,
            )
        )

    def judge(
        self,
        caller: Caller,
        action: str,
        resource: str,
        context: Mapping[str, str | bool | Sequence[str]] | None = None,
        *,
        ask: Ask | None = None,
        via: str = "",
    ) -> Decision:
        """Whether a caller may do `action` on `resource`.

        Args:
            caller: who asks.
            action: IAM's name for it.
            resource: its ARN, or "*".
            context: condition keys by name.
            ask: what answers for the condition keys of the call; those of caller and resource are known here.
            via: the service that asks on the caller's behalf, such as `s3` (forward access session).
        """
        via = via or ("" if caller.service_role else caller.invoked_by.partition(".")[0])
        owner = self._owner(resource) or caller.account
        asks: list[Ask] = [
            partial(key_of_caller, caller),
            partial(self.key_of_resource, resource, owner),
            partial(self._key_of_moment, resource),
        ]
        request = Request(
            principal=Principal.of(caller),
            action=action,
            resource=resource,
            resource_account=owner,
            context={**(context or {}), **(_forwarded(via, resource) if via else {})},
            ask=first_of(*([ask] if ask is not None else []), *asks),
        )
        place = moto_organizations.organization_path(caller.account)
        limits = limits_of(caller, self.user_boundaries, place)
        of_owner = place if owner == caller.account else moto_organizations.organization_path(owner)
        return self._sure(
            _decided(
                request,
                policies_of(caller),
                self.resource_policy(resource),
                limits=limits_of_resource(of_owner, limits),
            ),
            resource,
        )

    def _sure(self, decision: Decision, resource: str) -> Decision:
        """A decision, unless something beside policies might allow what they don't."""
        parts = resource.split(":", 5)
        doubt = self._doubts.get(parts[2]) if len(parts) == ARN_PARTS else None
        if doubt is not None and not decision.allowed and not decision.explicit:
            other = doubt(Arn(self._owner(resource) or self.account, parts[3], parts[5], resource))
            if other:
                raise NotSimulated(parts[2], other)
        return decision

    def _key_of_moment(self, resource: str, key: str) -> Found:
        """The keys of a request that no call of somebody's brought: when it is made, and in which region."""
        if key == "aws:requestedregion":
            return self._region_of(resource) or UNKNOWN
        if key not in _OF_TIME or self._now is None:
            return UNKNOWN
        return _OF_TIME[key](self._now())

    def _region_of(self, resource: str) -> str:
        """Where a service is asked about a resource; "" where nothing tells."""
        parts = resource.split(":", 5)
        if len(parts) < ARN_PARTS:
            return ""
        if parts[2] == "s3":
            return moto_s3.bucket_regions(self._owner(resource)).get(parts[5].split("/", 1)[0], "")
        return parts[3]

    def key_of_resource(self, resource: str, owner: str, key: str) -> Found:
        """The condition keys that follow from a resource: whose it is, and its tags."""
        if key in _ORGANIZATION_KEYS:
            place = moto_organizations.organization_path(owner)
            return getattr(place, _ORGANIZATION_KEYS[key]) if place is not None else None
        if key == "s3:resourceaccount":
            return owner or None
        if key == "iam:permissionsboundary":
            return self._boundary_of(resource, owner)
        family, _, name = key.partition("/")
        service, _, kind = family.partition(":")
        return self._tag_of(resource, owner, service, name) if kind == "resourcetag" else UNKNOWN

    def _tag_of(self, resource: str, owner: str, service: str, name: str) -> Found:
        """The value of one of a resource's tags. `service`: the key's prefix, such as `aws` or `ec2`."""
        parts = resource.split(":", 5)
        if len(parts) < ARN_PARTS or service not in {"aws", parts[2]}:
            return None
        reader = self._tags_of.get(parts[2])
        tags = reader(Arn(owner, parts[3], parts[5], resource)) if reader else None
        if tags is None:
            return UNKNOWN
        return next((value for tag, value in tags.items() if tag.lower() == name), None)

    def _boundary_of(self, resource: str, owner: str) -> str | None:
        """The boundary that a user or a role has."""
        kind, _, path = resource.rpartition(":")[2].partition("/")
        name = path.rpartition("/")[2]
        if kind == "role":
            role = moto_iam.role(owner, name)
            return (role.permissions_boundary_arn or None) if role is not None else None
        return self.user_boundaries.get((owner, name))

    def service_may(
        self, service: str, action: str, resource: str, context: Mapping[str, str | bool]
    ) -> Decision:
        """Whether an AWS service may do it: only the resource's own policy counts.

        `service`: `events.amazonaws.com`. `context`: such as aws:SourceArn and aws:SourceAccount.
        """
        principal = Principal(services=(service, *self._regional(service, context)))
        return self._let_in(principal, action, resource, context)

    def anybody_may(self, action: str, resource: str, context: Mapping[str, str | bool]) -> Decision:
        """Whether somebody without credentials may do it: only the resource's own policy counts."""
        return self._let_in(Principal(), action, resource, context)

    def _let_in(
        self, principal: Principal, action: str, resource: str, context: Mapping[str, str | bool]
    ) -> Decision:
        owner = self._owner(resource)
        request = Request(
            principal=principal,
            action=action,
            resource=resource,
            resource_account=owner,
            context=context,
            ask=first_of(
                partial(_key_of_source, context),
                partial(self.key_of_resource, resource, owner),
                partial(self._key_of_moment, resource),
            ),
        )
        limits = limits_of_resource(moto_organizations.organization_path(owner) if owner else None)
        return _decided(request, (), self.resource_policy(resource), limits=limits)

    def policies_by(self, service: str, finder: PolicyReader) -> PolicyReader | None:
        """Have a law tell the policies of resources that only it knows, by the service in their ARNs.

        Returns what told them until now, by the service's rows, for a law that adds to them.
        """
        before = self._policy_of.get(service)
        self._policy_of[service] = finder
        return before

    def role_may(
        self,
        role_arn: str,
        service: str,
        action: str,
        resource: str,
        context: Mapping[str, str | bool] | None = None,
    ) -> Decision:
        """Whether a role that `service` assumes may do it, and whether the service may assume it at all."""
        trusted = _decided(
            Request(
                principal=Principal(services=(service, *self._regional(service, context or {}))),
                action="sts:AssumeRole",
                resource=role_arn,
                context=context or {},
                ask=partial(self._key_of_moment, role_arn),
            ),
            (),
            self.resource_policy(role_arn),
        )
        if not trusted.allowed:
            return trusted
        return self.judge(session_on(role_arn, service.partition(".")[0]), action, resource)

    def resource_policy(self, resource: str) -> Document | None:
        """The resource's own policy, if it has one."""
        parts = resource.split(":", 5)
        finder = self._policy_of.get(parts[2]) if len(parts) == ARN_PARTS else None
        if finder is None:
            return None
        return finder(Arn(self._owner(resource) or self.account, parts[3], parts[5], resource))

    def _owner(self, resource: str) -> str:
        """The account that a resource belongs to; "" if unknown, or if no account owns it."""
        parts = resource.split(":", 5)
        if len(parts) < ARN_PARTS:
            return ""
        if parts[2] == "s3":
            return moto_s3.bucket_owner(parts[5].split("/", 1)[0])
        return parts[4] if parts[4] != "aws" else ""  # AWS's own managed policies

    def _regional(self, service: str, context: Mapping[str, str | bool]) -> tuple[str, ...]:
        """Logs also answers to `logs.REGION.amazonaws.com`, of the region it acts in."""
        name, _, rest = service.partition(".")
        source = str(context.get("aws:SourceArn", "")).split(":")
        region = source[3] if len(source) > 3 and source[3] else self.home
        return (f"{name}.{region}.{rest}",) if name == "logs" else ()


def _key_of_source(context: Mapping[str, str | bool], key: str) -> Found:
    """The organization of the account that a service acts for; absent where it doesn't say for which."""
    if key not in _SOURCE_KEYS:
        return UNKNOWN
    place = moto_organizations.organization_path(str(context.get("aws:SourceAccount", "")))
    return getattr(place, _SOURCE_KEYS[key]) if place is not None else None


def _forwarded(via: str, resource: str) -> dict[str, str | bool | Sequence[str]]:
    """The keys of a request that a service makes on a caller's behalf.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    """
    service = f"{via}.amazonaws.com"
    keys: dict[str, str | bool | Sequence[str]] = {"aws:ViaAWSService": True}
    if via in _CALLED_VIA:
        keys |= {"aws:CalledVia": (service,), "aws:CalledViaFirst": service, "aws:CalledViaLast": service}
    if resource.startswith("arn:aws:kms:"):
        keys["kms:ViaService"] = f"{via}.{resource.split(':')[3]}.amazonaws.com"
    return keys


def _tokens_of(caller: Caller) -> frozenset[str]:
    """The session tokens that go with a caller's key; "" is none."""
    if caller.session_token:
        return frozenset({caller.session_token})
    return frozenset({"", TOKEN_OF_ROLE} if caller.kind is CallerKind.ASSUMED_ROLE else {""})


def _principal_id(caller: Caller, unique: str) -> str:
    match caller.kind:
        case CallerKind.ROOT:
            return caller.account
        case CallerKind.ASSUMED_ROLE:
            return f"AROA{unique[16:33]}:{caller.session}"
        case _:
            return f"AIDA{unique[16:33]}"
