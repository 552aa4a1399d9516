"""Which findings a request asks for: filters, and paging from the newest to the oldest."""

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.table import stamp
from chalicelib.remediation import Alert, Severity

MOST_FINDINGS = 100
FINDINGS_ON_PAGE = 20
# So many findings of one remediation are looked through for one answer; then it says where to go on.
MOST_LOOKED_AT = 1000
_PAGE = 50
_CURSOR = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#[0-9a-f]{12}", re.ASCII)
NAMES = ("remediation", "limit", "since", "severity", "actor", "before")


class BadFilter(ValueError):
    """A filter that can't be read; the message is one sentence for the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """`since`: a moment, or None. `severity`: this and what is graver. `actor`: a part of who did it.

    `before`: where the page before ended; "" for the first.
    """

    limit: int = FINDINGS_ON_PAGE
    since: datetime | None = None
    severity: Severity | None = None
    actor: str = ""
    before: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Filters":
        """What a request's query asks for; raises BadFilter."""
        if unknown := sorted(set(asked) - set(NAMES)):
            raise BadFilter(f"{unknown[0][:100]!r} is no filter; there are {', '.join(NAMES)}")
        severity, before = asked.get("severity", "").upper(), asked.get("before", "")
        if severity and severity not in set(Severity):
            raise BadFilter(f"severity is one of {', '.join(Severity)}")
        if before and not _CURSOR.fullmatch(before):
            raise BadFilter("before is the `next` of another page")
        return cls(
            limit=limit_of(asked.get("limit", str(FINDINGS_ON_PAGE))),
            since=_moment(asked["since"]) if asked.get("since") else None,
            severity=Severity(severity) if severity else None,
            actor=asked.get("actor", ""),
            before=before,
        )

    def fits(self, found: LedgerEntry) -> bool:
        """Whether a finding is one of those."""
        if self.actor and self.actor.lower() not in found.principal.lower():
            return False
        worst = loudest(found)
        order = list(Severity)
        return self.severity is None or (
            worst is not None and order.index(worst.severity) >= order.index(self.severity)
        )


def limit_of(text: str) -> int:
    """How many are asked for; raises BadFilter."""
    if re.fullmatch(r"[0-9]{1,3}", text) and 1 <= int(text) <= MOST_FINDINGS:
        return int(text)
    raise BadFilter(f"limit is a whole number from 1 to {MOST_FINDINGS}")


def page_of(ledger: Ledger, remediations: Iterable[str], filters: Filters) -> tuple[list[LedgerEntry], str]:
    """The newest findings of these remediations that fit, and where the next page begins; "" for none.

    Raises LedgerUnreachable.
    """
    each = [_all_of(ledger, name, filters) for name in remediations]
    merged = heapq.merge(*each, key=lambda found: found.sort_key, reverse=True)
    fitting = (one for one in merged if filters.fits(one))
    found = list(islice(fitting, filters.limit))
    for one in fitting:
        # One event may be a finding of several remediations; a page doesn't end between them.
        if one.sort_key != found[-1].sort_key:
            return found, found[-1].sort_key
        found.append(one)
    return found, ""


def loudest(finding: LedgerEntry) -> Alert | None:
    """The alert shown for a finding in a list; none if there was nothing to report."""
    order = list(Severity)
    return max(finding.plan.alerts, key=lambda alert: order.index(alert.severity), default=None)


def _all_of(ledger: Ledger, remediation: str, filters: Filters) -> Iterator[LedgerEntry]:
    """The findings of one remediation, newest first, read page by page."""
    since, before = stamp(filters.since) if filters.since else "", filters.before
    for _ in range(MOST_LOOKED_AT // _PAGE):
        page = ledger.newest(remediation, _PAGE, since=since, before=before)
        yield from page
        if len(page) < _PAGE:
            return
        before = page[-1].sort_key


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadFilter("since is a time with its zone, such as 2026-03-01T00:00:00Z")
    return moment
