"""Dead letters: who wrote each, why, and where it may be sent again."""

import json

import pytest
from botocore.exceptions import ClientError

from chalicelib.http.dead_letters import BadRedrive, DeadLetters, asked_for, letter_of
from chalicelib.settings import DEAD_LETTERS, FUNCTIONS, PUT_OFF_QUEUES, VALIDATIONS

QUEUE = "https://sqs.eu-west-1.amazonaws.com/111122223333/dead"
STEPS = "https://sqs.eu-west-1.amazonaws.com/111122223333/steps"
SQS = "arn:aws:sqs:eu-west-1:111122223333:"
LAMBDA = "arn:aws:lambda:eu-west-1:111122223333:function:"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv(DEAD_LETTERS, QUEUE)
    monkeypatch.setenv(VALIDATIONS, STEPS)
    monkeypatch.setenv(FUNCTIONS, "root_login=RootLogin-1,table_deleted=TableDeleted-1")
    monkeypatch.setenv(PUT_OFF_QUEUES, f"table_deleted={QUEUE.replace('dead', 'PutOff-1')}")


def message(body, *, name="1", attributes=None, **system):
    return {
        "MessageId": name,
        "ReceiptHandle": f"receipt {name}",
        "Body": body if isinstance(body, str) else json.dumps(body),
        "Attributes": {"SentTimestamp": "1772420400000", **system},
        "MessageAttributes": {key: {"StringValue": value} for key, value in (attributes or {}).items()},
    }


