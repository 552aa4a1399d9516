"""Finding scenarios: modules below `scenarios/` that bind SCENARIO or SCENARIOS, and any file by its path.

The modules are found by their text, so that nothing is imported needlessly. A module that can't be
read is reported in one sentence with its file and line; the others stay of use.
"""

import ast
import difflib
import importlib
import importlib.util
import json
import os
import re
import sys
import time
import traceback
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType

from chalicelib.catalog import CATALOG
from scenarios.cloud.kernel import garbage, kept_on_disk
from scenarios.runner.scenario import Scenario

PACKAGE = Path(__file__).resolve().parents[1]
_BINDS = re.compile(r"^SCENARIOS?[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
_SETTLED = 2_000_000_000  # nanoseconds after which another change of a file has another time
_BOUND = frozenset({"SCENARIO", "SCENARIOS"})
_PLACES = {remediation.name: place for place, remediation in enumerate(CATALOG)}


class UnknownScenario(LookupError):
    """No scenario has this name; the message offers those that look like it."""


class UnreadableModule(ValueError):
    """A module that holds scenarios can't be used; the message names the file and the line."""


def holds_scenarios(path: Path) -> bool:
    """Whether the module binds SCENARIO or SCENARIOS at its top level; it is not imported for that.

    A module with a syntax error counts if a line looks like it, or if it lies where only scenarios do:
    using it then reports the error.
    """
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError):
        return False
    # The plain question first: it answers for nearly all modules, and a pattern takes ten times as long.
    looks_like_it = "SCENARIO" in text and _BINDS.search(text) is not None
    if not looks_like_it and not _among_scenarios(path):
        return False
    try:
        return not _BOUND.isdisjoint(_bound(ast.parse(text)))
    except (SyntaxError, ValueError):
        return True


def _among_scenarios(path: Path) -> bool:
    """Whether it lies in a folder `scenarios` or `incidents` itself, not in a room of the simulated AWS."""
    folder = path.resolve().parent if path.is_symlink() else _resolved(path.parent)
    return folder.name in {"scenarios", "incidents"}


@cache
def _resolved(folder: Path) -> Path:
    return folder.resolve()


def _bound(module: ast.Module) -> Iterator[str]:
    for statement in module.body:
        match statement:
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def scenarios_in(path: Path) -> tuple[Scenario, ...]:
    """The scenarios of one module: its SCENARIOS, or its one SCENARIO.

    Raises UnreadableModule: it can't be imported, holds something else, or one name twice.
    """
    module = _imported(path.resolve())
    listed = getattr(module, "SCENARIOS", None)
    if listed is None:
        listed = (module.SCENARIO,)
    if not isinstance(listed, list | tuple):
        raise UnreadableModule(f"{shown(path)}: SCENARIOS is a tuple of scenarios, not {listed!r}")
    for each in listed:
        if not isinstance(each, Scenario):
            raise UnreadableModule(f"{shown(path)}: {each!r} is not a Scenario")
    names = [scenario.name for scenario in listed]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UnreadableModule(f"{shown(path)}: two scenarios are called {twice[0]}")
    return tuple(listed)


def shown(path: Path) -> str:
    """A path as people name it: from the current directory, if it lies below."""
    path, here = path.resolve(), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


# ---- all of them --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shelf:
    scenarios: tuple[Scenario, ...]
    unreadable: tuple[str, ...]


def library() -> tuple[Scenario, ...]:
    """Every scenario there is: in the catalogue's order, what belongs to no remediation last."""
    return _shelf().scenarios


def unreadable() -> tuple[str, ...]:
    """A sentence for each module that the library had to leave out, and for each name that stands twice."""
    return _shelf().unreadable


@lru_cache(maxsize=1)
def _shelf() -> _Shelf:
    with garbage.is_off():  # modules are loaded, and stay
        return _filled()


def _filled() -> _Shelf:
    found: dict[str, tuple[Scenario, Path]] = {}
    wrong: list[str] = []
    for path in sorted(_holding(PACKAGE), key=_place):
        try:
            scenarios = scenarios_in(path)
        except UnreadableModule as error:
            wrong.append(str(error))
            continue
        for scenario in scenarios:
            if scenario.name in found:
                wrong.append(clash(scenario.name, found[scenario.name][1], path))
            else:
                found[scenario.name] = scenario, path
    return _Shelf(tuple(scenario for scenario, _ in found.values()), tuple(wrong))


