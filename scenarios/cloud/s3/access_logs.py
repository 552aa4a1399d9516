"""Server access logs: a line for each request to a bucket, in files that S3 delivers to another bucket.

S3 collects lines, and delivers a file some hours later as `logging.s3.amazonaws.com`, which the target's
policy must let in, or its ACL the group. The files are not packed. Where it is no longer let in, or the
target is encrypted with a KMS key, the lines are lost. A copy is two requests, one to each bucket;
DeleteObjects is one, and one more for each key. What the simulation doesn't know of a request (bytes of its
XML, times) is a dash, as AWS allows for everything.

Left out, and loud: target grants, a target with Object Lock. Left out: requests of other accounts, and the
hour in which a change may take effect: here it does at once, and lines written before it go where they would
have gone. Requests that nobody signed come from `strangers.py`.

Unconfirmed: the names of operations that AWS's pages and its users' logs don't show, which are the request's
own; how an AWS service is called as the requester; what is refused where a target without ACLs has no policy
that lets S3 in; how long a delivery takes within AWS's "few hours".

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html. The refusal's words, as users
report them: https://github.com/s3tools/s3cmd/issues/614
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.deliveries import Object, Refusal
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.s3.access_lines import lines_of
from scenarios.cloud.service_logs_delivery import put_file
from scenarios.cloud.setting import Setting
from scenarios.service_logs import S3_ACCESS

SERVICE: Final = "logging.s3.amazonaws.com"
GROUP: Final = "http://acs.amazonaws.com/groups/s3/LogDelivery"
DELIVERY_SECONDS: Final = (3600.0, 3 * 3600.0)
_Target = tuple[str, str, str]
"""The bucket, the prefix, and of what a key's date is: `""` (no folders), `EventTime` or `DeliveryTime`."""


class AccessLogs:
    """Every bucket's logging."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._listening = False
        self._waiting: dict[tuple[str, _Target], list[tuple[datetime, str]]] = {}
        setting.calls.check("s3", "PutBucketLogging", self._about_to_log)
        setting.calls.after("s3", "PutBucketLogging", lambda _: self.look())
        setting.laws.when_stacks_change(self._stacks_are)

    def look(self) -> None:
        """Hear of requests from now on, where a bucket logs; a world in which none does pays nothing."""
        if self._listening or not any(each.logging for each in moto_s3.buckets(self._setting.account)):
            return
        self._listening = True
        self._setting.calls.after_everything(self._requested)
        self._setting.calls.after_services(self._requested)

    def _stacks_are(self, stacks: Sequence[Stack]) -> None:
        buckets = (each for stack in stacks for each in stack.of_type("AWS::S3::Bucket"))
        if any("LoggingConfiguration" in each.properties for each in buckets):
            self.look()

    # ---- the API ---------------------------------------------------------------------------------

    def _about_to_log(self, asked: Asked) -> None:
        """Refuse a target whose policy doesn't let S3 in."""
        bucket = asked.parameters["Bucket"]
        given = asked.parameters["BucketLoggingStatus"].get("LoggingEnabled")
        if not given or moto_s3.bucket(self._setting.account, bucket) is None:
            return
        probe = f"arn:aws:s3:::{given['TargetBucket']}/{given['TargetPrefix']}"
        refusal = self._setting.deliveries.refusal(
            probe, Object(body=b"", plain=True, grantee=GROUP), by=SERVICE, source=f"arn:aws:s3:::{bucket}"
        )
        if refusal is not None:
            why = "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket"
            raise Refused("InvalidTargetBucketForLogging", why)

    # ---- what is logged --------------------------------------------------------------------------

    def asked_unsigned(self, call: ApiCall, error: tuple[str, str] | None, size: int | None) -> str:
        """Nobody signed this one; returns its error code, or "". `size`: of the object that is read."""
        self._requested(
            replace(call, error=error) if error else replace(call, response={"ContentLength": size})
        )
        return error[0] if error else ""

    def _requested(self, call: ApiCall) -> None:
        if call.service != "s3":
            return
        for bucket, values in lines_of(call, self._setting.account):
            model = moto_s3.bucket(self._setting.account, bucket)
            if model is None or not model.logging:
                continue
            drawn = self._setting.random("s3.access_logs")
            ids = {
                "Request ID": f"{drawn.getrandbits(64):016X}",
                "Host Id": base64.b64encode(drawn.randbytes(56)).decode(),
            }
            self._keep(bucket, _target(model.logging), S3_ACCESS.write({**values, **ids}))

    def _keep(self, bucket: str, target: _Target, line: str) -> None:
        """A line waits for its file, which the first line of it has S3 deliver."""
        waiting = self._waiting.setdefault((bucket, target), [])
        waiting.append((self._setting.clock.now, line))
        if len(waiting) == 1:
            wait = self._setting.random("s3.access_logs.delivery").uniform(*DELIVERY_SECONDS)
            deliver = partial(self._deliver, bucket, target)
            self._setting.clock.after(wait, deliver, f"access log of {bucket}")

    # ---- delivery --------------------------------------------------------------------------------

    def _deliver(self, bucket: str, target: _Target) -> None:
        lines = self._waiting.pop((bucket, target))
        for day, own in _by_day(lines, dated=target[2] == "EventTime"):
            self._put(bucket, target, day, own)

    def _put(self, bucket: str, target: _Target, at: datetime | None, lines: Sequence[str]) -> None:
        into, prefix, _ = target
        source = moto_s3.bucket(self._setting.account, bucket)
        region = source.region_name if source is not None else self._setting.home
        unique = f"{self._setting.random('s3.access_logs.names').getrandbits(64):016X}"
        folders = f"{self._setting.account}/{region}/{bucket}/" if target[2] else ""
        moment = at or self._setting.clock.now
        dated = f"{moment:%Y/%m/%d}/" if target[2] else ""
        key = f"{prefix}{folders}{dated}{moment:%Y-%m-%d-%H-%M-%S}-{unique}"
        refusal = self._put_one(f"{into}/{key}", bucket, region, lines)
        self._setting.note_lost(len(lines), f"lines of the access log of {bucket}", refusal)

    def _put_one(self, key: str, bucket: str, region: str, lines: Sequence[str]) -> Refusal | None:
        """Why a file was not delivered; None where it was."""
        source = f"arn:aws:s3:::{bucket}"
        return put_file(
            self._setting,
            region,
            key,
            lines,
            by=SERVICE,
            source=source,
            packed=False,
            plain=True,
            keyless=True,
            grantee=GROUP,
        )


def _target(logging: Mapping[str, Any]) -> _Target:
    """Where a bucket logs to, as moto keeps it; folders are of the events' day unless said otherwise."""
    layout = logging.get("TargetObjectKeyFormat") or {}
    date = ""
    if "PartitionedPrefix" in layout:
        date = (layout["PartitionedPrefix"] or {}).get("PartitionDateSource") or "EventTime"
    return logging["TargetBucket"], logging.get("TargetPrefix") or "", date


def _by_day(
    lines: Sequence[tuple[datetime, str]], *, dated: bool
) -> Iterator[tuple[datetime | None, list[str]]]:
    """The lines of each day, with its midnight, where files are dated by events; otherwise all of them."""
    if not dated:
        yield None, [line for _, line in lines]
        return
    midnight = {at.replace(hour=0, minute=0, second=0, microsecond=0) for at, _ in lines}
    for day in sorted(midnight):
        yield day, [line for at, line in lines if at.date() == day.date()]
