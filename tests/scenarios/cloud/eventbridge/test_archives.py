"""What a bus has seen is kept, and sent again within a window."""

import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import START
from scenarios.cloud.kernel.faults import PROFILES
from tests.sample import in_turn
from tests.scenarios.cloud.eventbridge.test_eventbridge import custom_bus, event
from tests.scenarios.cloud.small_worlds import HOME, admin, arn, heard, queue, rule, world

BUS = arn("events", "event-bus/default")
HEARS = {**queue(), **rule()}
DAY = timedelta(days=1)


def archive(world, name="all", bus=BUS, **more):
    admin(world, "events").create_archive(ArchiveName=name, EventSourceArn=bus, **more)


def put(world, number, *, after=0, **more):
    """One event, `after` seconds from the world's beginning."""
    world.clock.run(START + timedelta(seconds=after))
    at = f"{world.clock.now:%Y-%m-%dT%H:%M:%SZ}"
    world.eventbridge.emit(HOME, event({"n": number}, time=at), **more)


def replay(world, since, until, *, name="again", archive="all", bus=BUS, **destination):
    return admin(world, "events").start_replay(
        ReplayName=name,
        EventSourceArn=arn("events", f"archive/{archive}"),
        EventStartTime=START + timedelta(seconds=since),
        EventEndTime=START + timedelta(seconds=until),
        Destination={"Arn": bus, **destination},
    )


def replayed(world, queue="Heard"):
    return [each["detail"]["n"] for each in heard(world, queue) if "replay-name" in each]


def described(world, name="again"):
    return admin(world, "events").describe_replay(ReplayName=name)


# ---- within its window --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        pytest.param(0, 600, [0, 1, 2], id="everything"),
        pytest.param(60, 120, [1], id="a minute of it"),
        pytest.param(60, 121, [1, 2], id="from the start's second to before the end's"),
        pytest.param(300, 600, [], id="nothing"),
    ],
)
def test_a_replay_sends_what_happened_within_its_window(since, until, expected):
    with world(HEARS) as cloud:
        archive(cloud)
        for number in range(3):
            put(cloud, number, after=60 * number)
        cloud.run(1200)
        replay(cloud, since, until)
        cloud.run(60)

        assert sorted(replayed(cloud)) == expected
        assert described(cloud)["State"] == "COMPLETED"


@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_a_replay_loses_nothing_under_any_fault(faults):
    with world(HEARS, faults=PROFILES[faults]) as cloud:
        archive(cloud)
        for number in range(3):
            put(cloud, number, after=60 * number)
        cloud.run(1200)
        replay(cloud, 0, 600)
        cloud.run(240)

        assert set(replayed(cloud)) == {0, 1, 2}
        assert len(replayed(cloud)) == (6 if PROFILES[faults].duplicates else 3)


def test_minutes_keep_their_order_and_within_one_it_is_lost():
    with world(HEARS, seed=3) as cloud:
        archive(cloud)
        for number in range(20):
            put(cloud, number, after=6 * number)
        cloud.run(1200)
        replay(cloud, 0, 600)
        cloud.run(60)

        numbers = replayed(cloud)
        assert sorted(numbers) == list(range(20))
        assert numbers != sorted(numbers)
        assert sorted(numbers[:10]) == list(range(10))


def test_an_event_reaches_its_archive_only_after_some_minutes():
    with world(HEARS) as cloud:
        archive(cloud)
        for number in range(20):
            put(cloud, number)
        replay(cloud, 0, 60, name="early")
        cloud.run(900)
        early = len(replayed(cloud))
        replay(cloud, 0, 60, name="late")
        cloud.run(60)

        assert early < 20
        assert len(replayed(cloud)) - early == 20


def test_a_replayed_event_says_so_and_is_not_archived_again():
    with world(HEARS) as cloud:
        archive(cloud)
        put(cloud, 0)
        cloud.run(900)
        replay(cloud, 0, 60)
        cloud.run(900)

        again = [each for each in heard(cloud) if "replay-name" in each]
        assert [each["replay-name"] for each in again] == ["again"]
        assert admin(cloud, "events").describe_archive(ArchiveName="all")["EventCount"] == 1


# ---- what is kept -------------------------------------------------------------------------------


def test_an_archive_keeps_what_its_pattern_matches():
    with world(HEARS) as cloud:
        archive(cloud, EventPattern=json.dumps({"detail": {"n": [{"numeric": [">", 0]}]}}))
        for number in range(3):
            put(cloud, number)
        cloud.run(900)
        replay(cloud, 0, 60)
        cloud.run(60)

        assert sorted(replayed(cloud)) == [1, 2]


