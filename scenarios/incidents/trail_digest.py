"""Somebody tampers with the audit trail itself."""

from typing import Any

from botocore.exceptions import ClientError

from scenarios.cloud.world import World
from scenarios.incidents.trail_validation import asks, validation_is
from scenarios.runner.scenario import Action, Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than
from scenarios.runner.words.existing_trail import ARN, EXISTING_TRAIL, PARAMETERS
from scenarios.runner.words.givens import no_looks_for_floods
from scenarios.runner.words.trail_actions import (
    DIGESTS,
    LOGS,
    deletes,
    destroys,
    destroys_all,
    destroys_the_newest,
    edits,
    forges,
    lifecycle_expires,
    lifts_the_policy,
    old_log_file,
    plants,
    puts_an_older_digest_in_its_place,
    swells,
)
from scenarios.runner.words.trail_settings import on_trail

alice = Actor(name="alice", address="198.51.100.4")
mallory = Actor(name="mallory", address="203.0.113.66")


def works(actor: Actor, name: str) -> Action:
    """Something that CloudTrail records."""
    return actor.calls("iam", "create_user", UserName=name, words=f"creates the user {name}")


def is_refused_to_write() -> Action:
    """Only CloudTrail writes to the trail's bucket; even an administrator may not."""

    def do(world: World, caller: Any) -> None:
        bucket = world.home.resources["TrailBucket"].physical_id
        try:
            world.client(caller, "s3").put_object(Bucket=bucket, Key="AWSLogs/planted", Body=b"{}")
        except ClientError as error:
            if error.response["Error"]["Code"] == "AccessDenied":
                return
            raise
        raise AssertionError("mallory could write to the trail's bucket")

    return mallory.does("tries to write to the trail's bucket, and is refused", do)


SCENARIO = Scenario(
    name="trail_digest",
    title="Somebody hides what they did: one audit log is deleted, another written anew",
    given=(no_looks_for_floods(),),
    lasts="03:30:00",
    when=[
        at("05:00", works(mallory, "backdoor")),
        at("40:00", works(mallory, "backdoor-2")),
        at("01:10:00", is_refused_to_write(), deletes(mallory, LOGS, "the newest audit log")),
        at("01:30:00", lifts_the_policy(mallory), edits(mallory, "backdoor")),
    ],
    then=[
        by("01:10:30", alert("trail_digest", "CRITICAL", "203.0.113.66", "delete-object", subject="deleted")),
        by("01:31:00", alert("trail_digest", "HIGH", "203.0.113.66", subject="overwritten")),
        by("03:30:00", alert("trail_digest", "CRITICAL", subject="A CloudTrail log file was modified")),
    ],
)

BOMB = Scenario(
    name="trail_digest.bomb",
    title="A log file is replaced by one that swells to 64 MB: who did it, and that it can't be read",
    given=(no_looks_for_floods(),),
    lasts="03:10:00",
    when=[
        at("40:00", works(mallory, "backdoor")),
        at("01:10:00", lifts_the_policy(mallory), swells(mallory, 64)),
    ],
    then=[
        by("01:11:00", alert("trail_digest", "HIGH", "203.0.113.66", subject="overwritten")),
        by(
            "03:10:00",
            alert("trail_digest", "MEDIUM", "too large for a function", subject="could not be looked at"),
        ),
    ],
)

SOUND = Scenario(
    name="trail_digest.sound",
    title="Five quiet hours: work is done, logs and digests come, the lifecycle expires an old one",
    given=(no_looks_for_floods(), old_log_file("2025-11-20")),
    lasts="05:00:00",
    when=[
        at("05:00", works(alice, "bob")),
        at("01:20:00", works(alice, "carol")),
        at("02:40:00", works(alice, "dave")),
        at("03:30:00", lifecycle_expires(LOGS, "the oldest log file")),
    ],
    then=at_the_end(no_more_alerts_than(0)),
)

DESTROYED = Scenario(
    name="trail_digest.destroyed",
    title="A log file and the newest digest are deleted for good, and a log file is planted",
    given=(no_looks_for_floods(),),
    lasts="04:20:00",
    when=[
        at("05:00", works(mallory, "backdoor")),
        at("01:05:00", works(mallory, "backdoor-2")),
        at("01:30:00", destroys(mallory, LOGS, "an audit log")),
        at("01:40:00", lifts_the_policy(mallory), plants(mallory)),
        at("02:20:00", destroys(mallory, DIGESTS, "the newest digest")),
    ],
    then=[
        by("01:30:30", alert("trail_digest", "CRITICAL", "permanently deleted, no version is left")),
        by("01:41:00", alert("trail_digest", "CRITICAL", subject="was added")),
        by("02:21:00", alert("trail_digest", "CRITICAL", subject="digest was permanently deleted")),
        by("04:20:00", alert("trail_digest", "CRITICAL", subject="A CloudTrail digest was deleted")),
    ],
)

EXISTING = Scenario(
    name="trail_digest.existing_trail",
    title="The trail was there before the stack; its bucket is watched too",
    given=(no_looks_for_floods(),),
    before=EXISTING_TRAIL,
    parameters=PARAMETERS,
    lasts="03:30:00",
    when=[
        at("05:00", works(alice, "bob")),
        at("02:10:00", deletes(mallory, LOGS, "the newest audit log")),
        at("03:20:00", plants(mallory), asks(alice, 3.2)),
    ],
    then=[
        until("02:09:00", no_more_alerts_than(0)),
        by("03:15:00", alert("trail_digest", "CRITICAL", "hides it"), alert("trail_digest", "CRITICAL", ARN)),
        by("03:21:00", alert("trail_digest", "CRITICAL", subject="was added")),
        by("03:30:00", validation_is(state="done", verdict="not sound")),
        at_the_end(no_more_alerts_than(3, of="trail_digest")),
    ],
)

KNOWN_BEFORE = "an earlier run verified it"

FORGED = Scenario(
    name="trail_digest.forged",
    title="Digests are forged, replaced and deleted, the trail is stopped: each is reported by its kind",
    given=(no_looks_for_floods(),),
    lasts="09:10:00",
    when=[
        at("05:00", works(mallory, "backdoor")),
        at("01:20:00", lifts_the_policy(mallory), forges(mallory)),
        at("02:20:00", puts_an_older_digest_in_its_place(mallory)),
        # The newest but one is what the run of 4:00 verified, and nothing in the bucket names it any more.
        at("04:20:00", destroys_the_newest(mallory, DIGESTS, 2, "the two newest digests")),
        at("04:25:00", on_trail(mallory, "stop_logging")),
        at("06:05:00", on_trail(mallory, "start_logging")),
        at("08:20:00", destroys_all(mallory, DIGESTS, "all digests")),
    ],
    then=[
        by("02:02:00", alert("trail_digest", "CRITICAL", subject="digest was modified")),
        by("03:02:00", alert("trail_digest", "CRITICAL", subject="digest was moved or copied")),
        by("05:02:00", alert("trail_digest", "CRITICAL", KNOWN_BEFORE)),
        by("05:02:00", alert("trail_digest", "CRITICAL", subject="logging is switched off")),
        by("08:02:00", alert("trail_digest", "MEDIUM", subject="CloudTrail was off for a while")),
        by("09:02:00", alert("trail_digest", "CRITICAL", KNOWN_BEFORE, times=2)),
    ],
)

SCENARIOS = (SCENARIO, BOMB, SOUND, DESTROYED, EXISTING, FORGED)
