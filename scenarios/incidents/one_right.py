"""Somebody holds exactly one right over Trailwarden's own parts, and does their worst with it.

Each of them reads the source, and knows every key and every name. What they can't do is make a seal. The
policies on our own parts turn them away (`turned_away`); to show what stands behind that line, the others are
let in as operators.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.events import Tick
from chalicelib.http.instructions import wake
from chalicelib.ledger.claims import handled
from chalicelib.ledger.entries import entry_of, item_of
from chalicelib.ledger.instructions import Verb, instruction, note
from chalicelib.ledger.ledger import Ledger, state_item, state_key
from chalicelib.ledger.validations import newest
from chalicelib.remediation import Call, Outcome, Plan
from chalicelib.runtime.woken import waking
from chalicelib.seal import SEAL
from chalicelib.trail.settings.selectors import selectors_in_words
from chalicelib.trail.settings.settings import TrailSettings
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.eventbridge.scheduled import scheduled_event
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.trail_stopped import BLIND, ENFORCE, GONE_TOMORROW, trail_logs
from scenarios.incidents.trail_validation import asks, works
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor, refused_by
from scenarios.runner.words.checks import (
    alarm_mail,
    alert,
    alerts,
    findings,
    heard_of,
    no_more_alerts_than,
    nothing_denied,
    nothing_lost,
    outcome,
    state,
)
from scenarios.runner.words.givens import table
from scenarios.runner.words.people import ruled
from scenarios.runner.words.trail_actions import edits, lifts_the_policy, trail_bucket
from scenarios.runner.words.trail_settings import OWN_TRAIL, on_trail, trail_arn, unrecorded

NAME = "trail_stopped"
STRANGER = "strangers-logs"


# The deploy lets mallory use its parts directly.
LET_IN = (("Operators", f"arn:aws:iam::{ACCOUNT}:user/mallory"),)


def holder(*rights: str) -> Actor:
    """Somebody who may do this one thing, anywhere; or these."""
    allowed = {"Effect": "Allow", "Action": list(rights), "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    return Actor(name="mallory", address="203.0.113.66", policies=(policy,))


writer, taker = holder("dynamodb:PutItem"), holder("dynamodb:DeleteItem")
disabler = holder("kms:DisableKey")
invoker, sender = holder("lambda:InvokeFunction"), holder("sqs:SendMessage")
opener = holder("lambda:DeleteResourcePolicy", "lambda:InvokeFunction")
forger = holder("dynamodb:PutItem", "lambda:InvokeFunction")
admin = Actor(name="eve", address="203.0.113.67")
alice = Actor(name="alice", address="198.51.100.4")


# ---- what they do ---------------------------------------------------------------------------------


def hourly_tick(world: World, hour: int) -> Tick:
    """The tick of the hourly look that comes so many hours after the deploy."""
    rule = world.home.resources["TrailStoppedTrigger4"].attributes["Arn"]
    due = world.deployment.start + timedelta(hours=hour)
    return Tick(key=f"{rule}@{_text(due)}", at=due, account=ACCOUNT, region=world.deployment.home)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


Items = Callable[[World], list[Mapping[str, Any]]]


def puts(words: str, items: Items) -> Action:
    """Write items into the ledger."""

    def do(world: World, caller: Caller) -> None:
        ledger = world.home.resources["Ledger"].physical_id
        for item in items(world):
            world.client(caller, "dynamodb").put_item(TableName=ledger, Item=item)

    return writer.does(words, do)


def puts_an_item(actor: Actor, *, times: int = 1, refused: bool = False) -> Action:
    """Plants an item in the ledger; or tries to, so many times."""

    def do(world: World, caller: Caller) -> None:
        item = {"pk": {"S": "FINDING#trail_stopped"}, "sk": {"S": "planted"}}
        ledger = world.home.resources["Ledger"].physical_id
        for _ in range(times):
            with refused_by("AccessDeniedException" if refused else "", "it was to be refused, and was not"):
                world.client(caller, "dynamodb").put_item(TableName=ledger, Item=item)

    return actor.does("puts an item into the ledger" + (f" {times} times, refused" if refused else ""), do)


def takes_away(words: str, keys: list[Mapping[str, Any]]) -> Action:
    """Delete items of the ledger."""

    def do(world: World, caller: Caller) -> None:
        ledger = world.home.resources["Ledger"].physical_id
        for each in keys:
            world.client(caller, "dynamodb").delete_item(TableName=ledger, Key=each)

    return taker.does(words, do)


def invokes(words: str, function: str, events: Callable[[World], list[Mapping[str, Any]]]) -> Action:
    """Invoke a function with made up events."""

    def do(world: World, caller: Caller) -> None:
        name = world.home.resources[function].physical_id
        for event in events(world):
            world.client(caller, "lambda").invoke(
                FunctionName=name, InvocationType="Event", Payload=json.dumps(event)
            )

    return invoker.does(words, do)


def planted_plan(world: World) -> list[Mapping[str, Any]]:
    """A plan that blinds the trail and empties its bucket, ready to be resumed at the next tick, untold."""
    home = world.deployment.home

    def call(service: str, operation: str, **parameters: Any) -> Call:
        return Call(service=service, operation=operation, parameters=parameters, account=ACCOUNT, region=home)

    calls = (
        call("cloudtrail", "put_event_selectors", TrailName=trail_arn(world), **BLIND),
        call(
            "s3",
            "put_bucket_lifecycle_configuration",
            Bucket=trail_bucket(world),
            LifecycleConfiguration=GONE_TOMORROW,
        ),
    )
    return [item_of(entry_of(NAME, hourly_tick(world, 2), Plan(calls=calls), Outcome.ACTED))]


def poisoned_state(world: World) -> list[Mapping[str, Any]]:
    """A good state that delivers to a stranger's bucket."""
    known = TrailSettings(trail=True, logging=True, bucket=STRANGER, multi_region=True, validating=True)
    return [state_item(NAME, known.as_text(), world.clock.now)]


