"""The checks AWS makes when a resource is created that needs somebody's leave.

A function whose role nobody may assume, a subscription to a function that does not accept it: AWS refuses to
create these. The decision is `policy.decide`'s, over the policies as they stand when the resource is created.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from scenarios.cloud.authorization.policy import Principal, Request, decide
from scenarios.cloud.cloudformation.resources.kind import Site
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
    name, _, rest = service.partition(".")
    principal = Principal(services=(service, f"{name}.{site.region}.{rest}"))
    context = {
        "aws:SourceAccount": site.account,
        "aws:SourceArn": source,
        "s3:x-amz-acl": "bucket-owner-full-control",
        **(more or {}),
    }
    if not source:
        del context["aws:SourceArn"]
    request = Request(principal=principal, action=action, resource=resource, context=context)
    return decide(request, (), policy).allowed


def require_assumable(site: Site, role_arn: str, service: str, at: str, source: str = "") -> None:
    """Refuse a role that does not exist or whose trust policy leaves out the service.

    Raises:
        InvalidTemplate: the role cannot be assumed.
    """
    try:
        role = site.client("iam").get_role(RoleName=role_arn.rsplit("/", 1)[-1])["Role"]
    except ClientError as error:
        raise InvalidTemplate(at, f"The role {role_arn} does not exist.") from error
    trust = role["AssumeRolePolicyDocument"]
    if not service_may(site, service, "sts:AssumeRole", resource=role_arn, policy=trust, source=source):
        raise InvalidTemplate(at, f"The role {role_arn} cannot be assumed by {service}.")


def role_may(site: Site, role_arn: str, action: str, resource: str) -> bool:
    """Tell whether a role's own policies allow it an action; the resource's are not asked."""
    name = role_arn.rsplit("/", 1)[-1]
    session = site.arn("sts", f"assumed-role/{name}/check", region="")
    principal = Principal(account=site.account, arn=session, role_arn=role_arn)
    request = Request(principal=principal, action=action, resource=resource)
    return decide(request, tuple(_policies(site, name))).allowed


def stream_accepts(site: Site, stream: str, role_arn: str) -> bool:
    """Tell whether a stream or delivery stream is there, and whether a role may put records into it."""
    service, name = stream.split(":")[2], stream.rpartition("/")[2]
    client = site.client(service)
    try:
        if service == "kinesis":
            client.describe_stream_summary(StreamName=name)
        else:
            client.describe_delivery_stream(DeliveryStreamName=name)
    except ClientError:
        return False
    return role_may(site, role_arn, f"{service}:PutRecord", stream)


def function_accepts(site: Site, function: str, service: str, source: str) -> bool:
    """Tell whether a function's own policy lets a service invoke it on behalf of `source`."""
    try:
        policy = json.loads(site.client("lambda").get_policy(FunctionName=function)["Policy"])
    except ClientError:
        return False
    return service_may(
        site, service, "lambda:InvokeFunction", resource=function, policy=policy, source=source
    )


def _policies(site: Site, role: str) -> Iterator[Mapping[str, Any]]:
    iam = site.client("iam")
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        yield iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = attached["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        yield iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
