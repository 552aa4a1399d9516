"""AWS Config, as one value."""

from scenarios.cloud.config.permissions import PERMISSIONS
from scenarios.cloud.service import Service

SERVICE = Service(name="config", permissions=PERMISSIONS)
