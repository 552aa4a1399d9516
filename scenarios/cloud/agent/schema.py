"""The schema that the agent holds its configuration against before it starts, as far as hosts here have it.

Sources: https://github.com/aws/amazon-cloudwatch-agent/blob/main/translator/config/schema.json,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
"""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.agent.shapes import Anything, Array, Flag, Number, Section, Shape, Text, TextOr, require
from scenarios.cloud.logs.events import RETENTION_DAYS

_SECONDS = Number()
_DIMENSIONS = Section(others=Text(most=1024), most=30)
_MEASUREMENT = Section(
    fields={"name": Text(most=255), "rename": Text(most=255), "unit": Text(most=256)}, others=Anything()
)
_RESOURCES = Array(of=Text(), most=256)
_BASIC: Mapping[str, Shape] = {
    "metrics_collection_interval": _SECONDS,
    "append_dimensions": _DIMENSIONS,
    "measurement": Array(of=TextOr(_MEASUREMENT), unique=True),
}


def _plugin(**more: Shape) -> Section:
    """A section of metrics_collected; fields that are not known there are passed over."""
    return Section(fields={**_BASIC, **more}, others=Anything(), required=("measurement",))


_DROPPED = Array(of=Text(least=0), least=1, unique=True)
_LISTENER: Mapping[str, Shape] = {
    "service_address": Text(most=255),
    "metrics_aggregation_interval": Number(least=0),
    "drop_original_metrics": _DROPPED,
    "service.name": Text(),
    "deployment.environment": Text(),
}
_PROCESSES = Section(
    fields={
        **_BASIC,
        "measurement": Array(of=Text(most=255), unique=True),
        **dict.fromkeys(("pid_file", "exe", "pattern"), Text(most=255)),
    },
    others=Anything(),
    required=("measurement",),
    one_of=("pid_file", "exe", "pattern"),
)
PLUGINS: Mapping[str, Shape] = {
    "cpu": _plugin(resources=Array(of=Text(choices=("*",)), most=1), totalcpu=Flag()),
    "disk": _plugin(resources=_RESOURCES, ignore_file_system_types=_RESOURCES, drop_device=Flag()),
    "diskio": _plugin(resources=_RESOURCES),
    "mem": _plugin(),
    "net": _plugin(resources=_RESOURCES),
    "netstat": _plugin(),
    "processes": _plugin(),
    "procstat": Array(of=_PROCESSES, least=1, most=255),
    "swap": _plugin(),
}
LISTENERS: Mapping[str, Section] = {
    "statsd": Section(
        fields={
            **_LISTENER,
            "metrics_collection_interval": _SECONDS,
            "metric_separator": Text(most=255),
            "allowed_pending_messages": Number(most=2_147_483_647),
        }
    ),
    "collectd": Section(
        fields={
            **_LISTENER,
            "name_prefix": Text(most=255),
            "collectd_auth_file": Text(),
            "collectd_security_level": Text(choices=("none", "sign", "encrypt")),
            "collectd_typesdb": Array(of=Text(), most=10),
            "append_dimensions": _DIMENSIONS,
        }
    ),
}
"""What applications and other daemons of a host send to; hosts here have none that do."""

_GROUP, _STREAM = Text(most=512), Text(most=512)
_FILTER = Section(fields={"type": Text(choices=("include", "exclude")), "expression": Text(least=0)})
_FILE = Section(
    fields={
        "file_path": Text(least=0),
        "log_group_name": _GROUP,
        "log_stream_name": _STREAM,
        "log_group_class": Text(most=512),
        "multi_line_start_pattern": Text(),
        "timestamp_format": Text(),
        "timezone": Text(choices=("Local", "LOCAL", "UTC")),
        "trim_timestamp": Flag(),
        "encoding": Text(),
        "auto_removal": Flag(),
        "backpressure_mode": Text(choices=("fd_release",)),
        "blacklist": Text(),
        "publish_multi_logs": Flag(),
        "retention_in_days": Number(choices=(-1, *RETENTION_DAYS)),
        "filters": Array(of=_FILTER),
        "service.name": Text(most=255),
        "deployment.environment": Text(most=259),
    },
    required=("file_path",),
)
_FILES = Section(fields={"collect_list": Array(of=_FILE, least=1, unique=True)}, required=("collect_list",))

_PLACE = Text(least=4, most=2048)
_TRACES = Section(
    fields={
        "traces_collected": Section(
            fields={
                "xray": Section(
                    fields={
                        "bind_address": _PLACE,
                        "tcp_proxy": Section(fields={"bind_address": _PLACE}),
                    }
                ),
                **dict.fromkeys(("otlp", "app_signals", "application_signals"), Anything()),
            },
            least=1,
        ),
        "concurrency": Number(most=2_147_483_647),
        "buffer_size_mb": Number(least=3, most=2_147_483_647),
        "resource_arn": Text(least=0),
        "local_mode": Flag(),
        "insecure": Flag(),
        "region_override": Text(least=0),
        "transit_spans_in_otlp_format": Flag(),
        "proxy_override": _PLACE,
        "endpoint_override": _PLACE,
        "credentials": Anything(),
    },
    required=("traces_collected",),
)

CONFIGURATION = Section(
    fields={
        "traces": _TRACES,
        "agent": Section(
            fields={
                "metrics_collection_interval": _SECONDS,
                "logfile": Text(least=0),
                "region": Text(most=64),
                "debug": Flag(),
                "aws_sdk_log_level": Text(least=0),
                "omit_hostname": Flag(),
                "service.name": Text(most=255),
                "deployment.environment": Text(most=259),
            },
            others=Anything(),
        ),
        "metrics": Section(
            fields={
                "namespace": Text(most=255),
                "aggregation_dimensions": Array(
                    of=Array(of=Text(most=1024), most=30, unique=True), least=1, most=1024, unique=True
                ),
                "append_dimensions": _DIMENSIONS,
                "metrics_collected": Section(fields={**PLUGINS, **LISTENERS}, others=Anything(), least=1),
                "force_flush_interval": _SECONDS,
                "service.name": Text(),
                "deployment.environment": Text(),
                **dict.fromkeys(("metrics_destinations", "credentials", "endpoint_override"), Anything()),
            },
            required=("metrics_collected",),
        ),
        "logs": Section(
            fields={
                "logs_collected": Section(
                    fields={
                        "files": _FILES,
                        **dict.fromkeys(("windows_events", "journald", "application_signals"), Anything()),
                    },
                    least=1,
                ),
                "log_stream_name": _STREAM,
                "force_flush_interval": _SECONDS,
                "concurrency": Number(most=2_147_483_647),
                "service.name": Text(most=255),
                "deployment.environment": Text(most=259),
                **dict.fromkeys(("metrics_collected", "credentials", "endpoint_override"), Anything()),
            },
            one_of=("logs_collected", "metrics_collected"),
        ),
    },
    others=Anything(),
)


def check(said: Any) -> None:
    """Hold a configuration against the schema; raises InvalidConfiguration."""
    require(CONFIGURATION, said, "the configuration")
