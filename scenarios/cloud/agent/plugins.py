"""The section `metrics` of the agent's configuration: which plug-in measures what, how often, as what.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
(Metrics section), https://github.com/aws/amazon-cloudwatch-agent/tree/main/translator/translate/metrics
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scenarios.cloud.agent.expressions import expression
from scenarios.cloud.agent.measurements import NOT_MEASURED, NOT_OF_A_PROCESS, UNITS, metric_name
from scenarios.cloud.agent.schema import LISTENERS, PLUGINS
from scenarios.cloud.agent.shapes import InvalidConfiguration
from scenarios.cloud.cloudwatch.metrics.metrics import UNITS as STANDARD_UNITS
from scenarios.cloud.kernel.errors import NotSimulated

_AGENT = "the CloudWatch agent"
_STANDARD = {each.lower(): each for each in STANDARD_UNITS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measurement of a plug-in, such as `usage_idle` of cpu. `name`, `unit`: what it is sent as.

    `original`: whether it is sent under all its dimensions, or only aggregated (drop_original_metrics).
    """

    of: str
    name: str
    unit: str
    original: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One section of metrics_collected. `seconds`: between two measurements.

    `resources`: the disks, devices, interfaces it is about; empty where none is named. `every`: all of them.
    `appended`: dimensions of its own. `total`: of a processor, the sum too. `finds`: by what a process is
    found (`pidfile`, `exe` or `pattern`), and the path or the expression.
    """

    name: str
    seconds: int
    measurements: tuple[Measurement, ...]
    resources: tuple[str, ...] = ()
    every: bool = False
    appended: Mapping[str, str] = field(default_factory=dict)
    total: bool = True
    ignored_file_systems: tuple[str, ...] = ()
    drops_device: bool = False
    finds: tuple[str, str] = ("", "")

    def is_about(self, resource: str) -> bool:
        """Whether a disk, device or interface is measured."""
        return self.every or not self.resources or resource in self.resources


def plugins(collected: Mapping[str, Any], seconds: int) -> Iterator[Plugin]:
    """From metrics_collected, which fits the schema; `seconds`: where a section has no interval of its own.

    Raises:
        InvalidConfiguration: for a measurement that a plug-in doesn't have.
        NotSimulated: for what hosts here don't have.
    """
    for name, section in collected.items():
        if name in LISTENERS:
            continue  # it listens, and nothing on a host here sends to it
        if name not in PLUGINS:
            raise NotSimulated(_AGENT, f"{name} in metrics_collected of a host with Linux")
        for each in section if name == "procstat" else [section]:
            measurements = tuple(_measurements(name, each))
            if measurements:
                yield _plugin(name, each, seconds, measurements)


def _plugin(name: str, section: Mapping[str, Any], seconds: int, found: tuple[Measurement, ...]) -> Plugin:
    resources = tuple(section.get("resources", ()))
    return Plugin(
        name=name,
        seconds=section.get("metrics_collection_interval", seconds),
        measurements=found,
        resources=resources,
        every="*" in resources,
        appended=section.get("append_dimensions", {}),
        total=section.get("totalcpu", True),
        ignored_file_systems=tuple(section.get("ignore_file_system_types", ())),
        drops_device=section.get("drop_device", False),
        finds=_finder(section),
    )


def _finder(section: Mapping[str, Any]) -> tuple[str, str]:
    """By the first that is said: a file with the number, the name, the command line."""
    for name, tag in (("pid_file", "pidfile"), ("exe", "exe"), ("pattern", "pattern")):
        if name in section:
            if name != "pid_file":
                expression(section[name], name)
            return tag, section[name]
    return "", ""


def _measurements(plugin: str, section: Mapping[str, Any]) -> Iterator[Measurement]:
    dropped = {_full(plugin, str(each)) for each in section.get("drop_original_metrics", ())}
    for each in section["measurement"]:
        said = {"name": each} if isinstance(each, str) else each
        measurement = _known(plugin, said.get("name"))
        full = metric_name(plugin, measurement)
        unit = said["unit"].strip() if "unit" in said else UNITS[plugin][measurement]
        yield Measurement(
            of=measurement,
            name=str(said.get("rename", full)).strip(),
            unit=_STANDARD.get(unit.lower(), "None"),  # the agent sends a unit that there isn't as None
            original=not dropped & {full, "*"},
        )


def _known(plugin: str, name: object) -> str:
    """`used_percent` and `disk_used_percent` both name the disk's."""
    measurement = str(name).strip().removeprefix(f"{plugin}_")
    of_a_process = measurement in NOT_OF_A_PROCESS or measurement.startswith("rlimit_")
    if measurement in NOT_MEASURED.get(plugin, ()) or (plugin == "procstat" and of_a_process):
        raise NotSimulated(_AGENT, f"the measurement {name} of {plugin}")
    if not isinstance(name, str) or measurement not in UNITS[plugin]:
        raise InvalidConfiguration(f"the measurement {name} of {plugin} is invalid")
    return measurement


def _full(plugin: str, name: str) -> str:
    return name if name == "*" or plugin in name else metric_name(plugin, name)
