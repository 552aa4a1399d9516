"""What moto gets wrong: composite alarms are not kept whole, tags are those of alarms alone, no streams.

Of dashboards, `dashboards.kept` says it.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricStream.html and those
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
from moto.cloudwatch.exceptions import ResourceNotFoundException
from moto.core.responses import ActionResult, EmptyResult

from scenarios.cloud.cloudwatch.dashboards import kept as dashboards
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


def _put_composite_alarm(response: Any) -> Any:
    """Keep a composite alarm among the others; moto's own put was written with that in mind."""
    answer = response.put_metric_alarm()
    alarm = response.cloudwatch_backend.alarms[response._get_param("AlarmName")]  # noqa: SLF001 - as its own methods do
    alarm.actions_suppressor = response._get_param("ActionsSuppressor") or ""  # noqa: SLF001 - likewise
    for period in ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", period).lower()
        setattr(alarm, name, int(response._get_param(period) or 0))  # noqa: SLF001 - likewise
    return answer


def _tagged(backend: Any, arn: str) -> Any:
    """The backend that keeps a resource's tags; raises ResourceNotFoundException where it isn't there."""
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    if kind == "dashboard" and name in dashboards.everywhere(backend.account_id).dashboards:
        return dashboards.everywhere(backend.account_id)
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
    *dashboards.MENDS,
)
