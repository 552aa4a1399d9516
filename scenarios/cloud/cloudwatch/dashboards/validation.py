"""What CloudWatch refuses of a dashboard that is put, and what it only warns of.

Its words for a name are recorded; those for a body stand in `scenarios.dashboards`.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
"""

import re
from typing import Any

from scenarios.cloud.calls import Asked
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.validation import Request
from scenarios.dashboards.body import InvalidBody, read

_NAME = re.compile(r"[0-9A-Za-z_-]+")
_LONGEST_NAME = 255


def dashboard(request: Request) -> None:
    """A name of letters, digits, - and _, and a body that is a dashboard."""
    name = request.parameters["DashboardName"]
    if not _NAME.fullmatch(name):
        raise Refused(
            "InvalidParameterValue",
            "The value for field DashboardName contains invalid characters. It can only contain "
            "alphanumerics, dash (-) and underscore (_).\n",
        )
    if len(name) > _LONGEST_NAME:
        raise Refused("InvalidParameterValue", f"DashboardName is longer than {_LONGEST_NAME} characters")
    try:
        read(request.parameters["DashboardBody"])
    except InvalidBody as error:
        raise Refused("InvalidParameterInput", str(error)) from error


def with_warnings(asked: Asked, response: dict[str, Any]) -> dict[str, Any]:
    """The answer to PutDashboard: what of the body is ignored."""
    warnings = read(asked.parameters["DashboardBody"]).warnings
    told = [{"DataPath": each.path, "Message": each.message} for each in warnings]
    return {**response, "DashboardValidationMessages": told}
