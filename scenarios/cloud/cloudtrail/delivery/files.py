"""What a trail writes to its bucket: log files every five minutes, signed digests every hour.

A log file belongs to the digest of the hour it was delivered in. When logging stops, a last digest covers
the log files up to and including StopLogging; what starts it again begins a new chain, and so does validation
that is switched off and on. An organization trail has a chain for each account and region. A failed delivery
is tried again with the next log file, for thirty days. A topic is told of each delivery.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-enabling.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.trail.integrity.keys import Chain, LogFileKey
from scenarios.cloud.cloudtrail.access import SERVICE, Access, Denial, accounts_of
from scenarios.cloud.cloudtrail.delivery.digests import DeliveredLog, SignedDigest, write_digest
from scenarios.cloud.cloudtrail.delivery.log_files import Packed, packed
from scenarios.cloud.cloudtrail.delivery.signing_keys import key_at
from scenarios.cloud.cloudtrail.delivery.status import Deliveries
from scenarios.cloud.kernel import moto_secrets
from scenarios.cloud.kernel.deliveries import Missing, Notification
from scenarios.cloud.setting import Setting

LOG_FILE_EVERY = timedelta(minutes=5)
DIGEST_EVERY = timedelta(hours=1)
DIGEST_WRITTEN_AFTER_SECONDS = 180
REDELIVERED_FOR = timedelta(days=30)
# SNS's own names for why it refused: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_SNS_ERRORS = {
    Missing.RESOURCE: "NotFound",
    Missing.PERMISSION: "AuthorizationError",
    Missing.KEY_PERMISSION: "KMSAccessDenied",
    Missing.USABLE_KEY: "KMSDisabled",
    Missing.CLIENT_ERROR: "InvalidParameter",
}

Record = Mapping[str, Any]
FindTrail = Callable[[str], Any]


class Place(NamedTuple):
    """What one chain covers: a trail's log files of one account and region. `organization` may be ""."""

    trail: str
    region: str
    account: str
    organization: str = ""


class Owed(NamedTuple):
    """Log files that processing delays kept out of the digest of their hour."""

    starts_at: datetime
    ends_at: datetime
    logs: Sequence[DeliveredLog]


@dataclass(slots=True)
class _Stream:
    """Records waiting for a log file, files waiting for a digest.

    `hour_began` is the start of the next digest; None while no chain is open. `closes_at`: when validation
    was switched off, up to where the digest of that hour still tells. `leaving`: the trail covers this place
    no more, and only what it has still is delivered. `delay_next`: the next log file will be missing from its
    digest.
    """

    waiting: list[tuple[datetime, Record]] = field(default_factory=list)
    delivered: list[tuple[datetime, DeliveredLog]] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    late: set[str] = field(default_factory=set)
    previous: SignedDigest | None = None
    previous_backfill: SignedDigest | None = None
    hour_began: datetime | None = None
    closes_at: datetime | None = None
    leaving: bool = False
    delay_next: bool = False
    files: int = 0

    def end(self) -> None:
        """End the chain: log files that are delivered but not yet in a digest will never be in one."""
        self.previous = self.hour_began = self.closes_at = None
        self.delivered = []


