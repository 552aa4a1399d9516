"""Asking for a full validation: what is begun, what is refused, what is answered."""

import json
from datetime import UTC, datetime

import boto3
import pytest
from chalice import Chalice
from freezegun import freeze_time

from chalicelib.aws import Aws
from chalicelib.http import routes as http
from chalicelib.http.validation_requests import BadSpan, asked_for
from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.validations import Job, Slice, ask, planned, settle_slice
from chalicelib.settings import LEDGER, VALIDATIONS
from tests.moto_alone import moto_alone

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPAN = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00+00:00"}


class Api:
    """The routes over a ledger and a queue in moto."""

    def __init__(self):
        self.app = Chalice(app_name="test", configure_logs=False)
        self.app.register_blueprint(http.routes)

    def ask(self, method, resource, body=None, **path):
        answer = self.app(
            {
                "requestContext": {
                    "httpMethod": method,
                    "resourcePath": resource,
                    "path": resource,
                    "requestId": "r-1",
                },
                "headers": {"Content-Type": "application/json"},
                "pathParameters": path or None,
                "multiValueQueryStringParameters": None,
                "stageVariables": None,
                "body": json.dumps(body) if body is not None else None,
                "isBase64Encoded": False,
            },
            None,
        )
        return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv(LEDGER, "ledger")
    monkeypatch.setattr(http, "AWS", Aws())
    with freeze_time(NOW), moto_alone():
        boto3.client("dynamodb").create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        monkeypatch.setenv(VALIDATIONS, boto3.client("sqs").create_queue(QueueName="q")["QueueUrl"])
        yield Api()


def ledger():
    return Ledger(boto3.client("dynamodb"), "ledger")


@pytest.mark.slow
def test_a_validation_begins_with_an_id_and_one_message(api, monkeypatch):
    status, begun = api.ask("POST", "/validations", SPAN)

    queue = boto3.client("sqs").list_queues()["QueueUrls"][0]
    (message,) = boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert (status, begun["state"]) == (202, "planning")
    assert json.loads(message["Body"]) == {"step": "plan", "job": begun["id"], "at": NOW.isoformat()}
    status, told = api.ask("GET", "/validations/{id}", id=begun["id"])
    assert (status, told["state"], told["verdict"]) == (200, "planning", None)
    assert [job["id"] for job in api.ask("GET", "/validations")[1]["validations"]] == [begun["id"]]


REFUSED = [
    pytest.param({}, "since is a time", id="nothing"),
    pytest.param({**SPAN, "since": "yesterday"}, "since is a time", id="no time"),
    pytest.param({**SPAN, "since": "2026-03-01T00:00:00"}, "since is a time", id="no zone"),
    pytest.param({**SPAN, "until": 5}, "until is a time", id="a number"),
    pytest.param({**SPAN, "until": SPAN["since"]}, "since must be before until", id="empty"),
    pytest.param({**SPAN, "until": "2026-03-02T12:00:01Z"}, "future", id="not yet over"),
    pytest.param({**SPAN, "since": "2025-11-01T00:00:00Z"}, "at most 92 days", id="too long"),
    pytest.param({**SPAN, "since": "0001-01-01T00:00:00+14:00"}, "no time that", id="before all time"),
    pytest.param({**SPAN, "regions": "eu-west-1"}, "regions is a list", id="regions as text"),
    pytest.param({**SPAN, "regions": ["../.."]}, "regions is a list", id="no region"),
    pytest.param({**SPAN, "regions": ["eu-west-1"] * 51}, "regions is a list", id="too many regions"),
    pytest.param({**SPAN, "bucket": "mine"}, "'bucket' is not known", id="a field nobody knows"),
]


@pytest.mark.parametrize(("body", "sentence"), REFUSED)
def test_what_can_not_be_validated_is_refused_in_one_sentence(api, body, sentence):
    status, answer = api.ask("POST", "/validations", body)

    assert (status, sentence in answer["Message"]) == (400, True)
    with pytest.raises(BadSpan):
        asked_for(body, NOW, "")


@pytest.mark.parametrize("identity", ["20260302T120000Z-000000000000", "x" * 3000, "%2e"])
def test_a_validation_nobody_asked_for_is_not_found(api, identity):
    assert api.ask("GET", "/validations/{id}", id=identity)[0] == 404


def test_without_its_queue_nothing_begins(api, monkeypatch):
    monkeypatch.delenv(VALIDATIONS)

    status, answer = api.ask("POST", "/validations", SPAN)

    assert (status, answer["Message"]) == (
        503,
        "The validation could not be started; the function's log says why",
    )


BROKEN = {"what": "log file deleted", "weight": 2, "bucket": "b", "key": "k", "since": None, "sentence": "s"}
UNREAD = {**BROKEN, "weight": 1, "what": "log file unreadable"}
COMES_TO = [
    pytest.param([{}, {}], 2, 0, ("done", "sound"), id="all parts are sound"),
    pytest.param([{}], 2, 0, ("running", None), id="a part is missing"),
    pytest.param([{}], 2, 7, ("incomplete", None), id="a part never came"),
    pytest.param([{}, {"last": False}], 2, 0, ("running", None), id="a part hands on its rest"),
    pytest.param([{}, {"findings": (BROKEN,)}], 2, 0, ("done", "not sound"), id="a finding"),
    pytest.param([{}, {"findings": (UNREAD,)}], 2, 0, ("done", "could not tell"), id="something unread"),
    pytest.param([{"untold": ("denied",)}], 1, 0, ("done", "could not tell"), id="something untold"),
    pytest.param([], 0, 0, ("done", "could not tell"), id="no region to look at"),
]


@pytest.mark.parametrize(("done", "parts", "hours", "said"), COMES_TO)
def test_a_validation_is_sound_only_when_every_part_is(api, done, parts, hours, said):
    job = Job(id="20260302T120000Z-0123456789ab", since=NOW, until=NOW, regions=(), asked_at=NOW)
    ask(ledger(), job)
    planned(ledger(), Job(**{**{name: getattr(job, name) for name in job.__slots__}, "parts": parts}))
    for number, one in enumerate(done):
        for _ in range(2):  # a duplicate changes nothing
            settle_slice(ledger(), job.id, f"part{number}", Slice(**{"kinds": {}, **one}), NOW)

    with freeze_time(NOW.replace(hour=12 + hours)):
        told = api.ask("GET", "/validations/{id}", id=job.id)[1]

    assert (told["state"], told["verdict"]) == said
