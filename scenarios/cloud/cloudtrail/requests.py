"""What CloudTrail refuses when a trail is created or updated, and what it says of a trail's status.

CreateTrail and UpdateTrail look whether CloudTrail may deliver where it is told to: bucket, key, topic, log
group and organization are asked as they stand. What UpdateTrail doesn't name is not looked at again. moto
refuses a bucket or topic that isn't there and stores the rest.

Left out: the refusal of a key in another region than the bucket's, and of members that change an
organization's trail. The words of KmsKeyNotFoundException and of the organization's errors are ours.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudtrail.access import SERVICE, Access
from scenarios.cloud.kernel import moto_organizations, moto_s3, moto_secrets
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting

MOST_TRAILS_A_REGION = 5

FindTrails = Callable[[], list[Any]]


class TrailRequests:
    """Judges CreateTrail and UpdateTrail. `trails` gives moto's models of all the account's trails."""

    def __init__(self, setting: Setting, access: Access, trails: FindTrails) -> None:
        self._setting = setting
        self._access = access
        self._trails = trails
        calls = setting.calls
        calls.check("cloudtrail", "CreateTrail", self._may_create)
        calls.check("cloudtrail", "UpdateTrail", self._may_update)
        for operation in ("CreateTrail", "UpdateTrail"):
            calls.after("cloudtrail", operation, self._spell_key)

    def _may_create(self, asked: Asked) -> None:
        name, account = asked.parameters["Name"], self._setting.account
        here = [each for each in self._trails() if each.is_multi_region or each.region_name == asked.region]
        if any(each.trail_name == name and each.region_name == asked.region for each in here):
            raise Refused(
                "TrailAlreadyExistsException", f"Trail {name} already exists for customer: {account}"
            )
        if len(here) >= MOST_TRAILS_A_REGION:
            why = f"User: {account} already has {MOST_TRAILS_A_REGION} trails in {asked.region}."
            raise Refused("MaximumNumberOfTrailsExceededException", why)
        self._look(asked, f"arn:aws:cloudtrail:{asked.region}:{account}:trail/{name}", None)

    def _may_update(self, asked: Asked) -> None:
        name = asked.parameters["Name"]
        for trail in self._trails():
            if name == trail.arn or (name == trail.trail_name and trail.region_name == asked.region):
                self._look(asked, trail.arn, trail)

    def _look(self, asked: Asked, arn: str, trail: Any) -> None:
        given = asked.parameters
        if given.get("IsOrganizationTrail"):
            self._look_at_organization()
        if "S3BucketName" in given or "S3KeyPrefix" in given:
            self._look_at_bucket(given, arn, trail)
        if given.get("KmsKeyId"):
            self._look_at_key(given, arn, trail, asked.region)
        if given.get("SnsTopicName"):
            self._look_at_topic(given["SnsTopicName"], arn)
        if given.get("CloudWatchLogsLogGroupArn") or given.get("CloudWatchLogsRoleArn"):
            self._look_at_log_group(given, arn, trail)

    def _look_at_bucket(self, given: Mapping[str, Any], arn: str, trail: Any) -> None:
        bucket = given.get("S3BucketName")
        if bucket is None:
            bucket = trail.bucket_name
        if not bucket:
            raise Refused("InvalidS3BucketNameException", "Bucket name cannot be blank!")
        if moto_s3.bucket(self._setting.account, bucket) is None:
            raise Refused("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!", 404)
        if self._access.to_bucket(arn, bucket, _a_key(self._setting.account, given, trail)):
            why = f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
            raise Refused("InsufficientS3BucketPolicyException", why, 403)

    def _look_at_key(self, given: Mapping[str, Any], arn: str, trail: Any, region: str) -> None:
        bucket, named = given.get("S3BucketName") or trail.bucket_name, given["KmsKeyId"]
        found = moto_secrets.kms_key(named, self._setting.account, region)
        if found is None:
            raise Refused("KmsKeyNotFoundException", f"The KMS key {named} was not found.")
        if not found.enabled:
            raise Refused("KmsException", f"The KMS key {found.arn} is disabled.")
        if self._access.to_encrypt(arn, found.arn, bucket, _a_key(self._setting.account, given, trail)):
            why = f"Insufficient permissions to access S3 bucket {bucket} or KMS key {found.arn}."
            raise Refused("InsufficientEncryptionPolicyException", why)

    def _look_at_topic(self, topic: str, arn: str) -> None:
        region, account = arn.split(":")[3:5]
        topic_arn = topic if topic.startswith("arn:") else f"arn:aws:sns:{region}:{account}:{topic}"
        if not self._access.to_topic(arn, topic_arn):
            why = "SNS Topic does not exist or the topic policy is incorrect!"
            raise Refused("InsufficientSnsTopicPolicyException", why, 403)

    def _look_at_log_group(self, given: Mapping[str, Any], arn: str, trail: Any) -> None:
        group = given.get("CloudWatchLogsLogGroupArn") or getattr(trail, "cw_log_group_arn", None)
        role = given.get("CloudWatchLogsRoleArn") or getattr(trail, "cw_role_arn", None)
        if not group or not role:
            why = "You must specify a log group and a role that CloudTrail can assume to write to it."
            raise Refused("InvalidParameterCombinationException", why)
        wrong = "InvalidCloudWatchLogsLogGroupArnException"
        if not group.startswith("arn:") or group.count(":") < 6:
            raise Refused(wrong, f"CloudTrail cannot validate the specified log group ARN: {group}")
        stream = f"{self._setting.account}_CloudTrail_{group.split(':')[3]}"
        if self._access.to_log_group(arn, role, group, stream):
            why = "Access denied. Check the permissions for your role."
            raise Refused(wrong, why)

    def _look_at_organization(self) -> None:
        found = moto_organizations.organization(self._setting.account)
        if found is None:
            why = "The account is not a member of an organization."
            raise Refused("OrganizationsNotInUseException", why, 404)
        if found.management != self._setting.account:
            why = "The account is not the management account of its organization."
            raise Refused("NotOrganizationMasterAccountException", why)
        if not found.all_features:
            why = "The organization does not have all features enabled."
            raise Refused("OrganizationNotInAllFeaturesModeException", why, 404)
        if SERVICE not in found.services:
            why = "CloudTrail is not a trusted service of the organization."
            raise Refused("CloudTrailAccessNotEnabledException", why)

    def _spell_key(self, call: ApiCall) -> None:
        """A trail names its key by ARN, however it was told; the answer has been given by then."""
        named = call.parameters.get("KmsKeyId")
        found = moto_secrets.kms_key(named, self._setting.account, call.region) if named else None
        for trail in self._trails():
            if found is not None and call.parameters["Name"] in {trail.arn, trail.trail_name}:
                trail.kms_key_id = str(found.arn)


def _a_key(account: str, given: Mapping[str, Any], trail: Any) -> str:
    """The name of an object as CloudTrail would write it, to ask the bucket's policy about."""
    prefix = given.get("S3KeyPrefix", getattr(trail, "s3_key_prefix", "")) or ""
    organization = given.get("IsOrganizationTrail", getattr(trail, "is_org_trail", False))
    found = moto_organizations.organization(account) if organization else None
    folders = [prefix, "AWSLogs", found.id if found else "", account, "CloudTrail", "x"]
    return "/".join(folder for folder in folders if folder)
