"""KMS, as one value."""

from scenarios.cloud.authorization.policy_rules import resource_policy
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.kms.deletion import EVENTS
from scenarios.cloud.kms.laws import register
from scenarios.cloud.kms.permissions import PERMISSIONS
from scenarios.cloud.kms.recorded import RECORDED
from scenarios.cloud.kms.resources import KINDS
from scenarios.cloud.service import Service

_POLICY = resource_policy("Policy", "MalformedPolicyDocumentException")

SERVICE = Service(
    name="kms",
    simulated=(
        "keys with their policies, enabled or not; encryption contexts; what S3, SNS and SQS ask of a key"
    ),
    missing="grants that allow, keys of several regions",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    events=EVENTS,
    register=register,
    validation=Validation(
        code="ValidationException", rules={"CreateKey": (_POLICY,), "PutKeyPolicy": (_POLICY,)}
    ),
)
