"""IAM's rows for DynamoDB: tables, their indexes and backups."""

from scenarios.cloud.authorization.rows import JSON, Arn, Document, Permissions, document
from scenarios.cloud.dynamodb.condition_keys import CONTEXT, table_tags
from scenarios.cloud.kernel import moto_state

_LINES = """
ListTables                      =                         *
ListBackups                     =                         *
ListGlobalTables                =                         *
ListExports -TableArn           =                         *
ListExports +TableArn           =                         table(TableArn)
DescribeLimits                  =                         *
DescribeEndpoints               =                         *
CreateTable                     =                         table(TableName)
DescribeTable                   =                         table(TableName)
UpdateTable                     =                         table(TableName)
DeleteTable                     =                         table(TableName)
DescribeTimeToLive              =                         table(TableName)
UpdateTimeToLive                =                         table(TableName)
DescribeContinuousBackups       =                         table(TableName)
UpdateContinuousBackups         =                         table(TableName)
ExportTableToPointInTime        =                         table(TableArn)
CreateBackup                    =                         table(TableName)
DescribeBackup                  =                         given(BackupArn)
DeleteBackup                    =                         given(BackupArn)
RestoreTableFromBackup          =                         given(BackupArn)
RestoreTableFromBackup          =                         table(TargetTableName)
RestoreTableFromBackup          dynamodb:BatchWriteItem   table(TargetTableName)
RestoreTableFromBackup          dynamodb:DeleteItem       table(TargetTableName)
RestoreTableFromBackup          dynamodb:GetItem          table(TargetTableName)
RestoreTableFromBackup          dynamodb:PutItem          table(TargetTableName)
RestoreTableFromBackup          dynamodb:Query            table(TargetTableName)
RestoreTableFromBackup          dynamodb:Scan             table(TargetTableName)
RestoreTableFromBackup          dynamodb:UpdateItem       table(TargetTableName)
RestoreTableToPointInTime +SourceTableName =              table(SourceTableName)
RestoreTableToPointInTime +SourceTableArn  =              table(SourceTableArn)
RestoreTableToPointInTime       =                         table(TargetTableName)
RestoreTableToPointInTime       dynamodb:BatchWriteItem   table(TargetTableName)
RestoreTableToPointInTime       dynamodb:DeleteItem       table(TargetTableName)
RestoreTableToPointInTime       dynamodb:GetItem          table(TargetTableName)
RestoreTableToPointInTime       dynamodb:PutItem          table(TargetTableName)
RestoreTableToPointInTime       dynamodb:Query            table(TargetTableName)
RestoreTableToPointInTime       dynamodb:Scan             table(TargetTableName)
RestoreTableToPointInTime       dynamodb:UpdateItem       table(TargetTableName)
GetItem                         =                         table(TableName)
PutItem                         =                         table(TableName)
UpdateItem                      =                         table(TableName)
DeleteItem                      =                         table(TableName)
Query -IndexName                =                         table(TableName)
Query +IndexName                =                         index(TableName,IndexName)
Scan -IndexName                 =                         table(TableName)
Scan +IndexName                 =                         index(TableName,IndexName)
BatchGetItem                    =                         table(RequestItems{})
BatchWriteItem                  =                         table(RequestItems{})
TransactGetItems                dynamodb:GetItem          table(TransactItems[].Get.TableName)
TransactWriteItems              dynamodb:ConditionCheckItem table(TransactItems[].ConditionCheck.TableName)
TransactWriteItems              dynamodb:PutItem          table(TransactItems[].Put.TableName)
TransactWriteItems              dynamodb:UpdateItem       table(TransactItems[].Update.TableName)
TransactWriteItems              dynamodb:DeleteItem       table(TransactItems[].Delete.TableName)
TagResource                     =                         table(ResourceArn)
UntagResource                   =                         table(ResourceArn)
ListTagsOfResource              =                         table(ResourceArn)
GetResourcePolicy               =                         table(ResourceArn)
PutResourcePolicy               =                         table(ResourceArn)
DeleteResourcePolicy            =                         table(ResourceArn)
EnableKinesisStreamingDestination  =                      table(TableName)
DisableKinesisStreamingDestination =                      table(TableName)
"""


def _table_policy(arn: Arn) -> Document | None:
    """A table's policy, which speaks of its indexes too; a stream has one of its own."""
    table = arn.text.partition("/index/")[0]
    found = moto_state.backend("dynamodb", arn.account, arn.region).resource_policies.get(table)
    return document(found.policy_doc) if found is not None else None


PERMISSIONS = Permissions(
    prefix="dynamodb",
    denial=JSON,
    lines=_LINES,
    context=CONTEXT,
    policy_of=_table_policy,
    tags_of=table_tags,
)
