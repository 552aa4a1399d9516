"""How CloudTrail records Systems Manager."""

from scenarios.cloud.cloudtrail.records.resources import arn_of, prefixed
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Recorded, Resource


def _parameters(call: ApiCall) -> list[Resource]:
    names = call.parameters.get("Names") or [call.parameters.get("Name")]
    if call.operation not in ("GetParameter", "GetParameters") or call.error is not None:
        return []
    arns = (arn_of(call, "ssm", prefixed("parameter/", name.removeprefix("/"))) for name in names)
    return [{"accountId": call.caller.account, "ARN": arn} for arn in arns]


RECORDED = Recorded(service="ssm", resources=_parameters)
