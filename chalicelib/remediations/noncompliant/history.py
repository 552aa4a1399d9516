"""What a resource was, before and after: its two last items as AWS Config has them, and what differs.

An item is made minutes after the change, and holds no name of who made it. The API answers for a week at a
time, and shows nothing of a type that isn't recorded.

Source: https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.aws import Aws
from chalicelib.config_items import item_of_api
from chalicelib.config_rule import Item
from chalicelib.remediations.noncompliant.change import ComplianceChange

MOST_PAGES = 5  # weeks, where a resource has changed seldom
LONGEST_VALUE = 80
# The API takes whole seconds, those of the results too, and items are captured between them.
_NEXT_SECOND = timedelta(seconds=1)
# What differs in every item, or says where and not what.
_NEVER_MATTERS = ("configuration.launchTime", "configuration.stateTransitionReason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The item that was judged and the one before it; None where there is none."""

    item: Item | None = None
    before: Item | None = None

    @property
    def related(self) -> tuple[str, ...]:
        """The ids of what came to the resource, or left it, between the two."""
        if self.item is None or self.before is None:
            return ()
        now, then = ({each.id for each in one.relations} for one in (self.item, self.before))
        return tuple(sorted(now ^ then))


def course_of(aws: Aws, change: ComplianceChange) -> Course:
    """The item that the rule has judged, and the one before; raises what Config raises.

    None of either of a resource whose type isn't recorded, and of the account itself.
    """
    client = aws.client("config", change.region)
    asked: dict[str, Any] = {
        "resourceType": change.kind,
        "resourceId": change.id,
        "laterTime": change.ordered + _NEXT_SECOND,
        "limit": 10,
    }
    found: list[Item] = []
    for _ in range(MOST_PAGES):
        try:
            answer = client.get_resource_config_history(**asked)
        except client.exceptions.ResourceNotDiscoveredException:
            return Course()
        items = map(item_of_api, answer["configurationItems"])
        found += [each for each in items if each.captured.replace(microsecond=0) <= change.ordered]
        onward = answer.get("nextToken")
        if len(found) > 1 or not onward:
            break
        asked["nextToken"] = onward
    found.sort(key=lambda each: each.captured, reverse=True)
    return Course(item=found[0] if found else None, before=found[1] if len(found) > 1 else None)


def what_differs(course: Course, matters: Sequence[str] = ()) -> tuple[str, ...]:
    """`configuration.monitoring.state: was enabled, is disabled`, for each part that matters.

    `matters`: the parts' beginnings; where none is named, all of them.
    """
    if course.item is None or course.before is None:
        return ()
    old, new = _parts(course.before), _parts(course.item)
    return tuple(
        f"{path}: {words}"
        for path, words in _differences(old, new, "")
        if path not in _NEVER_MATTERS and (not matters or _is_within(path, matters))
    )


def captured(item: Item | None) -> datetime | None:
    """When an item was made."""
    return item.captured if item else None


def _is_within(path: str, parts: Sequence[str]) -> bool:
    return any(path == each or path.startswith(f"{each}.") for each in parts)


def _parts(item: Item) -> Mapping[str, Any]:
    return {
        "configuration": item.configuration,
        "supplementaryConfiguration": item.supplementary,
        "tags": item.tags,
        "relationships": [f"{each.words} {each.id}" for each in item.relations],
    }


def _differences(old: Any, new: Any, path: str) -> Iterator[tuple[str, str]]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted(old.keys() | new.keys()):
            yield from _differences(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif isinstance(old, list) and isinstance(new, list):
        yield from ((path, f"no longer {_shown(each)}") for each in old if each not in new)
        yield from ((path, f"now also {_shown(each)}") for each in new if each not in old)
    elif old is None:
        yield path, f"was not there, is {_shown(new)}"
    elif new is None:
        yield path, f"was {_shown(old)}, is not there"
    else:
        yield path, f"was {_shown(old)}, is {_shown(new)}"


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
