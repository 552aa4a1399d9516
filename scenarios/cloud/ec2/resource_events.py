"""What EventBridge hears of EC2's resources beside instances: volumes, snapshots, tags.

A volume is there at once, a snapshot after some minutes. What an instance is launched with (its volumes, its
tags) tells nothing here; neither do failures, modifications, archiving and fast restores of snapshots.

Sources: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html,
https://docs.aws.amazon.com/tag-editor/latest/userguide/tag-monitor.html
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.ec2.ids import resource_type
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.setting import Setting

SERVICE: Final = "ec2.amazonaws.com"
VOLUME, SNAPSHOT = "EBS Volume Notification", "EBS Snapshot Notification"
TAGS: Final = "Tag Change on Resource"
EVENTS = (
    EmittedEvents(
        source="aws.ec2", detail_types=("EC2 Instance State-change Notification", VOLUME, SNAPSHOT)
    ),
    EmittedEvents(source="aws.tag", detail_types=(TAGS,)),
)
EVENT_SECONDS, SNAPSHOT_SECONDS = 2.0, 120.0


class ResourceEvents:
    """Hears of what is done to volumes, snapshots and tags."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._tags_before: dict[str, Mapping[str, str]] = {}
        self._versions: dict[str, int] = {}
        calls = setting.calls
        calls.after("ec2", "CreateVolume", self._volume_made)
        calls.after("ec2", "DeleteVolume", self._volume_gone)
        calls.after("ec2", "CreateSnapshot", self._snapshot_made)
        for operation in ("CreateTags", "DeleteTags"):
            calls.check("ec2", operation, self._remember_tags)
            calls.after("ec2", operation, self._tagged)

    # ---- volumes and snapshots --------------------------------------------------------------------

    def _volume_made(self, call: ApiCall) -> None:
        self._tell_of_volume(call, (call.response or {})["VolumeId"], "available")

    def _volume_gone(self, call: ApiCall) -> None:
        self._tell_of_volume(call, call.parameters["VolumeId"], "deleted")

    def _tell_of_volume(self, call: ApiCall, volume: str, result: str) -> None:
        name = f"{call.operation[0].lower()}{call.operation[1:]}"
        detail = {"result": result, "cause": "", "event": name, "request-id": self._request()}
        self._tell(call.region, "aws.ec2", VOLUME, self._arn(call.region, volume), detail)

    def _snapshot_made(self, call: ApiCall) -> None:
        snapshot = (call.response or {})["SnapshotId"]
        done = partial(
            self._snapshot_done, call.region, snapshot, call.parameters["VolumeId"], self._setting.clock.now
        )
        self._setting.clock.after(SNAPSHOT_SECONDS, done, "a snapshot is complete")

    def _snapshot_done(self, region: str, snapshot: str, volume: str, began: datetime) -> None:
        arn = f"arn:aws:ec2::{region}:snapshot/{snapshot}"  # AWS leaves the account out, and so
        detail = {
            "event": "createSnapshot",
            "result": "succeeded",
            "cause": "",
            "request-id": self._request(),
            "snapshot_id": arn,
            "source": f"arn:aws:ec2::{region}:volume/{volume}",
            "startTime": f"{began:%Y-%m-%dT%H:%M:%SZ}",
            "endTime": f"{self._setting.clock.now:%Y-%m-%dT%H:%M:%SZ}",
        }
        self._tell(region, "aws.ec2", SNAPSHOT, arn, detail)

    # ---- tags -------------------------------------------------------------------------------------

    def _remember_tags(self, asked: Asked) -> None:
        self._tags_before = {
            resource: self._tags(asked.region, resource) for resource in asked.parameters["Resources"]
        }

    def _tagged(self, call: ApiCall) -> None:
        before, self._tags_before = self._tags_before, {}
        for resource, old in before.items():
            new = self._tags(call.region, resource)
            changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
            if changed:
                self._tell_of_tags(call.region, resource, changed, new)

    def _tell_of_tags(self, region: str, resource: str, changed: list[str], tags: Mapping[str, str]) -> None:
        self._versions[resource] = self._versions.get(resource, 0) + 1
        detail = {
            "changed-tag-keys": changed,
            "service": "ec2",
            "resource-type": resource_type(resource),
            "version": self._versions[resource],
            "tags": dict(tags),
        }
        self._tell(region, "aws.tag", TAGS, self._arn(region, resource), detail)

    def _tags(self, region: str, resource: str) -> Mapping[str, str]:
        found = moto_state.backend("ec2", self._setting.account, region).tags.get(resource, {})
        return dict(found)

    # ---- telling ----------------------------------------------------------------------------------

    def _tell(self, region: str, source: str, what: str, arn: str, detail: Mapping[str, Any]) -> None:
        event = self._setting.service_event(region, source, what, [arn], detail)
        tell = partial(self._setting.announce, region, event, by=SERVICE)
        self._setting.clock.after(EVENT_SECONDS, tell, what)

    def _arn(self, region: str, resource: str) -> str:
        return f"arn:aws:ec2:{region}:{self._setting.account}:{resource_type(resource)}/{resource}"

    def _request(self) -> str:
        return self._setting.new_uuid("ec2.request")
