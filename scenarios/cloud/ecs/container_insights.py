"""Container Insights of ECS: a record of each container, once a minute, in the cluster's log group.

ECS writes them under its service-linked role to `/aws/ecs/containerinsights/CLUSTER/performance`, which it
makes, kept for a day. Nothing is measured here: a container uses a tenth of what is reserved for it.

Left out: records of tasks, services and clusters, of containers on hosts, and the metrics that CloudWatch
takes from them. Unconfirmed: the names of Fargate's streams and which fields it leaves out.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ (the page
Container-Insights-reference-performance-logs-ECS.html),
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-container-insights.html
"""

from collections.abc import Iterator
from typing import Any, Final

from scenarios.cloud.ecs.tasks import definition_of, id_of, is_of_fargate, running
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.deliveries import LogLines
from scenarios.cloud.service_logs_delivery import linked_role, make_group
from scenarios.cloud.setting import Setting
from scenarios.service_logs import ECS_CONTAINER

SERVICE: Final = "ecs.amazonaws.com"
EVERY_SECONDS: Final = 60
KEPT_DAYS: Final = 1
_ROLE: Final = "AWSServiceRoleForECS"
_STREAM: Final = "FargateTelemetry-1"
_ON: Final = ("enabled", "enhanced")


class ContainerInsights:
    """Every cluster with Container Insights; it looks each minute while a task runs there."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._watched: set[tuple[str, str]] = set()
        setting.calls.after("ecs", "RunTask", self._started)

    def _started(self, call: ApiCall) -> None:
        for each in (call.response or {}).get("tasks", ()):
            self._watch(call.region, each["clusterArn"].rpartition("/")[2])

    def _watch(self, region: str, cluster: str) -> None:
        if (region, cluster) not in self._watched and self._is_on(region, cluster):
            self._watched.add((region, cluster))
            self._later(region, cluster)

    def _later(self, region: str, cluster: str) -> None:
        what = f"Container Insights of {cluster}"
        self._setting.clock.after(EVERY_SECONDS, lambda: self._look(region, cluster), what)

    def _is_on(self, region: str, cluster: str) -> bool:
        found = moto_state.backend("ecs", self._setting.account, region).clusters.get(cluster)
        settings = found.settings if found is not None else ()
        return any(each["name"] == "containerInsights" and each["value"] in _ON for each in settings)

    def _look(self, region: str, cluster: str) -> None:
        lines = list(self._lines(region, cluster)) if self._is_on(region, cluster) else []
        if not lines:
            self._watched.discard((region, cluster))
            return
        name = f"/aws/ecs/containerinsights/{cluster}/performance"
        group = f"arn:aws:logs:{region}:{self._setting.account}:log-group:{name}"
        make_group(self._setting, region, name, kept_days=KEPT_DAYS)
        writes = {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "arn:aws:logs:*:*:log-group:/aws/ecs/*:log-stream:*",
        }
        role = linked_role(self._setting.account, SERVICE, _ROLE, writes)
        payload = LogLines(stream=_STREAM, lines=[(self._setting.clock.now, each) for each in lines])
        refusal = self._setting.deliveries.hand_over(group, payload, by=role)
        self._setting.note_lost(len(lines), f"records of containers for {name}", refusal)
        self._later(region, cluster)

    def _lines(self, region: str, cluster: str) -> Iterator[str]:
        for task in running(self._setting, region, cluster):
            if not is_of_fargate(task):
                continue
            definition = definition_of(self._setting, region, task)
            for container in definition.container_definitions:
                yield ECS_CONTAINER.write(self._values(cluster, task, definition, container))

    def _values(self, cluster: str, task: Any, definition: Any, container: dict[str, Any]) -> dict[str, Any]:
        cpu, memory = int(container.get("cpu") or 0), int(container.get("memory") or 0)
        return {
            "Version": "0",
            "Type": "Container",
            "ContainerName": container["name"],
            "TaskId": id_of(task),
            "TaskDefinitionFamily": definition.family,
            "TaskDefinitionRevision": str(definition.revision),
            "ClusterName": cluster,
            "Image": container.get("image", ""),
            "ContainerKnownStatus": "RUNNING",
            "Timestamp": int(self._setting.clock.now.timestamp() * 1000),
            "CpuUtilized": cpu / 10,
            "CpuReserved": float(cpu),
            "MemoryUtilized": memory // 10,
            "MemoryReserved": memory,
            **dict.fromkeys(("StorageReadBytes", "StorageWriteBytes", "NetworkRxBytes", "NetworkTxBytes"), 0),
        }
