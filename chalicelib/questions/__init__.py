"""Questions that people ask of CloudTrail's logs, by name: a text of Logs Insights each.

A question is a file here. Its first comment lines say what it asks; as `name: what`, which value it needs; as
`hours: n`, how long before an alert it looks back. In the text `{{name}}` stands for the value, as in saved
queries of CloudWatch Logs, always inside quotes; a text has one kind of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
_NEEDED = re.compile(r"\{\{(\w+)\}\}")
_SAID = re.compile(r"# (\w+): (.+)")
_HOURS = "hours"
_DAY = "24"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question: what it asks, the values it needs with what they are, and how many hours it looks back."""

    name: str
    title: str
    text: str
    needs: Mapping[str, str]
    hours: int

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with its values. Raises KeyError for one that is missing."""
        quote = "'" if "'" in self.text else '"'
        return _NEEDED.sub(lambda found: _inside(quote, values[found[1]]), self.text)


def _inside(quote: str, value: str) -> str:
    """A value as it stands inside a text's quotes."""
    return value.replace("\\", "\\\\").replace(quote, f"\\{quote}")


@cache
def questions() -> Mapping[str, Question]:
    """Every question by its name."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.txt"))}


def _read(path: Path) -> Question:
    lines = path.read_text("utf-8").splitlines()
    title, *more = [line for line in lines if line.startswith("# ")]
    said = {found[1]: found[2] for line in more if (found := _SAID.fullmatch(line))}
    hours = int(said.pop(_HOURS, _DAY))
    return Question(
        name=path.stem,
        title=title.removeprefix("# "),
        text="\n".join(line for line in lines if not line.startswith("# ")).strip(),
        needs=said,
        hours=hours,
    )
