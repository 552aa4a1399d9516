"""Whose trail, bucket and log group are ours: named as the stack's parameters name them.

The simulated AWS then holds that trail, and what records say was done to it is done there too, before a
handler looks. Its account has the simulated one's number meanwhile; both numbers change places on the way in
and out. So do regions and ARNs of China and of GovCloud, since the simulated AWS is the partition `aws`.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Operations.html
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from scenarios.cloud.kernel.arns import partition_of
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.world import ACCOUNT, World

# A name as CloudTrail takes it: 3 to 128 characters, a letter or digit at both ends, no two marks in a row.
_NAME = r"(?=.{3,128}$)[a-zA-Z0-9]+(?:[._-][a-zA-Z0-9]+)*"
_ARN = re.compile(rf"arn:(aws[\w-]*):cloudtrail:([a-z]+(?:-[a-z]+)+-\d):(\d{{12}}):trail/({_NAME})", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"(?=.{3,63}$)[a-z0-9](?:[a-z0-9-]|\.(?!\.))*[a-z0-9]", re.ASCII)
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}", re.ASCII)
_ROLE = "trail-of-the-records"
# By partition: each of its regions, and the one that stands for it. The first one has the global services.
# https://docs.aws.amazon.com/general/latest/gr/rande.html
_STAND_IN = {
    "aws": {},
    "aws-cn": {"cn-north-1": "us-east-1", "cn-northwest-1": "us-west-2"},
    "aws-us-gov": {"us-gov-west-1": "us-east-1", "us-gov-east-1": "us-west-2"},
}

# What is done to a trail, its bucket and its group, as far as the simulated AWS can follow it from a record.
_OF_TRAIL = ("StopLogging", "StartLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors")
_OF_GROUP = ("DeleteLogGroup", "PutRetentionPolicy")
_OF_BUCKET = (
    *("DeleteBucketPolicy", "DeleteBucketLifecycle", "DeleteBucketEncryption"),
    *("PutBucketPolicy", "PutBucketVersioning"),
)


class NoTrail(ValueError):
    """What was named is no trail's ARN, or no bucket, group or account; the message is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A trail that was there before the stack, and further parameters of the stack.

    Nothing of it need be given. `account`: ours, as the records name it; the trail's where it is left out.
    """

    trail_arn: str = ""
    bucket: str = ""
    group: str = ""
    account: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.trail_arn and not _ARN.fullmatch(self.trail_arn):
            raise NoTrail(f"{self.trail_arn} is no trail's ARN, arn:aws:cloudtrail:REGION:ACCOUNT:trail/NAME")
        if (self.bucket or self.group) and not self.trail_arn:
            raise NoTrail("a bucket or a log group is the trail's: name the trail's ARN too")
        region = self._part(2)
        if self._partition not in _STAND_IN:
            raise NoTrail(f"{self.trail_arn}: trails of the partition {self._partition} are not simulated")
        if region and partition_of(region) != self._partition:
            raise NoTrail(f"{self.trail_arn}: {region} is a region of the partition {partition_of(region)}")
        if partition_of(region) != "aws" and region not in _STAND_IN[self._partition]:
            raise NoTrail(f"{self.trail_arn}: the region {region} is not simulated")
        for name, valid, what in (
            (
                self.bucket,
                _BUCKET,
                "the name of a bucket: 3 to 63 lower case letters, digits, dots and hyphens",
            ),
            (self.group, _GROUP, "the name of a log group: 1 to 512 letters, digits and any of . - _ / #"),
            (self.account, _ACCOUNT, "an account: 12 digits"),
        ):
            if name and not valid.fullmatch(name):
                raise NoTrail(f"{name} can't be {what}")

    @property
    def home(self) -> str:
        """The region of the simulated AWS that the trail and the stack are in."""
        region = self._part(2) or "us-east-1"
        return _STAND_IN[self._partition].get(region, region)

    @property
    def name(self) -> str:
        """The trail's name."""
        return self._part(4)

    @property
    def _partition(self) -> str:
        return self._part(1) or "aws"

    def _part(self, number: int) -> str:
        found = _ARN.fullmatch(self.trail_arn)
        return found[number] if found else ""

    @property
    def swapped(self) -> Callable[[str], str]:
        """Lets our account, regions and partition change places with the simulated ones in a text.

        Done twice, it is as if nothing had been done.
        """
        stand_in = dict(_STAND_IN[self._partition])
        if stand_in:
            stand_in[f"arn:{self._partition}:"] = "arn:aws:"
        theirs = self.account or self._part(3)
        if theirs and theirs != ACCOUNT:
            stand_in[theirs] = ACCOUNT
        if not stand_in:
            return lambda text: text
        other = stand_in | {simulated: own for own, simulated in stand_in.items()}
        any_of_them = re.compile("|".join(map(re.escape, other)))
        return lambda text: any_of_them.sub(lambda found: other[found[0]], text)

    @property
    def stack_parameters(self) -> tuple[tuple[str, str], ...]:
        """What the stack is told of it."""
        existing = {
            "ExistingTrailArn": self.swapped(self.trail_arn),
            "ExistingTrailBucket": self._bucket,
            "ExistingTrailGroup": self._group,
            "ExistingTrailRole": _ROLE,
        }
        return (*(existing.items() if self.trail_arn else ()), *self.parameters.items())

    @property
    def _bucket(self) -> str:
        return self.bucket or "bucket-that-was-not-named"

    @property
    def _group(self) -> str:
        return self.group or f"{self.name}-group-that-was-not-named"

    @property
    def before(self) -> Mapping[str, Any]:
        """CloudFormation of the trail, as most have it: all regions, validated, with a log group."""
        if not self.trail_arn:
            return {}
        cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
        bucket = f"arn:aws:s3:::{self._bucket}"
        delivers = [
            _allow(cloudtrail, "s3:GetBucketAcl", bucket),
            _allow(cloudtrail, "s3:PutObject", f"{bucket}/AWSLogs/{ACCOUNT}/*"),
        ]
        writes = [
            _allow(None, ["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["Group", "Arn"]})
        ]
        resources = {
            "Bucket": _resource(
                "AWS::S3::Bucket",
                BucketName=self._bucket,
                VersioningConfiguration={"Status": "Enabled"},
                NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            ),
            "BucketPolicy": _resource(
                "AWS::S3::BucketPolicy", Bucket={"Ref": "Bucket"}, PolicyDocument=_policy(delivers)
            ),
            "Group": _resource("AWS::Logs::LogGroup", LogGroupName=self._group),
            "Role": _resource(
                "AWS::IAM::Role",
                RoleName=_ROLE,
                AssumeRolePolicyDocument=_policy(
                    [{"Effect": "Allow", "Principal": cloudtrail, "Action": "sts:AssumeRole"}]
                ),
                Policies=[{"PolicyName": "write", "PolicyDocument": _policy(writes)}],
            ),
            "Trail": _resource(
                "AWS::CloudTrail::Trail",
                TrailName=self.name,
                S3BucketName={"Ref": "Bucket"},
                IsLogging=True,
                IsMultiRegionTrail=True,
                IncludeGlobalServiceEvents=True,
                EnableLogFileValidation=True,
                CloudWatchLogsLogGroupArn={"Fn::GetAtt": ["Group", "Arn"]},
                CloudWatchLogsRoleArn={"Fn::GetAtt": ["Role", "Arn"]},
            )
            | {"DependsOn": ["BucketPolicy"]},
        }
        return {"Resources": resources}

    # ---- what records say was done ------------------------------------------------------------------

    def follow(self, world: World, record: Mapping[str, Any]) -> bool:
        """Do to the simulated trail what a record says was done to ours, without a record of it.

        False where it says nothing of that, or where it can't be done: the handler sees the trail as it was.
        """
        call = self._call(record)
        if call is None:
            return False
        service, operation, parameters = call
        client = world.client(world.user("replay"), service, self.home)
        method = getattr(client, xform_name(operation), None)
        if method is None:
            return False
        try:
            with world.calls.muted():
                method(**parameters)
        except (ClientError, BotoCoreError, NotSimulated):
            return False  # it was done already, or can't be followed
        return True

    def _call(self, record: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]] | None:
        name, given = record.get("eventName"), record.get("requestParameters")
        if not self.trail_arn or record.get("errorCode") or not isinstance(given, dict):
            return None
        match record.get("eventSource"):
            case "cloudtrail.amazonaws.com" if name in _OF_TRAIL and self._is_named(given, record):
                return "cloudtrail", name, _capitalised(given)
            case "logs.amazonaws.com" if name in _OF_GROUP and given.get("logGroupName") == self._group:
                return "logs", name, given
            case "s3.amazonaws.com" if name in _OF_BUCKET and given.get("bucketName") == self._bucket:
                return "s3", name, _of_bucket(name, given)
        return None

    def _is_named(self, given: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
        named = given.get("name") or given.get("trailName")
        if named == self.swapped(self.trail_arn):
            return True
        return bool(named == self.name and record.get("awsRegion") == self.home)


def _of_bucket(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    parameters: dict[str, Any] = {"Bucket": given["bucketName"]}
    if name == "PutBucketPolicy":
        parameters["Policy"] = json.dumps(given.get("bucketPolicy"))
    if name == "PutBucketVersioning":
        made = given.get("VersioningConfiguration")
        status = made.get("Status") if isinstance(made, dict) else None
        parameters["VersioningConfiguration"] = {"Status": status}
    return parameters


def _capitalised(value: Any) -> Any:
    """CloudTrail's records write its own parameters with a small first letter."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: _capitalised(inner) for name, inner in value.items()}
    return [_capitalised(inner) for inner in value] if isinstance(value, list) else value


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def _policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(principal: Any, action: Any, resource: Any) -> dict[str, Any]:
    who = {"Principal": principal} if principal else {}
    return {"Effect": "Allow", **who, "Action": action, "Resource": resource}
