"""What every module of the project imports, read from its text: the arrows of the house."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.project import PROJECT

# What may load a module by a name that is only known when it runs.
_LOADERS = {
    "import_module",
    "__import__",
    "run_module",
    "run_path",
    "resolve_name",
    "spec_from_file_location",
}
UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Import:
    """One import: `by` which module, `of` which, as exact as the text says; `UNKNOWN` for a computed name.

    `dynamic`: by a call such as import_module. `types_only`: below `if TYPE_CHECKING`.
    """

    by: str
    of: str
    line: int
    dynamic: bool = False
    types_only: bool = False

    def __str__(self) -> str:
        return f"{self.by} imports {self.of} (line {self.line})"


@cache
def modules() -> Mapping[str, Path]:
    """Every module of app, chalicelib and scenarios, by its dotted name."""
    folders = (PROJECT / "chalicelib", PROJECT / "scenarios")
    paths = [PROJECT / "app.py", *(path for folder in folders for path in sorted(folder.rglob("*.py")))]
    return {_dotted(path): path for path in paths}


@cache
def imports(module: str) -> tuple[Import, ...]:
    """Every import of one module, wherever in it."""
    return tuple(_imports(module, ast.parse(modules()[module].read_text()), types_only=False))


def all_imports(below: str = "") -> Iterator[Import]:
    """The imports of every module of the project, or of those below a package."""
    for module in modules():
        if not below or within(module, below):
            yield from imports(module)


def within(module: str, package: str) -> bool:
    """Whether a module is the package or lies below it."""
    return module == package or module.startswith(f"{package}.")


def _dotted(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(by: str, node: ast.AST, *, types_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import(names=names):
                yield from (Import(by, each.name, child.lineno, types_only=types_only) for each in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                for each in names:
                    inner = f"{module}.{each.name}"
                    of = inner if inner in modules() else module
                    yield Import(by, of, child.lineno, types_only=types_only)
            case ast.ImportFrom():
                yield Import(by, UNKNOWN, child.lineno)  # relative: the house imports by full names
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from _imports(by, child, types_only=True)
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)) if called in _LOADERS:
                yield Import(by, _named(by, child), child.lineno, dynamic=True)
                yield from _imports(by, child, types_only=types_only)
            case _:
                yield from _imports(by, child, types_only=types_only)


def _named(by: str, call: ast.Call) -> str:
    """What a loader is asked for, up to where its name is computed."""
    match call.args[:1]:
        case [ast.Constant(value=str(name))]:
            return name
        case [ast.JoinedStr(values=[ast.Constant(value=str(name)), *_])] if "." in name:
            return name.rpartition(".")[0]
        case [ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id="__name__")), *_])]:
            return by
    return UNKNOWN


def reached(module: str) -> frozenset[str]:
    """Everything that importing a module imports in turn, ours and others', dynamic imports left out.

    What is imported inside of a function counts: somebody calls it.
    """
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        above = [name.rsplit(".", depth)[0] for depth in range(name.count(".") + 1)]
        for each in {*above, name} - found:
            found.add(each)
            if each in modules():
                waiting += [one.of for one in imports(each) if not one.types_only and not one.dynamic]
    return frozenset(found)


def loaded_after(code: str) -> frozenset[str]:
    """The modules of a fresh process that ran the code; what it prints is not looked at."""
    shown = f"{code}\nimport sys\nprint('\\n' + ' '.join(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", shown], cwd=PROJECT, capture_output=True, check=True, text=True
    )
    return frozenset(done.stdout.splitlines()[-1].split())
