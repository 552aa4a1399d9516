"""A place in a text that somebody typed, shown under its line."""

_CARET_ROOM = 38  # characters of a long line to either side of the place


def caret(text: str, position: int) -> tuple[str, str]:
    """The line of the text that the position is in, and a caret under it; of a long line what is around."""
    position = min(position, len(text))
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    line = text[start : end if end >= 0 else len(text)]
    column = position - start
    left = max(0, column - _CARET_ROOM)
    shown = line[left : column + _CARET_ROOM]
    head = "…" if left else ""
    tail = "…" if column + _CARET_ROOM < len(line) else ""
    printable = "".join(char if char.isprintable() else " " for char in shown)
    return f"{head}{printable}{tail}", f"{'':{len(head) + column - left}}^"
