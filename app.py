"""Everything that can wake up in the account, three lines each.

What wakes a function, what it may touch and what it does stand in its remediation's module.
"""

import os
from importlib import import_module
from typing import Any

from chalicelib.http import routes
from chalicelib.remediations import failed_login, root_login, table_deleted, trail_digest
from chalicelib.runtime import answer
from chalicelib.warden import Warden

app = Warden(app_name="trailwarden")
app.register_blueprint(routes)


@app.watches(root_login.REMEDIATION)
def root_login_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell every console sign-in of the root user."""
    return answer(root_login.REMEDIATION, event, context)


@app.watches(table_deleted.REMEDIATION)
def table_deleted_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell every deletion of a DynamoDB table, and how to restore it."""
    return answer(table_deleted.REMEDIATION, event, context)


@app.watches(trail_digest.REMEDIATION)
def trail_digest_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell every tampering with the audit trail, at once and by the hour."""
    return answer(trail_digest.REMEDIATION, event, context)


@app.watches(failed_login.REMEDIATION)
def failed_login_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell who guesses passwords, over SSH or in the console."""
    return answer(failed_login.REMEDIATION, event, context)


# The local stage puts the simulated AWS behind the routes; nothing else ever sets this variable.
if attach := os.environ.get("TRAILWARDEN_ATTACH"):
    module, _, name = attach.partition(":")
    getattr(import_module(module), name)(app)
