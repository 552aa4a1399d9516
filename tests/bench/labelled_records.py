"""What wakes on records whose authors labelled them: hits, misses and false alarms, as a table for Markdown.

    .venv/bin/python tests/bench/labelled_records.py RECORDS LABELS

LABELS has a line of JSON for each record: `eventID`, the label (`technique` or `rule`), and perhaps
`expected`, false for a record that is to wake nothing. A record wakes a remediation that a rule of the stack
hands it to, or a control of CIS whose filter counts it. What there is in the account isn't in the records:
whether an alert is sent for the state that is found, no replay can tell.
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
    """What a record wakes."""
    return {*report["fired"], *report["filters"]}


def main(records, labels):
    """Print the table, and the sums."""
    said = {each["eventID"]: each for each in map(json.loads, Path(labels).read_text().splitlines())}
    by_label = defaultdict(list)
    for report in replayed(records):
        label = said[report["eventID"]]
        by_label[label.get("technique") or label["rule"]].append((label.get("expected", True), woken(report)))
    counted = Counter()
    tell("| label | wakes | hits | misses | false alarms |\n|---|---|---|---|---|")
    for label, rows in sorted(by_label.items()):
        hits = sum(1 for expected, names in rows if expected and names)
        misses = sum(1 for expected, names in rows if expected and not names)
        false = sum(1 for expected, names in rows if not expected and names)
        names = sorted({name for expected, names in rows if expected for name in names})
        counted += Counter({"hits": hits, "misses": misses, "false alarms": false, "labels": 1})
        counted += Counter({"labels that wake something": bool(names)})
        tell(f"| {label} | {', '.join(names)} | {hits} | {misses} | {false} |")
    tell("\n" + ", ".join(f"{count} {what}" for what, count in counted.items()))


def tell(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
