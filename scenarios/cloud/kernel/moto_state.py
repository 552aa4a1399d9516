"""moto's state of every service: one function for each thing that laws read or write.

Laws read here what an API would show, or what moto keeps and no API shows. Each has a contract test.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

import moto.iam.aws_managed_policies as iam_managed_policies
import moto.iam.models as iam_models
import moto.s3.models as s3_models
from moto.backends import get_backend

from scenarios.cloud.kernel.arns import account_of, region_of, service_of


def backend(service: str, account: str, region: str) -> Any:
    """A moto backend."""
    return _backends(service)[account][region]


def _named_by(arn: str, service: str) -> Any | None:
    """The moto backend that an ARN of this service names; None where it is an ARN of something else."""
    account, region = account_of(arn), region_of(arn)
    if service_of(arn) != service or not account or not region:
        return None
    return backend(service, account, region)


@cache
def _backends(service: str) -> Any:
    """A service's state, by account; moto has one for good."""
    return get_backend(service)  # type: ignore[call-overload,unused-ignore]  # one overload for each name


def rules(account: str, region: str, bus: str) -> list[Any]:
    """The rules of a bus, or none where there is no such bus."""
    found = backend("events", account, region).event_buses.get(bus)
    return list(found.rules.values()) if found else []


def buses(account: str, region: str) -> list[str]:
    """The names of a region's event buses."""
    return list(backend("events", account, region).event_buses)


def schedules(account: str, region: str) -> list[Any]:
    """The schedules of a region, in all groups: `.name`, `.group_name`, `.arn`, `.state`, `.target`."""
    groups = backend("scheduler", account, region).schedule_groups.values()
    return [each for group in groups for each in group.schedules.values()]


def schedule_groups(account: str, region: str) -> list[str]:
    """The names of a region's groups of schedules."""
    return list(backend("scheduler", account, region).schedule_groups)


def delete_schedule(account: str, region: str, group: str, name: str) -> None:
    """Delete a schedule, as Scheduler itself does."""
    backend("scheduler", account, region).delete_schedule(group, name)


def bus_policy(account: str, region: str, bus: str) -> Mapping[str, Any] | None:
    """The resource policy of a bus."""
    found = backend("events", account, region).event_buses.get(bus)
    described = found.policy if found else None
    return json.loads(described) if described else None


def lambda_function(account: str, region: str, name_or_arn: str) -> Any | None:
    """A function's model: `.handler`, `.role`, `.timeout`, `.environment_vars`, `.policy`..."""
    name = name_or_arn.rpartition(":function:")[2].split(":")[0]
    found = backend("lambda", account, region)._lambdas._functions.get(name)  # noqa: SLF001
    return found["latest"] if found else None


def layer_version(arn: str) -> Any | None:
    """A version of a layer, by ARN: `.code_bytes`."""
    found = _named_by(arn, "lambda")
    return found.layers_versions_by_arn(arn) if found is not None else None


def function_urls(function: Any) -> dict[str, dict[str, Any]]:
    """A function's URLs, by alias; they are ours, kept where moto keeps the function."""
    urls: dict[str, dict[str, Any]] = vars(function).setdefault("urls", {})
    return urls


def lambda_version(account: str, region: str, name: str, version: str) -> Any | None:
    """A published version of a function, with what was frozen in it: `.version`, `.handler`, `.role`..."""
    found = backend("lambda", account, region)._lambdas._functions.get(name)  # noqa: SLF001
    versions = found["versions"] if found else []
    return next((each for each in versions if str(each.version) == version), None)


def lambda_alias(account: str, region: str, name: str, alias: str) -> Any | None:
    """An alias: `.function_version`, `.routing_config`."""
    latest = lambda_function(account, region, name)
    if latest is None:
        return None
    aliases = backend("lambda", account, region)._lambdas._aliases  # noqa: SLF001
    return aliases.get(latest.function_arn, {}).get(alias)


