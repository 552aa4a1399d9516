"""The delivery channel: files in a bucket, messages to a topic, events on the bus, and their status.

Config writes under the recorder's role, and where that may not, in its own name. A history file has the
items of one type of six hours; there is no file for each resource, but of items that are too large to send.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html,
https://docs.aws.amazon.com/config/latest/developerguide/sns-topic-policy.html,
https://docs.aws.amazon.com/config/latest/developerguide/example-sns-notification.html,
https://docs.aws.amazon.com/config/latest/developerguide/example-configuration-history-notification.html,
https://docs.aws.amazon.com/config/latest/developerguide/example-configuration-snapshot-notification.html,
https://docs.aws.amazon.com/config/latest/developerguide/oversized-notification-example.html,
https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
"""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.config.changes import diff_of
from scenarios.cloud.config.items import Item, without_nulls
from scenarios.cloud.config.recorder import Recorders
from scenarios.cloud.config.resource_types.view import SERVICE
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.deliveries import AssumedRole, By, Missing, Notification, Object, Refusal
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.moments import iso_milliseconds
from scenarios.cloud.setting import Setting

ITEM_CHANGE, SNAPSHOT, HISTORY = (
    "Config Configuration Item Change",
    "Config Configuration Snapshot Delivery Status",
    "Config Configuration History Delivery Status",
)
COMPLIANCE, EVALUATION = "Config Rules Compliance Change", "Config Rules Re-evaluation Status"
EVENTS = (
    EmittedEvents(source="aws.config", detail_types=(ITEM_CHANGE, SNAPSHOT, HISTORY, COMPLIANCE, EVALUATION)),
)
LONGEST_SUBJECT: Final = 100
LARGEST_BYTES: Final = 256 * 1024
HISTORY_SECONDS, SENT_SECONDS, SNAPSHOT_SECONDS = 6 * 3600.0, 2.0, 20.0
HOURS: Final[Mapping[str, int]] = {
    "One_Hour": 1,
    "Three_Hours": 3,
    "Six_Hours": 6,
    "Twelve_Hours": 12,
    "TwentyFour_Hours": 24,
}


@dataclass(slots=True)
class _Told:
    """How one kind of delivery went: as DescribeDeliveryChannelStatus shows it."""

    status: str = ""
    at: datetime | None = None
    succeeded: datetime | None = None
    error: tuple[str, str] | None = None


@dataclass(slots=True)
class _Region:
    written: datetime | None = None  # until when items are in history files
    runs: int = 0
    told: dict[str, _Told] = field(default_factory=dict)


