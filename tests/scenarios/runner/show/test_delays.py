"""Whom a run told, how often, and how long after which deed."""

from datetime import timedelta

import pytest

from scenarios.runner.show.alarm_course import AlarmCourse
from scenarios.runner.show.delays import in_words, span_of, told
from tests.scenarios.runner.show.made_up import BEGAN, moment, report

CLOUDWATCH = "cloudwatch.amazonaws.com"


def test_the_delay_counts_from_the_deed_that_was_noticed_not_from_another():
    run = report(
        moment("00:00", "deed", cause=0),
        moment("10:00", "deed", cause=1),
        moment("10:05", "deed", cause=2),
        moment("10:08", "mail", cause=1),
    )

    assert told(run).first.seconds == 8
    assert in_words(run) == "The first alert was told 8 s after the deed at 10:00."


def test_what_a_timer_finds_follows_the_last_deed_before_it():
    run = report(moment("00:00", "deed", cause=0), moment("05:00", "deed", cause=1), moment("06:00", "mail"))

    assert told(run).alert.seconds == 60


def test_an_alarm_follows_the_last_deed_that_its_first_breaching_period_counts():
    course = AlarmCourse(
        name="Alarm",
        threshold=1,
        comparison="GreaterThanOrEqualToThreshold",
        period=timedelta(minutes=5),
        points=((BEGAN, 1.0),),
        messages=(BEGAN + timedelta(minutes=6),),
    )
    run = report(
        moment("04:00", "deed", cause=0),
        moment("05:00", "deed", cause=1),
        moment("06:00", "mail", sender=CLOUDWATCH),
        alarms=[course],
    )

    assert told(run).alarm.seconds == 120


def test_alarms_are_counted_whether_they_send_mail_or_not_and_mail_of_cloudwatch_is_no_alert():
    run = report(
        moment("00:00", "deed", cause=0),
        moment("01:00", "mail", sender=CLOUDWATCH),
        moment("02:00", "mail", sender="arn:aws:sts::123456789012:assumed-role/r/f", cause=0),
        alarms=[AlarmCourse(name="one"), AlarmCourse(name="silent")],
    )

    news = told(run)
    assert (news.alerts, news.alarms) == (1, 2)
    assert in_words(run) == (
        "The first alert was told 2 min after the deed at 00:00, "
        "the first alarm 1 min after the deed at 00:00: 1 min earlier."
    )


def test_acts_are_what_functions_and_alarms_did():
    run = report(
        moment("00:01", "did", "s3 put-bucket-policy -> logs"),
        moment("00:02", "alarm", "Idle acts: stop i-1"),
        moment("00:03", "alarm", "Idle: OK -> ALARM"),
    )

    assert told(run).acts == 2


def test_mail_without_any_deed_is_told_by_its_time():
    assert in_words(report(moment("00:07", "mail"))) == "The first alert was told at 00:07."


def test_where_no_mail_came_nobody_was_told():
    assert in_words(report(moment("00:00", "deed", cause=0))) == "Nobody was told anything."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (8.4, "8 s"), (60, "1 min"), (75, "1 min 15 s"), (3600, "1 h"), (7500, "2 h 5 min")],
)
def test_spans_are_told_in_words(seconds, words):
    assert span_of(seconds) == words
