"""Python's own dates, for modules that can't be imported with freezegun's."""

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def real_dates() -> Iterator[None]:
    """Inside, `datetime` has Python's own classes: some modules can't be imported with freezegun's.

    pydantic's models, for one, are made from `date` with a metaclass of their own. Where freezegun was never
    loaded, nothing is frozen, and it is not loaded for this.
    """
    freezing = sys.modules.get("freezegun.api")
    if freezing is None:
        yield
        return
    kept = dt.date, dt.datetime
    dt.date, dt.datetime = freezing.real_date, freezing.real_datetime  # type: ignore[misc]
    try:
        yield
    finally:
        dt.date, dt.datetime = kept  # type: ignore[misc]
