"""Every remediation there is, and every alarm beside them: the place to add one.

The tuple is spelled out, so that whoever reads it knows all that can happen; the stack, the page, the tests
and the commands are made from it.
"""

from chalicelib.remediation import LogAlarm, Remediation
from chalicelib.remediations import (
    cis_alarms,
    error_burst,
    failed_login,
    host_pressure,
    instance_state,
    root_login,
    table_deleted,
    trail_digest,
    trail_stopped,
    trail_validation,
)
from chalicelib.remediations.cis_alarms.controls import CIS_CONTROLS

CATALOG: tuple[Remediation, ...] = (
    root_login.REMEDIATION,
    table_deleted.REMEDIATION,
    trail_digest.REMEDIATION,
    trail_stopped.REMEDIATION,
    trail_validation.REMEDIATION,
    failed_login.REMEDIATION,
    cis_alarms.REMEDIATION,
    error_burst.REMEDIATION,
    host_pressure.REMEDIATION,
    instance_state.REMEDIATION,
)
ALARMS: tuple[LogAlarm, ...] = (
    *(control.alarm for control in CIS_CONTROLS),
    failed_login.CONSOLE_FAILURES,
    error_burst.ERROR_BURST,
)


class UnknownRemediation(LookupError):
    """No remediation has this name; the message lists those there are."""


def find(name: str) -> Remediation:
    """The remediation of this name; raises UnknownRemediation."""
    for remediation in CATALOG:
        if remediation.name == name:
            return remediation
    names = ", ".join(remediation.name for remediation in CATALOG)
    raise UnknownRemediation(f"no remediation is called {name!r}; there are {names}")
