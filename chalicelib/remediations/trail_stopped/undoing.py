"""How what was restored is undone: by the undo of each call, where the setting still is as that call made it.

What was undone is good from then on, as a change of an ignored principal is; otherwise the next look would
restore it again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chalicelib.aws import Aws
from chalicelib.ledger.ledger import ledger_of
from chalicelib.remediation import Call
from chalicelib.remediations.trail_stopped.restore import OF_THE_TRAIL, PUTS, chosen
from chalicelib.settings import Settings
from chalicelib.trail.settings.reader import TrailResources, read_settings
from chalicelib.trail.settings.settings import TrailSettings

_FIELD_OF_PUT = {operation: (field, parameter) for field, (operation, parameter, _) in PUTS.items()}
_FIELD_OF_TRAIL = {parameter: field for field, parameter in OF_THE_TRAIL.items()}
_SELECTORS = ("EventSelectors", "AdvancedEventSelectors")
_UNKNOWN = "could not be read"

Wanted = Iterator[tuple[str, Any]]


def moved(place: TrailResources, aws: Aws, call: Call) -> str:
    """What is no longer as this call made it; "" for nothing. Raises MayPass."""
    now, _ = read_settings(aws, place)
    found = now.known()
    for field, wanted in _made(call):
        if field not in found:
            return f"{field} {_UNKNOWN}"
        if _as_called(field, found[field]) != wanted:
            return f"{field} is {found[field]!r} now, and Trailwarden had made it {wanted!r}"
    return ""


def accepted(name: str, place: TrailResources, aws: Aws, calls: Sequence[Call], settings: Settings) -> str:
    """The last good state, with what these calls had changed as it is now."""
    good = TrailSettings.from_text(ledger_of(aws, settings).remembered(name))
    now, _ = read_settings(aws, place)
    fields = dict.fromkeys(field for call in calls for field, _ in _made(call))
    return good.with_those_of(now, fields).as_text()


def _made(call: Call) -> Wanted:
    """The fields that a call sets, each with the value that it gives it."""
    if call.operation in _FIELD_OF_PUT:
        field, parameter = _FIELD_OF_PUT[call.operation]
        yield field, call.parameters[parameter]
    else:
        yield from _OTHERS[call.operation](call.parameters)


def _of_trail(parameters: Mapping[str, Any]) -> Wanted:
    yield "trail", True
    for name, value in parameters.items():
        if name in _FIELD_OF_TRAIL:
            yield _FIELD_OF_TRAIL[name], value


def _of_selectors(parameters: Mapping[str, Any]) -> Wanted:
    yield from (("selectors", parameters[name]) for name in _SELECTORS if name in parameters)


_OTHERS: Mapping[str, Callable[[Mapping[str, Any]], Wanted]] = {
    "start_logging": lambda _: iter([("logging", True)]),
    "create_trail": _of_trail,
    "update_trail": _of_trail,
    "put_event_selectors": _of_selectors,
    "create_log_group": lambda _: iter([("group_there", True)]),
    "put_retention_policy": lambda parameters: iter([("retention", parameters["retentionInDays"])]),
    "delete_retention_policy": lambda _: iter([("retention", 0)]),
}


def _as_called(field: str, value: Any) -> Any:
    """A setting as the call's parameter has it."""
    if field == "selectors":
        return chosen(str(value))
    if field in PUTS and (value or field == "notification"):
        return PUTS[field][2](str(value))
    return value
