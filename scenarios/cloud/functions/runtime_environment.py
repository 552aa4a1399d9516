"""One Lambda execution environment: a function's own modules, variables and output.

A cold start imports the deployed code afresh under the function's environment, but for
modules that can't change; a warm one finds it as the last invocation left it. While the
function runs, and only then, its modules are in `sys.modules`, its variables in
`os.environ`, its session is boto3's default one. Libraries are shared between functions:
they are the same files, and other state at their module level belongs to no single
function.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html; how the handler is
found and what is said when it isn't, `_get_handler` in
https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
"""

import dataclasses
import importlib
import io
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import lru_cache
from importlib.abc import MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from importlib.util import cache_from_source
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import boto3

from scenarios.cloud.kernel.isolation import encoded, exchange_variables
from scenarios.cloud.kernel.methods import execute

# What Chalice packages of ours, from the folder that holds app.py.
DEPLOYED = ("app", "chalicelib")
PROJECT = Path(__file__).resolve().parents[3]
# Modules of ours that hold types and constants and nothing that can change: a test proves it. To make their
# classes takes half of a cold start, so they are made once for each version of their file.
UNCHANGING = frozenset(
    f"chalicelib.{name}"
    for name in (
        "aws",
        "brakes",
        "config_items",
        "config_rule",
        "counting",
        "delayed",
        "errors",
        "events",
        "evidence.call",
        "evidence.earlier",
        "evidence.event_history",
        "evidence.excuse",
        "evidence.lately",
        "evidence.log_events",
        "evidence.log_query",
        "evidence.powers",
        "evidence.seen",
        "evidence.sign_in",
        "evidence.statements",
        "http.listing",
        "ledger.anchors",
        "ledger.claims",
        "ledger.entries",
        "ledger.floods",
        "ledger.grants",
        "ledger.instructions",
        "ledger.ledger",
        "ledger.reach",
        "ledger.table",
        "ledger.validations",
        "looking",
        "matching.errors",
        "matching.events.text",
        "matching.logs.mismatch",
        "own_calls",
        "remediation",
        "remediations.failed_login.attempts",
        "remediations.failed_login.bursts",
        "remediations.failed_login.console",
        "remediations.failed_login.sshd",
        "remediations.noncompliant.change",
        "remediations.noncompliant.deeds",
        "remediations.noncompliant.history",
        "remediations.noncompliant.mending",
        "remediations.table_deleted.backups",
        "remediations.trail_digest.alerts",
        "remediations.trail_digest.audit",
        "remediations.trail_digest.objects",
        "remediations.trail_validation.parts",
        "runtime.declared",
        "runtime.execute",
        "runtime.expected",
        "runtime.forged",
        "runtime.fresh",
        "runtime.gate",
        "runtime.limits",
        "runtime.measures",
        "runtime.notify",
        "runtime.seen_at_last",
        "runtime.tampering",
        "runtime.verify",
        "runtime.voice",
        "seal",
        "settings",
        "sharing",
        "stack",
        "template.brakes",
        "template.names",
        "template.seals",
        "trail.description",
        "trail.integrity.chain",
        "trail.integrity.digest",
        "trail.integrity.evidence",
        "trail.integrity.findings",
        "trail.integrity.gunzip",
        "trail.integrity.keys",
        "trail.integrity.logs",
        "trail.integrity.public_keys",
        "trail.integrity.sentences",
        "trail.integrity.verdict",
        "trail.reader",
        "trail.settings.lifecycle",
        "trail.settings.reader",
        "trail.settings.selectors",
        "trail.settings.settings",
        "trail.stretch",
        "triggers",
        "user_quarantine",
        "wording",
    )
)


