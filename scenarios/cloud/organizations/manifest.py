"""Organizations, as one value."""

from scenarios.cloud.organizations.permissions import PERMISSIONS
from scenarios.cloud.organizations.recorded import RECORDED
from scenarios.cloud.service import Service

SERVICE = Service(name="organizations", permissions=PERMISSIONS, recorded=(RECORDED,))
