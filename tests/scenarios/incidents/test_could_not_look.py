"""The law of looking, over the whole catalogue: "could not look" never reads as "all is well".

Each read that a remediation makes while it looks fails once so that it may pass (throttled, however often
botocore tries), and is denied once, by a policy on the function's role. Either way nothing is told as less
severe than without the fault, nothing as well, and nothing is lost.

An alarm is held against CloudWatch before the look, by reads that a look may make too. So a fault strikes the
first such call of a look, and each test asserts that one did fail there.
"""

import json
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module

import pytest

from chalicelib.catalog import CATALOG
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Outcome, Severity
from chalicelib.template.parts import logical_id
from scenarios.cloud.asked import Asked
from scenarios.cloud.sns.topics import Mail
from scenarios.cloud.world import World
from scenarios.incidents import (
    cis_alarms,
    error_burst,
    failed_login,
    host_pressure,
    instance_state,
    stack_changed,
    table_deleted,
    trail_stopped,
)
from scenarios.runner.run import run
from scenarios.runner.scenario import Action, Given, Scenario
from scenarios.runner.words.checks import alerts, findings
from tests.sample import in_turn

AN_HOUR = Scenario(name="trail_digest.an_hour", title="An hour passes", lasts="01:10:00", when=(), then=())
INCIDENTS = {
    "table_deleted": table_deleted.RESTORED,
    "trail_stopped": trail_stopped.FIRST_DAY,
    "cis_alarms": cis_alarms.SCENARIO,
    "failed_login": failed_login.CONSOLE,
    "error_burst": error_burst.SCENARIO,
    "host_pressure": host_pressure.SCENARIO,
    "instance_state": instance_state.SCENARIO,
    "trail_digest": AN_HOUR,
    "stack_changed": stack_changed.SCENARIO,
}
# What each of them reads, by boto3's service and the API's operation. `root_login` reads nothing; a
# validation's parts are read from a queue that shows them again, see its own tests.
READS = {
    "table_deleted": (("dynamodb", "ListBackups"),),
    "trail_stopped": (
        ("cloudtrail", "GetTrail"),
        ("cloudtrail", "GetTrailStatus"),
        ("cloudtrail", "GetEventSelectors"),
        ("s3", "GetBucketVersioning"),
        ("s3", "GetBucketPolicy"),
        ("s3", "GetBucketLifecycleConfiguration"),
        ("s3", "GetBucketNotificationConfiguration"),
        ("s3", "GetPublicAccessBlock"),
        ("s3", "GetObjectLockConfiguration"),
        ("s3", "GetBucketEncryption"),
        ("logs", "DescribeLogGroups"),
    ),
    "cis_alarms": (("logs", "FilterLogEvents"), ("cloudwatch", "DescribeAlarmHistory")),
    "failed_login": (("logs", "FilterLogEvents"),),
    "error_burst": (("logs", "FilterLogEvents"),),
    "host_pressure": (("cloudwatch", "DescribeAlarms"),),
    "instance_state": (("cloudtrail", "LookupEvents"),),
    "trail_digest": (
        ("cloudtrail", "GetTrail"),
        ("cloudtrail", "GetTrailStatus"),
        ("cloudtrail", "ListPublicKeys"),
        ("s3", "ListObjectVersions"),
    ),
    "stack_changed": (
        ("cloudformation", "ListStackResources"),
        ("cloudformation", "DescribeStacks"),
        ("cloudformation", "GetTemplate"),
    ),
}
# A scenario's module may say it itself: `READS`, and in which scenario it reads all of that, `READING`.
for _each in CATALOG:
    _module = import_module(f"scenarios.incidents.{_each.name}")
    if hasattr(_module, "READING"):
        INCIDENTS[_each.name], READS[_each.name] = _module.READING, _module.READS
EACH = [pytest.param(name, *read, id=f"{name}-{read[1]}") for name, reads in READS.items() for read in reads]
# The ledger's, the seal's, the brakes and our own identity are not what a look is about.
_NOT_LOOKING = {"sns", "ssm", "sts"}
_OWN = {
    "dynamodb": {"GetItem", "Query", "PutItem", "DeleteItem", "BatchWriteItem"},
    "kms": {"GenerateMac", "VerifyMac"},
}


@dataclass(frozen=True)
class Course:
    """What came of an incident, as far as one remediation had to do with it."""

    mails: tuple[Mail, ...]
    entries: tuple[LedgerEntry, ...]
    dead: int
    reads: frozenset[tuple[str, str]]
    failed: frozenset[tuple[str, str]]  # in a look, whatever was tried again

    @property
    def worst(self) -> int:
        """The gravest severity of the events' own alerts; -1 where there was none."""
        told = [
            each.attributes["severity"] for each in self.mails if "not allowed to look" not in each.subject
        ]
        return max((list(Severity).index(Severity(each)) for each in told), default=-1)

    def says(self, words: str) -> bool:
        return any(words in each.subject or words in each.text for each in self.mails)


def looking(name: str) -> bool:
    """Whether the code that runs was called by a look of this remediation."""
    (remediation,) = (each for each in CATALOG if each.name == name)
    looks = {(each.look.__code__.co_filename, each.look.__name__) for each in remediation.ways}
    frame = sys._getframe()
    while frame is not None:
        if (frame.f_code.co_filename, frame.f_code.co_name) in looks:
            return True
        frame = frame.f_back
    return False


