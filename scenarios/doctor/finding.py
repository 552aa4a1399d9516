"""What a check has to say: one line, where, how to mend it, and what says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib.remediation import Call, Severity
from chalicelib.wording import aws_command
from scenarios.doctor.facts import Missing, Unknown


class Standing(StrEnum):
    """How it stands with what was checked."""

    WELL = "well"
    ADVICE = "advice"  # nothing is unwatched, but it could be safer
    UNWATCHED = "unwatched"
    UNKNOWN = "could not tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorFinding:
    """One line of the report.

    `where`: the resource. `mend`: a command or a sentence. `fix`: what --fix would do. `source`: the control
    or the page that asks for it.
    """

    standing: Standing
    what: str
    where: str = ""
    severity: Severity = Severity.INFO
    mend: str = ""
    fix: Call | None = None
    source: str = ""


def well(what: str, *, where: str = "", source: str = "") -> DoctorFinding:
    """It is as promised."""
    return DoctorFinding(standing=Standing.WELL, what=what, where=where, source=source)


def advice(what: str, *, where: str = "", mend: str = "", source: str = "") -> DoctorFinding:
    """It could be safer."""
    return DoctorFinding(
        standing=Standing.ADVICE, what=what, where=where, mend=mend, source=source, severity=Severity.LOW
    )


def unwatched(
    what: str,
    *,
    where: str,
    mend: str,
    source: str,
    severity: Severity = Severity.HIGH,
    fix: Call | None = None,
) -> DoctorFinding:
    """Something that is promised isn't so."""
    return DoctorFinding(
        standing=Standing.UNWATCHED,
        what=what,
        where=where,
        mend=mend,
        source=source,
        severity=severity,
        fix=fix,
    )


def unknown(what: str, fact: Unknown | Missing, *, where: str = "", mend: str = "") -> DoctorFinding:
    """It could not be asked, or AWS denies knowing it."""
    why = fact.why if isinstance(fact, Unknown) else "there is no such thing"
    return DoctorFinding(
        standing=Standing.UNKNOWN,
        what=f"{what}: {why}",
        where=where,
        mend=mend,
        severity=Severity.MEDIUM,
    )


def command(
    service: str, operation: str, options: Mapping[str, str], *positional: str, region: str = ""
) -> str:
    """An AWS CLI command, quoted for a shell."""
    where = {"--region": region} if region else {}
    return aws_command(service, operation, {**options, **where}, *positional)


def call(service: str, operation: str, account: str, region: str, **parameters: Any) -> Call:
    """What --fix would do."""
    return Call(service=service, operation=operation, parameters=parameters, account=account, region=region)
