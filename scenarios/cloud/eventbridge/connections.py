"""Connections of API destinations: how a request is authorised, with what lies in Secrets Manager.

What CreateConnection is given is kept in a secret of EventBridge's own, `events!connection/NAME/ID/auth`; no
answer of EventBridge's and no record of CloudTrail has it again. Who deletes that secret, or deauthorizes the
connection, lets no request through any more.

An OAuth connection gets a token from its authorization endpoint before its first request, and another when a
request is answered 401 or 407. On AWS it does so when it is created, and shows in its state how that went;
here its state is AUTHORIZED at once. How the secret is written inside is moto's way.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-auth.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnection.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeauthorizeConnection.html
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_events, moto_secrets
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.web import WebAnswer, WebRequest
from scenarios.cloud.setting import Setting

SERVICE: Final = "events.amazonaws.com"
SECRETS: Final = frozenset({"Password", "ApiKeyValue", "ClientSecret"})
DEAUTHORIZED: Final = "DEAUTHORIZED"
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

Secret = Mapping[str, Any]


class NotAuthorized(Exception):
    """No request can be authorised: the connection is not, its secret is gone, or no token was given."""

    def __init__(self, why: str, *, again: bool = False) -> None:
        self.again = again
        super().__init__(why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """What a connection adds to each request; all of it may be secret."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Sequence[tuple[str, str]] = field(default=(), repr=False)
    body: Mapping[str, str] = field(default_factory=dict, repr=False)


class Connections:
    """Every connection, as moto has them."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._tokens: dict[str, str] = {}
        calls = setting.calls
        calls.answer("events", "DeauthorizeConnection", self._deauthorize)
        calls.after("events", "UpdateConnection", self._updated)

    # ---- authorising ----------------------------------------------------------------------------

    def authorisation(self, arn: str) -> Authorisation:
        """What a connection adds to a request.

        Raises:
            NotAuthorized: it can't authorise one.
        """
        connection = moto_events.connection(arn)
        if connection is None or connection.state == DEAUTHORIZED:
            raise NotAuthorized("the connection is not authorized")
        secret = self._secret(connection)
        more = secret.get("invocation_http_parameters", {})
        return Authorisation(
            headers={**self._headers(connection, secret), **dict(_pairs(more, "header_parameters"))},
            query=_pairs(more, "query_string_parameters"),
            body=dict(_pairs(more, "body_parameters")),
        )

    def forget_token(self, arn: str) -> None:
        """The endpoint did not take it: the next request gets another."""
        self._tokens.pop(arn, None)

    def _secret(self, connection: Any) -> Secret:
        text = moto_secrets.secret_text(connection.secret_arn)
        if text is None:
            raise NotAuthorized("the secret of the connection is gone")
        read: Secret = json.loads(text)
        return read

    def _headers(self, connection: Any, secret: Secret) -> dict[str, str]:
        match connection.authorization_type:
            case "BASIC":
                both = f"{secret['username']}:{secret['password']}".encode()
                return {"Authorization": f"Basic {base64.b64encode(both).decode()}"}
            case "API_KEY":
                return {secret["api_key_name"]: secret["api_key_value"]}
            case _:
                return {"Authorization": f"Bearer {self._token(connection, secret)}"}

    def _token(self, connection: Any, secret: Secret) -> str:
        if connection.arn not in self._tokens:
            answer = self._setting.web.ask(self._token_request(secret))
            self._tokens[connection.arn] = _token_in(answer)
        return self._tokens[connection.arn]

    def _token_request(self, secret: Secret) -> WebRequest:
        client, more = secret["client_parameters"], secret.get("o_auth_http_parameters", {})
        form = {
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
            **dict(_pairs(more, "body_parameters")),
        }
        query = urlencode(_pairs(more, "query_string_parameters"))
        url = str(secret["authorization_endpoint"])
        return WebRequest(
            at=self._setting.clock.now,
            by=SERVICE,
            method=str(secret["http_method"]),
            url=f"{url}?{query}" if query else url,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                **dict(_pairs(more, "header_parameters")),
            },
            body=urlencode(form),
        )

    # ---- the API --------------------------------------------------------------------------------

    def _deauthorize(self, asked: Asked) -> dict[str, Any]:
        """All that authorises is removed; the connection stays, and may be given something new."""
        name = asked.parameters["Name"]
        connection = moto_events.connection_named(self._setting.account, asked.region, name)
        if connection is None:
            raise Refused("ResourceNotFoundException", f"Connection '{name}' does not exist.")
        connection.state, connection.auth_parameters = DEAUTHORIZED, {}
        moto_secrets.put_secret_text(connection.secret_arn, "{}")
        self.forget_token(connection.arn)
        return {
            "ConnectionArn": connection.arn,
            "ConnectionState": "DEAUTHORIZING",
            "CreationTime": connection.creation_time,
        }

    def _updated(self, call: ApiCall) -> None:
        """The secret is what the call says now; moto keeps the old one."""
        given = call.parameters.get("AuthParameters")
        connection = moto_events.connection_named(call.caller.account, call.region, call.parameters["Name"])
        if not given or connection is None:
            return
        connection.state = "AUTHORIZED"
        moto_secrets.put_secret_text(connection.secret_arn, json.dumps(as_secret(given)))
        self.forget_token(connection.arn)


def as_secret(given: Mapping[str, Any]) -> dict[str, Any]:
    """AuthParameters as the secret has them: one level less, and names in small letters."""
    whole: dict[str, Any] = {}
    for name, value in given.items():
        whole |= {name: value} if name == "InvocationHttpParameters" else value
    spelled: dict[str, Any] = _spelled(whole)
    return spelled


def without_secrets(given: Any) -> Any:
    """AuthParameters as DescribeConnection tells them: no password, no key, no value said to be secret."""
    if isinstance(given, list):
        return [without_secrets(each) for each in given]
    if not isinstance(given, Mapping):
        return given
    hidden = SECRETS | ({"Value"} if given.get("IsValueSecret") else frozenset())
    return {name: without_secrets(value) for name, value in given.items() if name not in hidden}


def _spelled(value: Any) -> Any:
    if isinstance(value, list):
        return [_spelled(each) for each in value]
    if isinstance(value, Mapping):
        return {_small(name): _spelled(each) for name, each in value.items()}
    return value


def _small(name: str) -> str:
    return _WORD.sub("_", name).lower().replace("oauth", "o_auth")


def _pairs(parameters: Mapping[str, Any], kind: str) -> list[tuple[str, str]]:
    return [(str(each["key"]), str(each["value"])) for each in parameters.get(kind, ())]


def _token_in(answer: WebAnswer) -> str:
    """The token of an answer to a request for one."""
    again = not answer.status or answer.status >= 500
    if not 200 <= answer.status < 300:
        raise NotAuthorized(f"the authorization endpoint answers {answer.status or 'nothing'}", again=again)
    try:
        return str(json.loads(answer.body)["access_token"])
    except (ValueError, KeyError, TypeError):
        raise NotAuthorized("the authorization endpoint gives no access_token") from None
