"""What a trail writes to its bucket: log files every five minutes, signed digests every hour.

A log file belongs to the digest of the hour it was delivered in. When logging stops, a last
digest covers the log files up to and including StopLogging; what starts it again begins a
new chain.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import boto3

from chalicelib.trail.keys import Chain, LogFileKey
from scenarios.cloud.cloudtrail.digests import DeliveredLog, SignedDigest, write_digest
from scenarios.cloud.errors import NotSimulated
from scenarios.cloud.setting import Setting
from scenarios.cloud.storage import Storage

SERVICE = "cloudtrail.amazonaws.com"
LOG_FILE_EVERY = timedelta(minutes=5)
DIGEST_EVERY = timedelta(hours=1)
DIGEST_WRITTEN_AFTER_SECONDS = 180

Record = Mapping[str, Any]
FindTrail = Callable[[str], Any]


@dataclass(slots=True)
class _Deliveries:
    """One trail in one region: records waiting for a log file, files waiting for a digest.

    `hour_began` is the start of the next digest; None while no chain is open.
    """

    waiting: list[tuple[datetime, Record]] = field(default_factory=list)
    delivered: list[DeliveredLog] = field(default_factory=list)
    previous: SignedDigest | None = None
    hour_began: datetime | None = None
    files: int = 0


class TrailFiles:
    """The log files and digests of every trail. `find_trail` gives moto's model by ARN, as it is now."""

    def __init__(
        self, setting: Setting, session: boto3.Session, storage: Storage, find_trail: FindTrail
    ) -> None:
        self._setting = setting
        self._session = session
        self._storage = storage
        self._find_trail = find_trail
        self._deliveries: dict[tuple[str, str], _Deliveries] = {}
        self._turning: set[str] = set()

    def begin(self, trail: Any, regions: Iterable[str]) -> None:
        """A trail starts to log in these regions: new chains, and its turns if they don't go already."""
        now = self._setting.clock.now
        for region in regions:
            deliveries = self._of(trail, region)
            if deliveries.hour_began is not None:  # stopped and started within the hour
                self._write_digest(trail, region, deliveries, now)
            deliveries.previous = None
            deliveries.hour_began = now if trail.log_validation else None
        if trail.arn in self._turning:
            return
        self._turning.add(trail.arn)
        after = self._setting.clock.after
        after(LOG_FILE_EVERY.total_seconds(), lambda: self._log_file_turn(trail.arn), "log files")
        first = DIGEST_EVERY.total_seconds() + DIGEST_WRITTEN_AFTER_SECONDS
        after(first, lambda: self._digest_turn(trail.arn), "digests")

    def take(self, trail: Any, region: str, record: Record, ripe: datetime) -> None:
        """Take a record into a log file that is written at `ripe` or later."""
        self._of(trail, region).waiting.append((ripe, record))

    def _of(self, trail: Any, region: str) -> _Deliveries:
        return self._deliveries.setdefault((trail.arn, region), _Deliveries())

    def _regions(self, arn: str) -> list[str]:
        return [region for of_trail, region in self._deliveries if of_trail == arn]

    # ---- log files ------------------------------------------------------------------------------

    def _log_file_turn(self, arn: str) -> None:
        trail = self._find_trail(arn)
        for region in self._regions(arn):
            self._write_log_file(trail, region)
        self._setting.clock.after(
            LOG_FILE_EVERY.total_seconds(), lambda: self._log_file_turn(arn), "log files"
        )

    def _write_log_file(self, trail: Any, region: str) -> None:
        now, deliveries = self._setting.clock.now, self._of(trail, region)
        ripe = [record for moment, record in deliveries.waiting if moment <= now]
        if not ripe:
            return
        if trail.sns_topic_name:
            raise NotSimulated("cloudtrail", f"notifications of log files ({trail.trail_name})")
        deliveries.waiting = [(moment, record) for moment, record in deliveries.waiting if moment > now]
        deliveries.files += 1
        text = json.dumps({"Records": ripe}).encode()
        unique = hashlib.sha256(f"{trail.arn}{region}{deliveries.files}".encode()).hexdigest()[:16]
        key = str(
            LogFileKey(
                prefix=trail.s3_key_prefix or "",
                account=self._setting.account,
                region=region,
                delivered_at=now,
                unique=unique,
            )
        )
        if not self._write(trail, key, gzip.compress(text, mtime=0), {}):
            return
        times = [datetime.fromisoformat(record["eventTime"]) for record in ripe]
        deliveries.delivered.append(
            DeliveredLog(
                bucket=trail.bucket_name,
                key=key,
                sha256=hashlib.sha256(text).hexdigest(),
                oldest_event=min(times),
                newest_event=max(times),
            )
        )

    def _write(self, trail: Any, key: str, body: bytes, metadata: Mapping[str, str]) -> bool:
        """Put an object, as far as the bucket's policy lets CloudTrail."""
        context: Mapping[str, str | bool] = {
            "aws:SourceArn": trail.arn,
            "aws:SourceAccount": self._setting.account,
            "s3:x-amz-acl": "bucket-owner-full-control",
        }
        bucket = f"arn:aws:s3:::{trail.bucket_name}"
        for action, resource in (("s3:GetBucketAcl", bucket), ("s3:PutObject", f"{bucket}/{key}")):
            decision = self._setting.identity.service_may(SERVICE, action, resource, context)
            if not decision.allowed:
                self._setting.note("lost", f"CloudTrail may not {action} in {trail.bucket_name}")
                return False
        self._storage.write(trail.bucket_name, key, body, metadata, by=SERVICE)
        return True

    # ---- digests --------------------------------------------------------------------------------

    def _digest_turn(self, arn: str) -> None:
        trail = self._find_trail(arn)
        ended = self._setting.clock.now - timedelta(seconds=DIGEST_WRITTEN_AFTER_SECONDS)
        for region in self._regions(arn):
            self._digest_due(trail, region, ended)
        self._setting.clock.after(DIGEST_EVERY.total_seconds(), lambda: self._digest_turn(arn), "digests")

    def _digest_due(self, trail: Any, region: str, ended: datetime) -> None:
        deliveries = self._of(trail, region)
        goes_on = trail.log_validation and trail.status.is_logging
        if deliveries.hour_began is None:
            # Nothing is open: validation was switched on meanwhile, or there is nothing to do.
            deliveries.hour_began = ended if goes_on else None
            deliveries.delivered = []
            return
        if deliveries.hour_began < ended:
            self._write_digest(trail, region, deliveries, ended)
        if not goes_on and not deliveries.waiting and not deliveries.delivered:
            deliveries.previous = deliveries.hour_began = None

    def _write_digest(self, trail: Any, region: str, deliveries: _Deliveries, ended: datetime) -> None:
        assert deliveries.hour_began is not None
        in_time = [log for log in deliveries.delivered if LogFileKey.parse(log.key).delivered_at <= ended]
        digest = write_digest(
            Chain(
                prefix=trail.s3_key_prefix or "",
                account=self._setting.account,
                region=region,
                trail=trail.trail_name,
                home_region=trail.region_name,
            ),
            bucket=trail.bucket_name,
            starts_at=deliveries.hour_began,
            ends_at=ended,
            logs=in_time,
            previous=deliveries.previous,
        )
        if self._write(trail, digest.key, digest.body, digest.metadata):
            deliveries.previous = digest
            deliveries.hour_began = ended
            deliveries.delivered = [log for log in deliveries.delivered if log not in in_time]
