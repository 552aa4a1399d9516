"""The pages that there are on `chalice local` only: scenarios to run, and what happened in each run."""

from collections.abc import Iterable

from chalicelib.http.finding_page import can_be_decided
from chalicelib.http.html import document, table, text
from chalicelib.http.page import rows_of
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.runtime.rulings import WAITING
from scenarios.runner.library import library
from scenarios.runner.local_runs import Run

LINKS = (("Findings", "/"), ("Scenarios", "/scenarios"))
# Who may be played on the local page; the last one is the actor of most incidents.
PLAYED = ("ann", "bob", "mallory")
_LONGEST = 2000


def scenarios_page(runs: Iterable[Run]) -> str:
    """Every scenario with a button, and the runs so far."""
    rows = (
        (f"<code>{text(each.name)}</code>", text(each.title, _LONGEST), _button(each.name))
        for each in library()
    )
    body = "\n".join(
        [
            "<p>Each is run on the simulated AWS, from the stack as it is packaged.</p>",
            _runs(list(runs)),
            "<h2>Scenarios</h2>",
            table((("Name", "name"), ("What", ""), ("", "short")), rows),
        ]
    )
    return document("Scenarios", body, links=LINKS)


def run_page(run: Run) -> str:
    """One run: whether it passed, its findings, its timeline."""
    heads = (("Time", "short"), ("What", "short"), ("", ""))
    rows = (
        (f"<time>{_clock(each['seconds'])}</time>", text(each["kind"]), text(each["words"], _LONGEST))
        for each in run.timeline
    )
    failures = "".join(f'<p class="note">{text(each, _LONGEST)}</p>' for each in run.report.failures)
    found = sorted(run.entries, key=lambda entry: entry.sort_key, reverse=True)
    body = "\n".join(
        [
            f"<p>{text(run.scenario.title, _LONGEST)}</p>",
            f"<p>{_went(run)}</p>",
            failures,
            "<h2>Findings</h2>",
            rows_of(found, "") if found else '<p class="note">It left no finding.</p>',
            "<h2>Timeline</h2>",
            table(heads, rows),
        ]
    )
    return document(f"Run {run.number + 1}: {run.scenario.name}", body, links=LINKS)


def deciding(found: LedgerEntry, run: Run | None) -> str:
    """Buttons that decide about a finding, as one of several people."""
    if run is None:
        return ""
    back = f'<p><a href="/runs/{run.number}">The run that it is from, with its timeline</a></p>'
    if not can_be_decided(found):
        return back
    verbs = ("approve", "refuse") if found.outcome in WAITING else ("undo (dry run)", "undo")
    buttons = "".join(f'<button name="verb" value="{each}">{each}</button>' for each in verbs)
    people = "".join(f"<option>{each}</option>" for each in PLAYED)
    return f"""{back}
<form method="post" action="/runs/{run.number}/decisions">
<input type="hidden" name="finding" value="{text(found.id)}">
<label>As <select name="who">{people}</select></label>
{buttons}
</form>"""


def _runs(runs: list[Run]) -> str:
    if not runs:
        return '<p class="note">Nothing was run yet.</p>'
    rows = (
        (
            f'<a href="/runs/{each.number}">{each.number + 1}</a>',
            f"<code>{text(each.scenario.name)}</code>",
            _went(each),
            str(len(each.entries)),
        )
        for each in reversed(runs)
    )
    heads = (("Run", "short"), ("Scenario", ""), ("How it went", ""), ("Findings", "short"))
    return f"<h2>Runs</h2>\n{table(heads, rows)}"


def _button(name: str) -> str:
    return f'<form method="post" action="/scenarios/{text(name)}"><button>Run</button></form>'


def _went(run: Run) -> str:
    how = "passed" if run.report.passed else "failed"
    asked = f", then {len(run.asked)} requests of people" if run.asked else ""
    return text(f"{how}, seed {run.seed}, faults {run.faults}{asked}")


def _clock(seconds: float) -> str:
    minutes, left = divmod(int(seconds), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{left:02}"
