"""Auto Scaling groups: instances that come and go, and the hooks that hold them."""

import pytest

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import NONE, PROFILES
from tests.sample import in_turn
from tests.scenarios.cloud.functions import function_worlds
from tests.scenarios.cloud.small_worlds import (
    admin,
    arn,
    heard,
    may,
    permission,
    queue,
    refusal,
    role,
    rule,
    world,
)

LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"
HEARS = {**queue(), **rule(pattern={"source": ["aws.autoscaling"]})}


def group(each, size=1, **hook):
    """A group of so many instances, made while nobody looks, with a hook."""
    client = admin(each, "autoscaling")
    client.create_launch_configuration(
        LaunchConfigurationName="c", ImageId="ami-12c6146b", InstanceType="t3.micro"
    )
    client.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName="c",
        MinSize=0,
        MaxSize=9,
        DesiredCapacity=size,
        AvailabilityZones=["us-east-1a"],
    )
    each.run(120)
    if hook:
        given = {"LifecycleHookName": "holds", "AutoScalingGroupName": "web", **hook}
        client.put_lifecycle_hook(**given)
    return client


def states(client):
    (found,) = client.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"]
    return sorted(each["LifecycleState"] for each in found["Instances"])


def events(each):
    """What EventBridge heard since the group was made: kind, and the detail."""
    found = sorted(heard(each), key=lambda event: event["time"])
    return [(event["detail-type"], event["detail"]) for event in found]


def kinds(each):
    return [kind for kind, _ in events(each)]


def complete(each, client, result="CONTINUE"):
    detail = [detail for kind, detail in events(each) if kind.endswith("Lifecycle Action")][-1]
    client.complete_lifecycle_action(
        LifecycleHookName="holds",
        AutoScalingGroupName="web",
        LifecycleActionToken=detail["LifecycleActionToken"],
        LifecycleActionResult=result,
    )
    each.run(10)


@pytest.mark.slow
def test_without_hooks_instances_come_and_go_and_ec2_tells_their_states():
    resources = {**HEARS, **queue("Ec2"), **rule("OfEc2", {"source": ["aws.ec2"]}, to="Ec2")}
    with world(resources) as each:
        client = group(each)
        client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=0)
        each.run(200)

        assert kinds(each) == ["EC2 Instance Launch Successful", "EC2 Instance Terminate Successful"]
        told = sorted(heard(each, "Ec2"), key=lambda event: event["time"])
        states_of = [event["detail"]["state"] for event in told if "state" in event["detail"]]
        assert states_of == ["pending", "running", "shutting-down", "terminated"]


@pytest.mark.slow
def test_a_launch_waits_for_its_hook_and_then_is_in_service():
    with world(HEARS) as each:
        client = group(each, 0, LifecycleTransition=LAUNCHING)
        client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=2)
        each.run(120)
        waiting = states(client)
        client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=2)
        each.run(120)
        complete(each, client)

        assert waiting == ["Pending:Wait", "Pending:Wait"]
        assert states(client) == ["InService", "Pending:Wait"]


def test_the_events_of_hooks_have_the_documented_shape():
    """https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html."""
    with world(HEARS) as each:
        client = group(each, 1, LifecycleTransition=TERMINATING, NotificationMetadata="additional-info")
        client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=0)
        each.run(60)
        kind, detail = events(each)[-1]

    assert kind == "EC2 Instance-terminate Lifecycle Action"
    assert detail == {
        "LifecycleActionToken": detail["LifecycleActionToken"],
        "AutoScalingGroupName": "web",
        "LifecycleHookName": "holds",
        "EC2InstanceId": detail["EC2InstanceId"],
        "LifecycleTransition": TERMINATING,
        "NotificationMetadata": "additional-info",
        "Origin": "AutoScalingGroup",
        "Destination": "EC2",
    }


@pytest.mark.slow
@pytest.mark.parametrize("result", ["CONTINUE", "ABANDON"])
def test_a_termination_waits_and_then_goes_on_either_way(result):
    with world(HEARS) as each:
        client = group(each, 2, LifecycleTransition=TERMINATING)
        client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
        each.run(600)
        waiting = states(client)
        complete(each, client, result)

        assert (waiting, states(client)) == (["InService", "Terminating:Wait"], ["InService"])
        assert kinds(each)[-1] == "EC2 Instance Terminate Successful"


@pytest.mark.slow
def test_an_abandoned_launch_is_ended_and_another_instance_comes():
    with world(HEARS) as each:
        client = group(each, 0, LifecycleTransition=LAUNCHING)
        client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
        each.run(60)
        first = events(each)[-1][1]["EC2InstanceId"]
        complete(each, client, "ABANDON")
        each.run(60)
        last = events(each)[-1][1]["EC2InstanceId"]

        assert "EC2 Instance Launch Unsuccessful" in kinds(each)
        assert first != last
        assert states(client) == ["Pending:Wait"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("default", "after"),
    [
        pytest.param("CONTINUE", ["InService"], id="goes on"),
        pytest.param("ABANDON", ["Pending"], id="given up"),
    ],
)
def test_a_hook_that_nobody_completes_times_out_with_its_default_result(default, after):
    with world(HEARS) as each:
        client = group(each, 0, LifecycleTransition=LAUNCHING, HeartbeatTimeout=300, DefaultResult=default)
        client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
        each.run(45)
        instance = events(each)[-1][1]["EC2InstanceId"]
        each.run(250)
        client.record_lifecycle_action_heartbeat(
            LifecycleHookName="holds", AutoScalingGroupName="web", InstanceId=instance
        )
        each.run(290)
        before = states(client)
        each.run(15)

        assert (before, states(client)) == (["Pending:Wait"], after)


