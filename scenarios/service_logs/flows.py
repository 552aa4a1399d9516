"""Flow logs: of VPCs, and of Global Accelerator.

A flow log of a VPC has the fields of version 2 in their order, or those that its owner chose, in any order;
its version is the highest of theirs. The types are those of Parquet files.

Sources: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html,
https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html. That a record of NODATA or
SKIPDATA has no values between `interface-id` and `start` is by the examples.
"""

from collections.abc import Iterator
from typing import Final

from scenarios.service_logs.fields import Field, Format, NotThisFormat, Type

_TEXT, _INTEGER, _LONG = Type.TEXT, Type.INTEGER, Type.LONG


def _fields(since: int, *rows: tuple[str, Type] | tuple[str, Type, str]) -> Iterator[Field]:
    for name, kind, *insights in rows:
        yield Field(name=name, type=kind, since=since, insights=insights[0] if insights else "")


VPC_FLOW_FIELDS: Final = (
    *_fields(
        2,
        ("version", _INTEGER, "version"),
        ("account-id", _TEXT, "accountId"),
        ("interface-id", _TEXT, "interfaceId"),
        ("srcaddr", _TEXT, "srcAddr"),
        ("dstaddr", _TEXT, "dstAddr"),
        ("srcport", _INTEGER, "srcPort"),
        ("dstport", _INTEGER, "dstPort"),
        ("protocol", _INTEGER, "protocol"),
        ("packets", _LONG, "packets"),
        ("bytes", _LONG, "bytes"),
        ("start", _LONG, "startTime"),
        ("end", _LONG, "endTime"),
        ("action", _TEXT, "action"),
        ("log-status", _TEXT, "logStatus"),
    ),
    *_fields(
        3,
        ("vpc-id", _TEXT),
        ("subnet-id", _TEXT),
        ("instance-id", _TEXT),
        ("tcp-flags", _INTEGER),
        ("type", _TEXT),
        ("pkt-srcaddr", _TEXT),
        ("pkt-dstaddr", _TEXT),
    ),
    *_fields(4, ("region", _TEXT), ("az-id", _TEXT), ("sublocation-type", _TEXT), ("sublocation-id", _TEXT)),
    *_fields(
        5,
        ("pkt-src-aws-service", _TEXT),
        ("pkt-dst-aws-service", _TEXT),
        ("flow-direction", _TEXT),
        ("traffic-path", _INTEGER),
    ),
    *_fields(
        7,
        ("ecs-cluster-arn", _TEXT),
        ("ecs-cluster-name", _TEXT),
        ("ecs-container-instance-arn", _TEXT),
        ("ecs-container-instance-id", _TEXT),
        ("ecs-container-id", _TEXT),
        ("ecs-second-container-id", _TEXT),
        ("ecs-service-name", _TEXT),
        ("ecs-task-definition-arn", _TEXT),
        ("ecs-task-arn", _TEXT),
        ("ecs-task-id", _TEXT),
    ),
    *_fields(8, ("reject-reason", _TEXT)),
    *_fields(9, ("resource-id", _TEXT)),
    *_fields(10, ("encryption-status", _TEXT)),
)
EVERY_VPC_FLOW_FIELD: Final = Format(
    name="vpc_flow_logs_custom",
    title="VPC flow logs",
    fields=VPC_FLOW_FIELDS,
    names_fields=True,
    source="https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html",
)
VPC_FLOW: Final = Format(
    name="vpc_flow_logs",
    title="VPC flow logs",
    fields=tuple(each for each in VPC_FLOW_FIELDS if each.since == 2),
    names_fields=True,
    source=EVERY_VPC_FLOW_FIELD.source,
)


def vpc_flow(log_format: str) -> Format:
    """The format of a flow log: `${version} ${vpc-id}`, `version vpc-id`, or `default`.

    Raises NotThisFormat for a field that no flow log has.
    """
    names = [_bare(each) for each in log_format.split()]
    return VPC_FLOW if names == ["default"] else EVERY_VPC_FLOW_FIELD.of_fields(names)


def _bare(word: str) -> str:
    return word[2:-1] if word.startswith("${") and word.endswith("}") else word


FLAGS: Final = ((1, "FIN"), (2, "SYN"), (4, "RST"), (8, "PSH"), (16, "ACK"), (32, "URG"))
"""TCP's flags by their bits. A record has those of FIN, SYN, RST and SYN-ACK of all its packets, or-ed."""


def flags(bits: int) -> tuple[str, ...]:
    """The names of TCP's flags in a number: 18 is SYN and ACK. Raises ValueError for another number."""
    if not 0 <= bits < 64:
        raise ValueError(f"{bits} is no number of TCP's flags")
    return tuple(name for bit, name in FLAGS if bits & bit)


def read_vpc_flow(line: str, log_format: str = "default") -> dict[str, str | None]:
    """The fields of one record, in the format of its flow log.

    Raises NotThisFormat where it has more or fewer of them: a flow log can't be changed, so all its records
    have the same.
    """
    form = vpc_flow(log_format)
    if len(line.split()) != len(form.fields):
        raise NotThisFormat(f"{len(line.split())} fields, and the flow log has {len(form.fields)}")
    return form.read(line.strip())


# The columns are those of Athena's page. Source:
# https://docs.aws.amazon.com/global-accelerator/latest/dg/monitoring-global-accelerator.flow-logs.html
GLOBAL_ACCELERATOR: Final = Format(
    name="aga_flow_logs",
    title="Global Accelerator flow logs",
    fields=tuple(
        Field(name=name, type=kind, column=column)
        for name, kind, column in (
            ("version", _TEXT, "version"),
            ("aws_account_id", _TEXT, "account"),
            ("accelerator_id", _TEXT, "acceleratorid"),
            ("client_ip", _TEXT, "clientip"),
            ("client_port", _INTEGER, "clientport"),
            ("accelerator_ip", _TEXT, "gip"),
            ("accelerator_port", _INTEGER, "gipport"),
            ("endpoint_ip", _TEXT, "endpointip"),
            ("endpoint_port", _INTEGER, "endpointport"),
            ("protocol", _TEXT, "protocol"),
            ("ip_address_type", _TEXT, "ipaddresstype"),
            ("packets", _LONG, "numpackets"),
            ("bytes", _INTEGER, "numbytes"),
            ("start_time", _INTEGER, "starttime"),
            ("end_time", _INTEGER, "endtime"),
            ("action", _TEXT, "action"),
            ("log_status", _TEXT, "logstatus"),
            ("globalaccelerator_source_ip", _TEXT, "agasourceip"),
            ("globalaccelerator_source_port", _INTEGER, "agasourceport"),
            ("endpoint_region", _TEXT, "endpointregion"),
            ("globalaccelerator_region", _TEXT, "agaregion"),
            ("direction", _TEXT, "direction"),
            ("vpc_id", _TEXT, "vpc_id"),
            ("reject_reason", _TEXT, "reject_reason"),
        )
    ),
    required=22,
    names_fields=True,
    source="https://docs.aws.amazon.com/athena/latest/ug/querying-global-accelerator-flow-logs.html",
)