def lambda_functions(account: str, region: str) -> list[Any]:
    """A region's functions, each as its latest version."""
    functions = backend("lambda", account, region)._lambdas._functions.values()  # noqa: SLF001
    return [each["latest"] for each in functions if each["latest"] is not None]


def lambda_policy(function: Any) -> Mapping[str, Any] | None:
    """A function's resource policy."""
    if not function.policy or not function.policy.statements:
        return None
    return {"Version": "2012-10-17", "Statement": function.policy.statements}


def queue(arn: str) -> Any | None:
    """A queue's model, by ARN."""
    found = _named_by(arn, "sqs")
    return found.queues.get(arn.rpartition(":")[2]) if found is not None else None


def queues(account: str, region: str) -> list[Any]:
    """A region's queues: `.name`, `.queue_arn`."""
    return list(backend("sqs", account, region).queues.values())


def messages(queue: Any) -> list[Any]:
    """All that lies in a queue, hidden or not: `.visible_at` and `.delayed_until` in milliseconds."""
    return list(queue._messages)  # noqa: SLF001


def move_message(queue: Any, message: Any, to: Any) -> None:
    """Move a message from one queue to another."""
    queue._messages.remove(message)  # noqa: SLF001
    to.add_message(message)


def receive(queue: Any, most: int) -> tuple[list[Any], int]:
    """Receive what is visible, hidden from now on for the queue's visibility timeout.

    Also tells how many messages the redrive policy moved to the dead-letter queue. What the retention
    period has ended is gone; moto would go on holding it.
    """
    sqs = backend("sqs", queue.account_id, queue.region)
    queue._messages = [  # noqa: SLF001
        each
        for each in queue._messages  # noqa: SLF001
        if sqs.is_message_valid_based_on_retention_period(queue.name, each)
    ]
    before = len(queue._messages)  # noqa: SLF001
    received = sqs.receive_message(queue.name, most, 0, queue.visibility_timeout, ["All"])
    return received, before - len(queue._messages)  # noqa: SLF001


def delete_message(queue: Any, message: Any) -> None:
    """Delete a received message, if it is still there."""
    if any(each.id == message.id for each in queue._messages):  # noqa: SLF001
        queue.delete_message(message.receipt_handle)


def show_again(queue: Any, message: Any, seconds: float) -> None:
    """Have a received message seen again so many seconds from now."""
    for each in queue._messages:  # noqa: SLF001
        if each.id == message.id:
            each.change_visibility(int(seconds))


def event_source_mappings(account: str, region: str) -> list[Any]:
    """A region's mappings: `.uuid`, `.event_source_arn`, `.function_arn`, `.enabled`, `.batch_size`..."""
    return list(backend("lambda", account, region)._event_source_mappings.values())  # noqa: SLF001


def topic_rules(account: str, region: str) -> list[Any]:
    """A region's rules of AWS IoT: `.rule_name`, `.arn`, `.sql`, `.actions`, `.error_action`..."""
    return list(backend("iot", account, region).rules.values())


def topic(arn: str) -> Any | None:
    """A topic's model, by ARN."""
    found = _named_by(arn, "sns")
    return found.topics.get(arn) if found is not None else None


def platform_endpoint(arn: str) -> Any | None:
    """An endpoint of a phone, by ARN: `.enabled`."""
    found = _named_by(arn, "sns")
    return found.platform_endpoints.get(arn) if found is not None else None


def subscriptions(topic_arn: str) -> list[Any]:
    """What is subscribed to a topic."""
    _, _, _, region, account, _ = topic_arn.split(":", 5)
    return [
        each for each in backend("sns", account, region).subscriptions.values() if each.topic.arn == topic_arn
    ]


def subscription(arn: str) -> Any | None:
    """A subscription's model, by ARN: `.attributes`, `.endpoint`, `.protocol`."""
    found = _named_by(arn, "sns")
    return found.subscriptions.get(arn) if found is not None else None


def forget_subscription(arn: str) -> None:
    """Delete a subscription, by ARN."""
    backend("sns", account_of(arn), region_of(arn)).subscriptions.pop(arn, None)


