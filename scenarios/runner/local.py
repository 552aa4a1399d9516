"""What `chalice local --stage local` attaches: the simulated AWS behind the HTTP side, and one more route.

`POST /scenarios/{name}` runs a scenario in a world of its own and keeps its findings in the
local ledger, so that `GET /findings` and the page show them. No account, no network; one
scenario at a time, since frozen time can't serve two.
"""

import os
import threading
from typing import Any

import boto3
from chalice import BadRequestError, Chalice, NotFoundError
from moto import mock_aws

from chalicelib.catalog import CATALOG
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.table import SHAPE
from chalicelib.settings import LEDGER
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.cloud.world import World
from scenarios.runner.library import UnknownScenario, in_library
from scenarios.runner.run import Report, run

REGION = "us-east-1"
TABLE = "local-ledger"
MOST_ENTRIES = 1000  # of each remediation, carried over from a scenario

_one_at_a_time = threading.Lock()


def attach(app: Chalice) -> None:
    """Called by app.py when the stage's environment names it."""
    os.environ.update({"AWS_DEFAULT_REGION": REGION, LEDGER: TABLE})
    mock_aws().start()
    _create_ledger()

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
    with _one_at_a_time:
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
        ledger = Ledger(boto3.client("dynamodb"), TABLE)
        for entry in entries:
            ledger.copy(entry)
        return report, entries


def _entries(world: World) -> list[LedgerEntry]:
    """What the world's own ledger holds."""
    client = boto3.client("dynamodb", region_name=world.deployment.home)
    ledger = Ledger(client, world.home.resources["Ledger"].physical_id)
    return [entry for each in CATALOG for entry in ledger.newest(each.name, MOST_ENTRIES)]


def _create_ledger() -> None:
    boto3.client("dynamodb").create_table(TableName=TABLE, **SHAPE)


def _timeline(report: Report) -> list[dict[str, Any]]:
    return [
        {"seconds": (moment.at - report.began).total_seconds(), "kind": moment.kind, "words": moment.words}
        for moment in report.timeline
    ]
