"""AWS's own rules of Config: one template of a stack of its own, from what remediations name."""

import json
import re

import pytest

from chalicelib.catalog import CATALOG
from chalicelib.remediations.noncompliant.told import OWN_RULES, TOLD, is_told
from chalicelib.settings import Settings
from chalicelib.template.managed_rules import managed_rules

RULES = managed_rules(CATALOG)["Resources"]
# What AWS Config has no managed rule for: told by what they hear alone.
WITHOUT = {"image_shared"}


def test_each_rule_is_aws_own_and_named_once():
    names = [each["Properties"]["ConfigRuleName"] for each in RULES.values()]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"trailwarden-[a-z0-9-]{1,100}", name) for name in names)
    assert {each["Properties"]["Source"]["Owner"] for each in RULES.values()} == {"AWS"}
    assert len(json.dumps(managed_rules(CATALOG))) < 51_200


@pytest.mark.parametrize(
    "name", [each.name for each in CATALOG if each.acts and each.name not in {"stack_changed", *WITHOUT}]
)
def test_what_acts_upon_a_state_names_the_rule_that_finds_it_so_before(name):
    asked = next(each.managed_rules for each in CATALOG if each.name == name)
    described = [each["Properties"]["Description"] for each in RULES.values()]

    assert asked or name == "table_deleted"  # what is gone is found by no rule
    assert sum(bool(re.search(rf"\b{name}\b", each)) for each in described) == len(asked)


def test_the_rules_are_told_where_the_parameter_names_them():
    told = Settings(topic_arn="t", ledger="l", values={OWN_RULES: "watch-", TOLD: "trailwarden-*"})
    silent = Settings(topic_arn="t", ledger="l", values={OWN_RULES: "watch-", TOLD: "none"})
    names = [each["Properties"]["ConfigRuleName"] for each in RULES.values()]

    assert all(is_told(name, told) for name in names)
    assert not any(is_told(name, silent) for name in names)
