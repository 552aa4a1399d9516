"""What `chalice local --stage local` attaches: the simulated AWS behind the HTTP side, and one more route.

`POST /scenarios/{name}` runs a scenario in a world of its own and keeps its findings in the local ledger, so
that `GET /findings` and the pages show them; `GET /scenarios` is a page with a button for each, and
`GET /runs/{n}` what happened in one. What is asked about a run's findings is asked in its world
(`local_runs`). `POST /validations` sends its message to a queue as on AWS; what waits there is then validated
in a world whose trail is four hours old. No account, no network; one request at a time, because a world
replaces moto's state and freezes time for the whole process.
"""

import json
import os
import re
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, unquote

import boto3
from chalice import BadRequestError, Chalice, NotFoundError, Response
from moto import mock_aws

from chalicelib.catalog import CATALOG
from chalicelib.http import routes as http
from chalicelib.http.html import HEADERS
from chalicelib.http.validation_requests import begin
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.instructions import Verb
from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.shape import SHAPE
from chalicelib.ledger.validations import Job, found, planned, settle_slice, slices
from chalicelib.settings import DEAD_LETTERS, FUNCTIONS, LEDGER, VALIDATIONS
from scenarios.cloud.apigateway.messages import path_of
from scenarios.cloud.deployment import Deployment
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.cloud.kernel.moto_snapshots import Snapshot
from scenarios.cloud.world import World
from scenarios.runner.library import UnknownScenario, in_library
from scenarios.runner.local_pages import LINKS, PLAYED, deciding, run_page, scenarios_page
from scenarios.runner.local_runs import Asked, Run, Runs
from scenarios.runner.packaged import packaged_template
from scenarios.runner.run import NO_HEARTBEAT, ON_CALL

REGION = "us-east-1"
TABLE = "local-ledger"
QUEUE = "local-validations"
DEAD_LETTERS_QUEUE = "local-dead-letters"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MOST_ENTRIES = 1000  # of each remediation, carried over from a scenario
TRAIL_AGE = timedelta(hours=4)
# A validation of some hours in one region is three messages in a row, each taken within seconds.
VALIDATED_WITHIN = timedelta(minutes=5)

_one_at_a_time = threading.Lock()


def attach(app: Chalice) -> None:
    """Called by app.py when the stage's environment names it."""
    mock_aws().start()
    furnish(app)


def furnish(app: Chalice) -> None:
    """Put what the routes need into moto and the environment, and add what is there locally only."""
    os.environ.update({"AWS_DEFAULT_REGION": REGION, LEDGER: TABLE, FUNCTIONS: "none=none"})
    boto3.client("dynamodb").create_table(TableName=TABLE, **SHAPE)
    os.environ[VALIDATIONS] = boto3.client("sqs").create_queue(QueueName=QUEUE)["QueueUrl"]

    os.environ[DEAD_LETTERS] = boto3.client("sqs").create_queue(QueueName=DEAD_LETTERS_QUEUE)["QueueUrl"]
    runs = Runs(_entries, [])
    http.LINKS[:] = [LINKS[1]]
    http.BELOW[:] = [lambda found: deciding(found, runs.of_finding(found.id))]
    _hook(app, runs)
    _declare(app, runs)


def _hook(app: Chalice, runs: Runs) -> None:
    """What is around every request."""

    @app.middleware("http")  # type: ignore[untyped-decorator]  # Chalice ships no types
    def one_request_at_a_time(request: Any, answer: Callable[[Any], Response]) -> Response:
        """Answer, then do what SQS and the function behind the queue do on AWS."""
        with _one_at_a_time:
            response = _in_a_run(runs, request) or answer(request)
            for job_id in _waiting():
                _validate(job_id)
            return response


