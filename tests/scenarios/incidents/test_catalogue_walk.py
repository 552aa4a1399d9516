"""Walks over the catalogue: what goes with every remediation, from the function to the row in the README."""

import importlib
import json
import re

import pytest

import app as application
from chalicelib.catalog import CATALOG, RULES
from scenarios.packaging import sam as packaging
from scenarios.runner.scenario import Scenario
from tests.project import PROJECT

EACH = pytest.mark.parametrize("remediation", CATALOG, ids=lambda each: each.name)
EACH_RULE = pytest.mark.parametrize("rule", RULES, ids=lambda each: each.name)
FUNCTIONS = {function.name: function for function in application.app.pure_lambda_functions}


@EACH
def test_a_remediation_has_scenarios_of_its_name(remediation):
    module = importlib.import_module(f"scenarios.incidents.{remediation.name}")

    assert module.SCENARIOS
    assert all(isinstance(scenario, Scenario) for scenario in module.SCENARIOS)
    assert {scenario.name.split(".")[0] for scenario in module.SCENARIOS} == {remediation.name}
    assert module.__doc__


@EACH
def test_a_remediations_docstring_has_a_first_line(remediation):
    module = importlib.import_module(f"chalicelib.remediations.{remediation.name}")

    first = (module.__doc__ or "").splitlines()[0]
    assert first.endswith(".")
    assert remediation.page == module.__doc__


@EACH
def test_a_remediation_has_a_row_in_the_readme(remediation):
    rows = [line for line in (PROJECT / "README.md").read_text().splitlines() if line.startswith("|")]

    assert [row for row in rows if row.startswith(f"| `{remediation.name}` |")]


@EACH
def test_a_remediation_has_a_function_that_answers_with_it(remediation, monkeypatch):
    """The handler string that Lambda is given leads to the function that handles this very remediation."""
    answered = []
    monkeypatch.setattr(application, "answer", lambda *given: answered.append(given))
    module_name, _, attribute = FUNCTIONS[remediation.name].handler_string.partition(".")

    handler = getattr(importlib.import_module(module_name), attribute)
    handler({"some": "event"}, "context")

    assert attribute == f"{remediation.name}_handler"
    assert answered == [(remediation, {"some": "event"}, "context")]


def test_no_two_functions_share_a_handler():
    handlers = [function.handler_string for function in FUNCTIONS.values()]

    assert len(handlers) == len(set(handlers)) == len(CATALOG) + len(RULES) + 1  # and the heartbeat's


def test_the_application_declares_the_catalogue_in_its_order():
    assert application.app.remediations == CATALOG
    assert application.app.config_rules == RULES


@EACH_RULE
def test_a_rule_has_scenarios_of_its_name_and_a_row_on_its_page(rule):
    module = importlib.import_module(f"scenarios.incidents.{rule.name}")

    assert {scenario.name.split(".")[0] for scenario in module.SCENARIOS} == {rule.name}
    assert module.__doc__
    assert f"\n| `{rule.name}` |" in (PROJECT / "docs/config-rules.md").read_text()


@EACH_RULE
def test_a_rule_has_a_function_that_answers_for_it(rule, monkeypatch):
    answered = []
    monkeypatch.setattr(application, "evaluated", lambda *given: answered.append(given))
    module_name, _, attribute = FUNCTIONS[rule.name].handler_string.partition(".")

    getattr(importlib.import_module(module_name), attribute)({"some": "event"}, "context")

    assert attribute == f"{rule.name}_handler"
    assert answered == [(rule, {"some": "event"}, "context")]


@EACH
def test_chalice_is_told_which_policy_a_function_has(remediation):
    functions = json.loads(packaging.CONFIG.read_text())["lambda_functions"]

    assert functions[remediation.name] == {"iam_policy_file": f"policies/{remediation.name}.json"}


@pytest.mark.slow
def test_what_is_generated_says_what_the_declarations_say():
    """`trailwarden package` writes these files anew."""
    assert packaging.stale() == []


@EACH
def test_a_name_can_be_a_module_a_function_and_a_file(remediation):
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", remediation.name)
    assert len(f"trailwarden-prod-{remediation.name}") <= 64  # Lambda's longest name
