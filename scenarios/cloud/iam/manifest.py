"""IAM, as one value."""

from scenarios.cloud.iam.permissions import PERMISSIONS
from scenarios.cloud.iam.recorded import RECORDED
from scenarios.cloud.iam.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(name="iam", permissions=PERMISSIONS, recorded=(RECORDED,), kinds=KINDS)
