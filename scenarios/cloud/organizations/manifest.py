"""Organizations as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.organizations.mends import MENDS
from scenarios.cloud.organizations.permissions import PERMISSIONS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="organizations",
    simulated=(
        "accounts, units and their policies as moto keeps them; service control and resource control "
        "policies limit every call"
    ),
    missing="tag, backup and AI policies; handshakes",
    permissions=PERMISSIONS,
    mends=MENDS,
    recorded=(Recorded(service="organizations", one_endpoint=True),),
)
