"""AWS::AutoScaling: launch configurations, groups and lifecycle hooks.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_AutoScaling.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal
from scenarios.cloud.cloudformation.resources.shapes import (
    Flag,
    Inert,
    Many,
    Refused,
    Shape,
    Text,
    Whole,
    arn,
)

LAUNCH_CONFIGURATION = Shape(
    fields={
        "AssociatePublicIpAddress": Flag(),
        "IamInstanceProfile": Text(),
        "ImageId": Text(),
        "InstanceMonitoring": Flag(),
        "InstanceType": Text(),
        "KeyName": Text(),
        "LaunchConfigurationName": Text(longest=255),
        "SecurityGroups": Many(of=Text()),
        "UserData": Text(),
    },
    required=("ImageId", "InstanceType"),
)
_TAG = Shape(
    fields={"Key": Text(), "PropagateAtLaunch": Flag(), "Value": Text()},
    required=("Key", "PropagateAtLaunch", "Value"),
)
GROUP = Shape(
    fields={
        "AutoScalingGroupName": Text(longest=255),
        "AvailabilityZones": Many(of=Text()),
        "Cooldown": Whole(),
        "DesiredCapacity": Whole(),
        "HealthCheckGracePeriod": Inert(because="no instance is replaced for its health"),
        "HealthCheckType": Inert(because="no instance is replaced for its health"),
        "LaunchConfigurationName": Text(),
        "LaunchTemplate": Refused(because="launch templates, which only stand"),
        "LifecycleHookSpecificationList": Refused(because="hooks of a new group's first instances"),
        "MaxSize": Whole(),
        "MinSize": Whole(),
        "Tags": Many(of=_TAG),
        "TargetGroupARNs": Refused(because="load balancers"),
        "VPCZoneIdentifier": Many(of=Text()),
    },
    required=("MaxSize", "MinSize"),
)
HOOK = Shape(
    fields={
        "AutoScalingGroupName": Text(),
        "DefaultResult": Text(),
        "HeartbeatTimeout": Whole(low=30, high=7200),
        "LifecycleHookName": Text(longest=255),
        "LifecycleTransition": Text(),
        "NotificationMetadata": Text(),
        "NotificationTargetARN": arn(),
        "RoleARN": arn("iam"),
    },
    required=("AutoScalingGroupName", "LifecycleTransition"),
)


def create_launch_configuration(order: Order) -> Identity:
    """Create a launch configuration."""
    name = order.name("LaunchConfigurationName", 255)
    given = order.pick(
        *("AssociatePublicIpAddress", "IamInstanceProfile", "ImageId", "InstanceType", "KeyName"),
        *("SecurityGroups", "UserData"),
    )
    if "InstanceMonitoring" in order.properties:
        given["InstanceMonitoring"] = {"Enabled": order.properties["InstanceMonitoring"]}
    order.client("autoscaling").create_launch_configuration(LaunchConfigurationName=name, **given)
    return Identity(ref=name)


def delete_launch_configuration(removal: Removal) -> None:
    """Delete a launch configuration."""
    removal.client("autoscaling").delete_launch_configuration(LaunchConfigurationName=removal.ref)


def create_group(order: Order) -> Identity:
    """Create a group with its instances."""
    name = order.name("AutoScalingGroupName", 255)
    given = order.pick(
        "AvailabilityZones", "DesiredCapacity", "LaunchConfigurationName", "MaxSize", "MinSize"
    )
    given |= {"DefaultCooldown": order.properties["Cooldown"]} if "Cooldown" in order.properties else {}
    if "VPCZoneIdentifier" in order.properties:
        given["VPCZoneIdentifier"] = ",".join(order.properties["VPCZoneIdentifier"])
    about = {"ResourceId": name, "ResourceType": "auto-scaling-group"}
    tags = [{**each, **about} for each in order.pick("Tags").get("Tags", ())]
    more = {"Tags": tags} if tags else {}
    client = order.client("autoscaling")
    client.create_auto_scaling_group(AutoScalingGroupName=name, **given, **more)
    (made,) = client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return Identity(ref=name, attributes={"AutoScalingGroupARN": made["AutoScalingGroupARN"]})


def delete_group(removal: Removal) -> None:
    """Delete a group with its instances."""
    removal.client("autoscaling").delete_auto_scaling_group(
        AutoScalingGroupName=removal.ref, ForceDelete=True
    )


def create_hook(order: Order) -> Identity:
    """Put a lifecycle hook."""
    name = order.name("LifecycleHookName", 255)
    given = order.pick(
        *("AutoScalingGroupName", "DefaultResult", "HeartbeatTimeout", "LifecycleTransition"),
        *("NotificationMetadata", "NotificationTargetARN", "RoleARN"),
    )
    order.client("autoscaling").put_lifecycle_hook(LifecycleHookName=name, **given)
    return Identity(ref=name)


def delete_hook(removal: Removal) -> None:
    """Delete a lifecycle hook."""
    group = str(removal.properties["AutoScalingGroupName"])
    removal.client("autoscaling").delete_lifecycle_hook(
        LifecycleHookName=removal.ref, AutoScalingGroupName=group
    )


KINDS: Mapping[str, Kind] = {
    "AWS::AutoScaling::AutoScalingGroup": Kind(shape=GROUP, create=create_group, delete=delete_group),
    "AWS::AutoScaling::LaunchConfiguration": Kind(
        shape=LAUNCH_CONFIGURATION, create=create_launch_configuration, delete=delete_launch_configuration
    ),
    "AWS::AutoScaling::LifecycleHook": Kind(shape=HOOK, create=create_hook, delete=delete_hook),
}
