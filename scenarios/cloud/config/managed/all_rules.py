"""Every managed rule that is simulated, and what AWS's list says of each."""

from collections.abc import Mapping
from typing import Final

from scenarios.cloud.config.managed import of_account, of_ec2, of_others, of_s3
from scenarios.cloud.config.managed.verdicts import OfAccount, OfItem
from scenarios.cloud.kernel import moto_state

OF_ITEMS: Final[Mapping[str, OfItem]] = {**of_ec2.RULES, **of_s3.RULES, **of_others.RULES}
OF_ACCOUNT: Final[Mapping[str, OfAccount]] = of_account.RULES
SIMULATED: Final = frozenset({*OF_ITEMS, *OF_ACCOUNT})


def types_of(identifier: str) -> tuple[str, ...]:
    """The types of resources that a rule looks at, as AWS's list has them."""
    named = _listed(identifier).get("Resource Types")
    return tuple(each.strip() for each in named.split(",")) if named else ()


def is_periodic(identifier: str) -> bool:
    """Whether a rule runs by the clock too."""
    return "eriodic" in str(_listed(identifier)["Trigger type"])


def is_of_aws(identifier: str) -> bool:
    """Whether AWS has a managed rule of this name."""
    return identifier in _every()


def _listed(identifier: str) -> Mapping[str, str]:
    return _every()[identifier]


def _every() -> Mapping[str, Mapping[str, str]]:
    return moto_state.managed_rules()
