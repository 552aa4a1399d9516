"""The Condition element: operators, keys, and what a key that is absent means.

Every operator of every key must hold; of a key's values one suffices, or, for the negated operators, none may
fit. An absent key fails an operator, satisfies a negated one and anything that ends in IfExists. What isn't
known here raises: a condition that silently held, or silently failed, would prove nothing.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
and, for the keys, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.iam.wildcards import arn_matches, matches, unescaped, variable_in
from scenarios.cloud.kernel.errors import NotSimulated

# Single-valued keys whose absence the simulated AWS can vouch for; case does not matter. Any other key
# (dynamodb:LeadingKeys, which the table's key schema tells) is known only in a request that brings it.
KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalorgid",
        "aws:principalservicename",
        "aws:securetransport",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceowner",  # of SNS's default topic policy; services set it, callers don't
        "aws:viaawsservice",
        "cloudwatch:namespace",
        "kms:viaservice",
        "s3:x-amz-acl",
        "sns:endpoint",
        "sns:protocol",
    }
)
KEY_FAMILIES = ("kms:encryptioncontext:",)

IF_EXISTS = "ifexists"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One operator on one key with its values, as strings."""

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, context: Mapping[str, str]) -> bool:
        """Whether the request's context, its keys in lower case, satisfies this condition.

        Raises:
            NotSimulated: the operator, the key or a policy variable isn't known.
        """
        operator, if_exists = self._operator()
        self._refuse_variables()
        found = context.get(self.key.lower())
        if found is None:
            self._refuse_unknown_key()
        if operator == "null":
            return _null(found, self.values)
        test, negated = OPERATORS[operator]
        if found is None:
            return if_exists or negated
        return any(test(self._text(value), found) for value in self.values) != negated

    def _operator(self) -> tuple[str, bool]:
        name = self.operator.lower()
        bare = name.removesuffix(IF_EXISTS)
        # Null asks for existence itself; AWS allows IfExists on every operator but that one.
        if name != "null" and bare not in OPERATORS:
            raise NotSimulated("iam", f"the condition operator {self.operator}")
        return bare, bare != name

    def _refuse_unknown_key(self) -> None:
        if self.key.lower() not in KEYS and not self.key.lower().startswith(KEY_FAMILIES):
            raise NotSimulated("iam", f"the condition key {self.key}")

    def _refuse_variables(self) -> None:
        variable = next(filter(None, map(variable_in, self.values)), None)
        if variable:
            raise NotSimulated("iam", f"the policy variable {variable}")

    def _text(self, value: str) -> str:
        wild = self.operator.lower().removesuffix(IF_EXISTS) in WILD
        return value if wild else unescaped(value)


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


def _values(values: object) -> tuple[str, ...]:
    return tuple(map(text, values)) if isinstance(values, list | tuple) else (text(values),)


def _null(found: str | None, values: tuple[str, ...]) -> bool:
    return any((value.lower() == "true") == (found is None) for value in values)


def _equals(wanted: str, found: str) -> bool:
    return wanted == found


def _equals_ignoring_case(wanted: str, found: str) -> bool:
    return wanted.casefold() == found.casefold()


# Name in lower case: the test of (value of the policy, value of the request), and whether it is negated.
OPERATORS: dict[str, tuple[Callable[[str, str], bool], bool]] = {
    "stringequals": (_equals, False),
    "stringnotequals": (_equals, True),
    "stringequalsignorecase": (_equals_ignoring_case, False),
    "stringlike": (matches, False),
    "stringnotlike": (matches, True),
    "arnequals": (arn_matches, False),
    "arnlike": (arn_matches, False),
    "arnnotequals": (arn_matches, True),
    "arnnotlike": (arn_matches, True),
    "bool": (_equals_ignoring_case, False),
}
WILD = frozenset({"stringlike", "stringnotlike", "arnequals", "arnlike", "arnnotequals", "arnnotlike"})
