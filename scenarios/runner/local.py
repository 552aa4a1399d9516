"""What `chalice local --stage local` attaches: the simulated AWS behind the HTTP side, and one more route.

`POST /scenarios/{name}` runs a scenario in a world of its own and keeps its findings in the
local ledger, so that `GET /findings` and the page show them. `POST /validations` sends its message to a queue
as on AWS; what waits there is then validated in a world whose trail is four hours old. No account, no
network; one request at a time, because a world replaces moto's state and freezes time for the whole process.
"""

import json
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
from chalice import BadRequestError, Chalice, NotFoundError, Response
from moto import mock_aws

from chalicelib.catalog import CATALOG
from chalicelib.http.validation_requests import begin
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.table import SHAPE
from chalicelib.ledger.validations import Job, found, planned, settle_slice, slices
from chalicelib.settings import LEDGER, VALIDATIONS
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.cloud.world import Deployment, World
from scenarios.runner.library import UnknownScenario, in_library
from scenarios.runner.run import ON_CALL, Report, packaged_template, run

REGION = "us-east-1"
TABLE = "local-ledger"
QUEUE = "local-validations"
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
    os.environ.update({"AWS_DEFAULT_REGION": REGION, LEDGER: TABLE})
    boto3.client("dynamodb").create_table(TableName=TABLE, **SHAPE)
    os.environ[VALIDATIONS] = boto3.client("sqs").create_queue(QueueName=QUEUE)["QueueUrl"]

    @app.middleware("http")  # type: ignore[untyped-decorator]  # Chalice ships no types
    def one_request_at_a_time(request: Any, answer: Callable[[Any], Response]) -> Response:
        """Answer, then do what SQS and the function behind the queue do on AWS."""
        with _one_at_a_time:
            response = answer(request)
            for job_id in _waiting():
                _validate(job_id)
            return response

    # Chalice takes a view's arguments from the path; the function's name is the route's.
    @app.route("/scenarios/{name}", methods=["POST"])  # type: ignore[untyped-decorator]  # Chalice ships no types
    def scenarios(name: str) -> dict[str, Any]:
        """Run a scenario: `?seed=N&faults=PROFILE`."""
        asked = app.current_request.query_params or {}
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
            report, entries = _run(scenario, int(seed), faults)
        except NotSimulated as error:
            raise BadRequestError(str(error)) from error
        return {**report.as_json(), "findings": len(entries), "timeline": _timeline(report)}


def _run(scenario: Any, seed: int, faults: str) -> tuple[Report, list[LedgerEntry]]:
    """Run in a world of its own, then carry its findings over into the local ledger."""
    local = moto_hooks.Snapshot()
    entries: list[LedgerEntry] = []
    try:
        report = run(
            scenario,
            seed=seed,
            faults=PROFILES[faults],
            before_leaving=lambda world: entries.extend(_entries(world)),
        )
    finally:
        local.restore()
    _keep(entries)
    return report, entries


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
    local = moto_hooks.Snapshot()
    deployment = Deployment(
        template=packaged_template(REGION),
        parameters=(("AlertEmail", ON_CALL),),
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


def _timeline(report: Report) -> list[dict[str, Any]]:
    return [
        {"seconds": (moment.at - report.began).total_seconds(), "kind": moment.kind, "words": moment.words}
        for moment in report.timeline
    ]