class Channels:
    """The delivery channels of the account, one a region."""

    def __init__(self, setting: Setting, recorders: Recorders) -> None:
        self._setting = setting
        self._recorders = recorders
        self._regions: dict[str, _Region] = {}
        self._heard_snapshot: list[Callable[[str, dict[str, Any]], None]] = []
        recorders.when_recorded(self._recorded)
        recorders.when_started(self._started)
        setting.calls.check("config", "PutDeliveryChannel", self._may_deliver)
        setting.calls.answer("config", "DescribeDeliveryChannelStatus", self._described)
        setting.calls.answer("config", "DeliverConfigSnapshot", self._snapshot_asked)

    def when_snapshot(self, heard: Callable[[str, dict[str, Any]], None]) -> None:
        """Have something told of each snapshot that was delivered: region and message."""
        self._heard_snapshot.append(heard)

    # ---- ways ---------------------------------------------------------------------------------------

    def channel(self, region: str) -> Any | None:
        """The region's channel as moto keeps it."""
        channels = moto_state.backend("config", self._setting.account, region).delivery_channels
        return next(iter(channels.values()), None)

    def tell(self, region: str, kind: str, subject: str, message: Mapping[str, Any], *resources: str) -> None:
        """Send a message to the channel's topic, and as an event."""
        channel = self.channel(region)
        if channel is not None and channel.sns_topic_arn:
            given = Notification(subject=subject_of(region, subject), text=json.dumps(message))
            refusal = self._hand_over(region, channel.sns_topic_arn, given)
            self._note(region, "stream", refusal)
        event = self._setting.service_event(region, "aws.config", kind, resources, without_nulls(message))
        self._setting.announce(region, event, by=SERVICE)

    def put(self, region: str, key: str, body: Mapping[str, Any]) -> Refusal | None:
        """Put a file into the channel's bucket, packed."""
        channel = self.channel(region)
        if channel is None:
            return None
        packed = gzip.compress(json.dumps(body).encode(), mtime=0)
        given = Object(body=packed, kms_key=channel.s3_kms_key_arn or "")
        return self._hand_over(region, f"arn:aws:s3:::{channel.s3_bucket_name}/{key}", given)

    def key(self, region: str, folder: str, name: str) -> str:
        """The key of a file written now: neither month nor day has a zero before it."""
        channel = self.channel(region)
        prefix = (channel.s3_key_prefix or "") if channel is not None else ""
        return file_key(self._setting.account, region, self._setting.clock.now, folder, name, prefix=prefix)

    def _hand_over(self, region: str, arn: str, given: object) -> Refusal | None:
        source = f"arn:aws:config:{region}:{self._setting.account}:*"
        refusal: Refusal | None = None
        for by in self._names(region):
            refusal = self._setting.deliveries.hand_over(arn, given, by=by, source=source)
            if refusal is None:
                return None
        return refusal

    def _names(self, region: str) -> Iterable[By]:
        """In whose names Config delivers: the recorder's role, then its own."""
        recorder = self._recorders.recorder(region)
        return (
            *(() if recorder is None else (AssumedRole(arn=recorder.role_arn, service=SERVICE),)),
            SERVICE,
        )

    # ---- channels that are put ----------------------------------------------------------------------

    def _may_deliver(self, asked: Asked) -> None:
        """Config tries with a file of its own whether it may write."""
        given, region = asked.parameters["DeliveryChannel"], asked.region
        prefix = given.get("s3KeyPrefix")
        path = f"{prefix}/" if prefix else ""
        key = f"{path}AWSLogs/{self._setting.account}/Config/ConfigWritabilityCheckFile"
        body = Object(body=b"", kms_key=given.get("s3KmsKeyArn") or "")
        refusal = self._hand_over(region, f"arn:aws:s3:::{given['s3BucketName']}/{key}", body)
        if refusal is not None:
            kms = f", provided kms key is '{given.get('s3KmsKeyArn') or 'null'}'"
            raise Refused(
                "InsufficientDeliveryPolicyException",
                f"Insufficient delivery policy to s3 bucket: {given['s3BucketName']}, unable to write to "
                f"bucket, provided s3 key prefix is '{prefix or 'null'}'{kms}.",
            )

    # ---- items --------------------------------------------------------------------------------------

    def _recorded(self, item: Item, before: Item | None) -> None:
        for region in self._recorders.regions_of(item):
            tell = partial(self._tell_of_item, region, item, before)
            self._setting.clock.after(SENT_SECONDS, tell, "AWS Config tells of an item")

    def _tell_of_item(self, region: str, item: Item, before: Item | None) -> None:
        verb = (
            "Deleted" if item.is_deleted else "Created" if before is None or before.is_deleted else "Updated"
        )
        found = item.found
        message: dict[str, Any] = {
            "configurationItemDiff": diff_of(item, before),
            "configurationItem": item.sent(),
            "notificationCreationTime": iso_milliseconds(self._setting.clock.now),
            "messageType": "ConfigurationItemChangeNotification",
            "recordVersion": "1.3",
        }
        if len(json.dumps(message)) > LARGEST_BYTES:
            message = self.oversized(region, item, message)
        subject = item_subject(found.type, found.id, verb, item.account)
        self.tell(region, ITEM_CHANGE, subject, message, *([found.arn] if found.arn else []))

    def oversized(self, region: str, item: Item, message: Mapping[str, Any]) -> dict[str, Any]:
        """An item that is too large: it lies in a file of its own, and the message says where."""
        found, now = item.found, self._setting.clock.now
        name = f"ChangeNotification_{found.type}_{found.id}_{now:%Y%m%dT%H%M%SZ}_0.json.gz"
        key = self.key(region, f"OversizedChangeNotification/{found.type}/{found.id}", name)
        refusal = self.put(region, key, message)
        channel = self.channel(region)
        bucket = channel.s3_bucket_name if channel is not None else ""
        left_out = ("configuration", "supplementaryConfiguration", "relationships", "relatedEvents", "tags")
        sent = message["configurationItem"]
        summary = {name: value for name, value in sent.items() if name not in left_out}
        return {
            "configurationItemSummary": {
                "changeType": message["configurationItemDiff"]["changeType"],
                **summary,
            },
            "s3DeliverySummary": {
                "s3BucketLocation": f"{bucket}/{key}",
                "errorCode": refusal.missing.value if refusal else None,
                "errorMessage": refusal.because if refusal else None,
            },
            "notificationCreationTime": message["notificationCreationTime"],
            "messageType": "OversizedConfigurationItemChangeNotification",
            "recordVersion": "1.0",
        }

    # ---- history files ------------------------------------------------------------------------------

    def _started(self, region: str) -> None:
        known = self._regions.setdefault(region, _Region())
        known.runs += 1
        known.written = known.written or self._setting.clock.now
        self._later(region, known.runs)
        self._next_snapshot(region, known.runs)

    def _later(self, region: str, run: int) -> None:
        write = partial(self._write_history, region, run)
        self._setting.clock.after(HISTORY_SECONDS, write, "AWS Config writes its history files")

    def _write_history(self, region: str, run: int) -> None:
        if self._regions[region].runs == run and self._recorders.records(region):
            self.write_history(region)
            self._later(region, run)

    def write_history(self, region: str) -> None:
        """Six hours are over: write what was recorded since the last files, one for each type."""
        known = self._regions[region]
        begun, known.written = known.written, self._setting.clock.now
        by_type: dict[str, list[Item]] = {}
        for items in self._recorders.of(region).items.values():
            for item in items:
                if item.is_recorded and (begun is None or begun < item.captured <= known.written):
                    by_type.setdefault(item.found.type, []).append(item)
        for kind, items in sorted(by_type.items()):
            self._write_file(region, kind, sorted(items, key=lambda each: each.captured))

    def _write_file(self, region: str, kind: str, items: list[Item]) -> None:
        name = history_name(kind, items[0].captured, items[-1].captured)
        key = self.key(region, "ConfigHistory", name)
        refusal = self.put(region, key, self._file(items))
        self._note(region, "history", refusal)
        if refusal is None:
            self._tell_of_file(region, HISTORY, "ConfigurationHistoryDeliveryCompleted", key, {})

    def _file(self, items: Iterable[Item], **more: str) -> dict[str, Any]:
        return {
            "fileVersion": "1.0",
            **more,
            "requestId": self._setting.new_uuid("config.request"),
            "configurationItems": [each.sent() for each in items],
        }

    def _tell_of_file(
        self, region: str, kind: str, message_type: str, key: str, more: Mapping[str, str]
    ) -> None:
        channel, now = self.channel(region), self._setting.clock.now
        place = {"s3ObjectKey": key, "s3Bucket": channel.s3_bucket_name if channel is not None else ""}
        message = {
            **more,
            **(place if key else {}),
            "notificationCreationTime": iso_milliseconds(now),
            "messageType": message_type,
            "recordVersion": "1.1",
        }
        words = "Configuration History" if kind == HISTORY else "Configuration Snapshot"
        ending = message_type.rpartition("Delivery")[2]
        if message_type == "ConfigurationSnapshotDeliveryCompleted":
            for heard in self._heard_snapshot:
                heard(region, message)
        self.tell(region, kind, f"{words} Delivery {ending} for Account {self._setting.account}", message)

    # ---- snapshots ----------------------------------------------------------------------------------

    def _snapshot_asked(self, asked: Asked) -> dict[str, Any]:
        backend = moto_state.backend("config", self._setting.account, asked.region)
        name = asked.parameters["deliveryChannelName"]
        if name not in backend.delivery_channels:
            raise Refused(
                "NoSuchDeliveryChannelException",
                f"Cannot find delivery channel with specified name '{name}'.",
            )
        if not backend.recorders:
            raise Refused(
                "NoAvailableConfigurationRecorderException",
                "There are no configuration recorders available to provide the role needed to describe your "
                "resources.",
            )
        if not self._recorders.records(asked.region):
            raise Refused(
                "NoRunningConfigurationRecorderException", "There is no configuration recorder running."
            )
        return {"configSnapshotId": self._deliver_snapshot(asked.region)}

    def _next_snapshot(self, region: str, run: int) -> None:
        channel = self.channel(region)
        wanted = channel.config_snapshot_delivery_properties if channel is not None else None
        if wanted is not None:
            seconds = HOURS[wanted.delivery_frequency] * 3600.0
            deliver = partial(self._regular_snapshot, region, run)
            self._setting.clock.after(seconds, deliver, "AWS Config delivers a snapshot")

    def _regular_snapshot(self, region: str, run: int) -> None:
        if self._regions[region].runs == run and self._recorders.records(region):
            self._deliver_snapshot(region)
            self._next_snapshot(region, run)

    def _deliver_snapshot(self, region: str) -> str:
        identity = self._setting.new_uuid("config.snapshot")
        start = partial(
            self._tell_of_file,
            region,
            SNAPSHOT,
            "ConfigurationSnapshotDeliveryStarted",
            "",
            {"configSnapshotId": identity},
        )
        self._setting.clock.after(SENT_SECONDS, start, "AWS Config begins a snapshot")
        write = partial(self._write_snapshot, region, identity)
        self._setting.clock.after(SNAPSHOT_SECONDS, write, "AWS Config writes a snapshot")
        return identity

    def _write_snapshot(self, region: str, identity: str) -> None:
        key = self.key(region, "ConfigSnapshot", snapshot_name(self._setting.clock.now, identity))
        items = list(self._recorders.of(region).present())
        refusal = self.put(region, key, self._file(items, configSnapshotId=identity))
        self._note(region, "snapshot", refusal)
        ending = "Failed" if refusal else "Completed"
        self._tell_of_file(
            region,
            SNAPSHOT,
            f"ConfigurationSnapshotDelivery{ending}",
            "" if refusal else key,
            {"configSnapshotId": identity},
        )

    # ---- status -------------------------------------------------------------------------------------

    def _note(self, region: str, what: str, refusal: Refusal | None) -> None:
        now = self._setting.clock.now
        told = self._regions.setdefault(region, _Region()).told.setdefault(what, _Told())
        told.at = now
        if refusal is None:
            told.status, told.succeeded, told.error = "SUCCESS", now, None
            return
        code = "NoSuchBucket" if refusal.missing is Missing.RESOURCE else "AccessDenied"
        told.status, told.error = "FAILURE", (code, refusal.because)
        self._setting.note("config", f"AWS Config could not deliver: {refusal.because}")

    def _described(self, asked: Asked) -> dict[str, Any]:
        channels = moto_state.backend("config", self._setting.account, asked.region).delivery_channels
        names = asked.parameters.get("DeliveryChannelNames") or list(channels)
        for name in names:
            if name not in channels:
                raise Refused(
                    "NoSuchDeliveryChannelException",
                    f"Cannot find delivery channel with specified name '{name}'.",
                )
        told = self._regions.get(asked.region, _Region()).told
        shown = {
            "configSnapshotDeliveryInfo": _delivery(told.get("snapshot", _Told())),
            "configHistoryDeliveryInfo": _delivery(told.get("history", _Told())),
            "configStreamDeliveryInfo": _stream(told.get("stream", _Told())),
        }
        return {"DeliveryChannelsStatus": [{"name": name, **shown} for name in names]}


