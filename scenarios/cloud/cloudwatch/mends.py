"""What moto gets wrong: composite alarms are not kept whole, dashboards stand in one region, no streams.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html (all are
global), https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricStream.html and those
beside it. A name that isn't there is passed over in DeleteMetricStream; that StartMetricStreams and
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

from scenarios.cloud.cloudwatch.streams.kept import LISTED, MAY_BE_SAID, RUNNING, SAID, STOPPED, streams_of
from scenarios.cloud.kernel.moto_mends import Mend


def _put_composite_alarm(response: Any) -> Any:
    """Keep a composite alarm among the others; moto's own put was written with that in mind."""
    answer = response.put_metric_alarm()
    alarm = response.cloudwatch_backend.alarms[response._get_param("AlarmName")]  # noqa: SLF001 - as its own methods do
    alarm.actions_suppressor = response._get_param("ActionsSuppressor") or ""  # noqa: SLF001 - likewise
    for period in ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", period).lower()
        setattr(alarm, name, int(response._get_param(period) or 0))  # noqa: SLF001 - likewise
    return answer


_ALL_REGIONS = "us-east-1"


def _in_all_regions(name: str) -> Any:
    """A method of moto's backend that works on the dashboards of all regions; moto keeps them in one."""
    own = getattr(cloudwatch_models.CloudWatchBackend, name)

    def method(backend: Any, *given: Any, **named: Any) -> Any:
        everywhere = cloudwatch_models.cloudwatch_backends[backend.account_id][_ALL_REGIONS]
        return own(everywhere, *given, **named)

    return method


def _get_dashboard(response: Any) -> Any:
    """Say which dashboard isn't there."""
    name = response._get_param("DashboardName")  # noqa: SLF001 - likewise
    if response.cloudwatch_backend.get_dashboard(name) is None:
        raise ResourceNotFound(f"Dashboard {name} does not exist")
    return _their_get_dashboard(response)


_their_get_dashboard = cloudwatch_responses.CloudWatchResponse.get_dashboard


# ---- metric streams, of which moto has none: what is put, told and deleted ----------------------

_A_PAGE: Final = 500


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
    begin, most = int(given.get("NextToken") or 0), int(given.get("MaxResults") or _A_PAGE)
    names = sorted(kept)
    told = [{key: kept[name][key] for key in LISTED} for name in names[begin : begin + most]]
    more = {"NextToken": str(begin + most)} if begin + most < len(names) else {}
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
    (cloudwatch_responses.CloudWatchResponse, "get_dashboard", _get_dashboard),
    *(
        (cloudwatch_models.CloudWatchBackend, name, _in_all_regions(name))
        for name in ("put_dashboard", "get_dashboard", "list_dashboards", "delete_dashboards")
    ),
)
