"""Node's SDK against the served AWS, where TRAILWARDEN_NODE_SDK names the folder that holds it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.project import PROJECT

FOLDER = os.environ.get("TRAILWARDEN_NODE_SDK", "")
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(not (NODE and FOLDER), reason="Node's SDK isn't installed")


def test_the_docs_example_runs_and_an_item_comes_back(empty):
    page = (PROJECT / "docs" / "serve.md").read_text()
    [block] = re.findall(
        r"(?:^    (?:import \{ DynamoDB|const client|console\.log).*\n)+", page, re.MULTILINE
    )
    more = """
        const { CreateTableCommand, GetItemCommand, PutItemCommand } =
          await import("@aws-sdk/client-dynamodb");
        const named = { TableName: "by-node" };
        await client.send(new CreateTableCommand({ ...named, BillingMode: "PAY_PER_REQUEST",
          AttributeDefinitions: [{ AttributeName: "k", AttributeType: "S" }],
          KeySchema: [{ AttributeName: "k", KeyType: "HASH" }] }));
        await client.send(new PutItemCommand({ ...named, Item: { k: { S: "1" } } }));
        const found = await client.send(new GetItemCommand({ ...named, Key: { k: { S: "1" } } }));
        console.log("FOUND " + JSON.stringify(found.Item));
    """
    script = Path(FOLDER) / "trailwarden-example.mjs"
    script.write_text(block.replace("http://127.0.0.1:4566", empty.url) + more)
    try:
        done = subprocess.run(
            [NODE, script.name],
            cwd=FOLDER,
            env={**os.environ, "AWS_ACCESS_KEY_ID": "ann", "AWS_SECRET_ACCESS_KEY": "any"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        script.unlink()

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.rpartition("FOUND ")[2]) == {"k": {"S": "1"}}
