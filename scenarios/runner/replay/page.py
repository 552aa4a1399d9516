"""A replay as a page of HTML that one can hand on: one file, nothing loaded from elsewhere, no script."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from chalicelib.wording import safe
from scenarios.runner.replay.tally import MOST_LINES, Tally, Told

_STYLE = """\
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color:
#1b1f24 } table { border-collapse: collapse; width: 100%; margin: .5rem 0 2rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #d8dee4 }
th { background: #f6f8fa } .CRITICAL, .HIGH { color: #a40e26; font-weight: 600 } .MEDIUM { color: #9a6700 }
code { font-size: 13px; overflow-wrap: anywhere }"""


class Page:
    """Collects what would be told; keeps the first few thousand lines."""

    def __init__(self) -> None:
        self._told: list[Told] = []
        self._more = 0

    def add(self, told: Iterable[Told]) -> None:
        """Keep these for the page."""
        for each in told:
            if len(self._told) < MOST_LINES:
                self._told.append(each)
            else:
                self._more += 1

    def html(self, names: Sequence[str], counts: str, unsaid: Iterable[str], tally: Tally) -> str:
        """The page. `names`: what was replayed; `counts`, `unsaid`: the sentences at the end of the text."""
        more = f"<p>And {self._more} more.</p>" if self._more else ""
        return "\n".join(
            (
                "<!doctype html>",
                '<html lang="en"><head><meta charset="utf-8"><title>Trailwarden: replay</title>',
                f"<style>{_STYLE}</style></head><body>",
                f"<h1>What Trailwarden would have told</h1><p>Records of: {_text(', '.join(names))}</p>",
                f"<p>{_text(counts)}</p>",
                *(f"<p>{_text(each)}</p>" for each in unsaid),
                "<h2>By actor</h2>",
                _table(
                    ("Actor", "Gravest", "Told"),
                    (_actor(*each, tally) for each in tally.actors()[:MOST_LINES]),
                ),
                "<h2>By day</h2>",
                _table(
                    ("Day", "Told"),
                    ((_text(day), _counts(tally.by_day[day])) for day in sorted(tally.by_day)),
                ),
                "<h2>Record by record</h2>",
                _table(("Where", "Remediation", "What", "Record"), map(_row, self._told)),
                f"{more}</body></html>\n",
            )
        )


def _actor(actor: str, counts: Counter[str], tally: Tally) -> tuple[str, ...]:
    worst = tally.worst.get(actor, "")
    return _text(actor), f'<span class="{_text(worst)}">{_text(worst)}</span>', _counts(counts)


def _row(told: Told) -> tuple[str, ...]:
    severity = f'<span class="{_text(told.severity)}">{_text(told.severity)}</span> ' if told.severity else ""
    done = "".join(f"<br><code>would do: {_text(call)}</code>" for call in told.would_do)
    where = f"<code>{_text(str(told.replayed.found.where))}</code>"
    return where, _text(told.by), f"{severity}{_text(told.words)}{done}", _text(told.details)


def _counts(counts: Counter[str]) -> str:
    return _text(", ".join(f"{name} {count}" for name, count in counts.most_common()))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{each}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    return f"<table><tr>{head}</tr>\n{body}</table>"


def _text(words: str) -> str:
    return escape(safe(words))
