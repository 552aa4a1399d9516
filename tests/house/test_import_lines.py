"""Imports point one way: tests -> scenarios -> app -> chalicelib -> libraries.

One hook crosses the line: app.py loads by name what TRAILWARDEN_ATTACH names, on the local stage only.
"""

import ast
import json
import os
import subprocess
import sys

import pytest

from tests.project import PROJECT

DEPLOYED = [PROJECT / "app.py", *sorted((PROJECT / "chalicelib").rglob("*.py"))]
NEVER_DEPLOYED = sorted((PROJECT / "scenarios").rglob("*.py"))
OURS = {"app", "chalicelib", "scenarios", "tests"}
# What a deployment package holds besides the standard library: requirements.txt, and boto3 from the runtime.
LIBRARIES = {"aws_lambda_powertools", "boto3", "botocore", "chalice", "cryptography", "msgspec"}


def named(path) -> list:
    return [pytest.param(each, id=str(each.relative_to(PROJECT))) for each in path]


def imports(path) -> set[str]:
    """Every module a file imports, wherever in it; a name handed to import_module as plain text, too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                found |= {each.name for each in names}
            case ast.ImportFrom(module=module, level=level):
                assert level == 0, "imports are absolute"
                found.add(module)
            case ast.Call(
                func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                found.add(name)
    return found


def packages(path) -> set[str]:
    return {module.partition(".")[0] for module in imports(path)}


@pytest.mark.parametrize("path", named(DEPLOYED))
def test_what_is_deployed_imports_only_what_is_deployed_with_it(path):
    below = {"chalicelib"} if path.parent == PROJECT or "chalicelib" in path.parts else set()

    assert packages(path) - set(sys.stdlib_module_names) <= LIBRARIES | below


@pytest.mark.parametrize("path", named(DEPLOYED))
def test_what_is_deployed_knows_neither_moto_nor_frozen_time_nor_scenarios(path):
    assert packages(path) & {"moto", "freezegun", "scenarios", "tests", "hypothesis", "pytest"} == set()


@pytest.mark.parametrize("path", named(sorted((PROJECT / "chalicelib").rglob("*.py"))))
def test_chalicelib_does_not_know_the_application(path):
    assert "app" not in packages(path)


@pytest.mark.parametrize("path", named(NEVER_DEPLOYED))
def test_scenarios_do_not_know_the_tests(path):
    assert packages(path) & {"tests", "pytest", "hypothesis", "house"} == set()


@pytest.mark.parametrize("path", named(sorted((PROJECT / "chalicelib" / "remediations").glob("[a-z]*.py"))))
def test_a_remediation_knows_no_other_remediation(path):
    others = {each for each in imports(path) if each.startswith("chalicelib.remediations")}

    assert others == set()


@pytest.mark.parametrize("path", named(sorted((PROJECT / "chalicelib").rglob("*.py"))))
def test_only_the_executor_reaches_aws_by_the_name_of_an_operation(path):
    """A call made by name is one no reader can find, so there is one place for it."""
    by_name = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "operation" and isinstance(node.ctx, ast.Load)
    ]

    assert not by_name or path.name in ("execute.py", "remediation.py")


def test_without_its_variable_the_application_loads_no_simulation():
    assert "TRAILWARDEN_ATTACH" not in os.environ
    assert "scenarios" not in modules_after("import app")


def modules_after(code) -> set[str]:
    """The modules of a fresh process that ran the code; what it prints is not looked at."""
    shown = f"{code}\nimport json, sys\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", shown], cwd=PROJECT, capture_output=True, check=True, text=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


RUN = """
from scenarios.commands.cli import main
try:
    main({arguments})
except SystemExit:
    pass
"""


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="no command"),
        pytest.param(["--help"], id="help"),
        pytest.param(["match", "ERROR", "app.py"], id="match"),
        pytest.param(["catalog"], id="catalog"),
        pytest.param(["package", "--help"], id="package"),
        pytest.param(["doctor", "--help"], id="doctor"),
        pytest.param(["validate-trail", "--help"], id="validate-trail"),
        pytest.param(["nosuch"], id="a command that isn't there"),
    ],
)
def test_a_command_for_real_accounts_never_imports_the_simulation(arguments):
    loaded = modules_after(RUN.format(arguments=arguments))

    assert "scenarios.commands.cli" in loaded
    assert loaded & {"moto", "freezegun", "scenarios.cloud.world"} == set()