def test_an_archive_keeps_only_what_came_over_its_bus_after_it_was_made():
    with world({**HEARS, **custom_bus()}) as cloud:
        put(cloud, 0)
        archive(cloud)
        put(cloud, 1, after=10, bus="orders")
        put(cloud, 2, after=20)
        cloud.run(900)
        replay(cloud, 0, 60)
        cloud.run(60)

        assert replayed(cloud) == [2]


def test_an_archives_own_rule_delivers_nothing():
    with world(HEARS) as cloud:
        archive(cloud)
        put(cloud, 0)
        cloud.run(900)

        assert len(heard(cloud)) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(0, [0], id="for ever"),
        pytest.param(2, [], id="two days"),
        pytest.param(4, [0], id="four"),
    ],
)
def test_what_is_older_than_the_retention_is_gone(days, expected):
    with world(HEARS) as cloud:
        archive(cloud, RetentionDays=days)
        put(cloud, 0)
        cloud.run((3 * DAY).total_seconds())
        replay(cloud, 0, 60)
        cloud.run(60)

        assert replayed(cloud) == expected


# ---- to whom ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_replay_can_go_to_one_rule_only():
    with world({**HEARS, **queue("Other"), **rule("Second", to="Other")}) as cloud:
        archive(cloud)
        put(cloud, 0)
        cloud.run(900)
        replay(cloud, 0, 60, FilterArns=[arn("events", "rule/Second")])
        cloud.run(60)

        assert replayed(cloud) == []
        assert replayed(cloud, "Other") == [0]


# ---- the API ------------------------------------------------------------------------------------


def test_a_replay_is_described_as_it_goes():
    with world(HEARS) as cloud:
        archive(cloud)
        put(cloud, 0)
        put(cloud, 1, after=120)
        cloud.run(900)
        started = replay(cloud, 0, 600)
        first = described(cloud)
        cloud.run(5.5)
        running = described(cloud)
        cloud.run(60)
        done = described(cloud)

        assert started["State"] == first["State"] == "STARTING"
        assert running["State"] == "RUNNING"
        assert running["EventLastReplayedTime"] == START
        assert done["State"] == "COMPLETED"
        assert done["EventLastReplayedTime"] == START + timedelta(seconds=120)
        assert done["ReplayEndTime"] > done["ReplayStartTime"]
        assert done["Destination"] == {"Arn": BUS}
        listed = admin(cloud, "events").list_replays(NamePrefix="ag")["Replays"]
        assert [each["ReplayName"] for each in listed] == ["again"]
        assert admin(cloud, "events").list_replays(State="RUNNING")["Replays"] == []


def test_replays_are_listed_by_one_filter_at_a_time():
    with world(HEARS) as cloud, pytest.raises(ClientError, match="At most one filter"):
        admin(cloud, "events").list_replays(NamePrefix="a", State="RUNNING")


def test_a_replay_that_is_cancelled_sends_no_more():
    with world(HEARS) as cloud:
        archive(cloud)
        put(cloud, 0)
        cloud.run(900)
        replay(cloud, 0, 60)
        admin(cloud, "events").cancel_replay(ReplayName="again")
        cloud.run(60)

        assert replayed(cloud) == []
        assert described(cloud)["State"] == "CANCELLED"
        with pytest.raises(ClientError, match="IllegalStatus"):
            admin(cloud, "events").cancel_replay(ReplayName="again")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"archive": "none"}, "Archive none does not exist", id="no such archive"),
        pytest.param({"since": 60}, "EventStartTime must be before EventEndTime", id="an empty window"),
        pytest.param(
            {"bus": arn("events", "event-bus/orders")}, "Cross event bus replay", id="to another bus"
        ),
        pytest.param({"name": "again"}, "already exists", id="a name that is taken"),
    ],
)
def test_a_replay_that_aws_refuses_is_refused(changes, message):
    with world({**HEARS, **custom_bus()}) as cloud:
        archive(cloud)
        replay(cloud, 0, 60)
        with pytest.raises(ClientError, match=message):
            replay(cloud, **{"since": 0, "until": 60, "name": "next"} | changes)


def test_ten_replays_run_at_once_and_an_eleventh_is_refused():
    with world(HEARS) as cloud:
        archive(cloud)
        for number in range(10):
            replay(cloud, 0, 60, name=f"r{number}")
        with pytest.raises(ClientError, match="LimitExceeded"):
            replay(cloud, 0, 60, name="one-more")


def test_an_archive_with_a_pattern_that_is_none_is_refused():
    with world(HEARS) as cloud, pytest.raises(ClientError, match="InvalidEventPattern"):
        archive(cloud, EventPattern='{"source": "s"}')


def test_a_replay_that_is_not_there_cannot_be_described():
    with world(HEARS) as cloud, pytest.raises(ClientError, match="Replay none does not exist"):
        described(cloud, "none")
