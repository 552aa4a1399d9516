"""Rows about trails as organizations have them: `trailwarden validate-trail` is asked about one such trail.

A row says in words what the bucket holds, what CloudTrail and Organizations answer, and what is asked. Each
fact that is known here has an expression of its own; a row that says none of them can't be run.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from click.testing import CliRunner, Result

from chalicelib.trail.integrity.keys import Chain
from scenarios.commands.cli import main
from tests.case_forms.judging import Cannot, Verdict
from tests.scenarios.commands.trail_endpoint import BUCKET, CHAIN, HOME, START, Delivered, Endpoint

HOURS = 6  # of a trail of which nothing else is said
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_COUNT = rf"(\d+|{'|'.join(_COUNTS)})"
_FOLDER = re.compile(r'AWSLogs/(o-[a-z0-9]+)/(\d{12})/ of trail "([\w-]+)"')
_ARN = re.compile(r"arn:(aws[\w-]*):cloudtrail:([a-z0-9-]+)")
_AWS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
_KNOWN = {"exit", "exit_in", "digests", "bucket_found", "listings_at_most", "notice", "organizations_region"}


def takes(row: dict[str, Any]) -> bool:
    """Whether the row is about the validation of a trail."""
    return row.get("area") == "validate-trail"


def judge(row: dict[str, Any]) -> Verdict:
    """Ask about the trail once for each range of time that the row names, and hold all answers."""
    expected = row["expected"]
    if expected.keys() - _KNOWN:
        raise Cannot(f"expects {', '.join(sorted(expected.keys() - _KNOWN))}")
    trail = _Trail(str(row["input"]))
    if not trail.facts:
        raise Cannot("described in words")
    answers = [_asked(trail, since, until) for since, until in trail.ranges]
    return Verdict(
        all(_holds(expected, answer) for answer in answers), json.dumps([each.got for each in answers])
    )


@dataclass(slots=True)
class _Answer:
    """What the command answered, and what it asked."""

    exit: int
    digests: int
    told: str
    listings: int
    organizations_region: str

    @property
    def got(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("exit", "digests", "listings", "organizations_region")}


def _holds(expected: dict[str, Any], answer: _Answer) -> bool:
    names = ("exit", "digests", "organizations_region")
    checks = [getattr(answer, name) == expected[name] for name in names if name in expected]
    checks.append(answer.exit in expected.get("exit_in", [answer.exit]))
    checks.append(answer.listings <= expected.get("listings_at_most", answer.listings))
    checks.append(expected.get("notice", "") in answer.told)
    checks.append(not expected.get("bucket_found") or answer.digests > 0)
    return all(checks)


class _Trail:
    """One trail, as a row tells of it. `facts`: how many of its words were understood."""

    def __init__(self, words: str) -> None:
        self._words = words
        self.facts = 0
        self.ranges: list[tuple[datetime, datetime]] = []
        self.options: tuple[str, ...] = ()
        self._chain: Chain = CHAIN
        self._hours, self._start = HOURS, START
        self._settings: dict[str, Any] = {}
        self._beside: list[tuple[Chain, int]] = []
        self._members: list[str] = []
        self._is_unknown = self._said(r"DescribeTrails empty") is not None
        self._is_shadow = self._said(r"DescribeTrails answers \[\] to includeShadowTrails=false") is not None
        self._read_name()
        self._read_accounts()
        self._read_place()
        self._read_time()

    def _said(self, expression: str) -> re.Match[str] | None:
        found = re.search(expression, self._words)
        self.facts += found is not None
        return found

    def _read_name(self) -> None:
        if found := self._said(rf'trail "([\w-]+)" \({_COUNT} digests\)'):
            self._chain, self._hours = replace(self._chain, trail=found[1]), _number(found[2])
        if self._said(r"--s3-bucket given"):
            self.options = ("--s3-bucket", BUCKET)
        for organization, account, name in _FOLDER.findall(self._words):
            other = replace(CHAIN, organization=organization, account=account, trail=name)
            self._beside.append((other, self._hours))

    def _read_accounts(self) -> None:
        if self._said(r"organization trail|the same with arn:"):
            self._chain = replace(self._chain, organization="o-abcdefghij")
            self._settings["IsOrganizationTrail"] = True
        if found := self._said(rf"accounts (\d{{12}}) \({_COUNT} digests"):
            self._chain, self._hours = replace(self._chain, account=found[1]), _number(found[2])
        if found := self._said(rf"and (\d{{12}}) \(first {_COUNT} only\)"):
            self._beside.append((replace(self._chain, account=found[1]), _number(found[2])))
        found = self._said(r"ListAccounts gives only (\d{12})")
        self._members = [found[1]] if found else [self._chain.account]

    def _read_place(self) -> None:
        if found := self._said(_ARN.pattern):
            self._settings["TrailARN"] = f"{found[0]}:{self._chain.account}:trail/{self._chain.trail}"
        if found := self._said(r'S3KeyPrefix "([^"]+)" in DescribeTrails'):
            self._chain, self._settings["S3KeyPrefix"] = replace(self._chain, prefix=found[1]), found[1]

    def _read_time(self) -> None:
        if found := self._said(rf"{_COUNT} digests of (\d{{4}}-\d\d-\d\d)"):
            self._hours, self._start = _number(found[1]), _day(found[2])
        since, until = self._start, self._start + self._hours * HOUR
        if found := self._said(r"--start-time (\d{4}-\d\d-\d\d)"):
            since = _day(found[1])
        if self._said(r"range a day long, wholly before the trail's first digest"):
            since, until = self._start - 3 * DAY, self._start - 2 * DAY
        self.ranges = [(since, until)]
        if self._said(r"or the day after"):
            self.ranges.append((until, until + DAY))
            self._hours += 24  # the others go on

    @property
    def arn(self) -> str:
        """The trail's ARN."""
        own = f"arn:aws:cloudtrail:{HOME}:{self._chain.account}:trail/{self._chain.trail}"
        return str(self._settings.get("TrailARN", own))

    def delivered(self) -> Delivered:
        """The bucket's objects."""
        made = Delivered()
        for chain, hours in ((self._chain, self._hours), *self._beside):
            made.chain(chain, hours, start=self._start)
        return made

    def prepare(self, endpoint: Endpoint) -> None:
        """Have CloudTrail and Organizations answer as the row says."""
        whole: Any = endpoint.cloudtrail["DescribeTrails"]
        whole["trailList"][0] |= {"Name": self._chain.trail, "TrailARN": self.arn, **self._settings}
        joined = [{"Id": each, "Status": "ACTIVE", "JoinedTimestamp": 1577836800} for each in self._members]
        endpoint.cloudtrail["ListAccounts"] = {"Accounts": joined}
        if self._is_unknown:
            endpoint.cloudtrail["DescribeTrails"] = {"trailList": []}
        if self._is_shadow:
            endpoint.cloudtrail["DescribeTrails"] = lambda asked: (
                {"trailList": []} if asked.get("includeShadowTrails") is False else whole
            )


def _number(word: str) -> int:
    return _COUNTS.get(word) or int(word)


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


def _asked(trail: _Trail, since: datetime, until: datetime) -> _Answer:
    listings: list[str] = []
    with Endpoint(trail.delivered()) as endpoint, _environment(AWS_ENDPOINT_URL=endpoint.url, **_AWS):
        trail.prepare(endpoint)
        endpoint.asked = lambda target: listings.append(target) if "list-type" in target else None
        times = ("--start-time", f"{since:%Y-%m-%dT%H:%M:%SZ}", "--end-time", f"{until:%Y-%m-%dT%H:%M:%SZ}")
        arguments = ["validate-trail", "--trail-arn", trail.arn, *times, *trail.options, "--format", "json"]
        result: Result = CliRunner().invoke(main, arguments)
        region = endpoint.signed_for.get("ListAccounts", "")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    digests = lines[-1]["summary"]["digests"] if lines else 0
    return _Answer(result.exit_code, digests, result.stdout, len(listings), region)


@contextmanager
def _environment(**given: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
