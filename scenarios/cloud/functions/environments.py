"""Execution environments: cold starts, what is kept warm, variables, the session a function runs under."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from scenarios.cloud.authorization.identity import TOKEN_OF_ROLE
from scenarios.cloud.functions.code import DeployedCode
from scenarios.cloud.functions.invocations import TASK_ROOT
from scenarios.cloud.functions.logs import FunctionLogs
from scenarios.cloud.functions.runtime_environment import ExecutionEnvironment
from scenarios.cloud.functions.versions import Runs
from scenarios.cloud.kernel.arns import region_of, unqualified
from scenarios.cloud.kernel.caller import Caller, session_on
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.isolation import NO_AWS_FILES
from scenarios.cloud.setting import Setting

# An idle environment is taken down after some minutes; AWS names no number.
KEPT_WARM = timedelta(minutes=10)
COLD_START_SECONDS = 0.6
OLDEST_PYTHON = (3, 10)  # what is older is said to run on another one


@dataclass(slots=True)
class Warm:
    """An execution environment between two invocations; all that runs in it writes to one log stream."""

    environment: ExecutionEnvironment
    stream: str
    state: tuple[Any, ...]
    last_used: datetime
    fresh: bool = True  # nothing ran in it yet


class Environments:
    """The environments of all functions; no function has more than one that is warm."""

    def __init__(self, setting: Setting, logs: FunctionLogs) -> None:
        self._setting = setting
        self._logs = logs
        self._code = DeployedCode(setting)
        self._warm: dict[str, Warm] = {}
        self._told_old: set[str] = set()

    def of(self, runs: Runs) -> Warm:
        """A warm environment where there is one of this version of the function, else a cold start."""
        setting, arn, model = self._setting, runs.arn, runs.model
        state = (
            model.last_modified,
            model.code_sha_256,
            model.handler,
            model.role,
            tuple(str(each["Arn"]) for each in model.layers),
            tuple(model.environment_vars.items()),
        )
        warm = self._warm.get(arn)
        if (
            warm is not None
            and warm.state == state
            and setting.clock.now - warm.last_used <= KEPT_WARM
            and not setting.faults.always_cold
        ):
            return warm
        self._must_run(model)
        setting.clock.pass_time(COLD_START_SECONDS)
        now = setting.clock.now
        stream = f"{now:%Y/%m/%d}/[{runs.version}]{setting.new_uuid('lambda.environment').replace('-', '')}"
        setting.identity.enrol(session_of(setting, model))
        code = self._code.of(model)
        variables = self._variables(runs, stream)
        environment = ExecutionEnvironment(model.handler, variables, code.folder, code.modules, code.layers)
        self._warm[arn] = Warm(environment, stream, state, now)
        return self._warm[arn]

    def throw_away(self, arn: str) -> None:
        """The next run of this version is a cold start."""
        self._warm.pop(arn, None)

    @contextmanager
    def busy(self, arns: Iterable[str]) -> Iterator[None]:
        """The environments of these versions are taken inside, and warm again afterwards."""
        taken = {each: self._warm.pop(each) for each in arns if each in self._warm}
        try:
            yield
        finally:
            self._warm.update(taken)

    def _must_run(self, model: Any) -> None:
        """Python runs here, whatever its version; functions in other languages only stand.

        Raises:
            NotSimulated: the function is in another language.
        """
        name, version = model.function_name, _python(model.run_time)
        if version is None:
            raise NotSimulated("lambda", f"running {name}, which is written for {model.run_time}")
        if version < OLDEST_PYTHON and name not in self._told_old:
            self._told_old.add(name)
            here = f"Python {sys.version_info.major}.{sys.version_info.minor}"
            self._setting.note("runtime", f"{name} is written for {model.run_time}, and runs on {here} here")

    def _variables(self, runs: Runs, stream: str) -> dict[str, str]:
        """Lambda's own variables, then the template's; none of this machine's.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        model, region = runs.model, region_of(runs.arn)
        identity = self._setting.identity
        key = identity.enrol(session_of(self._setting, model)).access_key_id
        return {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": identity.secret_of(key),
            "AWS_SESSION_TOKEN": TOKEN_OF_ROLE,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{model.run_time}",
            "AWS_LAMBDA_FUNCTION_NAME": model.function_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(model.memory_size),
            "AWS_LAMBDA_FUNCTION_VERSION": runs.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": self._logs.group_of(model.function_name),
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "LAMBDA_TASK_ROOT": TASK_ROOT,
            "TZ": ":UTC",
            "_HANDLER": model.handler,
            # Lambda has no such files; without these, botocore would find those of this machine.
            **NO_AWS_FILES,
            **model.environment_vars,
        }


def session_of(setting: Setting, model: Any) -> Caller:
    """The session Lambda opens on the function's role: `assumed-role/ROLE/FUNCTION`."""
    return replace(
        session_on(str(model.role), model.function_name),
        source_ip="10.0.0.1",
        user_agent=f"Boto3/1.44.5 md/Botocore#1.44.5 exec-env/AWS_Lambda_{model.run_time}",
        session_created=setting.clock.now,
        function_arn=unqualified(str(model.function_arn)),
    )


def _python(runtime: str) -> tuple[int, int] | None:
    """The version of a Python runtime; None for another language's."""
    major, dot, minor = runtime.removeprefix("python").partition(".")
    return (int(major), int(minor)) if runtime.startswith("python") and dot else None
