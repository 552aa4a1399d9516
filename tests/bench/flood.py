"""So many deletions in one simulated minute: what is told, what is counted, what the ledger writes.

    .venv/bin/python tests/bench/flood.py [DELETIONS]

Every deletion is a finding, and is told or counted in an alert that is sent; none is lost. The wall time is
the simulated AWS's, not Lambda's. The ledger's items are kept in memory here, so that ten thousand take a
minute or two; `tests/scenarios/incidents/test_flood.py` sends fewer the whole way to DynamoDB, under IAM.
"""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.client import BaseClient

from scenarios.cloud.asked import SendThese
from scenarios.cloud.dynamodb.table_in_memory import TableInMemory
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.runner.imperative import ImperativeWorld, open_world

WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
PRINCIPAL = "arn:aws:iam::123456789012:user/mallory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flooded:
    """What came of a flood. `outcomes`: of the findings; `counted`: as the last alert counts them.

    `writes`: how often table_deleted's function wrote the ledger; with a ledger in memory, all functions.
    """

    deletions: int
    outcomes: Counter[str]
    subjects: tuple[str, ...]
    counted: int
    lost: int
    writes: int


class Ledger(TableInMemory):
    """The ledger's items in memory, and how often they were written."""

    writes = 0

    def _put(self, client: BaseClient, parameters: Mapping[str, Any], send: SendThese) -> dict[str, Any]:
        answer = super()._put(client, parameters, send)  # a write that a condition refuses raises
        self.writes += 1
        return answer

    def outcomes(self) -> Counter[str]:
        """Of its findings."""
        items = (self._item(pk, sk) or {} for pk, sorts in self._ordered.items() for sk in sorts)
        return Counter(item["outcome"]["S"] for item in items if "outcome" in item)


def flooded(deletions: int, *, in_memory: bool = False) -> Flooded:
    """Have so many tables deleted within a minute, and wait for the next hour's count.

    `in_memory`: the ledger is no table of DynamoDB's.
    """
    writes: list[str] = []
    ledger: Ledger | None = None
    with open_world() as world:
        simulated = world.simulated
        simulated.calls.after_everything(partial(_note, writes, world.physical_id("TableDeleted")))
        if in_memory:
            reader = world.client("reader", "dynamodb")
            ledger = Ledger(simulated.setting, reader, world.physical_id("Ledger"))
            simulated.functions.logs.writes = False  # nobody reads them
        for number in range(deletions):
            emit = partial(simulated.eventbridge.emit, "us-east-1", record(number))
            simulated.clock.after(60 * number / deletions, emit, f"the table junk-{number} is deleted")
        world.run(hours=1, minutes=5)
        mails = [mail for mail in world.inbox if mail.attributes.get("remediation") == "table_deleted"]
        kept = simulated.queues.bodies(simulated.home.resources["DeadLetters"].attributes["Arn"])
        gone = [moment for moment in simulated.setting.trace if moment.kind in ("lost", "undelivered")]
        outcomes = ledger.outcomes() if ledger else _outcomes(world)
    return Flooded(
        deletions=deletions,
        outcomes=outcomes,
        subjects=tuple(mail.subject for mail in mails),
        counted=_counted(mails[-1].text),
        lost=len(kept) + len(gone),
        writes=ledger.writes if ledger else len(writes),
    )


def record(number: int) -> dict[str, object]:
    """EventBridge's event of one deletion."""
    identity = f"70000000-0000-4000-8000-{number:012d}"
    return {
        "version": "0",
        "id": identity,
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.dynamodb",
        "account": "123456789012",
        "time": "2026-03-02T03:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventVersion": "1.11",
            "userIdentity": {"type": "IAMUser", "arn": PRINCIPAL},
            "eventTime": "2026-03-02T03:00:00Z",
            "eventSource": "dynamodb.amazonaws.com",
            "eventName": "DeleteTable",
            "awsRegion": "us-east-1",
            "requestParameters": {"tableName": f"junk-{number}"},
            "eventID": identity,
        },
    }


def _note(writes: list[str], function: str, call: ApiCall) -> None:
    """Only what this function writes: the others write by the clock, not for a deletion."""
    wrote = call.service == "dynamodb" and call.operation in WRITES and not call.error
    if wrote and call.caller.function_arn.endswith(f":{function}"):
        writes.append(call.operation)


def _outcomes(world: ImperativeWorld) -> Counter[str]:
    with world.simulated.calls.muted():
        client = world.client("reader", "dynamodb")
        pages = client.get_paginator("scan").paginate(TableName=world.physical_id("Ledger"))
        return Counter(item["outcome"]["S"] for page in pages for item in page["Items"] if "outcome" in item)


def _counted(text: str) -> int:
    """The number in the last alert's line `Counted: 300 from ...`."""
    (line,) = (line for line in text.splitlines() if line.startswith("Counted:"))
    return int(line.split()[1])


def main() -> None:
    """Print what came of it."""
    deletions = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    began = time.perf_counter()
    found = flooded(deletions, in_memory=True)
    seconds = time.perf_counter() - began
    lines = (
        f"deletions      {found.deletions:>8,}",
        f"findings       {sum(found.outcomes.values()):>8,}  {dict(found.outcomes)}",
        f"messages       {len(found.subjects):>8,}  the last counts {found.counted:,}",
        f"lost           {found.lost:>8,}",
        f"ledger writes  {found.writes:>8,}  {found.writes / deletions:.1f} for each",
        f"wall seconds   {seconds:>8.1f}  {1000 * seconds / deletions:.1f} ms for each",
    )
    sys.stdout.write("\n".join((*lines, "")))


if __name__ == "__main__":
    main()
