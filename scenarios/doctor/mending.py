"""Carrying out what --fix may: one call at a time, told before it is made."""

from collections.abc import Callable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from scenarios.doctor.asking import Clients
from scenarios.doctor.finding import DoctorFinding


def mend(
    findings: Sequence[DoctorFinding],
    clients: Clients,
    say: Callable[[str], None],
    agree: Callable[[str], bool],
) -> int:
    """Make the fixes that are agreed to; returns how many were made. One that is refused is reported."""
    made = 0
    for finding in findings:
        if finding.fix is None:
            continue
        say(f"{finding.what} [{finding.where}]")
        if not agree(f"in account {finding.fix.account}: {finding.fix.command}"):
            continue
        try:
            client = clients(finding.fix.service, finding.fix.region)
            getattr(client, finding.fix.operation)(**finding.fix.parameters)
        except (ClientError, BotoCoreError) as error:
            say(f"  refused: {' '.join(str(error).split())}")
            continue
        made += 1
        say("  done")
    return made
