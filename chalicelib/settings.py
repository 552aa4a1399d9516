"""The environment, read once into one frozen record when a function runs, never at import."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from chalicelib.errors import NotConfigured
from chalicelib.stack import PRINCIPALS

if TYPE_CHECKING:
    from chalicelib.seal import Seal

TOPIC = "TRAILWARDEN_TOPIC_ARN"
LEDGER = "TRAILWARDEN_LEDGER"
VALIDATIONS = "TRAILWARDEN_VALIDATIONS_URL"
SEAL_KEY = "TRAILWARDEN_SEAL_KEY"
MODE = "TRAILWARDEN_MODE"
ACTS_PER_HOUR = "TRAILWARDEN_ACTS_PER_HOUR"
PARAMETERS = "TRAILWARDEN_PARAMETERS"
INSTRUCTION_KEY = "TRAILWARDEN_INSTRUCTION_KEY"
APPROVALS = "TRAILWARDEN_APPROVALS"
APPROVAL_HOURS = "TRAILWARDEN_APPROVAL_HOURS"
FUNCTIONS = "TRAILWARDEN_FUNCTIONS"
DEAD_LETTERS = "TRAILWARDEN_DEAD_LETTERS_URL"
PUT_OFF_URL = "TRAILWARDEN_PUT_OFF_URL"
PUT_OFF_QUEUES = "TRAILWARDEN_PUT_OFF_QUEUES"
SECURITY_HUB = "TRAILWARDEN_SECURITY_HUB"
CHAT_TOPIC = "TRAILWARDEN_CHAT_TOPIC_ARN"
METRICS = "TRAILWARDEN_METRICS"
TRAIL_GROUP_NAME = "TRAILWARDEN_TRAIL_GROUP"
IGNORED_PRINCIPALS = "TRAILWARDEN_IGNORED_PRINCIPALS"


class Mode(StrEnum):
    """How far a remediation may go. A fresh deploy observes."""

    OBSERVE = "observe"  # plan and alert
    APPROVE = "approve"  # store the plan, alert, wait for approval
    ENFORCE = "enforce"  # act, then alert

    def below(self, other: "Mode") -> bool:
        """Whether this mode lets it do less."""
        return list(Mode).index(self) < list(Mode).index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings a function gets from its stack.

    `ignored_principals`: ARNs, `*` and `?` allowed, whose actions are recorded without an alert;
    `overruled`: those that are too wide, which are not obeyed. `values`: the whole environment, for
    variables that only one remediation reads. `seal_key`: the KMS key of its seals; `seal`: those
    themselves, made anew for each invocation. `parameters`: what the names of its parameters in Parameter
    Store begin with (`chalicelib.brakes`). `trail_group`: the trail's log group, by name; "" where it has
    none. `security_hub`, `chat_topic_arn`: the product and the topic of these channels; "" where they are
    off. `metrics`: the namespace of what is measured, "" for nothing.
    """

    topic_arn: str
    ledger: str
    mode: Mode = Mode.OBSERVE
    acts_per_hour: int = 0
    parameters: str = ""
    trail_group: str = ""
    security_hub: str = ""
    chat_topic_arn: str = ""
    metrics: str = ""
    ignored_principals: tuple[str, ...] = ()
    overruled: tuple[str, ...] = ()
    values: Mapping[str, str]
    seal_key: str = ""
    seal: "Seal | None" = None

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the environment; raises NotConfigured naming the variable that is missing or unreadable."""
        values = dict(environment)
        ignored = _names(values, IGNORED_PRINCIPALS)
        mode = values.get(MODE, Mode.OBSERVE)
        if mode not in set(Mode):
            raise NotConfigured(f"{MODE} is {mode!r}; it must be one of {', '.join(Mode)}")
        return cls(
            topic_arn=_needed(values, TOPIC),
            ledger=_needed(values, LEDGER),
            mode=Mode(mode),
            # Without this variable nothing acts: losing it must not mean acting without limits.
            acts_per_hour=_number(values, ACTS_PER_HOUR) if ACTS_PER_HOUR in values else 0,
            parameters=values.get(PARAMETERS, ""),
            trail_group=_trail_group(values),
            security_hub=values.get(SECURITY_HUB, ""),
            chat_topic_arn=values.get(CHAT_TOPIC, ""),
            metrics=values.get(METRICS, ""),
            ignored_principals=tuple(each for each in ignored if not too_wide(each)),
            overruled=tuple(filter(too_wide, ignored)),
            values=values,
            # Without it no seal is made, so nothing acts, and that is reported.
            seal_key=values.get(SEAL_KEY, ""),
        )

    def ignores(self, principal: str) -> bool:
        """Whether settings name this principal as one whose actions are expected."""
        return matches_any(principal, self.ignored_principals)

    def sealed_by(self, seal: "Seal") -> Self:
        """The same, for an invocation with these seals."""
        return replace(self, seal=seal)

    def text(self, name: str) -> str:
        """A variable that must be there."""
        return _needed(self.values, name)

    def number(self, name: str) -> int:
        """A variable that must be there and be a whole number above zero."""
        return _number(self.values, name)

    def names(self, name: str) -> tuple[str, ...]:
        """A list with commas between; empty where the variable is empty or missing."""
        return _names(self.values, name)


def _trail_group(values: Mapping[str, str]) -> str:
    """The parameter of an existing trail says `none` where that trail has no log group."""
    name = values.get(TRAIL_GROUP_NAME, "")
    return "" if name == "none" else name


def matches_any(text: str, patterns: Iterable[str]) -> bool:
    """Whether the whole text is like one of these, `*` standing for anything and `?` for one character."""
    return any(
        re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text)
        for pattern in patterns
    )


def too_wide(pattern: str, allowed: str = PRINCIPALS) -> bool:
    """Whether a pattern is one that others than a person has thought of may fit.

    To ignore everybody is to be silent, so such a pattern is not obeyed.
    """
    return not re.fullmatch(allowed, pattern)


def _needed(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "")
    if not value:
        raise NotConfigured(f"the environment variable {name} is missing")
    return value


def _names(values: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in values.get(name, "").split(",") if part.strip())


def _number(values: Mapping[str, str], name: str) -> int:
    text = _needed(values, name)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise NotConfigured(f"{name} is {text!r}; it must be a whole number above zero")
    return int(text)
