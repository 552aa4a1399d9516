r"""The regular expressions of CloudWatch Logs filter patterns, found in time linear in the message.

A regex without groups is a choice of flat rows of places. That lets the whole set of states be one integer, a
bit for each place that the next character may fill, advanced by a handful of integer operations for each
character of the message, for any pattern (Navarro and Raffinot, "Flexible Pattern Matching in Strings",
2002, chapter 4). Steps once taken are remembered in a bounded table.
"""

from typing import Final

from chalicelib.matching.logs.regex_syntax import OTHERS, Branch, Item, RegexReader

_MAX_REMEMBERED: Final = 256


class _Row(dict[str, "_Row"]):
    """One set of states, and where each character leads from it, as far as it was asked.

    Attributes:
        ready: The states: a bit for each place that the next character may fill.
        verdict: True once the regex was found, False once it can no longer be; None: read on.
        at_end: The verdict if the message ends here.
    """

    __slots__ = ("at_end", "ready", "regex", "verdict")

    def __init__(self, regex: "LogRegex", ready: int) -> None:
        super().__init__()
        self.regex = regex
        self.ready = ready
        self.at_end, self.verdict = regex.judge(ready)

    def __missing__(self, char: str) -> "_Row":
        return self.regex.row_after(self, char)


class LogRegex:
    """A compiled regex; ``search`` says whether it is found anywhere in a message.

    Args:
        source: What stands between the percent signs.
        pattern: The filter pattern around it, for the place of a refusal.
        offset: Where the source starts in that pattern.

    Raises:
        InvalidPattern: The regex has something that AWS does not allow, or more than 4,096 places.
    """

    def __init__(self, source: str, *, pattern: str | None = None, offset: int = 0) -> None:
        self.source = source
        around = source if pattern is None else pattern
        branches = RegexReader(source, pattern=around, offset=offset).branches()
        literals = tuple(branch.literal() for branch in branches)
        self.needles: tuple[str, ...] = literals if all(literals) else ()
        self._only_needles = all(
            not branch.at_start and not branch.at_end and len(branch.items) == len(literal)
            for branch, literal in zip(branches, literals, strict=True)
        )
        self._lay_out(branches)
        self._masks: dict[int, int] = {}
        self._rows: dict[int, _Row] = {}
        self._first = self._row(self._close(self._always | self._once))

    def _lay_out(self, branches: tuple[Branch, ...]) -> None:
        """Give every place of every branch its bit; after each branch stands one bit for its end."""
        self._charsets: list[int] = []
        self._optional = self._looping = self._always = self._once = self._found = self._found_at_end = 0
        for branch in branches:
            first = 1 << len(self._charsets)
            if branch.at_start:
                self._once |= first
            else:
                self._always |= first
            for item in branch.items:
                self._lay_out_item(item)
            end = 1 << len(self._charsets)
            self._charsets.append(0)
            if branch.at_end:
                self._found_at_end |= end
            else:
                self._found |= end
        self._always = self._close(self._always)

    def _lay_out_item(self, item: Item) -> None:
        places = max(item.least, 1) if item.most is None else item.most
        for number in range(places):
            if number >= item.least:
                self._optional |= 1 << len(self._charsets)
            self._charsets.append(item.charset)
        if item.most is None:
            self._looping |= 1 << (len(self._charsets) - 1)

    def search(self, text: str) -> bool:
        """Whether the regex is found in the text: at most one step for each character."""
        if self.needles:
            if not any(needle in text for needle in self.needles):
                return False
            if self._only_needles:
                return True
        row = self._first
        if row.verdict is not None:
            return row.verdict
        for char in text:
            row = row[char]
            if row.verdict is not None:
                return row.verdict
        return row.at_end

    def judge(self, ready: int) -> tuple[bool, bool | None]:
        """The verdict if the text ended with these states, and the verdict that no later text can change."""
        if ready & self._found:
            return True, True
        return bool(ready & self._found_at_end), None if ready else False

    def row_after(self, row: _Row, char: str) -> _Row:
        """Where a character leads; remembered for ASCII, of which there are few."""
        code = ord(char)
        following = self._row(self.advance(row.ready, min(code, OTHERS)))
        if code < OTHERS:
            row[char] = following
        return following

    def _row(self, ready: int) -> _Row:
        found = self._rows.get(ready)
        if found is None:
            if len(self._rows) >= _MAX_REMEMBERED:
                for row in self._rows.values():
                    row.clear()
                self._rows.clear()
            found = self._rows[ready] = _Row(self, ready)
        return found

    def advance(self, ready: int, symbol: int) -> int:
        """One step: the states after a character (its ASCII code, or 128 for any other)."""
        filled = ready & self._mask(symbol)
        return self._close(filled << 1 | filled & self._looping) | self._always

    def _close(self, ready: int) -> int:
        """Let states pass over places that may stay empty: the carry of an addition runs through them."""
        return ready | (self._optional + (ready & self._optional)) ^ self._optional

    def _mask(self, symbol: int) -> int:
        mask = self._masks.get(symbol)
        if mask is None:
            bits = "".join("1" if charset >> symbol & 1 else "0" for charset in reversed(self._charsets))
            mask = self._masks[symbol] = int(bits, 2)
        return mask
