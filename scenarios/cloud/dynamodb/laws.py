"""Registers the laws of DynamoDB: how it behaves beyond what moto does."""

from scenarios.cloud.dynamodb.table_metrics import TableMetrics
from scenarios.cloud.dynamodb.tables import Tables
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of DynamoDB."""
    setting.laws.add(Tables(setting))
    setting.laws.add(TableMetrics(setting))
