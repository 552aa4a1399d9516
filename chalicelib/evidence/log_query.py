"""A question of Logs Insights, asked by a function: it starts the query, waits, and has the rows.

A query costs by the bytes that it reads, so a question names a log group and no longer a time than needed.
What may pass rises and is asked again; what won't is a sentence, `could_not_read`, and never "nothing".

Sources: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.errors import AWS_ERRORS, Throttled
from chalicelib.events import Tick
from chalicelib.evidence.log_events import text_of
from chalicelib.looking import Unseen, unseen
from chalicelib.remediation import Alert, Grant, Quiet, Severity
from chalicelib.wording import aws_command

# A function has 50 seconds; what is left is for the ledger and the alert.
LONGEST_SECONDS = 30
BETWEEN_SECONDS = 1.0
HOUR_SECONDS, DAY_SECONDS = 3600, 86_400
_GOES_ON = ("Scheduled", "Running")

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query over one log group, between two moments, both counted."""

    group: str
    text: str
    since: datetime
    until: datetime

    def command(self, region: str) -> str:
        """The AWS CLI command that asks the same again."""
        return aws_command(
            "logs",
            "start-query",
            {
                "--log-group-name": self.group,
                "--start-time": str(int(self.since.timestamp())),
                "--end-time": str(int(self.until.timestamp())),
                "--query-string": self.text,
                "--region": region,
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The rows, each a value by its column's name; `scanned`: how many log events were read for them."""

    rows: tuple[Row, ...] = ()
    scanned: int = 0
    could_not_read: Unseen | None = None


def grants(group: str) -> tuple[Grant, ...]:
    """What a function needs to ask the log group that a parameter of the stack names."""
    arn = f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:${{{group}}}:*"
    return (
        Grant(
            action="logs:StartQuery",
            resource=arn,
            because="the group is whichever the parameter names",
        ),
        *(
            Grant(action=action, resource="*", because="IAM knows no resource for what a query answers")
            for action in ("logs:GetQueryResults", "logs:StopQuery")
        ),
    )


def source_facts(asked: Question, event: Tick) -> tuple[tuple[str, str], ...]:
    """What an alert's facts end with: where it was, what a log's text is worth, and how to ask again."""
    return (
        ("Account", event.account),
        ("Region", event.region),
        text_of(asked.group),
        ("Look with", asked.command(event.region)),
    )


def cannot_see(title: str, why: str, severity: Severity, asked: Question, event: Tick) -> Alert:
    """The alert that what a remediation looks for would not be seen now; once a day, or an hour if HIGH.

    `why`: no answer, no events, or events of another form.
    """
    return Alert(
        severity=severity,
        title=title,
        facts=(
            ("Why", why),
            ("Account", event.account),
            ("Region", event.region),
            ("Look with", asked.command(event.region)),
        ),
        advice=(
            f"Look whether the log comes to {asked.group}, and in which form: the stack's parameter names "
            "that group. The function may ask no other."
        ),
        quiet=Quiet(subject=title, seconds=HOUR_SECONDS if severity is Severity.HIGH else DAY_SECONDS),
    )


def number(row: Row, name: str) -> int:
    """A count in a row; 0 where it is absent, or no number."""
    try:
        return int(float(row.get(name, "0")))
    except (ValueError, OverflowError):
        return 0


def count_of(logs: Any, question: Question, name: str) -> int | Unseen:
    """The count of that name in the answer's one row; raises what may pass."""
    answer = ask(logs, question)
    if answer.could_not_read:
        return answer.could_not_read
    return number(answer.rows[0], name) if answer.rows else 0


def ask(logs: Any, question: Question) -> Answer:
    """The answer to a question; raises what may pass, such as too many queries at once."""
    try:
        started = logs.start_query(
            logGroupName=question.group,
            queryString=question.text,
            startTime=int(question.since.timestamp()),
            endTime=int(question.until.timestamp()),
        )["queryId"]
        return _answer(logs, started, question)
    except AWS_ERRORS as error:
        return Answer(could_not_read=_why_unread(error, question.group))


def _answer(logs: Any, query: str, question: Question) -> Answer:
    waited = 0.0
    while True:
        found = logs.get_query_results(queryId=query)
        if found["status"] == "Complete":
            rows = tuple({each["field"]: each["value"] for each in row} for row in found["results"])
            return Answer(rows=rows, scanned=int(found["statistics"]["recordsScanned"]))
        if found["status"] not in _GOES_ON:
            why = f"the query of the log group {question.group} ended as {found['status']}"
            return Answer(could_not_read=Unseen(why=why))
        if waited >= LONGEST_SECONDS:
            logs.stop_query(queryId=query)
            why = f"the query of the log group {question.group} takes longer than {LONGEST_SECONDS} seconds"
            return Answer(could_not_read=Unseen(why=why))
        time.sleep(BETWEEN_SECONDS)
        waited += BETWEEN_SECONDS


def _why_unread(error: Exception, group: str) -> Unseen:
    code = error.response["Error"].get("Code") if isinstance(error, ClientError) else ""
    if code == "ResourceNotFoundException":
        return Unseen(why=f"there is no log group {group}")
    if code == "LimitExceededException":
        raise Throttled(f"{error}", resource=group) from error  # too many queries run at once in the account
    return unseen(error, f"asking the log group {group}: {{}}")
