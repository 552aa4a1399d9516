"""Which messages a subscription with a filter policy takes, and which policies SNS refuses."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import InvalidTemplate, Refused
from scenarios.cloud.sns.filtering import ATTRIBUTES, BODY, check, takes
from tests.scenarios.cloud.small_worlds import admin, arn, heard, queue, topic, world

ALERTS = arn("sns", "Alerts")
RED = {"color": ("String", "red")}
FIVE = {"n": ("Number", "5")}
MANY = {"colors": ("String.Array", '["red", "blue"]')}

BY_ATTRIBUTES = [
    pytest.param({"color": ["red"]}, RED, True, id="the value"),
    pytest.param({"color": ["blue"]}, RED, False, id="another value"),
    pytest.param({"color": ["red"]}, {}, False, id="no such attribute"),
    pytest.param({"color": [{"exists": False}]}, {}, True, id="absent, as asked"),
    pytest.param({"color": [{"anything-but": ["blue"]}]}, RED, True, id="anything but another"),
    pytest.param({"color": [{"anything-but": ["blue"]}]}, {}, False, id="anything but, of nothing"),
    pytest.param({"color": [{"equals-ignore-case": "RED"}]}, RED, True, id="whatever the case"),
    pytest.param({"color": [{"prefix": "r"}, {"suffix": "x"}]}, RED, True, id="either of two"),
    pytest.param({"ip": [{"cidr": "10.0.0.0/8"}]}, {"ip": ("String", "10.1.1.1")}, True, id="cidr"),
    pytest.param({"n": [5]}, FIVE, True, id="a number"),
    pytest.param({"n": [{"numeric": [">", 1, "<=", 5]}]}, FIVE, True, id="a range"),
    pytest.param({"n": [0.1234567]}, {"n": ("Number", "0.1234599")}, True, id="a number to five places"),
    pytest.param({"n": [0.12345]}, {"n": ("Number", "0.12346")}, False, id="another fifth place"),
    pytest.param({"n": ["5"]}, FIVE, False, id="a number is no text"),
    pytest.param({"n": [5]}, {"n": ("String", "5")}, False, id="a text is no number"),
    pytest.param({"n": [5]}, {"n": ("Number.int", "5")}, True, id="a number with a label"),
    pytest.param({"colors": ["blue"]}, MANY, True, id="one of an array"),
    pytest.param({"colors": [{"anything-but": ["red"]}]}, MANY, True, id="one of an array is another"),
    pytest.param({"b": [{"exists": True}]}, {"b": ("Binary", "eA==")}, False, id="binary is as if absent"),
    pytest.param({"$or": [{"color": ["blue"]}, {"n": [5]}]}, {**RED, **FIVE}, True, id="$or"),
    pytest.param({"a.b": ["x"]}, {"a.b": ("String", "x")}, True, id="a name with a dot"),
    pytest.param({}, {}, True, id="the empty policy"),
]


@pytest.mark.parametrize(("policy", "attributes", "taken"), BY_ATTRIBUTES)
def test_a_policy_is_asked_of_the_attributes(policy, attributes, taken):
    check(json.dumps(policy), ATTRIBUTES)
    assert takes(json.dumps(policy), ATTRIBUTES, "text", attributes) is taken


@pytest.mark.parametrize(
    ("message", "taken"),
    [
        ('{"detail": {"state": "ALARM"}}', True),
        ('{"detail": {"state": ["OK", "ALARM"]}}', True),
        ('{"detail": {"state": "OK"}}', False),
        ('{"state": "ALARM"}', False),
        ("[1]", False),
        ("no JSON", False),
    ],
)
def test_a_policy_is_asked_of_the_body(message, taken):
    policy = json.dumps({"detail": {"state": ["ALARM"]}})
    check(policy, BODY)
    assert takes(policy, BODY, message, {"detail": ("String", "ALARM")}) is taken


REFUSED = [
    pytest.param("{", ATTRIBUTES, "failed to parse JSON", id="no JSON"),
    pytest.param("[]", ATTRIBUTES, "failed to parse JSON", id="no object"),
    pytest.param('{"a": "b"}', ATTRIBUTES, "FilterPolicy", id="no array"),
    pytest.param('{"a": {"b": ["c"]}}', ATTRIBUTES, "nested", id="nested, on attributes"),
    pytest.param('{"a": [{"like": "b"}]}', ATTRIBUTES, "FilterPolicy", id="an unknown operator"),
    pytest.param(
        '{"a": [{"wildcard": "b*"}]}', BODY, "Unrecognized match type wildcard", id="one of EventBridge's"
    ),
    pytest.param(
        '{"a": [{"anything-but": {"wildcard": "b*"}}]}',
        ATTRIBUTES,
        "Unsupported anything-but pattern: wildcard",
        id="anything but one of EventBridge's",
    ),
    pytest.param(json.dumps({key: ["x"] for key in "abcdef"}), ATTRIBUTES, "more than 5 keys", id="six keys"),
    pytest.param(
        json.dumps({"a": list(map(str, range(51))), "b": ["1", "2", "3"]}),
        ATTRIBUTES,
        "too complex",
        id="153 combinations",
    ),
    pytest.param('{"a": [1000000001]}', ATTRIBUTES, "out of range", id="a number above ten to the ninth"),
    pytest.param('{"a": [{"numeric": ["<", -1e10]}]}', BODY, "out of range", id="a bound below it"),
    pytest.param('{"a": ["b"]}', "Headers", "FilterPolicyScope", id="an unknown scope"),
]


@pytest.mark.parametrize(("policy", "scope", "words"), REFUSED)
def test_what_sns_refuses(policy, scope, words):
    with pytest.raises(Refused, match=words):
        check(policy, scope)


# ---- in a world ---------------------------------------------------------------------------------


def filtered(**properties):
    given = {
        "TopicArn": {"Ref": "Alerts"},
        "Protocol": "sqs",
        "Endpoint": {"Fn::GetAtt": ["Heard", "Arn"]},
        **properties,
    }
    resources = {"Sub": {"Type": "AWS::SNS::Subscription", "Properties": given}}
    return {**topic(mail=""), **queue(by="sns"), **resources}


@pytest.mark.slow
def test_only_what_the_policy_takes_is_delivered():
    with world(filtered(FilterPolicy={"color": ["red"]})) as cloud:
        for color in ("red", "blue"):
            value = {"DataType": "String", "StringValue": color}
            admin(cloud, "sns").publish(
                TopicArn=ALERTS, Message=f"is {color}", MessageAttributes={"color": value}
            )

        assert [body["Message"] for body in heard(cloud)] == ["is red"]


def test_a_policy_that_is_set_later_counts_in_the_scope_that_stands():
    with world(filtered()) as cloud:
        sns, subscription = admin(cloud, "sns"), cloud.home.resources["Sub"].physical_id
        for name, value in (("FilterPolicyScope", BODY), ("FilterPolicy", '{"a": {"b": [1]}}')):
            sns.set_subscription_attributes(
                SubscriptionArn=subscription, AttributeName=name, AttributeValue=value
            )
        for text in ('{"a": {"b": 1}}', '{"a": {"b": 2}}'):
            sns.publish(TopicArn=ALERTS, Message=text)

        assert [body["Message"] for body in heard(cloud)] == ['{"a": {"b": 1}}']


@pytest.mark.slow
def test_the_api_and_a_template_refuse_the_same_policy():
    with (
        pytest.raises((InvalidTemplate, ClientError), match="nested"),
        world(filtered(FilterPolicy={"a": {"b": ["c"]}})),
    ):
        pass
    with world(filtered()) as cloud, pytest.raises(ClientError, match="nested") as refused:
        admin(cloud, "sns").set_subscription_attributes(
            SubscriptionArn=cloud.home.resources["Sub"].physical_id,
            AttributeName="FilterPolicy",
            AttributeValue='{"a": {"b": ["c"]}}',
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameter"
