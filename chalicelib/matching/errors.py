"""The error of a pattern that is refused: the reason, and the place in the pattern."""


class InvalidPattern(ValueError):
    """An event pattern or a log filter pattern that AWS would not accept.

    The author of the pattern has to change it; trying again never helps.

    Attributes:
        reason: What is wrong, in AWS's own words where they are known.
        where: The place, for a person: a path in the pattern such as ``detail.eventName[0].prefix``, or
            words such as ``after $.eventName``.
        position: The offset of that place in the pattern's text, counted in characters from 0, so that
            a caret can be drawn under it; None where the pattern came without a text.
    """

    def __init__(self, reason: str, *, where: str, position: int | None = None) -> None:
        super().__init__(reason, where, position)
        self.reason = reason
        self.where = where
        self.position = position

    def __str__(self) -> str:
        return f"{self.reason} (at {self.where})"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by keyword, as tests that run in several processes do."""
        return _restore, (self.reason, self.where, self.position)


def _restore(reason: str, where: str, position: int | None) -> InvalidPattern:
    return InvalidPattern(reason, where=where, position=position)
