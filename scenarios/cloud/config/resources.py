"""AWS::Config: recorders, delivery channels, rules, remediations.

CloudFormation starts a recorder once there is a channel, and makes each wait for the other; here the channel
comes second, and starts the recorder.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_Config.html
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

from scenarios.cloud.authorization.trust import role_may
from scenarios.cloud.cloudformation.resources.access import service_may
from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, made_again, text_of
from scenarios.cloud.cloudformation.resources.shapes import (
    Document,
    Flag,
    Inert,
    Many,
    Refused,
    Shape,
    Text,
    Whole,
    arn,
)
from scenarios.cloud.config.recording import DEFAULT_NAME, keep_mode
from scenarios.cloud.config.remediation_kept import keep, make_role
from scenarios.cloud.config.resource_types.view import SERVICE
from scenarios.cloud.config.rule_ids import tidy_id
from scenarios.cloud.kernel import moto_s3, moto_state
from scenarios.cloud.kernel.errors import Refused as Refusal
from scenarios.cloud.kernel.texts import with_lowered_names

_TYPES: Final = Many(of=Text())
_FREQUENCY: Final = Text(choices=("CONTINUOUS", "DAILY"))

RECORDER = Shape(
    fields={
        "Name": Text(),
        "RecordingGroup": Shape(
            fields={
                "AllSupported": Flag(),
                "ExclusionByResourceTypes": Shape(
                    fields={"ResourceTypes": _TYPES}, required=("ResourceTypes",)
                ),
                "IncludeGlobalResourceTypes": Flag(),
                "RecordingStrategy": Shape(fields={"UseOnly": Text()}, required=("UseOnly",)),
                "ResourceTypes": _TYPES,
            }
        ),
        "RecordingMode": Shape(
            fields={
                "RecordingFrequency": _FREQUENCY,
                "RecordingModeOverrides": Many(
                    of=Shape(
                        fields={
                            "Description": Text(),
                            "RecordingFrequency": _FREQUENCY,
                            "ResourceTypes": _TYPES,
                        },
                        required=("RecordingFrequency", "ResourceTypes"),
                    )
                ),
            },
            required=("RecordingFrequency",),
        ),
        "RoleARN": arn("iam"),
    },
    required=("RoleARN",),
)
CHANNEL = Shape(
    fields={
        "ConfigSnapshotDeliveryProperties": Shape(fields={"DeliveryFrequency": Text()}),
        "Name": Text(),
        "S3BucketName": Text(),
        "S3KeyPrefix": Text(),
        "S3KmsKeyArn": Text(),
        "SnsTopicARN": Text(),
    },
    required=("S3BucketName",),
)

RULE = Shape(
    fields={
        "Compliance": Inert(because="CloudFormation only reads it"),
        "ConfigRuleName": Text(),
        "Description": Text(),
        "EvaluationModes": Many(of=Shape(fields={"Mode": Text()})),
        "InputParameters": Document(),
        "MaximumExecutionFrequency": Text(),
        "Scope": Shape(
            fields={
                "ComplianceResourceId": Text(),
                "ComplianceResourceTypes": _TYPES,
                "TagKey": Text(),
                "TagValue": Text(),
            }
        ),
        "Source": Shape(
            fields={
                "CustomPolicyDetails": Refused(because="Guard policies"),
                "Owner": Text(),
                "SourceDetails": Many(
                    of=Shape(
                        fields={
                            "EventSource": Text(),
                            "MaximumExecutionFrequency": Text(),
                            "MessageType": Text(),
                        },
                        required=("EventSource", "MessageType"),
                    )
                ),
                "SourceIdentifier": Text(),
            },
            required=("Owner",),
        ),
    },
    required=("Source",),
)

_PERCENT: Final = Whole(low=1, high=100)
_STATIC: Final = Shape(fields={"Values": Many(of=Text())})
REMEDIATION = Shape(
    fields={
        "Automatic": Flag(),
        "ConfigRuleName": Text(),
        "ExecutionControls": Shape(
            fields={
                "SsmControls": Shape(
                    fields={"ConcurrentExecutionRatePercentage": _PERCENT, "ErrorPercentage": _PERCENT}
                )
            }
        ),
        "MaximumAutomaticAttempts": Whole(low=1, high=25),
        "Parameters": Document(),
        "ResourceType": Text(),
        "RetryAttemptSeconds": Whole(low=1, high=2678000),
        "TargetId": Text(),
        "TargetType": Text(choices=("SSM_DOCUMENT",)),
        "TargetVersion": Text(),
    },
    required=("ConfigRuleName", "TargetId", "TargetType"),
)


def create_recorder(order: Order) -> Identity:
    """Put a recorder, and start it where a channel stands already."""
    given = order.pick("Name", "RecordingGroup", "RoleARN")
    mode = order.pick("RecordingMode").get("RecordingMode")
    recorder = {"name": DEFAULT_NAME, **with_lowered_names(given)}
    client = order.client("config")
    if mode is not None:
        recorder["recordingMode"] = with_lowered_names(mode)
    client.put_configuration_recorder(ConfigurationRecorder=recorder)
    keep_mode(order.site.account, order.site.region, recorder["name"], recorder.get("recordingMode"))
    if _backend(order).delivery_channels:
        client.start_configuration_recorder(ConfigurationRecorderName=recorder["name"])
    return Identity(ref=recorder["name"])


def delete_recorder(removal: Removal) -> None:
    """Delete a recorder; what it recorded stays."""
    client = removal.client("config")
    client.stop_configuration_recorder(ConfigurationRecorderName=removal.ref)
    client.delete_configuration_recorder(ConfigurationRecorderName=removal.ref)


def create_channel(order: Order) -> Identity:
    """Put a channel, and start the recorder that waits for it."""
    given = order.pick(*CHANNEL.fields)
    channel = {"name": DEFAULT_NAME, **with_lowered_names(given)}
    client = order.client("config")
    _check_bucket(order, channel)
    client.put_delivery_channel(DeliveryChannel=channel)
    for name, recorder in _backend(order).recorders.items():
        if not recorder.status.recording:
            client.start_configuration_recorder(ConfigurationRecorderName=name)
    return Identity(ref=channel["name"])


def delete_channel(removal: Removal) -> None:
    """Delete a channel; a recorder that needs it is stopped first."""
    client = removal.client("config")
    for each in client.describe_configuration_recorders()["ConfigurationRecorders"]:
        client.stop_configuration_recorder(ConfigurationRecorderName=each["name"])
    client.delete_delivery_channel(DeliveryChannelName=removal.ref)


def create_rule(order: Order) -> Identity:
    """Put a rule; a recorder must be there, which a template says with DependsOn."""
    given = order.pick(*(name for name in RULE.fields if name != "InputParameters"))
    name = order.name("ConfigRuleName", 128)
    rule = {**given, "ConfigRuleName": name}
    if "InputParameters" in order.properties:
        parameters = order.properties["InputParameters"]
        rule["InputParameters"] = text_of({key: _spelled(value) for key, value in parameters.items()})
    order.client("config").put_config_rule(ConfigRule=rule)
    made = _backend(order).config_rules[name]
    tidy_id(made)
    return Identity(
        ref=name,
        attributes={
            "Arn": made.config_rule_arn,
            "Compliance.Type": "INSUFFICIENT_DATA",
            "ConfigRuleId": made.config_rule_id,
        },
    )


def delete_rule(removal: Removal) -> None:
    """Delete a rule and its results."""
    removal.client("config").delete_config_rule(ConfigRuleName=removal.ref)


def create_remediation(order: Order) -> Identity:
    """Put the remediation of a rule; a stack that is there from the beginning was put without a call."""
    given = order.pick(*REMEDIATION.fields)
    account, region = order.site.account, order.site.region
    if not isinstance(order.site.session, boto3.Session):
        order.client("config").put_remediation_configurations(RemediationConfigurations=[given])
    else:
        try:
            keep(account, region, given)
        except Refusal as refused:
            raise order.refuse("ConfigRuleName", str(refused)) from None
        if given.get("Automatic"):
            make_role(account)
    return Identity(ref=given["ConfigRuleName"])


def delete_remediation(removal: Removal) -> None:
    """Delete the remediation of a rule."""
    removal.client("config").delete_remediation_configuration(ConfigRuleName=removal.ref)


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_bucket(order: Order, channel: Mapping[str, Any]) -> None:
    """PutDeliveryChannel writes a file to see whether it may; DependsOn says what that needs."""
    site, name = order.site, channel["s3BucketName"]
    recorder = next(iter(_backend(order).recorders.values()), None)
    if moto_s3.bucket(site.account, name) is None or recorder is None:
        return  # PutDeliveryChannel says so
    prefix = f"{channel['s3KeyPrefix']}/" if channel.get("s3KeyPrefix") else ""
    key = f"arn:aws:s3:::{name}/{prefix}AWSLogs/{site.account}/Config/ConfigWritabilityCheckFile"
    try:
        policy = json.loads(order.client("s3").get_bucket_policy(Bucket=name)["Policy"])
    except ClientError:
        policy = None
    by_role = role_may(recorder.role_arn, "s3:PutObject", key, policy)
    if not by_role and not (
        policy and service_may(site, SERVICE, "s3:PutObject", resource=key, policy=policy)
    ):
        why = f"Insufficient delivery policy to s3 bucket: {name}, unable to write to bucket"
        raise order.refuse("S3BucketName", why)


def _backend(order: Order) -> Any:
    return moto_state.backend("config", order.site.account, order.site.region)


KINDS: Mapping[str, Kind] = {
    "AWS::Config::ConfigRule": Kind(
        shape=RULE, create=create_rule, delete=delete_rule, update=made_again(create_rule)
    ),
    "AWS::Config::ConfigurationRecorder": Kind(
        shape=RECORDER, create=create_recorder, delete=delete_recorder, update=made_again(create_recorder)
    ),
    "AWS::Config::RemediationConfiguration": Kind(
        shape=REMEDIATION,
        create=create_remediation,
        delete=delete_remediation,
        update=made_again(create_remediation),
    ),
    "AWS::Config::DeliveryChannel": Kind(
        shape=CHANNEL,
        create=create_channel,
        delete=delete_channel,
        update=made_again(create_channel),
        grants=True,
    ),
}
