"""DynamoDB, as one value."""

from scenarios.cloud.dynamodb.laws import register
from scenarios.cloud.dynamodb.permissions import PERMISSIONS
from scenarios.cloud.dynamodb.recorded import RECORDED
from scenarios.cloud.dynamodb.resources import KINDS
from scenarios.cloud.dynamodb.table_metrics import METRICS
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.service import Service

SERVICE = Service(
    name="dynamodb",
    permissions=PERMISSIONS,
    recorded=RECORDED,
    kinds=KINDS,
    metrics=METRICS,
    validation=Validation(code="ValidationException"),
    register=register,
)
