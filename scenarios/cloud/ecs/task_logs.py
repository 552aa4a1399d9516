"""What containers of Fargate's tasks write, by the `awslogs` driver: a log stream for each container.

The driver writes under the task's execution role to `PREFIX/CONTAINER/TASK`, and makes the log group only
where `awslogs-create-group` says so. AWS does not start a container whose driver can't make its stream: the
task stops, with the reason. A scenario says what a container writes.

Left out, and loud: other drivers, tasks on hosts, `awslogs-multiline-pattern` and `awslogs-datetime-format`.
Unconfirmed: how long the driver gathers lines; the words after `ResourceInitializationError`.

Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from scenarios.cloud.ecs.task_states import stop
from scenarios.cloud.ecs.tasks import definition_of, id_of, is_of_fargate, running
from scenarios.cloud.kernel.deliveries import AssumedRole, LogLines
from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.cloud.service_logs_delivery import make_group
from scenarios.cloud.setting import Setting

SERVICE: Final = "ecs-tasks.amazonaws.com"
GATHER_SECONDS: Final = (0.5, 5.0)
_KNOWN: Final = frozenset(
    {
        "awslogs-create-group",
        "awslogs-group",
        "awslogs-region",
        "awslogs-stream-prefix",
        "max-buffer-size",
        "mode",
    }
)


class TaskLogs:
    """Every container of the account that writes."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def writes(self, region: str, cluster: str, family: str, container: str, lines: Sequence[str]) -> None:
        """This container of every running task of a family writes these lines, now.

        Raises WorldError where no such task runs, or it has no such container.
        """
        tasks = [
            each
            for each in running(self._setting, region, cluster)
            if definition_of(self._setting, region, each).family == family
        ]
        if not tasks:
            raise WorldError(f"no task of {family} runs in {cluster}")
        for task in tasks:
            self._write(region, task, container, lines)

    def _write(self, region: str, task: Any, container: str, lines: Sequence[str]) -> None:
        definition = definition_of(self._setting, region, task)
        found = next((each for each in definition.container_definitions if each["name"] == container), None)
        if found is None:
            raise WorldError(f"{definition.family} has no container {container}")
        options = options_of(task, found)
        if options is None:
            return
        where = options.get("awslogs-region", region)
        group = f"arn:aws:logs:{where}:{self._setting.account}:log-group:{options['awslogs-group']}"
        stream = f"{options['awslogs-stream-prefix']}/{container}/{id_of(task)}"
        role = AssumedRole(arn=getattr(definition, "execution_role_arn", "") or "", service=SERVICE)
        if options.get("awslogs-create-group") == "true":
            make_group(self._setting, where, options["awslogs-group"], by=role)
        payload = LogLines(stream=stream, lines=[(self._setting.clock.now, each) for each in lines])
        refusal = self._setting.deliveries.refusal(group, payload, by=role)
        if refusal is not None:
            because = (
                f"ResourceInitializationError: failed to create Cloudwatch log stream: {refusal.because}"
            )
            self._setting.note_lost(len(lines), f"lines of {container} in {definition.family}", because)
            stop(self._setting, region, task, because)
            return
        wait = self._setting.random("ecs.awslogs").uniform(*GATHER_SECONDS)
        send = partial(self._send, group, payload, role)
        self._setting.clock.after(wait, send, f"awslogs of {stream}")

    def _send(self, group: str, payload: LogLines, role: AssumedRole) -> None:
        refusal = self._setting.deliveries.hand_over(group, payload, by=role)
        self._setting.note_lost(len(payload.lines), f"lines of {payload.stream}", refusal)


def options_of(task: Any, container: dict[str, Any]) -> dict[str, str] | None:
    """The driver's options; None for a container without a log configuration, whose output Fargate drops.

    Raises NotSimulated for another driver or option, and for a task on a host.
    """
    configuration = container.get("logConfiguration")
    if not configuration:
        return None
    driver, options = configuration["logDriver"], dict(configuration.get("options") or {})
    unknown = sorted(options.keys() - _KNOWN)
    if driver != "awslogs" or unknown:
        raise NotSimulated("ecs", f"the log driver {driver}{' with ' + unknown[0] if unknown else ''}")
    if not is_of_fargate(task):
        raise NotSimulated("ecs", "logs of a task that does not run on Fargate")
    return options
