"""README's own commands to deploy, run by an unmodified AWS CLI against the served AWS, and what follows.

It needs `aws` on the path, or its place in TRAILWARDEN_AWS_CLI, and takes a minute or two: the AWS CLI asks
every half minute of real time whether a stack is there. `.ci/run` installs one in an environment of its own.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import PROJECT
from tests.sample import ALL
from tests.scenarios.serve.serving import served

AWS = os.environ.get("TRAILWARDEN_AWS_CLI") or shutil.which("aws")
MAIL = "you@example.com"
TRAILWARDEN = "import sys; from scenarios.commands.cli import main; main(sys.argv[1:])"

pytestmark = [
    pytest.mark.skipif(not AWS, reason="the AWS CLI isn't installed"),
    pytest.mark.skipif(not ALL, reason="it takes a minute or two: .ci/run tries it"),
]


def block(page, heading, number=0):
    """The commands of the n-th indented block under a heading, a list of words each, comments left out."""
    text = (PROJECT / page).read_text().split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"(?:^ {4}.*\n)+", text, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in blocks[number].replace("\\\n", " ").splitlines()]


class Account:
    """Somebody at a shell, whose commands reach the served AWS."""

    def __init__(self, endpoint, folder: Path) -> None:
        self.endpoint, self.folder = endpoint, folder

    def runs(self, words, *, who="ann", exits=(0,)):
        """Run one of README's commands; returns what it printed."""
        told = {"YOUR_BUCKET": "artifacts", "LEDGER": self.output("LedgerName")}
        words = [told.get(word, word) for word in words]
        if words[0] == "aws":
            words = [AWS, *words[1:]]
        elif words[0].endswith("trailwarden"):
            words = [sys.executable, "-c", TRAILWARDEN, *words[1:]]
        done = subprocess.run(
            words, env=self._environment(who), cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode in exits, (words, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    def output(self, name):
        """An output of the stack; "" before there is one."""
        stacks = self.endpoint.client("cloudformation").describe_stacks()["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for stack in stacks for each in stack["Outputs"]}
        return outputs.get(name, "")

    def subjects(self):
        return [mail["subject"] for mail in self.endpoint.get("/_world/inbox")]

    def passes(self, time):
        assert self.endpoint.post("/_world/clock", {"advance": time})[0] == 200

    def confirms(self):
        """Follow the link in each mail that asks for it."""
        for mail in self.endpoint.get("/_world/inbox"):
            if "Subscription Confirmation" in mail["subject"]:
                self.endpoint.client("sns").confirm_subscription(
                    TopicArn=mail["topic_arn"], Token=mail["token"]
                )

    def _environment(self, who):
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "AWS_ACCESS_KEY_ID": who,
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONPATH": str(PROJECT),
        }


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    with served("--empty", "--speed", "60") as endpoint:
        yield Account(endpoint, tmp_path_factory.mktemp("deploys"))


def test_readme_deploys_and_the_stack_that_stands_tells_what_is_done(account):
    account.endpoint.client("s3").create_bucket(Bucket="artifacts")
    commands = block("README.md", "Deploy")
    assert [words[:3] for words in commands[1:]] == [
        ["aws", "cloudformation", "package"],
        ["aws", "cloudformation", "deploy"],
    ]
    for words in commands:
        account.runs(words)
    account.confirms()

    mallory = "mallory"
    dynamodb = account.endpoint.client("dynamodb", key=mallory)
    dynamodb.create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    account.runs(shlex.split("aws dynamodb delete-table --table-name orders"), who=mallory)
    trail = account.endpoint.client("cloudtrail").describe_trails()["trailList"][0]["TrailARN"]
    account.runs(["aws", "cloudtrail", "stop-logging", "--name", trail], who=mallory)
    account.passes("10m")

    told = account.subjects()
    assert any("table orders was deleted" in subject for subject in told), told
    assert any(subject.startswith("CRITICAL") and "trail" in subject for subject in told), told

    status = account.endpoint.client("cloudtrail").get_trail_status(Name=trail)
    assert status["IsLogging"] is False  # a fresh deploy observes

    deploy = [*commands[-1], "TrailStoppedMode=enforce"]
    account.runs(deploy)
    account.endpoint.client("cloudtrail").start_logging(Name=trail)
    account.passes("70m")  # the hourly look has seen it well
    account.runs(["aws", "cloudtrail", "stop-logging", "--name", trail], who=mallory)
    account.passes("10m")

    assert account.endpoint.client("cloudtrail").get_trail_status(Name=trail)["IsLogging"] is True

    said = account.runs(shlex.split("trailwarden doctor --region us-east-1"), exits=(0, 1))
    assert "Could not tell" not in said, said

    found = account.runs(
        ["trailwarden", "findings", "--since", "24h", "--url", f"{account.endpoint.url}/prod"]
    )
    assert "trail_stopped" in found


def test_the_docs_remove_it_and_say_what_stays(account):
    for words in block("docs/deploying.md", "Removing it"):
        account.runs(words)
    account.passes("30m")
    [stack] = account.endpoint.client("cloudformation").list_stacks()["StackSummaries"]
    buckets = [each["Name"] for each in account.endpoint.client("s3").list_buckets()["Buckets"]]

    assert stack["StackStatus"] == "DELETE_COMPLETE"
    assert any("trailbucket" in name for name in buckets), buckets
