"""The questions that have a name: each is a query, and answers what it says it does."""

import json

import pytest

from chalicelib.questions import questions
from scenarios.queries.insights import Event, Query

ANN = {
    "type": "IAMUser",
    "arn": "arn:aws:iam::111122223333:user/ann",
    "userName": "ann",
    "accessKeyId": "AKIA1",
}

# One whose name begins like ann's, and a session of a role.
ANNA = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/anna", "userName": "anna"}
ROLE = "arn:aws:iam::111122223333:role/deploy"
IN_A_ROLE = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::111122223333:assumed-role/deploy/ci",
    "sessionContext": {"sessionIssuer": {"arn": ROLE}},
}
ROOT = {"type": "Root", "arn": "arn:aws:iam::111122223333:root"}


def record(name, source, at="03:00:00", **more):
    return {
        "eventName": name,
        "eventSource": f"{source}.amazonaws.com",
        "eventTime": f"2026-03-02T{at}Z",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli",
        "userIdentity": ANN,
        **more,
    }


RECORDS = (
    record("ListBuckets", "s3"),
    record("GetObject", "s3", "03:01:00", requestParameters={"bucketName": "b", "key": "k"},
           additionalEventData={"bytesTransferredOut": 512}),
    record("GetObject", "s3", "03:02:00", requestParameters={"bucketName": "b", "key": "k"},
           additionalEventData={"bytesTransferredOut": 100}),
    record("CreateUser", "iam", "03:03:00", awsRegion="us-east-1", errorCode="AccessDenied"),
    record("AssumeRole", "sts", "03:04:00", requestParameters={"roleArn": "arn:role"}, sourceIPAddress="::1"),
    record("ListBuckets", "s3", "03:05:00", userIdentity=ROOT),
    record("PutObject", "s3", "03:05:00", userIdentity=ANNA, requestParameters={"bucketName": "bb"}),
    record("GetUser", "iam", "03:05:30", userIdentity=IN_A_ROLE),
    record("ConsoleLogin", "signin", "03:06:00", userIdentity=ROOT, sourceIPAddress="203.0.113.9",
           responseElements={"ConsoleLogin": "Failure"}, additionalEventData={"MFAUsed": "No"}),
)  # fmt: skip

ANSWERS = {
    "what-did-principal-do": [
        ("ListBuckets", "1", "0"),
        ("GetObject", "2", "0"),
        ("CreateUser", "1", "1"),
        ("AssumeRole", "1", "0"),
    ],
    "from-which-addresses": [("198.51.100.7", "4", "3"), ("::1", "1", "1")],
    "what-was-refused": [(ANN["arn"], "CreateUser", "AccessDenied", "1")],
    "first-use": [
        ("eu-west-1", "s3.amazonaws.com", "2026-03-02T03:00:00Z", "5"),
        ("us-east-1", "iam.amazonaws.com", "2026-03-02T03:03:00Z", "1"),
        ("eu-west-1", "sts.amazonaws.com", "2026-03-02T03:04:00Z", "1"),
        ("eu-west-1", "iam.amazonaws.com", "2026-03-02T03:05:30Z", "1"),
        ("eu-west-1", "signin.amazonaws.com", "2026-03-02T03:06:00Z", "1"),
    ],
    "who-assumed-what": [(ANN["arn"], "arn:role", "::1", "1")],
    "objects-read": [("b", "k", "2", "612")],
    "who-assumed-role": [(ANN["arn"], "::1", "1")],
    "what-came-from-address": [("ConsoleLogin", ROOT["arn"], "1")],
    "what-was-done-to": [("GetObject", ANN["arn"], "2")],
    "who-signed-in": [(ROOT["arn"], "203.0.113.9", "Failure", "No", "1")],
}
VALUES = {"principal": "user/ann", "role": "arn:role", "address": "203.0.113.9", "resource": "b"}
COLUMNS = {
    "what-did-principal-do": ("eventName", "calls", "refused"),
    "from-which-addresses": ("sourceIPAddress", "calls", "kinds"),
    "what-was-refused": ("userIdentity.arn", "eventName", "errorCode", "refusals"),
    "first-use": ("awsRegion", "eventSource", "first_call", "calls"),
    "who-assumed-what": ("who", "requestParameters.roleArn", "sourceIPAddress", "times"),
    "who-assumed-role": ("who", "sourceIPAddress", "times"),
    "what-came-from-address": ("eventName", "userIdentity.arn", "calls"),
    "what-was-done-to": ("eventName", "userIdentity.arn", "calls"),
    "who-signed-in": (
        *("who", "sourceIPAddress", "responseElements.ConsoleLogin", "additionalEventData.MFAUsed"),
        "times",
    ),
    "objects-read": ("requestParameters.bucketName", "requestParameters.key", "reads", "bytes_out"),
}


@pytest.mark.parametrize("name", questions())
def test_a_question_is_answered(name):
    question = questions()[name]
    events = [Event(number, json.dumps(each)) for number, each in enumerate(RECORDS)]

    rows = Query(question.filled({need: VALUES[need] for need in question.needs})).run(events).rows

    assert [tuple(row.get(column) for column in COLUMNS[name]) for row in rows] == ANSWERS[name]


@pytest.mark.parametrize(
    ("given", "rows"),
    [("user/ann", 4), ("ann", 4), ("AKIA1", 4), (ANN["arn"], 4), (ROLE, 1), ("deploy/ci", 1)],
)
def test_a_principal_is_named_by_arn_name_or_key_and_nobody_else_is_meant(given, rows):
    question = questions()["what-did-principal-do"]
    events = [Event(number, json.dumps(each)) for number, each in enumerate(RECORDS)]

    assert len(Query(question.filled({"principal": given})).run(events).rows) == rows


@pytest.mark.parametrize("name", ["what-did-principal-do", "what-was-done-to"])
@pytest.mark.parametrize("value", ['x" or "1" = "1', "x' or '1' = '1", "x\\", "x\\' or '1' = '1"])
def test_a_value_stays_inside_its_quotes(name, value):
    question = questions()[name]

    text = question.filled(dict.fromkeys(question.needs, value))

    assert Query(text).run([Event(0, json.dumps(each)) for each in RECORDS]).rows == []


def test_every_question_says_what_it_asks_and_what_it_needs():
    for question in questions().values():
        assert "?" in question.title
        assert {name for name in question.needs if f"{{{{{name}}}}}" not in question.text} == set()
        assert "{{" not in question.filled(dict.fromkeys(question.needs, "x"))
