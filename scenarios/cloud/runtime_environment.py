"""One Lambda execution environment: a function's own modules, variables and output.

A cold start imports `app` and `chalicelib` afresh under the function's environment;
a warm one finds them as the last invocation left them. While the function runs, and
only then, its modules stand in `sys.modules` and its variables in `os.environ`.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

import importlib
import io
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from types import ModuleType
from typing import Any

# What a deployment package holds of ours. Libraries are shared between functions: they are the same files.
DEPLOYED = ("app", "chalicelib")


class ExecutionEnvironment:
    """Where invocations of one function run, one after the other."""

    def __init__(self, handler: str, variables: Mapping[str, str]) -> None:
        self._variables = dict(variables)
        self._handler = handler
        self._modules: dict[str, ModuleType] = {}
        self._loggers: dict[str, Any] = {}
        self._output = io.StringIO()

    def invoke(self, event: Any, context: Any) -> Any:
        """Run the handler; whatever it raises rises, an import error included."""
        with self._inside(), redirect_stdout(self._output):
            return self._resolve()(event, context)

    def take_output(self) -> list[str]:
        """The lines printed since this was last asked."""
        lines = self._output.getvalue().splitlines()
        self._output.seek(0)
        self._output.truncate()
        return lines

    def _resolve(self) -> Callable[[Any, Any], Any]:
        """`app.root_login` is module `app`, attribute `root_login`, as Lambda reads it."""
        module_name, _, attribute = self._handler.rpartition(".")
        module = importlib.import_module(module_name.replace("/", "."))
        handler = getattr(module, attribute, None)
        if handler is None:
            raise ImportError(f"Handler '{attribute}' missing on module '{module_name}'")
        return handler  # type: ignore[no-any-return]  # whatever the module calls a handler

    @contextmanager
    def _inside(self) -> Iterator[None]:
        outside_modules = _take_modules()
        outside_variables = dict(os.environ)
        outside_loggers = _take_loggers()
        sys.modules.update(self._modules)
        logging.Logger.manager.loggerDict.update(self._loggers)
        os.environ.clear()
        os.environ.update(self._variables)
        try:
            yield
        finally:
            self._modules = _take_modules()
            self._loggers = _take_loggers()
            sys.modules.update(outside_modules)
            logging.Logger.manager.loggerDict.update(outside_loggers)
            os.environ.clear()
            os.environ.update(outside_variables)


def _take_modules() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.split(".", 1)[0] in DEPLOYED]
    return {name: sys.modules.pop(name) for name in names}


def _take_loggers() -> dict[str, Any]:
    """Powertools' logger keeps the stream it first wrote to; each environment has its own."""
    known = logging.Logger.manager.loggerDict
    return {name: known.pop(name) for name in list(known) if name.split(".", 1)[0] in {"trailwarden", "app"}}