def claims_of_ticks(world: World) -> list[Mapping[str, Any]]:
    """Claims by which the coming looks were made already."""
    return [handled(NAME, hourly_tick(world, hour), world.clock.now) for hour in range(2, 9)]


def ticks_ahead(world: World) -> list[Mapping[str, Any]]:
    """The ticks of the coming hours, as EventBridge will send them."""
    return [_as_sent(hourly_tick(world, hour)) for hour in range(2, 9)]


def forged_deed(world: World) -> list[Mapping[str, Any]]:
    """A StopLogging of somebody whose calls are expected, as EventBridge would send it."""
    now, home = _text(world.clock.now), world.deployment.home
    who = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/deploy-bot", "accountId": ACCOUNT}
    record = {
        "eventVersion": "1.11",
        "userIdentity": who,
        "eventTime": now,
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "StopLogging",
        "awsRegion": home,
        "sourceIPAddress": "198.51.100.9",
        "requestParameters": {"name": trail_arn(world)},
        "eventID": "00000000-0000-4000-8000-000000000001",
        "recipientAccountId": ACCOUNT,
    }
    return [
        {
            "version": "0",
            "id": "00000000-0000-4000-8000-000000000002",
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.cloudtrail",
            "account": ACCOUNT,
            "time": now,
            "region": home,
            "resources": [],
            "detail": record,
        }
    ]


def _as_sent(tick: Tick) -> Mapping[str, Any]:
    return scheduled_event(
        tick.key.partition("@")[0],
        tick.at,
        region=tick.region,
        account=tick.account,
        event_id="00000000-0000-4000-8000-000000000000",
    )


