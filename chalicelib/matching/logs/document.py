"""A log event's message as a JSON document: decoded only as far as a pattern asks, numbers as written.

Everything that is not asked for is passed over, yet still has to be JSON.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any, Final, TypedDict, Union

import msgspec

from chalicelib.matching.logs.selector import Selector

_DEEPEST_SHAPE: Final = 20


class WrittenFloat(float):
    """A JSON number with a fraction or an exponent, which remembers how it was written."""

    __slots__ = ("text",)

    text: str


def _written_float(text: str) -> WrittenFloat:
    number = WrittenFloat(text)
    number.text = text
    return number


def _raw(number: Any) -> msgspec.Raw:
    return msgspec.Raw(number.text.encode())


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_raw)


def text_of(value: Any) -> str | None:
    """A scalar as text: strings as they are, numbers as written; None for null, arrays and objects."""
    if type(value) is str:
        return value
    if type(value) is WrittenFloat:
        return value.text
    if type(value) is bool:
        return "true" if value else "false"
    return str(value) if type(value) is int else None


def json_of(value: Any) -> str:
    """Any value as JSON, numbers as written; for a person."""
    try:
        return _ENCODER.encode(value).decode()
    except RecursionError:
        return "something nested too deeply to be shown"


def decoder_for(selectors: Sequence[Selector] | None) -> msgspec.json.Decoder[Any]:
    """A decoder of JSON objects, which keeps what these selectors may ask for; None: everything.

    It raises ValueError for what is not JSON or not an object, RecursionError for what is nested too deeply.
    """
    if selectors is None or not all(map(_can_be_narrowed, selectors)):
        return msgspec.json.Decoder(dict[str, Any], float_hook=_written_float)
    wanted: dict[Any, Any] = {}
    for selector in selectors:
        _want(wanted, selector)
    return msgspec.json.Decoder(_shape(wanted), float_hook=_written_float)


def _can_be_narrowed(selector: Selector) -> bool:
    """Whether msgspec finds what is asked for; under names beyond ASCII it finds nothing (as of 0.22)."""
    first = selector.steps[0]
    return isinstance(first, str) and all(step.isascii() for step in selector.steps if isinstance(step, str))


def _want(wanted: dict[Any, Any], selector: Selector) -> None:
    """Enter a selector's names in a tree of names, where None asks for the whole value."""
    *above, last = takewhile(lambda step: isinstance(step, str), selector.steps[:_DEEPEST_SHAPE])
    for name in above:
        below = wanted.setdefault(name, {})
        if below is None:
            return
        wanted = below
    wanted[last] = None


def _shape(wanted: dict[Any, Any]) -> Any:
    typed_dict: Any = TypedDict
    fields = {
        name: Any if below is None else Union[_shape(below), list, str, int, float, bool, None]  # noqa: UP007
        for name, below in wanted.items()
    }
    return typed_dict("Shape", fields, total=False)
