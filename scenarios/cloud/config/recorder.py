"""The recorder: what changed is described under the recorder's role some minutes later, and becomes an item.

Config notices a change by the call that made it, and reads the resources of that service anew; where one
differs from its last item, that is a new one. Changes that follow each other faster than Config looks become
one item, which has all of them, as AWS says. A resource's relations are part of it, so a group gets an item
when a network interface leaves it. Of a type that isn't recorded there is no more than that a resource was
made or deleted (`unrecorded`).

AWS promises minutes and no number: here 1 to 3; queues 10 to 15, IAM 5 to 15, as users report them.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/how-does-config-work.html,
https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingMode.html,
https://aws.amazon.com/config/faq/
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from scenarios.cloud.config.items import GLOBAL, Found, Item, Status
from scenarios.cloud.config.recording import records
from scenarios.cloud.config.resource_types.all_types import BY_SERVICE, TYPES
from scenarios.cloud.config.resource_types.ec2 import reached
from scenarios.cloud.config.resource_types.remembered import Remembered
from scenarios.cloud.config.resource_types.view import SERVICE, MayNotLook, ResourceType, Told, View
from scenarios.cloud.config.unrecorded import Seen, seen_in
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.kernel.texts import texts_of
from scenarios.cloud.setting import Setting

KIND: Final = "AWS::Config::ConfigurationRecorder"
_DELAY_SECONDS: Final[Mapping[str, tuple[float, float]]] = {"iam": (300, 900), "sqs": (600, 900)}
_USUAL_DELAY_SECONDS: Final = (60.0, 180.0)
_INVENTORY_SECONDS, _AGAIN_SECONDS, _DAY_SECONDS = 60.0, 60.0, 86_400.0
_Heard = Callable[[Item, Item | None], None]
"""Told of a new item and of the one before it."""


@dataclass(slots=True)
class Notice:
    """What calls said since Config looked last; None stands for all.

    `ids`: of what they may have changed, by type. `texts`: every text in them.
    """

    ids: dict[str, set[str]] | None = field(default_factory=dict)
    texts: set[str] | None = field(default_factory=set)

    def take(self, ids: Mapping[str, Collection[str]] | None, texts: Collection[str] | None) -> None:
        """Take in one call."""
        self.texts = None if self.texts is None or texts is None else self.texts | set(texts)
        if self.ids is None or ids is None:
            self.ids = None
            return
        for kind, some in ids.items():
            self.ids.setdefault(kind, set()).update(some)


@dataclass(slots=True)
class Recording:
    """What one region's recorder has recorded: the items of each resource, oldest first."""

    items: dict[tuple[str, str], list[Item]] = field(default_factory=dict)
    waiting: dict[str, Notice] = field(default_factory=dict)  # by service
    remembered: Remembered = field(default_factory=Remembered)
    denied: set[str] = field(default_factory=set)  # services of which the last look was denied something
    days: int = 0  # counts up with each start, so that the daily look of an earlier one ends

    def last(self, key: tuple[str, str]) -> Item | None:
        """The newest item of a resource."""
        found = self.items.get(key)
        return found[-1] if found else None

    def of_type(self, kind: str, ids: Collection[str] | None = None) -> list[Item]:
        """The newest item of every resource of a type that is there; `ids`: of these alone."""
        if ids is None:
            return [item for item in self.present() if item.found.type == kind]
        found = (self.last((kind, each)) for each in ids)
        return [item for item in found if item is not None and item.is_there]

    def present(self) -> Iterator[Item]:
        """The newest item of every resource that is there, and recorded."""
        return (found[-1] for found in self.items.values() if found[-1].is_there)


