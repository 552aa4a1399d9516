from datetime import UTC, datetime

import pytest

from chalicelib.config_rule import Item
from chalicelib.config_rules.eni_ungrouped import INTERFACE, evaluate


@pytest.mark.parametrize(
    ("configuration", "said"),
    [
        ({"groups": [{"groupId": "sg-1", "groupName": "web"}]}, "COMPLIANT"),
        ({"groups": []}, "NON_COMPLIANT"),
        ({"groups": None}, "NON_COMPLIANT"),
        ({"interfaceType": "network_load_balancer"}, "NON_COMPLIANT"),
    ],
)
def test_an_interface_has_a_group(configuration, said):
    item = Item(
        type=INTERFACE,
        id="eni-1",
        account="123456789012",
        region="eu-west-1",
        captured=datetime(2026, 3, 2, tzinfo=UTC),
        status="OK",
        configuration=configuration,
    )

    assert evaluate(item, {}).type == said