def remember_subscription(found: Any) -> None:
    """Have a subscription that was deleted stand again."""
    topic = found.topic
    backend("sns", topic.account_id, region_of(topic.arn)).subscriptions[found.arn] = found


def log_group(account: str, region: str, name: str) -> Any | None:
    """A log group's model: `.streams`, `.subscription_filters`."""
    return backend("logs", account, region).groups.get(name)


def log_groups(account: str, region: str) -> list[str]:
    """The names of a region's log groups."""
    return sorted(backend("logs", account, region).groups)


def log_destination(arn: str) -> Any | None:
    """A logical destination by its ARN: `.target_arn`, `.role_arn`, `.access_policy`."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return backend("logs", account, region).destinations.get(arn)


def log_destinations(account: str, region: str) -> list[Any]:
    """The logical destinations of a region: `.destination_name`, `.to_dict()`."""
    return list(backend("logs", account, region).destinations.values())


def metric_filters(account: str, region: str, group: str) -> list[Mapping[str, Any]]:
    """The metric filters of a log group, as PutMetricFilter took them."""
    found = backend("logs", account, region).filters.metric_filters
    return [each for each in found if each["logGroupName"] == group]


def alarms(account: str, region: str) -> dict[str, Any]:
    """The metric alarms of a region by name."""
    return dict(backend("cloudwatch", account, region).alarms)


def trails(account: str, region: str) -> list[Any]:
    """The trails whose home is this region."""
    return list(backend("cloudtrail", account, region).trails.values())


def organizations() -> Any:
    """Every organization: by the account that is asked about, and who manages it."""
    backends: Any = get_backend("organizations")  # type: ignore[call-overload,unused-ignore]  # as in `backend`
    return backends


class Organization(NamedTuple):
    """An organization: its id, its management account, all its accounts, what it trusts, all its features."""

    id: str
    management: str
    accounts: tuple[str, ...]
    services: tuple[str, ...]
    all_features: bool


def organization(account: str) -> Organization | None:
    """The organization that an account manages or belongs to."""
    backends = organizations()
    manager, _ = backends.master_accounts.get(account, (account, ""))
    found = backends[manager]["aws"]
    if found.org is None:
        return None
    return Organization(
        id=found.org.id,
        management=found.org.master_account_id,
        accounts=tuple(each.id for each in found.accounts),
        services=tuple(each["ServicePrincipal"] for each in found.services),
        all_features=found.org.feature_set == "ALL",
    )


def organization_entity(account: str, entity_id: str) -> str | None:
    """The ARN of an account, unit, root or policy of the organization that an account belongs to."""
    backends = organizations()
    manager, _ = backends.master_accounts.get(account, (account, ""))
    found = backends[manager]["aws"]
    known = (*found.accounts, *found.ou, *found.policies) if found.org is not None else ()
    return next((str(each.arn) for each in known if each.id == entity_id), None)


class OrganizationPath(NamedTuple):
    """Where an account is in its organization.

    `paths`: the one that aws:PrincipalOrgPaths has. `scps`, `rcps`: the policies' texts, by level from the
    root down to the account.
    """

    id: str
    management: str
    paths: tuple[str, ...]
    scps: tuple[tuple[str, ...], ...]
    rcps: tuple[tuple[str, ...], ...]


def organization_path(account: str) -> OrganizationPath | None:
    """Where an account is in its organization; None outside of one."""
    backends = organizations()
    manager, _ = backends.master_accounts.get(account, (account, ""))
    if manager not in backends:
        return None
    found = backends[manager]["aws"]
    member = next((each for each in found.accounts if each.id == account), None) if found.org else None
    if member is None:
        return None
    units = {each.id: each for each in found.ou}
    line = [member]
    while line[0].parent_id in units:
        line.insert(0, units[line[0].parent_id])
        if line[0].id == found.org.root_id:
            break
    return OrganizationPath(
        id=found.org.id,
        management=found.org.master_account_id,
        paths=("/".join([found.org.id, *(each.id for each in line[:-1]), ""]),),
        scps=_policies_by_level(line, "SERVICE_CONTROL_POLICY"),
        rcps=_policies_by_level(line, "RESOURCE_CONTROL_POLICY"),
    )


def _policies_by_level(line: list[Any], kind: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(policy.content for policy in each.attached_policies if policy.type == kind) for each in line
    )


def tags_by_arn(service: str, account: str, region: str, arn: str) -> dict[str, str]:
    """The tags of a resource, for the services where moto keeps them by ARN; KMS keeps them by key id."""
    return dict(backend(service, account, region).tagger.get_tag_dict_for_resource(arn))


def topic_tags(found: Any) -> dict[str, str]:
    """A topic's tags."""
    return dict(found._tags)  # noqa: SLF001


