"""Sending alerts: each once, the same thing not again and again, and of a flood a few and then the count.

The right to be quiet is earned: an alert keeps others silent only after SNS took it. While one is on its way
a short lease holds the others back; if it fails, the next one sends.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib.aws import Aws
from chalicelib.errors import LedgerUnreachable, StillUnderWay
from chalicelib.ledger.entries import LedgerEntry, mark_of
from chalicelib.ledger.floods import Floods, Place, Wave
from chalicelib.ledger.ledger import Ledger, Right
from chalicelib.looking import Unseen
from chalicelib.remediation import Alert, Asked, Event, Flood, Outcome, Plan, Quiet, Severity
from chalicelib.runtime import notify
from chalicelib.settings import Settings
from chalicelib.wording import safe, when

if TYPE_CHECKING:
    from chalicelib.runtime.channels import Channel

# What may come by the thousand; acts are few by themselves, and each is told.
_FOLDED = (
    Outcome.UNDER_WAY,
    Outcome.OBSERVED,
    Outcome.AWAITING_APPROVAL,
    Outcome.CAPPED,
    Outcome.UNSEEN,
    Outcome.UNCONFIRMED,
    Outcome.REFUSED,
)
# Of what one principal does with one call, so many alerts are sent one by one.
MOST_ONE_BY_ONE = 10
DOUBLED = 2
DAY = 24 * 3600

Facts = Sequence[tuple[str, str]]


def voice_of(aws: Aws, settings: Settings, remediation: str, ledger: Ledger) -> "Voice":
    """How this function speaks, on every channel that is switched on."""
    others: tuple[Channel, ...] = ()
    if settings.security_hub or settings.chat_topic_arn:
        from chalicelib.runtime.channels import channels_of  # noqa: PLC0415 - a cold start pays for it

        others = channels_of(aws, settings)
    trail = (settings.trail_group, aws.region)
    return Voice(aws.client("sns"), settings.topic_arn, remediation, ledger, trail, others)


def folding(plan: Plan, event: Event, *, counts: bool) -> Plan:
    """The plan with a flood for every alert: by who did what, or by kind where the event names nobody.

    So none hides another's. `counts`: an hourly look tells what a flood leaves over; without one, what is
    left over would never be told, so every alert is sent by itself.
    """
    if not counts:
        return replace(plan, alerts=tuple(replace(each, flood=None) for each in plan.alerts))
    kind = getattr(event, "name", "") or ("" if event.principal else type(event).__name__)
    flood = Flood(subject=f"{kind}:{event.principal}", most=MOST_ONE_BY_ONE, factor=DOUBLED)
    return replace(plan, alerts=tuple(replace(each, flood=each.flood or flood) for each in plan.alerts))


@dataclass(frozen=True, slots=True)
class Voice:
    """How one remediation's function speaks."""

    sns: Any
    topic_arn: str
    remediation: str
    ledger: Ledger
    trail: tuple[str, str]  # its log group, and the region of that
    others: tuple["Channel", ...] = ()  # beside the topic

    def say(self, entry: LedgerEntry, index: int, alert: Alert, sent: set[int], more: Facts = ()) -> bool:
        """Send an alert of a finding, or leave it at its count: False where it is not sent.

        `sent`: takes in the index as soon as SNS has the alert, whatever fails after that. `more`: facts that
        the alert begins with.

        Raises StillUnderWay where another event is about to send one about the same, and may yet fail;
        LedgerUnreachable; what SNS raises.
        """
        now, holder = datetime.now(UTC), f"{entry.event_key}#{index}"
        if alert.quiet:
            right = self.ledger.may_speak(self.remediation, alert.quiet, entry.event_key, now)
            if right is Right.WAIT:
                raise StillUnderWay("another event is about to send the same alert")
            if right is Right.QUIET:
                return False
        place = self._place(entry, alert, holder, now)
        if place and not place.speaks:
            if alert.quiet:
                self.ledger.spoke(self.remediation, replace(alert.quiet, seconds=0), entry.event_key, now)
            return False
        counted = _counted(place, alert) if place else ()
        self.publish(entry, replace(alert, facts=(*more, *alert.facts, *counted)), index)
        sent.add(index)
        if place:
            self._floods.told(place, datetime.now(UTC))
        if alert.quiet:
            self.ledger.spoke(self.remediation, alert.quiet, entry.event_key, datetime.now(UTC))
        return True

    def publish(self, entry: LedgerEntry, alert: Alert, index: int) -> None:
        """Send an alert of a finding on every channel, also if one was sent before.

        Each is tried, whatever becomes of the others. Where one fails, the ledger keeps which it has reached,
        and the error rises: the next try sends it to the rest.
        """
        message = notify.message_of(
            alert,
            entry.id,
            entry.outcome,
            entry.plan.calls,
            entry.progress,
            failure=entry.failure,
            ended=_has_ended(entry, index),
        )
        questions = self._questions(entry, alert)
        mark = f"{mark_of(entry.outcome)} {index} "
        before = {each.removeprefix(mark) for each in entry.reached if each.startswith(mark)}
        about = (f"{entry.id}#{index}", entry.account, entry.region, entry.at)
        reached, failed = self._send(alert, message, about, before, questions)
        if failed:
            if reached and entry.outcome is not Outcome.UNRECORDED:
                with suppress(LedgerUnreachable):
                    self.ledger.reached(entry, {f"{mark}{name}" for name in reached})
            raise failed[0]

    def _questions(self, entry: LedgerEntry, alert: Alert) -> str:
        from chalicelib.runtime.asking import asked_of  # noqa: PLC0415 - a cold start pays for it

        return self._ending(asked_of(entry, alert, self.trail[1]), entry.at)

    def _questions_of(self, wave: Wave) -> str:
        """What a count ends with: the questions that fit all that were counted, since the first of them."""
        from chalicelib.runtime.asking import ANYBODY  # noqa: PLC0415 - a cold start pays for it

        return self._ending(wave.asks or ANYBODY, wave.since)

    def _ending(self, asks: Sequence[Asked], at: datetime) -> str:
        from chalicelib.runtime.asking import Asking  # noqa: PLC0415 - a cold start pays for it

        group, region = self.trail
        return Asking(group=group, region=region).ending(asks, at)

    def say_what_is_left(self) -> None:
        """Send the counts that no alert has told of yet; raises LedgerUnreachable, what SNS raises."""
        for place in self._floods.left_over(datetime.now(UTC)):
            alert = _left(place)
            about = (f"{self.remediation}:{place.wave.subject}", "", "", place.wave.since)
            questions = self._questions_of(place.wave)
            _, failed = self._send(alert, notify.message_of(alert, "", Outcome.TOLD), about, (), questions)
            if failed:
                raise failed[0]
            self._floods.told(place, datetime.now(UTC))

    def _send(
        self,
        alert: Alert,
        message: str,
        about: tuple[str, str, str, datetime],
        before: Collection[str] = (),
        questions: str = "",
    ) -> tuple[set[str], list[Exception]]:
        """Send it on each channel that it hasn't reached; which it reached now, what the others raised.

        `about`: its id, the account, the region and the time; `questions`: what it ends with.
        """
        reached: set[str] = set()
        failed: list[Exception] = []
        for name, send in self._ways(alert, message, about, questions):
            if name in before:
                continue
            try:
                send()
            except Exception as error:  # noqa: BLE001 - the others are told first, then it rises
                failed.append(error)
            else:
                reached.add(name)
        return reached, failed

    def _ways(
        self, alert: Alert, message: str, about: tuple[str, str, str, datetime], questions: str
    ) -> Iterator[tuple[str, Callable[[], None]]]:
        mail = partial(notify.publish, self.sns, self.topic_arn, remediation=self.remediation)
        whole = "\n\n".join(filter(None, (message, questions)))
        yield "topic", partial(mail, alert=alert, message=whole)
        if self.others:
            from chalicelib.runtime.channels import Telling  # noqa: PLC0415 - only where one is switched on

            identity, account, region, at = about
            telling = Telling(
                id=identity,
                alert=alert,
                text=message,
                questions=questions,
                remediation=self.remediation,
                account=account,
                region=region,
                at=at,
                now=datetime.now(UTC),
            )
            for channel in self.others:
                yield channel.name, partial(channel.send, telling)

    def _place(self, entry: LedgerEntry, alert: Alert, holder: str, now: datetime) -> Place | None:
        if alert.flood is None or entry.outcome not in _FOLDED:
            return None
        # What succeeded, what was held back and what is graver are never counted among anything less.
        subject = safe(f"{entry.outcome}|{alert.severity}|{alert.flood.subject}")
        from chalicelib.runtime.asking import asked_of  # noqa: PLC0415 - only floods pay for it

        asks = asked_of(entry, alert, self.trail[1])
        return self._floods.join(alert, replace(alert.flood, subject=subject), holder, now, asks)

    @property
    def _floods(self) -> Floods:
        return Floods(self.ledger, self.remediation)


