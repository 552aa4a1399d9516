"""Permissions of CloudTrail at a trail's destinations: bucket, key, topic and log group.

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

from scenarios.cloud.kernel import moto_organizations
from scenarios.cloud.kernel.deliveries import AssumedRole, LogLines, Missing, Notification, Object, Refusal
from scenarios.cloud.setting import Setting

SERVICE = "cloudtrail.amazonaws.com"
CLOUDTRAIL_CONTEXT = "aws:cloudtrail:arn"


class Denial(NamedTuple):
    """What CloudTrail may not do. `error`: as the service that refuses says it; `words`: for the trace."""

    error: str
    words: str


class Access:
    """Asks, and delivers, on behalf of cloudtrail.amazonaws.com."""

    def __init__(self, setting: Setting) -> None:
        self._deliveries = setting.deliveries

    def to_bucket(self, trail_arn: str, bucket: str, key: str) -> Denial | None:
        """Why CloudTrail may not put an object into a bucket, its encryption left aside."""
        arn, nothing = f"arn:aws:s3:::{bucket}/{key}", Object(body=b"")
        refusal = self._deliveries.refusal(arn, nothing, by=SERVICE, source=trail_arn)
        return _of_bucket(bucket, refusal) if refusal is not None and not _is_of_key(refusal) else None

    def to_encrypt(self, trail_arn: str, kms_key: str, bucket: str, key: str) -> Denial | None:
        """Why CloudTrail may not encrypt an object with a trail's key."""
        arn, nothing = f"arn:aws:s3:::{bucket}/{key}", _encrypted(trail_arn, b"", {}, kms_key)
        refusal = self._deliveries.key_refusal(arn, nothing, by=SERVICE, source=trail_arn)
        return _of_bucket(bucket, refusal) if refusal is not None else None

    def put_object(
        self, trail: Any, key: str, body: bytes, metadata: Mapping[str, str], kms_key: str
    ) -> Denial | None:
        """Put an object into a trail's bucket, or return why it may not; `kms_key`: the trail's, or ""."""
        arn, given = f"arn:aws:s3:::{trail.bucket_name}/{key}", _encrypted(trail.arn, body, metadata, kms_key)
        refusal = self._deliveries.hand_over(arn, given, by=SERVICE, source=trail.arn)
        return _of_bucket(trail.bucket_name, refusal) if refusal is not None else None

    def to_log_group(self, trail_arn: str, role: str, log_group_arn: str, stream: str) -> Denial | None:
        """Why a trail could not write to a log group under a role."""
        by, lines = AssumedRole(arn=role, service=SERVICE), LogLines(stream=stream, lines=())
        refusal = self._deliveries.refusal(log_group_arn, lines, by=by, source=trail_arn)
        return _of_log_group(log_group_arn, refusal)

    def write_lines(self, trail: Any, lines: LogLines) -> Denial | None:
        """Write to a trail's log group under its role, or return why that was refused."""
        arn, by = trail.cw_log_group_arn, AssumedRole(arn=trail.cw_role_arn or "", service=SERVICE)
        return _of_log_group(arn, self._deliveries.hand_over(arn, lines, by=by, source=trail.arn))

    def to_topic(self, trail_arn: str, topic_arn: str) -> bool:
        """Whether CloudTrail may publish to a topic, its encryption left aside."""
        given = Notification(text="")
        refusal = self._deliveries.refusal(topic_arn, given, by=SERVICE, source=trail_arn)
        return refusal is None or _is_of_key(refusal)


def _encrypted(trail_arn: str, body: bytes, metadata: Mapping[str, str], kms_key: str) -> Object:
    """An object as CloudTrail writes it: under a trail's key with the trail in the encryption context."""
    context = {CLOUDTRAIL_CONTEXT: trail_arn} if kms_key else {}
    return Object(body=body, metadata=metadata, kms_key=kms_key, encryption_context=context)


def _is_of_key(refusal: Refusal) -> bool:
    return refusal.missing in (Missing.KEY_PERMISSION, Missing.USABLE_KEY)


def _of_bucket(bucket: str, refusal: Refusal) -> Denial:
    match refusal.missing:
        case Missing.RESOURCE:
            return Denial("NoSuchBucket", f"the bucket {bucket} is gone")
        case Missing.USABLE_KEY:
            return Denial("KMS.DisabledException", f"the key {refusal.resource} can't be used")
        case Missing.KEY_PERMISSION:
            return Denial("AccessDenied", f"CloudTrail may not {refusal.action} with {refusal.resource}")
        case _:
            return Denial("AccessDenied", f"CloudTrail may not {refusal.action} in {bucket}")


def _of_log_group(arn: str, refusal: Refusal | None) -> Denial | None:
    group = arn.removesuffix(":*").split(":", 6)[6]
    if refusal is None:
        return None
    if refusal.missing is Missing.RESOURCE:
        return Denial("ResourceNotFoundException", f"the log group {group} is gone")
    return Denial("AccessDenied", f"CloudTrail may not write to {group}: {refusal.because}")


def accounts_of(account: str, trail: Any) -> Iterator[tuple[str, str]]:
    """The (organization, account) pairs that a trail delivers for; the organization is "" for its own."""
    organization = moto_organizations.organization(account) if trail.is_org_trail else None
    if organization is None:
        yield "", account
    else:
        yield from ((organization.id, member) for member in organization.accounts)
