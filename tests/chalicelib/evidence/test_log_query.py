"""A question of Logs Insights: it has its rows, or a sentence why not."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import MayPass, Throttled
from chalicelib.evidence import log_query
from chalicelib.evidence.log_query import Question, ask, grants, number

MOMENT = datetime(2026, 3, 2, 3, 5, tzinfo=UTC)
QUESTION = Question(group="vpc/flows", text="fields a | limit 1", since=MOMENT, until=MOMENT)


class Logs:
    """CloudWatch Logs, where a query goes through these states; the last one stays."""

    def __init__(self, *states, error=None, rows=()):
        self.states, self.error, self.rows, self.stopped = list(states), error, rows, []

    def start_query(self, **asked):
        assert asked["logGroupName"] == "vpc/flows"
        if self.error:
            raise self.error
        return {"queryId": "q"}

    def get_query_results(self, queryId):  # noqa: N803 - AWS's name
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        rows = [[{"field": name, "value": value} for name, value in row.items()] for row in self.rows]
        return {"status": state, "results": rows, "statistics": {"recordsScanned": 7.0}}

    def stop_query(self, queryId):  # noqa: N803 - AWS's name
        self.stopped.append(queryId)


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": "so it is"}}, "StartQuery")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(log_query.time, "sleep", lambda _seconds: None)


def test_the_rows_come_when_it_is_complete():
    answer = ask(Logs("Scheduled", "Running", "Complete", rows=({"a": "1"},)), QUESTION)

    assert (answer.rows, answer.scanned, answer.could_not_read) == (({"a": "1"},), 7, None)


def test_one_that_takes_too_long_is_stopped():
    logs = Logs("Running")

    assert "longer than 30 seconds" in str(ask(logs, QUESTION).could_not_read)
    assert logs.stopped == ["q"]


@pytest.mark.parametrize("state", ["Failed", "Cancelled", "Timeout", "Unknown"])
def test_one_that_ends_otherwise_has_no_answer(state):
    assert state in str(ask(Logs(state, rows=({"a": "1"},)), QUESTION).could_not_read)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("ResourceNotFoundException", "there is no log group vpc/flows"),
        ("AccessDeniedException", "asking the log group vpc/flows"),
        ("MalformedQueryException", "so it is"),
    ],
)
def test_what_will_not_pass_is_a_sentence(code, says):
    answer = ask(Logs(error=refused(code)), QUESTION)

    assert says in str(answer.could_not_read)
    assert answer.could_not_read.denied == (code == "AccessDeniedException")


@pytest.mark.parametrize(
    ("code", "kind"), [("LimitExceededException", Throttled), ("ThrottlingException", MayPass)]
)
def test_what_may_pass_rises(code, kind):
    with pytest.raises(kind):
        ask(Logs(error=refused(code)), QUESTION)


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("12.7", 12), ("x", 0), ("inf", 0), ("", 0), ("nan", 0)]
)
def test_a_number_in_a_row(text, value):
    assert number({"a": text}, "a") == value
    assert number({}, "a") == 0


def test_who_asks_may_read_the_answer_and_stop_what_takes_too_long():
    granted = grants("FlowLogGroup")

    assert [grant.action for grant in granted] == [
        "logs:StartQuery",
        "logs:GetQueryResults",
        "logs:StopQuery",
    ]
    assert granted[0].resource.endswith(":log-group:${FlowLogGroup}:*")
