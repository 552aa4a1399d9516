"""EventBridge: buses, rules, archives and replays."""

from scenarios.cloud.authorization.rows import JSON, Arn, Document, Permissions, Place
from scenarios.cloud.kernel import moto_hooks

_LINES = """
PutEvents                       =                         event-bus(Entries[].EventBusName=default)
ListEventBuses                  =                         *
CreateEventBus                  =                         event-bus(Name)
DescribeEventBus                =                         event-bus(Name=default)
UpdateEventBus                  =                         event-bus(Name=default)
DeleteEventBus                  =                         event-bus(Name)
PutPermission                   =                         *
RemovePermission                =                         *
TestEventPattern                =                         *
ListRules                       =                         *
ListRuleNamesByTarget           =                         *
PutRule                         =                         rule(Name,EventBusName=default)
PutRule +RoleArn                iam:PassRole              role(RoleArn)
DescribeRule                    =                         rule(Name,EventBusName=default)
EnableRule                      =                         rule(Name,EventBusName=default)
DisableRule                     =                         rule(Name,EventBusName=default)
DeleteRule                      =                         rule(Name,EventBusName=default)
PutTargets                      =                         rule(Rule,EventBusName=default)
PutTargets                      iam:PassRole              role(Targets[+RoleArn].RoleArn)
RemoveTargets                   =                         rule(Rule,EventBusName=default)
ListTargetsByRule               =                         rule(Rule,EventBusName=default)
ListArchives                    =                         *
CreateArchive                   =                         archive(ArchiveName)
DescribeArchive                 =                         archive(ArchiveName)
DeleteArchive                   =                         archive(ArchiveName)
ListReplays                     =                         *
StartReplay                     =                         replay(ReplayName)
DescribeReplay                  =                         replay(ReplayName)
CancelReplay                    =                         replay(ReplayName)
TagResource                     =                         given(ResourceARN)
UntagResource                   =                         given(ResourceARN)
ListTagsForResource             =                         given(ResourceARN)
"""


def _rule(place: Place, rule: str, bus: str) -> str:
    """A rule; the bus stands in its ARN unless it is the default one."""
    start = f"arn:aws:events:{place.region}:{place.account}"
    if bus.startswith("arn:"):
        start, _, bus = bus.rpartition(":event-bus/")
    return f"{start}:rule/{rule}" if bus == "default" else f"{start}:rule/{bus}/{rule}"


def _bus_policy(arn: Arn) -> Document | None:
    return moto_hooks.bus_policy(arn.account, arn.region, arn.rest.removeprefix("event-bus/"))


PERMISSIONS = Permissions(
    prefix="events",
    denial=JSON,
    lines=_LINES,
    kinds={
        "rule": _rule,
    },
    policy_of=_bus_policy,
)