@pytest.mark.slow
def test_an_instance_that_is_named_is_ended_and_replaced_or_not():
    with world(HEARS) as each:
        client = group(each, 2, LifecycleTransition=TERMINATING)
        one, other = [
            found["InstanceId"] for found in client.describe_auto_scaling_instances()["AutoScalingInstances"]
        ]
        ask = client.terminate_instance_in_auto_scaling_group
        ask(InstanceId=one, ShouldDecrementDesiredCapacity=True)
        ask(InstanceId=other, ShouldDecrementDesiredCapacity=False)
        each.run(120)

        assert states(client) == ["InService", "Terminating:Wait", "Terminating:Wait"]
        assert refusal(ask, InstanceId="i-0", ShouldDecrementDesiredCapacity=True) == "ValidationError"


@pytest.mark.slow
def test_a_group_that_is_deleted_by_force_waits_for_nothing():
    with world(HEARS) as each:
        client = group(each, 1, LifecycleTransition=TERMINATING)
        client.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
        each.run(7200)

        assert client.describe_auto_scaling_groups()["AutoScalingGroups"] == []


@pytest.mark.slow
def test_a_hook_with_a_target_tells_a_queue_under_its_role():
    resources = {**HEARS, **queue("Hooks", by=""), **role("hooks", "autoscaling", may("sqs:SendMessage"))}
    hook = {
        "LifecycleTransition": LAUNCHING,
        "NotificationTargetARN": arn("sqs", "Hooks"),
        "RoleARN": "arn:aws:iam::123456789012:role/hooks",
    }
    with world(resources) as each:
        client = group(each, 0, **hook)
        client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
        each.run(60)

        (message,) = heard(each, "Hooks")
        assert (message["LifecycleHookName"], message["Service"]) == ("holds", "AWS Auto Scaling")
        (found,) = client.describe_lifecycle_hooks(AutoScalingGroupName="web")["LifecycleHooks"]
        assert found["NotificationTargetARN"] == arn("sqs", "Hooks")
        assert kinds(each) == []


def test_what_is_not_there_cannot_be_completed_and_two_hooks_are_loud():
    with world(HEARS) as each:
        client = group(each, 0, LifecycleTransition=LAUNCHING)
        given = {"LifecycleHookName": "holds", "AutoScalingGroupName": "web", "InstanceId": "i-1"}
        complete_it = client.complete_lifecycle_action

        assert refusal(complete_it, LifecycleActionResult="CONTINUE", **given) == "ValidationError"
        client.put_lifecycle_hook(
            LifecycleHookName="second", AutoScalingGroupName="web", LifecycleTransition=LAUNCHING
        )
        client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
        with pytest.raises(NotSimulated, match="several hooks of web"):
            each.run(60)


@pytest.mark.slow
def test_a_group_and_its_hook_come_from_a_template():
    instances = {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
    properties = {
        "LaunchConfigurationName": {"Ref": "Launches"},
        "MinSize": "0",
        "MaxSize": "3",
        "DesiredCapacity": "1",
        "AvailabilityZones": ["us-east-1a"],
        "Tags": [{"Key": "app", "Value": "shop", "PropagateAtLaunch": True}],
    }
    hook = {
        "AutoScalingGroupName": {"Ref": "Web"},
        "LifecycleTransition": TERMINATING,
        "NotificationMetadata": "more",
    }
    resources = {
        **HEARS,
        "Launches": {"Type": "AWS::AutoScaling::LaunchConfiguration", "Properties": instances},
        "Web": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": properties},
        "Holds": {"Type": "AWS::AutoScaling::LifecycleHook", "Properties": hook},
    }
    with world(resources) as each:
        client, name = admin(each, "autoscaling"), each.home.resources["Web"].physical_id
        client.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=0)
        each.run(60)

        (kind, detail), *others = events(each)
        assert others == []
        assert kind == "EC2 Instance-terminate Lifecycle Action"
        assert (detail["LifecycleHookName"], detail["NotificationMetadata"]) == (
            each.home.resources["Holds"].physical_id,
            "more",
        )


COMPLETES = """
    import boto3

    def look(event, context):
        detail = event["detail"]
        boto3.client("autoscaling").complete_lifecycle_action(
            LifecycleHookName=detail["LifecycleHookName"],
            AutoScalingGroupName=detail["AutoScalingGroupName"],
            LifecycleActionToken=detail["LifecycleActionToken"],
            LifecycleActionResult="CONTINUE",
        )
"""


@pytest.mark.slow
@pytest.mark.parametrize("profile", in_turn(PROFILES.values(), of=4), ids=str)
def test_a_function_completes_the_action_under_every_fault(tmp_path, profile):
    """The tutorial of https://docs.aws.amazon.com/autoscaling/ec2/userguide/tutorial-lifecycle-hook-lambda.html."""
    pattern = {"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance-launch Lifecycle Action"]}
    resources = {
        **function_worlds.function(statements=(may("autoscaling:CompleteLifecycleAction"),)),
        **permission("events"),
        **rule("Completes", pattern, to="look"),
    }
    folder = function_worlds.code(tmp_path, COMPLETES)
    with function_worlds.world(folder, resources, faults=profile or NONE) as each:
        client = group(each, 0, LifecycleTransition=LAUNCHING)
        client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
        each.run(300)

        assert states(client) == ["InService"]
