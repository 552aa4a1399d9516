"""Requests that a service refuses: the same rules for the API and for CloudFormation.

On AWS CloudFormation creates a resource by the service's own API, so both refuse
the same values. Here both use the same `Validators`: `Calls` before moto answers, and the client that a
CloudFormation type is created through. A rule reads only the request and moto's state.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.limits import complaint


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a service, as boto3 spells it. `account`: whose request it is."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    account: str
    region: str


Rule = Callable[[Request], None]
"""Raises Refused where AWS refuses, NotSimulated where AWS would do what the simulated AWS doesn't."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What one service checks.

    Args:
        code: the error code for a value outside the limits of its model; "": its limits are not checked, as
            the service has other words for each.
        own_words: the operations for which it has other words all the same; their laws say them.
        every: what it checks of every operation, before the model's limits.
        rules: what it checks beyond the model, by operation.
    """

    code: str = ""
    own_words: Collection[str] = ()
    every: tuple[Rule, ...] = ()
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)


class Validators:
    """What every service checks, by botocore's name of it."""

    def __init__(self, services: Mapping[str, Validation]) -> None:
        self._services = services

    @property
    def operations(self) -> set[tuple[str, str]]:
        """The operations with rules of their own, as (service, operation)."""
        return {(service, each) for service, found in self._services.items() for each in found.rules}

    def check(self, request: Request) -> None:
        """Hold a request against the limits of the service's model, then against its rules.

        Raises:
            Refused: the service would refuse it, in its own code and words.
            NotSimulated: as a rule says.
        """
        validation = self._services.get(request.service)
        if validation is None:
            return
        for rule in validation.every:
            rule(request)
        if validation.code and request.operation not in validation.own_words:
            why = complaint(request.service, request.operation, request.parameters)
            if why is not None:
                raise Refused(validation.code, why)
        for rule in validation.rules.get(request.operation, ()):
            rule(request)
