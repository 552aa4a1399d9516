"""The rules of AWS Config in the stack: which resources Config asks about."""

from dataclasses import replace

from chalicelib.config_rules.group_unused import RULE
from chalicelib.template.config_rules import config_rules


def test_a_rule_that_changes_wake_has_its_types_as_scope_and_one_that_looks_by_itself_has_none():
    by_clock = replace(RULE, on_change=False, every="TwentyFour_Hours", look=lambda _aws, _given: ())
    woken, looking = (config_rules([rule])["GroupUnusedRule"]["Properties"] for rule in (RULE, by_clock))

    assert woken["Scope"] == {"ComplianceResourceTypes": ["AWS::EC2::SecurityGroup"]}
    assert "Scope" not in looking
    assert [each["MessageType"] for each in looking["Source"]["SourceDetails"]] == ["ScheduledNotification"]
