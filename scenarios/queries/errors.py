"""Why a query has no answer."""


class MalformedQuery(ValueError):
    """The text is no query. `start` and `end`: the first and the last character that it is about, from 0."""

    def __init__(self, message: str, start: int, end: int) -> None:
        self.message, self.start, self.end = message, start, end
        super().__init__(message)


class QueryFailed(Exception):
    """The query is right, and can't be finished: it met one of AWS's limits. Running it again won't help."""


class QueryNotSimulated(Exception):
    """AWS answers this, and nothing here does: `what` names the command or function.

    What to do: ask without it, or ask AWS.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"queries here don't have {what}, which CloudWatch Logs Insights has")
