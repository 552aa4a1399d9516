"""A format of log lines as a table of its fields, and how a line of it is written and read.

Fields stand in a fixed order, with one separator between them. A field in quotes may hold the separator. AWS
adds fields at the end of a line, so a reader passes over those that it doesn't know, and lines from before a
field was added lack it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final, Self

ABSENT: Final = "-"


class Type(Enum):
    """What a field holds, by its type in Athena."""

    TEXT = "string"
    INTEGER = "int"
    LONG = "bigint"
    NUMBER = "double"
    DATE = "date"
    MAP = "map<string,string>"
    TEXTS = "array<string>"


class Shape(Enum):
    """How a line holds its fields."""

    WORDS = "words"  # a separator between the fields; some of them in quotes or brackets
    JSON = "json"  # one JSON object


class NotThisFormat(ValueError):
    """A line that the format doesn't fit; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a field that Athena's table takes apart: a group of the field's pattern."""

    name: str
    type: Type = Type.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a format.

    Args:
        name: as AWS's page has it, such as `pkt-srcaddr`.
        type: what it holds where it isn't absent.
        around: the two characters that a line has around it: `""` for quotes, `[]`, or nothing.
        since: in which version of the format it came; 0 where the format has none.
        column: its name in Athena's table; "" for the name in lower case, with `_` for what is no letter.
        insights: its name in Logs Insights; "" where that finds no such field by itself.
        holds: the type in SQL where it is a structure.
        columns, pattern: where Athena's table takes it apart: its columns, and the regular expression whose
            groups they are.
    """

    name: str
    type: Type = Type.TEXT
    around: str = ""
    since: int = 0
    column: str = ""
    insights: str = ""
    holds: str = ""
    columns: tuple[Column, ...] = ()
    pattern: str = ""

    @property
    def in_sql(self) -> str:
        """Its column's name in Athena."""
        if self.column:
            return self.column
        words = "".join(each if each.isalnum() else " " for each in self.name.lower()).split()
        return "_".join(words)

    def written(self, value: object) -> str:
        """Its text in a line; None is absent. A quote in a quoted field is escaped by a backslash."""
        text = ABSENT if value is None else str(value)
        if not self.around:
            return text
        first, last = self.around[0], self.around[1]
        if first == last:
            text = text.replace("\\", "\\\\").replace(first, f"\\{first}")
        return f"{first}{text}{last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format of log lines.

    Args:
        name: in our own words, and the name of its table in SQL.
        title: the log's name, as people say it.
        fields: in the order of a line.
        required: how many of them every line has.
        separator: what stands between them.
        shape: how a line holds them.
        header: the lines that a file begins with, but for the names of the fields.
        names_fields: whether a file's header ends with a line of the fields' names.
        source: the page that says so.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    source: str
    required: int = 0
    separator: str = " "
    shape: Shape = Shape.WORDS
    header: tuple[str, ...] = ()
    names_fields: bool = False

    @property
    def by_name(self) -> dict[str, Field]:
        """Its fields by their names."""
        return {each.name: each for each in self.fields}

    @property
    def version(self) -> int:
        """The highest version of its fields."""
        return max((each.since for each in self.fields), default=0)

    def of_fields(self, names: Sequence[str]) -> Self:
        """The same with these fields in this order; raises NotThisFormat for one that it hasn't."""
        known = self.by_name
        unknown = [each for each in names if each not in known]
        if unknown or not names:
            raise NotThisFormat(f"{self.title} have no field {unknown[0] if unknown else 'at all'}")
        return replace(self, fields=tuple(known[each] for each in names), required=len(names))

    def up_to(self, version: int) -> Self:
        """The same with the fields that there were in a version, in the table's order."""
        fields = tuple(each for each in self.fields if each.since <= version)
        return replace(self, fields=fields, required=len(fields))

    def write(self, values: Mapping[str, object]) -> str:
        """A line; a value that isn't there, or is None, is absent.

        Raises NotThisFormat for an unknown name.
        """
        unknown = sorted(values.keys() - {each.name for each in self.fields})
        if unknown:
            raise NotThisFormat(f"{self.title} have no field {unknown[0]}")
        if self.shape is Shape.JSON:
            given = {
                each.name: values[each.name] for each in self.fields if values.get(each.name) is not None
            }
            return json.dumps(given, ensure_ascii=False, separators=(",", ":"))
        return self.separator.join(each.written(values.get(each.name)) for each in self.fields)

    def read(self, line: str) -> dict[str, str | None]:
        """The fields of a line as they are written; None for an absent one, nothing for one that is missing.

        Fields that the table doesn't have are passed over. Raises NotThisFormat where the line has fewer
        fields than every line must have.
        """
        if self.shape is Shape.JSON:
            return self._of_json(line)
        found = list(_split(line.rstrip("\r\n"), self.separator, self._arounds()))
        if len(found) < (self.required or len(self.fields)):
            raise NotThisFormat(f"{len(found)} fields are too few for {self.title}")
        pairs = zip(self.fields, found, strict=False)
        return {field.name: None if text == ABSENT else text for field, text in pairs}

    def value(self, name: str, text: str | None) -> Any:
        """What the text of a field means: a number where the field holds one; None where it is absent."""
        kind = self.by_name[name].type
        if text is None:
            return None
        if kind in (Type.INTEGER, Type.LONG):
            return int(text)
        return float(text) if kind is Type.NUMBER else text

    def head(self) -> list[str]:
        """The lines that a file of it begins with."""
        names = [self.separator.join(each.name for each in self.fields)] if self.names_fields else []
        return [*self.header, *names]

    def _arounds(self) -> tuple[str, ...]:
        return tuple(each.around for each in self.fields)

    def _of_json(self, line: str) -> dict[str, str | None]:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise NotThisFormat(f"no JSON object, and {self.title} are") from error
        if (
            not isinstance(found, dict)
            or not {each.name for each in self.fields[: self.required]} <= found.keys()
        ):
            raise NotThisFormat(f"not the fields of {self.title}")
        known = self.by_name
        return {
            name: value if isinstance(value, str) or value is None else json.dumps(value)
            for name, value in found.items()
            if name in known
        }


def _split(line: str, separator: str, arounds: tuple[str, ...]) -> Iterator[str]:
    """The fields of a line, without what stands around them.

    A quoted field ends at a quote before the separator or the line's end, so that a quote which a service
    left unescaped does not end it.
    """
    at, number = 0, 0
    while at <= len(line):
        around = arounds[number] if number < len(arounds) else ""
        number += 1
        if around and line[at : at + 1] == around[0]:
            end = _closing(line, at + 1, around, separator)
            text = line[at + 1 : end]
            yield text.replace(f"\\{around[0]}", around[0]).replace("\\\\", "\\") if around == '""' else text
            at = end + 1 + len(separator)
            continue
        end = line.find(separator, at)
        end = len(line) if end < 0 else end
        yield line[at:end]
        at = end + len(separator)


def _closing(line: str, at: int, around: str, separator: str) -> int:
    last = around[1]
    end = line.find(last, at)
    while 0 <= end < len(line) - 1 and (
        not line.startswith(separator, end + 1) or (around == '""' and _escaped(line, end))
    ):
        end = line.find(last, end + 1)
    return len(line) if end < 0 else end


def _escaped(line: str, at: int) -> bool:
    before = line[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
