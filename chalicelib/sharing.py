"""What was shared with everybody or with strangers, and is taken back: the same for snapshots and images.

Whom a call shares with stands in the call, and whom it is shared with now in the resource; told is what
stands in both. So a partner who has had it before is nobody's business. A call that says nothing is judged
by the resource alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.events import ApiCallEvent
from chalicelib.evidence.seen import Seen, tell
from chalicelib.remediation import Call, Plan, Severity
from chalicelib.wording import some

EVERYBODY = "all"  # as EC2 and RDS spell it
_ADVICE = """\
Ask the caller whether this was meant. If the caller is unknown, disable their credentials first.
Who could see it may have copied it meanwhile: a copy in another account is out of reach, and nothing here \
tells of it. Change every password and key that lies in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """With whom it is shared who should not have it: EVERYBODY, accounts, or ARNs of organizations."""

    strangers: tuple[str, ...]


def shared(now: Iterable[str], added: Iterable[str] | None, known: Iterable[str]) -> Shared | None:
    """Of those it is shared with now, those whom the call has added and who are not known.

    `added`: None where the call doesn't say.
    """
    asked, ours = None if added is None else set(added), frozenset(known)
    strangers = [each for each in now if (asked is None or each in asked) and _account(each) not in ours]
    return Shared(strangers=tuple(dict.fromkeys(strangers))) if strangers else None


def added_by(event: ApiCallEvent, permission: str) -> list[str] | None:
    """Whom an EC2 call adds, as its record prints it; None where it doesn't say.

    `{"createVolumePermission": {"add": {"items": [{"userId": "1"}]}}}`
    """
    asked = event.parameters.get(permission)
    if not isinstance(asked, Mapping):
        return None if event.parameters.get("operationType") == "add" else []
    added = asked.get("add")
    items = added.get("items") if isinstance(added, Mapping) else None
    listed = items if isinstance(items, list) else ()
    return [str(value) for each in listed if isinstance(each, Mapping) for value in each.values()]


def moved(parameters: Mapping[str, Any], now: Iterable[str]) -> str:
    """Whether whom a call has taken away has it again; an undo would be no undo then."""
    gone = [each for values in parameters.values() if isinstance(values, list) for each in values]
    again = sorted(set(gone) & set(now))
    return f"it is shared again, with {', '.join(again)}" if again else ""


def _account(whom: str) -> str:
    """An organization's ARN names its management account."""
    return whom.split(":")[4] if whom.count(":") >= 5 else whom


def decide_on_sharing(
    event: ApiCallEvent,
    facts: Seen[Shared],
    *,
    what: str,
    look_again: str,
    change: Callable[[str, bool], Call],
) -> Plan:
    """Tell with whom it is shared, and take that back, each stranger by a call of their own.

    `what`: such as `Snapshot snap-1`; `change(stranger, add)`: shares it with one, or takes that back.
    """
    if event.failed or facts.nothing:
        return Plan.nothing()
    strangers = facts.state.strangers if facts.state else ()
    with_all = EVERYBODY in strangers
    told = "is shared with everybody" if with_all else "is shared with a stranger"
    return tell(
        event,
        facts,
        severity=Severity.HIGH,
        title=f"{what} {told if facts.state else 'may be shared with strangers'}",
        facts=_facts(what, strangers, look_again),
        advice=_ADVICE,
        calls=[change(each, False) for each in strangers],
    )


def _facts(what: str, strangers: tuple[str, ...], look_again: str) -> Iterator[tuple[str, str]]:
    yield "What", what
    if strangers:
        yield "Shared with", some(["everybody" if each == EVERYBODY else each for each in strangers])
    yield "Shared with whom", look_again
