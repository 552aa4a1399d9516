"""Filter policies of SNS: which messages a subscription takes.

A filter policy is written like an event pattern of EventBridge, and the same engine matches it, against the
message's attributes or its body, as the scope says. SNS's own rules:

- an attribute of type Number is a number, String.Array the array that its text is, String a text that is
  never read as anything else; binary attributes count as absent;
- a body that is no JSON object matches no policy;
- a policy on attributes isn't nested; a policy has at most five keys and 150 combinations of values (a key
  counts once for each level it lies on);
- numbers lie within ten to the ninth, and are compared to five places behind the point: what AWS doesn't
  say is whether it rounds, as it is done here;
- the empty policy takes everything.

`wildcard` is in EventBridge's list of operators and not in SNS's, which refuses it as it refuses any word
that it doesn't know; the words of that refusal are recorded in `FilterPolicyValidator` of
https://github.com/localstack/localstack/blob/main/localstack-core/localstack/services/sns/filter.py

Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html,
https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html,
https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from chalicelib.matching import EventPattern, InvalidPattern
from scenarios.cloud.kernel.errors import Refused

ATTRIBUTES, BODY = "MessageAttributes", "MessageBody"
MOST_KEYS = 5
MOST_COMBINATIONS = 150
LARGEST = 10**9
DECIMALS = 5
OPERATORS = frozenset({"anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix"})
UNDER_ANYTHING_BUT = frozenset({"prefix", "suffix"})

Attributes = Mapping[str, tuple[str, str]]
"""A message's attributes: name -> (data type, value)."""


def takes(policy: str, scope: str, message: str, attributes: Attributes) -> bool:
    """Whether a subscription with this policy (JSON text, or "") takes a message."""
    pattern = _pattern(policy)
    if pattern is None:
        return True
    asked = _read(message) if scope == BODY else _values(attributes)
    return isinstance(asked, dict) and pattern.matches(asked)


def check(policy: str, scope: str) -> None:
    """Check that SNS would accept a policy.

    Raises:
        Refused: SNS would refuse it.
    """
    read = _read(policy)
    if not isinstance(read, dict):
        raise _refused("failed to parse JSON")
    if scope not in (ATTRIBUTES, BODY):
        raise Refused("InvalidParameter", f"Invalid parameter: FilterPolicyScope: Invalid value [{scope}]")
    if scope == ATTRIBUTES and any(isinstance(value, dict) for value in read.values()):
        raise _refused("Filter policy scope MessageAttributes does not support nested filter policy")
    leaves = list(_leaves(read, 1))
    if len(leaves) > MOST_KEYS:
        raise _refused("Filter policy can not have more than 5 keys")
    for condition in (each for values, _ in leaves for each in values if isinstance(each, dict)):
        _check_operators(condition)
    _check_numbers(read)
    combinations = 1
    for values, depth in leaves:
        combinations *= max(1, len(values)) * depth
    if combinations > MOST_COMBINATIONS:
        raise _refused("Filter policy is too complex")
    try:
        _pattern(policy)
    except InvalidPattern as error:
        raise _refused(error.reason) from error


def _check_numbers(value: Any) -> None:
    """Every number of a policy, however deep it stands."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            _check_numbers(each)
    elif isinstance(value, int | float) and not -LARGEST <= value <= LARGEST:
        raise _refused(f"Value of {value} is out of range: a number lies within -10^9 to 10^9")


def _check_operators(condition: Mapping[str, Any]) -> None:
    unknown = sorted(condition.keys() - OPERATORS)
    if unknown:
        raise _refused(f"Unrecognized match type {unknown[0]}")
    inner = condition.get("anything-but")
    unsupported = sorted(inner.keys() - UNDER_ANYTHING_BUT) if isinstance(inner, dict) else ()
    if unsupported:
        raise _refused(f"Unsupported anything-but pattern: {unsupported[0]}")


@lru_cache(maxsize=256)
def _pattern(policy: str) -> EventPattern | None:
    read = _read(policy) if policy else None
    return EventPattern(read) if read else None


def _leaves(policy: Mapping[str, Any], depth: int) -> Iterator[tuple[list[Any], int]]:
    """Each key's values, and how deep it lies; the branches of `$or` count as if they stood in its place."""
    for key, value in policy.items():
        if isinstance(value, dict):
            yield from _leaves(value, depth + 1)
        elif key == "$or" and isinstance(value, list) and all(isinstance(each, dict) for each in value):
            for branch in value:
                yield from _leaves(branch, depth)
        else:
            yield (value if isinstance(value, list) else [value]), depth


def _values(attributes: Attributes) -> dict[str, Any]:
    """The attributes as the JSON document that a policy is asked about."""
    return {name: _value(kind, text) for name, (kind, text) in attributes.items() if _base(kind) != "Binary"}


def _value(kind: str, text: str) -> Any:
    if kind == "String.Array" or _base(kind) == "Number":
        return _read(text)
    return text


def _base(kind: str) -> str:
    """`Number.int` is a Number with a label of somebody's own."""
    return kind.partition(".")[0]


def _read(text: str) -> Any:
    try:
        return json.loads(text, parse_float=lambda number: round(float(number), DECIMALS))
    except ValueError:
        return None


def _refused(why: str) -> Refused:
    return Refused("InvalidParameter", f"Invalid parameter: FilterPolicy: {why}")
