"""Corrections of what moto gets wrong, in force while a world lasts.

Each service's own mends are in its folder (`mends.py`), each with a test; the general ones are here.
"""

from typing import Any

from moto.core import base_backend

from scenarios.cloud.kernel.endpoints import regions_of

Mend = tuple[Any, str, Any]
"""Owner, name, and what stands there instead."""


def _generate_regions(_backends: Any, service_name: str) -> list[str]:
    """The regions of a service; moto looks them up anew for every account, and so keeps its state alive."""
    return [*regions_of(service_name)]


def _is_the_same(backends: Any, other: Any) -> bool:
    """Whether two registries of backends are one.

    moto compares ids that it draws as a service is loaded. Two services that are loaded in two worlds of one
    seed draw the same id, and moto would never reset the second.
    """
    return backends is other


OF_NO_SERVICE: tuple[Mend, ...] = (
    (base_backend.BackendDict, "__eq__", _is_the_same),
    (base_backend.AccountSpecificBackend, "_generate_regions", _generate_regions),
)
