"""Every remediation there is: the place to add one.

The names are spelled out, so that whoever reads them knows all that can happen; the stack, the page, README,
the tests and the commands are made from what their modules declare.
"""

from chalicelib.remediation import Remediation
from chalicelib.remediations import load

CATALOG: tuple[Remediation, ...] = tuple(
    load(name)
    for name in (
        "root_login",
        "table_deleted",
        "trail_digest",
        "trail_stopped",
        "trail_validation",
        "failed_login",
        "cis_alarms",
        "error_burst",
        "host_pressure",
        "instance_state",
    )
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
