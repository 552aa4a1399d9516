"""A query that CloudWatch Logs Insights answers: of several log groups, in several regions and accounts.

Each region is asked by itself, so an aggregate is one of its region; rows of several have a column `@region`.
A log group of another account is named by its ARN, in a monitoring account that the other one is linked to.

The price follows from IncomingBytes, what came into the groups in that time, uncompressed; events may be of
another time than they came in. $0.005 a GB is the price of most regions in 2026 (unconfirmed: no copy of the
page was at hand).

Sources: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Unified-Cross-Account.html,
https://aws.amazon.com/cloudwatch/pricing/
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.wording import number_of, size
from scenarios.on_aws.answers import Answered, Clients, Estimate, NoAnswer
from scenarios.queries.insights import MalformedQuery, Query, QueryFailed, QueryNotSimulated

MOST_GROUPS: Final = 50
DOLLARS_A_GIGABYTE: Final = 0.005
GIGABYTE: Final = 1 << 30
POLL_SECONDS: Final = 1.0
_UNDER_WAY: Final = ("Scheduled", "Running", "Unknown")
_DAY: Final = 86_400
_REGION: Final = "@region"
_POINTER: Final = "@ptr"


def dollars(scanned_bytes: int) -> float:
    """What so many scanned bytes cost."""
    return scanned_bytes / GIGABYTE * DOLLARS_A_GIGABYTE


def region_of(group: str) -> str:
    """The region of a log group that is named by its ARN; "" for a name."""
    return group.split(":")[3] if group.startswith("arn:") and group.count(":") >= 6 else ""


def groups_in(groups: Sequence[str], region: str) -> list[str]:
    """Those that are meant in a region: a name is meant in every one."""
    return [each for each in groups if region_of(each) in ("", region)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Insights:
    """A query, and what it is asked of.

    Args:
        text: the query.
        groups: names, which are meant in every region, or ARNs; none where the query has a SOURCE.
        regions: to ask in.
        since, until: the time of the events, both inclusive.
        limit: rows at most, of each region; None for what the query says.
        wait: sleeps so many seconds.
    """

    clients: Clients
    text: str
    groups: Sequence[str]
    regions: Sequence[str]
    since: datetime
    until: datetime
    limit: int | None = None
    wait: Callable[[float], object] = time.sleep

    def estimate(self) -> Estimate:
        """By what came into the groups in that time."""
        if not self.groups:
            return Estimate(bytes=None, words="What it costs isn't known: SOURCE says which log groups.")
        try:
            found = sum(self._incoming(region) for region in self.regions)
        except (ClientError, BotoCoreError) as error:
            return Estimate(bytes=None, words=f"What it costs could not be looked up: {error}")
        count = sum(len(groups_in(self.groups, region)) for region in self.regions)
        several = "" if len(self.regions) == 1 else f" of {len(self.regions)} regions"
        groups = f"{number_of(count, 'log group')}{several}"
        return Estimate(
            bytes=found,
            words=f"Logs Insights scans about {size(found)} in {groups}: about ${dollars(found):.5f} "
            f"at ${DOLLARS_A_GIGABYTE} a GB.",
        )

    def ask(self) -> Answered:
        """Ask in every region at once, and wait for all."""
        started: dict[str, str] = {}  # one by one: those that were started are stopped if the next one fails
        try:
            for region in self.regions:
                started[region] = self._start(region)
            ended = [(region, *self._wait(region, query)) for region, query in started.items()]
        except (ClientError, BotoCoreError) as error:
            self._stop(started)
            raise _no_answer(error) from error
        except BaseException:
            self._stop(started)
            raise
        return self._together(ended)

    # ---- each region -----------------------------------------------------------------------------

    def _start(self, region: str) -> str:
        groups = groups_in(self.groups, region)
        if any(each.startswith("arn:") for each in groups):
            asked: dict[str, Any] = {"logGroupIdentifiers": [each.removesuffix(":*") for each in groups]}
        else:
            asked = {"logGroupNames": groups} if groups else {}
        query: str = self.clients("logs", region).start_query(
            **asked,
            startTime=int(self.since.timestamp()),
            endTime=int(self.until.timestamp()),
            queryString=self.text,
            **({"limit": self.limit} if self.limit else {}),
        )["queryId"]
        return query

    def _wait(self, region: str, query: str) -> tuple[list[dict[str, str]], dict[str, float]]:
        """The rows of a query, and its statistics, once it is complete."""
        logs = self.clients("logs", region)
        while (found := logs.get_query_results(queryId=query))["status"] in _UNDER_WAY:
            self.wait(POLL_SECONDS)
        if found["status"] != "Complete":
            raise NoAnswer(f"in {region} the query ended as {found['status']}")
        rows, statistics = list(map(_row, found["results"])), found.get("statistics", {})
        while token := found.get("nextToken"):
            found = logs.get_query_results(queryId=query, nextToken=token)
            rows += map(_row, found["results"])
        return rows, statistics

    def _stop(self, started: Mapping[str, str]) -> None:
        """What is given up goes on to cost money unless it is stopped."""
        for region, query in started.items():
            try:
                self.clients("logs", region).stop_query(queryId=query)
            except (ClientError, BotoCoreError):
                continue  # it had ended

    def _together(self, ended: Sequence[tuple[str, list[dict[str, str]], dict[str, float]]]) -> Answered:
        rows = [
            ({_REGION: region} if len(self.regions) > 1 else {}) | row
            for region, found, _ in ended
            for row in found
        ]
        there = dict.fromkeys(name for row in rows for name in row if name != _POINTER)
        names = [name for name in (_REGION, *_order(self.text)) if name in there]
        names += [name for name in there if name not in names]
        scanned = sum(int(each.get("bytesScanned", 0)) for _, _, each in ended)
        events = sum(int(each.get("recordsScanned", 0)) for _, _, each in ended)
        matched = sum(int(each.get("recordsMatched", 0)) for _, _, each in ended)
        return Answered(
            names=names,
            rows=[[row.get(name) for name in names] for row in rows],
            words=f"{events:,} events scanned ({size(scanned)}), {matched:,} matched; "
            f"about ${dollars(scanned):.5f}",
        )

    # ---- the price -------------------------------------------------------------------------------

    def _incoming(self, region: str) -> int:
        groups = groups_in(self.groups, region)
        pages = (
            self.clients("cloudwatch", region)
            .get_paginator("get_metric_data")
            .paginate(
                MetricDataQueries=[_bytes_of(f"g{number}", group) for number, group in enumerate(groups)],
                StartTime=_midnight(self.since),
                EndTime=self.until,
            )
        )
        return int(sum(sum(each["Values"]) for page in pages for each in page["MetricDataResults"]))


def _order(text: str) -> tuple[str, ...]:
    """The query's columns, of which a row of AWS's leaves out what it lacks; none of what only AWS reads."""
    try:
        return Query(text).run(lambda _: ()).columns
    except (MalformedQuery, QueryNotSimulated, QueryFailed):
        return ()


def _midnight(moment: datetime) -> datetime:
    """Sums are of whole days, as CloudWatch keeps them longest."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _bytes_of(label: str, group: str) -> dict[str, Any]:
    parts = group.split(":")
    name = parts[6] if region_of(group) else group
    metric = {
        "Namespace": "AWS/Logs",
        "MetricName": "IncomingBytes",
        "Dimensions": [{"Name": "LogGroupName", "Value": name}],
    }
    return {
        "Id": label,
        "MetricStat": {"Metric": metric, "Period": _DAY, "Stat": "Sum"},
        **({"AccountId": parts[4]} if region_of(group) else {}),
    }


def _row(found: Sequence[dict[str, str]]) -> dict[str, str]:
    return {each["field"]: each.get("value", "") for each in found}


def _no_answer(error: ClientError | BotoCoreError) -> NoAnswer:
    """AWS's own sentence, and the place in the query where it names one."""
    if not isinstance(error, ClientError):
        return NoAnswer(str(error))
    said = error.response["Error"]
    told: Any = error.response.get("queryCompileError") or {}
    place = told.get("location", {}).get("startCharOffset")
    words = told.get("message") or said.get("Message") or said.get("Code")
    return NoAnswer(f"{said.get('Code')}: {words}", place)


def regions_of(groups: Sequence[str], regions: Sequence[str]) -> Iterator[str]:
    """Where to ask: in the regions that are named, and in those that ARNs name."""
    yield from dict.fromkeys((*regions, *filter(None, map(region_of, groups))))
