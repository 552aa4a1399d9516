"""A cursor over the text of a log filter pattern, which knows its place when it has to refuse."""

from chalicelib.matching.errors import InvalidPattern

BLANKS = " \t\r\n"
NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SNIPPET = 24


class Scanner:
    """Reads a pattern from left to right.

    Attributes:
        text: The whole pattern.
        position: Offset of the next character, from 0.
    """

    __slots__ = ("position", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def peek(self) -> str:
        """The next character, or an empty string at the end."""
        return self.text[self.position : self.position + 1]

    def skip_blanks(self) -> None:
        """Move to the next character that is not a blank."""
        while self.position < len(self.text) and self.text[self.position] in BLANKS:
            self.position += 1

    def next_is(self, *words: str) -> bool:
        """Whether the text goes on with one of these words; blanks before them are skipped."""
        self.skip_blanks()
        return self.text.startswith(words, self.position)

    def take(self, word: str) -> bool:
        """Step over this word if it comes next; blanks before it are skipped."""
        found = self.next_is(word)
        if found:
            self.position += len(word)
        return found

    def run(self, allowed: frozenset[str]) -> str:
        """Step over as many of these characters as follow, and give them."""
        start = self.position
        while self.position < len(self.text) and self.text[self.position] in allowed:
            self.position += 1
        return self.text[start : self.position]

    def word(self) -> str:
        """The letters, digits, _ and - that come next, without stepping over them."""
        self.skip_blanks()
        start = self.position
        word = self.run(NAME)
        self.position = start
        return word

    def quoted(self, quote: str = '"') -> str:
        r"""Step over a string in quotes and give what it means.

        Escapes are those of JSON, which is how AWS's own tools write such strings; a backslash before
        any other character stands for itself.
        """
        opened = self.position
        self.position += 1
        taken: list[str] = []
        while (char := self.peek()) != quote:
            if not char:
                raise self.refuse(f"A string that was opened with {quote} is not closed", opened)
            taken.append(self._escaped(quote) if char == "\\" else char)
            self.position += 1
        self.position += 1
        return "".join(taken)

    def _escaped(self, quote: str) -> str:
        following = self.text[self.position + 1 : self.position + 2]
        if following == quote or following in _ESCAPES:
            self.position += len(following)
            return quote if following == quote else _ESCAPES.get(following, "\\")
        digits = self.text[self.position + 2 : self.position + 6]
        if following == "u" and len(digits) == len("0041") and digits.isalnum() and digits.isascii():
            try:
                char = chr(int(digits, 16))
            except ValueError:
                return "\\"
            self.position += len("u0041")
            return char
        return "\\"

    def between_percents(self) -> tuple[str, int]:
        """Step over ``%regex%`` and give the regex and its own offset."""
        opened = self.position
        closed = self.text.find("%", opened + 1)
        if closed < 0:
            raise self.refuse(
                "A regular expression that was opened with % is not closed by another %", opened
            )
        self.position = closed + 1
        return self.text[opened + 1 : closed], opened + 1

    def refuse(self, reason: str, position: int | None = None) -> InvalidPattern:
        """The error to raise, with the place: this position, or where the cursor stands."""
        place = self.position if position is None else position
        return refusal(self.text, reason, place)


def refusal(text: str, reason: str, position: int) -> InvalidPattern:
    """An InvalidPattern that names the place by its number and by the text that stands there."""
    rest = text[position : position + _SNIPPET]
    if not rest:
        return InvalidPattern(reason, where="the end of the pattern", position=len(text))
    dots = "..." if len(text) > position + _SNIPPET else ""
    return InvalidPattern(reason, where=f"character {position + 1}: {rest}{dots}", position=position)
