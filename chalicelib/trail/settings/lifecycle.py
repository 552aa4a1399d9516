"""What a bucket's lifecycle does to its objects, and whether it does so sooner than it did.

Sooner is weaker: an object that expires, or moves to a class that can't be read at once, can't be validated.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.wording import number_of

# Classes that answer a GET at once; from the others an object must be restored first.
_READ_AT_ONCE = ("GLACIER_IR", "INTELLIGENT_TIERING", "ONEZONE_IA", "STANDARD_IA")
_EVERYTHING = ("", "{}", '{"Prefix": ""}')


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What happens to which objects after how many days; a fixed date counts as at once."""

    what: str
    scope: str
    days: int

    def __str__(self) -> str:
        where = "" if self.scope in _EVERYTHING else f" where {self.scope}"
        return f"{self.what} after {number_of(self.days, 'day')}{where}"

    def no_sooner_than(self, other: "Effect") -> bool:
        """Whether the other did the same, to these objects at least, and as soon."""
        covered = other.scope in (*_EVERYTHING, self.scope)
        return covered and other.what == self.what and other.days <= self.days


def comes_sooner(before: str, now: str) -> bool:
    """Whether something goes out of reach sooner under the rules of now (JSON) than under those of before."""
    earlier = [effect for effect in _effects(before) if _takes_away(effect)]
    return any(
        _takes_away(effect) and not any(effect.no_sooner_than(each) for each in earlier)
        for effect in _effects(now)
    )


def lifecycle_in_words(rules: str) -> str:
    """`to GLACIER_IR after 90 days, old versions expire after 400 days`."""
    return ", ".join(map(str, _effects(rules))) or "none"


def _takes_away(effect: Effect) -> bool:
    return not any(effect.what.endswith(f"to {kind}") for kind in _READ_AT_ONCE)


def _effects(rules: str) -> Iterator[Effect]:
    for rule in json.loads(rules) if rules else ():
        if rule.get("Status") == "Enabled":
            yield from _effects_of(rule)


def _effects_of(rule: Mapping[str, Any]) -> Iterator[Effect]:
    scope = json.dumps(rule.get("Filter") or {"Prefix": rule.get("Prefix", "")}, sort_keys=True)
    expiration = rule.get("Expiration", {})
    if "Days" in expiration or "Date" in expiration:
        yield Effect(what="expire", scope=scope, days=expiration.get("Days", 0))
    old = rule.get("NoncurrentVersionExpiration", {})
    if old:
        yield Effect(what="old versions expire", scope=scope, days=old.get("NoncurrentDays", 0))
    for each in rule.get("Transitions", ()):
        yield Effect(what=f"to {each.get('StorageClass')}", scope=scope, days=each.get("Days", 0))
    for each in rule.get("NoncurrentVersionTransitions", ()):
        what = f"old versions to {each.get('StorageClass')}"
        yield Effect(what=what, scope=scope, days=each.get("NoncurrentDays", 0))
