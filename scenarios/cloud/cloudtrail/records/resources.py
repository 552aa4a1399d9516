"""What the services' own listings of a record's `resources` are made with.

Objects and event buses come without an account, parameters without a type.

Source: the `resources` element in
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
and the examples on the services' own pages.
"""

from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Resource


def typed(call: ApiCall, kind: str, arn: str) -> Resource:
    """A resource of the caller's own account, by its CloudFormation type."""
    return {"accountId": call.caller.account, "type": kind, "ARN": arn}


def arn_of(call: ApiCall, service: str, resource: str) -> str:
    """The ARN of a resource of the caller's own account; what is an ARN already stays one."""
    if resource.startswith("arn:"):
        return resource
    return f"arn:aws:{service}:{call.region}:{call.caller.account}:{resource}"


def prefixed(prefix: str, name: str) -> str:
    """The name behind a prefix, unless it is an ARN."""
    return name if name.startswith("arn:") else f"{prefix}{name}"
