"""EC2 and Auto Scaling: instances, networks and groups, as moto has them."""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.kernel.moto_state import backend


def scaling_groups(account: str, region: str) -> list[Any]:
    """The Auto Scaling groups of a region: `.name`, `.arn`, `.instance_states`, `.desired_capacity`..."""
    return list(backend("autoscaling", account, region).autoscaling_groups.values())


def scaling_policy(arn: str, account: str, region: str) -> Any | None:
    """An Auto Scaling policy by its ARN."""
    policies = backend("autoscaling", account, region).policies.values()
    return next((policy for policy in policies if policy.arn == arn), None)


def instance(account: str, region: str, identity: str) -> Any:
    """An EC2 instance; raises moto's InvalidInstanceIdError."""
    ec2 = backend("ec2", account, region)
    # moto's own way asks each instance for its filters; laws ask for one several times a minute.
    every = (each for reservation in ec2.reservations.values() for each in reservation.instances)
    return next((each for each in every if each.id == identity), None) or ec2.get_instance(identity)


def instance_type(name: str) -> Mapping[str, Any]:
    """What EC2 says of an instance type: `VCpuInfo`, `MemoryInfo` and so on."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES  # noqa: PLC0415 - a large table, seldom asked for

    return dict(INSTANCE_TYPES[name])


def network_names(account: str, region: str, kind: str) -> set[str]:
    """What EC2 has in a region of a kind: `vpc`, `subnet`, `group`, `group name`, `key pair`, `volume`..."""
    ec2 = backend("ec2", account, region)
    if kind == "subnet":
        return {name for by_zone in ec2.subnets.values() for name in by_zone}
    if kind in {"group", "group name"}:
        groups = [each for by_id in ec2.groups.values() for each in by_id.values()]
        return {str(each.id if kind == "group" else each.name) for each in groups}
    if kind == "instance":
        return {str(each.id) for each in ec2.all_instances()}
    return set({"vpc": ec2.vpcs, "key pair": ec2.key_pairs, "volume": ec2.volumes}[kind])


def zones(account: str, region: str) -> list[str]:
    """The names of a region's availability zones, in their order."""
    return sorted(str(each.name) for each in backend("ec2", account, region).describe_availability_zones())


def instance_state(found: Any) -> str:
    """`running`, `stopped` and so on, as DescribeInstances would say."""
    return str(found._state.name)  # noqa: SLF001


def put_instance_state(found: Any, name: str, code: int) -> None:
    """Show an instance in a state from now on."""
    found._state.name, found._state.code = name, code  # noqa: SLF001


def instance_role(found: Any, account: str, region: str) -> str:
    """The ARN of the role in an instance's profile; "" without one."""
    associations = backend("ec2", account, region).iam_instance_profile_associations
    for association in associations.values():
        if association.instance.id == found.id:
            roles = list(association.iam_instance_profile.roles)
            return str(roles[0].arn) if roles else ""
    return ""