def forged_sum() -> Action:
    """A step that says that all parts of the validation under way are done."""

    def do(world: World, caller: Caller) -> None:
        with world.calls.muted():
            job = _newest_job(world)
        body = {"step": "sum", "job": job, "at": _text(world.clock.now)}
        queue = world.home.resources["Validations"].physical_id
        world.client(caller, "sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))

    return sender.does("sends a forged sum of the validation", do)


def _newest_job(world: World) -> str:
    client = world.client(world.user("reader"), "dynamodb")
    (job,) = newest(Ledger(client, world.home.resources["Ledger"].physical_id), 1)
    return job.id


@dataclass(frozen=True, slots=True)
class _Invented:
    """What an attacker has in place of the HTTP side's MAC."""

    def on(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The item with a MAC of the right length."""
        return {**item, SEAL: {"S": "00" * 32}}


def approves_as_somebody_else() -> Action:
    """Plant the approval of a colleague, and wake the function for it, as the HTTP side does."""

    def do(world: World, caller: Caller) -> None:
        found = next(iter(findings(world, "table_deleted")))
        asked = instruction(
            found.id,
            Verb.APPROVE,
            found.plan.digest,
            f"arn:aws:iam::{ACCOUNT}:user/alice",
            world.clock.now,
            dry=False,
            reason="",
            after=0,
        )
        ledger = Ledger(world.client(caller, "dynamodb"), world.home.resources["Ledger"].physical_id)
        note(ledger, asked, _Invented())
        function = world.home.resources["TableDeleted"].physical_id
        wake(world.client(caller, "lambda"), function, waking(found.id))

    return forger.does("plants an approval of alice's, and wakes the function for it", do)


def says_that_it_is_alice(who: Actor = invoker, *, refused: bool = True) -> Action:
    """Invoke the HTTP side's function as API Gateway would, for an approval of alice's."""

    def do(world: World, caller: Caller) -> None:
        (found, *_) = findings(world, "table_deleted")
        path = "/findings/{id}/approve"
        event = {
            "resource": path,
            "path": path,
            "httpMethod": "POST",
            "headers": {"Content-Type": "application/json"},
            "multiValueQueryStringParameters": None,
            "pathParameters": {"id": found.id},
            "stageVariables": None,
            "requestContext": {
                "httpMethod": "POST",
                "resourcePath": path,
                "path": path,
                "identity": {"userArn": f"arn:aws:iam::{ACCOUNT}:user/alice"},
            },
            "body": json.dumps({"plan": found.plan.digest}),
            "isBase64Encoded": False,
        }
        invoke, name = world.client(caller, "lambda").invoke, world.home.resources["APIHandler"].physical_id
        asked = {"FunctionName": name, "Payload": json.dumps(event)}
        if refused:
            must_be_denied(invoke, **asked)
        else:
            told = invoke(**asked)
            if "FunctionError" in told:  # it died: asked again, without waiting, so that Lambda tries again
                invoke(**asked, InvocationType="Event")
                return
            answer = json.loads(told["Payload"].read())
            if answer.get("statusCode") != 202:
                raise AssertionError(f"approve: the function answered {answer}")

    return who.does(f"invokes the HTTP side's function as alice{', and is refused' * refused}", do)


def opens_the_http_side() -> Action:
    """Take away the policy that lets in API Gateway alone."""

    def do(world: World, caller: Caller) -> None:
        arn = world.home.resources["APIHandler"].attributes["Arn"]
        world.client(caller, "lambda").delete_resource_policy(ResourceArn=arn)

    return opener.does("deletes the policy of the HTTP side's function", do)


# SQS and SNS have codes of their own.
_DENIALS = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError"})


def must_be_denied(call: Callable[..., Any], **parameters: Any) -> None:
    """A call that AWS refuses for lack of permission; AssertionError where it doesn't."""
    try:
        call(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] in _DENIALS:
            return
        raise
    raise AssertionError(f"{call.__name__} was to be refused, and was not")


def disables_the_key() -> Action:
    """Take away what seals are made with."""

    def do(world: World, caller: Caller) -> None:
        key = world.home.resources["TrailStoppedSealKey"].physical_id
        world.client(caller, "kms").disable_key(KeyId=key)

    return disabler.does("disables the key of TrailStopped's seals", do)


def tries_every_part() -> tuple[Action, ...]:
    """Somebody else each time, with one right and the service's own refusal."""
    return (
        writer.does("writes to the ledger, and is refused", _tries_the_ledger),
        taker.does("deletes from the ledger, and is refused", _tries_to_delete),
        invoker.does("invokes every function, and is refused", _tries_the_functions),
        sender.does("sends to every queue, and is refused", _tries_the_queues),
        holder("sqs:*").does("reads and empties every queue, and is refused", _tries_to_empty),
        holder("sns:Publish").does("publishes to every topic, and is refused", _tries_the_topics),
    )


def _names(world: World, kind: str) -> list[str]:
    return [resource.physical_id for resource in world.home.of_type(f"AWS::{kind}")]


def _tries_the_ledger(world: World, caller: Caller) -> None:
    table = world.client(caller, "dynamodb")
    for name in _names(world, "DynamoDB::Table"):
        for item in (*planted_plan(world), *poisoned_state(world), *claims_of_ticks(world)):
            must_be_denied(table.put_item, TableName=name, Item=item)


def _tries_to_delete(world: World, caller: Caller) -> None:
    table = world.client(caller, "dynamodb")
    for name in _names(world, "DynamoDB::Table"):
        must_be_denied(table.delete_item, TableName=name, Key=state_key(NAME))


def _tries_the_functions(world: World, caller: Caller) -> None:
    for name in _names(world, "Lambda::Function"):
        must_be_denied(
            world.client(caller, "lambda").invoke, FunctionName=name, InvocationType="Event", Payload=b"{}"
        )


def _tries_the_queues(world: World, caller: Caller) -> None:
    for name in _names(world, "SQS::Queue"):
        must_be_denied(world.client(caller, "sqs").send_message, QueueUrl=name, MessageBody="{}")


def _tries_to_empty(world: World, caller: Caller) -> None:
    sqs = world.client(caller, "sqs")
    for name in _names(world, "SQS::Queue"):
        must_be_denied(sqs.receive_message, QueueUrl=name)
        must_be_denied(sqs.purge_queue, QueueUrl=name)


def _tries_the_topics(world: World, caller: Caller) -> None:
    for name in _names(world, "SNS::Topic"):
        must_be_denied(world.client(caller, "sns").publish, TopicArn=name, Message="all is well")


# ---- what is to hold ------------------------------------------------------------------------------


def told_of_the_ledger(item: str, what: str) -> Check:
    """Somebody's hand in the ledger is reported."""
    return alert(NAME, "CRITICAL", item, subject=f"ledger {what}")


def trail_is_untouched() -> Check:
    """The trail records everything, to its own bucket, which keeps its files."""

    def judge(cloudtrail: Any) -> str | None:
        chosen = cloudtrail.get_event_selectors(TrailName=OWN_TRAIL).get("AdvancedEventSelectors", [])
        bucket = cloudtrail.get_trail(Name=OWN_TRAIL)["Trail"]["S3BucketName"]
        recorded = selectors_in_words(json.dumps(chosen))
        if not recorded.startswith("all management events, and writes of AWS::DynamoDB::Table"):
            return f"it records {recorded}"
        return f"it delivers to {bucket}" if bucket == STRANGER else None

    return state("the trail records everything, to its own bucket", judge, "cloudtrail")


def bucket_keeps_its_files() -> Check:
    """No rule of the bucket's lifecycle is the attacker's."""

    def judge(world: World) -> str | None:
        with world.calls.muted():
            s3 = world.client(world.user("reader"), "s3")
            rules = s3.get_bucket_lifecycle_configuration(Bucket=trail_bucket(world))["Rules"]
        return "its files expire tomorrow" if any(rule["ID"] == "tidy" for rule in rules) else None

    return Check("the trail's bucket keeps its files", judge)


def told_by_every_try(*says: str) -> Check:
    """Without a ledger each try tells, so perhaps again and again; never nothing."""

    def judge(world: World) -> str | None:
        texts = [message.text for message in alerts(world) if message.attributes["severity"] == "CRITICAL"]
        return None if any(all(word in text for word in says) for text in texts) else f"of {len(texts)}, none"

    return Check(f"a CRITICAL alert says {', '.join(says)}, once or more", judge)


FORGED, GONE = "is not from Trailwarden", "was taken away"
# The hourly look has been there once.
AFTER_THE_FIRST, BEFORE_THE_SECOND, AFTER_THE_SECOND = "01:05:00", "01:10:00", "02:03:00"

PLANTED_PLAN = Scenario(
    name="one_right.planted_plan",
    title="dynamodb:PutItem: a plan planted for the next tick is not carried out, and is reported",
    parameters=(*ENFORCE, *LET_IN),
    lasts="02:10:00",
    when=[at(AFTER_THE_FIRST, puts("plants a plan that blinds the trail", planted_plan))],
    then=[
        by(
            "01:07:30",
            alert("stack_changed", "CRITICAL", "user/mallory", subject="table Ledger was written to by hand"),
        ),
        by(AFTER_THE_SECOND, told_of_the_ledger("finding#trail_stopped", FORGED)),
        at_the_end(trail_is_untouched(), bucket_keeps_its_files(), no_more_alerts_than(2)),
    ],
)

POISONED_STATE = Scenario(
    name="one_right.poisoned_state",
    title="dynamodb:PutItem: a good state that delivers to a stranger's bucket is never restored",
    parameters=(*ENFORCE, *LET_IN),
    lasts="03:10:00",
    when=[at(AFTER_THE_FIRST, puts("poisons the good state", poisoned_state))],
    then=[
        by(AFTER_THE_SECOND, told_of_the_ledger("state#trail_stopped, good", FORGED)),
        at_the_end(trail_is_untouched(), no_more_alerts_than(1, of=NAME)),
    ],
)

FORGED_CLAIMS = Scenario(
    name="one_right.forged_claims",
    title="dynamodb:PutItem: claims on the coming looks keep none of them from looking",
    parameters=(*ENFORCE, *LET_IN),
    lasts="02:10:00",
    when=[
        at(AFTER_THE_FIRST, puts("claims the coming looks", claims_of_ticks)),
        at(BEFORE_THE_SECOND, unrecorded(on_trail(admin, "stop_logging"))),
    ],
    then=[
        by(
            AFTER_THE_SECOND,
            alert(NAME, "CRITICAL", "found by looking", subject="is weaker"),
            told_of_the_ledger("claim#trail_stopped", FORGED),
        ),
        at_the_end(trail_logs(on=True)),
    ],
)

STATE_TAKEN_AWAY = Scenario(
    name="one_right.state_taken_away",
    title="dynamodb:DeleteItem: a good state that vanished is reported",
    parameters=LET_IN,
    lasts="02:10:00",
    when=[at(AFTER_THE_FIRST, takes_away("forgets the good state", [state_key(NAME)]))],
    then=[
        by(AFTER_THE_SECOND, told_of_the_ledger("state#trail_stopped, good", GONE)),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
)

TICKS_AHEAD = Scenario(
    name="one_right.ticks_ahead",
    title="lambda:InvokeFunction: ticks sent ahead are refused, and the genuine looks find what was done",
    parameters=(*ENFORCE, *LET_IN),
    lasts="02:10:00",
    when=[
        at(AFTER_THE_FIRST, invokes("sends the coming ticks ahead", "TrailStopped", ticks_ahead)),
        at(BEFORE_THE_SECOND, unrecorded(on_trail(admin, "stop_logging"))),
    ],
    then=[
        by("01:08:00", alert(NAME, "CRITICAL", "it says that it is of", subject="a forged event")),
        by(AFTER_THE_SECOND, alert(NAME, "CRITICAL", "found by looking", subject="is weaker")),
        at_the_end(trail_logs(on=True), no_more_alerts_than(2, of=NAME)),
    ],
)

FORGED_DEED = Scenario(
    name="one_right.forged_deed",
    title="lambda:InvokeFunction: a made up call of an ignored principal makes no stopped trail good",
    parameters=(*ENFORCE, *LET_IN, ("IgnoredPrincipals", "arn:aws:iam::123456789012:user/deploy-*")),
    lasts="02:10:00",
    when=[
        at(AFTER_THE_FIRST, unrecorded(on_trail(admin, "stop_logging"))),
        at(BEFORE_THE_SECOND, invokes("makes up a call of deploy-bot's", "TrailStopped", forged_deed)),
    ],
    then=[
        by(
            AFTER_THE_SECOND,
            alert(NAME, "CRITICAL", "event history does not know it", subject="a forged event"),
            alert(NAME, "CRITICAL", "found by looking", "Trailwarden did:", subject="is weaker"),
        ),
        at_the_end(trail_logs(on=True), no_more_alerts_than(2, of=NAME)),
    ],
)

FORGED_SUM = Scenario(
    name="one_right.forged_sum",
    title="sqs:SendMessage: a forged sum swallows no verdict, and is reported",
    parameters=LET_IN,
    lasts="03:00:00",
    when=[
        at("05:00", works(admin, "backdoor")),
        at("01:20:00", lifts_the_policy(admin), edits(admin, "backdoor")),
        at("02:30:00", asks(alice, 2.6), forged_sum()),
    ],
    then=[
        by("02:35:00", alert("trail_validation", "CRITICAL", "step", subject="a forged step")),
        by("02:50:00", alert("trail_validation", "CRITICAL", subject="is not sound")),
    ],
)

WITHOUT_KMS = Scenario(
    name="one_right.without_kms",
    title="kms:DisableKey: without a seal nothing acts, and what happens is told all the same",
    parameters=ENFORCE,
    lasts="01:30:00",
    when=[
        at(AFTER_THE_FIRST, disables_the_key()),
        at(BEFORE_THE_SECOND, on_trail(admin, "stop_logging")),
    ],
    then=[
        by("01:14:00", told_by_every_try("user/eve", "KMS gives no seal", "nothing is done")),
        at_the_end(trail_logs(on=False), alarm_mail("DeadLettersAlarm")),
    ],
)

FORGED_APPROVAL = Scenario(
    name="one_right.forged_approval",
    title="dynamodb:PutItem, lambda:InvokeFunction: a made up approval of a colleague's counts for nothing",
    parameters=(("TableDeletedMode", "approve"), *LET_IN),
    given=(table("orders", backup="nightly"),),
    when=[
        at("00:00", admin.calls("dynamodb", "delete_table", TableName="orders")),
        at("05:00", approves_as_somebody_else()),
    ],
    then=[
        by(
            "06:00",
            alert("table_deleted", "CRITICAL", "instruction#table_deleted", subject=f"ledger {FORGED}"),
            alert("table_deleted", "CRITICAL", "nobody has asked anything", subject="a forged event"),
        ),
        at_the_end(outcome("table_deleted", Outcome.AWAITING_APPROVAL)),
    ],
)

INVOKE_HTTP = Scenario(
    name="one_right.invoke_http",
    title="lambda:InvokeFunction: an operator can't ask the HTTP side's function in a colleague's name",
    parameters=(("TableDeletedMode", "approve"), *LET_IN),
    given=(table("orders", backup="nightly"),),
    when=[
        at("00:00", admin.calls("dynamodb", "delete_table", TableName="orders")),
        at("06:00", says_that_it_is_alice()),
    ],
    then=[
        at_the_end(
            heard_of("stack_changed", "MEDIUM", "user/mallory", "Invoke", subject="the function APIHandler"),
            ruled("table_deleted"),
            outcome("table_deleted", Outcome.AWAITING_APPROVAL),
        )
    ],
)

OPENED_HTTP = Scenario(
    name="one_right.opened_http",
    title="lambda:DeleteResourcePolicy, then InvokeFunction: a forged approval counts, and all is told",
    parameters=(("TableDeletedMode", "approve"),),
    given=(table("orders", backup="nightly"),),
    when=[
        at("00:00", admin.calls("dynamodb", "delete_table", TableName="orders")),
        at("05:50", opens_the_http_side()),
        at("06:00", says_that_it_is_alice(opener, refused=False)),
    ],
    then=[
        at_the_end(
            heard_of("stack_changed", "CRITICAL", "user/mallory", "DeleteResourcePolicy"),
            heard_of("stack_changed", "HIGH", "user/mallory", "Invoke", subject="was run by hand"),
            heard_of("table_deleted", "HIGH", "approve by", "user/alice", subject="Approved"),
        )
    ],
)

TURNED_AWAY = Scenario(
    name="one_right.turned_away",
    title="Any of these rights: the policies on functions, queues, topics and ledger turn everybody away",
    lasts="01:20:00",
    when=[
        *(at(f"00:{10 + second}", tries) for second, tries in enumerate(tries_every_part())),
        at(BEFORE_THE_SECOND, admin.calls("cloudtrail", "stop_logging", Name=OWN_TRAIL)),
    ],
    then=[
        by("01:14:00", alert(NAME, "CRITICAL", "user/eve")),
        at_the_end(nothing_lost(), nothing_denied()),
    ],
)

SCENARIOS = (
    FORGED_APPROVAL,
    INVOKE_HTTP,
    OPENED_HTTP,
    TURNED_AWAY,
    PLANTED_PLAN,
    POISONED_STATE,
    FORGED_CLAIMS,
    STATE_TAKEN_AWAY,
    TICKS_AHEAD,
    FORGED_DEED,
    FORGED_SUM,
    WITHOUT_KMS,
)
