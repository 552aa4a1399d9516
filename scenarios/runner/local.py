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

from chalicelib.settings import LEDGER
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.runner.library import UnknownScenario, named
from scenarios.runner.run import Report, run

REGION = "us-east-1"
TABLE = "local-ledger"

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
            (scenario,) = named([name])
        except UnknownScenario as error:
            raise NotFoundError(str(error)) from error
        except ValueError as error:
            raise BadRequestError("name one scenario") from error
        try:
            report, items = _run(scenario, int(seed), faults)
        except NotSimulated as error:
            raise BadRequestError(str(error)) from error
        return {**report.as_json(), "findings": len(items), "timeline": _timeline(report)}


def _run(scenario: Any, seed: int, faults: str) -> tuple[Report, list[dict[str, Any]]]:
    """Run in a world of its own, then carry its findings over into the local ledger."""
    with _one_at_a_time:
        local = moto_hooks.Snapshot()
        items: list[dict[str, Any]] = []
        try:
            report = run(
                scenario,
                seed=seed,
                faults=PROFILES[faults],
                before_leaving=lambda world: items.extend(
                    _findings(world.home.resources["Ledger"].physical_id, world.deployment.home)
                ),
            )
        finally:
            local.restore()
        client = boto3.client("dynamodb")
        for item in items:
            client.put_item(TableName=TABLE, Item=item)
        return report, items


def _findings(table: str, region: str) -> list[dict[str, Any]]:
    found = boto3.client("dynamodb", region_name=region).scan(TableName=table)["Items"]
    return [dict(item) for item in found if item["pk"]["S"].startswith("finding#")]


def _create_ledger() -> None:
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )


def _timeline(report: Report) -> list[dict[str, Any]]:
    return [
        {"seconds": (moment.at - report.began).total_seconds(), "kind": moment.kind, "words": moment.words}
        for moment in report.timeline
    ]
