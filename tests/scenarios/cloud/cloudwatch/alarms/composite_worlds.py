"""Composite alarms to set worlds on: parts that are set by hand, so that a test says when they change."""

from tests.scenarios.cloud.small_worlds import admin, arn, heard, queue, rule, topic, world

HEARD = {**queue(), **rule(pattern={"source": ["aws.cloudwatch"]})}
PARTS = ("cpu", "disk", "deploying")


def alarm_arn(name):
    return arn("cloudwatch", f"alarm:{name}")


def part(name, **more):
    """A metric alarm that has no data, and keeps whatever state it is given."""
    properties = {
        "AlarmName": name,
        "Namespace": "tw",
        "MetricName": name,
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
        **more,
    }
    logical_id = "Part" + "".join(filter(str.isalnum, name))
    return {logical_id: {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}}


def parts(*names):
    return {key: value for name in names or PARTS for key, value in part(name).items()}


def watching(*more):
    """A world with three parts, a topic that mails, and a queue that hears CloudWatch's events."""
    resources = {**topic("cloudwatch"), **parts(), **HEARD}
    for each in more:
        resources |= each
    return world(resources)


def combine(cloud, name="pressure", alarm_rule="ALARM(cpu) AND ALARM(disk)", **more):
    """Put a composite that mails on ALARM and OK, and give it the second in which it is looked at first."""
    topics = admin(cloud, "sns").list_topics()["Topics"]
    actions = [topics[0]["TopicArn"]] if topics else []
    given = {"AlarmName": name, "AlarmRule": alarm_rule, "AlarmActions": actions, "OKActions": actions}
    admin(cloud, "cloudwatch").put_composite_alarm(**given | more)
    cloud.run(1)


def become(cloud, name, state):
    """Have a part, or a composite, be in a state from now on."""
    admin(cloud, "cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="rehearsal")


def described(cloud, name="pressure"):
    answer = admin(cloud, "cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["CompositeAlarm", "MetricAlarm"]
    )
    (found,) = answer["CompositeAlarms"] + answer["MetricAlarms"]
    return found


def names(cloud, **asked):
    """The names of the alarms described: metric alarms, then composites."""
    answer = admin(cloud, "cloudwatch").describe_alarms(**asked)
    return [each["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for each in answer[kind]]


def state(cloud, name="pressure"):
    return described(cloud, name)["StateValue"]


def mailed(cloud):
    """What was mailed, as the state in the subject, with the second of the world it was published in."""
    return [
        (round((message.at - cloud.deployment.start).total_seconds()), message.subject.partition(":")[0])
        for message in cloud.topics.inbox
    ]


def events(cloud, detail_type="CloudWatch Alarm State Change", name="pressure"):
    return [
        event
        for event in heard(cloud)
        if event["detail-type"] == detail_type and event["detail"]["alarmName"] == name
    ]


def history(cloud, name="pressure"):
    """What became of a composite, oldest first: (second of the world, kind of item, summary)."""
    asked = {"AlarmName": name, "AlarmTypes": ["CompositeAlarm"], "ScanBy": "TimestampAscending"}
    items = admin(cloud, "cloudwatch").describe_alarm_history(**asked)["AlarmHistoryItems"]
    return [
        (
            round((item["Timestamp"] - cloud.deployment.start).total_seconds()),
            item["HistoryItemType"],
            item["HistorySummary"],
        )
        for item in items
    ]
