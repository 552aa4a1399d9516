"""Without a trail that logs it, no call is an event; the first that a rule waited for says so."""

import pytest

from tests.scenarios.cloud.small_worlds import admin, heard, noted, queue, rule, trail, world

WAITS = {
    "source": ["aws.dynamodb"],
    "detail-type": ["AWS API Call via CloudTrail"],
    "detail": {"eventName": ["DeleteTable"]},
}
STACK = {**queue(), **rule(pattern=WAITS)}


def delete_twice(cloud):
    dynamodb = admin(cloud, "dynamodb")
    for name in ("one", "two"):
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.delete_table(TableName=name)


@pytest.mark.slow
def test_the_first_call_that_a_rule_waited_for_says_that_no_trail_logs_it():
    with world(STACK) as cloud:
        delete_twice(cloud)
        cloud.run(300)

        assert heard(cloud) == []
        assert noted(cloud, "no trail") == [
            "no trail logs DeleteTable in us-east-1, so rule Rule never hears of it"
        ]


@pytest.mark.slow
def test_with_a_trail_nothing_is_said():
    with world({**STACK, **trail()}) as cloud:
        delete_twice(cloud)
        cloud.run(300)

        assert len(heard(cloud)) == 2
        assert noted(cloud, "no trail") == []
