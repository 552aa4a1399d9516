"""What goes into a state and what comes out: paths, templates and the context object.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html,
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.kernel.json_paths import InvalidPath, NothingThere, put, select
from scenarios.cloud.stepfunctions.errors import StateError, runtime
from scenarios.cloud.stepfunctions.intrinsics import evaluate


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What paths are read in: `$` and `$$`."""

    data: Any
    context: Mapping[str, Any]
    new_uuid: Callable[[], str]

    def at(self, path: str) -> Any:
        """What a path, or a call of an intrinsic function, comes to; raises NothingThere."""
        if path.startswith("States."):
            return evaluate(path, self.at, self.new_uuid)
        if path.startswith("$$"):
            return select(path[1:], self.context)
        return select(path, self.data)

    def filled(self, template: Any) -> Any:
        """A template with the values of all names that end in `.$`.

        Raises StateError: States.ParameterPathFailure where a path leads nowhere.
        """
        if isinstance(template, Mapping):
            return {
                name.removesuffix(".$"): self._found(each) if name.endswith(".$") else self.filled(each)
                for name, each in template.items()
            }
        return [self.filled(each) for each in template] if isinstance(template, list) else template

    def _found(self, path: str) -> Any:
        try:
            return self.at(path)
        except (NothingThere, InvalidPath) as error:
            why = f"The JSONPath '{path}' could not be found in the input"
            raise StateError("States.ParameterPathFailure", why) from error

    def through(self, path: str | None, where: str) -> Any:
        """What InputPath or OutputPath lets through; null lets nothing through."""
        if path is None:
            return {}
        try:
            return self.at(path)
        except (NothingThere, InvalidPath) as error:
            raise runtime(f"Invalid path '{path}' in {where}: nothing is there") from error


def with_result(state: Mapping[str, Any], given: Any, result: Any) -> Any:
    """The state's input with its result at ResultPath; the result alone by default, the input for null."""
    path = state.get("ResultPath", "$")
    if path is None:
        return given
    try:
        return put(path, result, given)
    except (NothingThere, InvalidPath) as error:
        why = f"Unable to apply step {path!r} to input"
        raise StateError("States.ResultPathMatchFailure", why) from error
