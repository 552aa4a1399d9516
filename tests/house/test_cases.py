"""The runner of recorded cases: each word it can say, and that bad input is reported."""

import json
import subprocess
import sys

import pytest

from tests.cases import line, main
from tests.project import PROJECT

PATTERN = {"engine": "EventPattern", "pattern": '{"source": ["a"]}', "event": '{"source": "a"}'}
STACK = {
    "template": {"Resources": {"Heard": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "Heard"}}}}
}
FAILED = "Mar  3 10:00:0{0} web sshd[7{0}]: Failed password for root from 203.0.113.7 port 4000{0} ssh2"
LOGINS = {"area": "failed_login", "input": [FAILED.format(number) for number in range(6)]}
UNREAD = {"area": "failed_login", "input": "Mar  3 10:00:00 web cron[7]: nothing of interest"}
RULE = {
    "eventSource": "iam.amazonaws.com",
    "eventName": "UpdateAssumeRolePolicy",
    "eventType": "AwsApiCall",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann"},
    "eventTime": "2026-03-02T03:00:00Z",
    "eventID": "one",
}
CONTROL = {"area": "cis", "input": json.dumps(RULE)}
TRAIL = {"area": "validate-trail", "words": True}
LEFT = (
    "organization trail, accounts 123456789012 (3 digests, hourly) and 333333333333 (first 2 only); "
    "ListAccounts gives only 123456789012"
)
PARTNER = {"Name": "aws.partner/example.com/orders/1", "Account": "123456789012"}
OFFER = ["events", "CreatePartnerEventSource", PARTNER, "999999999999"]
TAKE = ["events", "CreateEventBus", dict.fromkeys(("Name", "EventSourceName"), PARTNER["Name"])]
STATE = ["events", "DescribeEventSource", {"Name": PARTNER["Name"]}]
QUERY = {
    "area": "insights",
    "input": {"query": "stats count(*) as n", "events": [{"timestamp": n, "message": "m"} for n in (0, 1)]},
}
JOINED = {
    "area": "insights",
    "input": {
        "query": "join left=a right=b where a.k=b.k (SOURCE 'g') | fields b.n",
        "events": [{"timestamp": 0, "message": '{"k": "x"}'}],
        "groups": {"g": [{"timestamp": 0, "message": '{"k": "x", "n": 1}'}]},
    },
}
BOGUS = {"area": "insights-error", "input": "bogus x"}
STOPPED = {"area": "insights-api", "input": {"op": "StopQuery", "after": {"queryString": "fields a"}}}
EMPTY = {"area": "dashboard", "input": {"widgets": []}, "expected": {"valid": True}}
UNNAMED = {"area": "dashboard", "input": {"DashboardName": "a b"}, "expected": {"valid": False}}
ASKED = {
    "area": "route53-query-log",
    "input": {"line": "1.0 2026-01-01T00:00:00Z Z1 a.example A NOERROR UDP FRA6 - -"},
}
REPORTED = {
    "area": "lambda-log",
    "input": {"line": "START RequestId: 57f231fb-1730-4395-85cb-4f71bd2b87b8 Version: $LATEST"},
    "expected": {"@type": "START", "@requestId": "57f231fb-1730-4395-85cb-4f71bd2b87b8"},
}
UPDATE = {
    "metric_stream_name": "s",
    "account_id": "1",
    "region": "r",
    "namespace": "n",
    "metric_name": "m",
    "dimensions": {},
    "timestamp": 1,
    "value": {"count": 2, "sum": 3, "max": 2, "min": 1},
    "unit": "None",
}
STREAMED = {"area": "metric-stream", "input": json.dumps(UPDATE)}
TEN_SECONDS = {"area": "scheduler", "input": {"ScheduleExpression": "rate(10 seconds)"}}
MONITORED = {
    "area": "config",
    "input": {
        "rule": "EC2_INSTANCE_DETAILED_MONITORING_ENABLED",
        "configuration.monitoring.state": "enabled",
    },
}
SEND = ["sqs", "send_message", {"QueueUrl": "<Heard>", "MessageBody": "{}"}]


