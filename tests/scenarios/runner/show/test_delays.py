"""How many alerts and alarms a run sent, and how long after which action."""

from datetime import timedelta

import pytest

from scenarios.runner.show.alarm_course import AlarmCourse
from scenarios.runner.show.delays import counts, in_words, span_of
from tests.scenarios.runner.show.made_up import BEGAN, moment, report

CLOUDWATCH = "cloudwatch.amazonaws.com"


def test_the_delay_counts_from_the_action_that_was_noticed_not_from_another():
    run = report(
        moment("00:00", "action", cause=0),
        moment("10:00", "action", cause=1),
        moment("10:05", "action", cause=2),
        moment("10:08", "mail", cause=1),
    )

    assert counts(run).first.seconds == 8
    assert in_words(run) == "The first alert came 8 s after the action at 10:00."


def test_what_a_timer_finds_follows_the_last_action_before_it():
    run = report(
        moment("00:00", "action", cause=0), moment("05:00", "action", cause=1), moment("06:00", "mail")
    )

    assert counts(run).alert.seconds == 60


def test_an_alarm_follows_the_last_action_that_its_first_breaching_period_counts():
    course = AlarmCourse(
        name="Alarm",
        threshold=1,
        comparison="GreaterThanOrEqualToThreshold",
        period=timedelta(minutes=5),
        points=((BEGAN, 1.0),),
        messages=(BEGAN + timedelta(minutes=6),),
    )
    run = report(
        moment("04:00", "action", cause=0),
        moment("05:00", "action", cause=1),
        moment("06:00", "mail", sender=CLOUDWATCH),
        alarms=[course],
    )

    assert counts(run).alarm.seconds == 120


def test_alarms_are_counted_whether_they_send_mail_or_not_and_mail_of_cloudwatch_is_no_alert():
    run = report(
        moment("00:00", "action", cause=0),
        moment("01:00", "mail", sender=CLOUDWATCH),
        moment("02:00", "mail", sender="arn:aws:sts::123456789012:assumed-role/r/f", cause=0),
        alarms=[AlarmCourse(name="one"), AlarmCourse(name="silent")],
    )

    news = counts(run)
    assert (news.alerts, news.alarms) == (1, 2)
    assert in_words(run) == (
        "The first alert came 2 min after the action at 00:00, "
        "the first alarm 1 min after the action at 00:00: 1 min earlier."
    )


def test_acts_are_what_functions_and_alarms_did():
    run = report(
        moment("00:01", "did", "s3 put-bucket-policy -> logs"),
        moment("00:02", "alarm", "Idle acts: stop i-1"),
        moment("00:03", "alarm", "Idle: OK -> ALARM"),
    )

    assert counts(run).acts == 2


def test_mail_without_any_action_is_shown_with_its_time():
    assert in_words(report(moment("00:07", "mail"))) == "The first alert came at 00:07."


def test_where_no_mail_came_no_alert_was_sent():
    assert in_words(report(moment("00:00", "action", cause=0))) == "No alert was sent."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (8.4, "8 s"), (60, "1 min"), (75, "1 min 15 s"), (3600, "1 h"), (7500, "2 h 5 min")],
)
def test_spans_in_words(seconds, words):
    assert span_of(seconds) == words
