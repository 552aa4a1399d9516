"""Whether an AWS service can assume a role, as its trust policy stands: services ask when they are given one.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html
"""

from scenarios.cloud.authorization.policy import Principal, Request, decide
from scenarios.cloud.authorization.rows import document
from scenarios.cloud.kernel import moto_hooks


def can_be_assumed(role_arn: str, service: str, *, account: str, region: str, source: str = "") -> bool:
    """Whether `service` (`events.amazonaws.com`) can assume a role on behalf of `account` and `source`.

    `source`: the ARN of what it acts for, where it brings one. A role that isn't there can't be assumed.
    """
    role = (
        moto_hooks.role(role_arn.split(":")[4], role_arn.rpartition("/")[2]) if _is_role(role_arn) else None
    )
    if role is None:
        return False
    name, _, rest = service.partition(".")
    request = Request(
        principal=Principal(services=(service, f"{name}.{region}.{rest}")),
        action="sts:AssumeRole",
        resource=role_arn,
        context={"aws:SourceAccount": account, **({"aws:SourceArn": source} if source else {})},
    )
    return decide(request, (), document(role.assume_role_policy_document)).allowed


def _is_role(arn: str) -> bool:
    return arn.count(":") == 5 and arn.split(":")[5].startswith("role/")
