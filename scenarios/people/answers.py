"""What the API answers, held against its shape once, so that what follows can rely on it.

A URL may lead to anything that answers JSON, or to a stack of another version.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from enum import EnumType
from typing import Any

from chalicelib.remediation import Call, Severity
from scenarios.people.api import ApiError

Answer = Mapping[str, Any]

_CALL_FIELDS = frozenset(each.name for each in fields(Call))


class _Each:
    """The shape of every value of an object, whatever their names are."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


class _OrNone:
    """A shape, or null, or nothing at all."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


_ALERT = {"severity": Severity, "title": str, "facts": [(str, str)], "advice": str}
_CALL: dict[str, Any] = {
    **dict.fromkeys(("service", "operation", "account", "region"), str),
    "parameters": _Each(object),
    "already": [str],
}
_CALL["undo"] = _OrNone(_CALL)
_DECISION = {
    **dict.fromkeys(("id", "verb", "who", "at", "reason", "ruling", "words"), str),
    "told": bool,
}
_FINDING = {
    **dict.fromkeys(("id", "at", "principal", "account", "region", "outcome", "failure"), str),
    "plan": {"alerts": [_ALERT], "calls": [_CALL]},
    "plan_digest": str,
    "deeds": _Each(str),
    "decisions": [_DECISION],
}
_LETTER = {**dict.fromkeys(("id", "at", "to", "reason"), str), "event": object}


def finding(answer: Answer) -> Answer:
    """One finding; raises ApiError, as all of these do."""
    return _fitting(answer, _FINDING)


def findings(answer: Answer) -> Answer:
    """A page of findings, and where the next one begins."""
    return _fitting(answer, {"findings": [_FINDING], "next": str})


def noted(answer: Answer) -> Answer:
    """That an instruction was noted, and its id."""
    return _fitting(answer, {"id": str})


def letters(answer: Answer) -> Answer:
    """The dead letters."""
    return _fitting(answer, {"dead_letters": [_LETTER], "hidden": int})


def redriven(answer: Answer) -> Answer:
    """Which dead letters were sent again, and why others were not."""
    return _fitting(answer, {"sent": [str], "not_sent": _Each(str), "hidden": int})


def _fitting(answer: Answer, shape: Any) -> Answer:
    if where := _misfit(answer, shape):
        raise ApiError(
            f"what answered there is not this version of Trailwarden's API: its answer has no {where} of the "
            "right kind"
        )
    return answer


def _misfit(value: Any, shape: Any, where: str = "") -> str:
    """The first place where a value has another shape; "" where it fits."""
    if isinstance(shape, _OrNone):
        return _misfit(value, shape.shape, where) if value is not None else ""
    if _is_of_kind(value, shape):
        return _first(_misfit(*inside) for inside in _insides(value, shape, where))
    return where.lstrip(".") or "object"


def _is_of_kind(value: Any, shape: Any) -> bool:
    """Whether it is of the right kind, whatever is inside."""
    match shape:
        case EnumType():
            return isinstance(value, str) and value in list(shape)
        case type():
            return isinstance(value, shape)
        case tuple():
            return isinstance(value, (list, tuple)) and len(value) == len(shape)
        case list():
            return isinstance(value, (list, tuple))
    return isinstance(value, dict) and (shape is not _CALL or _CALL_FIELDS.issuperset(value))


def _insides(value: Any, shape: Any, where: str) -> Iterator[tuple[Any, Any, str]]:
    """Each part of a value, with the shape that it should have and its place."""
    match shape:
        case _Each():
            yield from ((each, shape.shape, f"{where}.*") for each in value.values())
        case dict():
            yield from ((value.get(name), each, f"{where}.{name}") for name, each in shape.items())
        case tuple():
            yield from ((each, one, f"{where}[]") for each, one in zip(value, shape, strict=True))
        case list():
            yield from ((each, shape[0], f"{where}[]") for each in value)


def _first(places: Iterable[str]) -> str:
    return next(filter(None, places), "")
