"""How `*` and `?` match in IAM policies.

Sources: wildcards in resource ARNs,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html; the ARN operators,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
"""

import re
from functools import lru_cache

from scenarios.cloud.kernel.errors import NotSimulated

UNNAMED = "a resource without a name"
ARN_PARTS = 6  # arn:partition:service:region:account:resource

_ESCAPES = {"${*}": "*", "${?}": "?", "${$}": "$"}
_PIECE = re.compile(r"\$\{[*?$]\}|.", re.DOTALL)


@lru_cache(maxsize=8192)
def matches(pattern: str, text: str) -> bool:
    """Whether `text` is what `pattern` says, letter by letter; `*` is any run of characters, `?` any one."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=8192)
def action_matches(pattern: str, action: str) -> bool:
    """Whether the action is meant; case does not matter, and `*` alone is every action of every service."""
    return matches(pattern.lower(), action.lower())


@lru_cache(maxsize=8192)
def means_action(patterns: tuple[str, ...], action: str) -> bool:
    """Whether one of these means the action. Kept as a whole: AWS's own policies name a thousand actions."""
    return any(action_matches(each, action) for each in patterns)


@lru_cache(maxsize=8192)
def resource_matches(pattern: str, resource: str) -> bool:
    """Whether the resource is meant.

    A `*` that ends a colon-separated segment reaches over colons. AWS's page leaves open whether a wildcard
    *inside* a segment does (`log-group:a*z`).

    A resource without a name (`UNNAMED`) is matched by `*` only.

    Raises:
        NotSimulated: the answer depends on that.
    """
    if resource == UNNAMED and pattern != "*":
        raise NotSimulated(
            "iam",
            f"a policy that names {pattern}: no line says which resource the call is about",
        )
    if not matches(pattern, resource):
        return False
    if _compiled(pattern, within_segments=True).fullmatch(resource) is None:
        raise NotSimulated(
            "iam", f"a wildcard inside a segment of {pattern} reaching over a colon of {resource}"
        )
    return True


@lru_cache(maxsize=8192)
def arn_matches(pattern: str, arn: str) -> bool:
    """ArnLike, and ArnEquals, which behaves identically: each of the six parts is compared on its own.

    A value that isn't an ARN matches nothing.

    Raises:
        NotSimulated: the pattern has fewer than six parts, of which AWS says nothing.
    """
    wanted, found = pattern.split(":", ARN_PARTS - 1), arn.split(":", ARN_PARTS - 1)
    if len(wanted) < ARN_PARTS:
        raise NotSimulated("iam", f"an ARN condition on {pattern!r}, which has fewer than six parts")
    return len(found) == ARN_PARTS and all(map(matches, wanted, found))


def unescaped(text: str) -> str:
    """The text with the escapes `${*}`, `${?}` and `${$}` replaced by what they stand for."""
    return "".join(_ESCAPES.get(piece, piece) for piece in _PIECE.findall(text))


@lru_cache(maxsize=8192)
def _compiled(pattern: str, *, within_segments: bool = False) -> re.Pattern[str]:
    pieces = _PIECE.findall(re.sub(r"\*+", "*", pattern))
    any_one = "[^:]" if within_segments else "."
    parts: list[str] = []
    for piece, following in zip(pieces, [*pieces[1:], ":"], strict=False):
        if piece == "*":
            parts.append(".*" if following == ":" else f"{any_one}*")
        elif piece == "?":
            parts.append(any_one)
        else:
            parts.append(re.escape(_ESCAPES.get(piece, piece)))
    return re.compile("".join(parts), re.DOTALL)
