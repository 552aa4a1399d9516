"""What Athena asks for a query: by the bytes that it reads, as they are stored.

$5 for a terabyte, rounded up to a megabyte, and 10 MB at least; nothing for statements of DDL and for queries
that fail. The price is that of most regions, and of 2026; look it up before it matters.

Source: https://aws.amazon.com/athena/pricing/ (no copy of the page was at hand; that it says so is what
https://athena.guide/articles/athena-basics-pricing-model tells, of 2020)
"""

from typing import Final

DOLLARS_A_TERABYTE: Final = 5.0
LEAST_BYTES: Final = 10_000_000
MEGABYTE: Final = 1_000_000


def dollars(scanned_bytes: int) -> float:
    """The price of one query that reads so many bytes."""
    billed = max(LEAST_BYTES, -(-scanned_bytes // MEGABYTE) * MEGABYTE)
    return billed / 1e12 * DOLLARS_A_TERABYTE
