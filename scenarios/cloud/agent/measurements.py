"""What the agent's plug-ins on Linux measure: each measurement with its unit.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/metrics-collected-by-CloudWatch-agent.html,
https://github.com/aws/amazon-cloudwatch-agent/blob/main/receiver/adapter/accumulator/default_unit.go
"""

from collections.abc import Mapping

_CPU = (
    "active",
    "guest",
    "guest_nice",
    "idle",
    "iowait",
    "irq",
    "nice",
    "softirq",
    "steal",
    "system",
    "user",
)
_TCP = (
    *("close", "close_wait", "closing", "established", "fin_wait1", "fin_wait2", "last_ack", "listen"),
    *("none", "syn_sent", "syn_recv", "time_wait"),
)
UNITS: Mapping[str, Mapping[str, str]] = {
    "cpu": {f"usage_{each}": "Percent" for each in _CPU},
    "disk": {
        **dict.fromkeys(("free", "total", "used"), "Bytes"),
        **dict.fromkeys(("inodes_free", "inodes_total", "inodes_used"), "Count"),
        "used_percent": "Percent",
    },
    "diskio": {
        **dict.fromkeys(("iops_in_progress", "reads", "writes"), "Count"),
        **dict.fromkeys(("io_time", "read_time", "write_time"), "Milliseconds"),
        **dict.fromkeys(("read_bytes", "write_bytes"), "Bytes"),
    },
    "mem": {
        **dict.fromkeys(("active", "available", "buffered", "cached", "free", "inactive"), "Bytes"),
        **dict.fromkeys(("shared", "total", "used"), "Bytes"),
        **dict.fromkeys(("available_percent", "used_percent"), "Percent"),
    },
    "net": {
        **dict.fromkeys(("bytes_sent", "bytes_recv"), "Bytes"),
        **dict.fromkeys(
            ("drop_in", "drop_out", "err_in", "err_out", "packets_sent", "packets_recv"), "Count"
        ),
    },
    "netstat": {**{f"tcp_{each}": "Count" for each in _TCP}, "udp_socket": "Count"},
    "processes": {
        **dict.fromkeys(("blocked", "dead", "idle", "paging", "running", "sleeping", "stopped"), "Count"),
        **dict.fromkeys(("total", "total_threads", "wait"), "Count"),
        "zombies": "None",  # the agent's own table of units calls it `zombie`
    },
    "procstat": {
        "cpu_usage": "Percent",
        "memory_rss": "Bytes",
        **dict.fromkeys(("num_fds", "num_threads", "pid", "pid_count"), "None"),
    },
    "swap": {"free": "Bytes", "used": "Bytes", "used_percent": "Percent"},
}

# The agent knows these too; no host here counts a processor's seconds, or what a volume reports of itself.
NOT_MEASURED: Mapping[str, frozenset[str]] = {
    "cpu": frozenset(f"time_{each}" for each in _CPU),
    "diskio": frozenset(
        {
            *(f"ebs_total_{each}" for each in ("read_ops", "write_ops", "read_bytes", "write_bytes")),
            *(f"ebs_total_{each}" for each in ("read_time", "write_time")),
            *(f"ebs_volume_performance_exceeded_{each}" for each in ("iops", "tp")),
            *(f"ebs_ec2_instance_performance_exceeded_{each}" for each in ("iops", "tp")),
            "ebs_volume_queue_length",
            *(f"instance_store_total_{each}" for each in ("read_ops", "write_ops", "read_bytes")),
            *(f"instance_store_total_{each}" for each in ("write_bytes", "read_time", "write_time")),
            *(f"instance_store_performance_exceeded_{each}" for each in ("iops", "tp")),
            "instance_store_volume_queue_length",
        }
    ),
}

_PROCESS = (
    *(f"cpu_time{each}" for each in ("", "_guest", "_guest_nice", "_idle", "_iowait", "_irq", "_nice")),
    *(f"cpu_time_{each}" for each in ("soft_irq", "steal", "stolen", "system", "user")),
    *("involuntary_context_switches", "voluntary_context_switches", "nice_priority", "realtime_priority"),
    *(f"memory_{each}" for each in ("data", "locked", "stack", "swap", "vms")),
    *("read_bytes", "read_count", "write_bytes", "write_count", "signals_pending"),
)
NOT_OF_A_PROCESS = frozenset(_PROCESS)
"""What procstat knows too, beside the limits of a process (`rlimit_...`)."""

# Counted from the machine's start on; the agent sends how much more it has become.
COUNTERS = {
    "diskio": frozenset(UNITS["diskio"]) - {"iops_in_progress"},
    "net": frozenset(UNITS["net"]),
}

# An idle machine, by the name of the metric; of disks and interfaces, in a second. What isn't here is zero.
IDLE: Mapping[str, float] = {
    "diskio_writes": 0.5,
    "diskio_write_bytes": 4096,
    "diskio_write_time": 0.5,
    "diskio_io_time": 0.5,
    "net_bytes_sent": 200,
    "net_bytes_recv": 150,
    "net_packets_sent": 2,
    "net_packets_recv": 2,
    "netstat_tcp_established": 2,
    "netstat_tcp_listen": 4,
    "netstat_udp_socket": 4,
    "processes_running": 1,
    "processes_sleeping": 60,
    "processes_idle": 45,
    "processes_total": 106,
    "processes_total_threads": 140,
}


def metric_name(plugin: str, measurement: str) -> str:
    """What CloudWatch calls a measurement; how many processes there are is another lookup's."""
    if (plugin, measurement) == ("procstat", "pid_count"):
        return "procstat_lookup_pid_count"
    return f"{plugin}_{measurement}"


COUNTED = frozenset(
    metric_name(plugin, each)
    for plugin, units in UNITS.items()
    if plugin not in {"disk", "mem", "procstat", "swap"}
    for each in units
)
"""The metrics that `Machine.counts` may set."""
