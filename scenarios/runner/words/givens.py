"""Resources that are in the account before an incident begins."""

from typing import Any

from scenarios.cloud.world import World
from scenarios.runner.scenario import Given


def table(name: str, *, region: str = "", recoverable: bool = False, backup: str = "") -> Given:
    """A DynamoDB table; `recoverable`: with point-in-time recovery; `backup`: the name of one on demand."""

    def do(world: World) -> None:
        dynamodb: Any = world.client(world.user("builder"), "dynamodb", region)
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        if recoverable:
            dynamodb.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )
        if backup:
            dynamodb.create_backup(TableName=name, BackupName=backup)

    how = " with point-in-time recovery" if recoverable else f" with the backup {backup}" if backup else ""
    return Given(f"a DynamoDB table {name}{how}", do)
