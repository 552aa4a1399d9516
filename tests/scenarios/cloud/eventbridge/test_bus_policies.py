"""Who of another account may put on a bus, by the bus's policy; and what a careless policy lets in."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.deliveries import AssumedRole, Event
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import (
    ACCOUNT,
    admin,
    arn,
    document,
    heard,
    may,
    queue,
    refusal,
    role,
    rule,
    world,
)

BUS, CENTRAL = arn("events", "event-bus/central"), "central"
FRIEND, STRANGER = "999999999999", "888888888888"


def standing(pattern=None):
    bus = {"Central": {"Type": "AWS::Events::EventBus", "Properties": {"Name": CENTRAL}}}
    hears = rule(EventBusName={"Ref": "Central"}, pattern=pattern or {"source": ["shop"]})
    return {**bus, **queue(), **hears}


def statement(principal, **more):
    return {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": principal,
        "Action": "events:PutEvents",
        "Resource": BUS,
    } | more


def put(each, account, source="shop", bus=BUS, **who):
    client = each.client(each.user("sender", account=account, **who), "events")
    entry = {"Source": source, "DetailType": "sold", "Detail": "{}", "EventBusName": bus}
    try:
        answer = client.put_events(Entries=[entry])["Entries"][0]
    except ClientError as error:
        return error.response["Error"]["Code"]
    finally:
        each.run(10)
    return answer.get("ErrorCode", "")


def let(each, *statements):
    policy = json.dumps(document(*statements))
    admin(each, "events").put_permission(EventBusName=CENTRAL, Policy=policy)


DENIED = "AccessDeniedException"


def test_without_a_policy_no_other_account_puts_anything():
    with world(standing()) as each:
        assert put(each, FRIEND) == DENIED
        assert heard(each) == []


def test_an_account_that_is_let_in_puts_in_its_own_name():
    """eb-event-bus-perms.html: a resource-based policy lets PutEvents of another account."""
    with world(standing()) as each:
        let(each, statement({"AWS": f"arn:aws:iam::{FRIEND}:root"}))

        assert (put(each, FRIEND), put(each, STRANGER)) == ("", DENIED)
        [told] = heard(each)
        assert (told["account"], told["source"]) == (FRIEND, "shop")


def test_put_permission_names_an_account_and_remove_permission_takes_it_out():
    with world(standing()) as each:
        events = admin(each, "events")
        for sid, account in (("one", FRIEND), ("two", STRANGER)):
            events.put_permission(
                EventBusName=CENTRAL, StatementId=sid, Action="events:PutEvents", Principal=account
            )
        assert (put(each, FRIEND), put(each, STRANGER)) == ("", "")

        events.remove_permission(EventBusName=CENTRAL, StatementId="one")
        assert (put(each, FRIEND), put(each, STRANGER)) == (DENIED, "")


def test_a_policy_takes_the_place_of_the_one_before():
    with world(standing()) as each:
        let(each, statement({"AWS": f"arn:aws:iam::{FRIEND}:root"}))
        let(each, statement({"AWS": f"arn:aws:iam::{STRANGER}:root"}))

        assert (put(each, FRIEND), put(each, STRANGER)) == (DENIED, "")


def test_the_sender_must_be_allowed_by_its_own_account_too():
    with world(standing()) as each:
        let(each, statement({"AWS": f"arn:aws:iam::{FRIEND}:root"}))

        assert put(each, FRIEND, policies=(document(may("s3:*")),)) == DENIED


# ---- careless policies --------------------------------------------------------------------------


def test_everybody_is_everybody():
    """API_PutPermission.html: "*" permits any account; make rules match an account that you know."""
    with world(standing()) as each:
        admin(each, "events").put_permission(
            EventBusName=CENTRAL, StatementId="all", Action="events:PutEvents", Principal="*"
        )
        assert put(each, STRANGER) == ""
        assert [told["account"] for told in heard(each)] == [STRANGER]


def test_a_rule_that_names_its_account_does_not_hear_the_stranger():
    with world(standing(pattern={"source": ["shop"], "account": [ACCOUNT]})) as each:
        let(each, statement("*"))

        assert (put(each, STRANGER), put(each, ACCOUNT, bus=CENTRAL)) == ("", "")
        assert [told["account"] for told in heard(each)] == [ACCOUNT]


def test_everybody_of_an_organization_is_nobody_else():
    with world(standing()) as each:
        admin(each, "events").put_permission(
            EventBusName=CENTRAL,
            StatementId="org",
            Action="events:PutEvents",
            Principal="*",
            Condition={"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1"},
        )

        assert put(each, STRANGER) == DENIED


def test_a_sender_may_be_held_to_its_source():
    with world(standing(pattern={"account": [FRIEND]})) as each:
        only = {"StringEquals": {"events:source": "shop"}}
        let(each, statement({"AWS": f"arn:aws:iam::{FRIEND}:root"}, Condition=only))

        assert (put(each, FRIEND, "shop"), put(each, FRIEND, "bank")) == ("", DENIED)
        assert [told["source"] for told in heard(each)] == ["shop"]


@pytest.mark.parametrize("source", ["aws.ec2", "aws.partner/example.com/orders/1"])
def test_nobody_who_is_let_in_speaks_for_aws(source):
    with world(standing(pattern={"account": [FRIEND]})) as each:
        let(each, statement("*"))

        assert put(each, FRIEND, source) == "NotAuthorizedForSourceException"
        assert heard(each) == []


def test_a_service_is_not_let_in_by_a_policy_for_accounts():
    """A confused deputy: what is said of one account lets in no rule with another account's role."""
    with world(standing()) as each:
        let(each, statement({"AWS": f"arn:aws:iam::{FRIEND}:root"}))
        deliveries = each.setting.deliveries
        role = AssumedRole(arn=f"arn:aws:iam::{STRANGER}:role/fwd", service="events.amazonaws.com")
        event = Event(content={"source": "shop", "account": STRANGER})
        refused = deliveries.hand_over(
            BUS, event, by=role, source=f"arn:aws:events:us-east-1:{STRANGER}:rule/r"
        )

        assert refused is not None
        assert heard(each) == []


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Policy": "{"}, "ValidationException"),
        ({"Policy": json.dumps(document(statement("*", Sid="s" * 11_000)))}, "PolicyLengthExceededException"),
        ({"StatementId": "s", "Action": "events:PutRule", "Principal": FRIEND}, "ValidationException"),
        ({"StatementId": "s", "Action": "events:PutEvents", "Principal": "me"}, "ValidationException"),
    ],
)
def test_a_permission_that_is_refused(given, code):
    with world(standing()) as each:
        assert refusal(admin(each, "events").put_permission, EventBusName=CENTRAL, **given) == code