def ssm_tags(account: str, region: str, kind: str, name: str) -> dict[str, str]:
    """The tags of Systems Manager's `Parameter` or `Document`, whose name may begin with a slash."""
    tags = backend("ssm", account, region)._resource_tags[kind]  # noqa: SLF001
    return dict(tags.get(name) or tags.get(f"/{name}") or {})


def ssm_document(account: str, region: str, name: str) -> Any | None:
    """A document of Systems Manager: `.find(version, version_name, strict=...)`, `.exists(...)`."""
    return backend("ssm", account, region)._documents.get(name)  # noqa: SLF001


def state_machine(account: str, region: str, arn: str) -> Any | None:
    """A state machine: `.arn`, `.name`, `.definition`, `.roleArn`, `.type`, `.versions` by number."""
    every = backend("stepfunctions", account, region).state_machines
    return next((each for each in every if each.arn == arn), None)


def codebuild_project(account: str, region: str, name: str) -> Mapping[str, Any]:
    """What CodeBuild says of a project; {} where there is none."""
    found = backend("codebuild", account, region).codebuild_projects.get(name)
    return found.project_metadata if found is not None else {}


def builds(account: str, region: str) -> list[dict[str, Any]]:
    """The builds of a region, the oldest of each project first, as moto keeps and changes them."""
    every = backend("codebuild", account, region).build_metadata_history.values()
    return [build for of_project in every for build in of_project]


def as_tags(listed: Any) -> dict[str, str]:
    """Tags by name; moto keeps some as AWS lists them."""
    return {tag["Key"]: tag["Value"] for tag in listed or ()}


def bucket_owner(name: str) -> str:
    """The account of a bucket, whose name no other bucket has; "" where there is none."""
    backends: Any = get_backend("s3")
    return next((account for account in backends if name in backends[account]["aws"].buckets), "")


def bucket(account: str, name: str) -> Any | None:
    """A bucket's model, wherever it is."""
    return backend("s3", account, "aws").buckets.get(name)


def buckets(account: str) -> list[Any]:
    """Every bucket of an account: `.name`, `.rules` (lifecycle), `.keys` (versions by key, newest last)."""
    return list(backend("s3", account, "aws").buckets.values())


def object_version(account: str, bucket_name: str, key: str, version: str | None = None) -> Any | None:
    """A version of an object, the newest by default; None for a delete marker and for what isn't there."""
    found = _version(account, bucket_name, key, version)
    return None if found is None or is_delete_marker(found) else found


def set_bucket_abac(bucket: Any, *, on: bool) -> None:
    """Switch a bucket's attribute-based access control; it is kept with moto's model."""
    bucket.trailwarden_abac = on


def has_bucket_abac(bucket: Any) -> bool:
    """Whether a bucket's tags count in conditions."""
    return bool(getattr(bucket, "trailwarden_abac", False))


def restricts_public_buckets(account: str, bucket: Any) -> bool:
    """Whether a bucket's public access block, or its account's, has RestrictPublicBuckets."""
    of_account = backend("s3control", account, "aws").public_access_block
    return any(each.restrict_public_buckets for each in (bucket.public_access_block, of_account) if each)


