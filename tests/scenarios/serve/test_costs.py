"""What a served world costs that nothing is asked of, and one that is asked a lot."""

import http.client
import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
from moto.dynamodb.models.dynamo_type import Item

from scenarios.serve.timeline import MOST_LINES
from tests.sample import ALL
from tests.scenarios.serve.inside import inside

IDLE_SECONDS = 20 if ALL else 1
REQUESTS = 24_000 if ALL else 600
WARM = REQUESTS // 2  # the first ones fill caches and, of so many, the timeline
HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=ann/20260302/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=unread",
    "X-Amz-Target": "DynamoDB_20120810.GetItem",
}

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="/proc is Linux's")


def kilobytes(process):
    """What it holds in memory."""
    [line] = [
        line
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    ]
    return int(line.split()[1])


def test_an_idle_world_costs_no_processor_time(empty):
    empty.get("/_world/clock")
    before = empty.processor_seconds()

    time.sleep(IDLE_SECONDS)

    assert empty.processor_seconds() - before <= max(0.03, 0.01 * IDLE_SECONDS)


@pytest.mark.slow
def test_what_is_only_read_leaves_memory_as_it_is(empty):
    dynamodb = empty.client("dynamodb")
    dynamodb.create_table(
        TableName="read-only",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    empty.post("/_world/clock", {"advance": "1m"})
    asked = json.dumps({"TableName": "read-only", "Key": {"k": {"S": "1"}}})
    client = http.client.HTTPConnection(*empty.url.removeprefix("http://").split(":"))

    def read(times):
        for _ in range(times):
            client.request("POST", "/", asked, HEADERS)
            with client.getresponse() as answer:
                assert (answer.status, answer.read()) == (200, b"{}")

    read(WARM)
    before = kilobytes(empty.process)
    read(REQUESTS - WARM)
    grown = kilobytes(empty.process) - before
    client.close()

    # Measured over 30,000: nothing once the timeline was full; until then a line for each.
    # The allocator takes a megabyte now and then, which is nobody's leak: a record kept of each
    # request would be twelve.
    assert grown < 3_000, grown
    newest = empty.get("/_world/timeline?most=100000")
    assert len(newest) <= MOST_LINES
    assert newest[-1]["words"] == "ann calls dynamodb GetItem"
    assert newest[-1]["number"] >= REQUESTS


@pytest.mark.slow
def test_what_is_written_over_is_not_kept():
    with inside() as aws:
        aws.json(
            "dynamodb",
            "DynamoDB_20120810.CreateTable",
            TableName="written",
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        aws.served.advance(timedelta(minutes=1))
        for _ in range(300):
            aws.json("dynamodb", "DynamoDB_20120810.PutItem", TableName="written", Item={"k": {"S": "1"}})

        assert len(Item.instances_tracked) < 300
