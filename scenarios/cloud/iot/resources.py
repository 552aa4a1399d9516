"""AWS::IoT::TopicRule.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iot-topicrule.html
"""

from collections.abc import Mapping
from typing import Final

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Flag,
    Form,
    Many,
    Refused,
    Shape,
    Text,
    Whole,
    arn,
)
from scenarios.cloud.kernel.stack import Resource
from scenarios.cloud.kernel.texts import with_lowered_names

_OTHERS: Final = (
    *("CloudwatchAlarm", "CloudwatchLogs", "CloudwatchMetric", "Elasticsearch", "Firehose", "Http"),
    *("InfluxDB", "IotAnalytics", "IotEvents", "IotSiteWise", "Kafka", "Kinesis", "Location", "OpenSearch"),
    *("S3", "StepFunctions", "Timestream"),
)
_KEY_TYPE: Final = Text(choices=("NUMBER", "STRING"))
_DYNAMO: Final = Shape(
    fields={
        "HashKeyField": Text(),
        "HashKeyType": _KEY_TYPE,
        "HashKeyValue": Text(),
        "PayloadField": Text(),
        "RangeKeyField": Text(),
        "RangeKeyType": _KEY_TYPE,
        "RangeKeyValue": Text(),
        "RoleArn": arn("iam"),
        "TableName": Text(),
    },
    required=("HashKeyField", "HashKeyValue", "RoleArn", "TableName"),
)
_ACTION: Final = Shape(
    fields={
        **{name: Refused(because=f"the action {name}") for name in _OTHERS},
        "DynamoDB": _DYNAMO,
        "DynamoDBv2": Shape(
            fields={
                "PutItem": Shape(fields={"TableName": Text()}, required=("TableName",)),
                "RoleArn": arn("iam"),
            }
        ),
        "Lambda": Shape(fields={"FunctionArn": arn("lambda")}),
        "Republish": Shape(
            fields={
                "Headers": Refused(because="headers of messages"),
                "Qos": Whole(high=1),
                "RoleArn": arn("iam"),
                "Topic": Text(),
            },
            required=("RoleArn", "Topic"),
        ),
        "Sns": Shape(
            fields={"MessageFormat": Text(), "RoleArn": arn("iam"), "TargetArn": arn("sns")},
            required=("RoleArn", "TargetArn"),
        ),
        "Sqs": Shape(
            fields={"QueueUrl": Text(), "RoleArn": arn("iam"), "UseBase64": Flag()},
            required=("QueueUrl", "RoleArn"),
        ),
    }
)
_PAYLOAD: Final[Mapping[str, Form]] = {
    "Actions": Many(of=_ACTION, most=10),
    "AwsIotSqlVersion": Text(),
    "Description": Text(),
    "ErrorAction": _ACTION,
    "RuleDisabled": Flag(),
    "Sql": Text(),
}
TOPIC_RULE = Shape(
    fields={
        "RuleName": Text(pattern=r"[a-zA-Z0-9_]{1,128}"),
        "Tags": TAGS,
        "TopicRulePayload": Shape(fields=_PAYLOAD, required=("Actions", "Sql")),
    },
    required=("TopicRulePayload",),
)


def create_topic_rule(order: Order) -> Identity:
    """Make a rule; its generated name has no hyphens."""
    name = order.properties.get("RuleName") or order.generated_name(128).replace("-", "_")
    payload = with_lowered_names(order.properties["TopicRulePayload"])
    order.client("iot").create_topic_rule(ruleName=name, topicRulePayload=payload)
    return Identity(ref=name, attributes={"Arn": order.site.arn("iot", f"rule/{name}")})


def update_topic_rule(order: Order, before: Resource) -> Identity:
    """Replace a rule's payload."""
    payload = with_lowered_names(order.properties["TopicRulePayload"])
    order.pick("RuleName")
    order.client("iot").replace_topic_rule(ruleName=before.physical_id, topicRulePayload=payload)
    return Identity(ref=before.physical_id, attributes=before.attributes)


def delete_topic_rule(removal: Removal) -> None:
    """Delete a rule."""
    removal.client("iot").delete_topic_rule(ruleName=removal.ref)


KINDS: Mapping[str, Kind] = {
    "AWS::IoT::TopicRule": Kind(
        shape=TOPIC_RULE, create=create_topic_rule, delete=delete_topic_rule, update=update_topic_rule
    ),
}
