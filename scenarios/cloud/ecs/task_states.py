"""Events of tasks: that they run, and that they stopped, on the default bus.

A task of moto runs at once, so the states in between have no events. Its containers have no events of their
own on AWS either: they stand in the task's.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
"""

from typing import Any, Final

from scenarios.cloud.ecs.tasks import definition_of
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.setting import Setting

CHANGE: Final = "ECS Task State Change"
EVENTS: Final = (EmittedEvents(source="aws.ecs", detail_types=(CHANGE,)),)


class TaskStates:
    """Every task that a call starts or stops."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.after("ecs", "RunTask", self._started)
        setting.calls.after("ecs", "StopTask", self._stopped)

    def _started(self, call: ApiCall) -> None:
        for each in (call.response or {}).get("tasks", ()):
            tell(self._setting, call.region, each["taskArn"])

    def _stopped(self, call: ApiCall) -> None:
        tell(self._setting, call.region, (call.response or {})["task"]["taskArn"])


def stop(setting: Setting, region: str, task: Any, reason: str) -> None:
    """AWS stops a task that can't be started."""
    task.last_status = task.desired_status = "STOPPED"
    task.stopped_reason = reason
    tell(setting, region, task.task_arn)


def tell(setting: Setting, region: str, arn: str) -> None:
    """Put the event of a task's state on the bus."""
    tasks = moto_state.backend("ecs", setting.account, region).tasks
    task = next(each[arn] for each in tasks.values() if arn in each)
    event = setting.service_event(region, "aws.ecs", CHANGE, [arn], _detail(setting, region, task))
    setting.announce(region, event, by="ecs.amazonaws.com")


def _detail(setting: Setting, region: str, task: Any) -> dict[str, Any]:
    stopped = task.desired_status == "STOPPED"
    state = "STOPPED" if stopped else "RUNNING"
    containers = definition_of(setting, region, task).container_definitions
    return {
        "taskArn": task.task_arn,
        "clusterArn": task.cluster_arn,
        "taskDefinitionArn": task.task_definition_arn,
        "group": task.group,
        "launchType": task.launch_type or "FARGATE",
        "desiredStatus": state,
        "lastStatus": state,
        "containers": [
            {
                "name": each["name"],
                "image": each.get("image", ""),
                "lastStatus": state,
                "taskArn": task.task_arn,
            }
            for each in containers
        ],
        "version": 2 if stopped else 1,
        **({"stoppedReason": task.stopped_reason} if stopped else {}),
    }