def _declare(app: Chalice, runs: Runs) -> None:
    """The routes that there are locally only. Chalice takes a view's arguments from the path."""

    @app.route("/scenarios", methods=["GET"])  # type: ignore[untyped-decorator]  # Chalice ships no types
    def every_scenario() -> Response:
        """What can be run, as a page."""
        return Response(body=scenarios_page(runs.kept), headers=dict(HEADERS))

    @app.route("/scenarios/{name}", methods=["POST"], content_types=[JSON, FORM])  # type: ignore[untyped-decorator]  # likewise
    def scenarios(name: str) -> Any:
        """Run a scenario: `?seed=N&faults=PROFILE`; a browser is sent to the run's page."""
        run = _begun(runs, name, app.current_request.query_params or {})
        if FORM in app.current_request.headers.get("content-type", ""):
            return _sent_to(f"/runs/{run.number}")
        return {
            **run.report.as_json(),
            "run": run.number,
            "findings": len(run.entries),
            "timeline": run.timeline,
        }

    @app.route("/runs/{number}", methods=["GET"])  # type: ignore[untyped-decorator]  # likewise
    def one_run(number: str) -> Response:
        """What happened in a run, as a page."""
        return Response(body=run_page(_run_of(runs, number)), headers=dict(HEADERS))

    @app.route("/runs/{number}/decisions", methods=["POST"], content_types=[FORM])  # type: ignore[untyped-decorator]  # likewise
    def decisions(number: str) -> Response:
        """Approve, refuse or undo a finding of a run as one of several people."""
        run = _run_of(runs, number)
        form = {name: values[0] for name, values in parse_qs(app.current_request.raw_body.decode()).items()}
        finding, (verb, _, how) = form.get("finding", ""), form.get("verb", "").partition(" ")
        found = next((each for each in run.entries if each.id == finding), None)
        if found is None or verb not in set(Verb) or form.get("who") not in PLAYED:
            raise BadRequestError("finding, verb and who are those of the page")
        dry = {"dry_run": True} if how else {}
        body = {"plan": found.plan.digest, **dry}
        asked = Asked(who=form["who"], method="POST", path=path_of("findings", finding, verb), body=body)
        _keep(list(runs.ask(run, asked).entries))
        return _sent_to(f"/findings/{quote(finding, safe=':')}")


def _begun(runs: Runs, name: str, asked: Mapping[str, str]) -> Run:
    seed, faults = asked.get("seed", "1"), asked.get("faults", "none")
    if not seed.isascii() or not seed.isdigit():
        raise BadRequestError(f"seed must be a whole number, not {seed!r}")
    if faults not in PROFILES:
        raise BadRequestError(f"there is no fault profile {faults!r}; there are {', '.join(PROFILES)}")
    try:
        (scenario,) = in_library(name)
    except UnknownScenario as error:
        raise NotFoundError(str(error)) from error
    except ValueError as error:
        raise BadRequestError("name one scenario") from error
    try:
        run = runs.begin(scenario, int(seed), faults)
    except NotSimulated as error:
        raise BadRequestError(str(error)) from error
    _keep(list(run.entries))
    return run


def _run_of(runs: Runs, number: str) -> Run:
    if number.isascii() and number.isdigit() and int(number) < len(runs.kept):
        return runs.kept[int(number)]
    raise NotFoundError(f"there is no run {number!r}")


def _sent_to(path: str) -> Response:
    return Response(body="", status_code=303, headers={"Location": path})


# ---- what is asked about a run's findings and dead letters ------------------------------------------


def _in_a_run(runs: Runs, request: Any) -> Response | None:
    """What the API of a run's world answers; None for a request that is about no run."""
    resource, method = request.context.get("resourcePath", ""), request.method
    if resource == "/dead-letters":
        letters = [each for run in runs.kept for each in run.letters]
        return Response(body={"dead_letters": letters, "hidden": 0})
    if method != "POST":
        return None
    if resource == "/dead-letters/redrive":
        return _redriven(runs, request)
    finding = unquote((request.uri_params or {}).get("id", ""))
    run = runs.of_finding(finding)
    if run is None or not resource.startswith("/findings/{id}/"):
        return None
    path = path_of("findings", finding, resource.rpartition("/")[2])
    again = runs.ask(run, Asked(who=_who(request), method="POST", path=path, body=_body_of(request)))
    _keep(list(again.entries))
    assert again.answer is not None  # it was asked just now
    return Response(body=again.answer.json, status_code=again.answer.status)


