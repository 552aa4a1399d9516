"""A queue in which something lies can be alarmed on."""

import json
from datetime import timedelta

import pytest

from tests.scenarios.cloud.small_worlds import queue, total, world

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


SUMMED = (
    "NumberOfMessagesSent",
    "SentMessageSize",
    "NumberOfMessagesReceived",
    "NumberOfMessagesDeleted",
    "ApproximateNumberOfMessagesVisible",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateAgeOfOldestMessage",
)


def measured(world, metric):
    return total(world, "AWS/SQS", metric, QueueName="Heard")


def send(world, name, times):
    sqs = world.client(world.user("alice"), "sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    for number in range(times):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(number))
    return sqs, url


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_what_is_sent_received_and_deleted_is_counted():
    with world(queue()) as it:
        sqs, url = send(it, "Heard", 3)
        taken = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]
        for message in taken:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        it.run(90)

        found = {name: measured(it, name) for name in SUMMED}

    assert found == {
        "NumberOfMessagesSent": 3,
        "SentMessageSize": 3,
        "NumberOfMessagesReceived": 2,
        "NumberOfMessagesDeleted": 2,
        "ApproximateNumberOfMessagesVisible": 1,
        "ApproximateNumberOfMessagesNotVisible": 0,
        "ApproximateAgeOfOldestMessage": 60,
    }


@pytest.mark.slow
def test_an_alarm_on_metric_math_hears_of_a_queue_too():
    stat = {
        "Metric": {key: ALARM["Properties"][key] for key in ("Namespace", "MetricName", "Dimensions")},
        "Period": 60,
        "Stat": "Maximum",
    }
    given = {
        key: value
        for key, value in ALARM["Properties"].items()
        if key not in ("Namespace", "MetricName", "Dimensions", "Statistic", "Period")
    }
    given["Metrics"] = [
        {"Id": "m", "MetricStat": stat, "ReturnData": False},
        {"Id": "e", "Expression": "m * 2", "ReturnData": True},
    ]
    with world({**queue(), "Alarm": {**ALARM, "Properties": given}}) as it:
        send(it, "Heard", 1)

        it.run(180)

        assert [change.after for change in it.cloudwatch.changes][-1] == "ALARM"
