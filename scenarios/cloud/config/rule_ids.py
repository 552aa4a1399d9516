"""The id of a rule: `config-rule-` and six characters in lower case.

Source: rules recorded in https://github.com/cloud-custodian/cloud-custodian (tests/data)
"""

from typing import Any


def tidy_id(rule: Any) -> None:
    """Give a rule (moto's model) an id as AWS does; moto's has capitals in it."""
    rule.config_rule_id = rule.config_rule_id.lower()
    above = rule.config_rule_arn.rpartition("/")[0]
    rule.config_rule_arn = f"{above}/{rule.config_rule_id}"
