"""DynamoDB's own consequences: a table deleted with point-in-time recovery on leaves a system backup.

It is kept for 35 days, and it is how such a table is restored.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
"""

from typing import Any

from scenarios.cloud.calls import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.setting import Setting


class Tables:
    """Every table of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.check("dynamodb", "DeleteTable", self._about_to_go)

    def _about_to_go(self, asked: Asked) -> None:
        """Moto forgets with the table that it was protected, so the backup is made before."""
        name = str(asked.parameters["TableName"]).rpartition("/")[2]  # it may be an ARN
        backend = moto_state.backend("dynamodb", self._setting.account, asked.region)
        table = backend.tables.get(name)
        if table is not None and _recovers(table) and not table.deletion_protection_enabled:
            backend.create_backup(name, f"{name}$DeletedTableBackup").type = "SYSTEM"


def _recovers(table: Any) -> bool:
    described = table.continuous_backups.get("PointInTimeRecoveryDescription", {})
    return bool(described.get("PointInTimeRecoveryStatus") == "ENABLED")
