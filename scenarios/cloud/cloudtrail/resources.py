"""AWS::CloudTrail: trails.

CreateTrail looks whether CloudTrail may write where it is told to, and so do we: the bucket's policy, the
key's, the topic's and the role for the log group must be there first, which a template says with DependsOn.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_CloudTrail.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from scenarios.cloud.authorization.trust import role_may
from scenarios.cloud.cloudformation.resources.access import require_assumable, service_may
from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, only
from scenarios.cloud.cloudformation.resources.shapes import TAGS, Flag, Many, Refused, Shape, Text, arn
from scenarios.cloud.cloudtrail.selectors.rules import (
    INSIGHT_TYPES,
    check_event_selectors,
    check_insight_selectors,
)
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.kernel.errors import Refused as Refusal
from scenarios.cloud.kernel.stack import Resource

_CLOUDTRAIL = "cloudtrail.amazonaws.com"
_OPERATORS = ("EndsWith", "Equals", "NotEndsWith", "NotEquals", "NotStartsWith", "StartsWith")
_VALUES = Many(of=Text(longest=2048), least=1)

_DELIVERY = (
    "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn",
    "EnableLogFileValidation",
    "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail",
    "S3BucketName",
    "S3KeyPrefix",
)
_SELECTORS = ("EventSelectors", "AdvancedEventSelectors", "InsightSelectors")

TRAIL = Shape(
    fields={
        "AdvancedEventSelectors": Many(
            of=Shape(
                fields={
                    "FieldSelectors": Many(
                        of=Shape(
                            fields={"Field": Text(longest=1000), **dict.fromkeys(_OPERATORS, _VALUES)},
                            required=("Field",),
                        ),
                        least=1,
                    ),
                    "Name": Text(longest=1000),
                },
                required=("FieldSelectors",),
            )
        ),
        "AggregationConfigurations": Refused(because="aggregated events"),
        "CloudWatchLogsLogGroupArn": arn("logs"),
        "CloudWatchLogsRoleArn": arn("iam"),
        "EnableLogFileValidation": Flag(),
        "EventSelectors": Many(
            of=Shape(
                fields={
                    "DataResources": Many(
                        of=Shape(
                            fields={
                                "Type": Text(
                                    choices=(
                                        "AWS::DynamoDB::Table",
                                        "AWS::Lambda::Function",
                                        "AWS::S3::Object",
                                    )
                                ),
                                "Values": Many(of=Text()),
                            },
                            required=("Type",),
                        )
                    ),
                    "ExcludeManagementEventSources": Many(
                        of=Text(choices=("kms.amazonaws.com", "rdsdata.amazonaws.com"))
                    ),
                    "IncludeManagementEvents": Flag(),
                    "ReadWriteType": Text(choices=("All", "ReadOnly", "WriteOnly")),
                }
            ),
            most=5,
        ),
        "IncludeGlobalServiceEvents": Flag(),
        "InsightSelectors": Many(
            of=Shape(
                fields={
                    "EventCategories": Many(of=Text(choices=("Data", "Management"))),
                    "InsightType": Text(choices=INSIGHT_TYPES),
                }
            )
        ),
        "IsLogging": Flag(),
        "IsMultiRegionTrail": Flag(),
        "IsOrganizationTrail": Refused(because="organizations"),
        "KMSKeyId": Text(),
        "S3BucketName": Text(),
        "S3KeyPrefix": Text(longest=200),
        "SnsTopicName": Text(),
        "Tags": TAGS,
        "TrailName": Text(pattern=r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,126}[a-zA-Z0-9]"),
    },
    required=("IsLogging", "S3BucketName"),
)


def create_trail(order: Order) -> Identity:
    """Create a trail, choose its events, and start it if it is to log."""
    cloudtrail = order.client("cloudtrail")
    properties = order.properties
    name = order.name("TrailName", 128)
    _check_bucket(order)
    _check_logs(order)
    given, topic = _delivery(order)
    trail = cloudtrail.create_trail(Name=name, **given)
    _choose_events(order, name)
    if properties["IsLogging"]:
        cloudtrail.start_logging(Name=name)
    return Identity(
        ref=name, attributes={"Arn": trail["TrailARN"], **({"SnsTopicArn": topic} if topic else {})}
    )


def _delivery(order: Order) -> tuple[dict[str, Any], str]:
    """What a trail records and where it delivers, for CreateTrail or UpdateTrail; its topic's ARN, or ""."""
    properties = order.properties
    given = order.pick(*_DELIVERY)
    given.setdefault("IncludeGlobalServiceEvents", True)  # CreateTrail's own default, which moto leaves out
    if "KMSKeyId" in properties:
        given["KmsKeyId"] = _checked_key(order)
    topic = str(properties.get("SnsTopicName", ""))
    if topic:
        topic = topic if topic.startswith("arn:") else order.site.arn("sns", topic)
        _check_topic(order, topic)
        given["SnsTopicName"] = topic.rsplit(":", 1)[-1]
    return given, topic


