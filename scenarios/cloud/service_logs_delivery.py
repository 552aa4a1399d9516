"""AWS's log delivery: in whose name it writes, files of lines, and how it is let in where it writes.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html
"""

import gzip
import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Generic, TypeVar

from botocore.exceptions import ClientError

from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.deliveries import AssumedRole, By, Object, Refusal, StreamRecord
from scenarios.cloud.setting import Setting

DELIVERY: Final = "delivery.logs.amazonaws.com"
_GROUPS: Final = "AWSLogDeliveryWrite20150319"


Key = TypeVar("Key", bound=Hashable)


class Windows(Generic[Key]):
    """Lines of each log, gathered in windows of whole minutes or hours of the clock.

    `deliver(key, start, lines)` is called some time after a window's end, `late` (in seconds, from and to).
    A window without a line is none.
    """

    def __init__(
        self,
        setting: Setting,
        name: str,
        seconds: int,
        late: tuple[float, float],
        deliver: Callable[[Key, datetime, Sequence[str]], None],
    ) -> None:
        self._setting = setting
        self._name = name
        self._seconds = seconds
        self._late = late
        self._deliver = deliver
        self._open: dict[tuple[Key, datetime], list[str]] = {}

    def add(self, key: Key, at: datetime, line: str) -> None:
        """A line of a moment."""
        start = at - timedelta(seconds=at.timestamp() % self._seconds)
        if (key, start) not in self._open:
            self._open[key, start] = []
            wait = self._setting.random(self._name).uniform(*self._late)
            end = start + timedelta(seconds=self._seconds + wait)
            self._setting.clock.at(end, partial(self._close, key, start), f"{self._name} of {key}")
        self._open[key, start].append(line)

    def _close(self, key: Key, start: datetime) -> None:
        self._deliver(key, start, self._open.pop((key, start)))


def source_of(account: str, region: str) -> str:
    """On behalf of what log delivery writes: the `aws:SourceArn` of its requests."""
    return f"arn:aws:logs:{region}:{account}:*"


def folder_in(destination: str, account: str) -> str:
    """`BUCKET/PREFIX/AWSLogs/ACCOUNT/`, of a destination's ARN or of `BUCKET/PREFIX`."""
    return f"{destination.removeprefix('arn:aws:s3:::').rstrip('/')}/AWSLogs/{account}/"


def linked_role(account: str, service: str, name: str, statement: Mapping[str, Any]) -> Caller:
    """A session on a service-linked role, which may what its AWS managed policy lets it."""
    return Caller(
        kind=CallerKind.ASSUMED_ROLE,
        account=account,
        arn=f"arn:aws:sts::{account}:assumed-role/{name}/{service.partition('.')[0]}",
        name=name,
        path=f"/aws-service-role/{service}/",
        policies=({"Version": "2012-10-17", "Statement": [dict(statement)]},),
    )


def make_group(
    setting: Setting,
    region: str,
    name: str,
    *,
    by: AssumedRole | None = None,
    context: Mapping[str, str] | None = None,
    kept_days: int | None = None,
) -> None:
    """AWS makes a log group that isn't there, where the role may; without one it does it as itself."""
    account = setting.account
    if moto_state.log_group(account, region, name) is not None:
        return
    if by is not None:
        arn = f"arn:aws:logs:{region}:{account}:log-group:{name}"
        may = setting.identity.role_may(by.arn, by.service, "logs:CreateLogGroup", arn, context or {})
        if not may.allowed:
            return
    logs = moto_state.backend("logs", account, region)
    logs.create_log_group(name, {})
    if kept_days is not None:
        logs.put_retention_policy(name, kept_days)


def put_records(setting: Setting, stream: str, lines: Iterable[str], *, by: Caller) -> Refusal | None:
    """Write lines to a Firehose stream, by its ARN, a record each; returns why it may not."""
    for line in lines:
        refusal = setting.deliveries.hand_over(stream, StreamRecord(data=line.encode()), by=by)
        if refusal is not None:
            return refusal
    return None


def put_file(
    setting: Setting,
    region: str,
    key: str,
    lines: Iterable[str],
    *,
    by: By = DELIVERY,
    source: str = "",
    packed: bool = True,
    plain: bool = False,
    keyless: bool = False,
    grantee: str = "",
) -> Refusal | None:
    """Write lines as `BUCKET/KEY`; returns why it may not.

    `by`, `source`: in whose name, and on whose behalf; log delivery's own by default. `packed`: with gzip.
    `plain`: without a look at the bucket's ACL. `keyless`: not to a bucket with a KMS key. `grantee`: whom
    an ACL may let in, too (`Object`).
    """
    text = "".join(f"{each}\n" for each in lines).encode()
    body = gzip.compress(text, mtime=0) if packed else text
    return put_body(
        setting, region, key, body, by=by, source=source, plain=plain, keyless=keyless, grantee=grantee
    )


def put_body(
    setting: Setting,
    region: str,
    key: str,
    body: bytes,
    *,
    by: By = DELIVERY,
    source: str = "",
    plain: bool = False,
    keyless: bool = False,
    grantee: str = "",
) -> Refusal | None:
    """The same with a file as it is."""
    return setting.deliveries.hand_over(
        f"arn:aws:s3:::{key}",
        Object(
            body=body,
            requester=by if isinstance(by, str) else by.arn,
            plain=plain,
            keyless=keyless,
            grantee=grantee,
        ),
        by=by,
        source=source or source_of(setting.account, region),
    )


def let_in_at_group(logs: Any, group: str, account: str, region: str) -> None:
    """Let log delivery write to a log group, by its ARN, beside what it may write to already."""
    known = logs.describe_resource_policies()["resourcePolicies"]
    written = next((each["policyDocument"] for each in known if each["policyName"] == _GROUPS), "{}")
    statements = json.loads(written).get("Statement", [])
    resource = f"{group.removesuffix(':*')}:log-stream:*"
    if any(each["Resource"] == resource for each in statements):
        return
    statement = {
        "Sid": f"{_GROUPS}{len(statements)}",
        "Effect": "Allow",
        "Principal": {"Service": DELIVERY},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": resource,
        "Condition": _on_behalf(account, region),
    }
    document = {"Version": "2012-10-17", "Statement": [*statements, statement]}
    logs.put_resource_policy(policyName=_GROUPS, policyDocument=json.dumps(document))


def let_in_at_bucket(s3: Any, folder: str, account: str, region: str) -> None:
    """Let log delivery write below `BUCKET/KEYS`, beside what the bucket's policy says already."""
    bucket, _, keys = folder.partition("/")
    try:
        found = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
        found = {"Version": "2012-10-17", "Statement": []}
    on_behalf = _on_behalf(account, region)
    write = {
        **on_behalf,
        "StringEquals": {**on_behalf["StringEquals"], "s3:x-amz-acl": "bucket-owner-full-control"},
    }
    statements = [
        {
            "Sid": "AWSLogDeliveryWrite",
            "Effect": "Allow",
            "Principal": {"Service": DELIVERY},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/{keys}*",
            "Condition": write,
        },
        {
            "Sid": "AWSLogDeliveryAclCheck",
            "Effect": "Allow",
            "Principal": {"Service": DELIVERY},
            "Action": "s3:GetBucketAcl",
            "Resource": f"arn:aws:s3:::{bucket}",
            "Condition": on_behalf,
        },
    ]
    document = {**found, "Statement": [*found["Statement"], *statements]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


def _on_behalf(account: str, region: str) -> dict[str, dict[str, str]]:
    return {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": source_of(account, region)},
    }
