"""Near misses of rules: all of a rule's pattern matches an event except one field, which is named.

The events are kept as they come; near misses are computed only when asked for.
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, Final

from chalicelib.matching import EventPattern
from scenarios.cloud.kernel import moto_events
from scenarios.cloud.setting import Setting

MOST_EVENTS: Final = 1_000
# What tells kinds of events apart. A rule nearly matches every other kind: only a slip of the pen is told.
_KINDS: Final = frozenset({"source", "detail-type", "detail.eventName", "detail.eventSource", "detail.event"})
_NEARLY_ALIKE: Final = 0.8

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A rule that never ran, and the event that came nearest to it."""

    at: datetime
    rule: str
    region: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"rule {self.rule} in {self.region} nearly matched {self.what}: {self.why}"


@dataclass(frozen=True, slots=True)
class _Arrived:
    at: datetime
    region: str
    bus: str
    event: Event


class NearMisses:
    """Remembers the last thousand events, and which rules ran."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._events: deque[_Arrived] = deque(maxlen=MOST_EVENTS)
        self._ran: set[tuple[str, str, str]] = set()

    def note(self, region: str, bus: str, event: Event, matched: Sequence[str]) -> None:
        """An event came over a bus, and matched these rules."""
        self._events.append(_Arrived(self._setting.clock.now, region, bus, event))
        self._ran.update((region, bus, name) for name in matched)

    def found(self) -> list[NearMiss]:
        """One for each rule that never ran and was nearly matched, as the events came."""
        near = [miss for region, bus, rule in self._waiting() if (miss := self._nearest(region, bus, rule))]
        return sorted(near, key=lambda miss: (miss.at, miss.rule))

    def _waiting(self) -> Iterator[tuple[str, str, Any]]:
        for region in self._setting.regions:
            for bus in moto_events.buses(self._setting.account, region):
                for rule in moto_events.rules(self._setting.account, region, bus):
                    if rule.event_pattern.dump() and (region, bus, rule.name) not in self._ran:
                        yield region, bus, rule

    def _nearest(self, region: str, bus: str, rule: Any) -> NearMiss | None:
        """The first event that came near it."""
        for each in self._events:
            if (each.region, each.bus) == (region, bus):
                why = _one_field(_compiled(rule.event_pattern.dump()), each.event, rule.state)
                if why:
                    return NearMiss(
                        at=each.at, rule=rule.name, region=region, what=_called(each.event), why=why
                    )
        return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> EventPattern:
    return EventPattern(pattern)


def _one_field(pattern: EventPattern, event: Event, state: str) -> str:
    """The one field that did not fit, in words; "" where more did not, or the event is of another kind."""
    mismatches = pattern.explain(event)
    if not mismatches:
        return f"its pattern fits, but not its state {state}"
    if len(mismatches) > 1:
        return ""
    (field,) = mismatches
    if field.path in _KINDS and not _nearly_alike(field.wanted, field.found):
        return ""
    return f"{field.path}: wants {field.wanted}, found {field.found}"


def _nearly_alike(wanted: str, found: str) -> bool:
    """Whether one of the texts wanted is what was found, but for a slip of the pen."""
    try:
        text = json.loads(found)
    except ValueError:
        return False
    texts = re.findall(r"""['"](.+?)['"]""", wanted)
    return any(
        SequenceMatcher(None, each.lower(), str(text).lower()).ratio() >= _NEARLY_ALIKE for each in texts
    )


def _called(event: Event) -> str:
    """An event in words: its type, and of a recorded call its name."""
    name = event.get("detail", {}).get("eventName", "")
    return f"{event.get('detail-type', '')}{f' ({name})' if name else ''}"
