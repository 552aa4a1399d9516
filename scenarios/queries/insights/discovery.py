"""The fields that Logs Insights finds in an event by itself.

JSON is flattened: `a.b` and, in lists, `a.0`. A key that begins with @ is asked for with one more. Only the
fields that a query names are read, and of JSON as little as possible is decoded.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

import msgspec

from chalicelib.matching.events.fields import ABSENT, TANGLED, TextFields
from scenarios.queries.insights.events import Kind, Row
from scenarios.queries.insights.values import Written, below, is_structure
from scenarios.service_logs import HOSTED_ZONE, VPC_FLOW, lambda_platform

SYSTEM: Final = frozenset({"@timestamp", "@message", "@logStream", "@log", "@ingestionTime", "@ptr"})

FLOW_LOG: Final = tuple(each.insights for each in VPC_FLOW.fields)
"""The fields of a VPC flow log's default line, in its order."""

ROUTE_53: Final = tuple(each.insights for each in HOSTED_ZONE.fields)
"""The fields of a query log of Route 53, in its order."""

_FLOW_LINE = re.compile(
    r"\d+ (?:\d{12}|unknown|-) \S+(?: \S+){7} \d+ \d+ (?:ACCEPT|REJECT|-) (?:OK|NODATA|SKIPDATA)"
)
_ROUTE_53_LINE = re.compile(r"\d\.\d \d{4}-\d\d-\d\dT\S+Z Z\S+(?: \S+){5,7}")

_CONSTANTS: Final = ("NaN", "Infinity")

Finder = Callable[[str, Row], None]
"""Puts what it finds in a message into a row."""


class Discovery:
    """Finds the fields of these names.

    Args:
        wanted: The names, and whether a map or a list is wanted too where one is there.
        most: How many fields of a JSON event are found.
    """

    def __init__(self, wanted: Mapping[str, bool], most: int) -> None:
        names = {name: structure for name, structure in wanted.items() if name not in SYSTEM}
        keys = {name: name[1:] if name.startswith("@@") else name for name in names if name[:1] != "@"}
        keys |= {name: name[1:] for name in names if name.startswith("@@")}
        self._json = _JsonFields(keys, {name for name in names if names[name]}, most) if keys else None
        self._lambda = tuple(name for name in names if name in lambda_platform.INSIGHTS_NAMES)
        self._tables = [
            (line, table)
            for line, table in ((_FLOW_LINE, FLOW_LOG), (_ROUTE_53_LINE, ROUTE_53))
            if not names.keys().isdisjoint(table)
        ]
        self._names = frozenset(names)

    @property
    def finds_nothing(self) -> bool:
        """Whether no field has to be found."""
        return not (self._json or self._lambda or self._tables)

    def find(self, message: str, kind: Kind, row: Row) -> None:
        """Put the fields of a message into its row."""
        if self._json and message.startswith(("{", " ", "\n", "\t", "\r")) and self._json.find(message, row):
            return
        if self._lambda:
            _of_lambda(message, self._lambda, row)
        if self._json and kind is Kind.LAMBDA:
            begin = message.find("{")
            if begin > 0:
                self._json.find_first(message[begin:], row)
        for line, table in self._tables:
            if line.fullmatch(message.rstrip()):
                row.update(
                    pair for pair in zip(table, message.split(), strict=False) if pair[0] in self._names
                )
                return


class _JsonFields:
    def __init__(self, keys: Mapping[str, str], structures: set[str], most: int) -> None:
        self._keys = keys
        self._structures = structures
        self._most = most
        self._paths = [(name, key.split("."), _joints(key)) for name, key in keys.items()]
        plain = not any(step.isdigit() for key in keys.values() for step in key.split("."))
        fields = TextFields(dict.fromkeys(keys.values())) if plain else None
        self._fast = fields if fields and fields.readers else None
        self._readers = (
            [(name, self._fast.readers[key], name in structures) for name, key in keys.items()]
            if self._fast
            else []
        )

    def find(self, message: str, row: Row) -> bool:
        """Whether the message is a JSON object; then its fields are in the row."""
        # As many fields as commas, and one: most events are far from the limit.
        if message.count(",") >= self._most:
            return self._find_all(_decoded(message), row)
        root = self._fast.decode(message) if self._fast is not None else None
        if root is not None:
            self._read(root, message, row)
            return True
        return self._find_few(_decoded(message), message, row)

    def find_first(self, text: str, row: Row) -> None:
        """The fields of the JSON object that the text begins with."""
        try:
            value, _ = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            return
        self._find_all(value, row)

    def _read(self, root: object, message: str, row: Row) -> None:
        for name, reader, structure in self._readers:
            try:
                value: Any = reader(root)
            except AttributeError as error:
                value = TANGLED if error.obj.__class__ is list else ABSENT
            if value is TANGLED:
                self._find_all(_decoded(message), row)
                return
            kind = value.__class__
            if kind is str:
                row[name] = value
            elif value is not ABSENT and value is not None and (structure or not is_structure(value)):
                row[name] = Written(value) if kind is float else value

    def _find_few(self, value: Any, message: str, row: Row) -> bool:
        """Step down to each field, unless the message may have a key with dots on the way."""
        if not isinstance(value, dict):
            return False
        if any(joint in message for _, _, joints in self._paths for joint in joints):
            return self._find_all(value, row)
        for name, steps, _ in self._paths:
            self._put(name, below(value, steps), row)
        return True

    def _put(self, name: str, found: Any, row: Row) -> None:
        if found is not None and (name in self._structures or not is_structure(found)):
            row[name] = Written(found) if found.__class__ is float else found

    def _find_all(self, value: Any, row: Row) -> bool:
        if not isinstance(value, dict):
            return False
        flat = dict(_flattened(value, self._most, set(self._structures) and set(self._keys.values())))
        for name, key in self._keys.items():
            self._put(name, flat.get(key), row)
        return True


def fields_of_json(message: str, most: int) -> dict[str, Any]:
    """Every field of a JSON event by its name, up to so many; none of what is no JSON object."""
    value = _decoded(message)
    flat = _flattened(value, most, set()) if isinstance(value, dict) else ()
    return {f"@{name}" if name.startswith("@") else name: each for name, each in flat if each is not None}


def _joints(key: str) -> list[str]:
    """What stands in a message where one of its keys has a dot between two steps of this one."""
    steps = key.split(".")
    return [f"{left}.{right}" for left, right in pairwise(steps)]


def _decoded(message: str) -> Any:
    try:
        return msgspec.json.decode(message)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    try:
        return json.loads(message, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _flattened(value: dict[str, Any], most: int, structures: set[str]) -> Iterator[tuple[str, Any]]:
    """The values in an object by their flat names, up to so many; maps and lists of these names, too."""
    left = most
    heap: list[tuple[str, Any]] = [("", value)]
    while heap and left:
        name, inner = heap.pop()
        if not is_structure(inner):
            left -= 1
            yield name, inner
            continue
        if name in structures:
            yield name, inner
        items = inner.items() if isinstance(inner, dict) else enumerate(inner)
        heap.extend(reversed([(f"{name}.{key}" if name else str(key), each) for key, each in items]))


def _of_lambda(message: str, names: tuple[str, ...], row: Row) -> None:
    found = lambda_platform.read(message)
    row.update(
        (name, Written(found[name]) if name in lambda_platform.DURATIONS else found[name])
        for name in names
        if name in found
    )
