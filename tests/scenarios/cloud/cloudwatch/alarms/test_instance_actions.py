"""What alarms do to instances: in which states, who did it, in which record."""

import pytest

from tests.scenarios.cloud.cloudwatch.alarms.action_worlds import STOP, SWF, condition, history, launched, put
from tests.scenarios.cloud.cloudwatch.alarms.composite_worlds import become
from tests.scenarios.cloud.small_worlds import HOME, admin, bucket, heard, noted, queue, rule, world
from tests.scenarios.cloud.small_worlds import trail as trail_of


@pytest.mark.slow
@pytest.mark.parametrize(
    ("action", "states", "lasting"),
    [
        pytest.param(STOP, ["stopping", "stopped"], "stopped", id="stop"),
        pytest.param(
            f"arn:aws:automate:{HOME}:ec2:terminate",
            ["shutting-down", "terminated"],
            "terminated",
            id="terminate",
        ),
        pytest.param(f"arn:aws:automate:{HOME}:ec2:reboot", [], "running", id="reboot"),
        pytest.param(f"{SWF}Stop/1.0", ["stopping", "stopped"], "stopped", id="stop, by the older ARN"),
        pytest.param(
            f"{SWF}Terminate/1.0", ["shutting-down", "terminated"], "terminated", id="older terminate"
        ),
        pytest.param(f"{SWF}Reboot/1.0", [], "running", id="older reboot"),
    ],
)
def test_an_alarm_acts_on_the_instance_it_watches(action, states, lasting):
    with world({**queue(), **rule(pattern={"source": ["aws.ec2"]})}) as cloud:
        instance = launched(cloud)
        before = len(heard(cloud))
        put(cloud, action, instance=instance)
        become(cloud, "idle", "ALARM")
        cloud.run(600)

        assert sorted(each["detail"]["state"] for each in heard(cloud)[before:]) == sorted(states)
        assert condition(cloud, instance) == lasting
        assert history(cloud) == [f"Successfully executed action {action}"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "action",
    [
        pytest.param(f"arn:aws:automate:{HOME}:ec2:recover", id="recover"),
        pytest.param(f"{SWF}Recover/1.0", id="older recover"),
    ],
)
def test_an_instance_recovers_on_sound_hardware(action):
    with world(bucket()) as cloud:
        instance = launched(cloud)
        machine = cloud.instances.machine(instance)
        machine.system_check_fails = True
        put(cloud, action, metric="StatusCheckFailed_System", instance=instance)
        before = machine.runs
        become(cloud, "idle", "ALARM")

        assert (machine.system_check_fails, condition(cloud, instance)) == (False, "running")
        assert machine.runs == before + 1  # it restarts there
        assert history(cloud) == [f"Successfully executed action {action}"]


RECORDED = [
    pytest.param(f"arn:aws:automate:{HOME}:ec2:stop", "StopInstances", id="stop"),
    pytest.param(f"arn:aws:automate:{HOME}:ec2:terminate", "TerminateInstances", id="terminate"),
    pytest.param(f"arn:aws:automate:{HOME}:ec2:reboot", "RebootInstances", id="reboot"),
    pytest.param(f"{SWF}Stop/1.0", "StopInstances", id="older stop"),
    pytest.param(f"{SWF}Terminate/1.0", "TerminateInstances", id="older terminate"),
    pytest.param(f"{SWF}Reboot/1.0", "RebootInstances", id="older reboot"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("action", "operation"), RECORDED)
def test_the_trail_shows_the_alarms_own_role_behind_the_call(action, operation):
    pattern = {"detail-type": ["AWS API Call via CloudTrail"], "detail": {"eventName": [operation]}}
    with world({**trail_of(), **queue(), **rule(pattern=pattern)}) as cloud:
        instance = launched(cloud)
        put(cloud, action, instance=instance)
        become(cloud, "idle", "ALARM")
        cloud.run(900)

        (event,) = heard(cloud)
        record = event["detail"]
        assert record["requestParameters"]["instancesSet"]["items"] == [{"instanceId": instance}]
        identity = record["userIdentity"]
        assert identity["type"] == "AssumedRole"
        assert identity["sessionContext"]["sessionIssuer"]["userName"] == "AWSServiceRoleForCloudWatchEvents"
        assert (record["sourceIPAddress"], record["userAgent"]) == ("events.amazonaws.com",) * 2


@pytest.mark.slow
def test_recovery_is_nobodys_call():
    pattern = {"source": ["aws.ec2"], "detail-type": ["AWS API Call via CloudTrail"]}
    with world({**trail_of(), **queue(), **rule(pattern=pattern)}) as cloud:
        instance = launched(cloud)
        cloud.run(900)
        before = heard(cloud)
        recover = f"arn:aws:automate:{HOME}:ec2:recover"
        put(cloud, recover, metric="StatusCheckFailed_System", instance=instance)
        become(cloud, "idle", "ALARM")
        cloud.run(900)

        assert [event["detail"]["eventName"] for event in before] == ["RunInstances"]
        assert heard(cloud) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("deed", "earlier"),
    [
        pytest.param("stop", "terminate_instances", id="stop what is gone"),
        pytest.param("reboot", "terminate_instances", id="reboot what is gone"),
        pytest.param("reboot", "stop_instances", id="reboot what is stopped"),
    ],
)
def test_what_the_state_of_an_instance_does_not_allow_fails_and_leaves_no_record(deed, earlier):
    pattern = {
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"sourceIPAddress": ["events.amazonaws.com"]},
    }
    with world({**trail_of(), **queue(), **rule(pattern=pattern)}) as cloud:
        instance = launched(cloud)
        getattr(admin(cloud, "ec2"), earlier)(InstanceIds=[instance])
        cloud.run(300)
        before, action = condition(cloud, instance), f"arn:aws:automate:{HOME}:ec2:{deed}"
        put(cloud, action, instance=instance)
        become(cloud, "idle", "ALARM")
        cloud.run(900)

        assert history(cloud) == [f"Failed to execute action {action}"]
        assert any("IncorrectInstanceState" in words for words in noted(cloud, "lost"))
        assert (condition(cloud, instance), heard(cloud)) == (before, [])


@pytest.mark.slow
def test_an_instance_that_is_down_already_is_left_alone():
    with world(bucket()) as cloud:
        instance = launched(cloud)
        admin(cloud, "ec2").stop_instances(InstanceIds=[instance])
        cloud.run(300)
        put(cloud, STOP, instance=instance)
        become(cloud, "idle", "ALARM")
        cloud.run(300)

        assert condition(cloud, instance) == "stopped"
        assert [words for words in noted(cloud, "instance") if words.endswith("stopping")] == [
            f"{instance} is stopping"
        ]


@pytest.mark.slow
def test_a_stopped_instance_is_terminated_at_once():
    with world({**queue(), **rule(pattern={"source": ["aws.ec2"]})}) as cloud:
        instance = launched(cloud)
        admin(cloud, "ec2").stop_instances(InstanceIds=[instance])
        cloud.run(300)
        put(cloud, f"arn:aws:automate:{HOME}:ec2:terminate", instance=instance)
        become(cloud, "idle", "ALARM")
        cloud.run(60)

        states = [each["detail"]["state"] for each in sorted(heard(cloud), key=lambda each: each["time"])]
        assert states == ["pending", "running", "stopping", "stopped", "terminated"]
