"""What CloudWatch knows of an alarm contradicts one that somebody made up, and no true one."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import StillUnderWay
from chalicelib.events import AlarmChange
from chalicelib.evidence.alarm import GRANTS, NEAR, SETTLED, contradiction
from chalicelib.runtime.answer import Invocation
from chalicelib.runtime.forged import forgery

AT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:groups"
CHANGE = AlarmChange(
    key=f"{ARN}@{AT}",
    at=AT,
    account="123456789012",
    region="us-east-1",
    arn=ARN,
    name="groups",
    state="ALARM",
    reason="",
    metric_namespace="Cis",
    metric_name="Groups",
    period_seconds=300,
)
COMPOSITE = {"AlarmArn": ARN, "StateValue": "ALARM", "StateUpdatedTimestamp": AT}
METRIC = {**COMPOSITE, "Namespace": "Cis", "MetricName": "Groups"}
LATER = {"StateUpdatedTimestamp": AT + 2 * NEAR}
OK = {"StateValue": "OK"}
UNNAMED = replace(CHANGE, metric_namespace="", metric_name="")
COUNTED = {"Metric": {"Namespace": "Cis", "MetricName": "Groups"}}
SUM = COMPOSITE | {"Metrics": [{"Id": "sum", "Expression": "a+a"}, {"Id": "a", "MetricStat": COUNTED}]}


class CloudWatch:
    """Knows these alarms, and these changes of state: moments, and what the alarm became."""

    def __init__(self, metric=(), composite=(), changes=()):
        self.metric, self.composite, self.changes = metric, composite, changes

    def describe_alarms(self, **_):
        return {"MetricAlarms": list(self.metric), "CompositeAlarms": list(self.composite)}

    def describe_alarm_history(self, *, StartDate, EndDate, **_):  # noqa: N803 - as boto3 has them
        within = [state for moment, state in self.changes if StartDate <= moment <= EndDate]
        data = [json.dumps({"newState": {"stateValue": state}}) for state in within]
        return {"AlarmHistoryItems": [{"HistoryData": each} for each in data]}


WENT_OFF = ((AT, "ALARM"), (AT + timedelta(seconds=20), "OK"))
TRUE = [
    pytest.param(CHANGE, CloudWatch([METRIC]), id="in ALARM now"),
    pytest.param(UNNAMED, CloudWatch(composite=[COMPOSITE]), id="a composite, which has no metric"),
    pytest.param(UNNAMED, CloudWatch([SUM]), id="an expression that names no metric"),
    pytest.param(CHANGE, CloudWatch([SUM]), id="a metric of an expression"),
    pytest.param(CHANGE, CloudWatch([METRIC | OK], changes=WENT_OFF), id="left ALARM before it was asked"),
    pytest.param(CHANGE, CloudWatch([METRIC | LATER], changes=WENT_OFF), id="and went off once more"),
    pytest.param(CHANGE, CloudWatch(changes=WENT_OFF), id="deleted since"),
    pytest.param(
        UNNAMED, CloudWatch(composite=[COMPOSITE | OK], changes=[(AT - NEAR, "ALARM")]), id="told a bit late"
    ),
]
MADE_UP = [
    pytest.param(CHANGE, CloudWatch([METRIC | OK]), "the alarm is OK now", id="has not gone off"),
    pytest.param(
        CHANGE,
        CloudWatch([METRIC | OK], changes=[(AT - 2 * NEAR, "ALARM"), (AT, "OK")]),
        "no change to ALARM at",
        id="went off at another time",
    ),
    pytest.param(CHANGE, CloudWatch([METRIC | LATER]), "the alarm is ALARM now", id="went off later only"),
    pytest.param(CHANGE, CloudWatch(), "the alarm is not there now", id="is not there"),
    pytest.param(
        replace(CHANGE, metric_name="Logins"), CloudWatch([METRIC]), "counts Cis/Groups", id="another metric"
    ),
    pytest.param(CHANGE, CloudWatch(composite=[COMPOSITE]), "counts", id="a composite has no such metric"),
    pytest.param(UNNAMED, CloudWatch([METRIC]), "counts Cis/Groups", id="no metric"),
    pytest.param(
        replace(CHANGE, metric_name="Logins"), CloudWatch([SUM]), "counts", id="none of an expression's"
    ),
    pytest.param(
        replace(CHANGE, arn=f"{ARN}-2"), CloudWatch([METRIC]), f"of this name is {ARN}", id="another ARN"
    ),
    pytest.param(replace(CHANGE, name="x" * 256), None, "a name of 256 characters", id="too long a name"),
    pytest.param(replace(CHANGE, name=""), None, "a name of 0 characters", id="no name"),
]


@pytest.mark.parametrize(("alarm", "cloudwatch"), TRUE)
def test_a_true_alarm_is_not_contradicted(alarm, cloudwatch):
    assert contradiction(cloudwatch, alarm) == ""


@pytest.mark.parametrize(("alarm", "cloudwatch", "says"), MADE_UP)
def test_a_made_up_alarm_is_contradicted(alarm, cloudwatch, says):
    assert says in contradiction(cloudwatch, alarm)


@pytest.mark.parametrize("data", ['{"newState": {"stateReason": "cut off', "{}", "[]"])
def test_where_the_data_of_a_change_say_nothing_the_sentence_beside_it_does(data):
    item = {"HistorySummary": "Alarm updated from OK to ALARM", "HistoryData": data}
    cloudwatch = CloudWatch([METRIC | OK])
    cloudwatch.describe_alarm_history = lambda **_: {"AlarmHistoryItems": [item]}

    assert contradiction(cloudwatch, CHANGE) == ""


def test_cloudwatch_tells_of_composites_only_under_a_permission_for_all_resources():
    assert {each.action: each.resource for each in GRANTS} == {
        "cloudwatch:DescribeAlarms": "*",
        "cloudwatch:DescribeAlarmHistory": "*",
    }


# ---- as the way of every event asks ------------------------------------------------------------------


def asked(cloudwatch, at):
    """What an invocation finds out about an alarm of this moment, and the invocation."""
    run = object.__new__(Invocation)
    run.aws, run._unconfirmed = SimpleNamespace(client=lambda _: cloudwatch), None
    return run._contradicted(replace(CHANGE, at=at)), run


def test_what_cloudwatch_does_not_show_yet_is_asked_again_and_not_called_forged():
    """A true alarm may come before CloudWatch's own answers have it."""
    with pytest.raises(StillUnderWay, match="may not show the change yet"):
        asked(CloudWatch([METRIC | OK]), datetime.now(UTC) - SETTLED + timedelta(seconds=30))


def test_what_cloudwatch_does_not_show_for_two_minutes_is_forged():
    forged, _ = asked(CloudWatch([METRIC | OK]), datetime.now(UTC) - SETTLED)

    assert "no change to ALARM" in forged.why


def test_where_cloudwatch_cannot_be_asked_nothing_is_forged_and_that_is_said():
    class Denied:
        def describe_alarms(self, **_):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeAlarms")

    forged, run = asked(Denied(), datetime.now(UTC))

    assert forged is None
    assert run._unconfirmed.denied


@pytest.mark.parametrize("off", [timedelta(minutes=2), -timedelta(days=16)])
def test_an_alarm_of_a_time_that_no_queue_brings_is_forged_unasked(off):
    """Else one of tomorrow would be asked about again and again."""
    assert forgery(replace(CHANGE, at=AT + off), AT)
    assert forgery(CHANGE, AT) is None
