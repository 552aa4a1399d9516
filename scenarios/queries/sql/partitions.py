"""Which files of a table lie in which partition.

With partition projection Athena computes the partitions and lists each one's prefix. Here the files are
listed once and the template is held against their keys, which finds the same files.

Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html,
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from dateutil.relativedelta import relativedelta

from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.tables import Table
from scenarios.queries.sql.types import Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """A file: its address, such as s3://bucket/key, and its size in bytes."""

    address: str
    size: int


class Storage(Protocol):
    """Where tables' files lie."""

    def under(self, location: str) -> Iterable[Object]:
        """The files whose address begins so, in the order of their keys."""

    def read(self, address: str) -> bytes:
        """All of one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A file, and the partition that it lies in: the values of the table's keys, as text."""

    object: Object
    values: tuple[str, ...]


def placed(table: Table, storage: Storage, now: datetime) -> list[Placed]:
    """Every file of a table, with its partition; hidden files and empty ones are none.

    Raises QueryFailed where the table's properties are wrong.
    """
    if table.projected and table.keys:
        return [each for each in _projected(table, storage, now) if _counts(each.object)]
    if table.keys:
        return [
            Placed(object=each, values=partition.values)
            for partition in table.partitions
            for each in _inside(storage, partition.location)
        ]
    return [Placed(object=each, values=()) for each in _inside(storage, table.location)]


def injected(table: Table) -> list[str]:
    """The keys whose values a query must name."""
    if not table.projected:
        return []
    return [each for each in table.keys if _property(table, each, "type").lower() == "injected"]


def _inside(storage: Storage, location: str) -> Iterator[Object]:
    folder = location if location.endswith("/") else f"{location}/"
    return (each for each in storage.under(folder) if _counts(each))


def _counts(found: Object) -> bool:
    """Hive hides files that begin with a dot or an underscore; one without a byte has no row."""
    return found.size > 0 and not found.address.rpartition("/")[2].startswith((".", "_"))


# ---- projection --------------------------------------------------------------------------------------


def _projected(table: Table, storage: Storage, now: datetime) -> Iterator[Placed]:
    template = table.properties.get("storage.location.template") or "/".join(
        [table.location.rstrip("/"), *(f"{key}=${{{key}}}" for key in table.keys)]
    )
    kinds = {key: _kind(table, key, kind, now) for key, kind in table.keys.items()}
    begins, pattern = _as_pattern(template, kinds)
    names = [f"p{number}" for number in range(len(kinds))]
    known: dict[tuple[str, ...], bool] = {}  # many files lie in one partition
    for each in storage.under(begins):
        found = pattern.match(each.address)
        if found is None:
            continue
        values = tuple(found[name] for name in names)
        if values not in known:
            known[values] = all(kind.holds(value) for kind, value in zip(kinds.values(), values, strict=True))
        if known[values]:
            yield Placed(object=each, values=values)


@dataclass(frozen=True, slots=True)
class _Kind:
    """The values of one key: the pattern of their text, and which of those are projected."""

    pattern: str
    holds: Callable[[str], bool]


def _as_pattern(template: str, kinds: Mapping[str, _Kind]) -> tuple[str, re.Pattern[str]]:
    """What every address begins with, and the whole template as a pattern with a group for each key."""
    numbers = {key: number for number, key in enumerate(kinds)}
    pieces: list[str] = []
    seen: set[str] = set()
    for plain, key in re.findall(r"([^$]+|\$(?!\{))|\$\{(\w+)\}", template):
        name = key.lower()
        if plain:
            pieces.append(re.escape(plain))
        elif name not in kinds:
            raise QueryFailed(
                "INVALID_TABLE_PROPERTY", f"storage.location.template names no partition key {key}"
            )
        elif name in seen:
            pieces.append(f"(?P=p{numbers[name]})")
        else:
            seen.add(name)
            pieces.append(f"(?P<p{numbers[name]}>{kinds[name].pattern})")
    if seen != set(kinds):
        missing = ", ".join(sorted(set(kinds) - seen))
        raise QueryFailed(
            "INVALID_TABLE_PROPERTY", f"storage.location.template lacks partition keys: {missing}"
        )
    text = "".join(pieces)
    return template.partition("${")[0], re.compile(text if template.endswith("/") else f"{text}/", re.DOTALL)


def _property(table: Table, key: str, name: str, default: str | None = None) -> str:
    found = {each.lower(): value for each, value in table.properties.items()}.get(
        f"projection.{key}.{name}", default
    )
    if found is None:
        raise QueryFailed(
            "INVALID_TABLE_PROPERTY", f"Table {table.database}.{table.name} lacks projection.{key}.{name}"
        )
    return found


