"""What might keep Trailwarden silent: the way to the person on call fails, or the ledger does."""

import json
from typing import Any

from scenarios.cloud.world import World
from scenarios.incidents.failed_login import bastion, knock
from scenarios.incidents.trail_stopped import trail_logs
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by, span, until
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.archive_account import WATCH_BUS, WATCHING_PERSON, watching_archive
from scenarios.runner.words.blinding_ways import ALL_DEEDS, FORWARDING_DEEDS
from scenarios.runner.words.checks import alerts, heard_of, no_more_alerts_than
from scenarios.runner.words.outages import falls_ill, is_well_again
from scenarios.runner.words.trail_actions import LOGS, destroys, lifts_the_policy
from scenarios.runner.words.trail_settings import on_trail, unrecorded

root = Actor(name="root", address="203.0.113.7")
mallory = Actor(name="mallory", address="203.0.113.66")


def _unheard(world: World) -> str | None:
    told = [each.subject for each in alerts(world) if each.attributes["remediation"] == "trail_digest"]
    return told[0] if told else None


SNS_ILL = Scenario(
    name="silence.sns_ill",
    title="SNS is ill for eight minutes while somebody goes on guessing: it is told once it is well",
    when=[
        at("00:00", falls_ill("sns")),
        *(
            at(f"{number * 40 // 60:02}:{number * 40 % 60:02}", knock(bastion, "admin", 700 + number))
            for number in range(12)
        ),
        at("08:00", is_well_again("sns")),
    ],
    then=at_the_end(heard_of("failed_login", "MEDIUM", "bastion", "admin")),
)

ILL_BY_THE_HOUR = Scenario(
    name="silence.ill_by_the_hour",
    title="SNS is ill while a missing log file is found by the hour: the next hour's look still tells",
    lasts="03:10:00",
    when=[
        at("00:05:00", mallory.calls("dynamodb", "list_tables")),
        at(
            "00:50:00",
            unrecorded(lifts_the_policy(mallory)),
            unrecorded(destroys(mallory, LOGS, "a log file")),
        ),
        at("01:59:50", falls_ill("sns")),
        at("02:07:50", is_well_again("sns")),
    ],
    then=[
        until("02:59:00", Check("nothing of it has been told", _unheard)),
        at_the_end(heard_of("trail_digest", "CRITICAL", subject="log file was deleted")),
    ],
)


def _deletes_the_ledger() -> Action:
    def do(world: World, caller: Any) -> None:
        name = world.home.resources["Ledger"].physical_id
        dynamodb = world.client(caller, "dynamodb")
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=name)

    return mallory.does("takes the ledger's protection away and deletes it", do)


def _kept_at_least(count: int, *says: str) -> Check:
    def judge(world: World) -> str | None:
        bodies = world.queues.bodies(world.home.resources["DeadLetters"].attributes["Arn"])
        right = [body for body in bodies if all(word in body for word in says)]
        return None if len(right) >= count else f"it holds {len(right)} like that"

    return Check(f"the dead-letter queue keeps {count} events at least", judge)


NO_LEDGER = Scenario(
    name="silence.no_ledger",
    title="Somebody deletes the ledger first: all is told nonetheless, perhaps twice, and nothing acts",
    parameters=(("TrailStoppedMode", "enforce"),),
    lasts="12:00",
    # Of a table that isn't there IAM can't see which of its keys are asked for.
    denied=("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Query"),
    when=[
        at("00:00", _deletes_the_ledger()),
        at("01:00", root.signs_in(mfa=False)),
        at("02:00", on_trail(mallory, "stop_logging")),
    ],
    then=[
        by("02:30", heard_of("table_deleted", "HIGH", "No ledger", "user/mallory")),
        by("03:30", heard_of("root_login", "CRITICAL", "No ledger", "203.0.113.7")),
        by(
            "04:30",
            heard_of(
                "trail_stopped",
                "CRITICAL",
                "No ledger",
                "user/mallory",
                "because its ledger could not be reached:",
                "aws cloudtrail start-logging",
            ),
        ),
        at_the_end(_kept_at_least(3, "LedgerUnreachable", "RetriesExhausted"), trail_logs(on=False)),
    ],
)

