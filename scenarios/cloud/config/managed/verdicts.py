"""What a rule says of a resource."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from scenarios.cloud.config.items import Found
from scenarios.cloud.config.resource_types.view import View

COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE = "COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"
INSUFFICIENT_DATA: Final = "INSUFFICIENT_DATA"
ACCOUNT: Final = "AWS::::Account"


class Verdict(NamedTuple):
    """Compliance, and why where that says more."""

    compliance: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """An item that a rule looks at: the resource, the rule's parameters, and what else was recorded."""

    found: Found
    given: Mapping[str, str]
    beside: Callable[[str], Sequence[Found]] = lambda _: ()

    @property
    def configuration(self) -> Mapping[str, Any]:
        """The resource's configuration."""
        return self.found.configuration

    @property
    def supplementary(self) -> Mapping[str, Any]:
        """What stands beside it."""
        return self.found.supplementary

    def listed(self, name: str) -> tuple[str, ...]:
        """The values of a parameter with commas in it."""
        return listed(self.given, name)


OfItem = Callable[[Subject], Verdict]
Judged = tuple[str, str, Verdict]
"""Type and id of a resource, and what is said of it."""
OfAccount = Callable[[View, Mapping[str, str]], Iterable[Judged]]


def verdict(compliant: object, why: str = "") -> Verdict:
    """COMPLIANT, or not, for that reason."""
    return Verdict(COMPLIANT) if compliant else Verdict(NON_COMPLIANT, why)


NOT_OURS: Final = Verdict(NOT_APPLICABLE)


def listed(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The values of a parameter with commas in it."""
    return tuple(each.strip() for each in given.get(name, "").split(",") if each.strip())


def is_true(value: str) -> bool:
    """Whether a parameter says true."""
    return value.lower() == "true"
