"""IAM as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.iam.laws import register
from scenarios.cloud.iam.mends import MENDS
from scenarios.cloud.iam.permissions import PERMISSIONS
from scenarios.cloud.iam.resources import KINDS
from scenarios.cloud.iam.validation import VALIDATION
from scenarios.cloud.kernel.recorded import Recorded, Style
from scenarios.cloud.service import Service

SERVICE = Service(
    name="iam",
    simulated=(
        "users, groups, roles, access keys, boundaries, AWS's managed policies; every policy in AWS's "
        "order, on every call; the condition keys that calls, callers and resources bring"
    ),
    missing="VPC endpoint policies, what S3 ACLs allow, MFA devices; keys that no service describes",
    direct=True,
    permissions=PERMISSIONS,
    recorded=(
        Recorded(
            service="iam",
            one_endpoint=True,
            style=Style(mask="", comma_after_year=False),
            history={
                "groupName": "AWS::IAM::Group",
                "instanceProfileName": "AWS::IAM::InstanceProfile",
                "policyArn": "AWS::IAM::Policy",
                "policyName": "AWS::IAM::Policy",
                "roleName": "AWS::IAM::Role",
                "userName": "AWS::IAM::User",
            },
        ),
    ),
    kinds=KINDS,
    mends=MENDS,
    validation=VALIDATION,
    register=register,
)
