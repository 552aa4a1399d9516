"""Rules that wait for events which no service of the simulated AWS puts on a bus.

Such a rule could never run here, and a scenario that expects nothing of it would pass. So it is reported,
once, unless the scenario itself puts such an event.

Only a pattern's `source` and `detail-type` are checked. A custom event can have any source that doesn't begin
with `aws.`; CloudTrail's events cover calls to every service.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from chalicelib.matching import EventPattern
from scenarios.cloud.kernel.emitted import OF_EVERY_SERVICE, Emitted, NeverEmitted
from scenarios.cloud.setting import Setting

AWS: Final = "aws."
# Of a rule that can hear other events: told with a trace only.
IN_PART: Final = "in part"
_OPERATORS_ON_TEXT: Final = ("prefix", "wildcard", "equals-ignore-case")

Pair = tuple[str, str]
"""A source and a detail-type."""


class UnheardRules:
    """Finds them as they are put. `seen`: the pairs that came over any bus."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._found: dict[NeverEmitted, str] = {}
        self.seen: set[Pair] = set()

    def look(self, rule: Any) -> None:
        """A rule (moto's model) is there, or was changed."""
        pattern = rule.event_pattern.dump()
        if not pattern or rule.managed_by or rule.state == "DISABLED":
            return
        missing = never_emitted(pattern, self._setting.measurements.emitted)
        if missing:
            wants = " or ".join(missing)
            found = NeverEmitted(kind="rule", name=rule.name, region=rule.region_name, wants=wants)
            if found not in self._found:
                self._found[found] = pattern
                self._setting.note("no event" if self._is_deaf(pattern) else IN_PART, str(found))

    def unanswered(self) -> Iterator[NeverEmitted]:
        """Those that can match nothing at all, and for which nothing came."""
        for found, pattern in self._found.items():
            ways = _ways(json.loads(pattern))
            if self._is_deaf(pattern) and not any(_has_matched(way, self.seen) for way in ways):
                yield found

    def _is_deaf(self, pattern: str) -> bool:
        """Whether no service here sends an event that could match."""
        emitted = self._setting.measurements.emitted
        return not any(_can_match(way, emitted) for way in _ways(json.loads(pattern)))


@lru_cache(maxsize=512)
def never_emitted(pattern: str, emitted: Emitted) -> tuple[str, ...]:
    """What of a pattern is never emitted, in words."""
    found: dict[str, None] = {}
    for way in _ways(json.loads(pattern)):
        if not _can_match(way, emitted):
            found[_in_words(way)] = None
            continue
        for name in ("source", "detail-type"):
            for value in way.get(name, ()):
                if isinstance(value, str) and not _can_match({**way, name: [value]}, emitted):
                    found[_in_words({**way, name: [value]})] = None
    return tuple(found)


def _ways(pattern: Mapping[str, Any]) -> Iterator[Mapping[str, Sequence[Any]]]:
    """What a pattern says of source and detail-type; once for each alternative of a `$or` around them."""
    plain = {name: pattern[name] for name in ("source", "detail-type") if name in pattern}
    alternatives = pattern.get("$or")
    if not isinstance(alternatives, list):
        yield plain
        return
    for each in alternatives:
        for way in _ways(each):
            yield {**plain, **way}


def _can_match(way: Mapping[str, Sequence[Any]], emitted: Emitted) -> bool:
    """Whether somebody could send such an event: anybody, CloudTrail, or a service that emits it."""
    if not _is_of_aws(way.get("source")):
        return True
    if "detail-type" not in way:
        known = {source for source, _ in emitted.events} | emitted.sources
        return any(_matches({"source": way["source"]}, (source, "")) for source in known)
    recorded = [pair for pair in emitted.events if pair[0] == OF_EVERY_SERVICE]
    return _matches({"detail-type": way["detail-type"]}, *recorded) or _matches(way, *emitted.events)


def _has_matched(way: Mapping[str, Sequence[Any]], seen: set[Pair]) -> bool:
    return _matches(way, *seen)


def _matches(way: Mapping[str, Sequence[Any]], *pairs: Pair) -> bool:
    pattern = EventPattern(dict(way))
    return any(pattern.matches({"source": source, "detail-type": kind}) for source, kind in pairs)


def _is_of_aws(source: Sequence[Any] | None) -> bool:
    """Whether only AWS and its partners can send from such a source."""
    return bool(source) and all(_begins(each) for each in source or ())


def _begins(condition: Any) -> bool:
    if isinstance(condition, str):
        return condition.startswith(AWS)
    if not isinstance(condition, Mapping):
        return False
    texts = [condition[name] for name in _OPERATORS_ON_TEXT if name in condition]
    return bool(texts) and all(isinstance(text, str) and text.lower().startswith(AWS) for text in texts)


def _in_words(way: Mapping[str, Sequence[Any]]) -> str:
    parts = (
        " or ".join(each if isinstance(each, str) else json.dumps(each) for each in way[name])
        for name in ("source", "detail-type")
        if name in way
    )
    return ": ".join(parts)
