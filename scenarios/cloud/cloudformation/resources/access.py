"""The checks AWS makes when it creates a resource that needs a permission.

AWS refuses to create, for example, a function whose role Lambda may not assume, or a subscription of a
function that does not allow it. The decision is `policy.decide`'s, over the policies as they stand when the
resource is created.
"""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.authorization import trust
from scenarios.cloud.cloudformation.resources.kind import Site
from scenarios.cloud.kernel import moto_iam
from scenarios.cloud.kernel.errors import InvalidTemplate


def service_may(
    site: Site,
    service: str,
    action: str,
    *,
    resource: str,
    policy: Mapping[str, Any],
    source: str = "",
    more: Mapping[str, str] | None = None,
) -> bool:
    """Tell whether a resource's policy allows an AWS service an action, on behalf of the ARN `source`.

    `service` as in `logs.amazonaws.com`; the name that has the region in it is understood too. `more`:
    condition keys that only this request brings.
    """
    return trust.service_may(
        service,
        action,
        resource=resource,
        policy=policy,
        account=site.account,
        region=site.region,
        source=source,
        more={"s3:x-amz-acl": "bucket-owner-full-control", **(more or {})},
    )


def require_assumable(site: Site, role_arn: str, service: str, at: str, source: str = "") -> None:
    """Refuse a role that does not exist or whose trust policy leaves out the service.

    Raises:
        InvalidTemplate: the role cannot be assumed.
    """
    if moto_iam.role(site.account, role_arn.rsplit("/", 1)[-1]) is None:
        raise InvalidTemplate(at, f"The role {role_arn} does not exist.")
    if not trust.can_be_assumed(role_arn, service, account=site.account, region=site.region, source=source):
        raise InvalidTemplate(at, f"The role {role_arn} cannot be assumed by {service}.")
