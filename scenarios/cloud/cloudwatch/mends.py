"""What moto gets wrong: composite alarms are not kept whole, tags are those of alarms alone, no streams.

Dashboards are of all regions; what is kept of a body is its JSON without blanks; a name that isn't there is
passed over in DeleteDashboards; tags are taken as a dashboard is made, and not as it is put again; a list has
a thousand at most, by name. `Size` is the bytes of the body and 37 more (of an untagged one: what tags add is
not simulated). But for the pages, this is recorded on AWS.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html (all are
global), https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListDashboards.html,
https://github.com/radkawar/stackd/blob/main/testdata/aws/cloudwatch/dashboards.json,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricStream.html and those
beside it,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html.
A name that isn't there is passed over in DeleteMetricStream; that StartMetricStreams and
StopMetricStreams do so too is unconfirmed.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import moto.cloudwatch.models as cloudwatch_models
import moto.cloudwatch.responses as cloudwatch_responses
from moto.cloudwatch.exceptions import ResourceNotFound, ResourceNotFoundException
from moto.core.responses import ActionResult, EmptyResult

from scenarios.cloud.cloudwatch.dashboards.validation import PAGING as DASHBOARDS
from scenarios.cloud.cloudwatch.streams.kept import (
    LISTED,
    MAY_BE_SAID,
    PAGING,
    RUNNING,
    SAID,
    STOPPED,
    streams_of,
)
from scenarios.cloud.kernel.moto_mends import Mend
from scenarios.dashboards.body import read


def _put_composite_alarm(response: Any) -> Any:
    """Keep a composite alarm among the others; moto's own put was written with that in mind."""
    answer = response.put_metric_alarm()
    alarm = response.cloudwatch_backend.alarms[response._get_param("AlarmName")]  # noqa: SLF001 - as its own methods do
    alarm.actions_suppressor = response._get_param("ActionsSuppressor") or ""  # noqa: SLF001 - likewise
    for period in ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", period).lower()
        setattr(alarm, name, int(response._get_param(period) or 0))  # noqa: SLF001 - likewise
    return answer


# ---- dashboards, and tags ---------------------------------------------------------------------

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


def _put_dashboard(response: Any) -> Any:
    """Keep the body's JSON, and the tags of a new one."""
    given = response._get_params()  # noqa: SLF001 - as its own methods do
    name, backend = given["DashboardName"], everywhere(response.current_account)
    is_new = name not in backend.dashboards
    made = backend.put_dashboard(name, read(given["DashboardBody"]).text)
    if is_new and given.get("Tags"):
        backend.tagger.tag_resource(made.arn, given["Tags"])
    return ActionResult({"DashboardValidationMessages": []})


def _get_dashboard(response: Any) -> Any:
    """Say which dashboard isn't there."""
    name = response._get_param("DashboardName")  # noqa: SLF001 - likewise
    if response.cloudwatch_backend.get_dashboard(name) is None:
        raise ResourceNotFound(f"Dashboard {name} does not exist")
    return _their_get_dashboard(response)


def _list_dashboards(response: Any) -> Any:
    given = response._get_params()  # noqa: SLF001 - likewise
    found = response.cloudwatch_backend.list_dashboards(given.get("DashboardNamePrefix", ""))
    page, more = DASHBOARDS.page(sorted(found, key=lambda each: str(each.name)), given)
    return ActionResult({"DashboardEntries": page, **more})


def _delete_dashboards(response: Any) -> Any:
    """Delete those that are there, with their tags."""
    backend = everywhere(response.current_account)
    for name in response._get_params()["DashboardNames"]:  # noqa: SLF001 - likewise
        gone = backend.dashboards.pop(name, None)
        if gone is not None:
            backend.tagger.delete_all_tags_for_resource(gone.arn)
    return EmptyResult()


_their_get_dashboard = cloudwatch_responses.CloudWatchResponse.get_dashboard


def _tagged(backend: Any, arn: str) -> Any:
    """The backend that keeps a resource's tags; raises ResourceNotFoundException where it isn't there."""
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    if kind == "dashboard" and name in everywhere(backend.account_id).dashboards:
        return everywhere(backend.account_id)
    alarms = (each.alarm_arn for each in backend.describe_alarms())
    if (kind == "metric-stream" and name in streams_of(backend)) or arn in alarms:
        return backend
    raise ResourceNotFoundException


