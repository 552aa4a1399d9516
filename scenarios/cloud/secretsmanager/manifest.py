"""Secrets Manager, as one value."""

from scenarios.cloud.kernel.recorded import Recorded, Style
from scenarios.cloud.secretsmanager.permissions import PERMISSIONS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="secretsmanager",
    permissions=PERMISSIONS,
    recorded=(Recorded(service="secretsmanager", style=Style(mask="")),),
)
