"""Whose stack, trail, bucket and log group are ours: named as the stack's parameters and AWS's commands do.

The simulated AWS then holds a stack and a trail of these names. Its account has the simulated one's number
meanwhile; both numbers change places on the way in and out. So do regions and ARNs of China and of GovCloud,
since the simulated AWS is the partition `aws`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

import boto3

from scenarios.cloud.deployment import ACCOUNT, STACK_NAME
from scenarios.cloud.kernel.arns import partition_of
from scenarios.runner.replay.parts import Parts

# A name as CloudTrail takes it: 3 to 128 characters, a letter or digit at both ends, no two marks in a row.
_NAME = r"(?=.{3,128}$)[a-zA-Z0-9]+(?:[._-][a-zA-Z0-9]+)*"
_ARN = re.compile(rf"arn:(aws[\w-]*):cloudtrail:([a-z]+(?:-[a-z]+)+-\d):(\d{{12}}):trail/({_NAME})", re.ASCII)
# A stack's, with the id at its end or without.
_STACK_ARN = re.compile(
    r"arn:(aws[\w-]*):cloudformation:([a-z]+(?:-[a-z]+)+-\d):(\d{12}):stack/([A-Za-z][A-Za-z0-9-]{0,127})"
    r"(?:/[\w-]+)?",
    re.ASCII,
)
_STACK = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}", re.ASCII)
_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-\d", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"(?=.{3,63}$)[a-z0-9](?:[a-z0-9-]|\.(?!\.))*[a-z0-9]", re.ASCII)
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}", re.ASCII)
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_VALID = (
    ("bucket", _BUCKET, "the name of a bucket: 3 to 63 lower case letters, digits, dots and hyphens"),
    ("group", _GROUP, "the name of a log group: 1 to 512 letters, digits and any of . - _ / #"),
    ("role", _ROLE_NAME, "the name of a role: 1 to 64 letters, digits and any of + = , . @ - _"),
    ("account", _ACCOUNT, "an account: 12 digits"),
    ("region", _REGION, "a region, such as eu-west-1"),
)
_ROLE = "trail-of-the-records"
_EVERYWHERE = ("iam.amazonaws.com", "account.amazonaws.com")
# By partition: each of its regions, and the one that stands for it. The first one has the global services.
# https://docs.aws.amazon.com/general/latest/gr/rande.html
_STAND_IN = {
    "aws": {},
    "aws-cn": {"cn-north-1": "us-east-1", "cn-northwest-1": "us-west-2"},
    "aws-us-gov": {"us-gov-west-1": "us-east-1", "us-gov-east-1": "us-west-2"},
}
# By field of Ours: the stack's parameter that says the same.
_PARAMETERS = {
    "trail_arn": "ExistingTrailArn",
    "bucket": "ExistingTrailBucket",
    "group": "ExistingTrailGroup",
    "role": "ExistingTrailRole",
}


class NoTrail(ValueError):
    """What was named is no trail's ARN, or no bucket, group or account; the message is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A stack, a trail that was there before it, and further parameters of the stack.

    Nothing of it need be given. `account`, `region`: the stack's, as the records name them; those of the
    stack's ARN, or else of the trail's, where they are left out. `stack`: its name. `parts`: ids that its
    parts have.
    """

    trail_arn: str = ""
    bucket: str = ""
    group: str = ""
    role: str = ""
    account: str = ""
    region: str = ""
    stack: str = ""
    parts: Parts = field(default_factory=Parts)
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def named(cls, *, stack: str, parts: Parts, parameters: Mapping[str, str], **given: str) -> Self:
        """What options say, the stack by its name or ARN; parameters may say it too. Raises NoTrail."""
        others = dict(parameters)
        for name, parameter in _PARAMETERS.items():
            said = others.pop(parameter, "")
            given[name] = _the_same(given.get(name, ""), said, f"{said} is the stack's parameter {parameter}")
        for arn in filter(None, (stack, parts.stack_id)):
            found = _STACK_ARN.fullmatch(arn)
            if found is None:
                if not _STACK.fullmatch(arn):
                    raise NoTrail(f"{arn} is no stack's name or ARN")
                given["stack"] = _the_same(given.get("stack", ""), arn, f"{arn} is the stack")
                continue
            for name, value in zip(("region", "account", "stack"), found.groups()[1:], strict=True):
                given[name] = _the_same(given.get(name, ""), value, f"{value} is in the ARN of the stack")
        return cls(parts=parts, parameters=others, **given)

    def __post_init__(self) -> None:
        if self.trail_arn and not _ARN.fullmatch(self.trail_arn):
            raise NoTrail(f"{self.trail_arn} is no trail's ARN, arn:aws:cloudtrail:REGION:ACCOUNT:trail/NAME")
        if (self.bucket or self.group or self.role) and not self.trail_arn:
            raise NoTrail("a bucket or a log group is the trail's: name the trail's ARN too")
        for name, valid, what in _VALID:
            given = getattr(self, name)
            if given and not valid.fullmatch(given):
                raise NoTrail(f"{given} can't be {what}")
        self._is_in_one_place()
        if self._stack_region:
            self._is_simulated(self._stack_region)
        if (self.stack or self.parts.ids) and not (self._stack_region and self.account_id and self.stack):
            raise NoTrail(
                "name the stack by its ARN: --stack-name arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME"
            )

    def _is_in_one_place(self) -> None:
        """The stack has filters on the trail's log group, which is in the trail's account and home region."""
        for what, own, trails in (
            ("account", self.account, self._part(3)),
            ("region", self.region, self._part(2)),
        ):
            if own and trails and own != trails:
                raise NoTrail(
                    f"the trail's {what} is {trails}, and the stack's {own}: it can't be deployed beside it"
                )

    def _is_simulated(self, region: str) -> None:
        named, partition = self.trail_arn or self.stack or region, partition_of(region)
        if self.partition not in _STAND_IN:
            raise NoTrail(f"{named}: trails of the partition {self.partition} are not simulated")
        if partition != self.partition:
            raise NoTrail(f"{named}: {region} is a region of the partition {partition}")
        if partition != "aws" and region not in _STAND_IN[partition]:
            raise NoTrail(f"{named}: the region {region} is not simulated")
        if partition == "aws" and region not in _regions():
            raise NoTrail(f"{named}: AWS has no region {region}")

    @property
    def home(self) -> str:
        """The region of the simulated AWS that the stack is in."""
        region = self._stack_region or "us-east-1"
        return _STAND_IN[self.partition].get(region, region)

    @property
    def stack_name(self) -> str:
        """The stack's name; that of every simulated one where none was named."""
        return self.stack or STACK_NAME

    @property
    def any_named(self) -> bool:
        """Whether it is known which trail is ours: one that was named, or that of a stack that was."""
        return bool(self.trail_arn or self.stack)

    @property
    def name(self) -> str:
        """The trail's name."""
        return self._part(4)

    @property
    def partition(self) -> str:
        """The records' partition."""
        return self._part(1) or (partition_of(self.region) if self.region else "aws")

    @property
    def account_id(self) -> str:
        """The account, as records name it; "" where nobody said."""
        return self.account or self._part(3)

    @property
    def _stack_region(self) -> str:
        return self.region or self._part(2)

    def _part(self, number: int) -> str:
        found = _ARN.fullmatch(self.trail_arn)
        return found[number] if found else ""

    def has(self, account: str, region: str, source: str) -> bool:
        """Whether a record of that account and region may be about the stack's parts.

        Calls of services without regions are recorded elsewhere.
        """
        return account == self.account_id and (region == self._stack_region or source in _EVERYWHERE)

    @property
    def swapped(self) -> Callable[[str], str]:
        """Lets our account, regions and partition change places with the simulated ones in a text.

        Done twice, it is as if nothing had been done.
        """
        stand_in = dict(_STAND_IN[self.partition])
        if stand_in:
            stand_in[f"arn:{self.partition}:"] = "arn:aws:"
        theirs = self.account_id
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
            "ExistingTrailRole": self.role or _ROLE,
        }
        others = {name: self.swapped(value) for name, value in self.parameters.items()}
        return (*(existing.items() if self.trail_arn else ()), *others.items())

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
                RoleName=self.role or _ROLE,
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


@cache
def _regions() -> tuple[str, ...]:
    return tuple(boto3.Session().get_available_regions("cloudtrail"))


def _the_same(one: str, other: str, why: str) -> str:
    """What two say, which may be said by one alone; raises NoTrail."""
    if one and other and one != other:
        raise NoTrail(f"{why}, and {one} was named beside it")
    return one or other


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def _policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(principal: Any, action: Any, resource: Any) -> dict[str, Any]:
    who = {"Principal": principal} if principal else {}
    return {"Effect": "Allow", **who, "Action": action, "Resource": resource}
