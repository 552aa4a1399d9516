"""The names of scenarios, read from the text of their modules: to import one takes moto, and two seconds."""

import ast
from pathlib import Path

from scenarios import incidents


def scenarios_of(module: str) -> list[str]:
    """The names of the scenarios in the module of that name, in their order there."""
    path = Path(incidents.__path__[0]) / f"{module}.py"
    if not path.exists():
        return []
    try:
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    except SyntaxError:  # `trailwarden run` says where
        return []
    return [
        str(keyword.value.value)
        for call in calls
        for keyword in call.keywords
        if keyword.arg == "name"
        and isinstance(keyword.value, ast.Constant)
        and (_is_scenario(call) or str(keyword.value.value).partition(".")[0] == module)
    ]


def _is_scenario(call: ast.Call) -> bool:
    """A module may tell scenarios of another name than its own: `other_rights` does of `one_right`."""
    return isinstance(call.func, ast.Name) and call.func.id == "Scenario"


def every_name() -> list[str]:
    """The names of all scenarios that Trailwarden has, module by module."""
    modules = sorted(path.stem for path in Path(incidents.__path__[0]).glob("[a-z]*.py"))
    return [name for module in modules for name in scenarios_of(module)]
