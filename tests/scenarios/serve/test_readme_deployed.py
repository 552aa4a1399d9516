"""README's own commands, run by an unmodified AWS CLI against the served AWS: deployed, used, and removed.

It needs `aws` on the path, or its place in TRAILWARDEN_AWS_CLI, and takes two minutes: the AWS CLI asks every
half minute of real time whether a stack is there. `.ci/run` installs one in an environment of its own.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.project import PROJECT
from tests.sample import ALL
from tests.scenarios.serve.serving import served

AWS = os.environ.get("TRAILWARDEN_AWS_CLI") or shutil.which("aws")
TRAILWARDEN = "import sys; from scenarios.commands.cli import main; main(sys.argv[1:])"
HOME, ROOTS = "eu-west-1", "us-east-1"  # the docs' own: the stack's home, and where root's sign-ins are told
INSTANCE = "i-0123456789abcdef0"
GUESSER = "203.0.113.99"

pytestmark = [
    pytest.mark.skipif(not AWS, reason="the AWS CLI isn't installed"),
    pytest.mark.skipif(not ALL, reason="it takes two minutes: .ci/run tries it"),
]


def commands(page, heading):
    """The commands of the indented blocks under a heading, a list of words each, comments left out."""
    text = re.split(rf"\n##+ {heading}\n", (PROJECT / page).read_text())[1].split("\n## ", 1)[0]
    blocks = re.findall(r"(?:^ {4}.*\n)+", text, re.MULTILINE)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines]


def command(page, heading, word):
    """The one command under a heading that has this word."""
    [found] = [words for words in commands(page, heading) if word in words]
    return found


class Account:
    """Somebody at a shell, whose commands reach the served AWS."""

    def __init__(self, endpoint, folder: Path, began: datetime) -> None:
        self.endpoint, self.folder, self.began = endpoint, folder, began

    def runs(self, words, *, who="ann", exits=(0,), **told):
        """Run one of the docs' commands, with what they leave open; returns what it printed."""
        told = {"YOUR_BUCKET": "artifacts", **told}
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

    def aws(self, line, *, who="ann"):
        return self.runs(["aws", *shlex.split(line)], who=who)

    def client(self, service, region=HOME, key="ann"):
        return self.endpoint.client(service, region=region, key=key)

    def output(self, name):
        """An output of the stack."""
        [stack] = self.client("cloudformation").describe_stacks(StackName="trailwarden")["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}[name]

    @property
    def trail(self):
        return self.client("cloudtrail").describe_trails()["trailList"][0]["TrailARN"]

    @property
    def now(self):
        return datetime.fromisoformat(self.endpoint.get("/_world/clock")["now"])

    def is_told(self, *words):
        """A mail came that has all these words."""
        mails = [f"{mail['subject']}\n{mail['text']}" for mail in self.endpoint.get("/_world/inbox")]
        subjects = [mail.partition("\n")[0] for mail in mails]
        assert any(all(word in mail for word in words) for mail in mails), (words, subjects)

    def passes(self, time):
        assert self.endpoint.post("/_world/clock", {"advance": time})[0] == 200

    def finding(self, remediation):
        """The newest finding of a remediation."""
        found = self.runs(
            [*command("README.md", "On call", "findings"), "--remediation", remediation, "--format", "json"]
        )
        return json.loads(found.splitlines()[0])

    def _environment(self, who):
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "AWS_ACCESS_KEY_ID": who,
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": HOME,
            "AWS_ENDPOINT_URL": self.endpoint.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONPATH": str(PROJECT),
        }


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    # Its clock is moved ahead, and the commands that end now, by the machine's, are to reach that far.
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)
    with served(
        "--empty", "--region", HOME, "--speed", "60", "--start", f"{began:%Y-%m-%dT%H:%M:%S}"
    ) as endpoint:
        yield Account(endpoint, tmp_path_factory.mktemp("deploys"), began)


def test_the_docs_commands_deploy_use_and_remove_it(account):
    account.client("s3").create_bucket(
        Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": HOME}
    )
    before = everything(account)
    readme_deploys(account)
    a_fresh_deploy_observes(account)
    the_docs_deploy_the_rest(account)
    what_happens_is_told(account)
    people_decide(account)
    the_trail_is_sound_and_nothing_is_unwatched(account)
    the_docs_remove_it(account)
    what_stays_is_what_the_docs_say(before, everything(account))


# ---- deployed -----------------------------------------------------------------------------------


def readme_deploys(account):
    package, *deploy, doctor = commands("README.md", "Deploy")
    assert (len(deploy), "doctor" in doctor) == (2, True)
    for words in (package, *deploy):
        account.runs(words)
    confirm = command("docs/deploying.md", "The stack", "confirm-subscription")
    for mail in account.endpoint.get("/_world/inbox"):
        if "Subscription Confirmation" in mail["subject"]:
            account.runs(confirm, TOPIC_ARN=mail["topic_arn"], TOKEN=mail["token"])