class TrailFiles:
    """The log files and digests of every trail. `find_trail` gives moto's model by ARN, as it is now."""

    def __init__(self, setting: Setting, find_trail: FindTrail) -> None:
        self._setting = setting
        self._find_trail = find_trail
        self.access = Access(setting)
        self._streams: dict[Place, _Stream] = {}
        self._statuses: dict[str, Deliveries] = {}
        self._turning: set[str] = set()

    def status(self, arn: str) -> Deliveries:
        """How a trail's deliveries went, by its ARN."""
        return self._statuses.setdefault(arn, Deliveries())

    def begin(self, trail: Any, regions: Iterable[str]) -> None:
        """A trail starts to log in these regions: new chains, and its turns if they don't go already."""
        for place in self._places(trail, regions):
            self._begin(trail, place)
        if trail.arn in self._turning:
            return
        self._turning.add(trail.arn)
        after = self._setting.clock.after
        after(LOG_FILE_EVERY.total_seconds(), lambda: self._log_file_turn(trail.arn), "log files")
        first = DIGEST_EVERY.total_seconds() + DIGEST_WRITTEN_AFTER_SECONDS
        after(first, lambda: self._digest_turn(trail.arn), "digests")

    def _begin(self, trail: Any, place: Place) -> None:
        now, stream = self._setting.clock.now, self._of(place)
        if stream.hour_began is not None:  # stopped and started within the hour
            self._write_digest(trail, place, stream, min(now, stream.closes_at or now))
        stream.end()
        stream.leaving = False
        stream.hour_began = now if trail.log_validation else None

    def changed(self, trail: Any, regions: Iterable[str]) -> None:
        """A trail that logs was updated: it may cover other regions or accounts now, validated or not."""
        covered = set(self._places(trail, regions))
        for place, stream in self._streams_of(trail.arn):
            stream.leaving = place not in covered
            if stream.hour_began is not None and stream.closes_at is None and not trail.log_validation:
                stream.closes_at = self._setting.clock.now
        for place in self._places(trail, regions) if trail.log_validation else ():
            stream = self._of(place)
            if stream.closes_at is not None or stream.hour_began is None:
                self._begin(trail, place)

    def take(self, trail: Any, region: str, record: Record, ripe: datetime) -> None:
        """Take a record into a log file that is written at `ripe` or later."""
        account = str(record.get("recipientAccountId", self._setting.account))
        for place in self._places(trail, (region,)):
            if place.account == account:
                self._of(place).waiting.append((ripe, record))

    def delay_next(self, region: str) -> None:
        """Have each trail's next log file of a region miss its digest; a backfill digest tells of it."""
        for place, stream in self._streams.items():
            if place.region == region:
                stream.delay_next = True

    def _of(self, place: Place) -> _Stream:
        return self._streams.setdefault(place, _Stream())

    def _places(self, trail: Any, regions: Iterable[str]) -> Iterator[Place]:
        for region in regions:
            for organization, account in accounts_of(self._setting.account, trail):
                yield Place(trail.arn, region, account, organization)

    def _streams_of(self, arn: str) -> list[tuple[Place, _Stream]]:
        return [(place, stream) for place, stream in self._streams.items() if place.trail == arn]

    # ---- log files ------------------------------------------------------------------------------

    def _log_file_turn(self, arn: str) -> None:
        trail = self._find_trail(arn)
        for place, stream in self._streams_of(arn):
            self._write_log_files(trail, place, stream)
        self._setting.clock.after(
            LOG_FILE_EVERY.total_seconds(), lambda: self._log_file_turn(arn), "log files"
        )

    def _write_log_files(self, trail: Any, place: Place, stream: _Stream) -> None:
        now = self._setting.clock.now
        ripe = [each for each in stream.waiting if each[0] <= now]
        if not ripe:
            return
        stream.waiting = [each for each in stream.waiting if each[0] > now]
        written = []
        for kind in sorted({_kind(record) for _, record in ripe}):
            mine = [each for each in ripe if _kind(each[1]) == kind]
            for file in packed([record for _, record in mine]):
                key = self._log_file_key(trail, place, stream, kind)
                if self._deliver(trail, key, file.body, {}):
                    stream.delivered.append((now, _delivered(trail.bucket_name, key, file)))
                    written.append(key)
                    if stream.delay_next:
                        stream.late.add(key)
                        stream.delay_next = False
                else:
                    self._wait(trail, stream, [each for each in mine if each[1] in file.records])
        if written:
            self._notify(trail, written)

    def _log_file_key(self, trail: Any, place: Place, stream: _Stream, kind: str) -> str:
        stream.files += 1
        whose = "" if place.account == self._setting.account else place.account
        unique = hashlib.sha256(f"{place.trail}{place.region}{whose}{stream.files}".encode()).hexdigest()
        return str(
            LogFileKey(
                prefix=trail.s3_key_prefix or "",
                organization=place.organization,
                account=place.account,
                region=place.region,
                delivered_at=self._setting.clock.now,
                unique=unique[:16],
                kind=kind,
            )
        )

    def _wait(self, trail: Any, stream: _Stream, records: Sequence[tuple[datetime, Record]]) -> None:
        """Try again with the next log file, until it is too late."""
        since = self._setting.clock.now - REDELIVERED_FOR
        kept = [each for each in records if each[0] > since]
        stream.waiting = kept + stream.waiting
        if len(kept) < len(records):
            self._setting.note("lost", f"CloudTrail gave up delivering to {trail.bucket_name}")

    def _deliver(self, trail: Any, key: str, body: bytes, metadata: Mapping[str, str]) -> bool:
        """Put an object, as far as the policies of bucket and key let CloudTrail."""
        status = self.status(trail.arn)
        attempts = status.digests if metadata else status.log_files
        kms_key, denial = self._key_of(trail)
        denial = denial or self.access.put_object(trail, key, body, metadata, kms_key)
        if attempts.note(self._setting.clock.now, denial.error if denial else "") and denial:
            self._setting.note("undelivered", denial.words)
        return denial is None

    def _key_of(self, trail: Any) -> tuple[str, Denial | None]:
        """The ARN of the trail's own key, "" for none, or that it is gone."""
        if not trail.kms_key_id:
            return "", None
        found = moto_secrets.kms_key(trail.kms_key_id, self._setting.account, trail.region_name)
        if found is None:
            return "", Denial("KMS.NotFoundException", f"the key {trail.kms_key_id} is gone")
        return str(found.arn), None

    def _notify(self, trail: Any, keys: Sequence[str]) -> None:
        """Tell the trail's topic which log files are there."""
        if not trail.topic_arn:
            return
        message = json.dumps({"s3Bucket": trail.bucket_name, "s3ObjectKey": list(keys)})
        refusal = self._setting.deliveries.hand_over(
            trail.topic_arn, Notification(text=message), by=SERVICE, source=trail.arn
        )
        error = _SNS_ERRORS[refusal.missing] if refusal else ""
        if self.status(trail.arn).notifications.note(self._setting.clock.now, error) and refusal:
            self._setting.note("lost", f"CloudTrail could not notify {trail.topic_arn} ({refusal.missing})")

    # ---- digests --------------------------------------------------------------------------------

    def _digest_turn(self, arn: str) -> None:
        trail = self._find_trail(arn)
        ended = self._setting.clock.now - timedelta(seconds=DIGEST_WRITTEN_AFTER_SECONDS)
        for place, stream in self._streams_of(arn):
            self._write_backfill(trail, place, stream)
            self._digest_due(trail, place, stream, ended)
        self._setting.clock.after(DIGEST_EVERY.total_seconds(), lambda: self._digest_turn(arn), "digests")

    def _digest_due(self, trail: Any, place: Place, stream: _Stream, ended: datetime) -> None:
        if stream.hour_began is None:
            stream.delivered = []  # no chain is open: these are never digested
            return
        until = min(ended, stream.closes_at or ended)
        if stream.hour_began < until:
            self._write_digest(trail, place, stream, until)
        closed = stream.closes_at is not None and stream.closes_at <= ended
        goes_on = trail.status.is_logging and not stream.leaving
        if closed or not (goes_on or stream.waiting or stream.delivered):
            stream.end()

    def _write_digest(self, trail: Any, place: Place, stream: _Stream, ended: datetime) -> None:
        assert stream.hour_began is not None
        in_time = [log for at, log in stream.delivered if at <= ended]
        late = [log for log in in_time if log.key in stream.late]
        digest = write_digest(
            self._chain(trail, place),
            bucket=trail.bucket_name,
            starts_at=stream.hour_began,
            ends_at=ended,
            logs=[log for log in in_time if log not in late],
            previous=stream.previous,
            key=key_at(place.region, ended),
        )
        if self._deliver(trail, digest.key, digest.body, digest.metadata):
            if late:
                stream.owed.append(Owed(stream.hour_began, ended, late))
            stream.previous = digest
            stream.hour_began = ended
            stream.delivered = [each for each in stream.delivered if each[1] not in in_time]

    def _write_backfill(self, trail: Any, place: Place, stream: _Stream) -> None:
        """Tell, an hour late, of log files that the digest of their hour left out."""
        for owed in tuple(stream.owed):
            digest = write_digest(
                self._chain(trail, place, backfill=True),
                bucket=trail.bucket_name,
                starts_at=owed.starts_at,
                ends_at=owed.ends_at,
                logs=owed.logs,
                previous=stream.previous_backfill,
                generated_at=self._setting.clock.now,
                key=key_at(place.region, self._setting.clock.now),
            )
            if self._deliver(trail, digest.key, digest.body, digest.metadata):
                stream.previous_backfill = digest
                stream.owed.remove(owed)

    def _chain(self, trail: Any, place: Place, *, backfill: bool = False) -> Chain:
        return Chain(
            prefix=trail.s3_key_prefix or "",
            organization=place.organization,
            account=place.account,
            region=place.region,
            trail=trail.trail_name,
            home_region=trail.region_name,
            backfill=backfill,
        )


def _kind(record: Record) -> str:
    """The folder of a record's log file; Insights events have their own."""
    return "CloudTrail-Insight" if record.get("eventCategory") == "Insight" else "CloudTrail"


def _delivered(bucket: str, key: str, file: Packed) -> DeliveredLog:
    times = [datetime.fromisoformat(record["eventTime"]) for record in file.records]
    return DeliveredLog(
        bucket=bucket, key=key, sha256=file.sha256, oldest_event=min(times), newest_event=max(times)
    )