def _redriven(runs: Runs, request: Any) -> Response | None:
    """Each run sends its own; without any letter the route itself answers."""
    body = _body_of(request)
    wanted = {letter["id"] for run in runs.kept for letter in run.letters}
    ids = wanted if body == {"all": True} else set(body.get("ids", ())) & wanted
    if not ids:
        return None
    answers = []
    for run in {found.number: found for each in ids if (found := runs.of_letter(each))}.values():
        mine = [letter["id"] for letter in run.letters if letter["id"] in ids]
        asked = Asked(who=_who(request), method="POST", path="/dead-letters/redrive", body={"ids": mine})
        again = runs.ask(run, asked)
        _keep(list(again.entries))
        assert again.answer is not None  # likewise
        answers.append(again.answer.json)
    return Response(
        body={
            "sent": [each for answer in answers for each in answer["sent"]],
            "not_sent": {name: why for answer in answers for name, why in answer["not_sent"].items()},
            "hidden": sum(answer["hidden"] for answer in answers),
        }
    )


def _who(request: Any) -> str:
    """Whoever the request says has signed it: nobody checks it here."""
    signed = re.search(r"Credential=([A-Za-z0-9]+)/", request.headers.get("authorization", ""))
    # On a machine of one's own one is often root; nobody is the account's root user by that.
    return signed[1] if signed and signed[1] != "root" else "ann"


def _body_of(request: Any) -> Any:
    try:
        body = json.loads(request.raw_body or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


# ---- validations --------------------------------------------------------------------------------


def _waiting() -> list[str]:
    """The ids of the validations that wait in the local queue; they leave it."""
    sqs, url = boto3.client("sqs"), os.environ[VALIDATIONS]
    ids = []
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
        ids.append(json.loads(message["Body"])["job"])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return ids


def _validate(job_id: str) -> None:
    """Validate in a world of its own, then carry over what it came to."""
    asked = found(_local_ledger(), job_id)
    assert asked is not None  # the route writes it before it sends the message
    local = Snapshot.taken()
    deployment = Deployment(
        template=packaged_template(REGION),
        parameters=(("AlertEmail", ON_CALL), NO_HEARTBEAT),
        home=REGION,
        regions=(REGION,),
        start=asked.asked_at - TRAIL_AGE,
    )
    try:
        with World(deployment) as world:
            world.run(TRAIL_AGE.total_seconds())
            _send(world, asked)
            world.run(VALIDATED_WITHIN.total_seconds())
            with world.calls.muted():
                ledger, entries = _ledger_of(world), _entries(world)
                job, done = found(ledger, job_id) or asked, slices(ledger, job_id)
    finally:
        local.restore()
    _keep(entries)
    planned(_local_ledger(), job)
    for number, each in enumerate(done):
        settle_slice(_local_ledger(), job_id, str(number), each, asked.asked_at)


def _send(world: World, job: Job) -> None:
    """What the route does on AWS, in the world."""
    with world.calls.muted():
        begin(
            world.harness.client("sqs"),
            world.home.resources["Validations"].physical_id,
            _ledger_of(world),
            job,
        )


# ---- ledgers ------------------------------------------------------------------------------------


def _local_ledger() -> Ledger:
    return Ledger(boto3.client("dynamodb"), TABLE)


def _ledger_of(world: World) -> Ledger:
    client = world.harness.client("dynamodb", region_name=REGION)
    return Ledger(client, world.home.resources["Ledger"].physical_id)


def _keep(entries: list[LedgerEntry]) -> None:
    for entry in entries:
        _local_ledger().copy(entry)


def _entries(world: World) -> list[LedgerEntry]:
    """What the world's own ledger holds."""
    return [entry for each in CATALOG for entry in _ledger_of(world).newest(each.name, MOST_ENTRIES)]
