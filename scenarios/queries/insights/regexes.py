r"""Regular expressions as AWS writes them, for Python's engine.

AWS's engine keeps to what can be found in linear time: it has neither look-around nor references back.
`(?<name>...)` names a group.

Source: https://github.com/google/re2/wiki/Syntax, which the page on functions names.
"""

import re
import warnings
from typing import Final

from scenarios.queries.errors import MalformedQuery

_NAMED = re.compile(r"\(\?<(?![=!])")
_LOOKS = re.compile(r"\(\?(?:<?[=!]|>|\()")
_SHORT: Final = {
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:space:]": r"\s",
    "[:punct:]": r"!-/:-@\[-`{-~",
    "[:xdigit:]": "0-9A-Fa-f",
    "[:word:]": r"\w",
}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
LONGEST = 4096


def compiled(source: str, start: int = 0, end: int = 0) -> re.Pattern[str]:
    """The regex, which stands from `start` to `end`. Raises MalformedQuery for what AWS's engine refuses."""
    last = max(start, end - 1)
    bare = _ESCAPED.sub("", source)
    if _LOOKS.search(bare) or re.search(r"\\[1-9]", source.replace("\\\\", "")) or len(source) > LONGEST:
        raise MalformedQuery(f"the regex /{source[:80]}/ is not supported", start, last)
    for short, long in _SHORT.items():
        source = source.replace(short, long)
    python = _NAMED.sub("(?P<", source).replace(r"\z", r"\Z").replace(r"\/", "/")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a bracket in brackets is one here, whatever Python has in mind
            return re.compile(python)
    except (re.error, OverflowError, RecursionError) as error:
        raise MalformedQuery(f"the regex /{source[:80]}/ is invalid: {error}", start, last) from None


def glob(pattern: str, *, lazy: bool) -> re.Pattern[str]:
    """A glob of `parse`: found anywhere; a star at the end takes the rest of the text."""
    star = "(.*?)" if lazy else "(.*)"
    parts = [re.escape(part) for part in pattern.split("*")]
    end = r"\Z" if pattern.endswith("*") else ""
    return re.compile(star.join(parts) + end, re.DOTALL)
