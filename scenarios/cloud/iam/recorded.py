"""How CloudTrail records IAM."""

from scenarios.cloud.kernel.recorded import Recorded, Style

RECORDED = Recorded(
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
)
