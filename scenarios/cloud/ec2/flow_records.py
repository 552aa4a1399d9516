"""What interfaces saw, as the records of a flow log, and where a flow log's files lie.

Sources: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html,
https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scenarios.cloud.ec2.interfaces import Interface
from scenarios.service_logs import Format


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an interface saw of one flow, at one moment. `source`, `target`: as a flow log shows them."""

    source: str
    target: str
    packet_source: str
    packet_target: str
    source_port: int
    target_port: int
    protocol: int
    packets: int
    bytes: int
    flags: int
    accepted: bool
    egress: bool


@dataclass(slots=True)
class Flow:
    """One flow in a window. Times in seconds since the epoch."""

    seen: Seen
    first: int
    last: int
    packets: int = 0
    bytes: int = 0
    flags: int = 0


Key = tuple[Any, ...]


@dataclass(slots=True, kw_only=True)
class Watch:
    """A flow log that is there, and what its interfaces saw in the window that began at `since`."""

    id: str
    region: str
    since: datetime
    options: Mapping[str, Any] = field(default_factory=dict)
    flows: dict[Key, Flow] = field(default_factory=dict)


def watches(model: Any, interface: Interface) -> bool:
    """Whether a flow log is of this interface."""
    return model.resource_id in (interface.id, interface.subnet, interface.vpc)


def wants(model: Any, seen: Seen) -> bool:
    """Whether it tells of such traffic."""
    return model.traffic_type in (None, "ALL", "ACCEPT" if seen.accepted else "REJECT")


def line_of(form: Format, values: Mapping[str, Any]) -> str:
    """A line of the fields that the format has."""
    known = form.by_name
    return form.write({name: value for name, value in values.items() if name in known})


def values_of(flow: Flow) -> dict[str, Any]:
    """The fields of a flow by their names."""
    seen = flow.seen
    return {
        "srcaddr": seen.source,
        "dstaddr": seen.target,
        "srcport": seen.source_port,
        "dstport": seen.target_port,
        "protocol": seen.protocol,
        "packets": flow.packets,
        "bytes": flow.bytes,
        "start": flow.first,
        "end": flow.last,
        "action": "ACCEPT" if seen.accepted else "REJECT",
        "log-status": "OK",
        "tcp-flags": flow.flags,
        "type": "IPv6" if ":" in seen.source else "IPv4",
        "pkt-srcaddr": seen.packet_source,
        "pkt-dstaddr": seen.packet_target,
        "flow-direction": "egress" if seen.egress else "ingress",
    }


def bucket_of(destination: str) -> tuple[str, str]:
    """Bucket and prefix of a destination's ARN; the prefix ends with a slash, or is ""."""
    bucket, _, prefix = destination.removeprefix("arn:aws:s3:::").partition("/")
    return bucket, f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""


def folder_of(prefix: str, account: str, options: Mapping[str, Any]) -> str:
    """`PREFIX/AWSLogs/ACCOUNT/`, or as Hive has it."""
    whose = f"aws-account-id={account}" if options.get("HiveCompatiblePartitions") else account
    return f"{prefix}AWSLogs/{whose}/"


def dated(watch: Watch, at: datetime) -> str:
    """The folders of a region and a moment."""
    hourly = watch.options.get("PerHourPartition")
    if watch.options.get("HiveCompatiblePartitions"):
        hour = f"hour={at:%H}/" if hourly else ""
        return (
            f"aws-service=vpcflowlogs/aws-region={watch.region}/year={at:%Y}/month={at:%m}/day={at:%d}/{hour}"
        )
    return f"vpcflowlogs/{watch.region}/{at:%Y/%m/%d}/{f'{at:%H}/' if hourly else ''}"
