"""Who is who, and who may do what: identity and resource policies as they stand in moto, asked on every call.

An access key names its caller, as on AWS; an actor of a scenario brings its policies
along, a role's are read from moto's IAM. What no policy grants is AccessDenied.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
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
from scenarios.cloud.authorization.principals import limits_of, policies_of
from scenarios.cloud.authorization.rows import Arn, PolicyReader
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.errors import NotSimulated, WorldError

ADMINISTRATOR: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def _decided(request: Request, identity_policies: Iterable[Document], *more: Any, **limits: Any) -> Decision:
    """IAM's decision; a document that AWS would never have stored, and moto did, can't be asked."""
    try:
        return decide(request, identity_policies, *more, **limits)
    except MalformedPolicy as error:
        raise NotSimulated("iam", f"a policy that AWS would not have stored: {error}") from error


class Identity:
    """The account's directory of callers, and the judge of what they ask."""

    def __init__(self, account: str, home: str, policies: Mapping[str, PolicyReader]) -> None:
        """`policies`: how the policy on a resource is found, by the service that its ARN names."""
        self.account = account
        self.home = home
        self._policy_of = policies
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

    def caller(self, access_key_id: str, now: datetime, token: str = "") -> Caller:
        """Who signs with this key, and brings this token along.

        Raises:
            UnusableCredentials: AWS would not take them: inactive, expired, without their token.
            WorldError: nobody ever had this key.
        """
        found = self._callers.get(access_key_id)
        if found is None or found.kind is CallerKind.IAM_USER:
            found = self._user_of(access_key_id, found)
        if found.session_token and token != found.session_token:
            raise UnusableCredentials(Unusable.INVALID)
        if found.expires is not None and now >= found.expires:
            raise UnusableCredentials(Unusable.EXPIRED)
        return found

    def _user_of(self, access_key_id: str, known: Caller | None) -> Caller:
        """A user by an access key that stands in IAM; an actor's own key stands in none."""
        found = moto_hooks.access_key(access_key_id)
        if found is None and known is not None and known.access_key_id not in self._from_iam:
            return known
        if found is None:
            if access_key_id in self._from_iam:
                raise UnusableCredentials(Unusable.INVALID)  # deleted meanwhile
            raise WorldError(f"nobody in this world signs with {access_key_id!r}")
        account, name, active = found
        self._from_iam.add(access_key_id)
        if not active:
            raise UnusableCredentials(Unusable.INVALID)
        user = moto_hooks.user(account, name)
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
    ) -> Decision:
        """Whether a caller may do `action` on `resource`."""
        request = Request(
            principal=Principal.of(caller), action=action, resource=resource, context=context or {}
        )
        return _decided(
            request,
            policies_of(caller),
            self.resource_policy(resource),
            same_account=not self._across(caller, resource),
            limits=limits_of(caller, self.user_boundaries),
        )

    def _across(self, caller: Caller, resource: str) -> bool:
        """Whether both sides must agree; what else lies in other accounts, the laws don't simulate."""
        return resource.startswith("arn:aws:logs:") and self._account_of(resource) != caller.account

    def service_may(
        self, service: str, action: str, resource: str, context: Mapping[str, str | bool]
    ) -> Decision:
        """Whether an AWS service may: only the resource's own policy counts.

        `service`: `events.amazonaws.com`. `context`: such as aws:SourceArn and aws:SourceAccount.
        """
        principal = Principal(services=(service, *self._regional(service, context)))
        request = Request(principal=principal, action=action, resource=resource, context=context)
        return _decided(request, (), self.resource_policy(resource))

    def role_may(
        self,
        role_arn: str,
        service: str,
        action: str,
        resource: str,
        context: Mapping[str, str | bool] | None = None,
    ) -> Decision:
        """Whether a role that `service` assumes may, and whether the service may assume it at all."""
        trusted = _decided(
            Request(
                principal=Principal(services=(service, *self._regional(service, context or {}))),
                action="sts:AssumeRole",
                resource=role_arn,
                context=context or {},
            ),
            (),
            self.resource_policy(role_arn),
        )
        if not trusted.allowed:
            return trusted
        name, account = role_arn.rpartition("/")[2], role_arn.split(":")[4]
        caller = Caller(
            kind=CallerKind.ASSUMED_ROLE,
            account=account,
            arn=f"arn:aws:sts::{account}:assumed-role/{name}/{service.partition('.')[0]}",
            name=name,
        )
        return self.judge(caller, action, resource)

    def resource_policy(self, resource: str) -> Document | None:
        """The policy that hangs on a resource, if it has one."""
        parts = resource.split(":", 5)
        service = parts[2] if len(parts) == 6 else ""
        finder = self._policy_of.get(service)
        account = self._account_of(resource) or self.account
        return finder(Arn(account, parts[3], parts[5], resource)) if finder else None

    def _account_of(self, resource: str) -> str:
        """The account that a resource belongs to; "" where nothing tells (buckets and objects: see below)."""
        parts = resource.split(":", 5)
        if len(parts) < 6:
            return ""
        ours = parts[2] == "s3" and moto_hooks.bucket(self.account, parts[5].split("/", 1)[0]) is not None
        return self.account if ours else parts[4]

    def _regional(self, service: str, context: Mapping[str, str | bool]) -> tuple[str, ...]:
        """Logs also answers to `logs.REGION.amazonaws.com`, of the region it acts in."""
        name, _, rest = service.partition(".")
        source = str(context.get("aws:SourceArn", "")).split(":")
        region = source[3] if len(source) > 3 and source[3] else self.home
        return (f"{name}.{region}.{rest}",) if name == "logs" else ()


def _principal_id(caller: Caller, unique: str) -> str:
    match caller.kind:
        case CallerKind.ROOT:
            return caller.account
        case CallerKind.ASSUMED_ROLE:
            return f"AROA{unique[16:33]}:{caller.session}"
        case _:
            return f"AIDA{unique[16:33]}"