def bucket_tags(bucket: Any) -> dict[str, str]:
    """A bucket's tags."""
    return tags_by_arn("s3", bucket.account_id, "aws", bucket.arn)


def canonical_owner() -> str:
    """The canonical user id that owns all buckets and objects in moto."""
    return str(s3_models.OWNER)


def delete_marker(account: str, bucket_name: str, key: str, version: str | None = None) -> Any | None:
    """A version of a key, the newest by default, if it is a delete marker."""
    found = _version(account, bucket_name, key, version)
    return found if found is not None and is_delete_marker(found) else None


def _version(account: str, bucket_name: str, key: str, version: str | None) -> Any | None:
    found = bucket(account, bucket_name)
    versions = found.keys.getlist(key, []) if found is not None else []
    wanted = versions[-1:] if version is None else [one for one in versions if one.version_id == version]
    return wanted[0] if wanted else None


def is_delete_marker(version: Any) -> bool:
    """Whether this is no object but the mark that it was deleted."""
    return isinstance(version, s3_models.FakeDeleteMarker)


def bucket_regions(account: str) -> dict[str, str]:
    """The region of every bucket."""
    return {name: each.region_name for name, each in backend("s3", account, "aws").buckets.items()}


def role(account: str, name: str) -> Any | None:
    """A role's model: `.arn`, `.assume_role_policy_document`."""
    roles = backend("iam", account, "aws").roles
    return next((each for each in roles.values() if each.name == name), None)


def user(account: str, name: str) -> Any | None:
    """An IAM user's model: `.id`, `.arn`, `.access_keys`."""
    return backend("iam", account, "aws").users.get(name)


def user_tags(account: str, arn: str) -> dict[str, str]:
    """An IAM user's tags."""
    return dict(backend("iam", account, "aws").tagger.get_tag_dict_for_resource(arn))


def role_tags(account: str, name: str) -> dict[str, str]:
    """A role's tags; none for a role that isn't there."""
    found = role(account, name)
    return as_tags(found.tags) if found is not None else {}


def groups_of(account: str, user_name: str) -> list[Any]:
    """The groups that an IAM user is in."""
    groups = backend("iam", account, "aws").groups.values()
    return [group for group in groups if any(each.name == user_name for each in group.users)]


def access_key(key_id: str) -> tuple[str, str, bool, str] | None:
    """Whose access key it is: account, user's name, whether it is active, its secret; None for no user's."""
    for account in get_backend("iam"):
        iam = backend("iam", account, "aws")
        key = iam.access_keys.get(key_id)
        if key is None:
            continue
        named = iam.users.get(key.user_name)  # as whom it was made; the user may have another name by now
        users = [named] if named is not None and key in named.access_keys else iam.users.values()
        user = next((each for each in users if key in each.access_keys), None)
        return (
            (account, user.name, key.status == "Active", key.secret_access_key) if user is not None else None
        )
    return None


def key_used(account: str, key_id: str, *, at: datetime, service: str, region: str) -> None:
    """Note the use of a user's access key; one that stands in no IAM has nothing to note it on."""
    key = backend("iam", account, "aws").access_keys.get(key_id)
    if key is not None:
        key.last_used = iam_models.AccessKeyLastUsed(
            timestamp=at.replace(tzinfo=None), service=service, region=region
        )


def policies_of(found: Any) -> list[Any]:
    """The inline and attached policies of a role, user or group, as documents or their JSON text."""
    attached = [_default_version(policy) for policy in found.managed_policies.values()]
    return [*found.policies.values(), *attached]


def _default_version(policy: Any) -> Any:
    return next(each.document for each in policy.versions if each.version_id == policy.default_version_id)


def managed_policy(account: str, arn: str) -> Any | None:
    """The document of a managed policy, as it stands; None where there is none of this ARN."""
    policy = backend("iam", account, "aws").managed_policies.get(arn)
    return _default_version(policy) if policy is not None else None


