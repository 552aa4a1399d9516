"""What an error means to a remediation that looks. It is decided here, for all of them.

What may pass (throttled, AWS's own failure, no connection) rises: the event is tried again, and a retry may
still see what there is. What will not pass by itself is a value, `Unseen`: the alert goes out without it, no
less severe than it would be at worst, and says what was not seen. What was denied is an alert of its own
besides, because somebody may have denied it to us. "Could not look" never reads as "all is well".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self, TypeVar

from botocore.exceptions import ClientError

from chalicelib.errors import LedgerUnreachable, MayPass, NotAllowed, foreseen

Answer = TypeVar("Answer")
Otherwise = TypeVar("Otherwise")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """What could not be looked at, as a sentence. `denied`: AWS says that we may not."""

    why: str
    denied: bool = False

    @classmethod
    def of(cls, known: Exception, in_words: str = "{}") -> Self:
        """For an error as `foreseen` names it, whether trying again helps or not."""
        return cls(why=in_words.replace("{}", str(known)), denied=isinstance(known, NotAllowed))

    def __str__(self) -> str:
        return self.why


def unseen(error: Exception, in_words: str = "{}") -> Unseen:
    """Why something stays unseen; raises the error where trying again may help.

    `in_words`: the sentence around AWS's own words, such as "reading the log group audit: {}".
    """
    known = foreseen(error)
    if isinstance(known, (MayPass, LedgerUnreachable)):
        raise known from (None if known is error else error)
    return Unseen.of(known, in_words)


def answer(ask: Callable[[], Answer], *, unless: tuple[str, ...], otherwise: Otherwise) -> Answer | Otherwise:
    """What AWS answers; `otherwise` where it refuses with one of these codes, such as that there is none."""
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] not in unless:
            raise
        return otherwise


def renamed(kind: str, name: str) -> Unseen:
    """Where there is nothing of that name any more: who renames what they have changed would go unseen."""
    return Unseen(why=f"there is no {kind} {name} any more: it was deleted or renamed since")


def denials(facts: object) -> tuple[Unseen, ...]:
    """Of what facts could not read, by the name that all of them give it, what was denied."""
    return tuple(each for each in _flat(getattr(facts, "could_not_read", ())) if each.denied)


def _flat(value: object) -> Iterator[Unseen]:
    if isinstance(value, Unseen):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _flat(each)
