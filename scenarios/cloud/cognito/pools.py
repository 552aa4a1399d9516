"""User pools, their clients, groups and users; the messages they send, and the keys that sign their tokens.

Pools, clients and groups are the stacks'; the users and the groups they are in are made while the world runs.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools.html,
https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html (states of a
user),
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.kernel.stack import Resource, Stack
from scenarios.cloud.kernel.texts import is_true
from scenarios.cloud.kernel.tokens import Signer
from scenarios.cloud.setting import Setting

UNCONFIRMED: Final = "UNCONFIRMED"
CONFIRMED: Final = "CONFIRMED"
FORCED: Final = "FORCE_CHANGE_PASSWORD"
RESET: Final = "RESET_REQUIRED"
_KEY: Final = 1  # of the simulated ones; scenarios' own issuers have another
_FLOWS: Final = ("ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH")
_UNITS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}


@dataclass(slots=True, kw_only=True)
class User:
    """A user of a pool. `name`: the username, which is the sub where people sign in with an alias."""

    name: str
    sub: str
    attributes: dict[str, str]
    status: str
    made: datetime
    changed: datetime
    password: str = field(default="", repr=False)
    password_until: datetime | None = None  # of a temporary one
    enabled: bool = True
    code: str = field(default="", repr=False)
    code_until: datetime | None = None
    groups: list[str] = field(default_factory=list)
    failed: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An app client. `flows`: what it may sign in by; `seconds`: how long each kind of token is good."""

    id: str
    name: str
    secret: str = field(repr=False)
    flows: tuple[str, ...]
    seconds: Mapping[str, int]
    hides_unknown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A user pool as its stack has it. `triggers`: functions' ARNs, by LambdaConfig's names."""

    id: str
    arn: str
    region: str
    account: str
    name: str
    properties: Mapping[str, Any]
    clients: Mapping[str, Client]
    groups: Mapping[str, Mapping[str, Any]]

    @property
    def triggers(self) -> Mapping[str, Any]:
        """Which functions are asked."""
        found: Mapping[str, Any] = self.properties.get("LambdaConfig", {})
        return found

    @property
    def issuer(self) -> str:
        """Who issues its tokens."""
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.id}"

    @property
    def signer(self) -> Signer:
        """What signs its tokens."""
        return Signer(_KEY, hashlib.sha256(self.id.encode()).hexdigest()[:43])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that a pool sent: to an address by EMAIL, or to a number by SMS; `code`: what it is about."""

    at: datetime
    to: str
    medium: str
    subject: str
    text: str
    code: str = field(default="", repr=False)


class UserPools:
    """All pools of a world. `sent`: every message, the oldest first."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._pools: dict[str, Pool] = {}
        self._users: dict[str, dict[str, User]] = {}
        self.sent: list[Sent] = []

    def know(self, stacks: Sequence[Stack]) -> None:
        """These stacks' pools are there; the users of one that is gone are gone with it."""
        self._pools = {pool.id: pool for stack in stacks for pool in _pools(stack, stacks)}
        self._users = {name: users for name, users in self._users.items() if name in self._pools}

    def pool(self, name: str) -> Pool | None:
        """A pool by its id."""
        return self._pools.get(name)

    def of_client(self, client_id: str) -> tuple[Pool, Client] | None:
        """The pool that an app client belongs to, and the client."""
        for pool in self._pools.values():
            if client_id in pool.clients:
                return pool, pool.clients[client_id]
        return None

    def of_issuer(self, issuer: str) -> Pool | None:
        """The pool that issues tokens under this URL."""
        return next((pool for pool in self._pools.values() if pool.issuer == issuer), None)

    def all(self) -> Iterator[Pool]:
        """Every pool."""
        return iter(self._pools.values())

    def users(self, pool: Pool) -> dict[str, User]:
        """The users of a pool, by their names."""
        return self._users.setdefault(pool.id, {})

    def issuer_of(self, arn: str) -> str:
        """Who issues the tokens of the pool with this ARN; "" where it isn't here."""
        return next((pool.issuer for pool in self._pools.values() if pool.arn == arn), "")

    def keys_of(self, issuer: str) -> Mapping[str, Any] | None:
        """The public keys of a pool by its issuer; None for an issuer that is no pool here."""
        found = self.of_issuer(issuer)
        return found.signer.keys if found is not None else None


def _pools(stack: Stack, stacks: Sequence[Stack]) -> Iterator[Pool]:
    for each in stack.of_type("AWS::Cognito::UserPool"):
        given = each.properties
        yield Pool(
            id=each.physical_id,
            arn=each.attributes["Arn"],
            region=stack.region,
            account=stack.account,
            name=str(given.get("UserPoolName") or each.logical_id),
            properties=given,
            clients={
                one.physical_id: _client(one)
                for other in stacks
                for one in other.of_type("AWS::Cognito::UserPoolClient")
                if one.properties["UserPoolId"] == each.physical_id
            },
            groups={
                str(one.properties.get("GroupName") or one.physical_id): one.properties
                for other in stacks
                for one in other.of_type("AWS::Cognito::UserPoolGroup")
                if one.properties["UserPoolId"] == each.physical_id
            },
        )


def _client(resource: Resource) -> Client:
    given = resource.properties
    units = given.get("TokenValidityUnits", {})
    seconds = {
        kind: int(given[f"{kind}TokenValidity"]) * _UNITS[units.get(f"{kind}Token", usual)]
        if f"{kind}TokenValidity" in given
        else default
        for kind, usual, default in (
            ("Access", "hours", 3600),
            ("Id", "hours", 3600),
            ("Refresh", "days", 30 * 86_400),
        )
    }
    return Client(
        id=resource.physical_id,
        name=str(given.get("ClientName") or resource.logical_id),
        secret=secret_of(resource.physical_id) if is_true(given.get("GenerateSecret")) else "",
        flows=tuple(given.get("ExplicitAuthFlows") or _FLOWS),
        seconds=seconds,
        hides_unknown=given.get("PreventUserExistenceErrors") == "ENABLED",
    )


def secret_of(client_id: str) -> str:
    """The secret of an app client that has one."""
    return hashlib.sha256(f"secret of {client_id}".encode()).hexdigest()[:51]
