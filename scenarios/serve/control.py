"""The world itself over HTTP, beside AWS's API: `/_world/...`, in JSON.

| | |
|---|---|
| `GET /_world/health` | whether it is there, its time, its stacks, what was not simulated |
| `GET /_world/clock` | `{"now": ...}` |
| `POST /_world/clock` | `{"advance": "5m"}`, `{"until": "idle"}`, `{"until": "2026-03-02T12:00:00+00:00"}` |
| `GET /_world/inbox` | mail, the oldest first, and what waits to be confirmed, with its token |
| `GET /_world/timeline?after=N&most=N` | lines with numbers, the newest 1,000 unless `most` says otherwise |
| `GET /_world/findings` | the ledger of Trailwarden's stack |
| `POST /_world/emit` | `{"source": ..., "detail-type": ..., "detail": {...}}`: an event on the default bus |
| `POST /_world/reset` | begin anew |
| `POST /_world/deploy` | `{"template": PATH or {...}, "code": FOLDER, "parameters": {...}}`: begin anew so |
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.catalog import CATALOG
from chalicelib.ledger.ledger import Ledger
from chalicelib.wording import no_json
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.eventbridge.buses import DEFAULT_BUS
from scenarios.cloud.kernel.randomness import seeded
from scenarios.runner.imperative import CannotOpen
from scenarios.serve.deployments import deployment_of
from scenarios.serve.durations import LONGEST, duration
from scenarios.serve.messages import HttpAnswer, HttpRequest, in_json
from scenarios.serve.served import Plan, Served

PREFIX = "_world"
MOST_LINES = 1_000
_MOST_FINDINGS = 100  # of each remediation
_EVENT = ("source", "detail-type", "detail")


@dataclass(frozen=True, slots=True)
class BeginAnew:
    """The world is to be left, and one of this plan entered."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Passes:
    """Time passes, a step at a time; `told`: the answer once it has."""

    steps: Iterator[None] = field(repr=False)
    told: Callable[[], HttpAnswer] = field(repr=False)


Told = HttpAnswer | BeginAnew | Passes


class _Wrong(ValueError):
    """The request can't be done; the message is for the caller."""


def control(served: Served, request: HttpRequest) -> Told:
    """Answer a request for `/_world/...`."""
    name = "/".join(request.parts[1:])
    known = _ROUTES.get((request.method, name))
    if known is None:
        return _missing(request, name)
    try:
        return known(served, request)
    except (_Wrong, CannotOpen) as error:
        return in_json({"message": str(error)}, 400)


def changes_the_world(request: HttpRequest) -> bool:
    """Whether a request is one that a world which is made again must see again."""
    return request.method == "POST" and request.parts == (PREFIX, "emit")


def _missing(request: HttpRequest, name: str) -> HttpAnswer:
    methods = sorted(method for method, path in _ROUTES if path == name)
    if methods:
        words = f"/{PREFIX}/{name} takes {' and '.join(methods)}, not {request.method}"
        return in_json({"message": words}, 405, Allow=", ".join(methods))
    return in_json({"message": f"there is no /{PREFIX}/{name[:100]}"}, 404)


# ---- to look at ---------------------------------------------------------------------------------


def _health(served: Served, request: HttpRequest) -> Told:
    del request
    world = served.world
    return in_json(
        {
            "status": "ok",
            "now": world.clock.now.isoformat(),
            "speed": served.plan.speed,
            "account": ACCOUNT,
            "region": world.deployment.home,
            "stacks": [stack.name for stack in world.standing],
            "requests": served.requests,
            "not_simulated": list(served.holes),
        }
    )


def _now(served: Served, request: HttpRequest) -> HttpAnswer:
    del request
    return in_json({"now": served.world.clock.now.isoformat(), "speed": served.plan.speed})


def _inbox(served: Served, request: HttpRequest) -> Told:
    del request
    topics = served.world.topics
    mails = [
        {
            "at": mail.at.isoformat(),
            "to": mail.to,
            "subject": mail.subject,
            "text": mail.text,
            "topic_arn": mail.topic_arn,
        }
        for mail in topics.inbox
    ]
    asked = [
        {
            "at": each.at.isoformat(),
            "to": each.endpoint,
            "subject": "AWS Notification - Subscription Confirmation",
            "text": f"aws sns confirm-subscription --topic-arn {each.topic_arn} --token {each.token}",
            "topic_arn": each.topic_arn,
            "token": each.token,
        }
        for each in topics.confirmations.sent
    ]
    return in_json(sorted([*mails, *asked], key=lambda each: str(each["at"])))


def _timeline(served: Served, request: HttpRequest) -> Told:
    after, most = _number(request, "after", 0), _number(request, "most", MOST_LINES)
    return in_json([line.as_json() for line in served.timeline.after(after, most)])