def file_key(account: str, region: str, at: datetime, folder: str, name: str, *, prefix: str = "") -> str:
    """The key of a file: neither month nor day has a zero before it."""
    above = f"{prefix}/" if prefix else ""
    day = f"{at.year}/{at.month}/{at.day}"
    return f"{above}AWSLogs/{account}/Config/{region}/{day}/{folder}/{account}_Config_{region}_{name}"


def history_name(kind: str, first: datetime, last: datetime) -> str:
    """The end of a history file's name: a type, and when its first and last items were captured."""
    return f"ConfigHistory_{kind}_{first:%Y%m%dT%H%M%SZ}_{last:%Y%m%dT%H%M%SZ}_1.json.gz"


def snapshot_name(at: datetime, identity: str) -> str:
    """The end of a snapshot's name."""
    return f"ConfigSnapshot_{at:%Y%m%dT%H%M%SZ}_{identity}.json.gz"


def subject_of(region: str, words: str) -> str:
    """The subject of a message to the topic, cut where SNS takes no more."""
    subject = f"[AWS Config:{region}] {words}"
    return subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 3]}..."


def item_subject(kind: str, identity: str, verb: str, account: str) -> str:
    """What a message about an item says: `Created`, `Updated` or `Deleted`."""
    return f"{kind} {identity} {verb} in Account {account}"


def _delivery(told: _Told) -> dict[str, Any]:
    found = {
        "lastStatus": told.status,
        "lastErrorCode": told.error[0] if told.error else None,
        "lastErrorMessage": told.error[1] if told.error else None,
        "lastAttemptTime": told.at,
        "lastSuccessfulTime": told.succeeded,
    }
    return {name: value for name, value in found.items() if value}


def _stream(told: _Told) -> dict[str, Any]:
    found = _delivery(told)
    found.pop("lastSuccessfulTime", None)
    at = found.pop("lastAttemptTime", None)
    return {**found, **({"lastStatusChangeTime": at} if at else {})}
