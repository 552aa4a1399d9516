"""How many alerts and alarms a run sent, and how long after the action that caused them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scenarios.cloud.setting import Moment
from scenarios.runner.run import Report

CLOUDWATCH = "cloudwatch.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstMail:
    """The first message of its kind: when it came, and the action that it followed, if there was one."""

    at: datetime
    action: Moment | None

    @property
    def seconds(self) -> float | None:
        """From the action to the message."""
        return (self.at - self.action.at).total_seconds() if self.action else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What came of a run, in numbers.

    `alerts`: mail that a function sent. `alarms`: alarms that went off, whether they send mail or not.
    `acts`: calls that changed something. `alert` and `alarm`: the first mail of a function, of CloudWatch.
    """

    alerts: int
    alarms: int
    acts: int
    alert: FirstMail | None
    alarm: FirstMail | None

    @property
    def first(self) -> FirstMail | None:
        """The first message of all."""
        return min(filter(None, (self.alert, self.alarm)), key=lambda mail: mail.at, default=None)


def counts(report: Report) -> Counts:
    """Count a run's mail, alarms and acts, and find what each first message followed."""
    mail = [moment for moment in report.timeline if moment.kind == "mail"]
    alerts = [each for each in mail if not from_cloudwatch(each)]
    return Counts(
        alerts=len(alerts),
        alarms=len(report.alarms),
        acts=sum(is_act(moment) for moment in report.timeline),
        alert=_first(alerts, report),
        alarm=_first([each for each in mail if from_cloudwatch(each)], report),
    )


def is_act(moment: Moment) -> bool:
    """Whether something was done about the incident: by a function, or by an alarm itself."""
    return moment.kind == "did" or (moment.kind == "alarm" and " acts: " in moment.words)


def from_cloudwatch(mail: Moment) -> bool:
    """Whether CloudWatch sent this mail itself, for an alarm."""
    return mail.facts.get("sender") == CLOUDWATCH


def _first(mail: Sequence[Moment], report: Report) -> FirstMail | None:
    first = min(mail, key=lambda each: each.at, default=None)
    return FirstMail(at=first.at, action=action_of(first, report)) if first else None


def action_of(mail: Moment, report: Report) -> Moment | None:
    """The action that a message follows from.

    An event, a line of a log and a function take the action's number along. A timer has none: an alarm counts
    what happened in a period, so its action is the last one in the first period that breached; what an hourly
    check finds follows the last action before it.
    """
    actions = [moment for moment in report.timeline if moment.kind == "action"]
    if mail.cause is not None:
        return next(action for action in actions if action.cause == mail.cause)
    return _last_before(_counted_until(mail, report), actions)


def _counted_until(mail: Moment, report: Report) -> datetime:
    ends = [
        course.breached + course.period
        for course in report.alarms
        if course.breached is not None and mail.at in course.messages
    ]
    return min([mail.at, *(end - timedelta(microseconds=1) for end in ends)])


def _last_before(moment: datetime, actions: Iterable[Moment]) -> Moment | None:
    return max(
        (action for action in actions if action.at <= moment), key=lambda action: action.at, default=None
    )


def clock(passed: timedelta) -> str:
    """`00:08`, `1:02:30`; whole seconds."""
    seconds = round(passed.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def span_of(seconds: float) -> str:
    """`8 s`, `1 min 15 s`, `2 h 5 min`."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min" if minutes_left else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


def in_words(report: Report) -> str:
    """How long the first alert and the first alarm took, in one sentence."""
    news = counts(report)
    if news.alert is None and news.alarm is None:
        return "No alert was sent."
    if news.alert is None or news.alarm is None:
        what = "alert" if news.alert else "alarm"
        mail = news.alert or news.alarm
        assert mail is not None
        return f"The first {what} came {_after(mail, report)}."
    between = (news.alarm.at - news.alert.at).total_seconds()
    later = "later" if between >= 0 else "earlier"
    return (
        f"The first alert came {_after(news.alert, report)}, "
        f"the first alarm {_after(news.alarm, report)}: {span_of(abs(between))} {later}."
    )


def _after(mail: FirstMail, report: Report) -> str:
    """`8 s after the action at 00:00`; without an action, the time."""
    if mail.action is None or mail.seconds is None:
        return f"at {clock(mail.at - report.began)}"
    return f"{span_of(mail.seconds)} after the action at {clock(mail.action.at - report.began)}"
