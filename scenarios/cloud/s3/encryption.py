"""SSE-KMS: to write or read an encrypted object, a caller also needs the permission of its key's policy.

Writing needs `kms:GenerateDataKey`, reading `kms:Decrypt`, through S3 and with the encryption context that
the object was written with: its ARN, and for what CloudTrail delivered the trail's. The AWS managed key
`aws/s3` allows everybody in the account, so it is not checked. Left out: bucket keys, which save requests to
KMS.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html,
https://docs.aws.amazon.com/kms/latest/developerguide/services-s3.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_s3, moto_secrets
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kms.keys import key_arn
from scenarios.cloud.setting import Setting

KMS = ("aws:kms", "aws:kms:dsse")
CONTEXT = "kms:EncryptionContext:"


class ObjectEncryption:
    """Which key every object is encrypted with, and who may use it."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._contexts: dict[tuple[str, str, str], Mapping[str, str]] = {}
        calls = setting.calls
        calls.check("s3", "GetObject", self._may_read)
        calls.check("s3", "CopyObject", self._may_copy)
        calls.check("s3", "PutObject", self._may_write)
        calls.check("s3", "CreateMultipartUpload", self._may_write)

    def written(self, bucket: str, key: str, version: str, context: Mapping[str, str]) -> None:
        """Remember what a service wrote an object with, beside its ARN: `{"aws:cloudtrail:arn": ...}`."""
        self._contexts[bucket, key, version] = context

    def key_of_bucket(self, bucket: str) -> str:
        """The ARN of the key that a bucket encrypts with by default; "" for none of the account's own."""
        default = self._default(bucket)
        named = default.get("KMSMasterKeyID") if default.get("SSEAlgorithm") in KMS else ""
        return self._arn(named, bucket)

    def has_kms_key(self, bucket: str) -> bool:
        """Whether a bucket encrypts with a KMS key by default, its own or the AWS managed one."""
        return self._default(bucket).get("SSEAlgorithm") in KMS

    def _default(self, bucket: str) -> Mapping[str, Any]:
        """How a bucket encrypts by default; nothing where it doesn't say, or isn't there."""
        found = moto_s3.bucket(self._setting.account, bucket)
        if found is None or not found.encryption:
            return {}
        default: Mapping[str, Any] = found.encryption["Rule"]["ApplyServerSideEncryptionByDefault"]
        return default

    def _may_write(self, asked: Asked) -> None:
        parameters = asked.parameters
        algorithm = parameters.get("ServerSideEncryption")
        if algorithm is None:
            key = self.key_of_bucket(parameters["Bucket"])
        else:
            named = parameters.get("SSEKMSKeyId") if algorithm in KMS else ""
            key = self._arn(named, parameters["Bucket"])
        self._ask(asked.caller, "kms:GenerateDataKey", key, _context(parameters["Bucket"], parameters["Key"]))

    def _may_read(self, asked: Asked) -> None:
        parameters = asked.parameters
        self.may_open(asked.caller, parameters["Bucket"], parameters["Key"], parameters.get("VersionId"))

    def _may_copy(self, asked: Asked) -> None:
        source = asked.parameters["CopySource"]
        if isinstance(source, str):
            path, _, version = source.partition("?versionId=")
            bucket, _, key = unquote(path).lstrip("/").partition("/")
            self.may_open(asked.caller, bucket, key, version or None)
        else:
            self.may_open(asked.caller, source["Bucket"], source["Key"], source.get("VersionId"))
        self._may_write(asked)

    def may_open(self, caller: Caller, bucket: str, key: str, version: str | None = None) -> None:
        """Raises Refused unless a caller may have an object decrypted, the newest version by default."""
        found = moto_s3.object_version(self._setting.account, bucket, key, version)
        if found is not None and found.encryption in KMS:
            more = self._contexts.get((bucket, key, found.version_id), {})
            context = _context(bucket, key) | {f"{CONTEXT}{name}": value for name, value in more.items()}
            self._ask(caller, "kms:Decrypt", self._arn(found.kms_key_id, bucket), context)

    def _ask(self, caller: Caller, action: str, arn: str, context: Mapping[str, str]) -> None:
        if not arn:
            return
        found = moto_secrets.kms_key(arn, self._setting.account, arn.split(":")[3])
        if found is None or not found.enabled:
            raise Refused("KMS.DisabledException", f"{arn} is disabled.")
        decision = self._setting.identity.judge(caller, action, arn, context, via="s3")
        if not decision.allowed:
            why = f"User: {caller.arn} is not authorized to perform: {action} on resource: {arn} because "
            raise Refused("AccessDenied", f"{why}{decision.because}", 403)

    def _arn(self, named: Any, bucket: str) -> str:
        """The ARN of a key of the account's own; "" for none and for the AWS managed one."""
        if not named or str(named).endswith("alias/aws/s3"):
            return ""
        found = moto_s3.bucket(self._setting.account, bucket)
        region = found.region_name if found is not None else self._setting.home
        return key_arn(str(named), f"arn:aws:s3:{region}:{self._setting.account}:{bucket}")


def _context(bucket: str, key: str) -> dict[str, str]:
    """What S3 itself puts into an object's encryption context."""
    return {f"{CONTEXT}aws:s3:arn": f"arn:aws:s3:::{bucket}/{key}"}
