"""trail_validation: a job is planned, split, sliced and added up, however often its messages come."""

import json
from datetime import timedelta

import boto3
import pytest
from freezegun import freeze_time

from chalicelib.errors import MalformedEvent
from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.validations import ask, found, new_job, slices, summary
from chalicelib.remediation import Severity
from chalicelib.remediations.trail_validation import BUCKET as BUCKET_NAME
from chalicelib.remediations.trail_validation import (
    PLAN,
    QUEUE,
    SUM,
    TRAIL_ARN_NAME,
    decide,
    look,
    message,
    parse,
    records,
)
from chalicelib.remediations.trail_validation import parts as trail_parts
from tests.chalicelib.remediations.cloudtrail_records import facts_of, settings
from tests.chalicelib.remediations.trail_on_s3 import ARN, BEGAN, BUCKET, HOME, LEDGER, MINUTE, NOW, World
from tests.moto_alone import moto_alone

MOST_STEPS = 200


class Validated(World):
    """The trail, with the queue that its validations go through."""

    def __init__(self, time):
        super().__init__(time)
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        self.sqs = boto3.client("sqs", HOME, **keys)
        self.url = self.sqs.create_queue(QueueName="validations")["QueueUrl"]
        self.settings = settings(**{BUCKET_NAME: BUCKET, TRAIL_ARN_NAME: ARN, QUEUE: self.url})
        self.ledger = Ledger(self.dynamodb, LEDGER)

    def client(self, service, region=""):
        return self.sqs if service == "sqs" else super().client(service, region)

    def begins(self, regions=()):
        job = new_job(BEGAN - MINUTE, NOW, regions, NOW, "r")
        ask(self.ledger, job)
        self.sqs.send_message(QueueUrl=self.url, MessageBody=message(PLAN, job))
        return job

    def handles(self, *, times=1):
        """Every message until the queue is empty, each so many times; gives the alerts of the sums."""
        told = []
        for _ in range(MOST_STEPS):
            waiting = self.sqs.receive_message(QueueUrl=self.url).get("Messages", [])
            if not waiting:
                return told
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=waiting[0]["ReceiptHandle"])
            for turn in range(times):
                (event,) = parse({"Records": [{"body": waiting[0]["Body"]}]})
                if turn and event.step == SUM:
                    break  # the runtime's claim lets no event through twice
                facts = look(self, event, self.settings)
                told += decide(event, facts, NOW, self.settings).alerts
                records(self, event, facts, self.settings)
        raise AssertionError("the validation makes no end")

    def says(self, job):
        return summary(found(self.ledger, job.id), slices(self.ledger, job.id), NOW)


@pytest.fixture
def world():
    with freeze_time(BEGAN) as time, moto_alone():
        yield Validated(time)


@pytest.mark.slow
def test_a_sound_trail_is_called_sound_and_nobody_is_told(world):
    world.delivers()
    world.delivers("us-east-1")
    job = world.begins()

    told = world.handles()

    said = world.says(job)
    assert told == []
    assert (said["state"], said["verdict"], said["parts"]) == ("done", "sound", 4)  # two regions, two days
    assert (said["digests"], said["logs"]) == (12, 24)


@pytest.mark.slow
def test_only_the_regions_asked_for_are_looked_at(world):
    world.delivers()
    world.delivers("us-east-1")
    job = world.begins(("us-east-1",))

    world.handles()

    assert (world.says(job)["parts"], world.says(job)["digests"]) == (2, 6)


@pytest.mark.slow
def test_what_is_wrong_is_told_once_with_exact_counts(world):
    world.delivers()
    for key in world.logs[HOME][:3]:
        world.destroys(key)
    job = world.begins()

    (alert,) = world.handles()

    assert alert.severity is Severity.CRITICAL
    assert facts_of(alert)["Found"] == "3 x log file deleted"
    assert world.says(job)["verdict"] == "not sound"


@pytest.mark.slow
def test_a_day_with_many_log_files_hands_on_its_rest(world, monkeypatch):
    monkeypatch.setattr(trail_parts, "LOGS_A_SLICE", 3)
    world.delivers()
    world.destroys(world.logs[HOME][-1])
    job = world.begins()

    world.handles()

    said = world.says(job)
    assert (said["parts_done"], said["logs"], said["kinds"]) == (2, 12, {"log file deleted": 1})
    assert len(slices(world.ledger, job.id)) > 2


@pytest.mark.slow
def test_a_message_that_comes_twice_changes_nothing(world):
    world.delivers()
    world.destroys(world.logs[HOME][0])
    job = world.begins()

    world.handles(times=2)

    said = world.says(job)
    assert (said["parts_done"], said["logs"], said["kinds"]) == (2, 12, {"log file deleted": 1})


@pytest.mark.slow
def test_a_part_that_never_comes_leaves_it_incomplete_and_never_sound(world):
    world.delivers()
    job = world.begins()
    (event,) = parse({"Records": [{"body": message(PLAN, job)}]})
    records(world, event, look(world, event, world.settings), world.settings)

    said = summary(found(world.ledger, job.id), [], NOW + timedelta(days=1))

    assert (said["state"], said["verdict"]) == ("incomplete", None)


def test_a_job_that_the_ledger_forgot_is_nobodys(world):
    (event,) = parse({"Records": [{"body": message(SUM, new_job(BEGAN, NOW, (), NOW, "x"))}]})

    assert look(world, event, world.settings) is None
    assert decide(event, None, NOW, world.settings).empty


def queued(body):
    return {"Records": [{"body": body}]}


def step(name):
    return json.dumps({"step": name, "job": "j", "at": NOW.isoformat()})


MALFORMED = [
    pytest.param({}, id="no records"),
    pytest.param({"Records": []}, id="no record"),
    pytest.param(queued("no json"), id="no JSON"),
    pytest.param(queued("[]"), id="a list"),
    pytest.param(queued(step("sing")), id="a step nobody knows"),
    pytest.param(queued(step("part")), id="a part of nothing"),
]


@pytest.mark.parametrize("raw", MALFORMED)
def test_what_nobody_sends_is_kept_by_the_queue(raw):
    with pytest.raises(MalformedEvent):
        parse(raw)
