"""Run as a module, it writes the table of the hundred forms in `docs/event-sources.md` anew."""

from itertools import groupby
from pathlib import Path

from scenarios.packaging.documents import renewed
from tests.forms.hundred import FORMS

PAGE = Path(__file__).parents[2] / "docs" / "event-sources.md"


def table():
    """A row for each form, by source."""
    fire = [each for each in FORMS if not each.loud]
    lines = [f"{len(fire)} of the hundred fire, {len(FORMS) - len(fire)} say what is missing.", ""]
    lines += ["| source | fires | says what is missing |", "|---|---|---|"]
    for source, several in groupby(FORMS, key=lambda form: form.source):
        forms = list(several)
        does = "; ".join(each.words for each in forms if not each.loud)
        lacks = "; ".join(each.words for each in forms if each.loud)
        lines.append(f"| {source} | {does} | {lacks} |")
    return "\n".join([*lines, ""])


def page(text):
    """The page with its table as it must be."""
    return renewed(text, {"forms": table()}, PAGE.name)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
