"""A call as laws get to see it, and the shapes of what they give: an answer, a change of it, a part of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient

from scenarios.cloud.kernel.caller import ApiCall, Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call a law is asked to answer in moto's place."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str
    caller: Caller


@dataclass(frozen=True, slots=True)
class Denied:
    """An action that a call needs and its caller may not do: what the service says to that."""

    action: str
    resource: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class InPart:
    """An operation of which the part that is allowed is done. `left`: its parameters without the rest.

    `told`: the answer, which says what was denied; `left` gives None where nothing is left.
    """

    left: Callable[[Asked, Sequence[Denied]], Mapping[str, Any] | None]
    told: Callable[[Asked, Mapping[str, Any], Sequence[Denied]], dict[str, Any]]


Answer = Callable[[Asked], dict[str, Any]]
After = Callable[[ApiCall], None]
Tell = Callable[[Asked, dict[str, Any]], dict[str, Any]]
Send = Callable[[], dict[str, Any]]
Travel = Callable[[Send], int]
SendThese = Callable[[Mapping[str, Any]], dict[str, Any]]
AtOnce = Callable[[BaseClient, Mapping[str, Any], SendThese], dict[str, Any]]
