"""Which of many records do patterns ask for? Of all others only a few fields are decoded.

There are two steps: of every record come the few fields that tell most of them to be of no interest; of those
that are left come the fields that patterns ask for.

Event patterns and filter patterns of logs go into one index of event patterns. What a filter pattern says
that no event pattern can say is left out, so that the index lets through too many records, and never too few;
whoever asks it then asks the filter patterns themselves.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec

from chalicelib.matching import EventPattern, EventRules, LogPattern
from chalicelib.matching.events.fields import ABSENT, TANGLED, Reader, TextFields, without_object
from chalicelib.matching.logs.expression import All, AnyOf, Expression
from chalicelib.matching.logs.json_syntax import JsonCondition
from scenarios.cloud.cloudtrail.records.envelope import source_of
from scenarios.records.blocks import WHOLE_ONLY, FewFields
from scenarios.records.events import carried_as
from scenarios.records.record import is_name

MOST_CONJUNCTIONS = 500  # of one filter pattern; one with more lets everything through
ALWAYS = {"detail": {"eventSource": [{"exists": True}]}}
# What everybody wants to know of a record, whatever patterns ask.
KEPT = ("eventSource", "eventName", "eventType", "eventID", "eventTime", "awsRegion", "recipientAccountId")
# The fields that tell most records to be of no interest. They have few values, so that what they tell is
# kept.
KEY = ("eventSource", "eventName", "eventType", "errorCode", "userIdentity.type", "readOnly")
NO, NO_AND_NOT_CARRIED, ASK = 0, 1, 2
MOST_VERDICTS = 50_000

_ACCOUNT = "userIdentity.accountId"
_ACTOR = (
    "userIdentity.type",
    "userIdentity.arn",
    "userIdentity.userName",
    "userIdentity.invokedBy",
    "userIdentity.principalId",
)
# What is told of a record that nothing asks for, where each has a line.
NAMED = ("sourceIPAddress", _ACCOUNT, *_ACTOR)
_DETAIL = "detail."
_READ_ONLY = "detail.readOnly"

Pattern = dict[str, Any]


class Sieve:
    """Patterns by name, over records of CloudTrail.

    Args:
        rules: Event patterns.
        filters: Filter patterns of logs. `matching` names those that may match; ask them.
        also: Fields that are read too.
    """

    def __init__(
        self,
        rules: Mapping[str, EventPattern | Pattern | str],
        filters: Mapping[str, LogPattern],
        *,
        also: Sequence[str] = (),
    ) -> None:
        every: dict[str, EventPattern | Pattern | str] = {_RULE + name: each for name, each in rules.items()}
        for name, log_pattern in filters.items():
            for number, pattern in enumerate(_as_event_patterns(log_pattern)):
                every[f"{_FILTER}{number}/{name}"] = pattern
        self._rules = EventRules(every)
        wanted = [field.removeprefix(_DETAIL) for field in self._rules.fields if field.startswith(_DETAIL)]
        every_record = TextFields(dict.fromkeys((*KEPT, *KEY, *also)))
        self._asked = TextFields(dict.fromkeys((*KEPT, _ACCOUNT, *wanted)))
        # A field that can't be decoded alone leaves no readers: then every record is decoded whole.
        self.decoder: FewFields = _Decoder(every_record) if self._asked.readers else WHOLE_ONLY
        self.read: Mapping[str, Reader] = every_record.readers
        self._walk = self._rules.walk({field: self._reader(field) for field in self._rules.fields})
        self.key = attrgetter(*(every_record.attributes[name] for name in KEY))
        self.verdicts = _Verdicts(self._rules)

    def asks(self, record: bytes) -> frozenset[str] | None:
        """The names of the patterns that may ask for a record in JSON; None where that can't be said."""
        try:
            root = self._asked.decode(record.decode())
        except UnicodeError:
            return None
        return None if root is None else self._walk(root)

    def matching(self, event: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the rules that match an event, and of the filters that may match its record."""
        return parted(self._rules.matching(dict(event)))

    def _reader(self, field: str) -> Reader:
        if field in _ENVELOPE:
            return _ENVELOPE[field](self._asked.readers) if self._asked.readers else _nothing
        name = field.removeprefix(_DETAIL)
        return self._asked.readers.get(name, _nothing) if name != field else _nothing


def _nothing(_: Any) -> object:
    return ABSENT


_RULE, _FILTER = "r/", "f/"


def parted(names: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The rules and the filters among the names that the index answers."""
    rules = frozenset(name.removeprefix(_RULE) for name in names if name.startswith(_RULE))
    return rules, frozenset(name.split("/", 2)[2] for name in names if name.startswith(_FILTER))


class _Verdicts(dict[tuple[object, ...], int]):
    """What the fields of KEY tell of a record: that no pattern asks for it, or that all must be asked."""

    def __init__(self, rules: EventRules) -> None:
        self._rules = rules

    def __missing__(self, key: tuple[object, ...]) -> int:
        if len(self) >= MOST_VERDICTS:
            self.clear()
        self[key] = verdict = self._verdict(key)
        return verdict

    def _verdict(self, key: tuple[object, ...]) -> int:
        *texts, read_only = key
        if not all(value is ABSENT or value is None or value.__class__ is str for value in texts):
            return ASK
        if not (read_only is ABSENT or read_only is None or read_only.__class__ is bool):
            return ASK
        source, name, event_type = key[:3]
        if not (is_name(source) and is_name(name)) or str(source).startswith("aws:"):
            return ASK
        carried = carried_as(None if event_type is ABSENT else event_type, source)
        known: dict[str, object] = {_DETAIL + path: value for path, value in zip(KEY, key, strict=True)}
        known |= {"source": source_of({"eventSource": source}), "detail-type": carried or ABSENT}
        # True, 1 and 1.0 are one key, so that what is told of one of them must hold of all.
        alike = (read_only, int(read_only)) if isinstance(read_only, bool) else (read_only,)
        if any(self._rules.may_match(known | {_READ_ONLY: value}) for value in alike):
            return ASK
        return NO if carried else NO_AND_NOT_CARRIED


class _Decoder:
    """The few fields of many records at once."""

    def __init__(self, fields: TextFields) -> None:
        self._class: type = fields.kind
        self._list = msgspec.json.Decoder(list[self._class])  # type: ignore[name-defined]
        self._lines: msgspec.json.Decoder[Any] = msgspec.json.Decoder(self._class)

    def of_list(self, data: bytes) -> Sequence[Any] | None:
        """Of a JSON list; None where a value has another shape than a record's."""
        try:
            found: list[Any] = self._list.decode(data)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None
        return found

    def of_lines(self, data: bytes) -> Sequence[Any] | None:
        """Of a value in each line; None where a line is blank or has another shape."""
        try:
            found = self._lines.decode_lines(data)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None
        return found if len(found) == data.count(b"\n") + 1 else None


# ---- what EventBridge adds to a record -----------------------------------------------------------


def _source(read: Mapping[str, Reader]) -> Reader:
    name, known = read["eventSource"], dict[object, object]()

    def source(root: Any) -> object:
        value = name(root)
        found = known.get(value)
        if found is None:
            found = known[value] = source_of({"eventSource": value}) if value.__class__ is str else TANGLED
        return found

    return source


def _detail_type(read: Mapping[str, Reader]) -> Reader:
    name, from_source = read["eventType"], read["eventSource"]

    def detail_type(root: Any) -> object:
        value = name(root)
        return carried_as(None if value is ABSENT else value, from_source(root)) or ABSENT

    return detail_type


def _account(read: Mapping[str, Reader]) -> Reader:
    recipient, caller = read["recipientAccountId"], read[_ACCOUNT]

    def account(root: Any) -> object:
        given = recipient(root)
        if given is not ABSENT and given:
            return given
        try:
            return caller(root)
        except AttributeError as error:
            return without_object(error)

    return account


def _tangled(_: Mapping[str, Reader]) -> Reader:
    return lambda _: TANGLED


_ENVELOPE: Final[Mapping[str, Callable[[Mapping[str, Reader]], Reader]]] = {
    "source": _source,
    "detail-type": _detail_type,
    "account": _account,
    "region": lambda read: read["awsRegion"],
    "time": lambda read: read["eventTime"],
    "version": lambda _: lambda _: "0",
    # Made when the event is: the whole event shows them.
    "id": _tangled,
    "resources": _tangled,
}

# ---- filter patterns as event patterns -----------------------------------------------------------


def _as_event_patterns(pattern: LogPattern) -> Iterator[Pattern]:
    """Event patterns of which at least one matches whatever the filter pattern matches."""
    conditions = pattern.conditions
    conjunctions = None if conditions is None else _conjunctions(conditions)
    if conjunctions is None:
        yield ALWAYS
        return
    for each in conjunctions:
        yield _merged(each) or ALWAYS


def _conjunctions(expression: Expression[JsonCondition]) -> list[list[JsonCondition]] | None:
    """The expression as alternatives, each of conditions that all hold; None where they are too many."""
    if isinstance(expression, AnyOf):
        parts = [_conjunctions(part) for part in expression.parts]
        if any(part is None for part in parts):
            return None
        found = [each for part in parts if part for each in part]
        return found if len(found) <= MOST_CONJUNCTIONS else None
    if not isinstance(expression, All):
        return [[expression]]
    found = [[]]
    for part in expression.parts:
        more = _conjunctions(part)
        if more is None or len(found) * len(more) > MOST_CONJUNCTIONS:
            return None
        found = [[*one, *other] for one in found for other in more]
    return found


def _merged(conditions: list[JsonCondition]) -> Pattern:
    """An event pattern of what can be said of each field; the first condition on a field is enough."""
    said = {}
    for condition in conditions:
        path, asked = _path(condition), _asked(condition)
        if path and asked and path not in said:
            said[path] = asked
    detail: Pattern = {}
    for path, asked in said.items():
        if any(other != path and (*other, "")[: len(path)] == path for other in said):
            continue  # a field can't be a value and an object
        inside = detail
        for step in path[:-1]:
            inside = inside.setdefault(step, {})
        inside[path[-1]] = asked
    return {"detail": detail} if detail else {}


def _path(condition: JsonCondition) -> tuple[str, ...]:
    steps = condition.selector.steps
    plain = all(
        isinstance(step, str) and step and "." not in step and not step.startswith("$") for step in steps
    )
    return tuple(str(step) for step in steps) if plain else ()


def _asked(condition: JsonCondition) -> list[Any]:
    comparison = condition.comparison
    if comparison is None:
        return []
    plain = comparison.regex is None and comparison.number is None
    if comparison.operator == "=" and plain:
        return _wildcard(comparison.text)
    if (
        comparison.operator == "!="
        and plain
        and "*" not in comparison.text
        and _is_no_number(comparison.text)
    ):
        return [{"anything-but": comparison.text}]
    return [{"exists": True}]


def _is_no_number(text: str) -> bool:
    """A number may be written otherwise than the pattern has it."""
    try:
        float(text)
    except ValueError:
        return True
    return False


def _wildcard(text: str) -> list[Any]:
    """AWS takes no two stars in a row in a wildcard."""
    while "**" in text:
        text = text.replace("**", "*")
    if text == "*" or not _is_no_number(text.replace("*", "")):
        return [{"exists": True}]
    return [{"wildcard": text.replace("\\", "\\\\")}] if "*" in text else [text]


def identity_reader(read: Mapping[str, Reader]) -> Callable[[Any], dict[str, Any] | None]:
    """What reads those parts of a `userIdentity` that say who it is; None where there is none."""
    parts = [(path.rpartition(".")[2], read[path]) for path in (*_ACTOR, _ACCOUNT)]

    def identity(root: Any) -> dict[str, Any] | None:
        try:
            found = {name: reader(root) for name, reader in parts}
        except AttributeError:  # it is no object
            return None
        return {name: value for name, value in found.items() if value is not ABSENT}

    return identity
