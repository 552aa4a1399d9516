"""DynamoDB as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.dynamodb.laws import register
from scenarios.cloud.dynamodb.mends import MENDS
from scenarios.cloud.dynamodb.permissions import PERMISSIONS
from scenarios.cloud.dynamodb.recorded import RECORDED
from scenarios.cloud.dynamodb.resources import KINDS
from scenarios.cloud.dynamodb.table_metrics import METRICS
from scenarios.cloud.dynamodb.validation import VALIDATION
from scenarios.cloud.service import Service

SERVICE = Service(
    name="dynamodb",
    simulated=(
        "tables as moto keeps them, with their resource policies; the system backup of a deleted table; up "
        "to when a table can be restored"
    ),
    missing="streams read by others than functions, capacity, replicas; TTL is kept, but deletes no item",
    permissions=PERMISSIONS,
    recorded=RECORDED,
    kinds=KINDS,
    mends=MENDS,
    direct=True,
    metrics=METRICS,
    validation=VALIDATION,
    register=register,
)
