"""Floods: alerts that are so many that they are counted and not sent one by one.

A principal that can cause one alert can cause thousands, which would hide the one that matters. So the first
few are sent, then one whenever the count has grown tenfold (or by the factor that the alert names); the
hourly look sends what is left over. Nothing is dropped: each alert's finding stands in the ledger, whether it
was sent or not.

A count is only held to be sent when SNS took the message. Until then a short lease keeps others from saying
the same; if sending fails, the lease lapses and the next event has it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.ledger.ledger import LEASE_SECONDS, Ledger
from chalicelib.ledger.table import EXPIRES, Kind, expiry, key, partition
from chalicelib.remediation import Alert, Asked, Flood, Severity
from chalicelib.seal import Item
from chalicelib.wording import safe

# After this time without a word a flood is over, or it is spoken of again.
PERIOD = timedelta(hours=1)
FLOODS_KEPT = timedelta(days=30)
# So many titles of alerts that were not sent are kept for the next one that is.
MOST_TITLES = 20
LONGEST_TITLE = 120
LONGEST_VALUE = 401  # of a question: a longer one is not asked, nor is one that was cut
_LEFT_OVER = "the hourly look"  # no event's key
# How often a count that others change meanwhile is read again.
_TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One flood as it stands. Moments are aware UTC.

    `count`: alerts since `since`; `told`: the count that the last alert sent has told of. `until`: when it
    may be spoken of again. `holder`: the event that is about to speak of it, until `lease`. `titles`: of some
    that were not sent. `asks`: the questions that fit all of them. `turn`: how often it was written.
    """

    subject: str
    severity: Severity
    count: int
    told: int
    since: datetime
    last: datetime
    until: datetime
    holder: str = ""
    lease: datetime | None = None
    titles: tuple[str, ...] = ()
    asks: tuple[Asked, ...] = ()
    turn: int = 1

    @property
    def untold(self) -> int:
        """How many were not reported yet."""
        return self.count - self.told

    def leased(self, now: datetime) -> bool:
        """Whether an event is about to speak of it."""
        return self.lease is not None and now < self.lease


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What an event's alert is within its flood.

    `speaks`: it is to be sent. `folded`: so many before it were not. `titles`: of some of those.
    """

    wave: Wave
    speaks: bool
    folded: int
    titles: tuple[str, ...] = ()


def joined(
    before: Wave | None,
    alert: Alert,
    flood: Flood,
    holder: str,
    now: datetime,
    *,
    asks: Sequence[Asked] = (),
) -> Place:
    """The place of one more alert. Pure: the wave before it, and what it becomes with it.

    `asks`: the questions that fit the alert. Those that fit some of a flood alone would answer for the rest.
    """
    asks = tuple(replace(each, value=safe(each.value, LONGEST_VALUE)) for each in asks)
    # A name in it may hold half a character, which DynamoDB doesn't take.
    title = safe(alert.title, LONGEST_TITLE)
    if before is None or (now >= before.until and not before.untold):
        turn = before.turn + 1 if before else 1
        wave = replace(_first(alert, flood, now), turn=turn, titles=(title,), asks=asks)
        return _speaking(wave, holder, now, titles=())
    if before.holder == holder:  # a retry: it was counted, but not heard
        return _speaking(replace(before, turn=before.turn + 1), holder, now, titles=before.titles[:-1])
    wave = replace(
        before,
        count=before.count + 1,
        last=now,
        turn=before.turn + 1,
        titles=(*before.titles, title)[:MOST_TITLES],
        asks=tuple(each for each in before.asks if each in asks),
    )
    if _is_due(wave, flood, now):
        return _speaking(wave, holder, now, titles=before.titles)
    return Place(wave=wave, speaks=False, folded=wave.untold)


def _speaking(wave: Wave, holder: str, now: datetime, *, titles: tuple[str, ...]) -> Place:
    leased = replace(wave, holder=holder, lease=now + timedelta(seconds=LEASE_SECONDS))
    return Place(wave=leased, speaks=True, folded=wave.untold - 1, titles=titles)


def _is_due(wave: Wave, flood: Flood, now: datetime) -> bool:
    """Whether the alert that made it so many is to be sent."""
    if wave.count <= flood.most:
        return True
    if wave.leased(now):
        return False
    none_heard = wave.told == 0
    return none_heard or wave.count >= max(wave.told, flood.most) * flood.factor or now >= wave.until


def _first(alert: Alert, flood: Flood, now: datetime) -> Wave:
    return Wave(
        subject=flood.subject,
        severity=alert.severity,
        count=1,
        told=0,
        since=now,
        last=now,
        until=now + PERIOD,
    )


def heard(now_there: Wave, told_of: Wave, now: datetime) -> Wave:
    """The wave after an alert told of it as it was then; others may have joined meanwhile."""
    return replace(
        now_there,
        told=max(now_there.told, told_of.count),
        titles=now_there.titles[len(told_of.titles) :],
        until=now + PERIOD,
        holder="" if now_there.holder == told_of.holder else now_there.holder,
        lease=None if now_there.holder == told_of.holder else now_there.lease,
        turn=now_there.turn + 1,
    )


# ---- in the ledger ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Floods:
    """The floods of one remediation. Every method raises LedgerUnreachable."""

    ledger: Ledger
    remediation: str

    def join(
        self, alert: Alert, flood: Flood, holder: str, now: datetime, asks: Sequence[Asked] = ()
    ) -> Place:
        """Count one more alert, which these questions fit.

        Where others change the count again and again meanwhile, it may come out too low; what is sent is not
        less for it.
        """
        for _ in range(_TRIES):
            before = self._read(flood.subject)
            place = joined(before, alert, flood, holder, now, asks=asks)
            if self._write(before, place.wave):
                break
        return place

    def told(self, place: Place, now: datetime) -> None:
        """Note that the place's alert was sent."""
        for _ in range(_TRIES):
            before = self._read(place.wave.subject)
            if before is None or self._write(before, heard(before, place.wave, now)):
                return

    def left_over(self, now: datetime) -> Iterator[Place]:
        """The floods with alerts that were not reported yet, and that nobody is about to report.

        Each is leased when its turn comes: an hourly look may be delivered twice, and run beside itself.
        """
        for wave in [_wave(item) for item in self.ledger.rows.all(_floods_of(self.remediation))]:
            if not wave.untold or wave.leased(now):
                continue
            lease = now + timedelta(seconds=LEASE_SECONDS)
            leased = replace(wave, holder=_LEFT_OVER, lease=lease, turn=wave.turn + 1)
            if self._write(wave, leased):
                yield Place(wave=leased, speaks=True, folded=wave.untold, titles=wave.titles)

    def _read(self, subject: str) -> Wave | None:
        item = self.ledger.rows.get(_key(self.remediation, subject))
        return _wave(item) if item else None

    def _write(self, before: Wave | None, after: Wave) -> bool:
        return self.ledger.rows.put_over(
            _item(self.remediation, after),
            "#turn = :turn",
            names={"#turn": "turn"},
            values={":turn": {"N": str(before.turn if before else 0)}},
        )


