"""The Condition element: operators, keys, and what a key that is absent means.

Every operator of every key must hold. Of a key's values one suffices; for the negated operators none may fit.
An absent key fails an operator, satisfies a negated one and anything that ends in IfExists. `ForAllValues:`
asks that each value of the request fits, and holds where there is none; `ForAnyValue:` asks for one that
fits.
An unknown operator or key raises: if it silently held or failed, a scenario would prove nothing.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
and, for the keys, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

import base64
import binascii
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from scenarios.cloud.authorization.request_keys import RequestKeys
from scenarios.cloud.authorization.variables import Unresolved, filled_in, variable_in
from scenarios.cloud.authorization.wildcards import arn_matches, matches, unescaped
from scenarios.cloud.kernel.errors import NotSimulated

IF_EXISTS = "ifexists"
FOR_ALL, FOR_ANY = "forallvalues:", "foranyvalue:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One operator on one key with its values, as strings."""

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, keys: RequestKeys) -> bool:
        """Whether the request satisfies this condition.

        Raises:
            NotSimulated: the operator, the key or a policy variable isn't known.
        """
        form = _form(self.operator)
        found = keys.get(self.key)
        if form.name == "null":
            return any((value.lower() == "true") == (found is None) for value in self.values)
        if found is None:
            return form.holds_without_key
        wanted = tuple(self._wanted(form, keys))
        test, negated = OPERATORS[form.name]

        def fits(value: str) -> bool:
            return any(test(each, value) for each in wanted) != negated

        values = (found,) if isinstance(found, str) else found
        return all(map(fits, values)) if form.every else any(map(fits, values))

    def _wanted(self, form: "_Form", keys: RequestKeys) -> Sequence[str]:
        """The policy's values, variables filled in; one whose variable has no value fits nothing."""
        wild = form.name in WILD
        wanted = []
        for value in self.values:
            if not variable_in(value):
                wanted.append(value if wild else unescaped(value))
                continue
            try:
                full = filled_in(value, keys)
            except Unresolved:
                continue
            wanted.append(full if wild else unescaped(full))
        return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """An operator such as `ForAllValues:StringLikeIfExists`. `every`: each value of the request must fit."""

    name: str
    every: bool
    holds_without_key: bool


@lru_cache(maxsize=256)
def _form(operator: str) -> _Form:
    lower = operator.lower()
    every, some = lower.startswith(FOR_ALL), lower.startswith(FOR_ANY)
    plain = lower.removeprefix(FOR_ALL).removeprefix(FOR_ANY)
    name = plain.removesuffix(IF_EXISTS)
    # Null asks for existence itself; AWS allows IfExists on every operator but that one.
    if plain == "null":
        return _Form(name=plain, every=every, holds_without_key=False)
    if name not in OPERATORS:
        raise NotSimulated("iam", f"the condition operator {operator}")
    without = every or plain != name or (OPERATORS[name][1] and not some)
    return _Form(name=name, every=every, holds_without_key=without)


def parse(block: Mapping[str, Mapping[str, Any]]) -> tuple[Condition, ...]:
    """Read a Condition element, `{operator: {key: value or [value, ...]}}`; all of it must hold."""
    return tuple(
        Condition(operator=operator, key=key, values=_values(values))
        for operator, keys in block.items()
        for key, values in keys.items()
    )


def text(value: object) -> str:
    """A value as IAM compares it: true and false are written in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def texts(value: object) -> str | tuple[str, ...]:
    """A key's value as IAM compares it; of a key with several values, each."""
    return tuple(map(text, value)) if isinstance(value, list | tuple | frozenset | set) else text(value)


def _values(values: object) -> tuple[str, ...]:
    return tuple(map(text, values)) if isinstance(values, list | tuple) else (text(values),)


def _equals(wanted: str, found: str) -> bool:
    return wanted == found


def _equals_ignoring_case(wanted: str, found: str) -> bool:
    return wanted.casefold() == found.casefold()


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def test(wanted: str, found: str) -> bool:
        try:
            return compare(float(found), float(wanted))
        except ValueError:
            return False

    return test


def _moments(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def test(wanted: str, found: str) -> bool:
        moments = _moment(found), _moment(wanted)
        return None not in moments and compare(*moments)  # type: ignore[arg-type]  # None is ruled out

    return test


def _moment(written: str) -> float | None:
    """Seconds since 1970: ISO 8601 in any of its forms, or the number itself."""
    try:
        return float(written)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _in_network(wanted: str, found: str) -> bool:
    try:
        return ipaddress.ip_address(found) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _same_bytes(wanted: str, found: str) -> bool:
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(found, validate=True)
    except binascii.Error:
        return False


def _less(found: float, wanted: float) -> bool:
    return found < wanted


def _at_most(found: float, wanted: float) -> bool:
    return found <= wanted


def _same(found: float, wanted: float) -> bool:
    return found == wanted


def _more(found: float, wanted: float) -> bool:
    return found > wanted


def _at_least(found: float, wanted: float) -> bool:
    return found >= wanted


# Name in lower case: the test of (value of the policy, value of the request), and whether it is negated.
OPERATORS: dict[str, tuple[Callable[[str, str], bool], bool]] = {
    "stringequals": (_equals, False),
    "stringnotequals": (_equals, True),
    "stringequalsignorecase": (_equals_ignoring_case, False),
    "stringnotequalsignorecase": (_equals_ignoring_case, True),
    "stringlike": (matches, False),
    "stringnotlike": (matches, True),
    "numericequals": (_numbers(_same), False),
    "numericnotequals": (_numbers(_same), True),
    "numericlessthan": (_numbers(_less), False),
    "numericlessthanequals": (_numbers(_at_most), False),
    "numericgreaterthan": (_numbers(_more), False),
    "numericgreaterthanequals": (_numbers(_at_least), False),
    "dateequals": (_moments(_same), False),
    "datenotequals": (_moments(_same), True),
    "datelessthan": (_moments(_less), False),
    "datelessthanequals": (_moments(_at_most), False),
    "dategreaterthan": (_moments(_more), False),
    "dategreaterthanequals": (_moments(_at_least), False),
    "bool": (_equals_ignoring_case, False),
    "binaryequals": (_same_bytes, False),
    "ipaddress": (_in_network, False),
    "notipaddress": (_in_network, True),
    "arnequals": (arn_matches, False),
    "arnlike": (arn_matches, False),
    "arnnotequals": (arn_matches, True),
    "arnnotlike": (arn_matches, True),
}
WILD = frozenset({"stringlike", "stringnotlike", "arnequals", "arnlike", "arnnotequals", "arnnotlike"})
