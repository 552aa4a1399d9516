"""The gate: whether the calls of a plan may be made now, and if not, why.

The deployed mode, the brakes (`chalicelib.brakes`), the proof of the event (`chalicelib.runtime.verify`) and
the hour's cap are asked in this order; each can only hold back. What can't be read holds back, too: what may
pass is tried again, anything else is told. What is not proven takes nobody's place of the hour.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from chalicelib.aws import Aws
from chalicelib.errors import MayPass
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.ledger import Ledger
from chalicelib.looking import Unseen
from chalicelib.remediation import Outcome
from chalicelib.settings import Mode, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """UNDER_WAY where the calls may be made, or there are none; else the outcome of a plan without them.

    `why`: what holds them back, beyond the deployed mode. `unseen`: it is that the brakes can't be read.
    `error`: for the event is to be tried again. `proven`: whether the event is; None where nobody asked.
    """

    outcome: Outcome
    why: str = ""
    unseen: Unseen | None = None
    error: Exception | None = None
    proven: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether an event is proven. Where it isn't: `why`, and whether it will never be (`refused`).

    `error`: why event history could not be asked, where it would know by now. `not_asked`: the same, however
    young the event is.
    """

    confirmed: bool = False
    why: str = ""
    refused: bool = False
    error: Exception | None = None
    not_asked: Exception | None = None


Prove = Callable[[datetime], Verdict]


class Gate:
    """The gate for one event's plan. It looks once, so a new try needs a new one.

    `approved`: people have said yes, as mode approve asks.
    """

    def __init__(
        self, aws: Aws, ledger: Ledger, settings: Settings, prove: Prove, *, approved: bool = False
    ) -> None:
        self._aws = aws
        self._prove = prove
        self._ledger = ledger
        self._settings = settings
        self._approved = approved
        self._ruling: Ruling | None = None

    def ruling(self, entry: LedgerEntry, now: datetime) -> Ruling:
        """What comes of the plan's calls; raises LedgerUnreachable."""
        if self._ruling is None:
            self._ruling = self._of(entry, now)
        return self._ruling

    def _of(self, entry: LedgerEntry, now: datetime) -> Ruling:
        if not entry.plan.calls:
            return Ruling(outcome=Outcome.UNDER_WAY)
        if self._settings.mode is Mode.OBSERVE:
            return Ruling(outcome=Outcome.OBSERVED)
        return self.brakes(entry.remediation) or self._unproven(now) or self._cap(entry, now)

    def brakes(self, remediation: str) -> Ruling | None:
        """What holds the calls back until somebody says otherwise."""
        # Only a plan with calls that would run needs it: a cold start that tells must not pay for it.
        from chalicelib.brakes import Brakes, kill_switch, mode_of  # noqa: PLC0415 - see above

        settings = self._settings
        try:
            brakes = Brakes.read(self._aws, settings.parameters, remediation)
        except MayPass as error:
            return Ruling(outcome=Outcome.FAILED, why=f"{_UNREAD}: {error}", error=error)
        if isinstance(brakes, Unseen):
            return Ruling(outcome=Outcome.CAPPED, why=f"{_UNREAD}: {brakes}", unseen=brakes)
        if brakes.mode.below(settings.mode) and not (self._approved and brakes.mode is Mode.APPROVE):
            lowered = f"{mode_of(remediation, settings.parameters)} lowers its mode to {brakes.mode}"
            return Ruling(outcome=_WITHOUT[brakes.mode], why=lowered)
        if settings.mode is Mode.APPROVE and not self._approved:
            return Ruling(outcome=Outcome.AWAITING_APPROVAL)
        pulled = f"the kill switch {kill_switch(settings.parameters)} is on"
        return Ruling(outcome=Outcome.CAPPED, why=pulled) if brakes.pulled else None

    def _unproven(self, now: datetime) -> Ruling | None:
        verdict = self._prove(now)
        if verdict.confirmed:
            return None
        outcome = Outcome.REFUSED if verdict.refused else Outcome.UNCONFIRMED
        return Ruling(outcome=outcome, why=verdict.why, error=verdict.error, proven=False)

    def _cap(self, entry: LedgerEntry, now: datetime) -> Ruling:
        most = self._settings.acts_per_hour
        if self._ledger.may_act(entry, now, most):
            return Ruling(outcome=Outcome.UNDER_WAY, proven=True)
        reached = f"the hour's cap is reached: it may act {most} times an hour"
        return Ruling(outcome=Outcome.CAPPED, why=reached, proven=True)


_UNREAD = "whether it may act could not be read"
_WITHOUT = MappingProxyType({Mode.OBSERVE: Outcome.OBSERVED, Mode.APPROVE: Outcome.AWAITING_APPROVAL})
