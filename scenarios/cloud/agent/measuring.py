"""How the agent measures its host: what each plug-in reads, under which dimensions it is sent, and when.

It measures one second after its start and then by each plug-in's interval, and sends what it has each minute.
A share of the processor, and what a disk or an interface has counted, need two measurements: the first is not
sent. `append_dimensions` takes the place of the host's name.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/metrics-collected-by-CloudWatch-agent.html,
https://github.com/aws/amazon-cloudwatch-agent/blob/main/plugins/outputs/cloudwatch/cloudwatch.go,
https://github.com/aws/amazon-cloudwatch-agent/blob/main/plugins/processors/ec2tagger/ec2tagger.go
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from scenarios.cloud.agent.expressions import expression
from scenarios.cloud.agent.host import AgentHost
from scenarios.cloud.agent.measurements import COUNTERS, IDLE, metric_name
from scenarios.cloud.agent.plugins import Measurement, Plugin
from scenarios.cloud.cloudwatch.metrics.metrics import MetricStore
from scenarios.cloud.ec2.machine import Disk, Machine, Process

FIRST_SECONDS = 1
MINUTE_SECONDS = 60
GROUP_TAG = "aws:autoscaling:groupName"


class _Reading(NamedTuple):
    """What a plug-in reads of a processor, disk, device or interface, or of the host, by measurement."""

    dimensions: Mapping[str, str]
    values: Mapping[str, float]


class _Datum(NamedTuple):
    """One measurement, to be sent."""

    measurement: Measurement
    dimensions: Mapping[str, str]
    value: float
    at: datetime
    resolution: int


class Measuring:
    """What one run of the agent measures."""

    def __init__(self, host: AgentHost, store: MetricStore) -> None:
        self._host = host
        self._store = store
        self._waiting: list[_Datum] = []
        for plugin in host.configuration.plugins:
            host.every(
                plugin.seconds, self._turns(plugin), f"the agent measures {plugin.name}", first=FIRST_SECONDS
            )
        if host.configuration.plugins:
            seconds = host.configuration.metrics_flush_seconds
            host.every(seconds, self._send, "the agent sends metrics", first=seconds)

    def _turns(self, plugin: Plugin) -> partial[None]:
        started: list[bool] = []
        return partial(self._measure, plugin, started)

    def _measure(self, plugin: Plugin, started: list[bool]) -> None:
        first, now = not started, self._host.setting.clock.now
        started.append(True)
        resolution = 1 if plugin.seconds < MINUTE_SECONDS else MINUTE_SECONDS
        readings = list(self._readings(plugin))
        ec2 = self._of_ec2() if readings else {}
        for reading in readings:
            dimensions = self._with_the_hosts(plugin, ec2, reading.dimensions)
            for each in plugin.measurements:
                if (first and _needs_two(plugin.name, each.of)) or each.of not in reading.values:
                    continue
                self._waiting.append(_Datum(each, dimensions, reading.values[each.of], now, resolution))

    # ---- what is read ---------------------------------------------------------------------------

    def _readings(self, plugin: Plugin) -> Iterator[_Reading]:
        machine = self._host.machine
        if plugin.name == "cpu":
            yield from self._processors(plugin)
        elif plugin.name == "disk":
            yield from _disks(machine, plugin)
        elif plugin.name == "diskio":
            yield from _devices(machine, plugin)
        elif plugin.name == "net":
            if plugin.is_about(machine.interface):
                yield _Reading({"interface": machine.interface}, _counts(machine, plugin))
        elif plugin.name == "procstat":
            yield from _found_processes(machine, plugin)
        elif plugin.name == "mem":
            yield _Reading({}, _memory(machine, self._host.instances.hardware(machine).memory))
        elif plugin.name == "swap":
            yield _Reading({}, dict.fromkeys(("free", "used", "used_percent"), 0.0))  # EC2's images have none
        else:
            yield _Reading({}, _counts(machine, plugin))

    def _processors(self, plugin: Plugin) -> Iterator[_Reading]:
        """Each by itself if all resources are named, and their sum unless `totalcpu` is false."""
        shares = _shares(self._host.machine)
        if plugin.every:
            for number in range(self._host.instances.hardware(self._host.machine).processors):
                yield _Reading({"cpu": f"cpu{number}"}, shares)
        if plugin.total:
            yield _Reading({"cpu": "cpu-total"}, shares)

    # ---- how it is sent -------------------------------------------------------------------------

    def _with_the_hosts(
        self, plugin: Plugin, ec2: Mapping[str, str], own: Mapping[str, str]
    ) -> dict[str, str]:
        """The reading's dimensions, the plug-in's, and the host's that are not among them."""
        appended = {
            name: value if "${aws:" not in value else ec2.get(value.removeprefix("${aws:").rstrip("}"), "")
            for name, value in plugin.appended.items()
        }
        found = {**self._hosts(ec2), **own, **appended}
        return {name: value for name, value in found.items() if value}

    def _hosts(self, ec2: Mapping[str, str]) -> dict[str, str]:
        configuration = self._host.configuration
        if configuration.appended is None:
            return {"host": self._host.names["hostname"]} if configuration.names_host else {}
        return {name: ec2[name] for name in configuration.appended if name in ec2}

    def _of_ec2(self) -> dict[str, str]:
        """What the agent asks EC2 for; the instance's group by its tags, if the role may read them."""
        host = self._host
        known = dict(host.instances.kinds(host.machine))
        wanted = "AutoScalingGroupName" in (host.configuration.appended or ())
        group = host.instances.tags(host.machine).get(GROUP_TAG)
        if wanted and host.may("ec2:DescribeTags", "*") and group:
            known["AutoScalingGroupName"] = group
        return known

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting and self._host.may("cloudwatch:PutMetricData", "*"):
            for datum in waiting:
                self._put(datum)

    def _put(self, datum: _Datum) -> None:
        """Send it under all its dimensions, and under each smaller set of them that is aggregated."""
        configuration, dimensions = self._host.configuration, datum.dimensions
        smaller = [
            {name: dimensions[name] for name in names}
            for names in configuration.aggregated
            if dimensions.keys() > set(names)
        ]
        for each in (*([dimensions] if datum.measurement.original else []), *smaller):
            self._store.put(
                configuration.namespace,
                datum.measurement.name,
                each,
                value=datum.value,
                unit=datum.measurement.unit,
                timestamp=datum.at,
                resolution=datum.resolution,
                now=self._host.setting.clock.now,
            )


