"""CloudFormation as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.cloudformation.laws import register
from scenarios.cloud.cloudformation.permissions import PERMISSIONS
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.service import Service

SERVICE = Service(
    name="cloudformation",
    simulated=(
        "what CloudFormation would create, in its order, refused where it would refuse; stacks described"
    ),
    missing="types and properties that no module lists; drift, updates",
    permissions=PERMISSIONS,
    validation=Validation(code="ValidationError"),
    register=register,
)