@cache
def _published_by_aws() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(iam_managed_policies.aws_managed_policies_data)
    return data


def know_managed_policy_of_aws(account: str, arn: str) -> bool:
    """Have IAM know the policy of this ARN where AWS publishes it; moto would load all of them, or none.

    Returns whether it does.
    """
    iam = backend("iam", account, "aws")
    name = arn.rpartition("/")[2]
    if arn in iam.managed_policies:
        return True
    if name not in _published_by_aws():
        return False
    policy = iam_models.AWSManagedPolicy.from_data(name, account, "aws", _published_by_aws()[name])
    if policy.arn == arn:
        iam.managed_policies[arn] = policy
        iam.aws_managed_policies.append(policy)
    return arn in iam.managed_policies


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


def hosted_zones(account: str) -> set[str]:
    """The ids of Route 53's hosted zones."""
    return set(backend("route53", account, "aws").zones)


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


def instance_profile_is_there(account: str, profile: str) -> bool:
    """Whether there is an instance profile of this name or ARN."""
    found = backend("iam", account, "aws").instance_profiles.values()
    return any(profile in (each.name, each.arn) for each in found)


def stream_is_there(arn: str) -> bool:
    """Whether there is such a Kinesis stream or Firehose delivery stream."""
    _, _, service, region, account, _ = arn.split(":", 5)
    found = backend(service, account, region)
    streams = found.streams if service == "kinesis" else found.delivery_streams
    return arn.rpartition("/")[2] in streams


def delivery_stream(arn: str) -> Any | None:
    """A delivery stream, or None: `.destinations`, `.source`, `.version_id`, `.create_timestamp`."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return backend("firehose", account, region).delivery_streams.get(arn.rpartition("/")[2])


def delivery_streams_from(account: str, region: str, stream: str) -> list[str]:
    """The ARNs of the delivery streams that read a Kinesis stream."""
    found = backend("firehose", account, region).delivery_streams.values()
    return [
        str(each.delivery_stream_arn)
        for each in found
        if (each.source or {}).get("KinesisStreamARN") == stream
    ]


def opensearch_domain(account: str, region: str, place: str) -> Any | None:
    """A domain by its ARN or its endpoint, or None: `.arn`, `.endpoint`, `.access_policies`."""
    host = place.removeprefix("https://").rstrip("/")
    domains = backend("opensearch", account, region).domains.values()
    return next((each for each in domains if place == each.arn or host == each.endpoint), None)


def kinesis_stream(arn: str) -> Any:
    """A Kinesis stream that is there: `.shards`, `.key_id`, `.retention_period_hours`."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return backend("kinesis", account, region).streams[arn.rpartition("/")[2]]


def streaming_table(arn: str) -> Any | None:
    """The table of a stream, by the stream's ARN, while that stream is on: `.stream_shard`."""
    _, _, _, region, account, rest = arn.split(":", 5)
    _, name, _, label = [*rest.split("/", 3), "", "", ""][:4]
    found = backend("dynamodb", account, region).tables.get(name)
    on = found is not None and found.stream_shard is not None and found.stream_specification["StreamEnabled"]
    return found if on and found.latest_stream_label == label else None


def kms_key(arn_or_id: str, account: str, region: str) -> Any | None:
    """A KMS key's model by key id, key ARN, alias or alias ARN; None for an ARN that names no place."""
    if not account or not region:
        return None
    keys = backend("kms", account, region)
    wanted = arn_or_id.rpartition(":")[2].removeprefix("key/")
    if wanted.startswith("alias/"):
        return next((key for key in keys.keys.values() if wanted in key.aliases), None)
    return keys.keys.get(wanted)


_KEY_ID_BYTES = 36  # a UUID, or mrk- and 32 digits


def kms_key_of_ciphertext(ciphertext: bytes, region: str) -> Any | None:
    """The model of the key that moto made a ciphertext with: its id stands first in it."""
    key_id = ciphertext[:_KEY_ID_BYTES].decode("utf-8", "replace")
    found = (kms_key(key_id, account, region) for account in get_backend("kms"))
    return next((key for key in found if key is not None), None)


