"""The CloudWatch agent's configuration: what a host's agent measures and which files it tails.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.errors import NotSimulated
from scenarios.cloud.logs.events import RETENTION_DAYS

DEFAULT_NAMESPACE = "CWAgent"
DEFAULT_INTERVAL_SECONDS = 60
DEFAULT_FLUSH_SECONDS = 5
# "${aws:InstanceId}" and no other word of the instance's own is known here.
INSTANCE_ID = "${aws:InstanceId}"
PLACEHOLDERS = ("instance_id", "hostname", "local_hostname", "ip_address")


class InvalidConfiguration(ValueError):
    """The agent would refuse to start with this; one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TailedFile:
    """One entry of collect_list; `group` and `stream` may hold the agent's placeholders.

    `stamped`: a timestamp_format is given, so that a line's own time counts. `retention`: for how many days
    the agent has the group kept; None where it leaves that alone.
    """

    path: str
    group: str
    stream: str
    stamped: bool
    retention: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfiguration:
    """What the agent does. `seconds`: between two measurements; `flush_seconds`: between two sendings."""

    namespace: str = DEFAULT_NAMESPACE
    seconds: int = DEFAULT_INTERVAL_SECONDS
    flush_seconds: int = DEFAULT_FLUSH_SECONDS
    by_instance: bool = False
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
        if not isinstance(said, dict):
            raise InvalidConfiguration("the configuration is no object")
        _only(said, "the configuration", "agent", "metrics", "logs")
        agent, metrics, logs = said.get("agent", {}), said.get("metrics", {}), said.get("logs", {})
        _only(agent, "agent", "metrics_collection_interval", "run_as_user", "logfile", "debug", "region")
        _only(
            metrics, "metrics", "namespace", "append_dimensions", "metrics_collected", "force_flush_interval"
        )
        _only(logs, "logs", "logs_collected", "force_flush_interval", "log_stream_name")
        collected = metrics.get("metrics_collected", {})
        _only(collected, "metrics_collected", "disk", "mem")
        disk, memory = collected.get("disk"), collected.get("mem")
        return cls(
            namespace=metrics.get("namespace", DEFAULT_NAMESPACE),
            seconds=agent.get("metrics_collection_interval", DEFAULT_INTERVAL_SECONDS),
            flush_seconds=logs.get("force_flush_interval", DEFAULT_FLUSH_SECONDS),
            by_instance=_appended(metrics.get("append_dimensions", {})),
            memory=memory is not None and _measures(memory, "mem", "mem_used_percent"),
            disks=tuple(_disks(disk)) if disk is not None else (),
            drops_device=bool((disk or {}).get("drop_device", False)),
            files=tuple(_files(logs)),
        )


def _only(section: Mapping[str, Any], name: str, *known: str) -> None:
    if unknown := sorted(section.keys() - set(known)):
        raise NotSimulated("the CloudWatch agent", f"{unknown[0]} in {name}")


def _appended(dimensions: Mapping[str, str]) -> bool:
    _only(dimensions, "append_dimensions", "InstanceId")
    if dimensions and dimensions["InstanceId"] != INSTANCE_ID:
        raise InvalidConfiguration(f"append_dimensions takes {INSTANCE_ID} for the InstanceId")
    return bool(dimensions)


def _measures(section: Mapping[str, Any], name: str, metric: str) -> bool:
    """`used_percent` and `disk_used_percent` both name the disk's."""
    _only(section, name, "measurement", "resources", "drop_device", "metrics_collection_interval")
    for each in section.get("measurement", ()):
        if f"{name}_{str(each).removeprefix(name + '_')}" != metric:
            raise NotSimulated("the CloudWatch agent", f"the measurement {each} of {name}")
    return bool(section.get("measurement"))


def _disks(section: Mapping[str, Any]) -> list[str]:
    return list(section.get("resources", ["*"])) if _measures(section, "disk", "disk_used_percent") else []


def _retention(entry: Mapping[str, Any]) -> int | None:
    """-1, as good as nothing, leaves the group's retention alone."""
    days = entry.get("retention_in_days", -1)
    if days != -1 and days not in RETENTION_DAYS:
        raise InvalidConfiguration(f"retention_in_days is {days}, which no log group can have")
    return None if days == -1 else int(days)


def _placeholders(text: str) -> str:
    """The text, if the agent's placeholders in it are known here."""
    for found in re.findall(r"\{[^}]*\}", text):
        if found.strip("{}") not in PLACEHOLDERS:
            raise NotSimulated("the CloudWatch agent", f"the placeholder {found}")
    return text


def _files(logs: Mapping[str, Any]) -> list[TailedFile]:
    collected = logs.get("logs_collected", {})
    _only(collected, "logs_collected", "files")
    entries = collected.get("files", {}).get("collect_list", ())
    known = (
        *("file_path", "log_group_name", "log_stream_name", "timestamp_format", "timezone"),
        *("retention_in_days", "log_group_class", "encoding"),
    )
    files = []
    for entry in entries:
        _only(entry, "collect_list", *known)
        if "file_path" not in entry:
            raise InvalidConfiguration("an entry of collect_list has no file_path")
        files.append(
            TailedFile(
                path=entry["file_path"],
                group=_placeholders(
                    entry.get("log_group_name", entry["file_path"].lstrip("/").replace("/", "_"))
                ),
                stream=_placeholders(
                    entry.get("log_stream_name", logs.get("log_stream_name", "{instance_id}"))
                ),
                stamped="timestamp_format" in entry,
                retention=_retention(entry),
            )
        )
    return files
