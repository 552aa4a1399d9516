"""Records of JSON as msgspec reads them: of each only the columns that are asked for.

What is a text, true, false or null is read as that. Anything else is handed over as it is written, unread:
that is always right, and takes longer. A column is tried as texts until the first value that is none.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from scenarios.queries.sql.errors import BadFile
from scenarios.queries.sql.types import Type

_NULL: Final = msgspec.Raw(b"null")
_TEXT: Final = str | bool | None
# Half a pair of surrogates: it is no text for msgspec, and a question mark for Java.
_ESCAPES: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
_NO_TEXT: Final = re.compile(r" - at `\$(?:\.Records)?(?:\[\.\.\.\])?\.([^`\[]+)`\Z")

Path = tuple[str, ...]


class Decoder:
    """Reads files of records.

    Args:
        columns: paths and types of what is read of a record; it gets the columns' values as `f0`, `f1`...
        names: how each path's last name is spelled in the files.
        read: what reads a file, given what a record is.
        texts: whether texts are read as such; not where `read` leaves out what isn't of its type.
    """

    def __init__(
        self,
        columns: Sequence[tuple[Path, Type]],
        names: Mapping[Path, str],
        read: Callable[[Any], Callable[[bytes], Any]],
        *,
        texts: bool = True,
    ) -> None:
        self._columns = columns
        self._names = names
        self._made = read
        self._texts: dict[str, Path] = {}
        self._plain = read(self._struct(columns))
        if texts:
            self._find_texts(columns, ())
        self._quick = read(self._struct(columns)) if self._texts else self._plain

    def decode(self, data: bytes) -> Any:
        """What is read of a file; raises msgspec.DecodeError, UnicodeError or RecursionError."""
        while self._texts:
            try:
                return self._quick(data)
            except msgspec.ValidationError as error:
                found = _NO_TEXT.search(str(error))
                if found is None or self._texts.pop(found[1], None) is None:
                    break
                self._quick = self._made(self._struct(self._columns))
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                break
        return self._plain(data)

    def _find_texts(self, fields: Sequence[tuple[Path, Type]], spelled: Path) -> None:
        """Note the texts by the path that an error of msgspec's gives them."""
        for path, kind in fields:
            here = (*spelled, self._names[path])
            if kind.name == "row":
                self._find_texts([((*path, name), each) for name, each in kind.fields()], here)
            elif kind.name == "varchar":
                self._texts[".".join(here)] = path

    def _struct(self, fields: Sequence[tuple[Path, Type]]) -> type[Any]:
        texts = set(self._texts.values())
        made: list[tuple[str, Any, Any]] = []
        for number, (path, kind) in enumerate(fields):
            if kind.name == "row":
                inside = self._struct([((*path, name), each) for name, each in kind.fields()])
                made.append((f"f{number}", inside | None, None))
            elif path in texts:
                made.append((f"f{number}", _TEXT, None))
            else:
                made.append((f"f{number}", msgspec.Raw, _NULL))
        rename = {f"f{number}": self._names[path] for number, (path, _) in enumerate(fields)}
        found: type[Any] = msgspec.defstruct("Record", made, rename=rename, gc=False)
        return found


def decoded(read: Callable[[bytes], Any], data: bytes, name: str) -> Any:
    """What `read` makes of a file; raises BadFile where it is no JSON, or not in the table's format."""
    try:
        return _read_again(read, data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadFile(name, f"Row is not a valid JSON Object - JSONException: {error}") from error


def _read_again(read: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        return read(data)
    except msgspec.DecodeError:
        mended = _ESCAPES.sub(lambda found: b"?" if found[1] else found[0], data)
        if mended == data:
            raise
        return read(mended)
