"""Organizations, as one value."""

from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.organizations.permissions import PERMISSIONS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="organizations",
    permissions=PERMISSIONS,
    recorded=(Recorded(service="organizations", one_endpoint=True),),
)