def _kind(table: Table, key: str, kind: Type, now: datetime) -> _Kind:
    named = _property(table, key, "type").lower()
    how = _KINDS.get(named)
    if how is None:
        raise QueryFailed("INVALID_TABLE_PROPERTY", f"projection.{key}.type is {named}")
    if kind.name not in ("varchar", "date", "integer", "bigint"):
        raise SqlNotSimulated(f"a partition key of the type {kind.shown}")
    return how(table, key, now)


def _enum(table: Table, key: str, _: datetime) -> _Kind:
    values = [each.strip() for each in _property(table, key, "values").split(",")]
    longest = sorted(values, key=len, reverse=True)
    return _Kind("|".join(re.escape(each) for each in longest), set(values).__contains__)


def _injected(_: Table, __: str, ___: datetime) -> _Kind:
    return _Kind("[^/]+", lambda _: True)


def _integer(table: Table, key: str, _: datetime) -> _Kind:
    low, high = (int(each) for each in _property(table, key, "range").split(","))
    step, digits = int(_property(table, key, "interval", "1")), int(_property(table, key, "digits", "0"))

    def holds(value: str) -> bool:
        number = int(value)
        return low <= number <= high and (number - low) % step == 0 and value == str(number).zfill(digits)

    return _Kind(r"-?\d+", holds)


_LETTERS: Final = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_WIDTHS: Final = {"yyyy": r"\d{4}"}


def _date(table: Table, key: str, now: datetime) -> _Kind:
    form = _property(table, key, "format")
    pattern, reading = [], []
    for found in re.finditer(r"'([^']*)'|([A-Za-z])\2*|.", form):
        if found[2]:
            if found[0] not in _LETTERS:
                raise SqlNotSimulated(f"the date format {form} of a projected partition")
            pattern.append(_WIDTHS.get(found[0], r"\d{2}"))
            reading.append(_LETTERS[found[0]])
        else:
            plain = found[1] if found[1] is not None else found[0]
            pattern.append(re.escape(plain))
            reading.append(plain.replace("%", "%%"))
    return _Kind("".join(pattern), _between(table, key, "".join(reading), now))


def _between(table: Table, key: str, form: str, now: datetime) -> Callable[[str], bool]:
    given = [each.strip() for each in _property(table, key, "range").split(",")]
    if len(given) != 2:
        raise QueryFailed("INVALID_TABLE_PROPERTY", f"projection.{key}.range is no range")
    first, last = (_bound(each, form, now, key) for each in given)
    unit = _property(table, key, "interval.unit", "").upper().rstrip("S")
    step = int(_property(table, key, "interval", "1"))

    def holds(value: str) -> bool:
        try:
            moment = datetime.strptime(value, form).replace(tzinfo=UTC)
        except ValueError:
            return False
        return first <= moment <= last and (step == 1 or _on_step(first, moment, step, unit))

    return holds


def _on_step(first: datetime, moment: datetime, step: int, unit: str) -> bool:
    if unit in ("MONTH", "YEAR"):
        months = (moment.year - first.year) * 12 + moment.month - first.month
        return months % (step * (12 if unit == "YEAR" else 1)) == 0
    if unit not in _SECONDS:
        raise QueryFailed("INVALID_TABLE_PROPERTY", "an interval other than 1 needs an interval.unit")
    return (moment - first) % timedelta(seconds=_SECONDS[unit] * step) == timedelta(0)


_SECONDS: Final = {"WEEK": 604_800, "DAY": 86_400, "HOUR": 3_600, "MINUTE": 60, "SECOND": 1}
_UNITS: Final = (*_SECONDS, "MONTH", "YEAR")


def _bound(written: str, form: str, now: datetime, key: str) -> datetime:
    """One end of a range: a date in the key's format, or NOW with a distance."""
    found = re.fullmatch(r"NOW(?:\s*([+-])\s*(\d+)\s*([A-Z]+?)S?)?", written.upper())
    if found is None:
        try:
            return datetime.strptime(written, form).replace(tzinfo=UTC)
        except ValueError:
            why = f"projection.{key}.range: {written} is neither NOW nor in the format"
            raise QueryFailed("INVALID_TABLE_PROPERTY", why) from None
    sign, number, unit = found.groups()
    moment = now.astimezone(UTC)
    if sign:
        if unit not in _UNITS:
            raise QueryFailed("INVALID_TABLE_PROPERTY", f"projection.{key}.range: {written}")
        distance = int(number) * (1 if sign == "+" else -1)
        moment += relativedelta(None, None, **{f"{unit.lower()}s": distance})
    # Cut to what the format can say, so that the partition that now lies in counts.
    return datetime.strptime(moment.strftime(form), form).replace(tzinfo=UTC)


_KINDS: Final[Mapping[str, Callable[[Table, str, datetime], _Kind]]] = {
    "enum": _enum,
    "integer": _integer,
    "date": _date,
    "injected": _injected,
}
