"""The catalogue: every remediation is listed, complete and found by its name."""

import re
from importlib import import_module
from pkgutil import iter_modules

import pytest

from chalicelib import config_rules, remediations
from chalicelib.catalog import CATALOG, RULES, UnknownRemediation, find
from chalicelib.events import AlarmChange
from chalicelib.matching import LogPattern
from chalicelib.remediations.trail_validation import ValidationStep
from chalicelib.template.parameters import parameters
from chalicelib.triggers import OnLogs, OnSchedule
from tests.project import PROJECT

ALL = [pytest.param(remediation, id=remediation.name) for remediation in CATALOG]
ALARMS = [alarm for remediation in CATALOG for alarm in remediation.alarms]
DEFAULTS = {parameter.name: parameter.default for parameter in parameters(CATALOG)}


@pytest.mark.parametrize("remediation", ALL)
def test_one_name_carries_a_remediation_everywhere(remediation):
    module = import_module(f"chalicelib.remediations.{remediation.name}")

    assert module.REMEDIATION is remediation
    assert find(remediation.name) is remediation


@pytest.mark.parametrize("remediation", ALL)
def test_a_page_says_what_we_do_and_what_we_leave_alone(remediation):
    assert remediation.page.splitlines()[0].endswith(".")
    assert "leave alone" in remediation.page
    assert "https://docs.aws.amazon.com/" in remediation.page


@pytest.mark.parametrize("remediation", ALL)
def test_a_grant_that_is_wide_says_why(remediation):
    for grant in remediation.grants:
        assert re.fullmatch(r"[a-z0-9-]+:[A-Z]\w+", grant.action)
        assert "*" not in grant.resource.removesuffix(":*") or grant.because


@pytest.mark.parametrize("remediation", ALL)
def test_a_subscriptions_filter_can_be_deployed(remediation):
    for trigger in remediation.triggers:
        if isinstance(trigger, OnLogs):
            LogPattern(trigger.pattern)
            assert len(trigger.pattern) <= 1024


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_an_alarms_filter_can_be_deployed(alarm):
    pattern = alarm.pattern
    if not isinstance(pattern, str):  # whoever deploys chooses it; this is what stands there until then
        pattern = DEFAULTS[pattern["Ref"]]
    LogPattern(pattern)
    assert len(pattern) <= 1024
    assert alarm.name.isalnum()


def test_who_has_no_hourly_look_has_nothing_left_over_for_one():
    """Nothing of theirs is folded by a principal: docs/threat-model.md names them, and says why."""
    hourly = {each.name for each in CATALOG if any(isinstance(on, OnSchedule) for on in each.triggers)}

    named = {"error_burst", "host_pressure", "trail_validation", "unusual_activity", "config_history"}
    page = (PROJECT / "docs" / "threat-model.md").read_text("utf-8")

    assert named & hourly == set()
    assert {name for name in named if f"`{name}`" not in page} == set()
    assert AlarmChange.__dataclass_fields__["principal"].default == ""
    assert ValidationStep.__dataclass_fields__["principal"].default == ""


def test_no_module_of_a_remediation_is_forgotten():
    modules = {module.name for module in iter_modules(remediations.__path__)}

    assert {remediation.name for remediation in CATALOG} == modules


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_one_name_a_page_and_reasons_for_wide_grants(rule):
    module = import_module(f"chalicelib.config_rules.{rule.name}")

    assert module.RULE is rule
    assert rule.page.splitlines()[0].endswith(".")
    assert "leave alone" in rule.page
    assert "https://docs.aws.amazon.com/" in rule.page
    assert rule.types
    granted = (*rule.grants, *(rule.mending.grants if rule.mending else ()))
    assert all(grant.because for grant in granted if "*" in grant.resource.removesuffix(":*"))


def test_no_module_of_a_rule_is_forgotten():
    modules = {module.name for module in iter_modules(config_rules.__path__)}

    assert {rule.name for rule in RULES} == modules
    assert modules.isdisjoint(remediation.name for remediation in CATALOG)


def test_a_name_nobody_has_is_told_with_those_there_are():
    with pytest.raises(UnknownRemediation, match=r"no remediation is called 'nosuch'; there are root_login"):
        find("nosuch")
