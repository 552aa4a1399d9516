"""Views: what one may be, and whether what it reads is still what it was.

Source: https://docs.aws.amazon.com/athena/latest/ug/views.html. The words are Trino's.
"""

from collections.abc import Sequence

from scenarios.queries.sql import types
from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.tables import View
from scenarios.queries.sql.types import UNKNOWN, Type


def named(names: Sequence[str], kinds: Sequence[Type], unnamed: Sequence[int]) -> None:
    """Raises QueryFailed unless every column has a name of its own and a type."""
    if unnamed:
        words = f"line 1:1: Column name not specified at position {unnamed[0]}"
        raise QueryFailed("MISSING_COLUMN_NAME", words)
    twice = next((each for number, each in enumerate(names) if each in names[:number]), None)
    if twice is not None:
        raise QueryFailed(
            "DUPLICATE_COLUMN_NAME", f"line 1:1: Column name '{twice}' specified more than once"
        )
    if UNKNOWN in kinds:
        words = f"line 1:1: Column type is unknown at position {list(kinds).index(UNKNOWN) + 1}"
        raise QueryFailed("COLUMN_TYPE_UNKNOWN", words)


def stale(view: View, found: Sequence[tuple[str | None, Type]]) -> str:
    """Why a view's columns are no longer those of its query, or ""."""
    if len(found) != len(view.columns):
        return (
            f"stored view column count ({len(view.columns)}) does not match column count derived from the "
            f"view query analysis ({len(found)})"
        )
    for at, ((name, kind), (stored, written)) in enumerate(zip(found, view.columns, strict=True)):
        about = f"column [{name}] of type {kind.shown} projected from query view at position {at}"
        if name != stored.lower():
            return (
                f"{about} has a different name from column [{stored}] of type {written} stored in view "
                "definition"
            )
        if kind.shown == written:
            continue
        wanted = types.read(written)
        if not types.fits(kind, wanted):
            return (
                f"{about} cannot be coerced to column [{stored}] of type {written} stored in view definition"
            )
        if kind.bare != wanted.bare:
            raise SqlNotSimulated(f"a view whose column {stored} is no longer {written}")
    return ""
