"""Archive and replay: events of a bus are kept, and those of a time window are sent again.

An event reaches its archive some minutes after the bus. A replay goes to the bus the events
came from, to all its rules or to those it names, in steps of one minute of event time;
within a minute the order is lost. Replayed events carry `replay-name` and are not archived
again. Events older than the retention are gone.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive-event.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.matching import EventPattern
from scenarios.cloud.asked import Asked
from scenarios.cloud.eventbridge.requests import check_pattern, moment, name_of_bus
from scenarios.cloud.kernel import moto_events
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting

ARRIVES_WITHIN_SECONDS = 600  # "we recommend that you delay replaying archived events for 10 minutes"
STARTS_AFTER_SECONDS = 5.0
SECONDS_A_STEP = 1.0
MOST_AT_ONCE = 10
ACTIVE = ("STARTING", "RUNNING")

Event = Mapping[str, Any]
Replayed = Callable[..., None]


@dataclass(slots=True, kw_only=True)
class Replay:
    """One replay and how far it is. `only`: the ARNs of the rules it goes to; none for all."""

    name: str
    arn: str
    archive_arn: str
    region: str
    bus_arn: str
    only: tuple[str, ...]
    since: datetime
    until: datetime
    began: datetime
    description: str = ""
    state: str = "STARTING"
    ended: datetime | None = None
    last: datetime | None = None
    steps: list[list[Event]] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        """What DescribeReplay answers."""
        return {
            **self.short(),
            "ReplayArn": self.arn,
            "Description": self.description,
            "Destination": {
                "Arn": self.bus_arn,
                **({"FilterArns": list(self.only)} if self.only else {}),
            },
        }

    def short(self) -> dict[str, Any]:
        """What ListReplays answers."""
        return {
            "ReplayName": self.name,
            "EventSourceArn": self.archive_arn,
            "State": self.state,
            "EventStartTime": self.since,
            "EventEndTime": self.until,
            "ReplayStartTime": self.began,
            **({"EventLastReplayedTime": self.last} if self.last else {}),
            **({"ReplayEndTime": self.ended} if self.ended else {}),
        }


class Archives:
    """Every archive and replay. `emit` puts an event on a bus: (region, event, bus name, only=rule ARNs)."""

    def __init__(self, setting: Setting, emit: Replayed) -> None:
        self._setting = setting
        self._emit = emit
        self._replays: dict[tuple[str, str], Replay] = {}
        calls = setting.calls
        for operation in ("CreateArchive", "UpdateArchive"):
            calls.check("events", operation, self._pattern_is_valid)
        calls.answer("events", "StartReplay", self._start)
        calls.answer("events", "DescribeReplay", self._describe)
        calls.answer("events", "ListReplays", self._list)
        calls.answer("events", "CancelReplay", self._cancel)

    # ---- keeping --------------------------------------------------------------------------------

    def keep(self, region: str, bus: str, event: Event) -> None:
        """Put an event into the archives of its bus that want it."""
        if "replay-name" in event:
            return
        for name, archive in moto_events.archives(self._setting.account, region).items():
            if archive.event_bus_name != bus:
                continue
            pattern = archive.event_pattern.dump()
            if pattern and not EventPattern(pattern).matches(event):
                continue
            delay = self._setting.random("events.archive").uniform(0, ARRIVES_WITHIN_SECONDS)
            self._setting.clock.after(delay, partial(archive.events.append, event), f"archive {name}")

    # ---- replaying ------------------------------------------------------------------------------

    def _start(self, asked: Asked) -> dict[str, Any]:
        parameters = asked.parameters
        key = asked.region, str(parameters["ReplayName"])
        archive = self._archive(asked)
        since, until = moment(parameters["EventStartTime"]), moment(parameters["EventEndTime"])
        self._check(key, parameters["Destination"], archive, since, until)
        replay = Replay(
            name=key[1],
            arn=f"arn:aws:events:{asked.region}:{self._setting.account}:replay/{key[1]}",
            archive_arn=archive.arn,
            region=asked.region,
            bus_arn=archive.source_arn,
            only=tuple(parameters["Destination"].get("FilterArns", ())),
            since=since,
            until=until,
            began=self._setting.clock.now,
            description=parameters.get("Description", ""),
        )
        self._replays[key] = replay
        self._setting.clock.after(STARTS_AFTER_SECONDS, partial(self._run, replay, archive), "replay")
        return {"ReplayArn": replay.arn, "State": replay.state, "ReplayStartTime": replay.began}

    def _check(
        self,
        key: tuple[str, str],
        destination: Mapping[str, Any],
        archive: Any,
        since: datetime,
        until: datetime,
    ) -> None:
        if destination["Arn"] != archive.source_arn:
            raise Refused(
                "ValidationException",
                "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
            )
        if since >= until:
            raise Refused(
                "ValidationException",
                "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
            )
        if key in self._replays:
            raise Refused("ResourceAlreadyExistsException", f"Replay {key[1]} already exists.")
        if sum(replay.state in ACTIVE for replay in self._replays.values()) >= MOST_AT_ONCE:
            raise Refused("LimitExceededException", "The limit of concurrent replays is exceeded.")

    def _run(self, replay: Replay, archive: Any) -> None:
        """Sort what the window holds into minutes, and send these one after the other."""
        if replay.state != "STARTING":
            return
        replay.state = "RUNNING"
        kept = [event for event in archive.events if self._is_in(event, replay, archive)]
        for minute in sorted({_minute(event) for event in kept}):
            # Each delivery has a latency of its own, so that a minute's events arrive in any order.
            replay.steps.append([event for event in kept if _minute(event) == minute])
        self._step(replay)

    def _is_in(self, event: Event, replay: Replay, archive: Any) -> bool:
        when = moment(event["time"])
        days = int(archive.retention or 0)
        expired = days and when < self._setting.clock.now - timedelta(days=days)
        return replay.since <= when < replay.until and not expired

    def _step(self, replay: Replay) -> None:
        if replay.state != "RUNNING":
            return
        if not replay.steps:
            replay.state, replay.ended = "COMPLETED", self._setting.clock.now
            return
        step = replay.steps.pop(0)
        replay.last = max(moment(event["time"]) for event in step)
        bus = name_of_bus(replay.bus_arn)
        for event in step:
            self._emit(replay.region, {**event, "replay-name": replay.name}, bus, only=replay.only)
        self._setting.clock.after(SECONDS_A_STEP, partial(self._step, replay), "replay")

    # ---- the API --------------------------------------------------------------------------------

    def _archive(self, asked: Asked) -> Any:
        name = str(asked.parameters["EventSourceArn"]).rpartition("/")[2]
        found = moto_events.archives(self._setting.account, asked.region).get(name)
        if found is None:
            raise Refused(
                "ValidationException",
                f"Parameter EventSourceArn is not valid. Reason: Archive {name} does not exist.",
            )
        return found

    def _replay(self, asked: Asked) -> Replay:
        name = str(asked.parameters["ReplayName"])
        try:
            return self._replays[asked.region, name]
        except KeyError:
            raise Refused("ResourceNotFoundException", f"Replay {name} does not exist.") from None

    def _describe(self, asked: Asked) -> dict[str, Any]:
        return self._replay(asked).described()

    def _list(self, asked: Asked) -> dict[str, Any]:
        wanted = {"NamePrefix", "State", "EventSourceArn"} & asked.parameters.keys()
        if len(wanted) > 1:
            raise Refused(
                "ValidationException",
                "At most one filter is allowed for ListReplays. "
                "Use either : State, EventSourceArn, or NamePrefix.",
            )
        rows = [replay.short() for (region, _), replay in self._replays.items() if region == asked.region]
        prefix = asked.parameters.get("NamePrefix", "")
        same = {name: asked.parameters[name] for name in wanted - {"NamePrefix"}}
        return {
            "Replays": [
                row for row in rows if row["ReplayName"].startswith(prefix) and same.items() <= row.items()
            ]
        }

    def _cancel(self, asked: Asked) -> dict[str, Any]:
        replay = self._replay(asked)
        if replay.state not in ACTIVE:
            raise Refused(
                "IllegalStatusException", f"Replay {replay.name} is not in a valid state for this operation."
            )
        replay.state, replay.ended = "CANCELLED", self._setting.clock.now
        return {"ReplayArn": replay.arn, "State": "CANCELLING"}

    def _pattern_is_valid(self, asked: Asked) -> None:
        if asked.parameters.get("EventPattern"):
            check_pattern(asked.parameters["EventPattern"])


def _minute(event: Event) -> datetime:
    return moment(event["time"]).replace(second=0, microsecond=0)
