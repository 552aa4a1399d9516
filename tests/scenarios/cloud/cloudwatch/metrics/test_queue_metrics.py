"""A queue in which something lies can be alarmed on."""

import json
from datetime import timedelta

import pytest

from tests.scenarios.cloud.small_worlds import queue, world

ALARM = {
    "Type": "AWS::CloudWatch::Alarm",
    "Properties": {
        "AlarmName": "waiting",
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Heard", "QueueName"]}}],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 2,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    },
}
STACK = {**queue(), **queue("Other"), "Alarm": ALARM}


def send(world, name, times):
    sqs = world.client(world.user("alice"), "sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    for number in range(times):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(number))
    return sqs, url


@pytest.mark.parametrize(
    ("name", "times", "state"),
    [
        pytest.param("Heard", 2, "ALARM", id="as many as the threshold"),
        pytest.param("Heard", 1, "OK", id="one fewer"),
        pytest.param("Other", 5, "OK", id="in another queue"),
    ],
)
def test_what_waits_in_a_queue_sets_its_alarm_off(name, times, state):
    with world(STACK) as it:
        send(it, name, times)

        it.run(180)

        assert [change.after for change in it.cloudwatch.changes][-1] == state


def test_an_emptied_queue_lets_its_alarm_go():
    with world(STACK) as it:
        sqs, url = send(it, "Heard", 3)
        it.run(180)
        sqs.purge_queue(QueueUrl=url)

        it.run(600)

        assert [change.after for change in it.cloudwatch.changes][-2:] == ["ALARM", "OK"]


def test_the_count_stands_at_the_full_minute():
    with world(STACK) as it:
        send(it, "Heard", 3)
        began = it.clock.now
        it.run(90)

        found = it.cloudwatch.store("us-east-1").statistic(
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            {"QueueName": "Heard"},
            "Maximum",
            period=60,
            start=began,
            end=began + timedelta(minutes=5),
        )

        assert found == [(began + timedelta(minutes=1), 3.0)]


def test_a_queue_that_no_alarm_watches_is_not_counted():
    with world({**queue(), "Alarm": ALARM, **queue("Other")}) as it:
        send(it, "Other", 3)
        it.run(90)

        assert (
            it.cloudwatch.store("us-east-1").units(
                "AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "Other"}
            )
            == []
        )
