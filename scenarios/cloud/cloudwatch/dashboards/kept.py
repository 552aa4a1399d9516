"""Dashboards as they stand in moto's state, and what moto gets wrong of them.

They are of all regions; what is kept of a body is its JSON without blanks; a name that isn't there is passed
over in DeleteDashboards; tags are taken as a dashboard is made, and not as it is put again; a list has a
thousand at most, by name. `Size` is the body's bytes and 37 more (of an untagged one: what tags add to it is
not simulated).

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html (all are
global), https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListDashboards.html; the rest is
recorded on AWS: https://github.com/radkawar/stackd/blob/main/testdata/aws/cloudwatch/dashboards.json
"""

from typing import Any, Final

import moto.cloudwatch.models as cloudwatch_models
import moto.cloudwatch.responses as cloudwatch_responses
from moto.cloudwatch.exceptions import ResourceNotFound
from moto.core.responses import ActionResult, EmptyResult

from scenarios.cloud.kernel.moto_mends import Mend
from scenarios.cloud.kernel.paging import Paging
from scenarios.dashboards.body import read

PAGING: Final = Paging(
    onward="NextToken",
    limit="",
    default=1_000,
    most=1_000,
    code="ValidationError",
    message="Invalid NextToken",
)
_ALL_REGIONS: Final = "us-east-1"
_OVERHEAD: Final = 37  # bytes


def everywhere(account: str) -> Any:
    """Moto's backend that has the dashboards of all regions, and their tags."""
    return cloudwatch_models.cloudwatch_backends[account][_ALL_REGIONS]


def _in_all_regions(name: str) -> Any:
    """A method of moto's backend that works on the dashboards of all regions; moto keeps them in one."""
    own = getattr(cloudwatch_models.CloudWatchBackend, name)

    def method(backend: Any, *given: Any, **named: Any) -> Any:
        return own(everywhere(backend.account_id), *given, **named)

    return method


def _put(response: Any) -> Any:
    """Keep the body's JSON, and the tags of a new one."""
    given = response._get_params()  # noqa: SLF001 - as its own methods do
    name, backend = given["DashboardName"], everywhere(response.current_account)
    is_new = name not in backend.dashboards
    made = backend.put_dashboard(name, read(given["DashboardBody"]).text)
    if is_new and given.get("Tags"):
        backend.tagger.tag_resource(made.arn, given["Tags"])
    return ActionResult({"DashboardValidationMessages": []})


def _get(response: Any) -> Any:
    """Say which dashboard isn't there."""
    name = response._get_param("DashboardName")  # noqa: SLF001 - likewise
    if response.cloudwatch_backend.get_dashboard(name) is None:
        raise ResourceNotFound(f"Dashboard {name} does not exist")
    return _their_get(response)


def _list(response: Any) -> Any:
    given = response._get_params()  # noqa: SLF001 - likewise
    found = response.cloudwatch_backend.list_dashboards(given.get("DashboardNamePrefix", ""))
    page, more = PAGING.page(sorted(found, key=lambda each: str(each.name)), given)
    return ActionResult({"DashboardEntries": page, **more})


def _delete(response: Any) -> Any:
    """Delete those that are there, with their tags."""
    backend = everywhere(response.current_account)
    for name in response._get_params()["DashboardNames"]:  # noqa: SLF001 - likewise
        gone = backend.dashboards.pop(name, None)
        if gone is not None:
            backend.tagger.delete_all_tags_for_resource(gone.arn)
    return EmptyResult()


_their_get = cloudwatch_responses.CloudWatchResponse.get_dashboard
MENDS: Final[tuple[Mend, ...]] = (
    (cloudwatch_responses.CloudWatchResponse, "put_dashboard", _put),
    (cloudwatch_responses.CloudWatchResponse, "get_dashboard", _get),
    (cloudwatch_responses.CloudWatchResponse, "list_dashboards", _list),
    (cloudwatch_responses.CloudWatchResponse, "delete_dashboards", _delete),
    (cloudwatch_models.Dashboard, "__len__", lambda board: len(board.body.encode()) + _OVERHEAD),
    *(
        (cloudwatch_models.CloudWatchBackend, name, _in_all_regions(name))
        for name in ("put_dashboard", "get_dashboard", "list_dashboards")
    ),
)
