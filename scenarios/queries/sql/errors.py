"""Why a text of SQL has no answer."""

from typing import Final

SYSTEM: Final = 1
USER: Final = 2


class QueryFailed(Exception):
    """Athena ends the query as FAILED, with this reason. Running the same again won't help.

    `name`: Trino's or Hive's name of the error, such as COLUMN_NOT_FOUND; it begins Athena's
    StateChangeReason. `category`: Athena's ErrorCategory, 1 system or 2 user.
    """

    def __init__(self, name: str, message: str, *, category: int = USER) -> None:
        self.name = name
        self.message = message
        self.category = category
        super().__init__(f"{name}: {message}")


class MalformedSql(ValueError):
    """The text is no statement: Athena refuses it before it runs, with InvalidRequestException."""


class SqlNotSimulated(Exception):
    """Athena answers this, and nothing here does, or not with certainty: `what` names the construct.

    What to do: ask without it, or ask Athena.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"SQL is not simulated with {what}")


class BadFile(QueryFailed):
    """A file of a table can't be read: it is cut, no gzip, or not in the table's format."""

    def __init__(self, name: str, why: str) -> None:
        self.file = name
        super().__init__("HIVE_CURSOR_ERROR", f"{why}: {name}")