def _holding(folder: Path) -> list[Path]:
    """The modules below it that hold scenarios, looked through once for each state of the files."""
    paths = list(folder.rglob("*.py"))
    try:
        states = [(str(path), *_state(path.stat())) for path in paths]
    except OSError:  # a link that leads nowhere
        return [path for path in paths if holds_scenarios(path)]
    asked = f"modules that hold scenarios: {states}"
    known = kept_on_disk.read(asked)
    if known is not None:
        return [Path(each) for each in json.loads(known)]
    found = [path for path in paths if holds_scenarios(path)]
    if max((changed for *_, changed in states), default=0) < time.time_ns() - _SETTLED:
        kept_on_disk.write(asked, json.dumps([str(path) for path in found]).encode())
    return found


def _state(status: os.stat_result) -> tuple[int, int, int]:
    """What changes with a file's text; the last is the time of any change, for a copy may keep the other."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def clash(name: str, first: Path, second: Path) -> str:
    """What is reported when two modules have a scenario of the same name: a name must lead to one."""
    return f"{shown(first)} and {shown(second)} both have a scenario called {name}: rename one"


def _place(path: Path) -> tuple[int, str]:
    return _PLACES.get(path.stem, len(_PLACES)), path.stem


def named(names: Sequence[str]) -> tuple[Scenario, ...]:
    """The scenarios of these names, each once, as asked; `table_deleted*` stands for all that begin so.

    `path/to/module.py` stands for all of a module, wherever it lies, and `path/to/module.py::name` for one.

    Raises UnknownScenario.
    """
    chosen: dict[str, Scenario] = {}
    for name in names:
        path, _, inside = name.partition("::")
        by_path = path.endswith(".py") or "/" in path
        right = _matching(_of_file(Path(path)), inside or "*") if by_path else in_library(name)
        chosen |= {scenario.name: scenario for scenario in right}
    return tuple(chosen.values())


def in_library(name: str) -> tuple[Scenario, ...]:
    """Those of the library that go by this name, and none that a path leads to. Raises UnknownScenario."""
    return _matching(library(), name)


def _of_file(path: Path) -> tuple[Scenario, ...]:
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise UnknownScenario(f"{path}: it is no regular file")
        path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UnknownScenario(f"there is no file {path}") from error
    except OSError as error:
        raise UnknownScenario(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:
        raise UnknownScenario(f"{path}: it is no Python, for it is no text in UTF-8") from error
    if not holds_scenarios(path):
        raise UnknownScenario(f"{path} has neither SCENARIO nor SCENARIOS")
    try:
        return scenarios_in(path)
    except UnreadableModule as error:
        raise UnknownScenario(str(error)) from error


def _matching(scenarios: Sequence[Scenario], name: str) -> tuple[Scenario, ...]:
    right = tuple(scenario for scenario in scenarios if fnmatchcase(scenario.name, name))
    if not right:
        raise UnknownScenario(_unknown(name, [scenario.name for scenario in scenarios]))
    return right


def _unknown(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    offer = f"did you mean {' or '.join(close)}?" if close else "trailwarden scenarios lists all"
    return f"there is no scenario called {name!r}; {offer}"


# ---- importing ----------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _imported(path: Path) -> ModuleType:
    """The module at that path; below `scenarios/` the one that an import statement would give."""
    try:
        if path.is_relative_to(PACKAGE):
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            return importlib.import_module(".".join(part for part in parts if part != "__init__"))
        return _from_elsewhere(path)
    except Exception as error:
        raise UnreadableModule(f"{_where(path, error)}: {type(error).__name__}: {_said(error)}") from error


def _from_elsewhere(path: Path) -> ModuleType:
    name = f"trailwarden_scenario_{path.stem}_{zlib.crc32(bytes(path)):08x}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up while it is made
    try:
        with _current_directory_importable():
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _current_directory_importable() -> Iterator[None]:
    """A module of somebody's own project may import its neighbours, as it may under `python -m pytest`."""
    here = str(Path.cwd())
    sys.path.append(here)
    try:
        yield
    finally:
        sys.path.remove(here)


def _where(path: Path, error: Exception) -> str:
    """File and line: of the syntax error, or of the module's statement that failed."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown(Path(error.filename))}:{error.lineno}"
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    return f"{shown(path)}:{lines[0]}" if lines else shown(path)


def _said(error: Exception) -> str:
    return str(error.msg if isinstance(error, SyntaxError) else error) or "nothing more was said"
