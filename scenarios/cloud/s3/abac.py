"""Attribute-based access control for buckets: a bucket's tags count in conditions once it is switched on.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
"""

from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting


class AttributeBasedAccess:
    """Which buckets have it switched on; moto knows nothing of it."""

    def __init__(self, setting: Setting) -> None:
        setting.calls.answer("s3", "PutBucketAbac", self._put)
        setting.calls.answer("s3", "GetBucketAbac", self._get)
        for operation in ("PutBucketTagging", "DeleteBucketTagging"):
            setting.calls.check("s3", operation, self._may_tag)
        setting.calls.in_every_account("s3", "PutBucketTagging", "DeleteBucketTagging")

    def _put(self, asked: Asked) -> dict[str, Any]:
        status = (asked.parameters.get("AbacStatus") or {}).get("Status", "Disabled")
        moto_s3.set_bucket_abac(_bucket(asked), on=status == "Enabled")
        return {}

    def _get(self, asked: Asked) -> dict[str, Any]:
        on = moto_s3.has_bucket_abac(_bucket(asked))
        return {"AbacStatus": {"Status": "Enabled" if on else "Disabled"}}

    def _may_tag(self, asked: Asked) -> None:
        bucket = moto_s3.bucket(asked.caller.account, asked.parameters["Bucket"])
        if bucket is not None and moto_s3.has_bucket_abac(bucket):
            why = "The specified method is not allowed against this resource."
            raise Refused("MethodNotAllowed", why, 405)


def _bucket(asked: Asked) -> Any:
    bucket = moto_s3.bucket(asked.caller.account, asked.parameters["Bucket"])
    if bucket is None:
        raise Refused("NoSuchBucket", "The specified bucket does not exist", 404)
    return bucket
