"""How many requests a stage lets through: tokens that come back at a rate, in a bucket of a size.

AWS says that its limits are targets, not ceilings; here they are kept to the letter. The account's own limit,
ten thousand requests a second, is never met.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class _Bucket:
    tokens: float
    since: datetime


class Limits:
    """The buckets of every stage, by route."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, ...], _Bucket] = {}

    def let_through(self, key: tuple[str, ...], rate: float, burst: int, now: datetime) -> bool:
        """Whether one more request passes. `rate`: a second; `burst`: at once; `key`: whose bucket it is."""
        bucket = self._buckets.setdefault(key, _Bucket(float(burst), now))
        since = (now - bucket.since).total_seconds()
        bucket.tokens, bucket.since = min(float(burst), bucket.tokens + since * rate), now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True