def delete_kms_key(account: str, region: str, key_id: str) -> None:
    """Take a KMS key away, as KMS does when its waiting period ends."""
    backend("kms", account, region).delete_key(key_id)


def parameter(account: str, region: str, name: str) -> Any | None:
    """The newest version of a parameter: `.parameter_type`, `.description`."""
    return backend("ssm", account, region).get_parameter(name)


def utc(moment: datetime) -> datetime:
    """A time of moto's, which may have no time zone and is always UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def event_invoke_config(function: Any, qualifier: str = "") -> Mapping[str, Any]:
    """How events of a function, a version or an alias are retried, and where those go that fail."""
    arn = f"{function.function_arn}:{qualifier}" if qualifier else function.function_arn
    found = [each for each in function.event_invoke_config if each.arn == arn]
    return found[-1].config if found else {}


def connection_named(account: str, region: str, name: str) -> Any | None:
    """A connection of EventBridge: `.arn`, `.state`, `.secret_arn`, `.authorization_type`."""
    return backend("events", account, region).connections.get(name)


def connection(arn: str) -> Any | None:
    """A connection of EventBridge by its ARN."""
    name = arn.split("/")[1] if arn.count("/") > 1 else ""
    found = connection_named(account_of(arn), region_of(arn), name)
    return found if found is not None and found.arn == arn else None


def api_destination(arn: str) -> Any | None:
    """An API destination by its ARN: `.invocation_endpoint`, `.http_method`, `.connection_arn`."""
    found = backend("events", account_of(arn), region_of(arn)).destinations.values()
    return next((each for each in found if each.arn == arn), None)


def offer_event_source(account: str, region: str, name: str) -> None:
    """Have a region's EventBridge know a partner's event source, so that a bus can be made of it."""
    backend("events", account, region).create_partner_event_source(name, account)


def _secret(arn: str) -> Any | None:
    found = secret(account_of(arn), region_of(arn), arn)
    return None if found is None or found.deleted_date is not None else found


def secret(account: str, region: str, name_or_arn: str) -> Any | None:
    """A secret by its name or ARN: `.arn`, `.name`, `.versions` by id with their `version_stages`."""
    every = backend("secretsmanager", account, region).secrets.values()
    return next((each for each in every if name_or_arn in (each.name, each.arn)), None)


def secret_text(arn: str) -> str | None:
    """What a secret holds now, by its ARN; None where there is none, or none any more."""
    found = _secret(arn)
    return None if found is None else str(found.versions[found.default_version_id]["secret_string"])


def put_secret_text(arn: str, text: str) -> None:
    """Have a service's own secret hold something else."""
    found = _secret(arn)
    if found is not None:
        found.versions[found.default_version_id]["secret_string"] = text


def archives(account: str, region: str) -> dict[str, Any]:
    """The event archives of a region by name: `.event_pattern`, `.source_arn`, `.retention`, `.events`."""
    return dict(backend("events", account, region).archives)


def logs_policy(account: str, region: str) -> Mapping[str, Any]:
    """What all of a region's CloudWatch Logs resource policies say together."""
    found = backend("logs", account, region).resource_policies.values()
    documents = [json.loads(each.policy_document) for each in found if each.policy_document]
    statements = [each.get("Statement", []) for each in documents if isinstance(each, dict)]
    flat = [one for each in statements for one in (each if isinstance(each, list) else [each])]
    return {"Version": "2012-10-17", "Statement": flat}


def managed_rules() -> Mapping[str, Mapping[str, Any]]:
    """AWS Config's managed rules: `Trigger type`, `Resource Types`, `Parameters` of each."""
    # Imported late: only a world with rules needs it.
    from moto.config.models import MANAGED_RULES_CONSTRAINTS  # noqa: PLC0415

    found: Mapping[str, Mapping[str, Any]] = MANAGED_RULES_CONSTRAINTS
    return found
