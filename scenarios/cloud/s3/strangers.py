"""Requests to buckets that nobody signed: what stands open to everybody, anybody may read or list.

The bucket's policy decides, unless the bucket or the account restricts public buckets. An object that is
encrypted with a KMS key is nobody's to read without a signature. A server access log has a dash for the
requester and for how it was signed.

Left out, and loud: what an ACL might allow; requests that a trail would record as a data event, since no page
of AWS's shows their `userIdentity`; whether a policy with a condition is public where public buckets are
restricted.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html (requests must be signed),
https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from typing import Any, Final

from scenarios.cloud.authorization.rows import Arn
from scenarios.cloud.cloudtrail.selectors.selectors import selects
from scenarios.cloud.kernel import moto_s3, moto_state
from scenarios.cloud.kernel.caller import ApiCall, Caller, CallerKind
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.s3 import acls
from scenarios.cloud.s3.access_logs import AccessLogs
from scenarios.cloud.s3.encryption import KMS
from scenarios.cloud.setting import Setting

_DENIED: Final = ("AccessDenied", "Access Denied")
_GONE: Final = ("NoSuchKey", "The specified key does not exist.")
_NO_BUCKET: Final = ("NoSuchBucket", "The specified bucket does not exist")


class Strangers:
    """Whoever asks for what is in the account's buckets without an identity."""

    def __init__(self, setting: Setting, logs: AccessLogs) -> None:
        self._setting = setting
        self._logs = logs

    def ask(self, bucket: str, key: str, *, address: str, agent: str) -> str:
        """Ask for an object, or with a `key` of "" for the bucket's list; returns S3's error code, or ""."""
        call = ApiCall(
            sequence=0,
            service="s3",
            operation="GetObject" if key else "ListObjectsV2",
            parameters={"Bucket": bucket, **({"Key": key} if key else {})},
            region=self._setting.home,
            caller=Caller(kind=CallerKind.ANONYMOUS, account="", source_ip=address, user_agent=agent),
            moment=self._setting.clock.now,
        )
        self._must_be_unrecorded(call)
        return self._logs.asked_unsigned(call, self._refused(bucket, key, address), self._size(bucket, key))

    def _refused(self, bucket: str, key: str, address: str) -> tuple[str, str] | None:
        model = moto_s3.bucket(self._setting.account, bucket)
        if model is None:
            return _NO_BUCKET
        action = "s3:GetObject" if key else "s3:ListBucket"
        if not self._may(model, action, f"{bucket}/{key}" if key else bucket, address):
            return _DENIED
        if not key:
            return None
        found = moto_s3.object_version(self._setting.account, bucket, key)
        if found is None:
            return _GONE if self._may(model, "s3:ListBucket", bucket, address) else _DENIED
        return _DENIED if found.encryption in KMS else None

    def _may(self, model: Any, action: str, resource: str, address: str) -> bool:
        arn = f"arn:aws:s3:::{resource}"
        context: dict[str, str | bool] = {"aws:SourceIp": address, "aws:SecureTransport": True}
        decision = self._setting.identity.anybody_may(action, arn, context)
        if not decision.allowed and not decision.explicit:
            doubt = acls.might_allow(Arn(self._setting.account, "", resource, arn))
            if doubt:
                raise NotSimulated("s3", doubt)
        return decision.allowed and not self._restricted(model, arn)

    def _restricted(self, model: Any, arn: str) -> bool:
        """Whether the bucket's block, or the account's, keeps everybody out of a public bucket."""
        if not moto_s3.restricts_public_buckets(self._setting.account, model):
            return False
        policy: Any = self._setting.identity.resource_policy(arn) or {}
        found = policy.get("Statement", [])
        if any("Condition" in each for each in (found if isinstance(found, list) else [found])):
            raise NotSimulated("s3", f"whether a policy with a condition makes {model.name} public")
        return True

    def _size(self, bucket: str, key: str) -> int | None:
        found = moto_s3.object_version(self._setting.account, bucket, key) if key else None
        return found.size if found is not None else None

    def _must_be_unrecorded(self, call: ApiCall) -> None:
        bucket, key = call.parameters["Bucket"], call.parameters.get("Key", "")
        arns = {
            "AWS::S3::Object": f"arn:aws:s3:::{bucket}/{key}",
            "AWS::S3::Bucket": f"arn:aws:s3:::{bucket}",
        }
        record = {
            "eventSource": "s3.amazonaws.com",
            "eventName": call.operation,
            "eventCategory": "Data",
            "readOnly": True,
            "managementEvent": False,
            "resources": [{"type": kind, "ARN": arn} for kind, arn in arns.items()],
        }
        for region in self._setting.regions:
            for trail in moto_state.trails(self._setting.account, region):
                if selects(trail.event_selectors, trail.advanced_event_selectors, record):
                    raise NotSimulated("cloudtrail", "data events of requests that nobody signed")
