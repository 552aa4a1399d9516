"""The HTTP side: what is watched for, what was found, and a place to try patterns and to ask for validations.

| route | answer |
|---|---|
| `GET /` | a page for a person |
| `GET /health` | `{"status": "ok", "version": ...}`; the only route that anybody may ask |
| `GET /remediations` | the catalogue |
| `GET /findings?remediation=&since=&severity=&actor=&limit=&before=` | the newest findings, a page |
| `GET /findings/{id}` | one finding |
| `POST /validations` | `{"since": ..., "until": ..., "regions": [...]}`: a full validation begins |
| `GET /validations` | the newest validations |
| `GET /validations/{id}` | how far it is, and what it came to |
| `POST /findings/{id}/approve`, `/refuse`, `/undo` | `{"plan": ...}`: noted; its function is woken |
| `GET /dead-letters`, `POST /dead-letters/redrive` | what could not be handled, and why; sending it again |
| `POST /match` | `{"pattern": ..., "events": [...]}`: what matches, and why the others don't |

Every route but `GET /health` needs IAM authorisation, and there are no CORS headers. A caller's mistake is a
400 with one sentence. A fault on this side is a 503 without details, and a line in the log.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import unquote

from chalice import (
    BadRequestError,
    Blueprint,
    Chalice,
    ChaliceViewError,
    ConflictError,
    IAMAuthorizer,
    NotFoundError,
    Response,
)

from chalicelib.errors import AWS_ERRORS, LedgerUnreachable, NotConfigured
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.grants import ANY, on_ledger
from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.table import Kind
from chalicelib.remediation import Grant, Remediation
from chalicelib.runtime.answer import AWS, log
from chalicelib.settings import LEDGER
from chalicelib.wording import no_json

VERSION = "0.1.0"

LONGEST_BODY = 256 * 1024  # bytes; as much as EventBridge takes in one PutEvents
MOST_EVENTS = 100
NO_LEDGER = (*AWS_ERRORS, LedgerUnreachable)

# It reads findings and validations, notes what somebody asks, and sends dead letters again.
GRANTS: tuple[Grant, ...] = (
    *on_ledger(Kind.FINDING, ANY, "Query", "GetItem"),
    *on_ledger(Kind.REQUEST, "", "Query", "GetItem", "PutItem"),
    *on_ledger(Kind.INSTRUCTION, ANY, "PutItem"),
    *on_ledger(Kind.VALIDATION, "", "Query", "GetItem"),
    *on_ledger(Kind.VALIDATION, ANY, "Query"),
    Grant(action="sqs:SendMessage", resource="${Validations.Arn}"),
    *(
        Grant(action=f"sqs:{action}", resource="${DeadLetters.Arn}")
        for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
    ),
)

View = Callable[..., Any]


class Routes(Blueprint):  # type: ignore[misc]  # Chalice ships no types
    """A blueprint that may be registered with one application after another.

    Chalice's own blueprint removes authorizer and methods from its record of a route when it is first
    registered. A second application in the same process would get the routes without authorisation.
    """

    def __init__(self, import_name: str) -> None:
        super().__init__(import_name)
        self._declared: list[tuple[str, dict[str, Any], View]] = []
        self._apps: list[Chalice] = []

    @property
    def current_request(self) -> Any:
        """The request of the newest application that has one; Chalice never forgets its last request."""
        serving = (getattr(app, "current_request", None) for app in reversed(self._apps))
        return next(request for request in serving if request is not None)

    def route(self, path: str, **options: Any) -> Callable[[View], View]:
        """Declare a route, with the options of Chalice's `route`."""

        def declare(view: View) -> View:
            self._declared.append((path, options, view))
            return view

        return declare

    def register(self, app: Chalice, options: dict[str, Any]) -> None:
        """Called by `app.register_blueprint`; the routes go through a blueprint that is used once."""
        super().register(app, options)
        self._apps.append(app)
        once = Blueprint(__name__)
        for path, of_route, view in self._declared:
            once.route(path, **of_route)(view)
        once.register(app, options)


routes = Routes(__name__)
_signed = IAMAuthorizer()


class ServiceUnavailableError(ChaliceViewError):  # type: ignore[misc]  # Chalice ships no types
    """Something on this side is missing or refuses; asking again later may help."""

    STATUS_CODE = 503


