"""What a trail's destinations let CloudTrail do: bucket, key, topic and log group, as their policies stand.

An object is written with the trail's KMS key where it has one, digests included, and asks the key's policy
for `kms:GenerateDataKey` under the encryption context `aws:cloudtrail:arn`; otherwise with the key of the
bucket, if that has one.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-permissions-for-sns-notifications.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from scenarios.cloud.iam.policy import Decision
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.deliveries import AssumedRole, LogLines, Missing, Notification, Refusal
from scenarios.cloud.s3.encryption import ObjectEncryption
from scenarios.cloud.setting import Setting

SERVICE = "cloudtrail.amazonaws.com"
CLOUDTRAIL_CONTEXT = "aws:cloudtrail:arn"


class Denial(NamedTuple):
    """What CloudTrail may not do. `error`: as the service that refuses says it; `words`: for the trace."""

    error: str
    words: str


class Access:
    """Judges on behalf of cloudtrail.amazonaws.com."""

    def __init__(self, setting: Setting, encryption: ObjectEncryption) -> None:
        self._setting = setting
        self._encryption = encryption

    def to_bucket(self, trail_arn: str, bucket: str, key: str) -> Denial | None:
        """Why CloudTrail may not put an object into a bucket, its encryption left aside."""
        if moto_hooks.bucket(self._setting.account, bucket) is None:
            return Denial("NoSuchBucket", f"the bucket {bucket} is gone")
        context = {**self._source(trail_arn), "s3:x-amz-acl": "bucket-owner-full-control"}
        where = f"arn:aws:s3:::{bucket}"
        for action, resource in (("s3:GetBucketAcl", where), ("s3:PutObject", f"{where}/{key}")):
            if not self._may(action, resource, context).allowed:
                return Denial("AccessDenied", f"CloudTrail may not {action} in {bucket}")
        return None

    def to_encrypt(self, trail_arn: str, kms_key: str, bucket: str, key: str) -> Denial | None:
        """Why CloudTrail may not encrypt an object; `kms_key` is the trail's, "" for none."""
        arn = kms_key or self._encryption.key_of_bucket(bucket)
        if not arn:
            return None
        found = moto_hooks.kms_key(arn, self._setting.account, arn.split(":")[3])
        if found is None or not found.enabled:
            return Denial("KMS.DisabledException", f"the key {arn} can't be used")
        written = {CLOUDTRAIL_CONTEXT: trail_arn} if kms_key else {}
        written["aws:s3:arn"] = f"arn:aws:s3:::{bucket}/{key}"
        context = self._source(trail_arn) | {f"kms:EncryptionContext:{k}": v for k, v in written.items()}
        if not self._may("kms:GenerateDataKey", arn, context).allowed:
            return Denial("AccessDenied", f"CloudTrail may not kms:GenerateDataKey with {arn}")
        return None

    def to_log_group(self, trail_arn: str, role: str, log_group_arn: str, stream: str) -> Denial | None:
        """Why a trail could not write to a log group under a role."""
        by, lines = AssumedRole(arn=role, service=SERVICE), LogLines(stream=stream, lines=())
        refusal = self._setting.deliveries.refusal(log_group_arn, lines, by=by, source=trail_arn)
        return _of_log_group(log_group_arn, refusal)

    def write_lines(self, trail: Any, lines: LogLines) -> Denial | None:
        """Write to a trail's log group under its role, or tell why that can't be."""
        arn, by = trail.cw_log_group_arn, AssumedRole(arn=trail.cw_role_arn or "", service=SERVICE)
        return _of_log_group(arn, self._setting.deliveries.hand_over(arn, lines, by=by, source=trail.arn))

    def to_topic(self, trail_arn: str, topic_arn: str) -> bool:
        """Whether CloudTrail may publish to a topic, its encryption left aside."""
        given = Notification(text="")
        refusal = self._setting.deliveries.refusal(topic_arn, given, by=SERVICE, source=trail_arn)
        return refusal is None or refusal.missing in (Missing.KEY_PERMISSION, Missing.USABLE_KEY)

    def _may(self, action: str, resource: str, context: Mapping[str, str]) -> Decision:
        return self._setting.identity.service_may(SERVICE, action, resource, context)

    def _source(self, trail_arn: str) -> dict[str, str]:
        return {"aws:SourceArn": trail_arn, "aws:SourceAccount": self._setting.account}


def _of_log_group(arn: str, refusal: Refusal | None) -> Denial | None:
    group = arn.removesuffix(":*").split(":", 6)[6]
    if refusal is None:
        return None
    if refusal.missing is Missing.RESOURCE:
        return Denial("ResourceNotFoundException", f"the log group {group} is gone")
    return Denial("AccessDenied", f"CloudTrail may not write to {group}: {refusal.because}")


def accounts_of(account: str, trail: Any) -> Iterator[tuple[str, str]]:
    """The (organization, account) pairs that a trail delivers for; the organization is "" for its own."""
    organization = moto_hooks.organization(account) if trail.is_org_trail else None
    if organization is None:
        yield "", account
    else:
        yield from ((organization.id, member) for member in organization.accounts)
