"""What wakes on records whose authors labelled them: hits, misses and false alarms, as a table for Markdown.

    .venv/bin/python tests/bench/labelled_records.py RECORDS LABELS

LABELS has a line of JSON for each record: `eventID`, the label (`technique` or `rule`), and perhaps
`expected`, false for a record that is to wake nothing. A record wakes a remediation that a rule of the stack
hands it to, or a control of CIS whose filter counts it. What there is in the account isn't in the records:
whether an alert is sent for the state that is found, no replay can tell. So of the records that are to wake
nothing there are three counts: an alert was sent all the same; a filter of CIS counts it, which an alarm
tells; it was handed over, and what was found was no reason to tell.
"""

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

from click.testing import CliRunner

from scenarios.commands.cli import main as trailwarden


def replayed(records):
    """What `trailwarden replay` says of each record."""
    result = CliRunner().invoke(trailwarden, ["replay", records, "--format", "json"])
    return [json.loads(line) for line in result.stdout.splitlines()]


def woken(report):
    """What a record wakes; a record that nobody asks for has no filters."""
    return {*report["fired"], *report.get("filters", ())}


def verdict(report, *, expected):
    """What that means for a record that is to wake something, or nothing."""
    if expected:
        return "hits" if woken(report) else "misses"
    if any(plan["alerts"] and plan["remediation"] != "cis_alarms" for plan in report["plans"]):
        return "told"
    if report.get("filters"):
        return "counted by CIS"
    return "looked at" if report["fired"] else "left alone"


VERDICTS = ("hits", "misses", "told", "counted by CIS", "looked at", "left alone")


def main(records, labels):
    """Print the table, and the sums."""
    said = {each["eventID"]: each for each in map(json.loads, Path(labels).read_text().splitlines())}
    by_label = defaultdict(list)
    for report in replayed(records):
        label = said[report["eventID"]]
        by_label[label.get("technique") or label["rule"]].append((label.get("expected", True), report))
    total, waking = Counter(), 0
    tell(f"| label | wakes | {' | '.join(VERDICTS)} |\n|---|---|{'---|' * len(VERDICTS)}")
    for label, rows in sorted(by_label.items()):
        counted = Counter(verdict(report, expected=expected) for expected, report in rows)
        names = sorted({name for expected, report in rows if expected for name in woken(report)})
        total, waking = total + counted, waking + bool(names)
        numbers = " | ".join(str(counted[each]) for each in VERDICTS)
        tell(f"| {label} | {', '.join(names)} | {numbers} |")
    tell(f"\n{', '.join(f'{total[each]} {each}' for each in VERDICTS)}")
    tell(f"{len(by_label)} labels, of which {waking} wake something")


def tell(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
