"""Which actions an alarm may be given: what PutMetricAlarm and PutCompositeAlarm refuse.

The words are CloudWatch's own where people have published them; an action of no kind that its page lists is
refused in words of ours.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scenarios.cloud.cloudwatch.alarms.actions import ec2_action
from scenarios.cloud.kernel.arns import partition_of
from scenarios.cloud.kernel.errors import Refused

_LISTS: Final = ("OKActions", "AlarmActions", "InsufficientDataActions")
_OF_COMPOSITES: Final = frozenset({"sns", "lambda", "ssm", "ssm-incidents", "aiops"})
_ON_INSTANCES: Final = frozenset({"automate", "swf"})
_OF_METRIC_ALARMS: Final = _OF_COMPOSITES | _ON_INSTANCES | {"autoscaling"}
_RECOVERS: Final = "StatusCheckFailed_System"
_ARN = re.compile(r"arn:(?P<partition>[^:\s]+):(?P<service>[^:\s]+):(?P<region>[^:\s]*):[^:\s]*:\S+")


def check_metric_alarm(asked: Mapping[str, Any], region: str) -> None:
    """Refuse what a metric alarm of this region can't do."""
    dimensions = {each["Name"] for each in asked.get("Dimensions", ())}
    for action, service in _actions(asked, region):
        instance_action = ec2_action(action)
        if service not in _OF_METRIC_ALARMS or (service in _ON_INSTANCES and not instance_action):
            raise Refused("ValidationError", f"An alarm can't do {action}")
        if instance_action and "InstanceId" not in dimensions:
            raise Refused(
                "ValidationError",
                "Invalid use of EC2 action. An EC2 action can only be used if the alarm is monitoring "
                "an EC2 instance.",
            )
        if instance_action == "recover" and asked.get("MetricName") != _RECOVERS:
            raise Refused("ValidationError", f"{action} needs the metric {_RECOVERS}")


def check_composite_alarm(asked: Mapping[str, Any], region: str) -> None:
    """Refuse what a composite alarm of this region can't do."""
    for action, service in _actions(asked, region):
        if service not in _OF_COMPOSITES:
            raise Refused("ValidationError", f"A composite alarm can't do {action}")


def _actions(asked: Mapping[str, Any], region: str) -> Iterator[tuple[str, str]]:
    """Each action with its service; none of another partition or region."""
    for kind in _LISTS:
        for action in asked.get(kind, ()):
            arn = _ARN.fullmatch(action)
            if arn is None or arn["partition"] != partition_of(region):
                raise Refused("ValidationError", f"Invalid arn syntax: {action}")
            if arn["region"] not in ("", region):  # a response plan's ARN names none
                raise Refused(
                    "ValidationError",
                    f"Invalid region {arn['region']} specified. Only {region} is supported.",
                )
            yield action, arn["service"]
