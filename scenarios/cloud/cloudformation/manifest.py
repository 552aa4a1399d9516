"""CloudFormation, as one value."""

from scenarios.cloud.cloudformation.laws import register
from scenarios.cloud.cloudformation.permissions import PERMISSIONS
from scenarios.cloud.service import Service

SERVICE = Service(name="cloudformation", permissions=PERMISSIONS, register=register)
