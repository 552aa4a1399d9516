"""Logs Insights: a query is started, runs a while, and then has its answer.

A query is `Scheduled` at first, `Running` after that, and ends as `Complete`, `Failed`, `Cancelled` or
`Timeout`. It answers from what the groups hold when it starts; while it runs, it shows a part of its rows, in
which nobody may see the whole.

Sources: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html. How long a query waits
and runs is unconfirmed, and so are the words of refusals but for those of groups, ranges and malformed texts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from scenarios.cloud.asked import Answer, Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.paging import of_logs
from scenarios.cloud.logs.encryption import GroupEncryption
from scenarios.cloud.logs.events import LogEvent, invalid, milliseconds
from scenarios.cloud.logs.linked import Group, LinkedGroups, group_asked
from scenarios.cloud.logs.pointers import pointed_at, pointer
from scenarios.cloud.logs.search import Search
from scenarios.cloud.setting import Setting
from scenarios.queries.insights import (
    Event,
    Kind,
    MalformedQuery,
    Query,
    QueryFailed,
    QueryNotSimulated,
    Result,
    Source,
    Statistics,
    Window,
    fields_of_json,
)
from scenarios.queries.insights.switches import DEFAULT
from scenarios.queries.insights.values import Values

MOST_GROUPS = 50
MOST_PREFIXES = 5
MOST_AT_ONCE = 100
LONGEST = timedelta(minutes=60)
KEPT = timedelta(days=7)
WAITING_SECONDS = (0.1, 0.9)
RUNNING_SECONDS = (0.5, 3.0)
BYTES_A_SECOND = 1 << 30
RESULTS = of_logs(10_000, "maxItems")
QUERIES = of_logs(1_000, "maxResults")
LANGUAGE = "CWLI"
ENDED = ("Complete", "Failed", "Cancelled", "Timeout")
_LAMBDA_GROUPS = "/aws/lambda/"
_NOTHING = Result(columns=(), rows=[], pointers=(), statistics=Statistics())

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class _Run:
    """One query. `account`: whose query it is; `groups`: its log groups, also of linked accounts."""

    id: str
    account: str
    region: str
    groups: tuple[Group, ...]
    text: str
    by: str
    started: datetime
    result: Result = field(default=_NOTHING)
    status: str = "Scheduled"
    ended: datetime | None = None
    fails: bool = False
    runs_from: datetime = _NEVER
    ends_at: datetime = _NEVER
    ends_as: str = "Complete"

    def go_on(self, now: datetime) -> None:
        """Be as far as it is by now. It needs nobody's clock for that: a function that waits for it asks."""
        if self.is_over:
            return
        if now >= self.ends_at:
            self.status, self.ended = self.ends_as, self.ends_at
        elif now >= self.runs_from:
            self.status = "Running"

    @property
    def is_over(self) -> bool:
        """Whether it ended, in whichever way."""
        return self.status in ENDED

    def described(self) -> dict[str, Any]:
        """As DescribeQueries tells it."""
        found: dict[str, Any] = {
            "queryLanguage": LANGUAGE,
            "queryId": self.id,
            "queryString": self.text,
            "status": self.status,
            "createTime": milliseconds(self.started),
            "logGroupName": self.groups[0].name if self.groups else "",
            "userIdentity": self.by,
        }
        if self.ended is not None:
            found["queryDuration"] = milliseconds(self.ended) - milliseconds(self.started)
            found["bytesScanned"] = float(self.result.statistics.bytes)
        return found

    def shown(self) -> list[list[dict[str, str]]]:
        """The rows that there are by now: while it runs, those of an event that were found first."""
        result = self.result
        if self.status == "Complete":
            count = len(result.rows)
        else:
            running = self.status == "Running" and bool(result.pointers)
            count = len(result.rows) // 2 if running else 0
        return [_row(result, number) for number in range(count)]


def _row(result: Result, number: int) -> list[dict[str, str]]:
    row = [{"field": name, "value": value} for name, value in result.rows[number].items()]
    if result.pointers:
        row.append({"field": "@ptr", "value": result.pointers[number]})
    return row


