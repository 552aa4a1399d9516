"""What DynamoDB refuses beyond the limits of its model, which lets a table's ARN stand for its name.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
"""

import re
from typing import Final

from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.validation import Request, Validation

INVALID: Final = "ValidationException"
_NAME = re.compile(r"[a-zA-Z0-9_.-]+")
_LENGTHS: Final = (3, 255)


def table(request: Request) -> None:
    """A table that is made: its name."""
    name = request.parameters["TableName"]
    low, high = _LENGTHS
    if not low <= len(name) <= high:
        why = f"TableName must be at least {low} characters long and at most {high} characters long"
        raise Refused(INVALID, why)
    if not _NAME.fullmatch(name):
        raise Refused(
            INVALID,
            f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        )


VALIDATION = Validation(code=INVALID, rules={"CreateTable": (table,)})