def a_fresh_deploy_observes(account):
    a_table_is_deleted(account)
    account.aws(f"cloudtrail stop-logging --name {account.trail}", who="mallory")
    account.passes("10m")

    account.is_told("HIGH: DynamoDB table orders was deleted", "mallory", "enforce Trailwarden would do")
    account.is_told("CRITICAL: Logging of the audit trail", "was stopped", "mallory")
    assert "orders" not in account.aws("dynamodb list-tables")
    assert not is_logging(account)
    account.aws(f"cloudtrail start-logging --name {account.trail}")


def the_docs_deploy_the_rest(account):
    """Each in a shell of its own: the AWS CLI waits half a minute for each."""
    again = command("README.md", "Deploy", "deploy")
    deploys = [
        [*again, "TrailStoppedMode=enforce", "TableDeletedMode=approve"],
        command("docs/deploying.md", "Other regions", "deploy"),
        command("docs/deploying.md", "Hosts", "deploy"),
    ]
    with ThreadPoolExecutor() as shells:
        list(shells.map(account.runs, deploys))
    account.runs(command("docs/deploying.md", "The stack", "update-termination-protection"))


# ---- used ---------------------------------------------------------------------------------------


def what_happens_is_told(account):
    a_table_is_deleted(account)
    root_signs_in(account)
    passwords_are_guessed(account)
    a_host_is_overloaded(account)
    account.passes("30m")  # the hourly look sees the trail well before it is stopped
    account.aws(f"cloudtrail stop-logging --name {account.trail}", who="mallory")
    account.passes("10m")

    account.is_told("HIGH: DynamoDB table orders was deleted", "waits for a yes")
    account.is_told("CRITICAL: Root signed in without MFA", "203.0.113.7")
    account.is_told("failed SSH logins", GUESSER)
    account.is_told("overloaded", INSTANCE)
    assert is_logging(account)


def root_signs_in(account):
    """Nobody has root's password here: the sign-in's event is all there is of it."""
    detail = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "Root",
            "principalId": "123456789012",
            "arn": "arn:aws:iam::123456789012:root",
            "accountId": "123456789012",
        },
        "eventTime": f"{account.now:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": ROOTS,
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "Mozilla/5.0",
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": "No"},
        "eventID": "7c4d3a3e-5f0e-4d6b-9c55-0123456789ab",
        "eventType": "AwsConsoleSignIn",
    }
    told = {
        "source": "aws.signin",
        "detail-type": "AWS Console Sign In via CloudTrail",
        "region": ROOTS,
        "detail": detail,
    }
    assert account.endpoint.post("/_world/emit", told)[0] == 200


def passwords_are_guessed(account):
    now = account.now
    lines = [
        {
            "timestamp": int((now + timedelta(seconds=number)).timestamp() * 1000),
            "message": f"{now:%b %d %H:%M:%S} bastion sshd[21{number:02d}]: "
            f"Failed password for root from {GUESSER} port 40{number:03d} ssh2",
        }
        for number in range(6)
    ]
    (account.folder / "lines.json").write_text(json.dumps(lines))
    group = account.output("SecureGroupName")
    account.aws(f"logs create-log-stream --log-group-name {group} --log-stream-name bastion")
    account.aws(
        f"logs put-log-events --log-group-name {group} --log-stream-name bastion "
        "--log-events file://lines.json"
    )


def a_host_is_overloaded(account):
    """The disk by the agent's metric; the CPU's metric is EC2's own, so its alarm is tried by hand."""
    data = [
        {
            "MetricName": "disk_used_percent",
            "Value": 97,
            "Unit": "Percent",
            "Timestamp": (account.now - timedelta(minutes=minutes)).isoformat(),
            "Dimensions": [
                {"Name": "InstanceId", "Value": INSTANCE},
                {"Name": "path", "Value": "/"},
                {"Name": "fstype", "Value": "xfs"},
            ],
        }
        for minutes in range(16)
    ]
    (account.folder / "disk.json").write_text(json.dumps(data))
    account.aws("cloudwatch put-metric-data --namespace CWAgent --metric-data file://disk.json")
    account.passes("2m")
    cpu = json.loads(
        account.aws("cloudwatch describe-alarms --query 'MetricAlarms[?MetricName==`CPUUtilization`]'")
    )
    [name] = [alarm["AlarmName"] for alarm in cpu]
    account.aws(f"cloudwatch set-alarm-state --alarm-name {name} --state-value ALARM --state-reason tried")


