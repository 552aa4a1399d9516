"""The CloudWatch agent's configuration: what a host's agent measures and which files it tails.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
"""

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.logs.events import RETENTION_DAYS

DEFAULT_NAMESPACE = "CWAgent"
DEFAULT_INTERVAL_SECONDS = 60
DEFAULT_FLUSH_SECONDS = 5
# What append_dimensions may name, always as "${aws:InstanceId}" and so on.
APPENDED = ("InstanceId", "InstanceType", "ImageId")
PLACEHOLDERS = ("instance_id", "hostname", "local_hostname", "ip_address")


class InvalidConfiguration(ValueError):
    """The agent would refuse to start with this; one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TailedFile:
    """One entry of collect_list; `group` and `stream` may hold the agent's placeholders.

    `stamped`: a timestamp_format is given, so that a line's own time counts. `retention`: for how many days
    the agent has the group kept; None: it leaves the retention unchanged.
    """

    path: str
    group: str
    stream: str
    stamped: bool
    retention: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfiguration:
    """What the agent does. `seconds`: between two measurements; `flush_seconds`: between two sendings.

    `appended`: the dimensions that each metric is given; where there are none the host's name is one, if
    `names_host`. `aggregated`: sets of dimensions by which each metric is sent once more.
    """

    namespace: str = DEFAULT_NAMESPACE
    seconds: int = DEFAULT_INTERVAL_SECONDS
    flush_seconds: int = DEFAULT_FLUSH_SECONDS
    appended: tuple[str, ...] = ()
    names_host: bool = True
    aggregated: tuple[tuple[str, ...], ...] = ()
    memory: bool = False
    disks: tuple[str, ...] = ()
    drops_device: bool = False
    files: tuple[TailedFile, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "AgentConfiguration":
        """The agent's JSON.

        Raises InvalidConfiguration, and NotSimulated for a section or a measurement that is not known here.
        """
        try:
            said = json.loads(text)
        except ValueError as error:
            raise InvalidConfiguration(f"the configuration is no JSON ({error})") from error
        whole = _section({"the configuration": said}, "the configuration", "agent", "metrics", "logs")
        agent = _section(
            whole, "agent", "metrics_collection_interval", "run_as_user", "logfile", "debug", "omit_hostname"
        )
        metrics = _section(
            whole, "metrics", "namespace", "append_dimensions", "aggregation_dimensions", "metrics_collected"
        )
        logs = _section(whole, "logs", "logs_collected", "force_flush_interval", "log_stream_name")
        collected = _section(metrics, "metrics_collected", "disk", "mem")
        disk = _section(collected, "disk", "measurement", "resources", "drop_device")
        return cls(
            namespace=metrics.get("namespace", DEFAULT_NAMESPACE),
            seconds=_seconds(agent, "metrics_collection_interval", DEFAULT_INTERVAL_SECONDS),
            flush_seconds=_seconds(logs, "force_flush_interval", DEFAULT_FLUSH_SECONDS),
            appended=_appended(metrics),
            names_host=not agent.get("omit_hostname", False),
            aggregated=_aggregated(metrics),
            memory=_measures(_section(collected, "mem", "measurement"), "mem", "mem_used_percent"),
            disks=_disks(disk),
            drops_device=bool(disk.get("drop_device", False)),
            files=tuple(_files(logs)),
        )


def _section(within: Mapping[str, Any], name: str, *known: str) -> Mapping[str, Any]:
    """A section by its name, empty where it is left out; raises NotSimulated for what is not known in it."""
    section = within.get(name, {})
    if not isinstance(section, dict):
        raise InvalidConfiguration(f"{name} is no object")
    if unknown := sorted(section.keys() - set(known)):
        raise NotSimulated("the CloudWatch agent", f"{unknown[0]} in {name}")
    return section


def _list(within: Mapping[str, Any], name: str, default: Sequence[Any] = ()) -> Sequence[Any]:
    found = within.get(name, default)
    if not isinstance(found, list | tuple):
        raise InvalidConfiguration(f"{name} is no list")
    return found


def _seconds(within: Mapping[str, Any], name: str, default: int) -> int:
    found = within.get(name, default)
    if not isinstance(found, int) or found < 1:
        raise InvalidConfiguration(f"{name} is {found!r}, not a number of seconds")
    return found


def _appended(metrics: Mapping[str, Any]) -> tuple[str, ...]:
    dimensions = _section(metrics, "append_dimensions", *APPENDED)
    for name, value in dimensions.items():
        if value != f"${{aws:{name}}}":
            raise InvalidConfiguration(f"append_dimensions takes ${{aws:{name}}} for the {name}")
    return tuple(dimensions)


def _aggregated(metrics: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Each set once, in whichever order its dimensions are named."""
    said = _list(metrics, "aggregation_dimensions")
    if not all(isinstance(each, list) for each in said):
        raise InvalidConfiguration("aggregation_dimensions is no list of lists")
    return tuple(dict.fromkeys(tuple(sorted(set(each))) for each in said))


def _measures(section: Mapping[str, Any], name: str, metric: str) -> bool:
    """`used_percent` and `disk_used_percent` both name the disk's."""
    measurements = _list(section, "measurement")
    for each in measurements:
        if f"{name}_{str(each).removeprefix(name + '_')}" != metric:
            raise NotSimulated("the CloudWatch agent", f"the measurement {each} of {name}")
    return bool(measurements)


def _disks(section: Mapping[str, Any]) -> tuple[str, ...]:
    measured = _measures(section, "disk", "disk_used_percent")
    return tuple(_list(section, "resources", ["*"])) if measured else ()


def _retention(entry: Mapping[str, Any]) -> int | None:
    """-1 leaves the group's retention unchanged, as no value does."""
    days = entry.get("retention_in_days", -1)
    if days != -1 and days not in RETENTION_DAYS:
        raise InvalidConfiguration(f"retention_in_days is {days}, which no log group can have")
    return None if days == -1 else int(days)


def _placeholders(text: object) -> str:
    """The name of a group or stream, if the agent's placeholders in it are known here."""
    if not isinstance(text, str) or not text:
        raise InvalidConfiguration(f"{text!r} names no log group or stream")
    for found in re.findall(r"\{[^}]*\}", text):
        if found.strip("{}") not in PLACEHOLDERS:
            raise NotSimulated("the CloudWatch agent", f"the placeholder {found}")
    return text


def _files(logs: Mapping[str, Any]) -> list[TailedFile]:
    files = _section(_section(logs, "logs_collected", "files"), "files", "collect_list")
    everybodys = logs.get("log_stream_name", "{instance_id}")
    return [_file({"collect_list": each}, everybodys) for each in _list(files, "collect_list")]


def _file(within: Mapping[str, Any], stream: str) -> TailedFile:
    """One entry, with the stream where it names none; its group is then the path up to its last dot."""
    entry = _section(
        within,
        "collect_list",
        *("file_path", "log_group_name", "log_stream_name", "timestamp_format", "timezone"),
        *("retention_in_days", "encoding"),
    )
    path = entry.get("file_path")
    if not isinstance(path, str) or not path:
        raise InvalidConfiguration("an entry of collect_list has no file_path")
    return TailedFile(
        path=path,
        group=_placeholders(entry.get("log_group_name", posixpath.splitext(path)[0])),
        stream=_placeholders(entry.get("log_stream_name", stream)),
        stamped="timestamp_format" in entry,
        retention=_retention(entry),
    )
