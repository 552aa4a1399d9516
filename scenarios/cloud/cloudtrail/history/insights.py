"""CloudTrail Insights: each minute that had calls is looked at when it is over, while a trail has Insights.

AWS says that the first event comes up to 36 hours after Insights is switched on, and that events are usually
delivered within 30 minutes of the activity: here never before those 36 hours, and 5 to 30 minutes later. The
baseline reaches back to before Insights was switched on. Activity ends when five minutes in a row were usual.
None of this costs anything while no trail has Insights.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-insights-events-with-cloudtrail.html
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Literal

from scenarios.cloud.cloudtrail.history.insight_records import (
    BASELINE,
    MINUTE,
    Activity,
    Record,
    Subject,
    insight_record,
    is_unusual,
    subjects,
)
from scenarios.cloud.cloudtrail.records.user_identity import iso
from scenarios.cloud.cloudtrail.selectors.choices import TrailChoices
from scenarios.cloud.setting import Setting

FIRST_AFTER: Final = timedelta(hours=36)
QUIET: Final = timedelta(minutes=5)
DELIVERED_AFTER_SECONDS: Final = (300.0, 1800.0)

Deliver = Callable[[Record, Sequence[Any]], None]


@dataclass(slots=True)
class _Unusual:
    """Activity that goes on: the minutes it began and was last unusual, and what it is measured by."""

    began: datetime
    last: datetime
    baseline: Activity
    shared_id: str


class Insights:
    """Counts what is recorded. `past` gives the records so far, `watching` the trails that log a region's."""

    def __init__(
        self,
        setting: Setting,
        choices: TrailChoices,
        *,
        past: Callable[[], Iterable[Record]],
        watching: Callable[[str], Sequence[Any]],
        deliver: Deliver,
    ) -> None:
        self._setting = setting
        self._choices = choices
        self._past = past
        self._watching = watching
        self._deliver = deliver
        self._calls: dict[Subject, list[Record]] | None = None
        self._to_close: set[tuple[Subject, datetime]] = set()
        self._unusual: dict[Subject, _Unusual] = {}

    def heard(self, record: Record) -> None:
        """Count a management event."""
        if not self._choices.any_insights:
            self._calls = None
            return
        if self._calls is None:
            self._calls = {}
            for each in self._past():
                self._count(each)
        else:
            self._count(record)
        minute = datetime.fromisoformat(record["eventTime"]).replace(second=0)
        for subject in subjects(record):
            if (subject, minute) not in self._to_close:
                self._to_close.add((subject, minute))
                over = partial(self._minute_is_over, subject, minute)
                self._setting.clock.at(minute + MINUTE, over, "Insights looks at a minute")

    def _count(self, record: Record) -> None:
        assert self._calls is not None
        for subject in subjects(record):
            insort(self._calls.setdefault(subject, []), record, key=_moment)

    def _minute_is_over(self, subject: Subject, minute: datetime) -> None:
        self._to_close.discard((subject, minute))
        calls = self._between(subject, minute, minute + MINUTE)
        going_on = self._unusual.get(subject)
        baseline = going_on.baseline if going_on else self._before(subject, minute)
        if not self._told(subject, minute) or not is_unusual(len(calls.calls), baseline):
            return
        if going_on:
            going_on.last = minute
            return
        shared_id = self._setting.new_uuid("cloudtrail.insight")
        going_on = self._unusual[subject] = _Unusual(minute, minute, baseline, shared_id)
        self._tell(subject, going_on, "Start", minute, calls)
        self._look_again(subject, going_on)

    def _look_again(self, subject: Subject, going_on: _Unusual) -> None:
        usual_again = going_on.last + MINUTE + QUIET
        # A minute ends, and is looked at, before anybody asks whether it was the fifth.
        self._setting.clock.at(
            usual_again + timedelta(seconds=1), lambda: self._quiet(subject, going_on), "Insights looks again"
        )

    def _quiet(self, subject: Subject, going_on: _Unusual) -> None:
        ended = going_on.last + MINUTE
        if self._setting.clock.now < ended + QUIET:
            self._look_again(subject, going_on)
            return
        del self._unusual[subject]
        self._tell(subject, going_on, "End", ended, self._between(subject, going_on.began, ended))

    # ---- what was done --------------------------------------------------------------------------

    def _before(self, subject: Subject, minute: datetime) -> Activity:
        return self._between(subject, minute - BASELINE, minute)

    def _between(self, subject: Subject, since: datetime, until: datetime) -> Activity:
        """The calls from `since` to before `until`; times in ISO 8601 sort as text."""
        calls = (self._calls or {}).get(subject, [])
        first, behind = (
            bisect_left(calls, iso(at), key=lambda call: call["eventTime"]) for at in (since, until)
        )
        return Activity(calls=tuple(calls[first:behind]), minutes=int((until - since) / MINUTE))

    # ---- who is told ----------------------------------------------------------------------------

    def _told(self, subject: Subject, minute: datetime) -> list[Any]:
        """The trails that log this region and have had Insights of this type for long enough."""
        trails = []
        for trail in self._watching(subject.region):
            since = self._choices.insights_since(trail, subject.kind)
            if since is not None and minute - since >= FIRST_AFTER:
                trails.append(trail)
        return trails

    def _tell(
        self,
        subject: Subject,
        going_on: _Unusual,
        state: Literal["Start", "End"],
        at: datetime,
        activity: Activity,
    ) -> None:
        record = insight_record(
            subject,
            state,
            at=at,
            insight=activity,
            baseline=going_on.baseline,
            account=self._setting.account,
            event_id=self._setting.new_uuid("cloudtrail.insight"),
            shared_id=going_on.shared_id,
        )
        trails = self._told(subject, going_on.began)
        delay = self._setting.random("cloudtrail.insight").uniform(*DELIVERED_AFTER_SECONDS)
        self._setting.clock.after(delay, lambda: self._deliver(record, trails), "CloudTrail Insights")


def _moment(record: Record) -> str:
    moment: str = record["eventTime"]
    return moment