def _needs_two(plugin: str, measurement: str) -> bool:
    return plugin == "cpu" or measurement in COUNTERS.get(plugin, ())


def _shares(machine: Machine) -> dict[str, float]:
    """Percents of the processors' time: what a scenario doesn't say of a busy processor is the users'."""
    said = {
        name.removeprefix("cpu_"): value
        for name, value in machine.counts.items()
        if name.startswith("cpu_usage_") and not name.startswith("cpu_usage_guest")
    }
    busy = machine.cpu
    rest = max(0.0, busy - sum(value for name, value in said.items() if name != "usage_user"))
    return {
        **dict.fromkeys(("usage_guest", "usage_guest_nice", "usage_iowait", "usage_irq"), 0.0),
        **dict.fromkeys(("usage_nice", "usage_softirq", "usage_steal", "usage_system"), 0.0),
        "usage_user": rest,
        **said,
        "usage_active": busy,
        "usage_idle": 100.0 - busy,
    }


def _disks(machine: Machine, plugin: Plugin) -> Iterator[_Reading]:
    for disk in (machine.disk, *machine.more_disks):
        if plugin.is_about(disk.path) and disk.file_system not in plugin.ignored_file_systems:
            device = {} if plugin.drops_device else {"device": disk.device}
            yield _Reading({"path": disk.path, "fstype": disk.file_system, **device}, _space(disk))


def _space(disk: Disk) -> dict[str, float]:
    used, inodes_used = disk.size * disk.used / 100, disk.inodes * disk.inodes_used / 100
    return {
        "total": disk.size,
        "used": used,
        "free": disk.size - used,
        "used_percent": disk.used,
        "inodes_total": disk.inodes,
        "inodes_used": inodes_used,
        "inodes_free": disk.inodes - inodes_used,
    }


def _devices(machine: Machine, plugin: Plugin) -> Iterator[_Reading]:
    """The first disk does what the machine counts; the others are idle."""
    values = _counts(machine, plugin)
    for number, disk in enumerate((machine.disk, *machine.more_disks)):
        if plugin.is_about(disk.device):
            yield _Reading({"name": disk.device}, dict.fromkeys(values, 0.0) if number else values)


def _found_processes(machine: Machine, plugin: Plugin) -> Iterator[_Reading]:
    """Each process that is found, and how many they are; all of one name share their dimensions."""
    tag, wanted = plugin.finds
    found = [each for each in machine.processes if _is_found(each, tag, wanted)]
    for each in found:
        values = {
            "cpu_usage": each.cpu,
            "memory_rss": each.memory,
            "num_fds": each.files,
            "num_threads": each.threads,
            "pid": each.pid,
        }
        yield _Reading({tag: wanted, "process_name": each.name}, values)
    yield _Reading({tag: wanted, "pid_finder": "native"}, {"pid_count": len(found)})


def _is_found(process: Process, tag: str, wanted: str) -> bool:
    if tag == "pidfile":
        return process.pid_file == wanted
    text = process.name if tag == "exe" else process.command or process.name
    return bool(expression(wanted, tag).search(text))


def _memory(machine: Machine, total: int) -> dict[str, float]:
    used = total * machine.memory / 100
    free = total - used
    return {
        "total": total,
        "used": used,
        "used_percent": machine.memory,
        "available": free,
        "available_percent": 100.0 - machine.memory,
        "free": free / 2,
        "cached": free / 2,
        "active": used,
        "inactive": free / 2,
        **dict.fromkeys(("buffered", "shared"), 0.0),
    }


def _counts(machine: Machine, plugin: Plugin) -> dict[str, float]:
    """What is counted; of a counter, how much it grew since the last measurement."""
    counters = COUNTERS.get(plugin.name, frozenset())
    return {
        each.of: _count(machine, metric_name(plugin.name, each.of))
        * (plugin.seconds if each.of in counters else 1)
        for each in plugin.measurements
    }


def _count(machine: Machine, metric: str) -> float:
    return machine.counts.get(metric, IDLE.get(metric, 0.0))