class InitError(Exception):
    """The function's code could not be loaded. `kind` is the runtime's own name for why."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


class ExecutionEnvironment:
    """Where invocations of one function run, one after the other.

    `code` is the folder that was packaged, `own` the modules at its top that are the function's own: app.py,
    and beside it chalicelib, or what else it has. `layers`: where the modules of its layers lie.
    """

    def __init__(
        self,
        handler: str,
        variables: Mapping[str, str],
        code: Path = PROJECT,
        own: tuple[str, ...] = DEPLOYED,
        layers: tuple[Path, ...] = (),
    ) -> None:
        self.code = code
        self.layers = layers
        self._variables = encoded(variables)
        self._handler = handler
        self._own = own
        self._code = _Deployed((code, *layers), own)
        self._modules: dict[str, ModuleType] = {}
        self._loggers: dict[str, Any] = {}
        self._session: boto3.Session | None = None
        self._root: tuple[list[logging.Handler], int] = ([], logging.WARNING)
        self._output = io.StringIO()

    def invoke(self, event: Any, context: Any, afterwards: Callable[[], None] = lambda: None) -> Any:
        """Run the handler; once it has returned `afterwards`, before the environment freezes.

        Every error of the handler rises. Raises InitError if there is no handler.
        """
        with self._inside(), redirect_stdout(self._output), redirect_stderr(self._output):
            result = self._resolve()(event, context)
            afterwards()
            return result

    def take_output(self) -> list[str]:
        """The lines printed since this was last asked."""
        lines = self._output.getvalue().splitlines()
        self._output.seek(0)
        self._output.truncate()
        return lines

    def _resolve(self) -> Callable[[Any, Any], Any]:
        """`app.root_login` is module `app`, attribute `root_login`, as Lambda reads it."""
        module_name, dot, attribute = self._handler.rpartition(".")
        if not dot:
            raise InitError("Runtime.MalformedHandlerName", f"Bad handler '{self._handler}'")
        try:
            module = importlib.import_module(module_name.replace("/", "."))
        except ImportError as error:
            message = f"Unable to import module '{module_name}': {error}"
            raise InitError("Runtime.ImportModuleError", message) from error
        except SyntaxError as error:
            message = f"Syntax error in module '{module_name}': {error}"
            raise InitError("Runtime.UserCodeSyntaxError", message) from error
        handler = getattr(module, attribute, None)
        if handler is None:
            message = f"Handler '{attribute}' missing on module '{module_name}'"
            raise InitError("Runtime.HandlerNotFound", message)
        return handler  # type: ignore[no-any-return]  # any callable

    @contextmanager
    def _inside(self) -> Iterator[None]:
        outside_modules = _take_modules(self._own)
        outside_variables = exchange_variables(self._variables)
        outside_loggers = _take_loggers()
        outside_root = _exchange_root(self._root)
        outside_session, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, self._session
        sys.modules.update(self._modules or _standing(self.code))
        logging.Logger.manager.loggerDict.update(self._loggers)
        sys.meta_path.insert(0, self._code)
        inside_another = "exec" in vars(dataclasses)
        vars(dataclasses)["exec"] = execute
        try:
            yield
        finally:
            if not inside_another:
                del vars(dataclasses)["exec"]
            sys.meta_path.remove(self._code)
            self._modules = _take_modules(self._own)
            self._loggers = _take_loggers()
            self._root = _exchange_root(outside_root)
            self._session, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, outside_session
            sys.modules.update(outside_modules)
            logging.Logger.manager.loggerDict.update(outside_loggers)
            exchange_variables(outside_variables)


class _Deployed(MetaPathFinder):
    """Finds the packaged modules, in the folders that were packaged and nowhere else."""

    def __init__(self, folders: Sequence[Path], own: tuple[str, ...]) -> None:
        self._folders = [str(each) for each in folders]
        self._own = own

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The import system asks."""
        if fullname.split(".", 1)[0] not in self._own:
            return None
        for folder in path or self._folders:
            found = _found(folder, fullname) or _finder(folder).find_spec(fullname, target)
            if found is not None:
                return found
        raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


