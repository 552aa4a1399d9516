"""Authorizers that read a client's token: JWT in front of HTTP APIs, user pools in front of REST APIs.

An HTTP API asks the issuer for its keys, as OpenID Connect has it, and remembers them for two hours: a user
pool of the world answers for itself, for any other issuer somebody must say what its URL answers. A REST
API knows the keys of the pools. What a token claims reaches the route's function as texts.

Unconfirmed are what a client gets where the issuer's keys can't be read, and how claims that are no text
are written.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-enable-cognito-user-pool.html (scopes)
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from scenarios.cloud.apigateway.apis import SERVICE, Api, Authorizer
from scenarios.cloud.apigateway.messages import UNAUTHORIZED, HttpAnswer, HttpRequest, says
from scenarios.cloud.cognito.pools import UserPools
from scenarios.cloud.kernel.tokens import InvalidToken, read
from scenarios.cloud.kernel.web import WebRequest
from scenarios.cloud.setting import Setting

_EXPIRED: Final = says(401, "UnauthorizedException", {"message": "The incoming token has expired"})
_REMEMBERED: Final = timedelta(hours=2)
_OK: Final = 200


class _NoKeys(Exception):
    """An issuer's keys could not be read."""


class Tokens:
    """Reads and verifies tokens for every API of a world."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._keys: dict[str, tuple[datetime, Mapping[str, Any]]] = {}

    def asked(self, api: Api, authorizer: Authorizer, token: str, scopes: tuple[str, ...]) -> dict[str, Any]:
        """`refused` and `context`, as `Said` has them. `scopes`: of which the token must have one."""
        text = token.removeprefix("Bearer ").removeprefix("bearer ").strip()
        if authorizer.kind == "pools":
            return self._by_pools(authorizer, text, scopes)
        try:
            claims = self._verified(authorizer, text)
        except InvalidToken as invalid:
            return {"refused": _challenge(401, "invalid_token", str(invalid)), "context": {}}
        except _NoKeys as unread:
            self._setting.note(
                "refused", f"{api.name} could not read the keys of {authorizer.issuer}: {unread}"
            )
            return {"refused": says(500, "", {"message": "Internal Server Error"}), "context": {}}
        has = _scopes(claims)
        if scopes and not set(scopes) & set(has):
            description = "the token does not have the required scope"
            return {"refused": _challenge(403, "insufficient_scope", description), "context": {}}
        context = {"claims": {name: _text(value) for name, value in claims.items()}, "scopes": has or None}
        return {"refused": None, "context": context}

    # ---- JWT ------------------------------------------------------------------------------------

    def _verified(self, authorizer: Authorizer, text: str) -> Mapping[str, Any]:
        """The claims of a token that an issuer signed and that is good now."""
        if not text:
            raise InvalidToken("missing token")
        token = read(text)
        token.verify(self._keys_of(authorizer.issuer))
        claims, now = token.claims, self._setting.clock.now.timestamp()
        if claims.get("iss") != authorizer.issuer:
            raise InvalidToken("the token has an invalid issuer")
        said = claims.get("aud", claims.get("client_id"))
        if authorizer.audience and not set(authorizer.audience) & set(_several(said)):
            raise InvalidToken("the token has an invalid audience")
        _in_time(claims, now)
        return claims

    def _keys_of(self, issuer: str) -> Mapping[str, Any]:
        known = self._keys.get(issuer)
        if known is not None and self._setting.clock.now < known[0]:
            return known[1]
        keys = self._setting.laws[UserPools].keys_of(issuer) or self._asked_for_keys(issuer)
        self._keys[issuer] = self._setting.clock.now + _REMEMBERED, keys
        return keys

    def _asked_for_keys(self, issuer: str) -> Mapping[str, Any]:
        about = self._read(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if not isinstance(about.get("jwks_uri"), str):
            raise _NoKeys("its configuration names no jwks_uri")
        return self._read(about["jwks_uri"])

    def _read(self, url: str) -> Mapping[str, Any]:
        request = WebRequest(at=self._setting.clock.now, by=SERVICE, method="GET", url=url)
        answer = self._setting.web.ask(request)
        if answer.status != _OK:
            raise _NoKeys(f"{request.place} answers {answer.status or 'nothing'}")
        try:
            found = json.loads(answer.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise _NoKeys(f"{request.place} answers no JSON object")
        return found

    # ---- user pools -----------------------------------------------------------------------------

    def _by_pools(self, authorizer: Authorizer, text: str, scopes: tuple[str, ...]) -> dict[str, Any]:
        """An identity token, or an access token with one of the scopes where the method names some."""
        pools = self._setting.laws[UserPools]
        try:
            token = read(text)
            issuer = str(token.claims.get("iss"))
            keys = pools.keys_of(issuer) if issuer in map(pools.issuer_of, authorizer.pools) else None
            token.verify(keys or {})
        except InvalidToken:
            return {"refused": UNAUTHORIZED, "context": {}}
        claims = token.claims
        if claims.get("exp", 0) <= self._setting.clock.now.timestamp():
            return {"refused": _EXPIRED, "context": {}}
        use = "access" if scopes else "id"
        if claims.get("token_use") != use or (scopes and not set(scopes) & set(_scopes(claims))):
            return {"refused": UNAUTHORIZED, "context": {}}
        return {"refused": None, "context": {"claims": {name: _text(each) for name, each in claims.items()}}}


def value_at(source: str, request: HttpRequest) -> str:
    """What a request has at an identity source, such as `method.request.header.Auth`; "" for nothing."""
    *_, kind, name = source.split(".")
    if kind == "header":
        return request.header(name)
    return next((value for key, value in request.asked if key == name), "")


def _in_time(claims: Mapping[str, Any], now: float) -> None:
    if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= now:
        raise InvalidToken("the token has expired")
    for name in ("nbf", "iat"):
        if isinstance(claims.get(name), int | float) and claims[name] > now:
            raise InvalidToken("the token is not yet valid")


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    said = claims.get("scope", claims.get("scp", ()))
    return said.split() if isinstance(said, str) else [str(each) for each in said or ()]


def _several(said: Any) -> list[str]:
    return [str(each) for each in said] if isinstance(said, list) else [str(said)]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(_text(each) for each in value)}]"
    return value if isinstance(value, str) else json.dumps(value)


def _challenge(status: int, error: str, description: str) -> HttpAnswer:
    answer = says(status, "", {"message": "Unauthorized" if status == 401 else "Forbidden"})
    challenge = f'Bearer scope="" error="{error}" error_description="{description}"'
    return HttpAnswer(
        status=status, body=answer.body, headers={**answer.headers, "www-authenticate": challenge}
    )
