"""Reads the trail, its bucket, the groups of auditors and the other regions as they are now."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.catalog import CATALOG
from chalicelib.template.spoke import forward_of
from chalicelib.trail.description import TrailArn, TrailConfiguration, describe
from chalicelib.triggers import OnEvent
from scenarios.doctor.asking import Asker
from scenarios.doctor.facts import (
    AccountFacts,
    AuditGroup,
    Bucket,
    Missing,
    Region,
    StackFacts,
    Told,
    Unknown,
    WatchedTrail,
    partition_of,
)
from scenarios.doctor.recording_reader import read_config_rules, read_recordings
from scenarios.doctor.stack_reader import Resources, read_stack

_POLICIES = ("AWSCloudTrail_FullAccess", "AWSCloudTrail_ReadOnlyAccess")
_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def read_account(asker: Asker, stack_name: str) -> AccountFacts:
    """All that the checks look at."""
    caller = asker.ask("sts", "get_caller_identity")
    account = str(caller["Account"]) if isinstance(caller, Mapping) else ""
    stack, resources = read_stack(asker, stack_name, account)
    trail = _trail(asker, stack, resources)
    configuration = trail.described.configuration if trail else None
    covers_more = configuration is not None and configuration.organization
    regions = _regions(asker, account)
    return AccountFacts(
        stack=stack,
        trail=trail,
        bucket=_bucket(asker, stack, resources, configuration),
        groups=tuple(
            _group(asker, each, promised=bool(resources.of("AWS::IAM::Group"))) for each in _POLICIES
        ),
        regions=regions,
        promised_forwards=frozenset(
            forward_of(each.name)
            for each in CATALOG
            for trigger in each.triggers
            if isinstance(trigger, OnEvent) and trigger.everywhere
        ),
        members=_members(asker, account) if covers_more else (),
        recordings=tuple(read_recordings(asker, stack, resources, regions)),
        config_rules=tuple(read_config_rules(asker, resources)),
    )


# ---- the trail ----------------------------------------------------------------------------------


def _trail(asker: Asker, stack: StackFacts, resources: Resources) -> WatchedTrail | None:
    arn = _arn(asker.region, stack, resources)
    if arn is None:
        return None
    described = describe(asker.client("cloudtrail", arn.region), arn)
    group = described.configuration.log_group_name if described.configuration else ""
    return WatchedTrail(
        described=described,
        group_there=_group_there(asker, group, arn.region),
        promised_group=resources.physical.get("TrailGroup", "") or _given(stack, "ExistingTrailGroup"),
        parts=_parts(stack, resources),
        own="Trail" in resources.physical,
        asked=stack.parameters.get("RecordDataEvents", "yes") == "yes",
    )


def _parts(stack: StackFacts, resources: Resources) -> dict[str, tuple[str, ...]]:
    """The ARNs of the parts that have data events; a topic's physical id is its ARN, a queue's its URL."""
    where = f"{stack.region}:{stack.account}"
    partition = stack.partition
    before = {
        "AWS::DynamoDB::Table": f"arn:{partition}:dynamodb:{where}:table/",
        "AWS::Lambda::Function": f"arn:{partition}:lambda:{where}:function:",
        "AWS::SNS::Topic": "",
        "AWS::SQS::Queue": f"arn:{partition}:sqs:{where}:",
    }
    found = {
        kind: tuple(f"{begins}{each.rpartition('/')[2]}" for _, each in resources.of(kind))
        for kind, begins in before.items()
    }
    return {kind: arns for kind, arns in found.items() if arns}


def _arn(region: str, stack: StackFacts, resources: Resources) -> TrailArn | None:
    """The trail of the account, or the one that the stack made."""
    if text := stack.parameters.get("ExistingTrailArn", ""):
        try:
            return TrailArn.parse(text)
        except ValueError:  # CloudTrail will say so in its own words
            return TrailArn(text=text, region=region, account=stack.account, name=text)
    if "Trail" not in resources.physical:
        return None
    name = resources.physical["Trail"]
    text = f"arn:{partition_of(region)}:cloudtrail:{region}:{stack.account}:trail/{name}"
    return TrailArn(text=text, region=region, account=stack.account, name=name)


def _group_there(asker: Asker, name: str, region: str) -> Told[bool]:
    if not name:
        return False
    groups = asker.pages("logs", "describe_log_groups", "logGroups", region=region, logGroupNamePrefix=name)
    return any(each["logGroupName"] == name for each in groups) if isinstance(groups, list) else groups


# ---- its bucket ---------------------------------------------------------------------------------


def _bucket(
    asker: Asker, stack: StackFacts, resources: Resources, configuration: TrailConfiguration | None
) -> Bucket | None:
    own = resources.physical.get("TrailBucket", "")
    promised = own or _given(stack, "ArchiveBucket") or _given(stack, "ExistingTrailBucket")
    name = configuration.bucket if configuration else promised
    if not name:
        return None
    notification = asker.ask("s3", "get_bucket_notification_configuration", Bucket=name)
    versioning = asker.ask("s3", "get_bucket_versioning", Bucket=name)
    lock = asker.ask("s3", "get_object_lock_configuration", Bucket=name)
    blocked = asker.ask("s3", "get_public_access_block", Bucket=name)
    policy = asker.ask("s3", "get_bucket_policy", Bucket=name)
    lifecycle = asker.ask("s3", "get_bucket_lifecycle_configuration", Bucket=name)
    return Bucket(
        name=name,
        promised=promised,
        own=name == own,
        events=_of(notification, lambda reply: "EventBridgeConfiguration" in reply),
        notification={}
        if isinstance(notification, Missing | Unknown)
        else {key: value for key, value in notification.items() if key != "ResponseMetadata"},
        versioning=_of(versioning, lambda reply: str(reply.get("Status", "never enabled"))),
        mfa_delete=isinstance(versioning, Mapping) and versioning.get("MFADelete") == "Enabled",
        lock=_of(lock, lambda reply: reply["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"),
        public_access_blocked=_of(
            blocked, lambda reply: all(reply["PublicAccessBlockConfiguration"].get(each) for each in _BLOCKS)
        ),
        policy=_of(policy, lambda reply: json.loads(reply["Policy"])),
        lifecycle=_of(lifecycle, lambda reply: tuple(reply["Rules"])),
    )


def _given(stack: StackFacts, parameter: str) -> str:
    """A parameter that stands for none by that word."""
    value = stack.parameters.get(parameter, "")
    return "" if value == "none" else value


def _of(answer: Any, take: Any) -> Any:
    return answer if isinstance(answer, Missing | Unknown) else take(answer)


# ---- the account --------------------------------------------------------------------------------


def _group(asker: Asker, policy: str, *, promised: bool) -> AuditGroup:
    arn = f"arn:{partition_of(asker.region)}:iam::aws:policy/{policy}"
    listed = asker.pages(
        "iam", "list_entities_for_policy", "PolicyGroups", PolicyArn=arn, EntityFilter="Group"
    )
    names = tuple(each["GroupName"] for each in listed) if isinstance(listed, list) else listed
    return AuditGroup(policy=policy, groups=names, promised=promised)


def _regions(asker: Asker, account: str) -> Told[tuple[Region, ...]]:
    reply = asker.ask("ec2", "describe_regions")
    if isinstance(reply, Missing | Unknown):
        return reply
    names = sorted(each["RegionName"] for each in reply["Regions"])
    bus = f"arn:{partition_of(asker.region)}:events:{asker.region}:{account}:event-bus/default"
    return tuple(
        Region(name=name, forwards=_forwards(asker, name, bus)) for name in names if name != asker.region
    )


def _forwards(asker: Asker, region: str, bus: str) -> Told[Mapping[str, str]]:
    listed = asker.ask("events", "list_rule_names_by_target", region=region, TargetArn=bus)
    if isinstance(listed, Missing | Unknown):
        return {} if isinstance(listed, Missing) else listed
    return _states(asker, region, listed["RuleNames"])


def _states(asker: Asker, region: str, names: Iterable[str]) -> Told[Mapping[str, str]]:
    states: dict[str, str] = {}
    for name in names:
        reply = asker.ask("events", "describe_rule", region=region, Name=name)
        if isinstance(reply, Unknown):
            return reply
        if isinstance(reply, Mapping):
            states[name] = str(reply["State"])
    return states


def _members(asker: Asker, account: str) -> Told[tuple[str, ...]]:
    listed = asker.pages("organizations", "list_accounts", "Accounts")
    if not isinstance(listed, list):
        return listed  # type: ignore[no-any-return]  # Missing or Unknown: pages() is untyped
    return tuple(each["Id"] for each in listed if each["Id"] != account)