class Recorders:
    """The recorders of the account, one a region."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._regions: dict[str, Recording] = {}
        self._listens = False
        self._heard: list[_Heard] = []
        self._started: list[Callable[[str], None]] = []
        setting.calls.after("config", "StartConfigurationRecorder", lambda call: self._start(call.region))
        setting.calls.after("config", "StopConfigurationRecorder", self._stop)

    # ---- for the other laws of Config ---------------------------------------------------------------

    def when_recorded(self, heard: _Heard) -> None:
        """Have something told of each new item."""
        self._heard.append(heard)

    def when_started(self, started: Callable[[str], None]) -> None:
        """Have something told of the region in which a recorder was started."""
        self._started.append(started)

    def of(self, region: str) -> Recording:
        """What was recorded in a region."""
        return self._regions.setdefault(region, Recording())

    def regions_of(self, item: Item) -> list[str]:
        """The region whose recorder has made an item; a global one stands in none of its own."""
        if item.region != GLOBAL:
            return [item.region]
        key = item.found.key
        return [
            name
            for name, known in self._regions.items()
            if any(item is each for each in known.items.get(key, ()))
        ]

    def recorder(self, region: str) -> Any | None:
        """The region's recorder as moto keeps it."""
        return next(
            iter(moto_state.backend("config", self._setting.account, region).recorders.values()), None
        )

    def records(self, region: str) -> bool:
        """Whether it is recording."""
        found = self.recorder(region) if region in self._regions else None
        return found is not None and found.status.recording

    # ---- starting and stopping ----------------------------------------------------------------------

    def begin(self, stacks: Sequence[Stack]) -> None:
        """Start what the stacks have started; a world without a recorder has nothing more of Config."""
        for stack in stacks:
            if stack.of_type(KIND) and not self.records(stack.region):
                found = self.recorder(stack.region)
                if found is not None and found.status.recording:
                    self._start(stack.region)

    def _start(self, region: str) -> None:
        recording, now = self.of(region), self._setting.clock.now
        recording.days += 1
        found = self.recorder(region)
        if found is None:
            return
        found.status.last_start_time = found.status.last_status_change_time = now.timestamp()
        found.status.last_status = "PENDING"
        if not self._listens:
            self._listens = True
            self._setting.calls.after_everything(self._changed)
            self._setting.calls.after_services(self._changed)
        for service in BY_SERVICE:
            self._look_soon(region, service, _INVENTORY_SECONDS)
        self._tomorrow(region)
        for started in self._started:
            started(region)

    def _stop(self, call: ApiCall) -> None:
        found, now = self.recorder(call.region), self._setting.clock.now
        if found is not None:
            found.status.last_stop_time = found.status.last_status_change_time = now.timestamp()

    def _tomorrow(self, region: str) -> None:
        daily = partial(self._daily, region, self.of(region).days)
        self._setting.clock.after(_DAY_SECONDS, daily, "AWS Config records what it records daily")

    def _daily(self, region: str, days: int) -> None:
        if self.records(region) and self.of(region).days == days:
            for service in BY_SERVICE:
                self._look(region, service, daily=True)
            self._tomorrow(region)

    # ---- noticing -----------------------------------------------------------------------------------

    def _changed(self, call: ApiCall) -> None:
        service, known = call.service, self._setting.records[call.service]
        writes = not known.is_read_only(call.operation) and not known.is_data_event(call.operation)
        if call.error is not None or not writes:
            return
        for recording in self._regions.values():
            recording.remembered.forget(call)
        if service not in BY_SERVICE:
            return
        everywhere = known.is_global(call.region) or service in ("s3", "s3control")
        for region in self._regions if everywhere else (call.region,):
            if self.records(region):
                least, most = _DELAY_SECONDS.get(service, _USUAL_DELAY_SECONDS)
                seconds = self._setting.random("config.delay").uniform(least, most)
                self._look_soon(region, service, seconds, by=call)
                self._unrecorded(region, call, seconds)

    def _unrecorded(self, region: str, call: ApiCall, seconds: float) -> None:
        recorder = self.recorder(region)
        for seen in seen_in(call):
            if seen.region in ("", region) and not records(recorder, seen.type):
                add = partial(self._add_unrecorded, region, seen)
                self._setting.clock.after(seconds, add, "AWS Config hears of what it doesn't record")

    def _add_unrecorded(self, region: str, seen: Seen) -> None:
        """The item of a resource that was made or deleted, and of whose type nothing is recorded."""
        last = self.of(region).last((seen.type, seen.id))
        was_there = last is not None and not last.is_deleted
        if self.records(region) and was_there is seen.is_deleted:
            status = Status.DELETED_NOT_RECORDED if seen.is_deleted else Status.NOT_RECORDED
            self.add(region, seen.found, status)

    def _look_soon(self, region: str, service: str, seconds: float, *, by: ApiCall | None = None) -> None:
        """Look at a service's resources, once for all that changes until then; `by`: what told of it."""
        waiting = self.of(region).waiting
        known = service in waiting
        notice = waiting.setdefault(service, Notice())
        if by is None:
            notice.take(None, None)
        else:
            texts = set(texts_of(by.parameters)) | set(texts_of(by.response))
            known_last = partial(self._known, region)
            notice.take(reached(by.operation, texts, known_last) if service == "ec2" else None, texts)
        if not known:
            look = partial(self._look, region, service)
            self._setting.clock.after(seconds, look, f"AWS Config looks at {service}")

    def _look(self, region: str, service: str, *, daily: bool = False) -> None:
        recording, found = self.of(region), self.recorder(region)
        notice = recording.waiting.pop(service, None)
        if found is None or not found.status.recording:
            return
        first = found.status.last_status != "SUCCESS"
        wanted = [
            each
            for each in BY_SERVICE[service]
            if (frequency := records(found, each.name)) and (daily or frequency == "CONTINUOUS" or first)
        ]
        everything = daily or first or notice is None or service in recording.denied
        if everything:
            recording.remembered.clear()
        recording.denied.discard(service)
        texts, ids = (None, None) if everything or notice is None else (notice.texts, notice.ids)
        if ids is not None:
            wanted = [each for each in wanted if each.name in ids]
        if wanted and not self._may_assume(region, found.role_arn):
            recording.denied.add(service)
        elif wanted:
            told = Told(texts, partial(self._known, region), ids)
            view = View(self._setting, found.role_arn, region, told, recording.remembered)
            for each in wanted:
                self._take(region, each, view)

    def _known(self, region: str, key: tuple[str, str]) -> Found | None:
        last = self.of(region).last(key)
        return last.found if last is not None and last.is_there else None

    def _may_assume(self, region: str, role: str) -> bool:
        context = {"aws:SourceAccount": self._setting.account}
        may = self._setting.identity.service_may(SERVICE, "sts:AssumeRole", role, context).allowed
        if not may:
            self._failed(region, f"AWS Config may not assume {role}")
        return bool(may)

    def _take(self, region: str, kind: ResourceType, view: View) -> None:
        try:
            found = list(kind.look(view))
        except MayNotLook as denied:
            self._failed(region, f"AWS Config may not look at {kind.name}: {denied}")
            self.of(region).denied.add(kind.service)  # what these calls changed, the next look has to find
            return
        except ClientError as error:  # AWS's answer for a service that is overloaded, or a resource just gone
            self._setting.note("config", f"AWS Config could not look at {kind.name}: {error}")
            self._look_soon(region, kind.service, _AGAIN_SECONDS)
            return
        self._succeeded(region)
        self._record(region, kind, found, view.only(kind.name))
        if not all(each.settled for each in found):
            self._look_soon(region, kind.service, _AGAIN_SECONDS)

    def _record(
        self, region: str, kind: ResourceType, found: Sequence[Found], only: Collection[str] | None
    ) -> None:
        """Make items of what was found; the rest of what was looked for (`only`, None for all) is gone."""
        recording = self.of(region)
        for each in found:
            last = recording.last(each.key)
            if last is None or not last.is_there:
                self.add(region, each, Status.DISCOVERED)
            elif each is not last.found and replace(each, settled=True) != replace(last.found, settled=True):
                self.add(region, each, Status.OK)
        there = {each.key for each in found}
        for item in recording.of_type(kind.name, only):
            if item.found.key not in there:
                left = replace(item.found, relations=(), supplementary={}, tags={})
                self.add(region, left, Status.DELETED)

    def add(self, region: str, found: Found, status: Status) -> None:
        """Make an item of what was found."""
        recording, setting = self.of(region), self._setting
        last = recording.last(found.key)
        item = Item(
            found=found,
            status=status,
            captured=setting.clock.now,
            account=setting.account,
            region=GLOBAL if found.type in TYPES and TYPES[found.type].is_global else region,
        )
        recording.items.setdefault(found.key, []).append(item)
        setting.note("config", f"item of {found.type} {found.name or found.id}: {status.value}")
        for heard in self._heard:
            heard(item, last)

    # ---- the recorder's own status ------------------------------------------------------------------

    def _succeeded(self, region: str) -> None:
        self._status(region, "SUCCESS", None, None)

    def _failed(self, region: str, why: str) -> None:
        self._setting.note("config", why)
        self._status(region, "FAILURE", "AccessDenied", why)

    def _status(self, region: str, status: str, code: str | None, message: str | None) -> None:
        found = self.recorder(region)
        if found is None:
            return
        of = found.status
        if of.last_status != status:
            of.last_status_change_time = self._setting.clock.now.timestamp()
        of.last_status, of.last_error_code, of.last_error_message = status, code, message