def people_decide(account):
    findings, show, approve, undo, redrive = commands("README.md", "On call")

    assert "root_login" in account.runs(findings)
    deleted, stopped = account.finding("table_deleted")["id"], account.finding("trail_stopped")["id"]
    assert "mallory" in account.runs(show, ID=deleted)
    account.runs([*approve, "--yes"], who="mallory", ID=deleted, exits=(1,))
    account.runs([*approve, "--yes"], ID=deleted)
    assert "orders" in account.client("dynamodb").list_tables()["TableNames"]
    assert "stop-logging" in account.runs(undo, ID=stopped)
    assert is_logging(account)
    account.runs([*(word for word in undo if word != "--dry-run"), "--yes"], ID=stopped)
    assert not is_logging(account)
    account.runs(redrive)
    account.aws(f"cloudtrail start-logging --name {account.trail}")


def the_trail_is_sound_and_nothing_is_unwatched(account):
    [validate] = commands("README.md", "Check a real trail")
    doctor = command("README.md", "Deploy", "doctor")

    # From when the world began until its own now; README's trail is older, and read on a real day.
    when = ["--start-time", account.began.isoformat(), "--end-time", account.now.isoformat()]
    assert "sound" in account.runs([*validate, *when], ARN=account.trail)
    said = account.runs(doctor, exits=(0, 1))
    assert "Could not tell" not in said, said


# ---- removed ------------------------------------------------------------------------------------


def the_docs_remove_it(account):
    account.aws(
        "cloudformation update-termination-protection --stack-name trailwarden "
        "--no-enable-termination-protection"
    )
    for words in commands("docs/deploying.md", "Removing it"):
        account.runs(words, LEDGER=account.output("LedgerName"))
    account.aws(f"cloudformation delete-stack --stack-name trailwarden-spoke --region {ROOTS}")
    account.aws("cloudformation delete-stack --stack-name trailwarden-host-web-1")
    account.aws("dynamodb delete-table --table-name orders")
    account.passes("30m")


def what_stays_is_what_the_docs_say(before, after):
    stays = {kind: {name.rpartition("-")[0] for name in after[kind] - before[kind]} for kind in KINDS}
    topic = f"arn:aws:sns:{HOME}:123456789012:trailwarden-PlainTopic"

    assert {kind: names for kind, names in stays.items() if names} == {
        "bucket": {"trailwarden-trailbucket"},
        "rule": {"trailwarden-StackChangedGuard", "trailwarden-spoke-ForwardGuard"},
        "role": {"trailwarden-spoke-ForwardGuardRole"},
        "topic": {topic},
        "subscription": {topic},
        "alarm": {"trailwarden-HeartbeatAlarm"},
    }


# ---- looked at ----------------------------------------------------------------------------------


def a_table_is_deleted(account):
    account.aws(
        "dynamodb create-table --table-name orders --billing-mode PAY_PER_REQUEST "
        "--attribute-definitions AttributeName=k,AttributeType=S --key-schema AttributeName=k,KeyType=HASH"
    )
    account.passes("1m")
    account.aws("dynamodb create-backup --table-name orders --backup-name nightly")
    account.passes("1m")
    account.aws("dynamodb delete-table --table-name orders", who="mallory")
    account.passes("5m")


def is_logging(account):
    return account.client("cloudtrail").get_trail_status(Name=account.trail)["IsLogging"]


def everything(account):
    """All that stands in both regions, by its kind: names, or ARNs; of keys those that can be used."""
    listed = {}
    for region in (HOME, ROOTS):
        for kind, (service, operation, key, name) in KINDS.items():
            client = account.client(service, region)
            pages = (
                client.get_paginator(operation).paginate()
                if client.can_paginate(operation)
                else [getattr(client, operation)()]
            )
            found = {each[name] if name else each for page in pages for each in page[key]}
            if kind == "key":
                found = {each for each in found if client.describe_key(KeyId=each)["KeyMetadata"]["Enabled"]}
            listed.setdefault(kind, set()).update(found)
    return listed


KINDS = {
    "stack": ("cloudformation", "describe_stacks", "Stacks", "StackName"),
    "bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "topic": ("sns", "list_topics", "Topics", "TopicArn"),
    "subscription": ("sns", "list_subscriptions", "Subscriptions", "TopicArn"),
    "rule": ("events", "list_rules", "Rules", "Name"),
    "alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "composite alarm": ("cloudwatch", "describe_alarms", "CompositeAlarms", "AlarmName"),
    "function": ("lambda", "list_functions", "Functions", "FunctionName"),
    "role": ("iam", "list_roles", "Roles", "RoleName"),
    "table": ("dynamodb", "list_tables", "TableNames", None),
    "log group": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "trail": ("cloudtrail", "describe_trails", "trailList", "TrailARN"),
    "parameter": ("ssm", "describe_parameters", "Parameters", "Name"),
    "key": ("kms", "list_keys", "Keys", "KeyId"),
    "schedule": ("scheduler", "list_schedules", "Schedules", "Name"),
    "mapping": ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
}