class _Source(SourceFileLoader):
    """Compiles each version of a file once: cold starts run the code again, and needn't read it again."""

    def get_code(self, fullname: str) -> CodeType | None:
        """The import system asks."""
        stat = os.stat(self.path)  # noqa: PTH116 - a Path for each would cost more than the question
        return _compiled(self.path, fullname, stat.st_mtime_ns, stat.st_size)


_Version = tuple[str, int, int]
"""A file's path, when it was written, and its size."""


class _Unchanging(_Source):
    """Hands out the same module to every function."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """The import system asks."""
        del spec
        return _made.get(self._version())

    def exec_module(self, module: ModuleType) -> None:
        """The import system asks."""
        version = self._version()
        if version not in _made:
            super().exec_module(module)
            _made[version] = module

    def _version(self) -> _Version:
        return _version(self.path)


_made: dict[_Version, ModuleType] = {}


def _version(path: str) -> _Version:
    stat = os.stat(path)  # noqa: PTH116 - as above
    return path, stat.st_mtime_ns, stat.st_size


def _standing(code: Path) -> dict[str, ModuleType]:
    """Those of the unchanging modules that were made and whose file is the same, by name.

    A cold start finds them where it would put them: to look for each takes longer than all else.
    """
    if code != PROJECT:
        return {}
    return {made.__name__: made for version, made in _made.items() if _is_still(version)}


def _is_still(version: _Version) -> bool:
    try:
        return _version(version[0]) == version
    except OSError:
        return False


def _loader(fullname: str, path: str) -> _Source:
    unchanging = fullname in UNCHANGING and path.startswith(f"{PROJECT}{os.sep}")
    return (_Unchanging if unchanging else _Source)(fullname, path)


def _found(folder: str, fullname: str) -> ModuleSpec | None:
    """A package or a module where it usually lies; a finder of files would list the whole folder first."""
    place = f"{folder}/{fullname.rpartition('.')[2]}"
    for path, within in ((f"{place}/__init__.py", [place]), (f"{place}.py", None)):
        if os.path.isfile(path):  # noqa: PTH113 - as above
            spec = ModuleSpec(fullname, _loader(fullname, path), origin=path, is_package=within is not None)
            spec.submodule_search_locations = within
            spec.has_location = True
            spec.cached = _cached_at(path)
            return spec
    return None


@lru_cache(maxsize=1024)
def _cached_at(path: str) -> str:
    return cache_from_source(path)


def _finder(folder: str) -> FileFinder:
    return FileFinder(folder, (_Source, [".py"]))


@lru_cache(maxsize=1024)
def _compiled(path: str, fullname: str, *_: int) -> CodeType | None:
    return SourceFileLoader(fullname, path).get_code(fullname)


def _take_modules(own: Sequence[str] = DEPLOYED) -> dict[str, ModuleType]:
    """Take a function's own modules out. Names are looked for in one text: there are two thousand."""
    names = "\n".join(("", *sys.modules, ""))
    ours = [
        f"{head}{tail}"
        for head in own
        for each in names.split(f"\n{head}")[1:]
        if not (tail := each.split("\n", 1)[0]) or tail.startswith(".")
    ]
    return {name: sys.modules.pop(name) for name in ours}


def _take_loggers() -> dict[str, Any]:
    """Powertools' logger keeps the stream it first wrote to; each environment has its own."""
    known = logging.Logger.manager.loggerDict
    return {name: known.pop(name) for name in list(known) if name.split(".", 1)[0] in {"trailwarden", "app"}}


def _exchange_root(other: tuple[list[logging.Handler], int]) -> tuple[list[logging.Handler], int]:
    """Give the root logger these handlers and this level; returns those it had."""
    root = logging.getLogger()
    kept = (root.handlers, root.level)
    root.handlers = other[0]
    if root.level != other[1]:  # it empties the cache of every logger
        root.setLevel(other[1])
    return kept
