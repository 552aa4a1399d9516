"""What records say was done to our trail, its bucket and its log group is done to the simulated ones.

So a handler sees what it would have seen. What the simulated AWS refuses, since it holds nothing else of that
account (a key, another bucket), is put into its state as the record says; what can't be done even so is told,
because what a handler says of it is then too mild.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import ListShape, Shape, StructureShape

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.world import World

_OF_TRAIL = ("StopLogging", "StartLogging", "DeleteTrail", "CreateTrail", "UpdateTrail", "PutEventSelectors")
_OF_GROUP = ("CreateLogGroup", "DeleteLogGroup", "PutRetentionPolicy", "DeleteRetentionPolicy")
# Records have names of their own for some of S3's operations.
_OF_BUCKET = {
    "PutBucketPolicy": "PutBucketPolicy",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
    "PutBucketVersioning": "PutBucketVersioning",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "DeleteBucketLifecycle": "DeleteBucketLifecycle",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
    "PutBucketPublicAccessBlock": "PutPublicAccessBlock",
    "DeleteBucketPublicAccessBlock": "DeletePublicAccessBlock",
    "PutBucketObjectLockConfiguration": "PutObjectLockConfiguration",
    "PutBucketEncryption": "PutBucketEncryption",
    "DeleteBucketEncryption": "DeleteBucketEncryption",
    "DeleteBucket": "DeleteBucket",
}
# Each says that it is as the record says already.
_ALREADY = {
    "DeleteTrail": "TrailNotFoundException",
    "CreateTrail": "TrailAlreadyExistsException",
    "CreateLogGroup": "ResourceAlreadyExistsException",
    "DeleteLogGroup": "ResourceNotFoundException",
    "DeleteBucket": "NoSuchBucket",
}
# UpdateTrail's parameters, and the fields of moto's trail.
_IN_STATE = {
    "S3BucketName": "bucket_name",
    "S3KeyPrefix": "s3_key_prefix",
    "SnsTopicName": "sns_topic_name",
    "IncludeGlobalServiceEvents": "include_global_service_events",
    "IsMultiRegionTrail": "is_multi_region",
    "EnableLogFileValidation": "log_validation",
    "IsOrganizationTrail": "is_org_trail",
    "CloudWatchLogsLogGroupArn": "cw_log_group_arn",
    "CloudWatchLogsRoleArn": "cw_role_arn",
    "KmsKeyId": "kms_key_id",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A trail of the simulated AWS, with its bucket and its log group."""

    arn: str
    bucket: str
    group: str

    @property
    def region(self) -> str:
        """Its home."""
        return self.arn.split(":")[3]

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.rpartition("/")[2]

    def call_of(self, record: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]] | None:
        """Which call changed this trail, if a record says so: service, operation, and boto3's parameters.

        Names of trails and groups are an account's own: a record of another account is about another one's.
        """
        name, given = str(record.get("eventName")), record.get("requestParameters")
        if record.get("errorCode") or not isinstance(given, dict):
            return None
        ours = record.get("recipientAccountId", ACCOUNT) == ACCOUNT
        match record.get("eventSource"):
            case "cloudtrail.amazonaws.com" if ours and name in _OF_TRAIL and self._is_named(given, record):
                return "cloudtrail", name, _capitalised(given)
            case "logs.amazonaws.com" if ours and name in _OF_GROUP and self._is_group(given, record):
                return "logs", name, _of_group(name, given)
            case "s3.amazonaws.com" if name in _OF_BUCKET and given.get("bucketName") == self.bucket:
                return "s3", _OF_BUCKET[name], _of_bucket(_OF_BUCKET[name], given)
        return None

    def _is_named(self, given: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
        named = given.get("name") or given.get("trailName")
        if named == self.arn:
            return True
        return bool(named == self.name and record.get("awsRegion") == self.region)

    def _is_group(self, given: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
        return bool(given.get("logGroupName") == self.group and record.get("awsRegion") == self.region)


def follow(world: World, trail: Trail, record: Mapping[str, Any]) -> str | None:
    """Do to the simulated trail what a record says was done to ours, without a record of it.

    Returns None where the record says nothing of that, "" where it was done, and else why it can't be.
    """
    call = trail.call_of(record)
    if call is None:
        return None
    service, operation, parameters = call
    client = world.client(world.user("replay"), service, trail.region)
    with world.calls.muted():
        try:
            if operation == "DeleteBucket":
                _empty(client, trail.bucket)
            getattr(client, xform_name(operation))(**parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] == _ALREADY.get(operation):
                return ""
            return _put_into_state(trail, operation, parameters) or f"{operation}: {error}"
        except (BotoCoreError, NotSimulated, TypeError, ValueError) as error:
            return f"{operation}: {error}"
    return ""


def _put_into_state(trail: Trail, operation: str, parameters: Mapping[str, Any]) -> str | None:
    """Make the trail as an UpdateTrail says although it was refused: "" if that was done, None if not."""
    if operation != "UpdateTrail":
        return None
    for each in moto_state.trails(ACCOUNT, trail.region):
        if each.trail_name == trail.name:
            for parameter, field in _IN_STATE.items():
                if parameter in parameters:
                    setattr(each, field, parameters[parameter])
            return ""
    return None


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])


# ---- parameters of a record, as boto3 has them ---------------------------------------------------


def _capitalised(value: Any) -> Any:
    """CloudTrail's records write its own parameters with a small first letter."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: _capitalised(inner) for name, inner in value.items()}
    return [_capitalised(inner) for inner in value] if isinstance(value, list) else value


def _of_group(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    wanted = ("logGroupName", "retentionInDays") if name == "PutRetentionPolicy" else ("logGroupName",)
    return {each: given[each] for each in wanted if each in given}


def _of_bucket(operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    parameters: dict[str, Any] = {"Bucket": given["bucketName"]}
    shape = operation_model("s3", operation).input_shape
    payload = shape.serialization.get("payload") if shape else None
    if payload == "Policy":
        policy = given.get("bucketPolicy")
        parameters["Policy"] = policy if isinstance(policy, str) else json.dumps(policy)
    elif payload and shape:
        body = shape.members[payload]
        parameters[payload] = _read(body, given.get(body.serialization.get("name", payload), {}))
    return parameters


def _read(shape: Shape, value: Any) -> Any:
    """XML that a record has as JSON: an element that occurs once is the value itself."""
    if isinstance(shape, StructureShape):
        inner = value if isinstance(value, dict) else {}
        names = {name: member.serialization.get("name", name) for name, member in shape.members.items()}
        return {name: _read(shape.members[name], inner[key]) for name, key in names.items() if key in inner}
    if isinstance(shape, ListShape):
        if not shape.serialization.get("flattened"):
            value = value.get(shape.member.serialization.get("name", "member"), []) if value else []
        return [_read(shape.member, each) for each in (value if isinstance(value, list) else [value])]
    return _LEAVES.get(shape.type_name, lambda leaf: leaf)(value)


_LEAVES: Mapping[str, Callable[[Any], Any]] = {
    "boolean": lambda leaf: leaf if isinstance(leaf, bool) else leaf == "true",
    "integer": int,
    "string": str,
}
