"""Rows about detections: a record of CloudTrail, and the control of the CIS benchmark it is told under."""

import json
import tempfile
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from chalicelib.remediations.cis_alarms.controls import CIS_CONTROLS
from scenarios.commands.cli import main
from tests.case_forms.judging import Cannot, Verdict


def takes(row: dict[str, Any]) -> bool:
    """Whether the row is about the benchmark."""
    return row.get("area") == "cis"


def judge(row: dict[str, Any]) -> Verdict:
    """Replay the record; it is told by the control's alarm, or by the rule beside it."""
    if row["expected"].keys() != {"told_under"}:
        raise Cannot(f"expects {', '.join(sorted(row['expected']))}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "given")
        file.write_text(row["input"])
        result = CliRunner().invoke(main, ["replay", str(file), "--format", "json"])
    told = sorted(_told_under([json.loads(line) for line in result.stdout.splitlines()]))
    return Verdict(row["expected"]["told_under"] in told, json.dumps({"told_under": told}))


def _told_under(lines: list[dict[str, Any]]) -> set[str]:
    by_alarm = {label.removeprefix("CIS ") for line in lines for label in line["alarms"]}
    titles = [
        alert["title"]
        for line in lines
        for plan in line["plans"]
        if plan["remediation"] == "cis_alarms"
        for alert in plan["alerts"]
    ]
    by_rule = {
        control.number
        for control in CIS_CONTROLS
        if any(title.startswith(f"{control.title}: ") for title in titles)
    }
    return by_alarm | by_rule