@pytest.mark.parametrize(
    ("row", "word"),
    [
        pytest.param({"input": PATTERN, "expected": True}, "right", id="an engine, right"),
        pytest.param({"input": PATTERN, "expected": False}, "wrong", id="an engine, wrong"),
        pytest.param(
            {"input": {"pattern": {"source": ["a"]}, "event.account": "1"}, "expected": {"matches": True}},
            "right",
            id="some fields of an event, right",
        ),
        pytest.param(
            {"input": {"pattern": {"account": ["2"]}, "event.account": "1"}, "expected": {"matches": True}},
            "wrong",
            id="some fields of an event, wrong",
        ),
        pytest.param({"input": "somebody does it", "expected": "", "words": True}, "can't", id="words"),
        pytest.param(MONITORED | {"expected": {"compliance": "COMPLIANT"}}, "right", id="a managed rule"),
        pytest.param(MONITORED | {"expected": {"compliance": "NON_COMPLIANT"}}, "wrong", id="a rule, wrong"),
        pytest.param({"area": "config", "input": {"rule": "X"}, "expected": {}}, "can't", id="another rule"),
        pytest.param({"input": STACK | {"calls": [SEND]}, "judge": {"queue": 1}}, "right", id="a stack"),
        pytest.param({"input": STACK, "judge": {"queue": 1}}, "wrong", id="a stack that stays silent"),
        pytest.param(
            {"input": STACK | {"calls": [[*SEND, "as a user without policies"]]}, "judge": {"queue": 0}},
            "right",
            id="who may not",
        ),
        pytest.param(
            TEN_SECONDS
            | {
                "expected": {
                    "error": "ValidationException",
                    "message": "Invalid Schedule Expression rate(10 seconds).",
                }
            },
            "right",
            id="a schedule that is refused",
        ),
        pytest.param(TEN_SECONDS | {"expected": {"accepted": True}}, "wrong", id="a schedule, wrong"),
        pytest.param(
            {"area": "partner", "input": {"calls": [OFFER, TAKE, STATE]}, "expected": {"State": "ACTIVE"}},
            "right",
            id="a partner's source",
        ),
        pytest.param(
            {"area": "partner", "input": {"calls": [OFFER, STATE]}, "expected": {"State": "ACTIVE"}},
            "wrong",
            id="a partner's source, wrong",
        ),
        pytest.param(
            {
                "area": "partner",
                "input": {"operation": "DescribeEventSource", "parameters": {"Name": PARTNER["Name"]}},
                "expected": {"error": "ResourceNotFoundException"},
            },
            "right",
            id="one call",
        ),
        pytest.param(LOGINS | {"expected": {"told": 1, "attempts": 6}}, "right", id="logins"),
        pytest.param(LOGINS | {"expected": {"told": 0}}, "wrong", id="logins, wrong"),
        pytest.param(
            LOGINS | {"expected": {"address": "203.0.113.7", "subscription_lets_through": True}},
            "right",
            id="the address of a login",
        ),
        pytest.param(UNREAD | {"expected": {"address": "203.0.113.7"}}, "wrong", id="a line without one"),
        pytest.param(LOGINS | {"expected": {"weather": 1}}, "can't", id="what no login has"),
        pytest.param(TRAIL | {"input": LEFT, "expected": {"exit": 0, "digests": 5}}, "right", id="a trail"),
        pytest.param(
            TRAIL | {"input": LEFT.replace("ListAccounts", "Nobody"), "expected": {"exit": 1}},
            "wrong",
            id="a trail of which more is expected",
        ),
        pytest.param(TRAIL | {"input": "a trail", "expected": {"exit": 0}}, "can't", id="a trail in words"),
        pytest.param(CONTROL | {"expected": {"told_under": "4.4"}}, "right", id="a control"),
        pytest.param(CONTROL | {"expected": {"told_under": "4.5"}}, "wrong", id="another control"),
        pytest.param({"input": STACK, "judge": {"weather": 1}}, "can't", id="what nobody can judge"),
        pytest.param(QUERY | {"expected": {"rows": [{"n": "2.0"}]}}, "right", id="a query"),
        pytest.param(QUERY | {"expected": {"rows": [{"n": "3"}]}}, "wrong", id="a query, wrong"),
        pytest.param(JOINED | {"expected": {"rows": [{"b.n": "1"}]}}, "right", id="a query of two groups"),
        pytest.param(QUERY | {"expected": {"error": "MalformedQueryException"}}, "wrong", id="no error"),
        pytest.param(QUERY | {"expected": {"weather": 1}}, "can't", id="what no query has"),
        pytest.param(BOGUS | {"expected": {"error": "MalformedQueryException"}}, "right", id="malformed"),
        pytest.param(
            BOGUS | {"expected": {"error": "X", "message_contains": "y"}}, "wrong", id="other error"
        ),
        pytest.param(STOPPED | {"expected": {"success": True}}, "right", id="a query is stopped"),
        pytest.param(STREAMED | {"expected": {"points": 1, "average": 1.5}}, "right", id="streamed"),
        pytest.param(STREAMED | {"expected": {"points": 2}}, "wrong", id="streamed, wrong"),
        pytest.param(
            ASKED | {"expected": {"query-name": "a.example", "resolver-ip": "-"}}, "right", id="a log"
        ),
        pytest.param(ASKED | {"expected": {"query-name": "b.example"}}, "wrong", id="a log, wrong"),
        pytest.param(ASKED | {"expected": {"valid": False}}, "wrong", id="a log that is fine"),
        pytest.param(REPORTED, "right", id="a line of Lambda's"),
        pytest.param(EMPTY, "right", id="a dashboard"),
        pytest.param(EMPTY | {"expected": {"valid": False}}, "wrong", id="a dashboard, wrong"),
        pytest.param(UNNAMED, "right", id="a dashboard is put"),
        pytest.param(
            STOPPED | {"expected": {"error": "InvalidParameterException"}}, "wrong", id="stopped, wrong"
        ),
    ],
)
def test_a_row_is_answered_with_one_word(row, word):
    assert line({"id": "row", "expected": None, **row})[0] == word


