"""The catalogue of all remediations, and of all rules of AWS Config. Add a new one here.

The names are spelled out, so that a reader sees all that can happen. The stack, the page, README, the tests
and the commands are made from these modules' declarations.
"""

from chalicelib.config_rule import ConfigRule
from chalicelib.config_rules import load_rule
from chalicelib.remediation import Remediation
from chalicelib.remediations import load

CATALOG: tuple[Remediation, ...] = tuple(
    load(name)
    for name in (
        "root_login",
        "table_deleted",
        "trail_digest",
        "trail_stopped",
        "stack_changed",
        "trail_validation",
        "failed_login",
        "cis_alarms",
        "error_burst",
        "host_pressure",
        "instance_state",
        "noncompliant",
        "config_history",
        "security_group_opened",
        "bucket_public",
        "access_key_created",
        "detector_disabled",
        "administrator_made",
        "snapshot_shared",
        "image_shared",
        "database_snapshot_shared",
        "key_deletion_scheduled",
        "function_opened",
        "password_or_mfa_changed",
        "database_deleted",
        "backup_missing",
        "port_scan",
        "dns_tunnel",
        "path_traversal",
        "surge_of_errors",
        "instance_credentials",
        "unusual_activity",
    )
)

RULES: tuple[ConfigRule, ...] = tuple(
    load_rule(name)
    for name in (
        "eni_ungrouped",
        "group_unused",
        "monitoring_off",
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