def _tag_resource(backend: Any, arn: str, tags: dict[str, str]) -> None:
    found = _tagged(backend, arn)
    found.tagger.tag_resource(arn, found.tagger.convert_dict_to_tags_input(tags))


def _untag_resource(backend: Any, arn: str, tag_keys: list[str]) -> None:
    _tagged(backend, arn).tagger.untag_resource_using_names(arn, tag_keys)


def _tags_of_resource(backend: Any, arn: str) -> dict[str, str]:
    found: dict[str, str] = _tagged(backend, arn).tagger.get_tag_dict_for_resource(arn)
    return found


# ---- metric streams, of which moto has none: what is put, told and deleted ----------------------


def _given(response: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = response._get_params()  # noqa: SLF001 - as its own methods do
    return found


def _put_stream(response: Any) -> Any:
    """Create a stream, which runs; or replace all that is said of one, which goes on as it was."""
    given, kept, now = _given(response), streams_of(response.cloudwatch_backend), datetime.now(UTC)
    name = given["Name"]
    before = kept.get(name, {"CreationDate": now, "State": RUNNING, "Changed": now})
    arn = f"arn:aws:cloudwatch:{response.region}:{response.current_account}:metric-stream/{name}"
    if name not in kept and given.get("Tags"):
        response.cloudwatch_backend.tagger.tag_resource(arn, given["Tags"])
    kept[name] = {
        **{each: given[each] for each in SAID},
        **{each: given.get(each) or [] for each in MAY_BE_SAID},
        **{each: before[each] for each in ("CreationDate", "State", "Changed")},
        "Arn": arn,
        "LastUpdateDate": now,
        "IncludeLinkedAccountsMetrics": False,
    }
    return ActionResult({"Arn": arn})


def _get_stream(response: Any) -> Any:
    name = _given(response)["Name"]
    found = streams_of(response.cloudwatch_backend).get(name)
    if found is None:
        raise ResourceNotFoundException(f"MetricStream {name} does not exist")
    return ActionResult({key: value for key, value in found.items() if key != "Changed"})


def _list_streams(response: Any) -> Any:
    given, kept = _given(response), streams_of(response.cloudwatch_backend)
    page, more = PAGING.page(sorted(kept), given)
    told = [{key: kept[name][key] for key in LISTED} for name in page]
    return ActionResult({"Entries": told, **more})


def _delete_stream(response: Any) -> Any:
    streams_of(response.cloudwatch_backend).pop(_given(response)["Name"], None)
    return EmptyResult()


def _turn_streams(state: str) -> Any:
    def turn(response: Any) -> Any:
        kept, now = streams_of(response.cloudwatch_backend), datetime.now(UTC)
        for name in _given(response)["Names"]:
            if name in kept and kept[name]["State"] != state:
                changed = now if state == RUNNING else None
                kept[name] |= {"State": state, "Changed": changed, "LastUpdateDate": now}
        return EmptyResult()

    return turn


_OF_STREAMS: Final = {
    "put_metric_stream": _put_stream,
    "get_metric_stream": _get_stream,
    "list_metric_streams": _list_streams,
    "delete_metric_stream": _delete_stream,
    "start_metric_streams": _turn_streams(RUNNING),
    "stop_metric_streams": _turn_streams(STOPPED),
}
MENDS: tuple[Mend, ...] = (
    *((cloudwatch_responses.CloudWatchResponse, name, method) for name, method in _OF_STREAMS.items()),
    (cloudwatch_responses.CloudWatchResponse, "put_composite_alarm", _put_composite_alarm),
    (cloudwatch_models.CloudWatchBackend, "tag_resource", _tag_resource),
    (cloudwatch_models.CloudWatchBackend, "untag_resource", _untag_resource),
    (cloudwatch_models.CloudWatchBackend, "list_tags_for_resource", _tags_of_resource),
    (cloudwatch_responses.CloudWatchResponse, "put_dashboard", _put_dashboard),
    (cloudwatch_responses.CloudWatchResponse, "get_dashboard", _get_dashboard),
    (cloudwatch_responses.CloudWatchResponse, "list_dashboards", _list_dashboards),
    (cloudwatch_responses.CloudWatchResponse, "delete_dashboards", _delete_dashboards),
    (cloudwatch_models.Dashboard, "__len__", lambda board: len(board.body.encode()) + _OVERHEAD),
    *(
        (cloudwatch_models.CloudWatchBackend, name, _in_all_regions(name))
        for name in ("put_dashboard", "get_dashboard", "list_dashboards")
    ),
)
