"""Put the questions that AWS's pages leave open to a real account: `make ask-aws`.

For each switch one small query runs on lines of its own in a log group that is made for it, and its answer is
held against what each value of the switch would answer here. Whoever runs it needs `logs:CreateLogGroup`,
`CreateLogStream`, `PutLogEvents`, `StartQuery`, `GetQueryResults` and `DeleteLogGroup`; it costs less than a
cent. The tests run it on the simulated AWS alone, which answers as held here; `AWS_ENDPOINT_URL` leads it to
`trailwarden serve`.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from scenarios.queries.errors import MalformedQuery, QueryNotSimulated
from scenarios.queries.insights.events import Event
from scenarios.queries.insights.query import Query
from scenarios.queries.insights.switches import DEFAULT, OPEN, Open, Switches

GROUP = "trailwarden-ask-aws"
STREAM = "probe"
REFUSED = "refused"
UNTIL_SEARCHABLE_SECONDS = 60
UNTIL_ANSWERED_SECONDS = 60
_ENDED = ("Complete", "Failed", "Cancelled", "Timeout", "Unknown")

Answer = list[dict[str, str]] | str
"""Rows, or that the query is refused."""


def ours(probe: Open, switches: Switches, begin: int) -> Answer:
    """What a query answers here; `begin`: the time of its first line, in milliseconds."""
    events = [Event(begin + 1000 * number, message) for number, message in enumerate(probe.messages)]
    try:
        return Query(probe.query, switches).run(events).rows
    except (MalformedQuery, QueryNotSimulated):
        return REFUSED


def fitting(probe: Open, answer: Answer, begin: int) -> list[Any]:
    """The values of a switch with which the answer here would be this one."""
    values = (getattr(DEFAULT, probe.name), *probe.others)
    return [
        value
        for value in values
        if _alike(ours(probe, replace(DEFAULT, **{probe.name: value}), begin), answer)
    ]


def _alike(one: Answer, other: Answer) -> bool:
    """Whether two answers say the same; the order counts only where the query sorts."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return one == other or sorted(map(str, one)) == sorted(map(str, other))


def told(probe: Open, answer: Answer, begin: int) -> tuple[bool, str]:
    """Whether AWS answers as the switch says, and a line for it."""
    held, values = getattr(DEFAULT, probe.name), fitting(probe, answer, begin)
    if held in values:
        return True, f"as held   {probe.name} = {held!r}"
    if values:
        return False, f"OTHERWISE {probe.name} = {values[0]!r}, not {held!r}: {probe.question}"
    return False, f"NEITHER   {probe.name}: AWS answers {answer!r}: {probe.question}"


class _Account:
    """The log group in a real account."""

    def __init__(self, client: Any, begin: int, pause: Callable[[float], object]) -> None:
        self._logs = client
        self._begin = begin
        self._pause = pause

    def make(self, probe: Open) -> str:
        """Make a group for a probe, and return its name."""
        name = f"{GROUP}/{probe.name}"
        self._logs.create_log_group(logGroupName=name)
        return name

    def write(self, name: str, probe: Open) -> None:
        """Write the lines of a probe into its group."""
        self._logs.create_log_stream(logGroupName=name, logStreamName=STREAM)
        lines = [
            {"timestamp": self._begin + 1000 * number, "message": message}
            for number, message in enumerate(probe.messages)
        ]
        self._logs.put_log_events(logGroupName=name, logStreamName=STREAM, logEvents=lines)

    def ask(self, group: str, query: str) -> Answer:
        """What AWS answers."""
        begin = self._begin // 1000
        try:
            started = self._logs.start_query(
                logGroupName=group, startTime=begin - 60, endTime=begin + 600, queryString=query
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "MalformedQueryException":
                return REFUSED
            raise
        for _ in range(UNTIL_ANSWERED_SECONDS):
            found = self._logs.get_query_results(queryId=started["queryId"])
            if found["status"] in _ENDED:
                break
            self._pause(1)
        return [
            {each["field"]: each["value"] for each in row if each["field"] != "@ptr"}
            for row in found["results"]
        ]

    def delete(self, group: str) -> None:
        self._logs.delete_log_group(logGroupName=group)


def _deleted(account: _Account, groups: Sequence[str], say: Callable[[str], object]) -> None:
    """Delete every group; one that can't be is named, for it costs as long as it is there."""
    for group in groups:
        try:
            account.delete(group)
        except (BotoCoreError, ClientError) as error:
            say(f"could not delete the log group {group}: {error}")


def main(
    client: Any = None,
    say: Callable[[str], object] = print,
    pause: Callable[[float], object] = time.sleep,
) -> int:
    """Ask, and say of each switch whether AWS answers as held here. Exit 1 where it doesn't, 2 for errors."""
    begin = int(time.time()) * 1000
    right = True
    try:
        account = _Account(client or boto3.client("logs"), begin, pause)
        groups: list[str] = []
        try:
            for probe in OPEN:
                groups.append(account.make(probe))
                account.write(groups[-1], probe)
            pause(UNTIL_SEARCHABLE_SECONDS)
            for probe, group in zip(OPEN, groups, strict=True):
                as_held, line = told(probe, account.ask(group, probe.query), begin)
                right = right and as_held
                say(line)
        finally:
            _deleted(account, groups, say)
    except (BotoCoreError, ClientError) as error:
        say(f"could not ask: {error}")
        return 2
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
