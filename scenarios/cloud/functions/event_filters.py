"""Filter criteria of an event source mapping: which records a function is given.

A record passes that one of the filters takes. A filter is an event pattern held against the whole record,
whose data (a message's `body`, a record's `data` or `value`) is JSON where it can be read as such. Data in
JSON passes no filter on plain text, and plain text none on JSON. Of a queue, Lambda deletes what no filter
takes.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from chalicelib.matching import EventPattern, InvalidPattern

MOST_FILTERS: Final = 10
LONGEST_PATTERN: Final = 4096


class _Filter(NamedTuple):
    """`of_text`: whether it asks for the data as plain text; None where it doesn't ask for the data."""

    pattern: EventPattern
    of_text: bool | None


def refusal(criteria: Mapping[str, Any] | None) -> str | None:
    """Why Lambda would not take these criteria; None where it would."""
    filters = (criteria or {}).get("Filters") or ()
    if len(filters) > MOST_FILTERS:
        return f"A maximum of {MOST_FILTERS} filters can be specified."
    for each in filters:
        pattern = each.get("Pattern", "")
        try:
            _compiled(pattern)
        except (InvalidPattern, ValueError):
            return "Invalid filter pattern definition."
        if len(pattern) > LONGEST_PATTERN:
            return f"Member must have length less than or equal to {LONGEST_PATTERN}"
    return None


def takes(criteria: Mapping[str, Any] | None, record: Mapping[str, Any], data: str | None) -> bool:
    """Whether a record passes; without a filter all do.

    `data`: the field with the sender's own text, such as `body`; None where all of the record is AWS's.
    """
    filters = [each.get("Pattern", "") for each in (criteria or {}).get("Filters") or ()]
    return not filters or _any_takes((_compiled(each) for each in filters), record, data)


def _any_takes(filters: Iterable[_Filter], record: Mapping[str, Any], data: str | None) -> bool:
    if data is None:
        return any(each.pattern.matches(dict(record)) for each in filters)
    parsed = _parsed(record[data])
    seen = dict(record) if parsed is None else {**record, data: parsed}
    return any(each.pattern.matches(seen) for each in filters if each.of_text in (None, parsed is None))


def _parsed(text: str) -> Any | None:
    """The data as JSON; None for plain text."""
    try:
        return json.loads(text)
    except ValueError:
        return None


@cache
def _compiled(pattern: str) -> _Filter:
    asked = json.loads(pattern)
    data = next((asked[name] for name in ("body", "data", "value") if name in asked), None)
    return _Filter(EventPattern(pattern), None if data is None else isinstance(data, list))
