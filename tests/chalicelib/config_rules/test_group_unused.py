from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.config_rule import Item, Relation
from chalicelib.config_rules.group_unused import GROUP, INSTANCE, INTERFACE, KEPT, evaluate

WEB = Item(
    type=GROUP,
    id="sg-1",
    name="web",
    account="123456789012",
    region="eu-west-1",
    captured=datetime(2026, 3, 2, tzinfo=UTC),
    status="OK",
)


def having(kind):
    return replace(WEB, relations=(Relation(type=kind, id="x-1", words="Is associated with"),))


@pytest.mark.parametrize(
    ("item", "kept", "said"),
    [
        pytest.param(WEB, "none", "NON_COMPLIANT", id="nothing has it"),
        pytest.param(having(INTERFACE), "none", "COMPLIANT", id="an interface has it"),
        pytest.param(having(INSTANCE), "none", "COMPLIANT", id="an instance has it"),
        pytest.param(having("AWS::EC2::VPC"), "none", "NON_COMPLIANT", id="it is only in a VPC"),
        pytest.param(replace(WEB, name="default"), "none", "NOT_APPLICABLE", id="a VPC's default group"),
        pytest.param(WEB, "db, we?", "NOT_APPLICABLE", id="it is kept by name"),
        pytest.param(WEB, "", "NON_COMPLIANT", id="an empty list keeps none"),
    ],
)
def test_a_group_is_in_use_if_an_interface_or_an_instance_has_it(item, kept, said):
    assert evaluate(item, {KEPT: kept}).type == said


def test_without_its_parameter_nothing_is_kept():
    assert evaluate(WEB, {}).type == "NON_COMPLIANT"
