"""Everything that can wake up in the account, three lines each.

What wakes a function, what it may touch and what it does stand in its remediation's module, or its rule's,
which only that function imports.
"""

import os
from importlib import import_module
from typing import Any

from chalicelib.config_rules import load_rule
from chalicelib.http.routes import routes
from chalicelib.remediations import load
from chalicelib.runtime.woken import answer, evaluated
from chalicelib.warden import Warden

app = Warden(app_name="trailwarden")
app.register_blueprint(routes)


@app.watches("root_login")
def root_login_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell every console sign-in of the root user."""
    return answer(load("root_login"), event, context)


@app.watches("table_deleted")
def table_deleted_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell every deletion of a DynamoDB table, and how to restore it."""
    return answer(load("table_deleted"), event, context)


@app.watches("trail_digest")
def trail_digest_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell every tampering with the audit trail, at once and by the hour."""
    return answer(load("trail_digest"), event, context)


@app.watches("trail_stopped")
def trail_stopped_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell every weakening of the audit trail and its bucket, and take it back."""
    return answer(load("trail_stopped"), event, context)


@app.watches("stack_changed")
def stack_changed_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell every change of Trailwarden's own parts, and put them back."""
    return answer(load("stack_changed"), event, context)


@app.watches("trail_validation")
def trail_validation_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Validate the audit trail over the span somebody asked for, part by part."""
    return answer(load("trail_validation"), event, context)


@app.watches("failed_login")
def failed_login_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who guesses passwords, over SSH or in the console."""
    return answer(load("failed_login"), event, context)


@app.watches("cis_alarms")
def cis_alarms_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who is behind an alarm of the CIS benchmark."""
    return answer(load("cis_alarms"), event, context)


@app.watches("error_burst")
def error_burst_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell where a word that comes up in a log again and again comes from."""
    return answer(load("error_burst"), event, context)


@app.watches("host_pressure")
def host_pressure_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell which host is short of CPU and disk at once."""
    return answer(load("host_pressure"), event, context)


@app.watches("instance_state")
def instance_state_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who started, stopped or terminated an instance."""
    return answer(load("instance_state"), event, context)


@app.watches("noncompliant")
def noncompliant_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell which resource breaks a rule of AWS Config, and who made it so."""
    return answer(load("noncompliant"), event, context)


@app.watches("config_history")
def config_history_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Write a file for each resource that AWS Config has recorded."""
    return answer(load("config_history"), event, context)


@app.watches("security_group_opened")
def security_group_opened_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who opened a security group to the internet, and close it."""
    return answer(load("security_group_opened"), event, context)


@app.watches("bucket_public")
def bucket_public_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who made a bucket public, and put its block back."""
    return answer(load("bucket_public"), event, context)


@app.watches("access_key_created")
def access_key_created_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who made an access key for somebody else, and deactivate it."""
    return answer(load("access_key_created"), event, context)


@app.watches("detector_disabled")
def detector_disabled_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who switched off what watches the account, and switch it on again."""
    return answer(load("detector_disabled"), event, context)


@app.watches("administrator_made")
def administrator_made_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who was made an administrator, and take back what was given."""
    return answer(load("administrator_made"), event, context)


@app.watches("snapshot_shared")
def snapshot_shared_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who shared a snapshot with strangers, and take it back."""
    return answer(load("snapshot_shared"), event, context)


@app.watches("image_shared")
def image_shared_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who shared an image with strangers, and take it back."""
    return answer(load("image_shared"), event, context)


@app.watches("database_snapshot_shared")
def database_snapshot_shared_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who shared a database's snapshot with strangers, and take it back."""
    return answer(load("database_snapshot_shared"), event, context)


@app.watches("key_deletion_scheduled")
def key_deletion_scheduled_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who has a KMS key deleted or disabled, and have it work again."""
    return answer(load("key_deletion_scheduled"), event, context)


@app.watches("function_opened")
def function_opened_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who opened a function to others, and close it."""
    return answer(load("function_opened"), event, context)


@app.watches("password_or_mfa_changed")
def password_or_mfa_changed_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who set a password for somebody else, or took a second factor away."""
    return answer(load("password_or_mfa_changed"), event, context)


@app.watches("database_deleted")
def database_deleted_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who deleted a database or took its protection away, and put that back."""
    return answer(load("database_deleted"), event, context)


@app.watches("backup_missing")
def backup_missing_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell what has no recent backup, and make snapshots each night."""
    return answer(load("backup_missing"), event, context)


@app.watches("port_scan")
def port_scan_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell which address tries ports and hosts, and is refused."""
    return answer(load("port_scan"), event, context)


@app.watches("dns_tunnel")
def dns_tunnel_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell which instance looks up many long names under one domain."""
    return answer(load("dns_tunnel"), event, context)


@app.watches("path_traversal")
def path_traversal_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell which client tries to leave a web server's folder."""
    return answer(load("path_traversal"), event, context)


@app.watches("surge_of_errors")
def surge_of_errors_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell which requests fail, and which client is refused again and again."""
    return answer(load("surge_of_errors"), event, context)


@app.watches("instance_credentials")
def instance_credentials_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who uses an instance's credentials from where, and revoke them."""
    return answer(load("instance_credentials"), event, context)


@app.watches("unusual_activity")
def unusual_activity_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell what CloudTrail Insights finds unusual, and whose it is."""
    return answer(load("unusual_activity"), event, context)


@app.evaluates("eni_ungrouped")
def eni_ungrouped_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Say which network interfaces have no security group."""
    return evaluated(load_rule("eni_ungrouped"), event, context)


@app.evaluates("group_unused")
def group_unused_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Say which security groups nothing uses."""
    return evaluated(load_rule("group_unused"), event, context)


@app.evaluates("monitoring_off")
def monitoring_off_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Say which instances run without detailed monitoring."""
    return evaluated(load_rule("monitoring_off"), event, context)


@app.lambda_function(name="heartbeat")  # type: ignore[untyped-decorator]  # Chalice ships no types
def heartbeat_handler(event: dict[str, Any], _context: Any) -> dict[str, str]:
    """Show each minute that alerts come through."""
    from chalicelib.runtime.heartbeat import beat  # noqa: PLC0415 - no other function pays for it

    return beat(event)


# The local stage puts the simulated AWS behind the routes; nothing else ever sets this variable.
if attach := os.environ.get("TRAILWARDEN_ATTACH"):
    module, _, name = attach.partition(":")
    getattr(import_module(module), name)(app)