class Queries:
    """Every query, of every account."""

    def __init__(
        self, setting: Setting, search: Search, encryption: GroupEncryption, linked: LinkedGroups
    ) -> None:
        self._setting, self._search, self._encryption = setting, search, encryption
        self._linked = linked
        self._runs: dict[str, _Run] = {}
        answers: dict[str, Answer] = {
            "StartQuery": self._start,
            "GetQueryResults": self._results,
            "StopQuery": self._stop,
            "DescribeQueries": self._describe,
            "GetLogRecord": self._record,
        }
        for operation, answer in answers.items():
            setting.calls.answer("logs", operation, answer)
        setting.calls.in_every_account("logs", *answers)

    def at_once(self, region: str, group: str, text: str, since: int) -> Result:
        """What a query of a group would answer now, from `since` on, in milliseconds; nobody makes a call.

        Raises KeyError where there is no such group, MalformedQuery, QueryNotSimulated and QueryFailed.
        """
        query = self.askable(region, group, text)
        now = milliseconds(self._setting.clock.now)
        own = Group(self._setting.account, group)
        window = Window(now=now // 1000, start=since, end=now)
        return query.run(lambda _source: self._events(region, (own,), since, now), window)

    def askable(self, region: str, group: str, text: str) -> Query:
        """A query for a group. Raises KeyError where there is none of that name, MalformedQuery."""
        if moto_state.log_group(self._setting.account, region, group) is None:
            raise KeyError(group)
        return _query(text)

    # ---- the API ---------------------------------------------------------------------------------

    def _start(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        if given.get("queryLanguage", LANGUAGE) != LANGUAGE:
            raise NotSimulated("logs", f"StartQuery in {given['queryLanguage']}")
        since, until = int(given["startTime"]) * 1000, int(given["endTime"]) * 1000 + 999
        if since > until:
            raise invalid("The start time must not be later than the end time.")
        query = _read(given["queryString"])
        groups = self._groups(asked, query.source)
        self._must_overlap(asked.region, groups, until)
        running = [run for run in self._of(asked) if not run.is_over]
        if len(running) >= MOST_AT_ONCE:
            words = f"Account maximum query concurrency limit of [{MOST_AT_ONCE}] reached."
            raise Refused("LimitExceededException", words)
        run = self._run(asked, query, groups, since, until)
        self._runs[run.id] = run
        self._begin(run)
        return {"queryId": run.id}

    def _results(self, asked: Asked) -> dict[str, Any]:
        run = self._known(asked)
        page, more = RESULTS.page(run.shown(), asked.parameters)
        read = run.result.statistics if run.status in ("Complete", "Cancelled") else Statistics()
        return {
            "queryLanguage": LANGUAGE,
            "results": page,
            "statistics": {
                "recordsMatched": float(read.matched),
                "recordsScanned": float(read.scanned),
                "estimatedRecordsSkipped": 0.0,
                "bytesScanned": float(read.bytes),
                "estimatedBytesSkipped": 0.0,
                "logGroupsScanned": float(len(run.groups)),
            },
            "status": run.status,
            **more,
        }

    def _stop(self, asked: Asked) -> dict[str, Any]:
        run = self._known(asked)
        if run.is_over:
            raise invalid(f"The specified query {run.id} is not running.")
        run.status, run.ended = "Cancelled", self._setting.clock.now
        return {"success": True}

    def _describe(self, asked: Asked) -> dict[str, Any]:
        group, status = asked.parameters.get("logGroupName"), asked.parameters.get("status")
        found = [
            run.described()
            for run in reversed(self._of(asked))
            if not self._forgotten(run)
            and (group is None or Group(run.account, group) in run.groups)
            and status in (None, run.status)
            and asked.parameters.get("queryLanguage", LANGUAGE) == LANGUAGE
        ]
        page, more = QUERIES.page(found, asked.parameters)
        return {"queries": page, **more}

    def _record(self, asked: Asked) -> dict[str, Any]:
        at = pointed_at(asked.parameters["logRecordPointer"])
        group: Any = moto_state.log_group(at.account, asked.region, at.group)
        streams = iter([at.stream] if group is not None and at.stream in group.streams else ())
        for event in self._search.events(group, streams, 0, 1 << 62) if group is not None else ():
            if event.id == at.event_id and at.region == asked.region:
                return {"logRecord": self._whole(asked.region, Group(at.account, at.group), event)}
        raise Refused("ResourceNotFoundException", "The specified log record does not exist.")

    def _known(self, asked: Asked) -> _Run:
        run = self._runs.get(asked.parameters["queryId"])
        whose = (asked.caller.account, asked.region)
        if run is None or (run.account, run.region) != whose or self._forgotten(run):
            words = f"Query with id {asked.parameters['queryId']} does not exist"
            raise Refused("ResourceNotFoundException", words)
        run.go_on(self._setting.clock.now)
        return run

    def _of(self, asked: Asked) -> list[_Run]:
        """The queries of the caller's account in the region, as far as they are by now."""
        whose = (asked.caller.account, asked.region)
        found = [run for run in self._runs.values() if (run.account, run.region) == whose]
        for run in found:
            run.go_on(self._setting.clock.now)
        return found

    def _forgotten(self, run: _Run) -> bool:
        return self._setting.clock.now - run.started > KEPT

    # ---- which groups ----------------------------------------------------------------------------

    def _groups(self, asked: Asked, source: Source | None) -> tuple[Group, ...]:
        given = asked.parameters
        named = [
            [given["logGroupName"]] if given.get("logGroupName") else [],
            list(given.get("logGroupNames") or ()),
            list(given.get("logGroupIdentifiers") or ()),
        ]
        ways = [each for each in named if each]
        if len(ways) + (source is not None) != 1:
            raise invalid(
                "Exactly one of logGroupName, logGroupNames, logGroupIdentifiers or SOURCE in the query "
                "must be given."
            )
        groups = self._of_source(asked, source) if source is not None else self._named(asked, ways[0])
        if len(groups) > MOST_GROUPS:
            raise invalid(f"A query can include up to {MOST_GROUPS} log groups.")
        for group in groups:
            self._encryption.must_decrypt(asked.region, group)
        return groups

    def _named(self, asked: Asked, names: Iterable[str]) -> tuple[Group, ...]:
        """Those that are named. Whether a link shows one of another account, IAM was asked with the call."""
        groups = tuple(dict.fromkeys(group_asked(asked, name) for name in names))
        for group in groups:
            if moto_state.log_group(group.account, asked.region, group.name) is None:
                raise Refused(
                    "ResourceNotFoundException",
                    f"Log group '{group.name}' does not exist for account ID '{group.account}'",
                )
        return groups

    def _of_source(self, asked: Asked, source: Source) -> tuple[Group, ...]:
        """The groups that SOURCE says, those of which the caller may query.

        Where it names no account, those of linked accounts are among them.
        """
        if source.begin or source.end:
            raise NotSimulated("logs", "SOURCE with times")
        if set(source.group_class) - {"STANDARD"}:
            raise NotSimulated("logs", "SOURCE with other classes of log groups")
        if len(source.prefixes) > MOST_PREFIXES:
            raise invalid(f"SOURCE takes up to {MOST_PREFIXES} prefixes.")
        own = asked.caller.account
        strangers = set(source.accounts) - {own} - self._linked.sources_of(own, asked.region)
        if strangers:
            raise invalid(f"Account {min(strangers)} is not linked to this account.")
        known = [Group(own, name) for name in moto_state.log_groups(own, asked.region)]
        known += self._linked.seen_by(own, asked.region)
        groups = self._named(asked, source.groups) or tuple(
            group
            for group in known
            if (not source.accounts or group.account in source.accounts)
            and (not source.prefixes or group.name.startswith(source.prefixes))
        )
        for group in groups:
            self._must_be_allowed(asked, group)
        return groups

    def _must_be_allowed(self, asked: Asked, group: Group) -> None:
        arn = f"{group.arn(asked.region)}:log-stream:"
        if not self._setting.identity.judge(asked.caller, "logs:StartQuery", arn).allowed:
            words = (
                f"User: {asked.caller.arn} is not authorized to perform: logs:StartQuery on resource: {arn}"
            )
            raise Refused("AccessDeniedException", words)

    def _must_overlap(self, region: str, groups: tuple[Group, ...], until: int) -> None:
        """The time that is asked for must have a part in which some group was there, and kept its events."""
        for named in groups:
            group: Any = moto_state.log_group(named.account, region, named.name)
            if until >= max(_created(group), self._search.oldest_kept(group)):
                return
        if groups:
            raise Refused(
                "MalformedQueryException",
                "Query's end date and time is either before the log groups creation time or exceeds the log "
                "groups log retention settings",
            )

    # ---- the work --------------------------------------------------------------------------------

    def _run(self, asked: Asked, query: Query, groups: tuple[Group, ...], since: int, until: int) -> _Run:
        now = self._setting.clock.now
        own = asked.caller.account
        names = (group.name if group.account == own else group.arn(asked.region) for group in groups)
        written = ", ".join(f'"{each}"' for each in names)
        stored = (
            query.text if query.source else (f"SOURCE {written} START={since} END={until} | {query.text}")
        )
        run = _Run(
            id=self._setting.new_uuid("logs.query"),
            account=own,
            region=asked.region,
            groups=groups,
            text=stored,
            by=asked.caller.arn,
            started=now,
        )

        def events(source: Source | None) -> Iterable[Event]:
            wanted = groups if source is None or source is query.source else self._of_source(asked, source)
            return self._events(asked.region, wanted, since, until)

        window = Window(now=int(now.timestamp()), start=since, end=until)
        try:
            run.result = query.run(events, window, asked.parameters.get("limit"))
        except MalformedQuery as malformed:
            raise _malformed(malformed) from malformed
        except QueryFailed:
            run.fails = True
        return run

    def _events(self, region: str, groups: Iterable[Group], since: int, until: int) -> Iterable[Event]:
        for account, name in groups:
            group: Any = moto_state.log_group(account, region, name)
            kind = Kind.LAMBDA if name.startswith(_LAMBDA_GROUPS) else Kind.AUTO
            log = f"{account}:{name}"
            for event in self._search.events(group, iter(sorted(group.streams)), since, until):
                yield Event(
                    event.timestamp,
                    event.message,
                    event.stream,
                    log,
                    milliseconds(event.ingested_at),
                    pointer(account, region, name, event),
                    kind,
                )

    def _begin(self, run: _Run) -> None:
        dice = self._setting.random("logs.query")
        waits, runs = dice.uniform(*WAITING_SECONDS), dice.uniform(*RUNNING_SECONDS)
        runs += run.result.statistics.bytes / BYTES_A_SECOND
        run.ends_as = "Failed" if run.fails else "Complete"
        if runs > LONGEST.total_seconds():
            runs, run.ends_as = LONGEST.total_seconds(), "Timeout"
        run.runs_from = run.started + timedelta(seconds=waits)
        run.ends_at = run.runs_from + timedelta(seconds=runs)

    def _whole(self, region: str, group: Group, event: LogEvent) -> dict[str, str]:
        """Everything of one event: what the system knows of it, and the fields of its JSON."""
        values = Values(DEFAULT)
        found = fields_of_json(event.message, DEFAULT.most_discovered)
        return {
            **{field: values.text(value) or "" for field, value in found.items()},
            "@message": event.message,
            "@timestamp": str(event.timestamp),
            "@ingestionTime": str(milliseconds(event.ingested_at)),
            "@logStream": event.stream,
            "@log": f"{group.account}:{group.name}",
            "@ptr": pointer(group.account, region, group.name, event),
        }


def _created(group: Any) -> int:
    """When a group was made, in milliseconds; moto keeps UTC without saying so."""
    return milliseconds(group.creation_time.replace(tzinfo=UTC))


# A text that was read stays as it is: alerts ask the same again.
_query = lru_cache(maxsize=512)(Query)


def _read(text: str) -> Query:
    try:
        return _query(text)
    except MalformedQuery as malformed:
        raise _malformed(malformed) from malformed
    except QueryNotSimulated as missing:
        raise NotSimulated("logs", f"StartQuery with {missing.what}") from missing


def _malformed(error: MalformedQuery) -> Refused:
    location = {"startCharOffset": error.start, "endCharOffset": error.end}
    return Refused(
        "MalformedQueryException",
        error.message,
        members={"queryCompileError": {"location": location, "message": error.message}},
    )
