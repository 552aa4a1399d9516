"""What CloudWatch refuses of calls about dashboards, and what it only warns of.

Its words for names are recorded on AWS; those for a body stand in `scenarios.dashboards`. That 101 names are
refused is by the page, their words are unconfirmed.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteDashboards.html,
https://github.com/radkawar/stackd/blob/main/testdata/aws/cloudwatch/dashboards.json
"""

import re
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.paging import Paging
from scenarios.cloud.kernel.validation import Request
from scenarios.dashboards.body import InvalidBody, read

_NAME = re.compile(r"[0-9A-Za-z_-]*")
_LONGEST_NAME, _MOST_DELETED = 255, 100
PAGING: Final = Paging(
    onward="NextToken",
    limit="",
    default=1_000,
    most=1_000,
    code="ValidationError",
    message="Invalid NextToken",
)


def dashboard(request: Request) -> None:
    """A name of letters, digits, - and _, and a body that is a dashboard."""
    name = request.parameters["DashboardName"]
    _check_name(name, "DashboardName")
    if not name:
        raise Refused("InvalidParameterValue", "The parameter DashboardName is required.")
    try:
        read(request.parameters["DashboardBody"])
    except InvalidBody as error:
        raise Refused("InvalidParameterInput", str(error)) from error


def listed(request: Request) -> None:
    """A prefix as a name could begin with, and a token that CloudWatch gave."""
    _check_name(request.parameters.get("DashboardNamePrefix", ""), "DashboardNamePrefix")
    PAGING.page((), request.parameters)


def deleted(request: Request) -> None:
    """One to a hundred names."""
    names = request.parameters["DashboardNames"]
    for number, each in enumerate(names):
        _check_name(each, f"DashboardNames[{number}]")
    if not names or len(set(names)) > _MOST_DELETED:
        raise Refused(
            "InvalidParameterValue",
            f"The value for field DashboardNames must have 1 to {_MOST_DELETED} members.",
        )


def _check_name(name: str, field: str) -> None:
    if not _NAME.fullmatch(name):
        raise Refused(
            "InvalidParameterValue",
            f"The value for field {field} contains invalid characters. It can only contain "
            "alphanumerics, dash (-) and underscore (_).\n",
        )
    if len(name) > _LONGEST_NAME:
        raise Refused(
            "InvalidParameterValue",
            f"The value for field {field} is too long. It must have length less than or equal to "
            f"{_LONGEST_NAME}.\n",
        )


def with_warnings(asked: Asked, response: dict[str, Any]) -> dict[str, Any]:
    """The answer to PutDashboard: what of the body is ignored."""
    warnings = read(asked.parameters["DashboardBody"]).warnings
    told = [{"DataPath": each.path, "Message": each.message} for each in warnings]
    return {**response, "DashboardValidationMessages": told}
