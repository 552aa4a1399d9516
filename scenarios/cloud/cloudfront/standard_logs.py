"""CloudFront's standard logs: a file for each hour of a distribution, in a bucket whose ACL lets them in.

Switching them on gives CloudFront's account `awslogsdelivery` full control in the bucket's ACL, in the name
of whoever does it. A bucket that has ACLs switched off is refused, and so is somebody who may not change the
ACL. What an edge answers, a scenario says; each request meets one edge, and nothing is cached.

Left out, and loud: real-time logs. Left out: standard logs of the second version, which are log deliveries of
CloudWatch Logs, and the hours until logs come reliably. How long after its hour a file comes is our choice
within AWS's "within an hour"; the end of its name, too.

Sources: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html.
The refusals, as users report them: https://github.com/aws-samples/baseline-environment-on-aws/issues/363,
https://github.com/aws/aws-cdk/issues/33297
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_s3, moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import NotSimulated, Refused, WorldError
from scenarios.cloud.s3 import acls
from scenarios.cloud.service_logs_delivery import Windows, put_file
from scenarios.cloud.setting import Setting
from scenarios.service_logs import CLOUDFRONT
from scenarios.service_logs.visits import Visit, of_cloudfront

AWSLOGSDELIVERY: Final = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"
WINDOW: Final = 3600
LATE_SECONDS: Final = (300.0, 3600.0)
_NEEDED: Final = ("s3:GetBucketAcl", "s3:PutBucketAcl")


class StandardLogs:
    """Every distribution of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._files = Windows[str](setting, "cloudfront.logs", WINDOW, LATE_SECONDS, self._deliver)
        for operation in ("CreateDistribution", "CreateDistributionWithTags", "UpdateDistribution"):
            setting.calls.check("cloudfront", operation, self._about_to_log)
            setting.calls.after("cloudfront", operation, self._logs)
        setting.calls.check("cloudfront", "CreateRealtimeLogConfig", self._not_yet)

    def asked(self, distribution: str, visits: Sequence[Visit]) -> None:
        """These requests reach a distribution, by its id; raises WorldError where there is none."""
        found = self._distributions().get(distribution)
        if found is None:
            raise WorldError(f"there is no distribution {distribution}")
        if not self._where(distribution):
            return
        for visit in visits:
            request_id = f"{self._setting.random('cloudfront.request').getrandbits(256):056x}"[:56]
            line = CLOUDFRONT.write(of_cloudfront(visit, found.domain_name, request_id))
            self._files.add(distribution, visit.at, line)

    def _distributions(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = moto_state.backend(
            "cloudfront", self._setting.account, "aws"
        ).distributions
        return found

    def _where(self, distribution: str) -> Mapping[str, Any]:
        """Where a distribution logs to, as its configuration says; empty where it doesn't."""
        with self._setting.calls.muted():
            client = self._setting.session.client("cloudfront")
            found = client.get_distribution_config(Id=distribution)["DistributionConfig"]
        logging: Mapping[str, Any] = found.get("Logging") or {}
        return logging if logging.get("Enabled") else {}

    # ---- the API ---------------------------------------------------------------------------------

    def _about_to_log(self, asked: Asked) -> None:
        logging = _logging(asked.parameters)
        if not logging.get("Enabled"):
            return
        where = logging.get("Bucket", "")
        name = _bucket(where)
        bucket = moto_s3.bucket(self._setting.account, name)
        judge = self._setting.identity.judge
        if bucket is None or not all(
            judge(asked.caller, each, f"arn:aws:s3:::{name}").allowed for each in _NEEDED
        ):
            why = (
                f"You don't have permission to access the S3 bucket for CloudFront logs: {where} "
                "If you're using IAM, you need s3:GetBucketAcl and s3:PutBucketAcl permissions to create a "
                "distribution or to update log settings for an existing distribution. In addition, the S3 "
                "ACL for the bucket must grant you FULL_CONTROL."
            )
            raise Refused("AccessDenied", why, status=403)
        if not acls.takes_acls(bucket):
            why = f"The S3 bucket that you specified for CloudFront logs does not enable ACL access: {where}"
            raise Refused("InvalidArgument", why)

    def _logs(self, call: ApiCall) -> None:
        """The bucket's ACL lets CloudFront in, beside whom it lets in already."""
        logging = _logging(call.parameters)
        if logging.get("Enabled"):
            let_in(self._setting.session.client("s3"), _bucket(logging["Bucket"]))

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("cloudfront", asked.operation)

    # ---- delivery --------------------------------------------------------------------------------

    def _deliver(self, distribution: str, start: datetime, lines: Sequence[str]) -> None:
        if distribution not in self._distributions() or not (logging := self._where(distribution)):
            return
        bucket, prefix = _bucket(logging["Bucket"]), logging["Prefix"].rstrip("/")
        tail = f"{self._setting.random('cloudfront.names').getrandbits(32):08x}"
        key = f"{bucket}/{prefix}{'/' if prefix else ''}{distribution}.{start:%Y-%m-%d-%H}.{tail}.gz"
        whole = [*CLOUDFRONT.head(), *lines]
        refusal = put_file(self._setting, self._setting.home, key, whole, plain=True, grantee=AWSLOGSDELIVERY)
        self._setting.note_lost(len(lines), f"lines of the standard log of {distribution}", refusal)


def let_in(s3: Any, bucket: str) -> None:
    """Give `awslogsdelivery` full control in a bucket's ACL."""
    found = s3.get_bucket_acl(Bucket=bucket)
    grant = {"Grantee": {"ID": AWSLOGSDELIVERY, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    if any(each["Grantee"].get("ID") == AWSLOGSDELIVERY for each in found["Grants"]):
        return
    policy = {"Grants": [*found["Grants"], grant], "Owner": found["Owner"]}
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy)


def _logging(given: Mapping[str, Any]) -> Mapping[str, Any]:
    tagged = given.get("DistributionConfigWithTags", {}).get("DistributionConfig")
    config = given.get("DistributionConfig") or tagged or {}
    found: Mapping[str, Any] = config.get("Logging") or {}
    return found


def _bucket(domain: str) -> str:
    """The name in `NAME.s3.amazonaws.com`, or in one with the region."""
    return domain.partition(".s3.")[0]


def register(setting: Setting) -> None:
    """The laws of CloudFront."""
    setting.laws.add(StandardLogs(setting))