BUSY_LEDGER = Scenario(
    name="silence.busy_ledger",
    title="DynamoDB throttles our every call: root's sign-in is told all the same, and kept",
    lasts="06:00",
    when=[at("00:00", falls_ill("dynamodb"), root.signs_in(mfa=True))],
    then=[
        by("02:00", heard_of("root_login", "HIGH", "No ledger", "203.0.113.7")),
        at_the_end(_kept_at_least(1, "LedgerUnreachable", "RetriesExhausted")),
    ],
)

# ---- the heartbeat, and the way that needs nothing of ours ---------------------------------------

BEATS = ("SendHeartbeat", "yes")
NO_MAIL = ("PlainEmail", "second@example.com")


def plain_mail(alarm: str, *, state: str = "ALARM", times: int = 0) -> Check:
    """AWS's own alarm has reached the second person through the plain topic; so many `times`, if given."""

    def judge(world: World) -> str | None:
        name, topic = (world.home.resources[each].physical_id for each in (alarm, "PlainTopic"))
        came = _states(world, name, topic, "second@example.com").count(state)
        return None if (came == times if times else came) else f"of it there came {came}"

    return Check(f"the plain topic tells that {alarm} is {state}{f', {times} times' if times else ''}", judge)


def archive_tells(what: str, *, times: int) -> Check:
    """An alarm of the archive account has gone off so many times, and its topic has told that by mail."""

    def judge(world: World) -> str | None:
        there = world.stacks["before"].resources
        alarm, topic = there[f"{what}Alarm"].physical_id, there["WatchTopic"].physical_id
        came = _states(world, alarm, topic, WATCHING_PERSON).count("ALARM")
        return None if came == times else f"it has told so {came} times"

    return Check(f"the archive account has told {times} times that {what}Alarm went off", judge)


def _states(world: World, alarm: str, topic: str, to: str) -> list[str]:
    return [
        json.loads(mail.text)["NewStateValue"]
        for mail in world.topics.inbox
        if mail.topic_arn == topic
        and mail.to == to
        and mail.text.startswith("{")  # a rule's mail is no alarm's
        and json.loads(mail.text)["AlarmName"] == alarm
    ]


def _plain_mail_is_over(since: str) -> Check:
    """The plain topic has told nothing since then, but that the alarm is well: at first it hears nothing."""

    def judge(world: World) -> str | None:
        topic, then = world.home.resources["PlainTopic"].physical_id, world.deployment.start + span(since)
        came = [mail.subject for mail in world.topics.inbox if mail.topic_arn == topic and mail.at >= then]
        return f"there came {'; '.join(came)}" if came else None

    return Check(f"the plain topic has told nothing since {since}", judge)


def _beats(least: int) -> Check:
    """So many heartbeats have come out at the end of the way, and none in anybody's mailbox."""

    def judge(world: World) -> str | None:
        came = len(world.queues.bodies(world.home.resources["Heartbeats"].attributes["Arn"]))
        mailed = [mail for mail in alerts(world) if mail.attributes["remediation"] == "heartbeat"]
        return f"{len(mailed)} came by mail" if mailed else None if came >= least else f"{came} came out"

    return Check(f"{least} heartbeats come out, none by mail", judge)


def _deletes_function(name: str) -> Action:
    def do(world: World, caller: Any) -> None:
        function = world.home.resources[name].physical_id
        world.client(caller, "lambda").delete_function(FunctionName=function)

    return mallory.does(f"deletes the function {name}", do)


def _closes_the_topic(*, closed: bool) -> Action:
    """Nobody may publish to the alert topic, or those again whom the stack lets."""

    def do(world: World, caller: Any) -> None:
        topic = world.home.resources["AlertTopic"].physical_id
        nobody = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
        own = world.home.resources["AlertTopicPolicy"].properties["PolicyDocument"]
        policy = {"Version": "2012-10-17", "Statement": [nobody]} if closed else own
        world.client(caller, "sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy)
        )

    return mallory.does(f"{'denies everybody' if closed else 'lets its publishers use'} the alert topic", do)


