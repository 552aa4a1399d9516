"""What a look has found of what a call changed, and what is told of it: the same for many remediations.

A remediation reads its own state; here stand the parts that are alike: the tag that excuses a resource, what
else these credentials did, what could not be read. "Could not read" is told no less severe, and nothing is
done then.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS
from chalicelib.events import ApiCallEvent
from chalicelib.evidence.call import NOT_RECORDED, call_facts
from chalicelib.evidence.excuse import excuse, matters
from chalicelib.evidence.lately import Lately, lately, lately_facts
from chalicelib.looking import Unseen, answer, unseen
from chalicelib.remediation import Alert, Asked, Call, Plan, Severity
from chalicelib.settings import Settings

State = TypeVar("State")
_NOT_ASKED = Lately()
Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Generic[State]):
    """What there is now.

    `state`: None where there is nothing to tell, or where it is `unread`. `excuse`: the tag that says that it
    is expected, or "".
    """

    state: State | None = None
    excuse: str = ""
    lately: Lately = _NOT_ASKED
    unread: Unseen | None = None

    @property
    def could_not_read(self) -> tuple[Unseen, ...]:
        """Everything that could not be read, for the alert about what was denied."""
        return tuple(each for each in (self.unread, self.lately.could_not_read) if each)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to tell."""
        return self.state is None and self.unread is None


def see(
    aws: Aws,
    event: ApiCallEvent,
    settings: Settings,
    *,
    remediation: str,
    about: str = "",
    read: Callable[[], State | Unseen | None],
    gone: tuple[str, ...] = (),
    tags: Callable[[State], Tags] | None = None,
) -> Seen[State]:
    """Read what there is now. `read`: None for nothing to tell, Unseen for what it could not read to its end.

    `about`: which resource the record names; without one, by `NOT_RECORDED`, nothing can be read: CloudTrail
    leaves out parameters that are too large. `tags`: of what was read.

    `gone`: the codes by which AWS says to `read` that what was changed isn't there: nothing to tell.

    Raises MayPass, so that what may pass is looked at again.
    """
    if about == NOT_RECORDED:
        why = "the record doesn't say what the call was about"
        return Seen(unread=Unseen(why=why), lately=lately(aws, event))
    try:
        state = answer(read, unless=gone, otherwise=None)
        if isinstance(state, Unseen):
            return Seen(unread=state, lately=lately(aws, event))
        found = tags(state) if tags and state is not None and matters(settings) else {}
    except AWS_ERRORS as error:
        return Seen(unread=unseen(error), lately=lately(aws, event))
    if state is None:
        return Seen()
    return Seen(state=state, excuse=excuse(remediation, found, settings), lately=lately(aws, event))


def blind(_event: ApiCallEvent, why: Unseen, _settings: Settings) -> Seen[State]:
    """What is known without a look: a way's `blind`."""
    return Seen(unread=why, lately=Lately(could_not_read=why))


def tell(
    event: ApiCallEvent,
    seen: Seen[State],
    *,
    severity: Severity,
    title: str,
    facts: Iterable[tuple[str, str]],
    advice: str,
    calls: Iterable[Call] = (),
    asks: Iterable[Asked] = (),
) -> Plan:
    """The plan: what happened, who did it and what else they did. What is excused is LOW and left alone.

    `asks`: the questions to go on with, about what it happened to.
    """
    alert = Alert(
        severity=Severity.LOW if seen.excuse else severity,
        title=f"{title}, which its tag expects" if seen.excuse else title,
        facts=(
            *facts,
            *_unread(seen),
            *_excused(seen),
            *call_facts(event),
            *lately_facts(event, seen.lately),
        ),
        advice=advice,
        asks=tuple(asks),
    )
    return Plan.alert(alert, calls=() if seen.excuse or seen.unread else tuple(calls))


def _unread(seen: Seen[State]) -> Iterator[tuple[str, str]]:
    if seen.unread:
        yield "Could not look", f"{seen.unread}; so nothing is done"


def _excused(seen: Seen[State]) -> Iterator[tuple[str, str]]:
    if seen.excuse:
        yield "Expected by tag", f"{seen.excuse}; whoever may tag it may have put that there"


def tags_of(listed: Iterable[Mapping[str, str]]) -> Tags:
    """Tags as most services list them, with `Key` and `Value`."""
    return {each["Key"]: each["Value"] for each in listed}
