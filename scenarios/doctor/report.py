"""Findings for a person, grouped, one line each with how to mend it below; or as JSON, one object a line."""

import json
from collections.abc import Iterator, Sequence

from chalicelib.wording import safe
from scenarios.doctor.finding import DoctorFinding, Standing

_HEADINGS = {
    Standing.WELL: "OK",
    Standing.ADVICE: "Could be safer",
    Standing.UNWATCHED: "Unwatched",
    Standing.UNKNOWN: "Could not tell",
}


def exit_code(findings: Sequence[DoctorFinding]) -> int:
    """1 where something is unwatched, 2 where some things could not be read and all else is well, else 0."""
    standings = {each.standing for each in findings}
    if Standing.UNWATCHED in standings:
        return 1
    return 2 if Standing.UNKNOWN in standings else 0


def as_text(findings: Sequence[DoctorFinding]) -> Iterator[str]:
    """Line by line; what is wrong comes last, where a terminal shows it."""
    for standing, heading in _HEADINGS.items():
        group = [each for each in findings if each.standing is standing]
        if group:
            yield f"{heading} ({len(group)})"
            for each in group:
                yield from _lines(each)
            yield ""
    yield _summary(findings)


def _lines(finding: DoctorFinding) -> Iterator[str]:
    severity = f"{finding.severity} " if finding.standing is Standing.UNWATCHED else ""
    where = f" [{safe(finding.where)}]" if finding.where else ""
    source = f" ({finding.source})" if finding.source and finding.standing is not Standing.WELL else ""
    # AWS's own words, and the names that people choose, are others' texts; commands are quoted already.
    yield f"  {severity}{safe(finding.what)}{where}{source}"
    if finding.mend:
        also = "  (--fix does it)" if finding.fix else ""
        yield f"      {finding.mend}{also}"


def _summary(findings: Sequence[DoctorFinding]) -> str:
    counts = {standing: sum(each.standing is standing for each in findings) for standing in Standing}
    parts = [
        f"{counts[standing]} {word}"
        for standing, word in (
            (Standing.UNWATCHED, "unwatched"),
            (Standing.UNKNOWN, "could not be read"),
            (Standing.WELL, "well"),
        )
        if counts[standing]
    ]
    return ", ".join(parts)


def as_json(finding: DoctorFinding) -> str:
    """One object on a line."""
    return json.dumps(
        {
            "standing": finding.standing,
            "severity": finding.severity,
            "what": finding.what,
            "where": finding.where,
            "mend": finding.mend,
            "fixable": finding.fix is not None,
            "source": finding.source,
        }
    )
