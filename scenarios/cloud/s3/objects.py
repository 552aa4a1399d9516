"""The door to buckets: what AWS services deliver there.

A service looks at the bucket's ACL, then puts the object and leaves the bucket's owner in full control; with
a KMS key it also asks for a data key, under the object's encryption context.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.deliveries import Delivery, Door, Key, Need, Object
from scenarios.cloud.s3 import acls
from scenarios.cloud.s3.encryption import CONTEXT, ObjectEncryption
from scenarios.cloud.setting import Setting

OWNER_KEEPS_CONTROL: Mapping[str, str] = MappingProxyType({"s3:x-amz-acl": "bucket-owner-full-control"})

Write = Callable[[str, str, Object, str], None]
"""(bucket, key, object, requester)."""


class Buckets(Door[Object]):
    """Every bucket of the account."""

    def __init__(self, setting: Setting, encryption: ObjectEncryption, write: Write) -> None:
        self._setting = setting
        self._encryption = encryption
        self._write = write
        setting.deliveries.register("s3", Object, self)

    def is_there(self, delivery: Delivery[Object]) -> bool:
        """Whether there is such a bucket."""
        bucket, _ = _parts(delivery.arn)
        return moto_s3.bucket(self._setting.account, bucket) is not None

    def needs(self, delivery: Delivery[Object]) -> Sequence[Need]:
        """What a service must be allowed."""
        bucket, _ = _parts(delivery.arn)
        model, grantee = moto_s3.bucket(self._setting.account, bucket), delivery.payload.grantee
        if grantee and model is not None and acls.lets_write(model, grantee):
            return ()
        if delivery.payload.plain:
            return (Need("s3:PutObject", delivery.arn),)
        return (
            Need("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}", OWNER_KEEPS_CONTROL),
            Need("s3:PutObject", delivery.arn, OWNER_KEEPS_CONTROL),
        )

    def key(self, delivery: Delivery[Object]) -> Key | None:
        """The object's own key, or the bucket's; none for a service that uses none."""
        if delivery.payload.keyless:
            return None
        bucket, _ = _parts(delivery.arn)
        name = delivery.payload.kms_key or self._encryption.key_of_bucket(bucket)
        context = {**delivery.payload.encryption_context, "aws:s3:arn": delivery.arn}
        return (
            Key(
                name=name,
                actions=("kms:GenerateDataKey",),
                context={f"{CONTEXT}{name}": value for name, value in context.items()},
            )
            if name
            else None
        )

    def objection(self, delivery: Delivery[Object]) -> str:
        """A bucket that is encrypted with a KMS key takes nothing from a service that uses none."""
        bucket, _ = _parts(delivery.arn)
        if delivery.payload.keyless and self._encryption.has_kms_key(bucket):
            return f"{bucket} is encrypted with a KMS key, with which {delivery.sender} does not write"
        return ""

    def take(self, delivery: Delivery[Object]) -> None:
        """Put the object."""
        bucket, key = _parts(delivery.arn)
        self._write(bucket, key, delivery.payload, delivery.payload.requester or delivery.sender)


def _parts(arn: str) -> tuple[str, str]:
    """The bucket, and the key of the object."""
    bucket, _, key = arn.removeprefix("arn:aws:s3:::").partition("/")
    return bucket, key
