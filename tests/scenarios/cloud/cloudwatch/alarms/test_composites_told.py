"""Whom CloudWatch tells of composite alarms."""

import pytest

from scenarios.cloud.deployment import Deployment
from scenarios.cloud.world import World
from tests.scenarios.cloud.small_worlds import document

ALARMS = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"


@pytest.mark.parametrize(("resource", "told"), [("*", 1), (ALARMS, 0)])
def test_composites_are_told_only_under_a_permission_for_all_resources(resource, told):
    allowed = {"Effect": "Allow", "Action": "cloudwatch:Describe*", "Resource": resource}
    with World(Deployment(template="")) as world:
        world.client(world.user("ann"), "cloudwatch").put_composite_alarm(AlarmName="both", AlarmRule="FALSE")
        reader = world.client(world.user("reads", policies=(document(allowed),)), "cloudwatch")
        kinds = ["CompositeAlarm"]
        found = reader.describe_alarms(AlarmTypes=kinds)["CompositeAlarms"]
        became = reader.describe_alarm_history(AlarmTypes=kinds)["AlarmHistoryItems"]

    assert (len(found), len(became)) == (told, told)
