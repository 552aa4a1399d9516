"""One fault at one place of a run: which invocation, which of its calls, and what goes wrong there.

A point is written `7.3.crash-after`: the seventh event that a function is given, the third call of its first
attempt, and the kind of fault. Call 0 is the delivery itself: `7.0.twice`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class FaultKind(StrEnum):
    """What goes wrong at a point."""

    CRASH_BEFORE = "crash-before"  # the environment dies, and the call isn't made
    CRASH_AFTER = "crash-after"  # the environment dies after the call
    CRASH_TWICE = "crash-twice"  # it dies after the call, and at the same call of the retry again
    HANG = "hang"  # the call isn't made, and nothing comes until the function's time is up
    LOST = "answer-lost"  # the call is made, and botocore waits for its answer in vain
    SENT_AGAIN = "sent-again"  # the call is made; its answer is lost, so botocore makes it once more
    UNREACHABLE = "refused"  # no connection, however often botocore tries; the call isn't made
    THROTTLED = "throttled"  # for longer than botocore tries
    FAILED = "5xx"  # the service fails by itself for longer than botocore tries
    DENIED = "denied"  # from this call on the function may not call this operation
    NO_SNS = "no-sns"  # from this call on the service fails for ten minutes, whoever of the functions asks
    NO_DYNAMODB = "no-dynamodb"
    NO_KMS = "no-kms"
    NO_SQS = "no-sqs"
    MEANWHILE = "meanwhile"  # before the call the event is delivered again, and handled beside
    TWICE = "twice"  # the event comes again at once
    TWICE_LATER = "twice-hours-apart"
    LATE = "late"
    REORDERED = "reordered"  # the event comes after the one that follows it


OUTAGES = {
    FaultKind.NO_SNS: "sns",
    FaultKind.NO_DYNAMODB: "dynamodb",
    FaultKind.NO_KMS: "kms",
    FaultKind.NO_SQS: "sqs",
}
OF_DELIVERIES = (FaultKind.TWICE, FaultKind.TWICE_LATER, FaultKind.LATE, FaultKind.REORDERED)
LASTING = (*OUTAGES, FaultKind.DENIED)
# A function waits, and what the account would do meanwhile it does after that.
TIME_PASSES = (FaultKind.HANG, FaultKind.LOST, FaultKind.SENT_AGAIN, FaultKind.UNREACHABLE)
_TEXT = re.compile(r"(\d{1,6})\.(\d{1,6})\.([a-z0-9-]+)")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class FaultPoint:
    """One fault. `invocation` counts from 1 in the order of a run; `call` from 1, 0 is the delivery."""

    invocation: int
    call: int
    kind: FaultKind

    @classmethod
    def parse(cls, text: str) -> Self:
        """From its text; ValueError for any other."""
        found = _TEXT.fullmatch(text)
        if found is None or found[3] not in set(FaultKind):
            kinds = ", ".join(FaultKind)
            raise ValueError(f"{text!r} is no point like 7.3.crash-after; kinds are {kinds}")
        point = cls(invocation=int(found[1]), call=int(found[2]), kind=FaultKind(found[3]))
        if (point.kind in OF_DELIVERIES) != (point.call == 0):
            raise ValueError(f"{text!r}: call 0 is the delivery, and has {', '.join(OF_DELIVERIES)}")
        return point

    @property
    def lasting(self) -> bool:
        """Whether the fault stays longer than Lambda tries: then another end is right, if it is reported."""
        return self.kind in LASTING

    @property
    def comes_twice(self) -> bool:
        """Whether the event is delivered once more."""
        return self.kind in (FaultKind.TWICE, FaultKind.TWICE_LATER, FaultKind.MEANWHILE)

    def __str__(self) -> str:
        return f"{self.invocation}.{self.call}.{self.kind}"
