"""How CloudTrail records STS."""

from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Recorded, Resource, Style


def _role(call: ApiCall) -> list[Resource]:
    arn: str | None = call.parameters.get("RoleArn")
    if arn is None or not arn.startswith("arn:") or call.error is not None:
        return []
    return [{"accountId": arn.split(":")[4], "type": "AWS::IAM::Role", "ARN": arn}]


RECORDED = Recorded(
    service="sts",
    reads=frozenset(
        {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "DecodeAuthorizationMessage"}
    ),
    writes=frozenset({"GetFederationToken"}),
    answered_reads=frozenset(
        {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetSessionToken"}
    ),
    style=Style(mask=""),
    resources=_role,
)