def _findings(served: Served, request: HttpRequest) -> Told:
    del request
    world = served.world
    ledgers = (stack.resources.get("Ledger") for stack in world.standing)
    ledger = next((found for found in ledgers if found is not None), None)
    if ledger is None:
        return in_json([])
    # What is only looked at draws nothing: a world that is made again is not looked at.
    with world.calls.muted(), seeded(0):
        found = Ledger(world.harness.client("dynamodb"), ledger.physical_id)
        entries = [entry for each in CATALOG for entry in found.newest(each.name, _MOST_FINDINGS)]
    return in_json([entry.as_json() for entry in sorted(entries, key=lambda each: (each.at, each.id))])


# ---- to change ----------------------------------------------------------------------------------


def _move(served: Served, request: HttpRequest) -> Told:
    asked = _body(request)
    if set(asked) == {"advance"}:
        try:
            span = duration(asked["advance"])
        except ValueError as error:
            raise _Wrong(str(error)) from error
        return _passes(served, request, span)
    if asked == {"until": "idle"}:
        return Passes(
            served.settling(),
            lambda: in_json({"now": served.world.clock.now.isoformat(), "idle": served.is_idle}),
        )
    if set(asked) == {"until"}:
        span = _moment(asked["until"]) - served.world.clock.now
        if not timedelta() <= span <= LONGEST:
            raise _Wrong(f"{asked['until']} is over already, or more than a year away")
        return _passes(served, request, span)
    raise _Wrong('the body is {"advance": "5m"}, {"until": "idle"} or {"until": a moment}')


def _passes(served: Served, request: HttpRequest, span: timedelta) -> Passes:
    """From the moment at which it begins: another one may be under way."""

    def steps() -> Iterator[None]:
        yield from served.passing(served.world.clock.now + span)

    return Passes(steps(), lambda: _now(served, request))


def _moment(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise _Wrong(f"{text!r} is neither idle nor a moment like 2026-03-02T12:00:00+00:00") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _emit(served: Served, request: HttpRequest) -> Told:
    asked, world = _body(request), served.world
    missing = [name for name in _EVENT if name not in asked]
    if missing or not isinstance(asked["detail"], dict):
        raise _Wrong(f"an event has {', '.join(_EVENT)}, and detail is an object")
    texts = {name: asked[name] for name in ("source", "detail-type", "region", "bus") if name in asked}
    wrong = sorted(name for name, value in texts.items() if not isinstance(value, str))
    if wrong or not isinstance(asked.get("resources", []), list):
        raise _Wrong(f"{wrong[0] if wrong else 'resources'} is {'a text' if wrong else 'a list'} in an event")
    region = str(asked.get("region", world.deployment.home))
    if region not in world.setting.regions:
        raise _Wrong(f"the world has no region {region[:20]!r}; it has {', '.join(world.setting.regions)}")
    made = world.setting.service_event(
        region, str(asked["source"]), str(asked["detail-type"]), asked.get("resources", []), asked["detail"]
    )
    given = {name: value for name, value in asked.items() if name in made}
    world.setting.note("action", f"{made['source']} tells: {made['detail-type']}")
    event = {**made, **given, "region": region}
    world.eventbridge.emit(region, event, str(asked.get("bus", DEFAULT_BUS)))
    return in_json({"event": event})


def _reset(served: Served, request: HttpRequest) -> Told:
    del request
    return BeginAnew(served.plan)


def _deploy(served: Served, request: HttpRequest) -> Told:
    asked, now = _body(request), served.plan.deployment
    unknown = set(asked) - {"template", "code", "parameters"}
    if unknown or "template" not in asked:
        raise _Wrong("the body has a template, and may have code and parameters")
    parameters = asked.get("parameters", {})
    if not isinstance(parameters, dict):
        raise _Wrong("parameters is an object of names and values")
    if not isinstance(asked["template"], str | dict) or not isinstance(asked.get("code", ""), str):
        raise _Wrong("the template is a path or an object, and code is a path")
    deployment = deployment_of(
        template=asked["template"],
        code=asked.get("code"),
        parameters={name: str(value) for name, value in parameters.items()},
        region=now.home,
        start=now.start,
    )
    return BeginAnew(replace(served.plan, deployment=deployment))


def _body(request: HttpRequest) -> Mapping[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise _Wrong(f"the body is no JSON: {no_json(error)}") from None
    if not isinstance(body, dict):
        raise _Wrong("the body is no JSON object")
    return body


def _number(request: HttpRequest, name: str, usual: int) -> int:
    text = request.asked.get(name, str(usual))
    if not (text.isascii() and text.isdigit()):
        raise _Wrong(f"{name} is a whole number, not {text[:20]!r}")
    return int(text)


_ROUTES: Mapping[tuple[str, str], Callable[[Served, HttpRequest], Told]] = {
    ("GET", "health"): _health,
    ("GET", "clock"): _now,
    ("GET", "inbox"): _inbox,
    ("GET", "timeline"): _timeline,
    ("GET", "findings"): _findings,
    ("POST", "clock"): _move,
    ("POST", "emit"): _emit,
    ("POST", "reset"): _reset,
    ("POST", "deploy"): _deploy,
}
