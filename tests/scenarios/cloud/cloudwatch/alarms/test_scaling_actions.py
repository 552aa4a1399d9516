"""An alarm that scales: a policy runs, again each minute while the alarm lasts, and rests as it says."""

import pytest

from scenarios.cloud.deployment import START
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import admin, noted, topic, world


def scaled(cloud, cooldown=0, kind="SimpleScaling"):
    """A group of one to nine instances, and the ARN of a policy that adds one."""
    with cloud.calls.muted():
        autoscaling = admin(cloud, "autoscaling")
        autoscaling.create_launch_configuration(
            LaunchConfigurationName="c", ImageId="ami-12c6146b", InstanceType="t3.micro"
        )
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName="web",
            LaunchConfigurationName="c",
            MinSize=1,
            MaxSize=9,
            AvailabilityZones=["us-east-1a"],
        )
        autoscaling.put_scaling_policy(
            AutoScalingGroupName="web",
            PolicyName="grow",
            PolicyType=kind,
            AdjustmentType="ChangeInCapacity",
            ScalingAdjustment=1,
            Cooldown=cooldown,
        )
        return autoscaling.describe_policies()["ScalingPolicies"][0]["PolicyARN"]


def size(cloud):
    with cloud.calls.muted():
        (group,) = admin(cloud, "autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return group["DesiredCapacity"]


def busy(cloud, action, minutes):
    """An alarm that is on from the first to the last of these minutes, by data; then it is quiet."""
    cloudwatch = admin(cloud, "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="busy",
        Namespace="tw",
        MetricName="load",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=3,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[action],
    )
    for minute in range(minutes):
        cloud.run((START - cloud.clock.now).total_seconds() + 60 * minute + 5)
        cloudwatch.put_metric_data(Namespace="tw", MetricData=[{"MetricName": "load", "Value": 9}])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cooldown", "every"),
    [
        pytest.param(0, 60, id="each minute while it lasts"),
        pytest.param(150, 180, id="no sooner than the policy rests"),
    ],
)
def test_a_policy_runs_again_while_the_alarm_lasts(cooldown, every):
    with world(topic("cloudwatch")) as cloud:
        busy(cloud, scaled(cloud, cooldown), minutes=4)
        cloud.run(600)
        on, off = (change.at for change in cloud.cloudwatch.changes if change.alarm == "busy")

        lasted = (off - on).total_seconds()
        assert lasted > 180
        # The last of them falls on the very second in which the alarm ends.
        assert size(cloud) == 1 + 1 + int(lasted) // every


def test_a_policy_that_is_gone_is_noted():
    with world(topic("cloudwatch")) as cloud:
        busy(cloud, f"{scaled(cloud)}x", minutes=1)
        cloud.run(90)

        assert any("NO_RESOURCE" in words for words in noted(cloud, "lost"))


@pytest.mark.slow
def test_a_policy_of_another_kind_is_not_simulated():
    with world(topic("cloudwatch")) as cloud:
        busy(cloud, scaled(cloud, kind="StepScaling"), minutes=1)

        with pytest.raises(NotSimulated, match="StepScaling"):
            cloud.run(90)
