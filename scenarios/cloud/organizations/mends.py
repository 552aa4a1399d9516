"""What moto gets wrong in Organizations: it finds the next page of accounts by the moment they joined.

Accounts that were made at one moment are then the same account to it, and a second page never ends.
"""

from typing import Any

from moto.utilities.paginator import Paginator

from scenarios.cloud.kernel.moto_mends import Mend

_unique_value: Any = Paginator._get_unique_value  # noqa: SLF001


def _by_id(item: Any, attribute: Any, default: Any = None) -> Any:
    return _unique_value(item, "Id" if attribute == "JoinedTimestamp" else attribute, default)


MENDS: tuple[Mend, ...] = ((Paginator, "_get_unique_value", staticmethod(_by_id)),)
