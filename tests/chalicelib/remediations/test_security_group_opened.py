"""Which rules open a group to the internet: values in, a plan out."""

from unittest.mock import MagicMock

import pytest

from chalicelib.events import api_call
from chalicelib.evidence.seen import Seen
from chalicelib.looking import Unseen
from chalicelib.matching import EventPattern
from chalicelib.remediation import Severity
from chalicelib.remediations.security_group_opened import (
    PATTERN,
    PORTS,
    Opened,
    Rule,
    decide,
    list_of,
    look,
    opened,
    touched_by,
)
from chalicelib.settings import Settings

SETTINGS = Settings(topic_arn="t", ledger="l", values={PORTS: "22,3389"})
ADDED = {
    "requestParameters": {"groupId": "sg-1"},
    "responseElements": {
        "securityGroupRuleSet": {"items": [{"groupId": "sg-1", "securityGroupRuleId": "sgr-1"}]}
    },
}


def event(name="AuthorizeSecurityGroupIngress", **more):
    (one,) = api_call(
        {
            "detail": {
                "eventID": "e",
                "eventTime": "2026-03-02T03:00:00Z",
                "eventSource": "ec2.amazonaws.com",
                "eventName": name,
                "recipientAccountId": "123456789012",
                "awsRegion": "us-east-1",
                **(ADDED if name != "ModifySecurityGroupRules" else {}),
                **more,
            }
        }
    )
    return one


def rule(*blocks, first=22, last=22, protocol="tcp", name="sgr-1", origin=""):
    return Rule(
        id=name,
        group="sg-1",
        protocol=protocol,
        first_port=first,
        last_port=last,
        origin=origin or blocks[0],
        blocks=blocks,
        description="",
    )


OPEN = [
    pytest.param([rule("0.0.0.0/0")], id="IPv4"),
    pytest.param([rule("::/0")], id="IPv6"),
    pytest.param([rule("2000::/3")], id="all of IPv6 that is routed"),
    pytest.param([rule("0.0.0.0/0", first=0, last=65535)], id="a range with 22 in it"),
    pytest.param([rule("0.0.0.0/0", first=-1, last=-1, protocol="-1")], id="every protocol"),
    pytest.param([rule("0.0.0.0/0", protocol="6")], id="TCP by its number"),
    pytest.param([rule("0.0.0.0/0", first=3389, last=3389, protocol="udp")], id="RDP over UDP"),
    pytest.param([rule("0.0.0.0/1"), rule("128.0.0.0/1", name="sgr-2")], id="two halves"),
    pytest.param([rule("128.0.0.0/1"), rule("0.0.0.0/1", name="sgr-2")], id="its other half was there"),
    pytest.param([rule("3.0.0.0/9"), rule("3.128.0.0/9", name="sgr-2")], id="the least that counts, in two"),
    pytest.param([rule("0.0.0.0/0", "10.0.0.0/8", origin="pl-1")], id="by a prefix list"),
    pytest.param(
        [rule(*(f"{n}.0.0.0/16" for n in range(11, 100)), *(f"{n}.0.0.0/9" for n in (100, 101)))],
        id="a list of many",
    ),
]
CLOSED = [
    pytest.param([rule("10.0.0.0/8"), rule("172.16.0.0/12"), rule("fc00::/7")], id="private"),
    pytest.param([rule("198.51.100.0/24")], id="one network"),
    pytest.param([rule("54.0.0.0/9")], id="less than counts"),
    pytest.param([rule("0.0.0.0/0", first=443, last=443)], id="another port"),
    pytest.param([rule("0.0.0.0/0", first=23, last=3388)], id="a range between two ports"),
    pytest.param([rule("0.0.0.0/0", first=8, last=-1, protocol="icmp")], id="ping"),
    pytest.param([rule("", origin="sg-2")], id="another group"),
    pytest.param([rule("0.0.0.0/0", name="sgr-old")], id="a rule that this call didn't touch"),
    pytest.param([rule("198.51.100.7/32"), rule("0.0.0.0/0", name="sgr-old")], id="beside an open one"),
]


