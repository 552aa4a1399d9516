"""Which log groups a link shares, by its filter: `LogGroupName LIKE '/aws/lambda/%' OR LogGroupName = 'a'`.

Names are compared as they are written; `%` stands for any characters. At most five conditions; AND binds
closer than OR, which is unconfirmed.

Source: https://docs.aws.amazon.com/OAM/latest/APIReference/API_LogGroupConfiguration.html
"""

import re
from collections.abc import Callable
from typing import Final

MOST_CONDITIONS: Final = 5
_TEXT: Final = r"'[^']*'"
_CONDITION: Final = re.compile(
    rf"\s*LogGroupName\s*(?:(?P<how>!=|=|\bNOT\s+LIKE\b|\bLIKE\b)\s*(?P<text>{_TEXT})"
    rf"|(?P<among>\bNOT\s+IN\b|\bIN\b)\s*\((?P<texts>\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*)\))\s*",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"(AND|OR)\b", re.IGNORECASE)

Shares = Callable[[str], bool]
"""Whether a log group of this name is shared."""


def shares(text: str) -> Shares:
    """Read a filter. Raises ValueError for a text that is none."""
    either: list[list[Shares]] = [[]]
    at = 0
    while True:
        found = _CONDITION.match(text, at)
        if not found or sum(map(len, either)) == MOST_CONDITIONS:
            raise ValueError(text)
        either[-1].append(_condition(found))
        at = found.end()
        if at == len(text):
            return lambda name: any(all(each(name) for each in every) for every in either)
        between = _BETWEEN.match(text, at)
        if not between:
            raise ValueError(text)
        at = between.end()
        if between[1].upper() == "OR":
            either.append([])


def _condition(found: re.Match[str]) -> Shares:
    word = (found["how"] or found["among"]).upper()
    texts = [each[1:-1] for each in re.findall(_TEXT, found["text"] or found["texts"])]
    if word.endswith("LIKE"):
        pattern = re.compile(".*".join(map(re.escape, texts[0].split("%"))), re.DOTALL)
        return lambda name: (pattern.fullmatch(name) is None) == word.startswith("NOT")
    return lambda name: (name not in texts) == (word in ("!=", "NOT IN") or word.startswith("NOT"))