def course(name: str, *faults: Given) -> Course:
    found: list[Course] = []
    reads: set[tuple[str, str]] = set()
    failed: set[tuple[str, str]] = set()

    def listen(world: World) -> None:
        def note(call) -> None:
            asked = (call.service, call.operation)
            own = call.operation in _OWN.get(call.service, ())
            reading = world.setting.records[call.service].is_read_only(call.operation)
            if reading and not own and asked[0] not in _NOT_LOOKING and looking(name):
                reads.add(asked)
                failed.update({asked} if call.error else ())

        world.calls.after_everything(note)

    def collect(world: World) -> None:
        mine = [each for each in alerts(world) if each.attributes["remediation"] == name]
        dead = world.queues.bodies(world.home.resources["DeadLetters"].attributes["Arn"])
        # What it did itself comes back and is recorded: only where it acted.
        events = [each for each in findings(world, name) if each.outcome is not Outcome.SUPPRESSED]
        found.append(Course(tuple(mine), tuple(events), len(dead), frozenset(reads), frozenset(failed)))

    scenario = INCIDENTS[name]
    report = run(
        replace(
            scenario,
            given=(*scenario.given, Given("listening", listen), *faults),
            when=tuple(replace(each, action=_if_it_can_be(each.action)) for each in scenario.actions),
            then=(),
        ),
        before_leaving=collect,
    )
    # Else what comes after would be missing, and nothing of it would be held.
    assert not [each for each in report.failures if each.startswith("the run stopped")]
    return found[0]


def _if_it_can_be(action: Action) -> Action:
    """The same; where the fault kept us from acting there is nothing to take back, and people go on."""

    def do(world: World) -> None:
        with suppress(AssertionError):
            action.do(world)

    return replace(action, do=do)


@cache
def undisturbed(name: str) -> Course:
    return course(name)


def ill(name: str, service: str, operation: str) -> Given:
    """The first call that a look makes for this operation is throttled, however often botocore sends it."""

    def do(world: World) -> None:
        struck: list[Asked] = []

        def strike(_client, asked: Asked) -> None:
            if not struck and (asked.service, asked.operation) == (service, operation) and looking(name):
                struck.append(asked)
                world.throttles.strike(asked, throttling=True)

        world.calls.before_each(strike)

    return Given(f"{operation} is throttled in a look", do)


def denied(name: str, service: str, operation: str) -> Given:
    """While it looks, a policy on the function's role denies what the operation needs.

    Only then: else the alert that the alarm could not be held against CloudWatch would stand for the look's.
    """
    denial = {
        "Effect": "Deny",
        "Action": ACTIONS.get(operation, f"{service}:{operation}"),
        "Resource": "*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [denial]})

    def do(world: World) -> None:
        role = world.home.resources[f"{logical_id(name)}Role"].physical_id
        iam = world.harness.client("iam")
        there = False

        def judge(_client, asked: Asked) -> None:
            nonlocal there
            if (asked.service, asked.operation) != (service, operation) or asked.caller.name != role:
                return
            now = looking(name)
            with world.calls.muted():
                if now and not there:
                    iam.put_role_policy(RoleName=role, PolicyName="deny", PolicyDocument=document)
                elif there and not now:
                    iam.delete_role_policy(RoleName=role, PolicyName="deny")
            there = now

        world.calls.before_each(judge)

    return Given(f"{name} may not {operation} when it looks", do)


# Where IAM has another name for it. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
ACTIONS = {
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "ListObjectVersions": "s3:ListBucketVersions",
}


# Each needs its stack made first, which takes longer than to play it.
TODAYS = in_turn(INCIDENTS, of=7, in_ci=3)
OF_TODAY = in_turn([each for each in EACH if each.values[0] in TODAYS], of=3)


@pytest.mark.slow
@pytest.mark.parametrize("name", TODAYS)
def test_every_read_of_a_look_is_rehearsed(name):
    assert undisturbed(name).reads == set(READS[name])


def test_every_remediation_that_reads_is_in_the_table():
    assert {each.name for each in CATALOG} - set(READS) == {"root_login", "trail_validation"}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "service", "operation"), OF_TODAY)
def test_what_may_pass_is_told_at_once_and_looked_at_again(name, service, operation):
    before = undisturbed(name)

    after = course(name, ill(name, service, operation))

    assert (service, operation) in after.failed
    assert after.worst >= before.worst
    assert after.says("Could not look")
    assert not after.says("No weaker by now")
    assert {each.outcome for each in before.entries} <= {each.outcome for each in after.entries}
    assert Outcome.UNSEEN not in {each.outcome for each in after.entries}
    assert after.dead == 0


@pytest.mark.slow
@pytest.mark.parametrize(("name", "service", "operation"), OF_TODAY)
def test_what_is_denied_is_told_as_its_worst_and_is_an_alert_of_its_own(name, service, operation):
    before = undisturbed(name)

    after = course(name, denied(name, service, operation))

    assert (service, operation) in after.failed
    assert after.worst >= before.worst
    assert after.says("was not allowed to look")
    assert not after.says("No weaker by now")
    assert len(after.entries) >= len(before.entries)
