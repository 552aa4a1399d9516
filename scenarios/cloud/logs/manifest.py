"""CloudWatch Logs, as one value."""

from scenarios.cloud.logs.laws import register
from scenarios.cloud.logs.mends import MENDS
from scenarios.cloud.logs.permissions import PERMISSIONS
from scenarios.cloud.logs.recorded import RECORDED
from scenarios.cloud.logs.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="logs", permissions=PERMISSIONS, recorded=(RECORDED,), kinds=KINDS, mends=MENDS, register=register
)
