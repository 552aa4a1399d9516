"""IAM's rows for CloudWatch Logs: groups, streams and destinations.

Where AWS asks about a log group, the ARN goes on into its streams: denials name
`log-group:NAME:log-stream:`, or `log-group::log-stream:` for DescribeLogGroups. So a policy reaches a group
only with a `:*` behind its name; the form without is asked about for tags alone.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
"""

import re

from scenarios.cloud.authorization.rows import JSON, Arn, Document, Permissions, Place, document
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.arns import service_of
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.logs.pointers import pointed_at

_NAMED = re.compile(r"""source\s*["']([^"']+)["']""", re.IGNORECASE)
_LINES = """
DescribeLogGroups               =                         log_group(=)
DescribeDestinations            =                         *
DescribeQueries                 =                         *
DescribeQueryDefinitions        =                         *
DescribeResourcePolicies        =                         *
DescribeExportTasks             =                         *
PutResourcePolicy               =                         *
DeleteResourcePolicy            =                         *
GetQueryResults                 =                         *
PutQueryDefinition              =                         *
DeleteQueryDefinition           =                         *
StopQuery                       =                         *
GetLogRecord                    =                         pointed(logRecordPointer)
TestMetricFilter                =                         *
CreateLogGroup                  =                         log_group(logGroupName)
DeleteLogGroup                  =                         log_group(logGroupName)
PutRetentionPolicy              =                         log_group(logGroupName)
DeleteRetentionPolicy           =                         log_group(logGroupName)
AssociateKmsKey +logGroupName   =                         log_group(logGroupName)
DisassociateKmsKey +logGroupName =                        log_group(logGroupName)
DescribeLogStreams +logGroupName =                        log_group(logGroupName)
DescribeLogStreams +logGroupIdentifier =                  log_group(logGroupIdentifier)
FilterLogEvents +logGroupName   =                         log_group(logGroupName)
FilterLogEvents +logGroupIdentifier =                     log_group(logGroupIdentifier)
StartQuery +logGroupName        =                         log_group(logGroupName)
StartQuery +logGroupNames       =                         log_group(logGroupNames[])
StartQuery +logGroupIdentifiers =                         log_group(logGroupIdentifiers[])
StartQuery                      =                         queried(queryString)
PutMetricFilter                 =                         log_group(logGroupName)
DeleteMetricFilter              =                         log_group(logGroupName)
DescribeMetricFilters +logGroupName =                     log_group(logGroupName)
DescribeMetricFilters -logGroupName =                     log_group(=)
PutSubscriptionFilter           =                         log_group(logGroupName)
PutSubscriptionFilter           =                         log_destination(destinationArn)
PutSubscriptionFilter +roleArn  iam:PassRole              role(roleArn)
DeleteSubscriptionFilter        =                         log_group(logGroupName)
DescribeSubscriptionFilters     =                         log_group(logGroupName)
CreateExportTask                =                         log_group(logGroupName)
CancelExportTask                =                         *
PutDestination                  =                         destination(destinationName)
PutDestination                  iam:PassRole              role(roleArn)
PutDestinationPolicy            =                         destination(destinationName)
DeleteDestination               =                         destination(destinationName)
CreateLogStream                 =                         log_group(logGroupName)
DeleteLogStream                 =                         log_stream(logGroupName,logStreamName)
PutLogEvents                    =                         log_stream(logGroupName,logStreamName)
GetLogEvents +logGroupName      =                         log_stream(logGroupName,logStreamName)
GetLogEvents +logGroupIdentifier =                        log_stream(logGroupIdentifier,logStreamName)
TagLogGroup                     =                         log_group(logGroupName)
UntagLogGroup                   =                         log_group(logGroupName)
ListTagsLogGroup                =                         log_group(logGroupName)
TagResource                     =                         given(resourceArn)
UntagResource                   =                         given(resourceArn)
ListTagsForResource             =                         given(resourceArn)
"""


def _log_group(place: Place, group: str, *, stream: str = "") -> str:
    """A group as AWS asks about it, on into its streams; its ARN may be written with or without `:*`."""
    if group.startswith("arn:"):
        return f"{group.removesuffix(':*')}:log-stream:{stream}"
    return f"arn:aws:logs:{place.region}:{place.account}:log-group:{group}:log-stream:{stream}"


def _queried(place: Place, text: str) -> str:
    """The group that a query's text names itself; `*` where it asks for groups by what they have in common.

    The query asks about each group that it finds by that, once it has begun.
    """
    if text.lstrip()[:6].lower() != "source":
        return ""
    named = _NAMED.match(text.lstrip())
    return _log_group(place, named[1]) if named else "*"


def _pointed(place: Place, text: str) -> str:
    """The group of the event that a pointer leads to; no group where it leads nowhere, as Logs says later."""
    try:
        at = pointed_at(text)
        return _log_group(Place(region=at.region, account=at.account), at.group)
    except Refused:
        return _log_group(place, "")


def _log_stream(place: Place, group: str, stream: str) -> str:
    return _log_group(place, group, stream=stream)


def _log_destination(_place: Place, arn: str) -> str:
    """What a subscription leads to, if that is a logical destination: streams and functions are not asked."""
    return arn if service_of(arn) == "logs" else ""


def _policy(arn: Arn) -> Document | None:
    """A destination has a policy of its own; for log groups, those of the region count."""
    if arn.rest.startswith("log-group:"):
        return moto_state.logs_policy(arn.account, arn.region)
    destination = moto_state.log_destination(arn.text)
    return (
        document(destination.access_policy) if destination is not None and destination.access_policy else None
    )


def _group_tags(arn: Arn) -> dict[str, str]:
    """A log group's tags, also where one of its streams is asked about."""
    group = arn.text.partition(":log-stream:")[0].removesuffix(":*")
    return moto_state.tags_by_arn("logs", arn.account, arn.region, group)


PERMISSIONS = Permissions(
    prefix="logs",
    denial=JSON,
    lines=_LINES,
    kinds={
        "log_group": _log_group,
        "log_stream": _log_stream,
        "log_destination": _log_destination,
        "queried": _queried,
        "pointed": _pointed,
    },
    policy_of=_policy,
    tags_of=_group_tags,
)
