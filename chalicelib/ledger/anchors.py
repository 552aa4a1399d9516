"""How far a trail was verified, kept in the ledger: the newest verified digest of each chain.

With an anchor, a later run notices that evidence was removed or replaced in between, even if the bucket has
become consistent again. It never moves back, even if a slower run ends later. It is written only after the
run's findings are safe in the ledger: if a run crashes before that, the next one checks the same hours.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.table import EXPIRES, Kind, expired, expiry, key, partition
from chalicelib.trail.integrity.findings import Anchor
from chalicelib.trail.integrity.keys import Chain

# As long as the bucket's own evidence may be wanted; every run that sees the chain writes it anew.
ANCHORS_KEPT = timedelta(days=400)


def read_anchors(ledger: Ledger, trail_arn: str, now: datetime) -> dict[Chain, Anchor]:
    """The anchors of a trail's chains, by chain; raises ClientError."""
    items = (item for item in ledger.rows.all(_anchors_of(trail_arn)) if not expired(item, now))
    return {anchor.chain: anchor for anchor in map(_anchor, items)}


def write_anchors(ledger: Ledger, trail_arn: str, anchors: Iterable[Anchor], now: datetime) -> None:
    """Keep these anchors, except where the ledger already holds a later one; raises ClientError."""
    for anchor in anchors:
        ledger.rows.put_over(
            _item(trail_arn, anchor, now),
            "#ends < :ends OR (#ends = :ends AND #sha256 = :sha256)",
            names={"#ends": "ends_at", "#sha256": "sha256"},
            values={":ends": {"S": _text(anchor.ends_at)}, ":sha256": {"S": anchor.sha256}},
        )


def anchors_as_text(anchors: Iterable[Anchor]) -> str:
    """Anchors as a finding keeps them until they are written."""
    return json.dumps([asdict(anchor) for anchor in anchors], default=_text)


def anchors_from_text(text: str) -> tuple[Anchor, ...]:
    """What `anchors_as_text` wrote."""
    return tuple(
        Anchor(
            **{
                **each,
                "chain": Chain(**each["chain"]),
                "ends_at": datetime.fromisoformat(each["ends_at"]),
            }
        )
        for each in json.loads(text)
    )


def _anchors_of(trail_arn: str) -> str:
    return partition(Kind.ANCHOR, trail_arn)


def _item(trail_arn: str, anchor: Anchor, now: datetime) -> Mapping[str, Any]:
    chain = asdict(anchor.chain)
    backfill = chain.pop("backfill")
    # Hashed, because a trail's prefix may be longer than what the ledger can name an item by.
    name = hashlib.sha256(repr(sorted(asdict(anchor.chain).items())).encode()).hexdigest()[:32]
    return {
        **key(_anchors_of(trail_arn), f"{anchor.chain.account}#{anchor.chain.region}#{name}"),
        "chain": {
            "M": {**{field: {"S": text} for field, text in chain.items()}, "backfill": {"BOOL": backfill}}
        },
        "bucket": {"S": anchor.bucket},
        "key": {"S": anchor.key},
        "sha256": {"S": anchor.sha256},
        "signature": {"S": anchor.signature},
        "ends_at": {"S": _text(anchor.ends_at)},
        EXPIRES: expiry(now + ANCHORS_KEPT),
    }


def _anchor(item: Mapping[str, Any]) -> Anchor:
    chain = {field: value.get("S", value.get("BOOL")) for field, value in item["chain"]["M"].items()}
    return Anchor(
        chain=Chain(**chain),
        bucket=item["bucket"]["S"],
        key=item["key"]["S"],
        sha256=item["sha256"]["S"],
        signature=item["signature"]["S"],
        ends_at=datetime.fromisoformat(item["ends_at"]["S"]),
    )


def _text(moment: datetime) -> str:
    """ISO 8601 in UTC to the second, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
