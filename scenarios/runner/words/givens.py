"""Resources that are in the account before an incident begins."""

from typing import Any

from chalicelib.catalog import CATALOG
from chalicelib.counting import COUNTING
from chalicelib.template.parts import logical_id
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


def no_looks_for_floods() -> Given:
    """The rules are disabled that wake functions by the hour for what their floods have left untold.

    For scenarios that last hours and have no flood: most functions have such a rule, so that what they are
    about would be the smaller part of what they do. Ways by the hour that do more than count go on.
    """

    def do(world: World) -> None:
        events: Any = world.client(world.user("builder"), "events")
        for remediation in CATALOG:
            for number, way in enumerate(remediation.ways, start=1):
                if way is COUNTING:
                    rule = f"{logical_id(remediation.name)}Trigger{number}"
                    events.disable_rule(Name=world.home.resources[rule].physical_id)

    return Given("no hourly look at what floods left untold", do)
