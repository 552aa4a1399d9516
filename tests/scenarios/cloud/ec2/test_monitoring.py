"""Detailed monitoring, switched on and off."""

import pytest

from tests.scenarios.cloud.small_worlds import admin, queue, refusal, world


@pytest.mark.slow
def test_detailed_monitoring_can_be_switched_on_and_off():
    with world(queue()) as each:
        ec2 = admin(each, "ec2")
        instance = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0][
            "InstanceId"
        ]

        def state():
            found = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
            return found["Monitoring"]["State"]

        before = state()
        told = ec2.monitor_instances(InstanceIds=[instance])["InstanceMonitorings"][0]["Monitoring"]["State"]
        on = state()
        ec2.unmonitor_instances(InstanceIds=[instance])
        off = state()
        unknown = refusal(ec2.monitor_instances, InstanceIds=["i-0123456789abcdef0"])

    assert (before, told, on, off) == ("disabled", "pending", "enabled", "disabled")
    assert unknown == "InvalidInstanceID.NotFound"


@pytest.mark.slow
def test_an_instance_that_is_stopped_stays_so_when_it_is_stopped_again():
    with world(queue()) as each:
        ec2 = admin(each, "ec2")
        instance = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0][
            "InstanceId"
        ]
        each.run(100)
        ec2.stop_instances(InstanceIds=[instance])
        each.run(100)
        (told,) = ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"]
        found = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]

    assert (told["PreviousState"]["Name"], told["CurrentState"]["Name"]) == ("stopped", "stopped")
    assert found["State"]["Name"] == "stopped"
