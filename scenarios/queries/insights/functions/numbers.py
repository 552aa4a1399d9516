"""Functions of numbers; what is no number makes the answer absent."""

import math
from collections.abc import Callable
from typing import Any

from scenarios.queries.insights.functions.function import Function
from scenarios.queries.insights.values import Number, number_of

_EARTH_KILOMETRES = 6371.0
_INT, _LONG = 1 << 31, 1 << 63
_MOST = 100


def functions() -> dict[str, Function]:
    """By name."""
    return {
        "abs": _of_numbers(abs, 1),
        "ceil": _of_numbers(math.ceil, 1),
        "floor": _of_numbers(math.floor, 1),
        "greatest": _of_numbers(_greatest, 1, _MOST),
        "least": _of_numbers(_least, 1, _MOST),
        "log": _of_numbers(math.log, 1),
        "sqrt": _of_numbers(math.sqrt, 1),
        "round": _of_numbers(_rounded, 1, 2),
        "haversine": _of_numbers(_haversine, 4),
        "tonumber": _of_numbers(lambda number: number, 1),
        "todouble": _of_numbers(float, 1),
        "toint": _of_numbers(lambda number: _within(number, _INT), 1),
        "tolong": _of_numbers(lambda number: _within(number, _LONG), 1),
        "isnumeric": Function(lambda value: number_of(value) is not None, 1, 1),
        "hextodec": Function(_of_hex, 1, 1),
        "dectohex": _of_numbers(_to_hex, 1),
    }


def _of_numbers(call: Callable[..., Any], least: int, most: int = 0) -> Function:
    def on_numbers(*values: Any) -> Any:
        numbers = [number_of(value) for value in values]
        if any(number is None for number in numbers):
            return None
        try:
            return call(*numbers)
        except (ValueError, OverflowError):  # a root or a logarithm that there isn't
            return None

    return Function(on_numbers, least, most or least)


def _greatest(*numbers: Number) -> Number:
    return max(numbers)


def _least(*numbers: Number) -> Number:
    return min(numbers)


def _rounded(number: Number, decimals: Number = 0) -> Number:
    """Halves go away from zero."""
    scale = 10 ** max(-15, min(15, int(decimals)))
    return math.copysign(math.floor(abs(number) * scale + 0.5) / scale, number)


def _haversine(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    up, across = math.radians(other_latitude - latitude), math.radians(other_longitude - longitude)
    chord = math.sin(up / 2) ** 2 + (
        math.cos(math.radians(latitude)) * math.cos(math.radians(other_latitude)) * math.sin(across / 2) ** 2
    )
    return 2 * _EARTH_KILOMETRES * math.asin(math.sqrt(min(1.0, chord)))


def _within(number: Number, bound: int) -> int | None:
    whole = int(number)
    return whole if -bound <= whole < bound else None


def _of_hex(value: Any) -> int | None:
    text = str(value).lower().removeprefix("0x") if value is not None else ""
    return int(text, 16) if text and all(char in "0123456789abcdef" for char in text) else None


def _to_hex(number: Number) -> str:
    return hex(int(number))
