"""CloudWatch, as one value."""

from scenarios.cloud.cloudwatch.laws import register
from scenarios.cloud.cloudwatch.mends import MENDS
from scenarios.cloud.cloudwatch.permissions import PERMISSIONS
from scenarios.cloud.cloudwatch.recorded import RECORDED
from scenarios.cloud.cloudwatch.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="cloudwatch",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    mends=MENDS,
    register=register,
)
