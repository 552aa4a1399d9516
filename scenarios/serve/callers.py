"""Who signs a request: a user, a session, or an administrator behind a key that nobody made here.

An unknown key never enters the world: clients bring keys of real accounts along, which are nobody's business.
A key that is a plain word is the name of the administrator who signs with it, so that two people can be told
apart: `AWS_ACCESS_KEY_ID=ann`.
"""

import re
from dataclasses import replace

from scenarios.cloud.authorization.denied import UnusableCredentials
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import ApiCall, Caller, CallerKind
from scenarios.cloud.world import World
from scenarios.serve.messages import HttpRequest
from scenarios.serve.signed import NotSigned, Signed, signed

ADMINISTRATOR = "administrator"
_ACCESS_KEY = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
# On a machine of one's own one is often root: nobody is the account's root user by that.
_NO_NAMES = frozenset({"root", "test"})


_AUTHORIZATION, _TOKEN = "authorization", "x-amz-security-token"
_SIGNATURE = re.compile(r"(\bSignature=|[?&]X-Amz-Signature=)[^,&\s]*")
_TOKEN_IN_URL = re.compile(r"&X-Amz-Security-Token=[^&]*", re.IGNORECASE)


class Callers:
    """The keys that requests are signed with."""

    def __init__(self, world: World, *, strangers: bool = True) -> None:
        """`strangers`: whether unknown keys are let in."""
        self._world = world
        self._strangers = strangers
        self._made: set[str] = set()
        world.calls.after("iam", "CreateAccessKey", self._note)

    def who(self, said: Signed) -> Caller:
        """Somebody who signs as the request was signed; whether that is any good, the call's own way says."""
        if not self._strangers or said.key in self._made or self._world.identity.knows(said.key):
            return Caller(
                kind=CallerKind.IAM_USER,
                account=ACCOUNT,
                access_key_id=said.key,
                session_token=said.token,
            )
        return self.administrator(_name_of(said.key))

    def known(self, said: Signed, source_ip: str, user_agent: str) -> Caller | None:
        """The caller as API Gateway knows them; None for credentials that nobody can use."""
        signs, identity = self.who(said), self._world.identity
        key = signs.access_key_id
        try:
            caller = identity.caller(
                key, self._world.clock.now, secret=identity.secret_of(key), token=signs.session_token
            )
        except UnusableCredentials:
            return None
        return replace(caller, source_ip=source_ip, user_agent=user_agent)

    def administrator(self, name: str = ADMINISTRATOR) -> Caller:
        """A user who may do everything."""
        return replace(self._world.user(name), session_token="")

    def without_secrets(self, request: HttpRequest) -> HttpRequest:
        """The request as it may be kept: without signature; of an unknown key, its administrator's name."""
        try:
            said = signed(request)
        except NotSigned:
            said = None
        if said is None:
            return request
        known = not self._strangers or said.key in self._made or self._world.identity.knows(said.key)
        key = said.key if known else _name_of(said.key)
        headers = {name: value for name, value in request.headers.items() if known or name != _TOKEN}
        if _AUTHORIZATION in headers:
            headers[_AUTHORIZATION] = _cleaned(headers[_AUTHORIZATION], said.key, key)
        target = _cleaned(request.target, said.key, key)
        if not known:
            target = _TOKEN_IN_URL.sub("", target)
        return replace(request, headers=headers, target=target)

    def secret(self, said: Signed) -> str | None:
        """The secret of a key; None where it is nobody's."""
        identity = self._world.identity
        return identity.secret_of(said.key) if identity.knows(said.key) else None

    def _note(self, call: ApiCall) -> None:
        """A key that was made and deleted again is nobody's, and no administrator's."""
        self._made.add(str((call.response or {})["AccessKey"]["AccessKeyId"]))


def _name_of(key: str) -> str:
    if _ACCESS_KEY.fullmatch(key) or not _NAME.fullmatch(key) or key in _NO_NAMES:
        return ADMINISTRATOR
    return key


def _cleaned(text: str, key: str, instead: str) -> str:
    return _SIGNATURE.sub(r"\1kept-nowhere", text).replace(key, instead)