def update_trail(order: Order, before: Resource) -> Identity:
    """Change where a trail delivers and what it records, and start or stop it."""
    name, cloudtrail = before.physical_id, order.client("cloudtrail")
    differ = only(order, before, *_DELIVERY, "KMSKeyId", "SnsTopicName", *_SELECTORS, "IsLogging")
    gone = sorted(differ - set(order.properties))
    if gone:
        what = f"an update of AWS::CloudTrail::Trail in place that takes {gone[0]} away"
        raise NotSimulated("CloudFormation", what)
    attributes = before.attributes
    if differ & {*_DELIVERY, "KMSKeyId", "SnsTopicName"}:
        _check_bucket(order)
        _check_logs(order)
        given, topic = _delivery(order)
        cloudtrail.update_trail(Name=name, **given)
        attributes = {**attributes, **({"SnsTopicArn": topic} if topic else {})}
    if differ & set(_SELECTORS):
        _choose_events(order, name)
    if "IsLogging" in differ:
        change = cloudtrail.start_logging if order.properties["IsLogging"] else cloudtrail.stop_logging
        change(Name=name)
    return Identity(ref=name, attributes=attributes)


def _choose_events(order: Order, name: str) -> None:
    """Put the selectors, which CloudTrail refuses here as it refuses them anywhere."""
    cloudtrail, properties = order.client("cloudtrail"), order.properties
    chosen = {
        kind: properties[kind]
        for kind in ("EventSelectors", "AdvancedEventSelectors")
        if properties.get(kind)
    }
    basic, advanced = chosen.get("EventSelectors", []), chosen.get("AdvancedEventSelectors", [])
    insights = properties.get("InsightSelectors", [])
    try:
        if chosen:
            check_event_selectors(basic, advanced)
        check_insight_selectors(insights, basic, advanced)
    except Refusal as refused:
        raise order.refuse(next(iter(chosen), "InsightSelectors"), str(refused)) from refused
    if chosen:
        cloudtrail.put_event_selectors(TrailName=name, **chosen)
    if insights:
        cloudtrail.put_insight_selectors(TrailName=name, InsightSelectors=insights)


def _check_bucket(order: Order) -> None:
    bucket = order.properties["S3BucketName"]
    where = f"arn:{order.site.partition}:s3:::{bucket}"
    prefix = f"{order.properties['S3KeyPrefix']}/" if order.properties.get("S3KeyPrefix") else ""
    logs = f"{where}/{prefix}AWSLogs/{order.site.account}/CloudTrail/x"
    try:
        policy = json.loads(order.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        why = f"Incorrect S3 bucket policy is detected for bucket: {bucket} (there is none yet)"
        raise order.refuse("S3BucketName", why) from error
    source = order.site.arn("cloudtrail", f"trail/{order.name('TrailName', 128)}")
    for action, resource in (("s3:GetBucketAcl", where), ("s3:PutObject", logs)):
        if not service_may(order.site, _CLOUDTRAIL, action, resource=resource, policy=policy, source=source):
            why = f"Incorrect S3 bucket policy is detected for bucket: {bucket} ({action} for {_CLOUDTRAIL})"
            raise order.refuse("S3BucketName", why)


def _checked_key(order: Order) -> str:
    """The ARN of the key, which must let CloudTrail encrypt for this trail."""
    named, bucket = order.properties["KMSKeyId"], order.properties["S3BucketName"]
    kms = order.client("kms")
    try:
        key = kms.describe_key(KeyId=named)["KeyMetadata"]["Arn"]
    except ClientError as error:
        raise order.refuse("KMSKeyId", f"the key {named} does not exist") from error
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    source = order.site.arn("cloudtrail", f"trail/{order.name('TrailName', 128)}")
    more = {"kms:EncryptionContext:aws:cloudtrail:arn": source}
    action = "kms:GenerateDataKey"
    if not service_may(
        order.site, _CLOUDTRAIL, action, resource=key, policy=policy, source=source, more=more
    ):
        why = f"Insufficient permissions to access S3 bucket {bucket} or KMS key {key}."
        raise order.refuse("KMSKeyId", why)
    return str(key)


def _check_logs(order: Order) -> None:
    group = order.properties.get("CloudWatchLogsLogGroupArn")
    role = order.properties.get("CloudWatchLogsRoleArn")
    if bool(group) != bool(role):
        raise order.refuse("CloudWatchLogsRoleArn", "a log group and a role to write to it come together")
    if not group or not role:
        return
    at = f"{order.logical_id}.CloudWatchLogsRoleArn"
    require_assumable(order.site, role, _CLOUDTRAIL, at)
    stream = f"{order.site.account}_CloudTrail_{order.site.region}"
    log_stream = f"{group.removesuffix(':*')}:log-stream:{stream}"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        if not role_may(role, action, log_stream):
            raise InvalidTemplate(
                at, f"Access denied. Check the permissions for your role ({action} on {log_stream})"
            )


def _check_topic(order: Order, topic: str) -> None:
    try:
        attributes = order.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    except ClientError as error:
        raise order.refuse("SnsTopicName", f"the topic {topic} does not exist") from error
    policy = json.loads(attributes["Policy"])
    source = order.site.arn("cloudtrail", f"trail/{order.name('TrailName', 128)}")
    if not service_may(order.site, _CLOUDTRAIL, "sns:Publish", resource=topic, policy=policy, source=source):
        raise order.refuse("SnsTopicName", "SNS Topic does not exist or the topic policy is incorrect!")


def delete_trail(removal: Removal) -> None:
    """Delete a trail; what it delivered stays."""
    removal.client("cloudtrail").delete_trail(Name=removal.ref)


KINDS: Mapping[str, Kind] = {
    "AWS::CloudTrail::Trail": Kind(shape=TRAIL, create=create_trail, delete=delete_trail, update=update_trail)
}
