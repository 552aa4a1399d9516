"""The CloudWatch agent's configuration: what a host's agent measures and which files it tails.

It is held against the agent's schema first, as the agent does. What is right but not known here is a
NotSimulated: hosts here run Linux, and nothing on them sends embedded metrics or has a journal. The agent
listens to StatsD, collectd and X-Ray, where it is told to, and nothing on a host sends to it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.agent.log_files import INSTANCE, TailedFile, tailed_files
from scenarios.cloud.agent.plugins import Plugin, plugins
from scenarios.cloud.agent.schema import check
from scenarios.cloud.agent.shapes import InvalidConfiguration
from scenarios.cloud.kernel.errors import NotSimulated

DEFAULT_NAMESPACE = "CWAgent"
DEFAULT_INTERVAL_SECONDS = 60
DEFAULT_FLUSH_SECONDS = 5
DEFAULT_METRICS_FLUSH_SECONDS = 60
# What append_dimensions may name, always as "${aws:InstanceId}" and so on.
APPENDED = ("InstanceId", "InstanceType", "ImageId", "AutoScalingGroupName")

_NOT_SIMULATED: Mapping[str, tuple[str, ...]] = {
    "the configuration": ("opentelemetry",),
    "agent": ("credentials",),
    "metrics": ("metrics_destinations", "credentials", "endpoint_override"),
    "logs": ("metrics_collected", "credentials", "endpoint_override"),
    "traces_collected": (
        "otlp",
        "app_signals",
        "application_signals",
    ),  # to xray nothing on a host here sends
    "logs_collected": ("windows_events", "journald", "application_signals"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfiguration:
    """What the agent does. `flush_seconds`, `metrics_flush_seconds`: how long lines and measurements wait.

    `appended`: the dimensions that each metric is given, None where there is no append_dimensions; the host's
    name is one then, if `names_host`. `passed_over`: what append_dimensions names and the agent ignores.
    `aggregated`: sets of dimensions by which each metric is sent once more. `region`: where everything is
    sent, "" for the host's own.
    """

    region: str = ""
    namespace: str = DEFAULT_NAMESPACE
    flush_seconds: int = DEFAULT_FLUSH_SECONDS
    metrics_flush_seconds: int = DEFAULT_METRICS_FLUSH_SECONDS
    appended: tuple[str, ...] | None = None
    passed_over: tuple[str, ...] = ()
    names_host: bool = True
    aggregated: tuple[tuple[str, ...], ...] = ()
    plugins: tuple[Plugin, ...] = ()
    files: tuple[TailedFile, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "AgentConfiguration":
        """The agent's JSON.

        Raises InvalidConfiguration, and NotSimulated for what is right but not known here.
        """
        try:
            said = json.loads(text)
        except ValueError as error:
            raise InvalidConfiguration(f"the configuration is no JSON ({error})") from error
        check(said)
        _refuse_the_unknown("the configuration", said)
        agent, metrics, logs = (_section(said, name) for name in ("agent", "metrics", "logs"))
        _section(_section(said, "traces"), "traces_collected")
        collected = _section(_section(logs, "logs_collected"), "files").get("collect_list", ())
        dimensions = metrics.get("append_dimensions", {})
        of_ec2 = _of_ec2(dimensions)
        return cls(
            region=agent.get("region", ""),
            namespace=metrics.get("namespace", DEFAULT_NAMESPACE),
            flush_seconds=logs.get("force_flush_interval", DEFAULT_FLUSH_SECONDS),
            metrics_flush_seconds=metrics.get("force_flush_interval", DEFAULT_METRICS_FLUSH_SECONDS),
            appended=of_ec2 if "append_dimensions" in metrics else None,
            passed_over=tuple(each for each in dimensions if each not in of_ec2),
            names_host=not agent.get("omit_hostname", False),
            aggregated=_aggregated(metrics),
            plugins=tuple(
                plugins(
                    metrics.get("metrics_collected", {}),
                    agent.get("metrics_collection_interval", DEFAULT_INTERVAL_SECONDS),
                )
            ),
            files=tuple(tailed_files(collected, logs.get("log_stream_name", INSTANCE))),
        )


def _section(within: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A section by its name, empty where it is left out; raises NotSimulated for what is not known in it."""
    section: Mapping[str, Any] = within.get(name, {})
    _refuse_the_unknown(name, section)
    return section


def _refuse_the_unknown(name: str, section: Mapping[str, Any]) -> None:
    for each in _NOT_SIMULATED.get(name, ()):
        if each in section:
            raise NotSimulated("the CloudWatch agent", f"{each} in {name}")


def _of_ec2(dimensions: Mapping[str, str]) -> tuple[str, ...]:
    """The dimensions that the agent asks EC2 for; it ignores any other key and any other value."""
    return tuple(name for name in dimensions if name in APPENDED and dimensions[name] == f"${{aws:{name}}}")


def _aggregated(metrics: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Each set once, in whichever order its dimensions are named."""
    said = metrics.get("aggregation_dimensions", ())
    return tuple(dict.fromkeys(tuple(sorted(set(each))) for each in said))
