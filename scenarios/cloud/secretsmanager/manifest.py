"""Secrets Manager as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.kernel.recorded import Recorded, Style
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.secretsmanager.permissions import PERMISSIONS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="secretsmanager",
    simulated="secrets by ARN, with their policies",
    missing="rotation; secrets by name",
    permissions=PERMISSIONS,
    validation=Validation(code="ValidationException"),
    recorded=(Recorded(service="secretsmanager", style=Style(mask="")),),
)