# ---- rules that forward to another account ------------------------------------------------------

THEIRS = f"arn:aws:events:us-east-1:{FRIEND}:event-bus/default"


def forwarding(*statements):
    sends = {"Role": role("Role", "events", *statements)["Role"]}
    target = {"Arn": THEIRS, "Id": "theirs", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}
    given = {"EventPattern": {"source": ["shop"]}, "Targets": [target]}
    failed = {"DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Heard", "Arn"]}}}
    given["Targets"] = [{**target, **failed}]
    return {**sends, **queue(), "Forwards": {"Type": "AWS::Events::Rule", "Properties": given}}


def theirs(each):
    return each.client(each.user("friend", account=FRIEND), "events")


def lets_us_in(each, account=ACCOUNT):
    theirs(each).put_permission(Action="events:PutEvents", Principal=account, StatementId="us")


def sells(each):
    entry = {"Source": "shop", "DetailType": "sold", "Detail": "{}"}
    admin(each, "events").put_events(Entries=[entry])
    each.run(10)


def undelivered(each):
    return [moment.words for moment in each.setting.trace if moment.kind == "undelivered"]


@pytest.mark.slow
def test_a_bus_of_another_account_gets_what_its_policy_and_our_role_allow():
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html."""
    with world(forwarding(may("events:PutEvents"))) as each:
        lets_us_in(each)
        sells(each)

        [arrived] = each.eventbridge.buses.elsewhere
        assert arrived.bus == THEIRS
        assert (arrived.event["account"], arrived.event["source"]) == (ACCOUNT, "shop")
        assert undelivered(each) == []


@pytest.mark.parametrize(
    ("statements", "lets_in"),
    [
        pytest.param((may("events:PutEvents"),), "", id="no policy there"),
        pytest.param((may("events:PutEvents"),), STRANGER, id="a policy for somebody else"),
        pytest.param((), ACCOUNT, id="no right of our role"),
    ],
)
def test_without_either_it_stays_undelivered(statements, lets_in):
    with world(forwarding(*statements)) as each:
        if lets_in:
            lets_us_in(each, lets_in)
        sells(each)

        assert each.eventbridge.buses.elsewhere == []
        [words] = undelivered(each)
    assert words.endswith("NO_PERMISSIONS")


def test_rules_can_not_be_made_there():
    with (
        world(forwarding()) as each,
        pytest.raises(NotSimulated, match=f"PutRule in another account .{FRIEND}"),
    ):
        theirs(each).put_rule(Name="hears", EventPattern='{"source": ["shop"]}')
