"""Paged answers: a number of items at a time, and a token for the next page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from scenarios.cloud.kernel.errors import Refused

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How a service pages.

    `onward` and `limit`: its names for the token and for how many; `default`: how many unasked, or where
    somebody asks for 0; `most`: ever.
    `code` and `message`: how it refuses a token that it never gave.
    """

    onward: str
    limit: str
    default: int
    most: int
    code: str
    message: str

    def page(self, found: Sequence[Found], asked: Mapping[str, Any]) -> tuple[list[Found], dict[str, str]]:
        """What belongs on the page that is asked for, and the token where more follows.

        Raises Refused for a token that is none.
        """
        token = str(asked.get(self.onward, "0"))
        if not token.isdecimal():
            raise Refused(self.code, self.message)
        begin = int(token)
        end = begin + min(int(asked.get(self.limit) or self.default), self.most)
        return list(found[begin:end]), {self.onward: str(end)} if end < len(found) else {}


def of_logs(most: int, limit: str = "limit") -> Paging:
    """CloudWatch Logs: by default as many as there may be."""
    return Paging(
        onward="nextToken",
        limit=limit,
        default=most,
        most=most,
        code="InvalidParameterException",
        message="The specified nextToken is invalid.",
    )


def of_alarms(default: int) -> Paging:
    """CloudWatch's alarms: up to a hundred."""
    return Paging(
        onward="NextToken",
        limit="MaxRecords",
        default=default,
        most=100,
        code="InvalidNextToken",
        message="The next token specified is invalid.",
    )
