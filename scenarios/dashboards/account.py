"""A dashboard's data from an account, by boto3 clients: a real one's, or those of the simulated AWS.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from scenarios.dashboards.page import Source
from scenarios.dashboards.series import Span

Clients = Callable[[str, str], Any]
"""A client of a service, in a region."""

MOST_NAMES: Final = 100
MOST_LOOKS: Final = 120
_GOING_ON: Final = ("Scheduled", "Running", "Unknown")


class NoAnswer(Exception):
    """A query that came to no answer."""


def source(clients: Clients, pause: Callable[[], object], *more: type[BaseException]) -> Source:
    """The data that clients give; `pause`: waits a second; `more`: what else one widget may fail with."""

    def metrics(region: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = clients("cloudwatch", region).get_metric_data(**parameters)
        return found

    def alarms(arns: Sequence[str]) -> list[Mapping[str, Any]]:
        by_region: dict[str, list[str]] = {}
        for arn in arns:
            _, _, _, region, _, _, name = f"{arn}::::::".split(":", 6)
            by_region.setdefault(region, []).append(name.rstrip(":"))
        return [
            each
            for region, names in by_region.items()
            for some in _parts(names)
            for each in _described(clients("cloudwatch", region), some)
        ]

    def logs(region: str, query: str, span: Span) -> list[Mapping[str, str]]:
        return _answer(clients("logs", region), query, span, pause)

    return Source(
        metrics=metrics, alarms=alarms, logs=logs, troubles=(ClientError, BotoCoreError, NoAnswer, *more)
    )


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[begin : begin + MOST_NAMES] for begin in range(0, len(names), MOST_NAMES))


def _described(cloudwatch: Any, names: Sequence[str]) -> list[Mapping[str, Any]]:
    kinds = ["MetricAlarm", "CompositeAlarm"]
    told = cloudwatch.describe_alarms(AlarmNames=list(names), AlarmTypes=kinds, MaxRecords=MOST_NAMES)
    return [*told["MetricAlarms"], *told["CompositeAlarms"]]


def _answer(logs: Any, query: str, span: Span, pause: Callable[[], object]) -> list[Mapping[str, str]]:
    begun = logs.start_query(
        startTime=int(span.start.timestamp()), endTime=int(span.end.timestamp()), **_asked(query)
    )
    for _ in range(MOST_LOOKS):
        told = logs.get_query_results(queryId=begun["queryId"])
        if told["status"] not in _GOING_ON:
            break
        pause()
    if told["status"] != "Complete":
        raise NoAnswer(f"the query ended as {told['status']}")
    return [{each["field"]: each.get("value", "") for each in row} for row in told["results"]]


def _asked(query: str) -> dict[str, Any]:
    """The groups and the text of a widget's query, which begins with `SOURCE 'group' | SOURCE 'other' |`."""
    groups: list[str] = []
    parts = query.split("|")
    while parts and (words := parts[0].strip().split(maxsplit=1)) and words[0].upper() == "SOURCE":
        quoted = words[1].strip() if len(words) > 1 else ""
        if not (len(quoted) > 2 and quoted[0] == quoted[-1] and quoted[0] in "'\""):
            break  # a SOURCE of another form: Logs reads it itself
        groups.append(quoted[1:-1])
        parts.pop(0)
    text = "|".join(parts).strip()
    return {"logGroupNames": groups, "queryString": text} if groups else {"queryString": query}
