"""What differs between two items of a resource, as `configurationItemDiff` says it.

Source: https://docs.aws.amazon.com/config/latest/developerguide/example-sns-notification.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.cloud.config.items import Item

_PARTS = ("configuration", "supplementaryConfiguration", "relationships", "tags")
_Change = tuple[str, Any, Any, str]


def diff_of(item: Item, before: Item | None) -> dict[str, Any]:
    """The difference; of a resource that was created or is not recorded, it names no property."""
    if not item.is_recorded:
        return {"changedProperties": {}, "changeType": "DELETE" if item.is_deleted else "CREATE"}
    if before is None or not before.is_there:
        return {"changedProperties": {}, "changeType": "CREATE"}
    old, new = before.sent(), item.sent()
    changes = [each for part in _PARTS for each in _differences(old.get(part), new.get(part), _title(part))]
    return {
        "changedProperties": {
            path: {"previousValue": previous, "updatedValue": updated, "changeType": change}
            for path, previous, updated, change in changes
        },
        "changeType": "DELETE" if item.is_deleted else "UPDATE",
    }


def _differences(old: Any, new: Any, path: str) -> Iterator[_Change]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted(old.keys() | new.keys()):
            yield from _differences(old.get(name), new.get(name), f"{path}.{_title(name)}")
    elif isinstance(old, list) and isinstance(new, list):
        yield from _in_lists(old, new, path)
    elif old is None:
        yield path, None, new, "CREATE"
    elif new is None:
        yield path, old, None, "DELETE"
    else:
        yield path, old, new, "UPDATE"


def _in_lists(old: list[Any], new: list[Any], path: str) -> Iterator[_Change]:
    """Elements that are in one of two lists alone, each by its place there."""
    for place, each in enumerate(old):
        if each not in new:
            yield f"{path}.{place}", each, None, "DELETE"
    for place, each in enumerate(new):
        if each not in old:
            yield f"{path}.{place}", None, each, "CREATE"


def _title(name: str) -> str:
    return f"{name[:1].upper()}{name[1:]}"