HEARTBEAT = Scenario(
    name="silence.heartbeat",
    title="A heartbeat each minute comes out, unseen by people; once it doesn't, AWS itself tells somebody",
    parameters=(BEATS, NO_MAIL),
    lasts="25:00",
    denied=("SNS:Publish",),
    loses=True,  # an alarm whose topic is closed has no other place for its message, and a heartbeat none
    when=[
        at("08:00", _closes_the_topic(closed=True)),
        at("09:00", root.signs_in(mfa=False)),
        at("16:00", _closes_the_topic(closed=False)),
    ],
    then=[
        until("08:00", _plain_mail_is_over("04:00"), _beats(6)),
        by("13:00", plain_mail("HeartbeatAlarm")),
        by("20:00", plain_mail("HeartbeatAlarm", state="OK")),
    ],
)

SECOND_WAY = Scenario(
    name="silence.second_way",
    title="Somebody closes the alert topic: what fails and what is kept is told by AWS's own alarms",
    parameters=(NO_MAIL,),
    lasts="15:00",
    denied=("SNS:Publish",),
    loses=True,  # an alarm whose topic is closed has no other place for its message, and a heartbeat none
    when=[
        at("00:00", _closes_the_topic(closed=True)),
        at("01:00", root.signs_in(mfa=False)),
    ],
    then=[
        by("05:00", plain_mail("FunctionErrors1Alarm")),
        by("10:00", plain_mail("DeadLettersAlarm")),
        at_the_end(no_more_alerts_than(0)),
    ],
)


def _renames_the_topic() -> Action:
    def do(world: World, caller: Any) -> None:
        topic = world.home.resources["AlertTopic"].physical_id
        world.client(caller, "sns").set_topic_attributes(
            TopicArn=topic, AttributeName="DisplayName", AttributeValue="Newsletter"
        )

    return mallory.does("gives the alert topic another name", do)


def _takes_targets_away(rule: str) -> Action:
    def do(world: World, caller: Any) -> None:
        name, events = world.home.resources[rule].physical_id, world.client(caller, "events")
        with world.calls.muted():
            targets = events.list_targets_by_rule(Rule=name)["Targets"]
        events.remove_targets(Rule=name, Ids=[each["Id"] for each in targets])

    return mallory.does(f"takes the targets of {rule} away", do)


FIRST_WAY = Scenario(
    name="silence.first_way",
    title="Somebody ends the mail of the alert topic, then the watch over the stack: a second person is told",
    parameters=(NO_MAIL,),
    lasts="01:00:00",
    loses=True,  # what the function that is gone should have handled is kept, as undelivered
    when=[
        at("00:00", ALL_DEEDS["unsubscribed"].by(mallory)),
        at("10:00", ALL_DEEDS["watch_1_disabled"].by(mallory)),
        at("20:00", _renames_the_topic()),
        at("30:00", _takes_targets_away("StackChangedTrigger2")),
        at("40:00", ALL_DEEDS["watch_deleted"].by(mallory)),
    ],
    then=[
        *(
            by(f"{minutes}:00", plain_mail("FirstWayTouchedAlarm", times=times))
            for times, minutes in enumerate(("05", "15", "25", "35", "45"), start=1)
        ),
        at_the_end(plain_mail("FirstWayTouchedAlarm", times=5)),
    ],
)

ARCHIVE = Scenario(
    name="silence.archive",
    title="Both mails are ended, then the forwarding: the archive account tells of a call, and of silence",
    before=watching_archive(),
    parameters=(BEATS, NO_MAIL, ("WatchBusArn", WATCH_BUS)),
    lasts="25:00",
    when=[
        at("08:00", *(ALL_DEEDS[each].by(mallory) for each in ("unsubscribed", "plain_unsubscribed"))),
        at("14:00", FORWARDING_DEEDS["forwarding_rewritten"].by(mallory)),
        at("20:00", FORWARDING_DEEDS["forwarding_disabled"].by(mallory)),
    ],
    then=[
        until("08:00", archive_tells("Watched", times=1)),  # that the heartbeat's alarm began without data
        by("12:00", archive_tells("Watched", times=2)),
        by("18:00", archive_tells("Watched", times=3)),
        until("20:00", archive_tells("WatchedHeartbeats", times=1)),
        by("24:30", archive_tells("WatchedHeartbeats", times=2)),
    ],
)

SCENARIOS = (
    SNS_ILL,
    ILL_BY_THE_HOUR,
    NO_LEDGER,
    BUSY_LEDGER,
    HEARTBEAT,
    SECOND_WAY,
    FIRST_WAY,
    ARCHIVE,
)
