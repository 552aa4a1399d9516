"""The section `logs` of the agent's configuration: which files are tailed, and where their lines go.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
(Logs section), https://github.com/aws/amazon-cloudwatch-agent/blob/main/plugins/inputs/logfile/fileconfig.go
"""

import codecs
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from scenarios.cloud.agent.expressions import expression
from scenarios.cloud.agent.shapes import InvalidConfiguration
from scenarios.cloud.agent.timestamps import LineTime
from scenarios.cloud.kernel.errors import NotSimulated

_AGENT = "the CloudWatch agent"
INSTANCE = "{instance_id}"
_STARTS_AN_EVENT = re.compile(r"^\S", re.ASCII)
_NEVER = re.compile(r"(?!)")
_COMPRESSED = (".tar", ".zst", ".gz", ".zip", ".bz2", ".rar")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """A filter of an entry: it lets events through that match, or those that don't."""

    included: bool
    pattern: re.Pattern[str]

    def lets(self, message: str) -> bool:
        """Whether an event is sent."""
        return bool(self.pattern.search(message)) == self.included


@dataclass(frozen=True, slots=True, kw_only=True)
class TailedFile:
    """One entry of collect_list; `group` and `stream` may hold the agent's placeholders.

    `group`: "" where each file has a group of its own, named after it. `time`: how a line's time is read,
    None: it isn't. `zone`: `UTC`, or `LOCAL` for the host's. `starts`: what begins an event of several lines.
    `retention`: for how many days the agent has the group kept; None: it leaves the retention unchanged.
    `every`: all files that the path matches, not only the newest.
    """

    path: str
    group: str
    stream: str
    time: LineTime | None = None
    zone: str = "LOCAL"
    trims: bool = False
    starts: re.Pattern[str] = _STARTS_AN_EVENT
    filters: tuple[LogFilter, ...] = ()
    ignored: re.Pattern[str] | None = None
    encoding: str = "utf-8"
    retention: int | None = None
    every: bool = False
    removes: bool = False

    def takes(self, path: str) -> bool:
        """Whether a file is one of this entry's."""
        name = posixpath.basename(path)
        return (
            bool(_glob(self.path).fullmatch(path))
            and not path.endswith(_COMPRESSED)
            and not (self.ignored and self.ignored.search(name))
        )

    def names(self, path: str) -> tuple[str, str]:
        """The group and the stream of one of its files."""
        if not self.every:
            return self.group, self.stream
        plain = re.sub(r"[^.\-_/#A-Za-z0-9]", "_", path)
        if not self.group:
            return plain, self.stream
        return self.group, f"{self.stream}_{plain.replace('/', '_')}"


def tailed_files(entries: Sequence[Mapping[str, Any]], stream: str) -> Iterator[TailedFile]:
    """From a collect_list that fits the schema; `stream`: for those that name none.

    Raises InvalidConfiguration, and NotSimulated for what is not known here.
    """
    kept: dict[str, int] = {}
    for entry in entries:
        file = _file(entry, stream)
        if file.retention and kept.setdefault(file.group.lower(), file.retention) != file.retention:
            raise InvalidConfiguration(
                f"different retention_in_days can't be set for the same log group {file.group}"
            )
        yield file


def _file(entry: Mapping[str, Any], stream: str) -> TailedFile:
    path, every = entry["file_path"], entry.get("publish_multi_logs", False)
    if not path:
        raise InvalidConfiguration("an entry of collect_list has an empty file_path")
    if entry.get("log_group_class", "STANDARD") != "STANDARD":
        raise NotSimulated(_AGENT, f"log groups of the class {entry['log_group_class']}")
    time = LineTime.of(entry["timestamp_format"]) if "timestamp_format" in entry else None
    days = entry.get("retention_in_days", -1)
    return TailedFile(
        path=path,
        group=entry.get("log_group_name", "" if every else posixpath.splitext(path)[0]),
        stream=entry.get("log_stream_name", stream),
        time=time,
        zone="UTC" if entry.get("timezone") == "UTC" else "LOCAL",
        trims=entry.get("trim_timestamp", False),
        starts=_starts(entry.get("multi_line_start_pattern"), time),
        filters=tuple(map(_filter, entry.get("filters", ()))),
        ignored=expression(entry["blacklist"], "blacklist") if "blacklist" in entry else None,
        encoding=_encoding(entry.get("encoding", "utf-8")),
        retention=None if days == -1 else int(days),
        every=every,
        removes=entry.get("auto_removal", False),
    )


def _starts(pattern: str | None, time: LineTime | None) -> re.Pattern[str]:
    """`{timestamp_format}` stands for the format's expression; without a format no line begins an event."""
    if pattern is None:
        return _STARTS_AN_EVENT
    if pattern in {"{timestamp_format}", "{timestamp_regex}"}:
        return time.pattern if time else _NEVER
    return expression(pattern, "multi_line_start_pattern")


def _filter(said: Mapping[str, str]) -> LogFilter:
    if not said.get("type") or not said.get("expression"):
        raise InvalidConfiguration("a filter has no type, or no expression")
    return LogFilter(included=said["type"] == "include", pattern=expression(said["expression"], "the filter"))


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise InvalidConfiguration(f"the encoding {name} is an invalid value") from None


@cache
def _glob(path: str) -> re.Pattern[str]:
    """A path with `*` and `?` within a folder, `**` across folders, and `[a-z]`."""
    parts = re.split(r"(\*\*|\*|\?|\[[^\]]+\])", path)
    made = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(made.get(each, each if each[:1] == "[" else re.escape(each)) for each in parts))