@routes.middleware("http")  # type: ignore[untyped-decorator]  # Chalice ships no types
def never_cached(request: Any, answer: Callable[[Any], Response]) -> Response:
    """No caching and no MIME sniffing of findings: headers on every answer, errors too."""
    response = answer(request)
    response.headers.setdefault("Content-Type", "application/json")
    response.headers |= {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return response


@routes.route("/", authorizer=_signed)
def index() -> Response:
    """The catalogue and the newest findings, for a person."""
    from chalicelib.http.html import HEADERS  # noqa: PLC0415 - see `match`
    from chalicelib.http.page import page  # noqa: PLC0415 - see `match`

    asked = routes.current_request.query_params or {}
    findings: list[LedgerEntry] | None
    try:
        findings, following = _page_of(asked)
    except ServiceUnavailableError:
        findings, following = None, ""
    # Behind API Gateway the path begins with the stage, which Chalice's routes don't know.
    prefix = routes.current_request.context.get("path", "/").rstrip("/")
    shown = page(_catalog(), findings, prefix=prefix, asked=asked, following=following, links=_links())
    return Response(body=shown, headers=dict(HEADERS))


@routes.route("/health")
def health() -> dict[str, str]:
    """That the function runs, and nothing about the account it runs in."""
    return {"status": "ok", "version": VERSION}


@routes.route("/remediations", authorizer=_signed)
def remediations() -> dict[str, Any]:
    """Everything that is watched for."""
    from chalicelib.http.page import does, trigger_in_words  # noqa: PLC0415 - see `match`

    return {
        "remediations": [
            {
                "name": each.name,
                "title": each.title,
                "triggers": [trigger_in_words(trigger) for trigger in each.triggers],
                "does": does(each),
                "controls": list(each.controls),
                "page": each.page,
            }
            for each in _catalog()
        ]
    }


@routes.route("/findings", authorizer=_signed)
def findings() -> dict[str, Any]:
    """The newest findings, newest first."""
    asked = routes.current_request.query_params or {}
    newest, following = _page_of(asked)
    return {"findings": [finding.as_json() for finding in newest], "next": following}


@routes.route("/findings/{id}", authorizer=_signed)
def finding(id: str) -> Response:  # noqa: A002 - the route's own word
    """One finding, by the id that its alert ends with; for a browser its page."""
    identity = unquote(id)
    found = _stored(identity)
    if not found:
        raise NotFoundError(f"No finding has the id {identity!r}")
    if "text/html" not in routes.current_request.headers.get("accept", ""):
        return Response(body=found.as_json())
    from chalicelib.http.finding_page import finding_page  # noqa: PLC0415 - see `match`
    from chalicelib.http.html import HEADERS  # noqa: PLC0415 - see `match`

    prefix = routes.current_request.context.get("path", "").partition("/findings/")[0]
    shown = finding_page(found, prefix=prefix, links=_links(), more=_added(found))
    return Response(body=shown, headers=dict(HEADERS))


@routes.route("/findings/{id}/approve", methods=["POST"], authorizer=_signed)
def approve(id: str) -> Response:  # noqa: A002 - the route's own word
    """Approve the plan of a finding: `{"plan": ..., "reason": ...}`."""
    return _instructed(id, "approve")


@routes.route("/findings/{id}/refuse", methods=["POST"], authorizer=_signed)
def refuse(id: str) -> Response:  # noqa: A002 - the route's own word
    """Refuse the plan of a finding, for good."""
    return _instructed(id, "refuse")


@routes.route("/findings/{id}/undo", methods=["POST"], authorizer=_signed)
def undo(id: str) -> Response:  # noqa: A002 - the route's own word
    """Undo what was done about a finding; with `"dry_run": true` only say what would be done."""
    return _instructed(id, "undo")


@routes.route("/dead-letters", authorizer=_signed)
def dead_letters() -> dict[str, Any]:
    """The dead letters with the reason of each, the oldest first."""
    try:
        listed: dict[str, Any] = _dead_letters().listed().as_json()
    except (*AWS_ERRORS, NotConfigured) as error:
        raise _unavailable(error, "The dead letters could not be read") from error
    return listed


@routes.route("/dead-letters/redrive", methods=["POST"], authorizer=_signed)
def redrive() -> dict[str, Any]:
    """Send dead letters again: `{"ids": [...]}` or `{"all": true}`."""
    from chalicelib.http.dead_letters import BadRedrive, asked_for  # noqa: PLC0415 - see `match`

    try:
        ids = asked_for(_body())
    except BadRedrive as error:
        raise BadRequestError(str(error)) from error
    try:
        answer: dict[str, Any] = _dead_letters().sent_again(ids)
    except (*AWS_ERRORS, NotConfigured) as error:
        raise _unavailable(error, "The dead letters could not be sent again") from error
    identity = routes.current_request.context.get("identity") or {}
    log.info("redriven", extra={"who": identity.get("userArn", ""), **answer})
    return answer


@routes.route("/match", methods=["POST"], authorizer=_signed)
def match() -> Response:
    """Try a pattern on events."""
    # The engines cost a cold start 40 ms, which only those who match should pay.
    from chalicelib.matching import InvalidPattern  # noqa: PLC0415 - see above

    try:
        return Response(body=_matched(_body()))
    except InvalidPattern as error:
        return Response(
            status_code=400,
            body={
                "Code": "InvalidPattern",
                "Message": str(error),
                "reason": error.reason,
                "where": error.where,
                "position": error.position,
            },
        )
    except RecursionError:
        raise BadRequestError("The body is nested too deeply") from None


@routes.route("/validations", methods=["POST"], authorizer=_signed)
def validate() -> Response:
    """Begin a full validation of the trail; the answer says where to ask how far it is."""
    # What only these routes need: see `match`.
    from chalicelib.http.validation_requests import BadSpan, asked_for, begin, queue_url  # noqa: PLC0415

    now, body = datetime.now(UTC), _body()
    try:
        job = asked_for(body, now, str(routes.current_request.context.get("requestId", "")))
    except BadSpan as error:
        raise BadRequestError(str(error)) from error
    try:
        begin(AWS.client("sqs"), queue_url(), _ledger(), job)
    except (*NO_LEDGER, NotConfigured) as error:
        raise _unavailable(error, "The validation could not be started") from error
    return Response(status_code=202, body={"id": job.id, "state": "planning"})


@routes.route("/validations", authorizer=_signed)
def validations() -> dict[str, Any]:
    """The newest validations, newest first."""
    from chalicelib.http.listing import FINDINGS_ON_PAGE, BadFilter, limit_of  # noqa: PLC0415 - see `match`
    from chalicelib.ledger.validations import as_json, newest  # noqa: PLC0415 - see `validate`

    asked = routes.current_request.query_params or {}
    try:
        most = limit_of(asked.get("limit", str(FINDINGS_ON_PAGE)))
    except BadFilter as error:
        raise BadRequestError(str(error)) from error
    try:
        return {"validations": [as_json(job) for job in newest(_ledger(), most)]}
    except NO_LEDGER as error:
        raise _unavailable(error) from error


@routes.route("/validations/{id}", authorizer=_signed)
def validation(id: str) -> dict[str, Any]:  # noqa: A002 - the route's own word
    """One validation: how far it is, and what it came to."""
    from chalicelib.ledger.validations import found, slices, summary  # noqa: PLC0415 - see `validate`

    identity, ledger = unquote(id), _ledger()
    try:
        job = found(ledger, identity)
        if job:
            return summary(job, slices(ledger, job.id), datetime.now(UTC))
    except NO_LEDGER as error:
        raise _unavailable(error) from error
    raise NotFoundError(f"No validation has the id {identity!r}")


# ---- what a local stage adds to the pages --------------------------------------------------------

# Links of the navigation, and what stands below a finding; on AWS there are none.
LINKS: list[tuple[str, str]] = []
BELOW: list[Callable[[LedgerEntry], str]] = []


def _links() -> tuple[tuple[str, str], ...]:
    return tuple(LINKS)


def _added(found: LedgerEntry) -> str:
    return "\n".join(below(found) for below in BELOW)


# ---- what a request asks for --------------------------------------------------------------------


def _catalog() -> tuple[Remediation, ...]:
    # Every remediation's module: only its own function needs it, and /health doesn't.
    from chalicelib.catalog import CATALOG  # noqa: PLC0415 - see above

    return CATALOG


def _asked_for(name: str | None) -> tuple[Remediation, ...]:
    from chalicelib.catalog import UnknownRemediation, find  # noqa: PLC0415 - see `_catalog`

    if name is None:
        return _catalog()
    try:
        return (find(name),)
    except UnknownRemediation as error:
        raise BadRequestError(str(error)) from error


def _body() -> dict[str, Any]:
    """The request's JSON object, read by our own rules: Chalice lets NaN pass and any length."""
    try:
        body = json.loads(_raw_body(), parse_constant=_no_constant)
    except ValueError as error:
        raise BadRequestError(f"The body is not JSON: {no_json(error)}") from error
    if not isinstance(body, dict):
        raise BadRequestError('The body is a JSON object: {"pattern": ..., "events": [...]}')
    return body


def _raw_body() -> bytes:
    raw: bytes = routes.current_request.raw_body
    if len(raw) > LONGEST_BODY:
        raise BadRequestError(f"The body has {len(raw):,} bytes; at most {LONGEST_BODY:,} are read")
    return raw


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _matched(body: dict[str, Any]) -> dict[str, Any]:
    from chalicelib.matching.trial import NotAnEvent, compiled, language_of, tried  # noqa: PLC0415 - see `match`

    pattern, events = body.get("pattern"), body.get("events")
    if not isinstance(pattern, (str, dict)):
        raise BadRequestError("pattern is an event pattern (an object) or a log filter pattern (a text)")
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise BadRequestError(f"events is a list of at most {MOST_EVENTS} events")
    engine = compiled(pattern)
    results = []
    for number, event in enumerate(events):
        try:
            results.append(asdict(tried(engine, event)))
        except NotAnEvent as error:
            raise BadRequestError(f"events[{number}]: {error}") from error
    return {"language": language_of(engine), "results": results}


def _dead_letters() -> Any:
    from chalicelib.http.dead_letters import DeadLetters  # noqa: PLC0415 - see `match`

    return DeadLetters(AWS.client("sqs"), AWS.client("lambda"))


def _instructed(identity: str, verb: str) -> Response:
    """Note what a person asks of a finding, and wake the function that does it."""
    # What only these routes need: see `match`.
    from chalicelib.http.instructions import (  # noqa: PLC0415
        BadInstruction,
        NoSuchPlan,
        asked_for,
        begin,
    )
    from chalicelib.ledger.instructions import Verb  # noqa: PLC0415 - see above

    named, context, body = unquote(identity), routes.current_request.context, _body()
    found = _stored(named)
    if not found:
        raise NotFoundError(f"No finding has the id {named!r}")
    try:
        asked = asked_for(body, found, Verb(verb), datetime.now(UTC), context)
    except NoSuchPlan as error:
        raise ConflictError(str(error)) from error
    except BadInstruction as error:
        raise BadRequestError(str(error)) from error
    try:
        begin(AWS.client("kms"), AWS.client("lambda"), _ledger(), asked)
    except (*NO_LEDGER, NotConfigured) as error:
        raise _unavailable(error, "What you ask could not be passed on; ask again") from error
    return Response(status_code=202, body={"id": asked.id, "finding": asked.finding, "who": asked.who})


# ---- the ledger ---------------------------------------------------------------------------------


def _page_of(asked: Mapping[str, str]) -> tuple[list[LedgerEntry], str]:
    """The newest findings that are asked for, newest first, and where the next page begins."""
    from chalicelib.http.listing import BadFilter, Filters, page_of  # noqa: PLC0415 - see `match`

    try:
        filters = Filters.of(asked)
    except BadFilter as error:
        raise BadRequestError(str(error)) from error
    names = [each.name for each in _asked_for(asked.get("remediation"))]
    try:
        return page_of(_ledger(), names, filters)
    except NO_LEDGER as error:
        raise _unavailable(error) from error


def _stored(identity: str) -> LedgerEntry | None:
    try:
        return _ledger().find(identity)
    except NO_LEDGER as error:
        raise _unavailable(error) from error


def _ledger() -> Ledger:
    # Only this one variable: the HTTP function has no topic, so it can't read Settings whole.
    table = os.environ.get(LEDGER)
    if not table:
        raise _unavailable(NotConfigured(f"the environment variable {LEDGER} is missing"))
    try:
        return Ledger(AWS.client("dynamodb"), table)
    except AWS_ERRORS as error:
        raise _unavailable(error) from error


def _unavailable(error: Exception, what: str = "The ledger could not be read") -> ServiceUnavailableError:
    """One sentence for the caller; the reason is for the function's log only."""
    log.error("%s: %s", what, error)
    return ServiceUnavailableError(f"{what}; the function's log says why")
