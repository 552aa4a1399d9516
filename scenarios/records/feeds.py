"""A text that may be longer than memory: what waits of it, as bytes or as characters, and where it is."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator

from chalicelib.wording import size
from scenarios.files import NotRead
from scenarios.records.packing import NO_TEXT, PIECE_BYTES

LARGEST_VALUE_BYTES = 32 << 20
MOST_BLANK_BYTES = 16 << 20
BLANKS = b" \t\r\n"
_BLANK = re.compile(r"[ \t\r\n]*")


class Feed:
    """Bytes that are waiting, and where they are in the text."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.data = b""
        self.ended = False
        self.line = 1

    def fill(self, least: int) -> bytes:
        """Have so many bytes waiting, if there are so many."""
        if len(self.data) < least and not self.ended:
            waiting, total = [self.data], len(self.data)
            while total < least:
                piece = next(self._pieces, None)
                if piece is None:
                    self.ended = True
                    break
                waiting.append(piece)
                total += len(piece)
            self.data = b"".join(waiting)
        return self.data

    def more(self) -> bool:
        """Have twice as many bytes waiting; False at the end. Raises NotRead for a value that never ends."""
        if self.ended:
            return False
        if len(self.data) >= LARGEST_VALUE_BYTES:
            raise NotRead(f"one value in it is larger than {size(LARGEST_VALUE_BYTES)}")
        before = len(self.data)
        return len(self.fill(max(2 * before, PIECE_BYTES))) > before

    def take(self, count: int) -> bytes:
        """Step over so many bytes."""
        taken, self.data = self.data[:count], self.data[count:]
        self.line += taken.count(b"\n")
        return taken

    def skip_blanks(self) -> None:
        """Step over blanks; raises NotRead where there are too many in a row."""
        skipped = 0
        while True:
            self.fill(PIECE_BYTES)
            blank = len(self.data) - len(self.data.lstrip(BLANKS))
            self.take(blank)
            skipped += blank
            if skipped > MOST_BLANK_BYTES:
                raise NotRead(f"it holds more than {size(MOST_BLANK_BYTES)} of blanks in a row")
            if self.data or self.ended:
                return

    def rest(self) -> Iterator[bytes]:
        """Everything that is left."""
        while self.fill(PIECE_BYTES):
            yield self.take(len(self.data))


def blank_end(text: str, at: int) -> int:
    """Where blanks end that begin at a place."""
    found = _BLANK.match(text, at)
    return found.end() if found else at


class RollingText:
    """The text from a place on, as characters; what is behind is let go."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._decoder = getincrementaldecoder("utf-8")()
        self.line = feed.line
        self.text, self.at = "", 0
        self.closed = False  # whether a bracket was stepped over that ends a list
        self._add()

    def _add(self) -> bool:
        data = self._feed.take(len(self._feed.fill(PIECE_BYTES)))
        try:
            added = self._decoder.decode(data, final=not data)
        except UnicodeError as error:
            raise NotRead(NO_TEXT) from error
        self.text, self.at = self.text[self.at :] + added, 0
        return bool(data)

    def more(self) -> bool:
        """Have more of it, at least twice what is there; False at the end."""
        if len(self.text) - self.at > LARGEST_VALUE_BYTES:
            raise NotRead(f"one value in it is larger than {size(LARGEST_VALUE_BYTES)}")
        wanted, grew = 2 * (len(self.text) - self.at), False
        while self._add():
            grew = True
            if len(self.text) >= wanted:
                break
        return grew

    def step(self, end: int) -> None:
        """Go on from there."""
        self.line += self.text.count("\n", self.at, end)
        self.at = end

    def skip(self, marks: str) -> bool:
        """Step over blanks, and these marks; False at the end."""
        skipped = 0
        while True:
            end = blank_end(self.text, self.at)
            while end < len(self.text) and self.text[end] in marks:
                self.closed = self.closed or self.text[end] == "]"
                end = blank_end(self.text, end + 1)
            skipped += end - self.at
            self.step(end)
            if self.at < len(self.text):
                return True
            if skipped > MOST_BLANK_BYTES:
                raise NotRead(f"it holds more than {size(MOST_BLANK_BYTES)} of blanks in a row")
            if not self._add():
                return False

    def to_next_object(self) -> bool:
        """After something broken: to the next line that begins with a brace."""
        while True:
            end = self.text.find("\n{", self.at)
            if end >= 0:
                self.step(end + 1)
                return True
            self.step(max(self.at, len(self.text) - 1))
            if not self._add():
                return False


def has_lines(text: RollingText) -> bool:
    """Whether lines tell a place: a text of one line is the file itself."""
    return text.line > 1 or "\n" in text.text[text.at :].strip()
