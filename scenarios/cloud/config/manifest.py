"""AWS Config as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.config.permissions import PERMISSIONS
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.service import Service

SERVICE = Service(
    name="config",
    simulated="the recorder and its rules, as moto keeps them",
    missing="items, evaluations and what follows from them",
    permissions=PERMISSIONS,
    validation=Validation(code="ValidationException"),
)