def given_up(function="RootLogin-1"):
    return {
        "requestContext": {
            "functionArn": f"{LAMBDA}{function}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"the": "event"},
        "responsePayload": {"errorType": "Throttled", "errorMessage": "Rate exceeded"},
    }


UNDELIVERED = {
    "RULE_ARN": "arn:aws:events:eu-west-1:111122223333:rule/one",
    "TARGET_ARN": f"{LAMBDA}RootLogin-1",
    "ERROR_CODE": "NO_PERMISSIONS",
    "ERROR_MESSAGE": "not allowed",
}


@pytest.mark.parametrize(
    ("found", "to", "payload", "reason"),
    [
        pytest.param(
            message(
                {
                    "requestContext": {
                        "functionArn": f"{LAMBDA}RootLogin-1:$LATEST",
                        "condition": "RetriesExhausted",
                        "approximateInvokeCount": 0,
                    },
                    "requestPayload": {"the": "event"},
                    "responsePayload": {
                        "errorType": "TooManyRequestsException",
                        "errorMessage": "Rate Exceeded.",
                    },
                }
            ),
            "RootLogin-1",
            {"the": "event"},
            "RetriesExhausted: the function could not run at all: look whether its reserved concurrency is 0",
            id="a function that was paused",
        ),
        pytest.param(
            message(given_up()),
            "RootLogin-1",
            {"the": "event"},
            "RetriesExhausted after 3 tries: Throttled: Rate exceeded",
            id="a function gave up",
        ),
        pytest.param(
            message({"source": "aws.signin"}, attributes=UNDELIVERED),
            "RootLogin-1",
            {"source": "aws.signin"},
            "the rule could not deliver it: NO_PERMISSIONS not allowed",
            id="a rule could not deliver",
        ),
        pytest.param(
            message({"step": "plan"}, DeadLetterQueueSourceArn="arn:aws:sqs:eu-west-1:111122223333:steps"),
            "steps",
            {"step": "plan"},
            "its function tried it too often; the function's log says why",
            id="SQS moved it",
        ),
        pytest.param(
            message({"source": "aws.dynamodb"}, DeadLetterQueueSourceArn=f"{SQS}PutOff-1"),
            "TableDeleted-1",
            {"source": "aws.dynamodb"},
            "its function tried it too often; the function's log says why",
            id="it was put off",
        ),
        pytest.param(
            message({"source": "aws.dynamodb"}, DeadLetterQueueSourceArn=f"{SQS}Strange"),
            "",
            {"source": "aws.dynamodb"},
            "nothing of Trailwarden's put it there",
            id="a stranger's queue",
        ),
        pytest.param(
            message("no JSON"), "", "no JSON", "nothing of Trailwarden's put it there", id="no JSON"
        ),
        pytest.param(message([1]), "", [1], "nothing of Trailwarden's put it there", id="anything"),
        pytest.param(
            message(given_up("SomebodyElses")),
            "",
            {"the": "event"},
            "RetriesExhausted",
            id="a stranger's function",
        ),
        pytest.param(
            message({}, attributes={**UNDELIVERED, "TARGET_ARN": f"{LAMBDA}Stranger"}),
            "",
            {},
            "the rule could not",
            id="a stranger's target",
        ),
    ],
)
def test_a_letter_says_where_it_was_going_and_why_it_is_here(found, to, payload, reason):
    letter = letter_of(found)

    assert (letter.to, letter.payload) == (to, payload)
    assert letter.reason.startswith(reason)
    assert letter.as_json()["at"] == "2026-03-02T03:00:00.000Z"


class Sqs:
    """A queue that hides what it has handed over, and remembers everything."""

    def __init__(self, *messages) -> None:
        self.there, self.deleted, self.shown, self.sent = list(messages), [], [], []
        self.hidden = 0

    def get_queue_attributes(self, **_):
        return {"Attributes": {"ApproximateNumberOfMessagesNotVisible": str(self.hidden)}}

    def receive_message(self, **_):
        taken, self.there = self.there[:10], self.there[10:]
        return {"Messages": taken} if taken else {}

    def change_message_visibility_batch(self, *, Entries, **_):  # noqa: N803 - boto3's name
        self.shown += [each["ReceiptHandle"] for each in Entries]

    def delete_message(self, *, ReceiptHandle, **_):  # noqa: N803 - likewise
        self.deleted.append(ReceiptHandle)

    def send_message(self, *, QueueUrl, MessageBody):  # noqa: N803 - likewise
        self.sent.append((QueueUrl, MessageBody))


class Lambda:
    def __init__(self, *, fails=False) -> None:
        self.woken, self.fails = [], fails

    def invoke(self, **how):
        if self.fails:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Invoke")
        self.woken.append((how["FunctionName"], how["InvocationType"], json.loads(how["Payload"])))


def test_a_look_leaves_every_letter_where_it_is():
    sqs = Sqs(*(message(given_up(), name=str(number)) for number in range(23)))

    listed = DeadLetters(sqs, Lambda()).listed()

    assert len(listed.letters) == len(sqs.shown) == 23
    assert (sqs.deleted, listed.hidden) == ([], 0)


def test_what_somebody_else_is_looking_at_is_counted():
    sqs = Sqs(message(given_up()))
    sqs.hidden = 3

    assert DeadLetters(sqs, Lambda()).listed().as_json()["hidden"] == 3
    assert DeadLetters(sqs, Lambda()).sent_again(None)["hidden"] == 3


def test_what_cannot_be_given_back_is_shown_all_the_same():
    class Stuck(Sqs):
        def change_message_visibility_batch(self, **_):
            error = {"Error": {"Code": "ServiceUnavailable", "Message": "no"}}
            raise ClientError(error, "ChangeMessageVisibilityBatch")

    assert len(DeadLetters(Stuck(message(given_up())), Lambda()).listed().letters) == 1


def test_one_is_sent_again_and_then_taken_away_and_the_others_stay():
    sqs, functions = Sqs(message(given_up(), name="1"), message(given_up(), name="2")), Lambda()

    answer = DeadLetters(sqs, functions).sent_again(["2", "3"])

    assert answer == {"sent": ["2"], "not_sent": {"3": "there is no such dead letter"}, "hidden": 0}
    assert functions.woken == [("RootLogin-1", "Event", {"the": "event"})]
    assert (sqs.deleted, sqs.shown) == (["receipt 2"], ["receipt 1"])


def test_what_could_not_be_sent_stays_and_says_why():
    sqs = Sqs(message(given_up(), name="1"), message("strange", name="2"))

    answer = DeadLetters(sqs, Lambda(fails=True)).sent_again(None)

    assert answer["sent"] == []
    assert "AccessDeniedException" in answer["not_sent"]["1"]
    assert "nothing of Trailwarden's" in answer["not_sent"]["2"]
    assert (sqs.deleted, sqs.shown) == ([], ["receipt 1", "receipt 2"])


def test_one_that_was_sent_and_cannot_be_taken_away_says_so_and_the_others_go_on():
    class Stuck(Sqs):
        def delete_message(self, *, ReceiptHandle, **_):  # noqa: N803 - boto3's name
            if ReceiptHandle == "receipt 1":
                raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "no"}}, "DeleteMessage")

    functions = Lambda()

    answer = DeadLetters(
        Stuck(message(given_up(), name="1"), message(given_up(), name="2")), functions
    ).sent_again(None)

    assert (len(functions.woken), answer["sent"]) == (2, ["2"])
    assert "it was sent, but could not be taken away" in answer["not_sent"]["1"]


def test_a_step_goes_back_into_its_queue():
    moved = {"DeadLetterQueueSourceArn": "arn:aws:sqs:eu-west-1:111122223333:steps"}
    sqs = Sqs(message({"step": "plan"}, **moved))

    assert DeadLetters(sqs, Lambda()).sent_again(None)["sent"] == ["1"]
    assert sqs.sent == [(STEPS, '{"step": "plan"}')]


@pytest.mark.parametrize(
    "body", [{}, {"all": False}, {"ids": []}, {"ids": [1]}, {"ids": ["1"], "all": True}, {"ids": ["1"] * 101}]
)
def test_it_must_be_said_which(body):
    with pytest.raises(BadRedrive, match="say which"):
        asked_for(body)


def test_some_or_all():
    assert asked_for({"all": True}) is None
    assert asked_for({"ids": ["1", "2"]}) == ["1", "2"]