@pytest.mark.parametrize("rules", OPEN)
def test_what_lets_the_internet_in(rules):
    found = opened(rules, frozenset({"sgr-1"}), (22, 3389))

    assert found
    assert [each.id for each in found.rules] == ["sgr-1"]


@pytest.mark.parametrize("rules", CLOSED)
def test_what_does_not(rules):
    assert opened(rules, frozenset({"sgr-1"}), (22, 3389)) is None


def test_a_record_without_ids_is_about_any_rule_of_the_group():
    """Records from before 2021 have none."""
    old = event(responseElements={"_return": True})

    assert touched_by(old) == ("sg-1", frozenset())
    assert opened([rule("0.0.0.0/0", name="sgr-9")], frozenset(), (22,))


@pytest.mark.parametrize(
    "asked",
    [
        {"SecurityGroupRuleId": "sgr-1", "tag": 1},
        [{"SecurityGroupRuleId": "sgr-1", "tag": 1}],
        ["odd", {"SecurityGroupRuleId": "sgr-1"}],
    ],
)
def test_a_modified_rule_is_named_by_the_request(asked):
    modified = event(
        "ModifySecurityGroupRules",
        requestParameters={
            "ModifySecurityGroupRulesRequest": {"GroupId": "sg-1", "SecurityGroupRule": asked}
        },
    )

    assert touched_by(modified) == ("sg-1", frozenset({"sgr-1"}))


@pytest.mark.parametrize("name", ["ModifyManagedPrefixList", "RestoreManagedPrefixListVersion"])
@pytest.mark.parametrize(
    "form", [lambda name: {f"{name}Request": {"PrefixListId": "pl-1"}}, lambda _: {"prefixListId": "pl-1"}]
)
def test_a_prefix_list_is_opened_by_an_earlier_version_too(name, form):
    record = {"source": "aws.ec2", "detail-type": "AWS API Call via CloudTrail"}
    detail = {"eventSource": "ec2.amazonaws.com", "eventName": name}

    assert EventPattern(PATTERN).matches({**record, "detail": detail})
    assert list_of(event(name, requestParameters=form(name))) == "pl-1"


@pytest.mark.parametrize("name", PATTERN["detail"]["eventName"])
def test_a_record_that_names_no_group_is_told_and_nothing_is_done(name):
    called = event(name, requestParameters=None, responseElements=None)

    plan = decide(called, look(MagicMock(), called, SETTINGS), called.at, SETTINGS)

    assert (plan.alerts[0].severity, plan.calls) == (Severity.HIGH, ())


def test_each_rule_is_revoked_by_a_call_of_its_own_and_can_come_back():
    found = Opened(rules=(rule("0.0.0.0/0"), rule("::/0", name="sgr-2", protocol="-1")), ports=(22,))

    plan = decide(event(), Seen(state=found), event().at, SETTINGS)

    assert [each.parameters["SecurityGroupRuleIds"] for each in plan.calls] == [["sgr-1"], ["sgr-2"]]
    assert [each.undo.parameters["IpPermissions"] for each in plan.calls] == [
        [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        [{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}],
    ]


def test_what_could_not_be_read_is_told_as_grave_and_nothing_is_done():
    (alert,) = decide(event(), Seen(unread=Unseen(why="denied", denied=True)), event().at, SETTINGS).alerts

    assert alert.severity is Severity.HIGH
    assert "may have been opened" in alert.title


def test_what_a_tag_expects_is_low_and_left_alone():
    found = Opened(rules=(rule("0.0.0.0/0"),), ports=(22,))

    plan = decide(event(), Seen(state=found, excuse="expected=all"), event().at, SETTINGS)

    assert (plan.alerts[0].severity, plan.calls) == (Severity.LOW, ())


def test_a_refused_call_is_not_told():
    assert decide(event(errorCode="Client.Unauthorized"), Seen(), event().at, SETTINGS).empty