def _counted(place: Place, alert: Alert) -> Facts:
    """What an alert says of those like it."""
    assert alert.flood is not None
    count, most = place.wave.count, alert.flood.most
    if count < most or (count == most == 1):
        return ()
    not_sent = tuple(("Not sent", title) for title in place.titles) if place.folded else ()
    so_far = f"number {count} of its kind since {when(place.wave.since)}"
    before = f"; {place.folded} before it were not sent one by one" if place.folded else ""
    return (("And on", f"{so_far}{before}; {_ON}"), *not_sent)


_ON = "more of it is counted and told by the hour; each is a finding in the ledger"


def _left(place: Place) -> Alert:
    wave, first = place.wave, place.titles[0] if place.titles else place.wave.subject
    more = "1 more alert was" if place.folded == 1 else f"{place.folded} more alerts were"
    return Alert(
        severity=wave.severity,
        title=f"{more} not sent one by one: {first}" + (", and others" if place.folded > 1 else ""),
        facts=(
            ("Counted", f"{wave.count} from {when(wave.since)} to {when(wave.last)}"),
            *(("Not sent", title) for title in place.titles),
        ),
        advice="Each is a finding in the ledger. So many may hide the one that matters: look at them.",
    )


def denied(event: Event, what: tuple[Unseen, ...], function: str) -> Alert:
    """The alert that somebody may have denied us to look; once a day for the same thing."""
    return Alert(
        severity=Severity.HIGH,
        title=f"Trailwarden was not allowed to look: {function}",
        facts=(
            *(("Denied", each.why) for each in what),
            ("While handling", event.key),
            ("When", when(event.at)),
            ("Account", event.account or "not recorded"),
        ),
        advice=_ADVICE,
        quiet=Quiet(subject=f"DENIED:{','.join(sorted(set(map(_call, what))))}"[:200], seconds=DAY),
    )


def _call(unseen: Unseen) -> str:
    """The call that was denied, where the sentence begins with it; else it is about some object."""
    named = re.match(r"(\w+): ", unseen.why)
    return named[1] if named else "an object"


_ADVICE = """\
The stack grants this, so somebody took it away: a policy of the function's role, of the resource or its key \
or of the organization. Look who wrote it, and when; deploying the stack again puts back its own."""


def _has_ended(entry: LedgerEntry, index: int) -> bool:
    """Whether an alert that was sent before it was over is sent now that it is."""
    return mark_of(entry.outcome) == "told" and index in entry.warned | entry.unconfirmed
