"""Alarms to watch acting: one that keeps the state it is given, and instances for it to act on."""

from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud.small_worlds import HOME, admin

STOP = f"arn:aws:automate:{HOME}:ec2:stop"
SWF = f"arn:aws:swf:{HOME}:{ACCOUNT}:action/actions/AWS_EC2.InstanceId."


def launched(cloud):
    """An instance that runs."""
    answer = admin(cloud, "ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)
    cloud.run(120)
    return answer["Instances"][0]["InstanceId"]


def put(cloud, *actions, metric="CPUUtilization", instance="", **more):
    """An alarm that keeps the state it is given."""
    given = {
        "AlarmName": "idle",
        "Namespace": "AWS/EC2",
        "MetricName": metric,
        "Dimensions": [{"Name": "InstanceId", "Value": instance}] if instance else [],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1000,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
        "AlarmActions": list(actions),
    }
    merged = {key: value for key, value in (given | more).items() if value is not None}
    admin(cloud, "cloudwatch").put_metric_alarm(**merged)


def condition(cloud, instance):
    """The instance's state, as EC2 describes it."""
    (reservation,) = admin(cloud, "ec2").describe_instances(InstanceIds=[instance])["Reservations"]
    return reservation["Instances"][0]["State"]["Name"]


def history(cloud):
    asked = {"AlarmName": "idle", "HistoryItemType": "Action", "ScanBy": "TimestampAscending"}
    items = admin(cloud, "cloudwatch").describe_alarm_history(**asked)["AlarmHistoryItems"]
    return [item["HistorySummary"] for item in items]