def _floods_of(remediation: str) -> str:
    return partition(Kind.FLOOD, remediation)


def _key(remediation: str, subject: str) -> Item:
    # Hashed, because a principal's ARN may be longer than what the ledger can name an item by.
    name = hashlib.sha256(subject.encode(errors="surrogatepass")).hexdigest()[:32]
    return key(_floods_of(remediation), name)


def _item(remediation: str, wave: Wave) -> Mapping[str, Any]:
    return {
        **_key(remediation, wave.subject),
        "subject": {"S": wave.subject},
        "severity": {"S": wave.severity},
        **{name: {"N": str(getattr(wave, name))} for name in ("count", "told", "turn")},
        **{name: {"S": getattr(wave, name).isoformat()} for name in ("since", "last", "until")},
        "holder": {"S": wave.holder},
        "lease": {"S": wave.lease.isoformat() if wave.lease else ""},
        "titles": {"L": [{"S": title} for title in wave.titles]},
        "asks": {"L": [{"L": [{"S": each.name}, {"S": each.value}]} for each in wave.asks]},
        EXPIRES: expiry(wave.last + FLOODS_KEPT),
    }


def _wave(item: Item) -> Wave:
    lease = item["lease"]["S"]
    return Wave(
        subject=item["subject"]["S"],
        severity=Severity(item["severity"]["S"]),
        holder=item["holder"]["S"],
        lease=datetime.fromisoformat(lease) if lease else None,
        titles=tuple(title["S"] for title in item["titles"]["L"]),
        asks=tuple(
            Asked(*(part["S"] for part in each["L"]))
            for each in item.get("asks", {"L": []})["L"]  # none in items of earlier versions
        ),
        count=int(item["count"]["N"]),
        told=int(item["told"]["N"]),
        turn=int(item["turn"]["N"]),
        since=datetime.fromisoformat(item["since"]["S"]),
        last=datetime.fromisoformat(item["last"]["S"]),
        until=datetime.fromisoformat(item["until"]["S"]),
    )
