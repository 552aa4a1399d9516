"""Secrets Manager, as one value."""

from scenarios.cloud.secretsmanager.permissions import PERMISSIONS
from scenarios.cloud.secretsmanager.recorded import RECORDED
from scenarios.cloud.service import Service

SERVICE = Service(name="secretsmanager", permissions=PERMISSIONS, recorded=(RECORDED,))
