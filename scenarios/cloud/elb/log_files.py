"""Where Elastic Load Balancing writes access logs, in whose name, and how it tries a bucket beforehand.

Switching access logs on writes a test file, and is refused where the bucket does not let Elastic Load
Balancing write, lies elsewhere, or is encrypted with a KMS key.

Unconfirmed: the words for a prefix with `AWSLogs` and for a bucket elsewhere; the test file's text.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/enable-access-logs.html. The refusal, as users
report it: https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1956, and of a KMS key:
https://github.com/aws/aws-cdk/issues/21947
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.deliveries import By, Object, Refusal
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.service_logs_delivery import folder_in, put_file
from scenarios.cloud.setting import Setting

SERVICE: Final = "logdelivery.elasticloadbalancing.amazonaws.com"
NODE: Final = "192.0.2.10"
"""The address of the one node that each balancer has here."""
# Elastic Load Balancing's own accounts, which buckets in the older regions may name instead.
_ACCOUNTS: Final = {
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
    "af-south-1": "098369216593",
    "ca-central-1": "985666609251",
    "eu-central-1": "054676820928",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-south-1": "635631232127",
    "eu-west-3": "009996457667",
    "eu-north-1": "897822967062",
    "ap-east-1": "754344448648",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-northeast-3": "383597477331",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ap-south-1": "718504428378",
    "me-south-1": "076674570225",
    "sa-east-1": "507241528517",
}

Put = Callable[[str, Sequence[str]], Refusal | None]
"""Writes lines as `BUCKET/KEY`; returns why it may not, or None."""


def try_it(setting: Setting, region: str, bucket: str, prefix: str, put: Put) -> None:
    """Write the test file; raises Refused where access logs may not go to this bucket."""
    if "AWSLogs" in prefix:
        raise Refused("InvalidConfigurationRequest", f"The prefix {prefix} must not include AWSLogs")
    model = moto_s3.bucket(setting.account, bucket)
    if model is not None and model.region_name != region:
        raise Refused("InvalidConfigurationRequest", f"The bucket {bucket} is not in the region {region}")
    key = f"{_folder(setting, bucket, prefix)}ELBAccessLogTestFile"
    line = f"Enable AccessLog for ELB: {setting.account} at {setting.clock.now:%Y-%m-%dT%H:%MZ}"
    if put(key, [line]) is not None:
        why = f"Access Denied for bucket: {bucket}. Please check S3bucket permission"
        raise Refused("InvalidConfigurationRequest", why)


def file_of(setting: Setting, region: str, place: tuple[str, str], name: str, end: datetime) -> str:
    """`BUCKET/KEY` of a file up to the end of its window, such as `..._shop_20260101T0005Z`.

    `place`: bucket and prefix; `name`: the balancer's, or its id.
    """
    now, account = setting.clock.now, setting.account
    stem = f"{account}_elasticloadbalancing_{region}_{name}_{end:%Y%m%dT%H%MZ}"
    return f"{_folder(setting, *place)}elasticloadbalancing/{region}/{now:%Y/%m/%d}/{stem}"


def tail(setting: Setting) -> str:
    """What a file's name ends with, so that no two are the same: our choice of eight characters."""
    return f"{setting.random('elb.names').getrandbits(40):08x}"[:8]


def put(
    setting: Setting, region: str, key: str, lines: Sequence[str], *, packed: bool = False
) -> Refusal | None:
    """Write lines in Elastic Load Balancing's name; returns why it may not."""
    by = _sender(setting, region, key)
    return put_file(setting, region, key, lines, by=by, packed=packed, plain=True, keyless=True)


def _folder(setting: Setting, bucket: str, prefix: str) -> str:
    return folder_in(f"{bucket}/{prefix.strip('/')}", setting.account)


def _sender(setting: Setting, region: str, key: str) -> By:
    """Elastic Load Balancing's principal, or its account in the region where only that is let in."""
    arn, thing = f"arn:aws:s3:::{key}", Object(body=b"", plain=True)
    account = _ACCOUNTS.get(region, "")
    if account and setting.deliveries.refusal(arn, thing, by=SERVICE) is not None:
        of_elb = _root(account)
        if setting.deliveries.refusal(arn, thing, by=of_elb) is None:
            return of_elb
    return SERVICE


def _root(account: str) -> Caller:
    return Caller(kind=CallerKind.ROOT, account=account, arn=f"arn:aws:iam::{account}:root")
