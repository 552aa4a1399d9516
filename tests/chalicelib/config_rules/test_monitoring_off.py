from datetime import UTC, datetime

import pytest

from chalicelib.config_rule import Item
from chalicelib.config_rules.monitoring_off import INSTANCE, RULE, evaluate


def instance(**configuration):
    return Item(
        type=INSTANCE,
        id="i-1",
        account="123456789012",
        region="eu-west-1",
        captured=datetime(2026, 3, 2, tzinfo=UTC),
        status="OK",
        configuration=configuration,
    )


@pytest.mark.parametrize(
    ("state", "monitoring", "said"),
    [
        ({"code": 16, "name": "running"}, {"state": "disabled"}, "NON_COMPLIANT"),
        ({"code": 0, "name": "pending"}, {"state": "disabled"}, "NON_COMPLIANT"),
        ({"code": 16, "name": "running"}, {"state": "disabling"}, "NON_COMPLIANT"),
        ({"code": 16, "name": "running"}, {"state": "enabled"}, "COMPLIANT"),
        ({"code": 16, "name": "running"}, {"state": "pending"}, "COMPLIANT"),
        ({"code": 80, "name": "stopped"}, {"state": "disabled"}, "NOT_APPLICABLE"),
        ({"code": 64, "name": "stopping"}, {"state": "disabled"}, "NOT_APPLICABLE"),
        pytest.param({"code": 16, "name": "running"}, None, "NON_COMPLIANT", id="it isn't said"),
        pytest.param(None, {"state": "disabled"}, "NOT_APPLICABLE", id="no state is said"),
    ],
)
def test_an_instance_that_runs_is_monitored(state, monitoring, said):
    assert evaluate(instance(state=state, monitoring=monitoring), {}).type == said


def test_the_runbook_may_do_what_its_page_asks_for():
    """https://docs.aws.amazon.com/systems-manager-automation-runbooks/latest/userguide/automation-aws-stopec2instance.html."""
    assert RULE.mending is not None
    assert [grant.action for grant in RULE.mending.grants] == [
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceStatus",
        "ec2:StopInstances",
    ]
