"""Partner event sources: offered, taken by a bus, active, deleted; who may put, and what becomes of it."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.runner.words.aws_itself import aws_tells
from tests.sample import in_turn
from tests.scenarios.cloud.small_worlds import (
    ACCOUNT,
    HOME,
    admin,
    arn,
    document,
    heard,
    may,
    noted,
    queue,
    refusal,
    world,
)

NAME = "aws.partner/example.com/orders/1"
PARTNER, OTHER = "999999999999", "888888888888"
DAYS = 24 * 3600


def standing(**bus):
    """A queue that hears of a partner's bus, once there is one."""
    return {**queue(), **bus}


def of_partner(each, account=PARTNER):
    return each.client(each.user("partner", account=account), "events")


def offer(each, name=NAME):
    return of_partner(each).create_partner_event_source(Name=name, Account=ACCOUNT)["EventSourceArn"]


def take(each, name=NAME):
    """Make the bus, and have its events put into the queue."""
    events = admin(each, "events")
    events.create_event_bus(Name=name, EventSourceName=name)
    pattern = json.dumps({"source": [{"prefix": "aws.partner/"}]})
    events.put_rule(Name="hears", EventBusName=name, EventPattern=pattern)
    events.put_targets(Rule="hears", EventBusName=name, Targets=[{"Id": "q", "Arn": arn("sqs", "Heard")}])
    return events


def put(each, source=NAME, client=None):
    entry = {"Source": source, "DetailType": "order", "Detail": '{"id": 1}'}
    answer = (client or of_partner(each)).put_partner_events(Entries=[entry])
    each.run(10)
    return answer


def state(each):
    return admin(each, "events").describe_event_source(Name=NAME)["State"]


# ---- from the offer to the bus ------------------------------------------------------------------


@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_what_a_partner_puts_arrives_on_the_bus_of_its_name(faults):
    """eb-saas.html: the partner event source, its association with a bus, rules on that bus."""
    with world(standing(), faults=PROFILES[faults]) as each:
        assert offer(each) == f"arn:aws:events:{HOME}::event-source/{NAME}"
        events = take(each)
        assert put(each)["FailedEntryCount"] == 0
        each.run(60)

        told = heard(each)
        assert len(told) == (2 if PROFILES[faults].duplicates else 1)
        assert {name: told[0][name] for name in ("source", "account", "detail-type", "detail")} == {
            "source": NAME,
            "account": ACCOUNT,
            "detail-type": "order",
            "detail": {"id": 1},
        }
        assert events.describe_rule(Name="hears", EventBusName=NAME)["Arn"] == arn(
            "events", f"rule/{NAME}/hears"
        )


def test_an_offer_is_pending_until_a_bus_takes_it():
    """API_EventSource.html: PENDING while there is no matching bus, ACTIVE with one."""
    with world(standing()) as each:
        offer(each)
        events = admin(each, "events")
        [told] = events.list_event_sources()["EventSources"]
        assert (told["State"], told["CreatedBy"]) == ("PENDING", "example.com")
        assert (told["ExpirationTime"] - told["CreationTime"]).days == 14

        take(each)
        assert state(each) == "ACTIVE"
        accounts = of_partner(each).list_partner_event_source_accounts(EventSourceName=NAME)
        assert [(each["Account"], each["State"]) for each in accounts["PartnerEventSourceAccounts"]] == [
            (ACCOUNT, "ACTIVE")
        ]


def test_what_comes_before_the_bus_is_lost():
    with world(standing()) as each:
        offer(each)
        assert put(each)["FailedEntryCount"] == 0
        take(each)
        each.run(60)

        assert heard(each) == []
        assert noted(each, "lost") == [f"an event of {NAME}, which is pending"]


@pytest.mark.slow
def test_an_offer_that_nobody_takes_is_gone_after_two_weeks():
    with world(standing()) as each:
        offer(each)
        each.run(13 * DAYS)
        assert state(each) == "PENDING"
        each.run(2 * DAYS)

        assert refusal(admin(each, "events").describe_event_source, Name=NAME) == "ResourceNotFoundException"


def test_a_source_that_is_deactivated_is_silent_until_it_is_active_again():
    with world(standing()) as each:
        offer(each)
        events = take(each)
        events.deactivate_event_source(Name=NAME)
        put(each)
        assert (state(each), heard(each)) == ("PENDING", [])

        events.activate_event_source(Name=NAME)
        put(each)
        assert (state(each), len(heard(each))) == ("ACTIVE", 1)


def test_a_source_that_its_partner_deletes_leaves_a_bus_that_hears_nothing():
    with world(standing()) as each:
        offer(each)
        events = take(each)
        of_partner(each).delete_partner_event_source(Name=NAME, Account=ACCOUNT)
        put(each)

        assert (state(each), heard(each)) == ("DELETED", [])
        assert refusal(events.activate_event_source, Name=NAME) == "InvalidStateException"


