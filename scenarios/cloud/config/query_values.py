"""How Config's part of SQL compares values: texts, numbers, addresses, and patterns with a wildcard.

A CIDR block is a range of addresses. An address, or a block, equals every block that it lies in; a block is
between two addresses where any part of it is, and less or greater than one where any part of it is. So a
query asks for what lies in 10.0.0.0/24 by BETWEEN '10.0.0.0' AND '10.0.0.255', NOT less, and NOT greater.

Source: https://docs.aws.amazon.com/config/latest/developerguide/querying-AWS-resources.html#query-limitations
"""

import ipaddress
import re
from typing import Any, Final

_LEAST_BEFORE_A_WILDCARD: Final = 3


class InvalidExpression(ValueError):
    """Config would refuse the query."""


def like(pattern: Any) -> re.Pattern[str]:
    """A pattern with one wildcard at its end, behind three characters at least."""
    match = re.fullmatch(r"([^%_]*)([%_]?)", str(pattern))
    if match is None:
        raise InvalidExpression("a wildcard stands at the end")
    if match[2] and len(match[1]) < _LEAST_BEFORE_A_WILDCARD:
        raise InvalidExpression("at least three characters stand before a wildcard")
    return re.compile(re.escape(match[1]) + {"%": ".*", "_": ".", "": ""}[match[2]], re.DOTALL)


def equals(value: Any, wanted: Any) -> bool:
    """Whether a value is the wanted one, or a block in which the wanted addresses lie."""
    if isinstance(wanted, bool):
        return value is wanted or str(value).lower() == str(wanted).lower()
    if str(value) == str(wanted) or (_are_numbers(value, wanted) and value == wanted):
        return True
    blocks = _blocks(value, wanted)
    return blocks is not None and _are_alike(blocks) and bool(blocks[1].subnet_of(blocks[0]))


def is_between(value: Any, low: Any, high: Any) -> bool:
    """Whether a value is none of the two's outside, or a block some of which isn't."""
    blocks = _blocks(value, low, high)
    if blocks is None:
        return not is_less(value, low) and not is_greater(value, high)
    found, first, last = blocks
    return _are_alike(blocks) and bool(first[0] <= found[-1] and found[0] <= last[-1])


def is_less(value: Any, most: Any) -> bool:
    """Whether a value is less, or a block that begins before."""
    blocks = _blocks(value, most)
    if blocks is not None:
        return _are_alike(blocks) and bool(blocks[0][0] < blocks[1][0])
    return bool(value < most) if _are_numbers(value, most) else str(value) < str(most)


def is_greater(value: Any, least: Any) -> bool:
    """Whether a value is greater, or a block that ends behind."""
    blocks = _blocks(value, least)
    if blocks is not None:
        return _are_alike(blocks) and bool(blocks[0][-1] > blocks[1][-1])
    return bool(value > least) if _are_numbers(value, least) else str(value) > str(least)


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(each, int | float) for each in values)


def _blocks(*values: Any) -> list[Any] | None:
    """Addresses and blocks as ranges of addresses; None where one is neither."""
    if not all(isinstance(each, str) for each in values):  # a number would be taken for an address
        return None
    try:
        return [ipaddress.ip_network(each, strict=False) for each in values]
    except ValueError:
        return None


def _are_alike(blocks: list[Any]) -> bool:
    """Whether all are of IPv4, or all of IPv6."""
    return len({each.version for each in blocks}) == 1
