"""Runs that never ran: a timeline written down, to be shown."""

from datetime import UTC, datetime, timedelta

from scenarios.cloud.setting import Moment
from scenarios.runner.run import Report
from scenarios.runner.scenario import Scenario, span

BEGAN = datetime(2026, 3, 2, 3, tzinfo=UTC)


def moment(when, kind, words="", *, cause=None, **facts):
    """A line of a timeline; `when` is reported from the beginning."""
    return Moment(at=BEGAN + span(when), kind=kind, words=words or kind, cause=cause, facts=facts)


def report(*timeline, name="root_login", alarms=(), failures=()):
    """How a run went that had this timeline."""
    return Report(
        scenario=Scenario(
            name=name,
            title="Something happens that nobody expected, at three in the morning, and it goes on",
            when=(),
            then=(),
        ),
        seed=1,
        faults="none",
        began=BEGAN,
        timeline=tuple(sorted(timeline, key=lambda each: each.at)),
        failures=tuple(failures),
        simulated_seconds=timedelta(minutes=15).total_seconds(),
        wall_seconds=0.1,
        alarms=tuple(alarms),
    )
