"""What functions write to their log groups: what handlers print, how they failed, the platform's own lines.

What the platform itself writes (START, END, REPORT) is written where `writes_platform_lines` asks for it:
scenarios that aren't about it pay nothing for it.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from scenarios.cloud.functions.invocations import Context, logged
from scenarios.cloud.functions.platform_lines import PlatformLines, Ran
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.deliveries import LogLines
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting


class FunctionLogs:
    """The log groups of all functions, as templates name them. `role`: the session that one runs under."""

    def __init__(self, setting: Setting, role: Callable[[Any], Caller]) -> None:
        self._setting = setting
        self._role = role
        self._groups: Mapping[str, str] = {}
        self._platform = PlatformLines(setting)
        self.writes_platform_lines = False
        self.writes = True  # what handlers print; where nobody reads it, it need not be kept

    def know(self, stacks: Sequence[Stack]) -> None:
        """The templates say which log group a function writes to, and how."""
        self._groups = of_functions(stacks, "LoggingConfig", "LogGroup")
        self._platform.formats = of_functions(stacks, "LoggingConfig", "LogFormat")
        self._platform.levels = of_functions(stacks, "LoggingConfig", "SystemLogLevel")

    def group_of(self, name: str) -> str:
        """The log group of a function."""
        return self._groups.get(name, f"/aws/lambda/{name}")

    def write(self, context: Context, ran: Ran, printed: Sequence[str]) -> list[str]:
        """Write what an attempt has to say; returns its lines."""
        result, now = ran.result, self._setting.clock.now
        said = [*printed, logged(result.error)] if result.error else printed
        timed = [(now, line) for line in said]
        if self.writes_platform_lines:
            timed = self._platform.around(timed, ran)
        if timed and self.writes:
            self._written(ran.model, context, timed)
        return [line for _, line in timed]

    def _written(self, model: Any, context: Context, lines: Sequence[tuple[datetime, str]]) -> None:
        """Lambda writes what the handler printed, and how it failed, to its log group, under its role.

        If the log group is missing, Lambda creates it, provided that the role may.
        Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
        """
        setting, region, role = self._setting, context.invoked_function_arn.split(":")[3], self._role(model)
        group = context.log_group_name
        if moto_state.log_group(setting.account, region, group) is None:
            for action, resource in setting.actions.required(
                "logs", "CreateLogGroup", {"logGroupName": group}, region=region, account=setting.account
            ):
                if not setting.identity.judge(role, action, resource).allowed:
                    self._lost(context, action)
                    return
            moto_state.backend("logs", setting.account, region).create_log_group(group, {})
        written = LogLines(stream=context.log_stream_name, lines=lines)
        arn = f"arn:aws:logs:{region}:{setting.account}:log-group:{group}"
        refusal = setting.deliveries.hand_over(arn, written, by=role)
        if refusal is not None:
            self._lost(context, refusal.action)

    def _lost(self, context: Context, action: str) -> None:
        self._setting.note("lost", f"{context.function_name} may not {action}: its output is gone")


def of_functions(stacks: Iterable[Stack], part: str, name: str) -> dict[str, str]:
    """A property that moto doesn't keep, by the function's name."""
    return {
        resource.physical_id: resource.properties[part][name]
        for stack in stacks
        for resource in stack.of_type("AWS::Lambda::Function")
        if name in resource.properties.get(part, {})
    }
