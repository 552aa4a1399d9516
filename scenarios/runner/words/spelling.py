"""What somebody may have meant by a name that there isn't."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """`did you mean root_login?`; "" where nothing is spelled alike."""
    near = get_close_matches(name, list(names), n=1)
    return f"did you mean {near[0]}?" if near else ""
