"""IAM's rows for EC2 Auto Scaling: groups, whose ARNs have an id that a name doesn't tell."""

from scenarios.cloud.authorization.rows import QUERY, Permissions, Place
from scenarios.cloud.kernel import moto_ec2

_GROUPS = ("CreateAutoScalingGroup", "UpdateAutoScalingGroup", "DeleteAutoScalingGroup", "SetDesiredCapacity")
_HOOKS = (
    "PutLifecycleHook",
    "DeleteLifecycleHook",
    "CompleteLifecycleAction",
    "RecordLifecycleActionHeartbeat",
)
_LINES = "\n".join(
    [
        *(f"{each} = group(AutoScalingGroupName)" for each in (*_GROUPS, *_HOOKS)),
        "PutLifecycleHook +RoleARN iam:PassRole role(RoleARN)",
        "TerminateInstanceInAutoScalingGroup = group_of(InstanceId)",
        "DescribeLifecycleHooks = *",
        "DescribeAutoScalingGroups = *",
        "DescribeAutoScalingInstances = *",
    ]
)


def _group(place: Place, name: str) -> str:
    if name.startswith("arn:"):
        return name
    found = [each.arn for each in moto_ec2.scaling_groups(place.account, place.region) if each.name == name]
    begin = f"arn:aws:autoscaling:{place.region}:{place.account}:autoScalingGroup"
    return str(found[0]) if found else f"{begin}:*:autoScalingGroupName/{name}"


def _group_of(place: Place, instance: str) -> str:
    """The group that an instance is in."""
    for each in moto_ec2.scaling_groups(place.account, place.region):
        if any(state.instance.id == instance for state in each.instance_states):
            return str(each.arn)
    return _group(place, "*")


PERMISSIONS = Permissions(
    prefix="autoscaling", denial=QUERY, lines=_LINES, kinds={"group": _group, "group_of": _group_of}
)
