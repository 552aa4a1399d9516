"""Tasks as moto keeps them: what runs, of which definition."""

from collections.abc import Iterator
from typing import Any

from scenarios.cloud.kernel import moto_state
from scenarios.cloud.setting import Setting


def running(setting: Setting, region: str, cluster: str) -> Iterator[Any]:
    """The tasks of a cluster, by its name, that have not stopped."""
    found = moto_state.backend("ecs", setting.account, region).tasks.get(cluster, {})
    yield from (each for each in found.values() if each.desired_status != "STOPPED")


def definition_of(setting: Setting, region: str, task: Any) -> Any:
    """A task's definition: `.family`, `.revision`, `.container_definitions`, `.execution_role_arn`."""
    return moto_state.backend("ecs", setting.account, region).describe_task_definition(
        task.task_definition_arn
    )


def is_of_fargate(task: Any) -> bool:
    """Whether no host of the account's runs it."""
    provider = str(task.capacity_provider_name or "")
    return task.launch_type == "FARGATE" or provider.startswith("FARGATE")


def id_of(task: Any) -> str:
    """The id in its ARN."""
    return str(task.task_arn).rpartition("/")[2]
