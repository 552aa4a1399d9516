"""Questions that people ask of CloudTrail's logs, by name: a text of Logs Insights each.

A question is a file here. Its first comment lines say what it asks, and, as `name: what`, which values it
needs; in the text `{{name}}` stands for each, as in saved queries of CloudWatch Logs, always inside quotes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
_NEEDED = re.compile(r"\{\{(\w+)\}\}")
_SAID = re.compile(r"# (\w+): (.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question: what it asks, and the values it needs with what they are."""

    name: str
    title: str
    text: str
    needs: Mapping[str, str]

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with its values. Raises KeyError for one that is missing."""
        return _NEEDED.sub(lambda found: _quoted(values[found[1]]), self.text)


def _quoted(value: str) -> str:
    """A value as it stands inside a text's quotes."""
    return value.replace("\\", "\\\\").replace('"', '\\"')


def questions() -> dict[str, Question]:
    """Every question by its name."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.txt"))}


def _read(path: Path) -> Question:
    lines = path.read_text("utf-8").splitlines()
    said = [line for line in lines if line.startswith("# ")]
    return Question(
        name=path.stem,
        title=said[0].removeprefix("# "),
        text="\n".join(line for line in lines if not line.startswith("# ")).strip(),
        needs={found[1]: found[2] for line in said[1:] if (found := _SAID.fullmatch(line))},
    )
