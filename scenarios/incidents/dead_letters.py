"""What can't be handled or delivered is kept: functions are broken, or an event is not what it should be."""

from typing import Any

from scenarios.cloud.world import World
from scenarios.incidents.failed_login import bastion, knock
from scenarios.runner.scenario import Action, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor, arrives
from scenarios.runner.words.checks import alarm_mail, alert, kept, no_more_alerts_than, undelivered
from scenarios.runner.words.givens import table
from scenarios.runner.words.trail_actions import lifts_the_policy
from scenarios.runner.words.trail_settings import on_group, on_trail

root = Actor(name="root", address="203.0.113.7")
mallory = Actor(name="mallory", address="203.0.113.66")


def _event(source: str, name: str, **detail: Any) -> dict[str, Any]:
    """A record that its rule matches and nobody can read: its time is none."""
    kind = "Console Sign In" if source == "signin" else "API Call"
    return {
        "version": "0",
        "id": f"20000000-0000-4000-8000-{len(name):012d}",
        "detail-type": f"AWS {kind} via CloudTrail",
        "source": f"aws.{source}",
        "account": "123456789012",
        "time": "2026-03-02T03:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "eventTime": "yesterday, I think",
            "eventID": f"20000000-0000-4000-8000-{len(name):012d}",
            **detail,
        },
    }


UNREADABLE = Scenario(
    name="dead_letters",
    title="Events that nobody can read are tried three times and kept, with the reason",
    when=[
        at(
            "00:00",
            arrives(
                "a sign-in without a time arrives",
                _event("signin", "ConsoleLogin", userIdentity={"type": "Root"}),
            ),
            arrives("a deletion without a time arrives", _event("dynamodb", "DeleteTable")),
        ),
        at("01:00", root.signs_in(mfa=True)),
    ],
    then=[
        by("05:00", kept(2, "MalformedEvent", "yesterday, I think", "RetriesExhausted")),
        by("07:00", alarm_mail("DeadLettersAlarm")),
        at_the_end(alert("root_login", "HIGH"), no_more_alerts_than(1)),
    ],
)


def _deletes_every_function() -> Action:
    def do(world: World, caller: Any) -> None:
        client = world.client(caller, "lambda")
        for resource in world.home.of_type("AWS::Lambda::Function"):
            client.delete_function(FunctionName=resource.physical_id)

    return mallory.does("deletes every function of the stack", do)


def _alarm_goes_off() -> Action:
    def do(world: World, caller: Any) -> None:
        world.client(caller, "cloudwatch").set_alarm_state(
            AlarmName=world.home.resources["ConsoleFailuresAlarm"].physical_id,
            StateValue="ALARM",
            StateReason="three failures",
        )

    return mallory.does("sets an alarm off", do)


def _plants_a_file() -> Action:
    def do(world: World, caller: Any) -> None:
        bucket = world.home.resources["TrailBucket"].physical_id
        s3 = world.client(caller, "s3")
        s3.put_object(Bucket=bucket, Key="AWSLogs/planted.json.gz", Body=b"{}")
        s3.delete_object(Bucket=bucket, Key="AWSLogs/planted.json.gz")

    return mallory.does("plants a file in the trail's bucket and deletes it", do)


BROKEN = Scenario(
    name="dead_letters.broken",
    title="Somebody deletes every function of the stack; what their rules could not deliver is kept",
    given=(table("orders"),),
    lasts="01:10:00",
    loses=True,
    when=[
        at("00:00", _deletes_every_function()),
        at("01:00", root.signs_in(mfa=True)),
        at("01:10", mallory.calls("dynamodb", "delete_table", TableName="orders")),
        at("01:20", _alarm_goes_off()),
        at("01:30", lifts_the_policy(mallory), _plants_a_file()),
        at("01:40", on_group(mallory, "put_retention_policy", retentionInDays=1)),
        at("01:50", on_trail(mallory, "stop_logging")),
    ],
    then=[at_the_end(kept(10), no_more_alerts_than(0), undelivered("NO_RESOURCE", times=10))],
)


def _deletes_the_topic() -> Action:
    def do(world: World, caller: Any) -> None:
        topic = world.home.resources["AlertTopic"].physical_id
        world.client(caller, "sns").delete_topic(TopicArn=topic)

    return mallory.does("deletes the alert topic", do)


SILENCED = Scenario(
    name="dead_letters.silenced",
    title="Somebody deletes the alert topic: what could not be reported is kept, and why",
    given=(table("orders"),),
    lasts="20:00",
    loses=True,  # CloudWatch has no dead letters: what the alarm would have told is gone
    when=[
        at("00:00", _deletes_the_topic()),
        at("00:30", root.signs_in(mfa=True)),
        at("00:40", mallory.calls("dynamodb", "delete_table", TableName="orders")),
        *(at(f"00:{50 + number}", knock(bastion, "admin", 700 + number)) for number in range(5)),
        at("01:30", lifts_the_policy(mallory), _plants_a_file()),
    ],
    then=[
        at_the_end(kept(7, "(NotFound) when calling the Publish", "RetriesExhausted"), no_more_alerts_than(0))
    ],
)

SCENARIOS = (UNREADABLE, BROKEN, SILENCED)
