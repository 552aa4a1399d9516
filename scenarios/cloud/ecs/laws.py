"""Registers the laws of Elastic Container Service."""

from scenarios.cloud.ecs.container_insights import ContainerInsights
from scenarios.cloud.ecs.task_logs import TaskLogs
from scenarios.cloud.ecs.task_states import TaskStates
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """Logs, records and events of tasks."""
    setting.laws.add(TaskLogs(setting))
    setting.laws.add(ContainerInsights(setting))
    setting.laws.add(TaskStates(setting))
