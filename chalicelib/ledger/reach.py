"""The ledger's own client of DynamoDB, which turns every error into LedgerUnreachable.

Throttled, denied, the table gone, DynamoDB down: to the run it is all the same, there is no ledger. So the
runtime can tell it apart from a look at other tables that failed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.errors import AWS_ERRORS, LedgerUnreachable, foreseen

_LOST_THE_RACE = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True)
class LedgerClient:
    """A low-level DynamoDB client; a condition that didn't hold rises as it is."""

    client: Any = field(repr=False)

    def __getattr__(self, operation: str) -> Callable[..., Mapping[str, Any]]:
        """One of DynamoDB's operations, by boto3's name."""

        def call(**request: Any) -> Mapping[str, Any]:
            try:
                answer: Mapping[str, Any] = getattr(self.client, operation)(**request)
            except AWS_ERRORS as error:
                raise _explained(error) from error
            return answer

        return call

    def get_paginator(self, operation: str) -> "_Pages":
        """As boto3's."""
        return _Pages(self.client.get_paginator(operation))


@dataclass(frozen=True, slots=True)
class _Pages:
    paginator: Any

    def paginate(self, **request: Any) -> Iterator[Mapping[str, Any]]:
        try:
            yield from self.paginator.paginate(**request)
        except AWS_ERRORS as error:
            raise _explained(error) from error


def _explained(error: Exception) -> Exception:
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else ""
    return error if code == _LOST_THE_RACE else unreachable(error)


def unreachable(error: Exception) -> LedgerUnreachable:
    """The ledger's error for an error of boto3's."""
    return LedgerUnreachable(f"the ledger could not be reached ({foreseen(error)})")