def test_a_bus_that_is_deleted_leaves_the_offer():
    with world(standing()) as each:
        offer(each)
        events = take(each)
        events.remove_targets(Rule="hears", EventBusName=NAME, Ids=["q"])
        events.delete_rule(Name="hears", EventBusName=NAME)
        events.delete_event_bus(Name=NAME)

        assert state(each) == "PENDING"


def test_a_partners_events_are_archived_and_replayed():
    with world(standing()) as each:
        offer(each)
        events = take(each)
        bus = events.describe_event_bus(Name=NAME)["Arn"]
        archive = events.create_archive(ArchiveName="orders", EventSourceArn=bus)["ArchiveArn"]
        put(each)
        each.run(700)
        events.start_replay(
            ReplayName="again",
            EventSourceArn=archive,
            EventStartTime=each.deployment.start,
            EventEndTime=each.clock.now,
            Destination={"Arn": bus},
        )
        each.run(60)

        assert [told.get("replay-name") for told in heard(each)] == [None, "again"]


# ---- a stack's ----------------------------------------------------------------------------------


def bus_in_stack(name=NAME, source=NAME):
    rule = {
        "Name": "hears",
        "EventBusName": {"Ref": "Bus"},
        "EventPattern": {"source": [NAME]},
        "Targets": [{"Id": "q", "Arn": {"Fn::GetAtt": ["Heard", "Arn"]}}],
    }
    bus = {"Name": name, "EventSourceName": source}
    return {
        **queue(),
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": bus},
        "Hears": {"Type": "AWS::Events::Rule", "Properties": rule},
    }


def test_a_stacks_partner_bus_hears_what_a_scenario_says_the_partner_tells():
    with world(bus_in_stack()) as each:
        aws_tells(NAME, "order", {"id": 1}).do(each)
        each.run(10)
        assert [told["detail"] for told in heard(each)] == [{"id": 1}]

        admin(each, "events").deactivate_event_source(Name=NAME)
        aws_tells(NAME, "order", {"id": 2}).do(each)
        each.run(10)
        assert len(heard(each)) == 1
        assert noted(each, "lost") == [f"an event of {NAME}, whose source is not active"]


def test_a_bus_with_slashes_is_a_partners():
    broken = bus_in_stack()
    del broken["Bus"]["Properties"]["EventSourceName"]
    with pytest.raises(InvalidTemplate, match="must not contain '/'"), world(broken):
        pass


# ---- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["another partner", "the account itself"])
def test_nobody_else_puts_a_partners_events(who):
    with world(standing()) as each:
        offer(each)
        take(each)
        client = of_partner(each, OTHER) if who == "another partner" else admin(each, "events")
        answer = put(each, client=client)

        assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
        assert heard(each) == []
        assert refusal(client.describe_partner_event_source, Name=NAME) == "ResourceNotFoundException"


def test_put_events_forges_no_partners_event():
    """API_PutEvents.html: only names of buses without slashes; a source of AWS's is not authorized."""
    with world(standing()) as each:
        offer(each)
        events = take(each)
        entry = {"Source": NAME, "DetailType": "order", "Detail": "{}"}

        assert refusal(events.put_events, Entries=[{**entry, "EventBusName": NAME}]) == "ValidationException"
        answer = events.put_events(Entries=[entry])
        each.run(10)
        assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
        assert heard(each) == []


def test_iam_judges_the_partner_too():
    with world(standing()) as each:
        offer(each)
        limited = each.user("limited", account=PARTNER, policies=(document(may("events:List*")),))
        client = each.client(limited, "events")
        entry = {"Source": NAME, "DetailType": "order", "Detail": "{}"}
        with pytest.raises(ClientError, match="AccessDenied"):
            client.put_partner_events(Entries=[entry])


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Name": NAME, "EventSourceName": f"{NAME}2"}, "ValidationException"),
        ({"Name": f"{NAME}2", "EventSourceName": f"{NAME}2"}, "ResourceNotFoundException"),
    ],
)
def test_a_partner_bus_has_the_name_of_an_offered_source(given, code):
    with world(standing()) as each:
        offer(each)

        assert refusal(admin(each, "events").create_event_bus, **given) == code


@pytest.mark.parametrize("name", ["example.com/orders/1", "aws.partner/example.com", "aws.partner/a b/c"])
def test_a_source_has_the_name_of_a_partners(name):
    with world(standing()) as each:
        assert refusal(of_partner(each).create_partner_event_source, Name=name, Account=ACCOUNT) == (
            "ValidationException"
        )


def test_one_account_is_offered_a_source_once():
    with world(standing()) as each:
        offer(each)

        assert refusal(of_partner(each).create_partner_event_source, Name=NAME, Account=ACCOUNT) == (
            "ResourceAlreadyExistsException"
        )
