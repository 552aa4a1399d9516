"""What a service asks before it takes a role, a queue or a function that it is given.

Whether it can assume the role, whether the role may do what the service will do with it, whether the
resource's policy allows the service. The decision is `policy.decide`'s, over the policies as they stand in
moto.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html
"""

from collections.abc import Mapping

from scenarios.cloud.authorization.policy import Document, Principal, Request, decide
from scenarios.cloud.authorization.principals import limits_of, policies_of
from scenarios.cloud.authorization.rows import document
from scenarios.cloud.kernel import moto_iam, moto_organizations
from scenarios.cloud.kernel.caller import session_on


def service_may(
    service: str,
    action: str,
    *,
    resource: str,
    policy: Document,
    account: str,
    region: str,
    source: str = "",
    more: Mapping[str, str] | None = None,
) -> bool:
    """Whether a resource's policy allows an AWS service an action, on behalf of `account` and `source`.

    `service` as in `logs.amazonaws.com`; the name that has the region in it is understood too. `source`: the
    ARN of what it acts for, where it brings one. `more`: condition keys that only this request brings.
    """
    name, _, rest = service.partition(".")
    context = {"aws:SourceAccount": account, **({"aws:SourceArn": source} if source else {}), **(more or {})}
    request = Request(
        principal=Principal(services=(service, f"{name}.{region}.{rest}")),
        action=action,
        resource=resource,
        context=context,
    )
    return decide(request, (), policy).allowed


def can_be_assumed(role_arn: str, service: str, *, account: str, region: str, source: str = "") -> bool:
    """Whether a service can assume a role; one that isn't there can't be."""
    role = moto_iam.role(role_arn.split(":")[4], role_arn.rpartition("/")[2]) if _is_role(role_arn) else None
    return role is not None and service_may(
        service,
        "sts:AssumeRole",
        resource=role_arn,
        policy=document(role.assume_role_policy_document),
        account=account,
        region=region,
        source=source,
    )


def role_may(role_arn: str, action: str, resource: str, policy: Document | None = None) -> bool:
    """Whether a role may do something; `policy`: what hangs on the resource, where that counts."""
    if not _is_role(role_arn):
        return False
    caller = session_on(role_arn, "check")
    request = Request(principal=Principal.of(caller), action=action, resource=resource)
    limits = limits_of(caller, {}, moto_organizations.organization_path(caller.account))
    return decide(request, policies_of(caller), policy, limits=limits).allowed


def _is_role(arn: str) -> bool:
    return arn.count(":") == 5 and arn.split(":")[5].startswith("role/")
