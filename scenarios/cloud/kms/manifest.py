"""KMS as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.kms.deletion import EVENTS
from scenarios.cloud.kms.laws import register
from scenarios.cloud.kms.mends import MENDS
from scenarios.cloud.kms.permissions import PERMISSIONS
from scenarios.cloud.kms.recorded import RECORDED
from scenarios.cloud.kms.resources import KINDS
from scenarios.cloud.kms.validation import VALIDATION
from scenarios.cloud.service import Service

SERVICE = Service(
    name="kms",
    simulated=("keys with their policies, enabled or not; contexts, MACs; what S3, SNS and SQS ask of a key"),
    missing="keys of several regions",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    events=EVENTS,
    register=register,
    mends=MENDS,
    direct=True,
    validation=VALIDATION,
)
