"""The names of scenarios, read from the text of their modules: to import one takes moto, and two seconds."""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from scenarios import incidents


def scenarios_of(remediation: str) -> list[str]:
    """The names of the scenarios about a remediation, whichever module tells them, module by module."""
    return [name for name in every_name() if name.partition(".")[0] == remediation]


def _told_by(module: str) -> list[str]:
    """The names of the scenarios in the module of that name, in their order there."""
    path = Path(incidents.__path__[0]) / f"{module}.py"
    if not path.exists():
        return []
    try:
        tree = ast.parse(path.read_text())
    except SyntaxError:  # `trailwarden run` says where
        return []
    constants = _constants(tree)
    named = [
        (call, _text(keyword.value, constants))
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "name"
    ]
    return [name for call, name in named if name and (_is_scenario(call) or name.partition(".")[0] == module)]


def _constants(tree: ast.Module) -> dict[str, str]:
    """The module's own constants that are texts, such as `NAME = "noncompliant"`."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }


def _text(node: ast.expr, constants: Mapping[str, str]) -> str:
    """A text as it is written, by a constant, or with constants in it; "" where only a run can tell."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        return constants.get(node.id, "")
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, constants)
    if isinstance(node, ast.JoinedStr):
        parts = [_text(each, constants) for each in node.values]
        return "".join(parts) if all(parts) else ""
    return ""


def _is_scenario(call: ast.Call) -> bool:
    """A module may tell scenarios of another name than its own: `other_rights` does of `one_right`."""
    return isinstance(call.func, ast.Name) and call.func.id == "Scenario"


@cache
def every_name() -> list[str]:
    """The names of all scenarios that Trailwarden has, module by module."""
    modules = sorted(path.stem for path in Path(incidents.__path__[0]).glob("[a-z]*.py"))
    return [name for module in modules for name in _told_by(module)]
