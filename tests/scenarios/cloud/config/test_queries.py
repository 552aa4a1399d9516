"""Config's part of SQL: what is found, what is answered, what is refused."""

import json

import pytest

from scenarios.cloud.config.queries import EVERYTHING, parse
from scenarios.cloud.config.query_values import InvalidExpression
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.config.recording_worlds import only, recording
from tests.scenarios.cloud.small_worlds import admin, refusal

WEB = {
    "resourceType": "AWS::EC2::Instance",
    "resourceId": "i-1",
    "resourceName": "web-1",
    "configuration": {
        "state": {"name": "running", "code": 16},
        "privateIpAddress": "10.0.0.5",
        "list": [{"name": "A", "type": "compliant"}, {"name": "B", "type": "non_compliant"}],
    },
    "tags": [{"key": "app", "value": "shop", "tag": "app=shop"}],
    "relationships": [{"resourceType": "AWS::EC2::SecurityGroup", "resourceId": "sg-1"}],
}
GROUP = {
    "resourceType": "AWS::EC2::SecurityGroup",
    "resourceId": "sg-1",
    "configuration": {"ipPermissions": [{"fromPort": 22, "ipRanges": ["10.0.0.0/8"]}]},
    "tags": [],
}
IDLE = {
    **WEB,
    "resourceId": "i-2",
    "resourceName": "job",
    "configuration": {"state": {"name": "stopped", "code": 80}},
}

RANGES = "configuration.ipPermissions.ipRanges"
FOUND = [
    ("resourceType = 'AWS::EC2::Instance'", ["i-1", "i-2"]),
    ("resourceType LIKE 'AWS::EC2::%'", ["i-1", "sg-1", "i-2"]),
    ("resourceName LIKE 'web-_'", ["i-1"]),
    ("configuration.state.name IN ('running', 'pending')", ["i-1"]),
    ("configuration.state.code BETWEEN 20 AND 90", ["i-2"]),
    ("NOT resourceType = 'AWS::EC2::Instance'", ["sg-1"]),
    ("resourceName NOT IN ('job')", ["i-1", "sg-1"]),
    ("(resourceId = 'i-1' OR resourceId = 'sg-1') AND resourceType LIKE 'AWS::EC2::Sec%'", ["sg-1"]),
    ("configuration.list.type = 'non_compliant' AND configuration.list.name = 'A'", ["i-1"]),
    ("configuration.ipPermissions.ipRanges = '10.1.2.3'", ["sg-1"]),
    ("configuration.ipPermissions.ipRanges = '10.1.0.0/16'", ["sg-1"]),
    ("configuration.ipPermissions.ipRanges = '0.0.0.0/0'", []),
    ("configuration.privateIpAddress BETWEEN '10.0.0.0' AND '10.0.0.255'", ["i-1"]),
    (f"{RANGES} BETWEEN '10.0.0.0' AND '10.0.0.255'", ["sg-1"]),
    (f"{RANGES} BETWEEN '10.0.0.0' AND '10.0.0.255' AND NOT {RANGES} > '10.0.0.255'", []),
    (f"{RANGES} BETWEEN '10.0.0.0' AND '10.255.255.255' AND NOT {RANGES} > '10.255.255.255'", ["sg-1"]),
    (f"{RANGES} BETWEEN '10.0.0.9' AND '10.255.255.255' AND NOT {RANGES} < '10.0.0.9'", []),
    ("configuration.ipPermissions.ipRanges = '2001:db8::1'", []),
    ("configuration.ipPermissions.ipRanges > '2001:db8::'", []),
    ("configuration.state.code > 16", ["i-2"]),
    ("configuration.state.code < 80", ["i-1"]),
    ("relationships.resourceId = 'sg-1'", ["i-1", "i-2"]),
    ("tags.tag = 'app=shop'", ["i-1", "i-2"]),
    ("tags.key = 'app' AND tags.value = 'shop' AND resourceName LIKE 'web%'", ["i-1"]),
]


@pytest.mark.parametrize(("condition", "ids"), FOUND)
def test_what_a_condition_finds(condition, ids):
    rows = parse(f"SELECT resourceId WHERE {condition}").answer([WEB, GROUP, IDLE])

    assert [row["resourceId"] for row in rows] == ids


def test_properties_come_as_they_are_nested():
    (row,) = parse("SELECT resourceId, configuration.state.name, tags WHERE resourceId = 'i-1'").answer([WEB])

    assert row == {"resourceId": "i-1", "configuration": {"state": {"name": "running"}}, "tags": WEB["tags"]}


def test_groups_are_counted_and_sorted():
    query = parse("SELECT resourceType, COUNT(*) GROUP BY resourceType ORDER BY COUNT(*) DESC")

    assert query.answer([WEB, GROUP, IDLE]) == [
        {"resourceType": "AWS::EC2::Instance", "COUNT(*)": 2},
        {"resourceType": "AWS::EC2::SecurityGroup", "COUNT(*)": 1},
    ]
    assert parse("select count(*), resourceType group by resourceType").answer([WEB, GROUP])[1] == {
        "COUNT(*)": 1,
        "resourceType": "AWS::EC2::SecurityGroup",
    }
    assert parse("SELECT MAX(configuration.state.code), AVG(configuration.state.code)").answer(
        [WEB, IDLE]
    ) == [{"MAX(configuration.state.code)": 80, "AVG(configuration.state.code)": 48.0}]


def test_a_star_stands_for_what_is_not_nested():
    assert tuple(each.name for each in parse("SELECT *").columns) == EVERYTHING


REFUSED = [
    "SELECT resourceId FROM items",
    "SELECT DISTINCT resourceId",
    "SELECT ALL resourceId",
    "SELECT COUNT(COUNT(resourceId))",
    "SELECT resourceId WHERE resourceName LIKE 'ab%'",
    "SELECT resourceId WHERE resourceName LIKE '%abc'",
    "SELECT resourceId WHERE resourceName = NULL",
    "SELECT resourceId, COUNT(*)",
    "SELECT a, b, c, d, COUNT(*) GROUP BY a, b, c, d",
    "SELECT a, b, COUNT(*) GROUP BY a, b ORDER BY COUNT(*)",
    "SELECT",
    "SELECT resourceId WHERE",
    "SELECT resourceId WHERE resourceId = 'a' resourceId",
    "DELETE resourceId",
]


@pytest.mark.parametrize("query", REFUSED)
def test_what_is_refused(query):
    with pytest.raises(InvalidExpression):
        parse(query)


def test_what_is_not_documented_is_loud():
    with pytest.raises(NotSimulated):
        parse("SELECT resourceId WHERE configuration.state.code >= 5")


@pytest.mark.slow
def test_the_api_answers_rows_as_text():
    with recording(group=only("AWS::EC2::VPC")) as each:
        each.run(120)
        config = admin(each, "config")
        answer = config.select_resource_config(Expression="SELECT resourceId, configuration.isDefault")

        assert json.loads(answer["Results"][0])["configuration"] == {"isDefault": True}
        assert [one["Name"] for one in answer["QueryInfo"]["SelectFields"]] == [
            "resourceId",
            "configuration.isDefault",
        ]
        assert refusal(config.select_resource_config, Expression="SELECT") == "InvalidExpressionException"
