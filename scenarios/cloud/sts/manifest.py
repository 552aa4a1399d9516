"""STS as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.service import Service
from scenarios.cloud.sts.laws import register
from scenarios.cloud.sts.permissions import PERMISSIONS
from scenarios.cloud.sts.recorded import RECORDED

SERVICE = Service(
    name="sts",
    simulated=(
        "AssumeRole, GetFederationToken, GetSessionToken: session policies, tags, source identity, "
        "expiry, chains"
    ),
    missing="MFA codes, SAML and web identity",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    validation=Validation(code="ValidationError"),
    register=register,
)
