"""Functions of IP addresses; what is no address is in no subnet."""

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from scenarios.queries.insights.functions.function import Function
from scenarios.queries.insights.values import Values

_PRIVATE = tuple(ipaddress.ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def functions(values: Values) -> dict[str, Function]:
    """By name."""

    def of_address(test: Callable[[Address], object]) -> Function:
        def ask(value: Any) -> bool:
            address = _address(values.plain_text(value) or "")
            return address is not None and bool(test(address))

        return Function(ask, 1, 1)

    def in_subnet(*versions: int) -> Function:
        def ask(value: Any, subnet: Any) -> bool:
            address, network = (
                _address(values.plain_text(value) or ""),
                _network(values.plain_text(subnet) or ""),
            )
            if address is None or network is None or address.version not in versions:
                return False
            return address in network

        return Function(ask, 2, 2)

    def to_number(value: Any) -> int | None:
        address = _address(values.plain_text(value) or "")
        return int(address) if address is not None and address.version == 4 else None

    return {
        "isvalidip": of_address(lambda _: True),
        "isvalidipv4": of_address(lambda address: address.version == 4),
        "isvalidipv6": of_address(lambda address: address.version == 6),
        "isipinsubnet": in_subnet(4, 6),
        "isipv4insubnet": in_subnet(4),
        "isipv6insubnet": in_subnet(6),
        "isprivateip": of_address(lambda address: any(address in each for each in _PRIVATE)),
        "ispublicip": of_address(lambda address: address.is_global),
        "isreservedip": of_address(_is_reserved),
        "ipv4tonumber": Function(to_number, 1, 1),
    }


def _is_reserved(address: Address) -> bool:
    return not address.is_global and not any(address in each for each in _PRIVATE)


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None
