"""Instances: their states, the events of these, and what EC2 measures of them."""

import gc
from itertools import pairwise

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import WorldError
from tests.scenarios.cloud.agent.host_worlds import launch, measured
from tests.scenarios.cloud.small_worlds import admin, bucket, heard, queue, rule, trail, world

HEARS = {**queue(), **rule(pattern={"source": ["aws.ec2"]})}


def states(cloud):
    """What EventBridge heard, in the order in which it happened."""
    return [event["detail"]["state"] for event in sorted(heard(cloud), key=lambda event: event["time"])]


def ask(cloud, operation, machine):
    getattr(admin(cloud, "ec2"), operation)(InstanceIds=[machine.instance])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        pytest.param([], ["pending", "running"], id="launched"),
        pytest.param(["stop_instances"], ["stopping", "stopped"], id="stopped"),
        pytest.param(
            ["stop_instances", "start_instances"],
            ["stopping", "stopped", "pending", "running"],
            id="started again",
        ),
        pytest.param(["terminate_instances"], ["shutting-down", "terminated"], id="terminated"),
        pytest.param(
            ["stop_instances", "terminate_instances"],
            ["stopping", "stopped", "terminated"],
            id="terminated when it is stopped",
        ),
        pytest.param(["reboot_instances"], [], id="rebooted: it goes on running"),
    ],
)
def test_each_state_an_instance_passes_through_is_an_event(operations, expected):
    with world(HEARS) as cloud:
        machine = launch(cloud)
        for operation in operations:
            ask(cloud, operation, machine)
            cloud.run(120)
        cloud.run(120)

        launched = ["pending", "running"]
        assert states(cloud) == (launched + expected if operations else launched)


@pytest.mark.slow
def test_an_event_tells_the_instance_its_state_and_when():
    with world(HEARS) as cloud:
        machine = launch(cloud)

        (event,) = [each for each in heard(cloud) if each["detail"]["state"] == "pending"]
        assert event["detail-type"] == "EC2 Instance State-change Notification"
        assert event["detail"] == {"instance-id": machine.instance, "state": "pending"}
        assert event["resources"] == [f"arn:aws:ec2:us-east-1:123456789012:instance/{machine.instance}"]
        assert event["time"] == "2026-03-02T03:00:00Z"


@pytest.mark.slow
def test_what_is_asked_meanwhile_overtakes_what_was_on_its_way():
    with world(HEARS) as cloud:
        machine = launch(cloud, seconds=0)
        ask(cloud, "terminate_instances", machine)
        cloud.run(300)

        assert states(cloud)[-1] == "terminated"
        assert "running" not in states(cloud)


@pytest.mark.slow
def test_a_stopped_instance_cannot_be_rebooted():
    with world(bucket()) as cloud:
        machine = launch(cloud)
        ask(cloud, "stop_instances", machine)
        cloud.run(120)

        with pytest.raises(ClientError, match="IncorrectState"):
            ask(cloud, "reboot_instances", machine)


@pytest.mark.slow
def test_the_trail_tells_who_stopped_an_instance():
    calls = rule("Calls", {"detail": {"eventName": ["StopInstances"]}})
    with world({**trail(), **queue(), **calls}) as cloud:
        machine = launch(cloud)
        ask(cloud, "stop_instances", machine)
        cloud.run(600)

        (event,) = heard(cloud)
        assert event["detail"]["userIdentity"]["userName"] == "alice"
        assert machine.instance in str(event["detail"]["requestParameters"])


# ---- what EC2 measures --------------------------------------------------------------------------


def cpu(cloud, machine):
    return measured(cloud, "CPUUtilization", InstanceId=machine.instance)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("detailed", "apart", "points"),
    [
        pytest.param(False, 300, 2, id="basic: five minutes"),
        pytest.param(True, 60, 11, id="detailed: one minute"),
    ],
)
def test_cpu_is_measured_each_period_and_stamped_with_its_start(detailed, apart, points):
    with world(bucket()) as cloud:
        machine = launch(cloud, detailed=detailed, seconds=0)
        machine.cpu = 42
        cloud.run(40)  # it runs by then
        begun = min(second for second, _ in _checks(cloud, machine, 61))
        cloud.run(600)

        found = cpu(cloud, machine)
        assert {value for _, value in found} == {42}
        assert len(found) == points
        assert {after - before for (before, _), (after, _) in pairwise(found)} == {apart}
        assert found[0][0] == begun


def _checks(cloud, machine, seconds, metric="StatusCheckFailed"):
    cloud.run(seconds)
    return measured(cloud, metric, InstanceId=machine.instance)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("system", "instance", "expected"),
    [
        pytest.param(False, False, (0, 0, 0), id="all well"),
        pytest.param(True, False, (1, 0, 1), id="the system"),
        pytest.param(False, True, (0, 1, 1), id="the instance"),
        pytest.param(True, True, (1, 1, 1), id="both"),
    ],
)
def test_status_is_checked_each_minute(system, instance, expected):
    with world(bucket()) as cloud:
        machine = launch(cloud)
        machine.system_check_fails, machine.instance_check_fails = system, instance
        last = [
            _checks(cloud, machine, 65, metric)[-1][1]
            for metric in ("StatusCheckFailed_System", "StatusCheckFailed_Instance", "StatusCheckFailed")
        ]

        assert tuple(last) == expected
        assert len(_checks(cloud, machine, 60)) >= 4


@pytest.mark.slow
def test_an_instance_that_is_down_is_not_measured_and_one_that_comes_back_is_measured_once():
    with world(bucket()) as cloud:
        machine = launch(cloud, detailed=True)
        cloud.run(300)
        ask(cloud, "stop_instances", machine)
        cloud.run(60)
        before = len(cpu(cloud, machine))
        cloud.run(600)
        assert len(cpu(cloud, machine)) == before

        ask(cloud, "start_instances", machine)
        cloud.run(345)
        assert len(cpu(cloud, machine)) - before == 5


def test_a_reboot_heals_the_instances_check_and_leaves_the_systems():
    with world(bucket()) as cloud:
        machine = launch(cloud)
        machine.system_check_fails = machine.instance_check_fails = True
        ask(cloud, "reboot_instances", machine)

        assert (machine.system_check_fails, machine.instance_check_fails) == (True, False)


def test_an_instance_that_was_never_launched_is_an_error_of_the_rehearsal():
    with world(bucket()) as cloud, pytest.raises(WorldError, match="no instance i-1 was launched"):
        cloud.instances.machine("i-1")


@pytest.mark.slow
def test_a_world_that_is_over_leaves_no_ec2_behind():
    def left():
        gc.collect()
        return sum(type(each).__name__ == "EC2Backend" for each in gc.get_objects())

    with world(bucket()) as cloud:
        launch(cloud)
    before = left()
    for _ in range(2):
        with world(bucket()) as cloud:
            launch(cloud)

    assert left() == before
