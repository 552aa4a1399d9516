"""API destinations: a rule's target that is an HTTPS endpoint outside AWS.

The role of the target must allow `events:InvokeApiDestination`. A request carries the target's input, what
the target's HttpParameters say, and what the connection adds; an endpoint has 5 seconds to answer. 401, 407,
409, 429, 5xx and no answer are tried again, after Retry-After at least, where the answer has one; a negative
one ends the delivery. All other answers but 2xx end it too. Requests beyond the destination's rate wait.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_HttpParameters.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from scenarios.cloud.eventbridge.connections import Authorisation, Connections, NotAuthorized
from scenarios.cloud.eventbridge.failures import Failure
from scenarios.cloud.inputs import input_path
from scenarios.cloud.kernel import moto_events
from scenarios.cloud.kernel.deliveries import Delivery, Door, Event, Need
from scenarios.cloud.kernel.errors import WorldError
from scenarios.cloud.kernel.web import WebAnswer, WebRequest, place_of
from scenarios.cloud.setting import Setting

SERVICE: Final = "events.amazonaws.com"
TIMEOUT_SECONDS: Final = 5.0
DEFAULT_RATE: Final = 300
RETRIED: Final = frozenset({401, 407, 409, 429})
OF_A_TOKEN: Final = frozenset({401, 407})
# AWS names it for an endpoint that answers with an error: unconfirmed.
CODE: Final = "SDK_CLIENT_ERROR"
HEADERS: Final[Mapping[str, str]] = {
    "User-Agent": "Amazon/EventBridge/ApiDestinations",
    "Content-Type": "application/json; charset=utf-8",
    "Range": "bytes=0-1048575",
    "Accept-Encoding": "gzip,deflate",
    "Connection": "close",
}


class ApiDestinations(Door[Event]):
    """Every API destination, as moto has them."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._connections = Connections(setting)
        self._free: dict[str, datetime] = {}
        setting.deliveries.register("events:api-destination", Event, self)

    # ---- the door -------------------------------------------------------------------------------

    def is_there(self, delivery: Delivery[Event]) -> bool:
        """Whether there is such a destination."""
        return moto_events.api_destination(delivery.arn) is not None

    def needs(self, delivery: Delivery[Event]) -> Sequence[Need]:
        """What the target's role must be allowed."""
        return (Need("events:InvokeApiDestination", delivery.arn),)

    def take(self, delivery: Delivery[Event]) -> None:
        """Rules alone invoke a destination, and ask for the answer: see `invoke`."""
        raise WorldError(f"{delivery.arn} takes nothing but what a rule sends")

    # ---- sending --------------------------------------------------------------------------------

    def turn(self, arn: str) -> datetime:
        """When the next request may be sent, which takes that turn."""
        destination, now = moto_events.api_destination(arn), self._setting.clock.now
        rate = int((destination.invocation_rate_limit_per_second if destination else 0) or DEFAULT_RATE)
        due = max(now, self._free.get(arn, now))
        self._free[arn] = due + timedelta(seconds=1 / rate)
        return due

    def invoke(self, target: Mapping[str, Any], event: Mapping[str, Any], body: str) -> Failure | None:
        """Send one request; the target's role was asked already."""
        destination: Any = moto_events.api_destination(target["Arn"])
        try:
            authorised = self._connections.authorisation(destination.connection_arn)
        except NotAuthorized as error:
            return Failure(code=CODE, message=f"{destination.name}: {error}", again=error.again)
        answer = self._setting.web.ask(self._request(destination, target, event, body, authorised))
        if answer.status in OF_A_TOKEN:
            self._connections.forget_token(destination.connection_arn)
        failure = self._failure(destination, answer)
        if failure is None:
            where = place_of(destination.invocation_endpoint)
            self._setting.note("delivered", f"EventBridge to {where}")
        return failure

    def _request(
        self,
        destination: Any,
        target: Mapping[str, Any],
        event: Mapping[str, Any],
        body: str,
        authorised: Authorisation,
    ) -> WebRequest:
        own = target.get("HttpParameters", {})
        url = _filled(destination.invocation_endpoint, own.get("PathParameterValues", ()), event)
        query = [*_resolved(own.get("QueryStringParameters", {}), event).items(), *authorised.query]
        return WebRequest(
            at=self._setting.clock.now,
            by=SERVICE,
            method=destination.http_method,
            url=f"{url}?{urlencode(query)}" if query else url,
            headers={
                **HEADERS,
                **_resolved(own.get("HeaderParameters", {}), event),
                **authorised.headers,
            },
            body=_with_more(body, authorised.body),
        )

    def _failure(self, destination: Any, answer: WebAnswer) -> Failure | None:
        name = destination.name
        if answer.seconds > TIMEOUT_SECONDS:
            return Failure(code="TIMEOUT", message=f"{name} did not answer within 5 seconds")
        if not answer.status:
            return Failure(code="CONNECTION_FAILURE", message=f"{name} could not be reached")
        if 200 <= answer.status < 300:
            return None
        wait = _retry_after(answer, self._setting.clock.now)
        again = (answer.status in RETRIED or answer.status >= 500) and wait >= 0
        code = "THROTTLING" if answer.status == 429 else CODE
        words = f"{name} answered {answer.status}"
        return Failure(code=code, message=words, again=again, after=max(wait, 0.0))


def _filled(endpoint: str, values: Sequence[str], event: Mapping[str, Any]) -> str:
    """The endpoint with the `*` of its path replaced in their order; one without a value stays."""
    for value in values:
        endpoint = endpoint.replace("*", quote(_value(value, event), safe=""), 1)
    return endpoint


def _resolved(parameters: Mapping[str, str], event: Mapping[str, Any]) -> dict[str, str]:
    return {name: _value(value, event) for name, value in parameters.items()}


def _value(value: str, event: Mapping[str, Any]) -> str:
    """A fixed value, or what a JSON path finds in the event."""
    if not value.startswith("$."):
        return value
    found = json.loads(input_path(event, value))
    return found if isinstance(found, str) else json.dumps(found)


def _with_more(body: str, more: Mapping[str, str]) -> str:
    """The body with the connection's members in it, where it is a JSON object."""
    if not more:
        return body
    read = json.loads(body)
    return json.dumps({**read, **more}) if isinstance(read, dict) else body


def _retry_after(answer: WebAnswer, now: datetime) -> float:
    """The seconds that an answer's Retry-After asks for: a number, or a date."""
    given = {name.lower(): value for name, value in answer.headers.items()}.get("retry-after", "0")
    try:
        return float(given)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(given) - now).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return 0.0