def test_the_sums_come_last_and_a_wrong_row_is_no_success(tmp_path, capsys):
    file = tmp_path / "rows.jsonl"
    right = {"id": "one", "input": PATTERN, "expected": True}
    file.write_text(f"{json.dumps(right)}\n{json.dumps(right | {'id': 'two', 'expected': False})}\n")

    assert main([str(file)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "one right",
        "two wrong: got True",
        "1 right, 1 wrong, 0 can't",
    ]


@pytest.mark.slow
def test_without_the_libraries_of_sql_only_rows_about_athena_cant_be_judged(tmp_path):
    """In a process of its own, in which neither can be imported; the stack's row has a whole World."""
    file = tmp_path / "rows.jsonl"
    rows = [
        {"id": "engine", "input": PATTERN, "expected": True},
        {"id": "stack", "input": STACK | {"calls": [SEND]}, "judge": {"queue": 1}},
        {"id": "sql", "area": "athena", "input": {"query": "SELECT 1"}, "expected": "1"},
        {"id": "call", "area": "athena-api", "input": {"op": "GetQueryResults"}, "expected": {}},
    ]
    file.write_text("".join(f"{json.dumps(each)}\n" for each in rows))
    code = (
        "import sys; sys.modules.update(duckdb=None, sqlglot=None)\n"
        "from tests.cases import main; sys.exit(main(sys.argv[1:]))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    absent = "can't: duckdb isn't installed, and SQL needs it"
    told = ["engine right", "stack right", f"sql {absent}", f"call {absent}", "2 right, 0 wrong, 2 can't"]
    assert (done.stdout.splitlines(), done.returncode) == (told, 1)


def test_a_file_that_is_none_is_said_in_a_sentence(tmp_path, capsys):
    assert main([str(tmp_path / "absent")]) == 2
    assert "could not read" in capsys.readouterr().err
