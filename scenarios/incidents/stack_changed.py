"""Somebody blinds Trailwarden first: its rules, functions, topics, keys and roles, before anything else."""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.remediation import Outcome
from chalicelib.settings import IGNORED_PRINCIPALS
from scenarios.cloud.deployment import ACCOUNT, STACK_NAME
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.one_right import LET_IN, puts_an_item
from scenarios.incidents.stolen_roles import session_of
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by
from scenarios.runner.words import existing_trail
from scenarios.runner.words.actors import Actor, refused_by
from scenarios.runner.words.blinding import DEEDS, DENY_ALL
from scenarios.runner.words.checks import alert, heard_of, no_more_alerts_than, outcome
from scenarios.runner.words.givens import no_looks_for_floods, table

NAME = "stack_changed"
ENFORCE = (("StackChangedMode", "enforce"),)
SECOND = "second@example.com"
DEPLOYED_BY = "arn:aws:iam::123456789012:user/deploy-*"
MORE_DEPLOYERS = f"{DEPLOYED_BY},arn:aws:iam::123456789012:user/release-*"

mallory = Actor(name="mallory", address="203.0.113.66")
eve = Actor(name="eve", address="203.0.113.67")
bot = Actor(name="deploy-bot", address="198.51.100.9")
intern = Actor(name="intern", address="192.0.2.15", policies=())


def on_rule(actor: Actor, operation: str, part: str) -> Action:
    """A call on one rule of the stack."""
    return _on_part(actor, "events", operation, "Name", part)


def on_key(actor: Actor, operation: str, part: str, **more: Any) -> Action:
    """A call on one key of the stack."""
    return _on_part(actor, "kms", operation, "KeyId", part, **more)


def _on_part(actor: Actor, service: str, operation: str, parameter: str, part: str, **more: Any) -> Action:
    """`parameter`: the one that names the part."""

    def do(world: World, caller: Caller) -> None:
        getattr(world.client(caller, service), operation)(**{parameter: _name(world, part)}, **more)

    return actor.does(f"calls {service} {operation} on {part}", do)


def makes_rules_of_like_names(actor: Actor) -> Action:
    """Rules of other stacks, called like ours: made, disabled, deleted."""

    def do(world: World, caller: Caller) -> None:
        events = world.client(caller, "events")
        ours = world.home.resources["RootLoginTrigger1"].physical_id
        for name in (f"my-{ours}", f"{ours}-2", "trailwarden-dev-RootLoginTrigger1-ABC"):
            events.put_rule(Name=name, EventPattern=json.dumps({"source": ["mine"]}))
            events.disable_rule(Name=name)
            events.delete_rule(Name=name)

    return actor.does("makes, disables and deletes rules of like names", do)


def tries(actor: Actor, times: int) -> Action:
    """Tries to disable a rule, and is refused each time."""

    def do(world: World, caller: Caller) -> None:
        _refused(world, caller, times)

    return actor.does(f"tries {times} times to disable RootLoginTrigger1, and is refused", do)


def a_stolen_session_tries() -> Action:
    """A session of one of our own telling roles tries what its function never does."""

    def do(world: World) -> None:
        _refused(world, session_of(world, "FailedLogin"), 1)

    return Action("mallory tries with FailedLogin's role to disable RootLoginTrigger1, and is refused", do)


def _refused(world: World, caller: Caller, times: int) -> None:
    name = world.home.resources["RootLoginTrigger1"].physical_id
    for _ in range(times):
        with refused_by("AccessDeniedException", "it was to be refused, and was not"):
            world.client(caller, "events").disable_rule(Name=name)


def deploys_as_anybody(actor: Actor) -> Action:
    """Has the function that watches over the stack take everybody for a deployer."""

    def do(world: World, caller: Caller) -> None:
        function = world.home.resources["StackChanged"]
        variables = dict(function.properties["Environment"]["Variables"])
        world.client(caller, "lambda").update_function_configuration(
            FunctionName=function.physical_id,
            Environment={"Variables": {**variables, IGNORED_PRINCIPALS: "*-*"}},
        )

    return actor.does("makes everybody a deployer, in StackChanged's variables", do)


def uses_the_rest(actor: Actor) -> Action:
    """Runs a function, and sends a message to a queue and a topic."""

    def do(world: World, caller: Caller) -> None:
        function, queue = _name(world, "RootLogin"), _name(world, "DeadLetters")
        world.client(caller, "lambda").invoke(FunctionName=function, InvocationType="DryRun")
        world.client(caller, "sqs").send_message(QueueUrl=queue, MessageBody="{}")
        world.client(caller, "sns").publish(TopicArn=_name(world, "AlertTopic"), Message="All is well")

    return actor.does("runs RootLogin, sends to DeadLetters, publishes to AlertTopic", do)


def by_another_stack() -> Action:
    """What CloudFormation does for a stack of mallory's: in mallory's name, by way of CloudFormation."""

    def do(world: World) -> None:
        event = _record(
            eventSource="sns.amazonaws.com",
            eventName="SetTopicAttributes",
            requestParameters={"topicArn": _name(world, "AlertTopic"), "attributeName": "Policy"},
        )
        world.eventbridge.emit(world.deployment.home, event)

    return Action("a stack of mallory's puts a policy on the alert topic, by way of CloudFormation", do)


def confirms_a_subscription() -> Action:
    """Somebody opens the link in the mail that asks whether they want the alerts: nobody signs that."""

    def do(world: World) -> None:
        topic = _name(world, "AlertTopic")
        event = _record(
            userIdentity={"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"},
            eventSource="sns.amazonaws.com",
            eventName="ConfirmSubscription",
            requestParameters={"topicArn": topic, "token": "HIDDEN_DUE_TO_SECURITY_REASONS"},
            responseElements={"subscriptionArn": f"{topic}:c3f2a1d0-0000-4000-8000-000000000003"},
            sourceIPAddress=mallory.address,
            userAgent="Firefox/140.0",
        )
        world.eventbridge.emit(world.deployment.home, event)

    return Action("one more reader confirms a subscription to the alert topic", do)


def updates(actor: Actor, **values: str) -> Action:
    """UpdateStack of ours, with the same template and other parameters."""

    def do(world: World, caller: Caller) -> None:
        world.client(caller, "cloudformation").update_stack(
            StackName=world.home.name,
            UsePreviousTemplate=True,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=_parameters(world, values),
        )

    return actor.does(f"updates the stack with {', '.join(values)}", do)


def prepares(actor: Actor, **values: str) -> Action:
    """A change set of our stack, with the same template and other parameters."""

    def do(world: World, caller: Caller) -> None:
        world.client(caller, "cloudformation").create_change_set(
            StackName=world.home.name,
            ChangeSetName="tidy",
            UsePreviousTemplate=True,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=_parameters(world, values),
        )

    return actor.does(f"prepares a change set with {', '.join(values)}", do)


def executes(actor: Actor) -> Action:
    """The change set, named by its ARN alone, which doesn't say whose it is."""

    def do(world: World, caller: Caller) -> None:
        client = world.client(caller, "cloudformation")
        [found] = client.list_change_sets(StackName=world.home.name)["Summaries"]
        client.execute_change_set(ChangeSetName=found["ChangeSetId"])

    return actor.does("executes the change set, by its ARN", do)


def deletes_by_id(actor: Actor) -> Action:
    """The stack, named by its ARN."""

    def do(world: World, caller: Caller) -> None:
        world.client(caller, "cloudformation").delete_stack(StackName=world.home.stack_id)

    return actor.does("deletes the stack by its id", do)


def _parameters(world: World, values: Mapping[str, str]) -> list[Any]:
    kept = world.home.parameters.keys() - values.keys()
    return [
        *({"ParameterKey": name, "UsePreviousValue": True} for name in sorted(kept)),
        *({"ParameterKey": name, "ParameterValue": value} for name, value in values.items()),
    ]


def _record(**detail: Any) -> dict[str, Any]:
    """A call as EventBridge hands it over."""
    source = detail["eventSource"].partition(".")[0]
    record = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/mallory",
            "accountId": ACCOUNT,
            "invokedBy": "cloudformation.amazonaws.com",
        },
        "eventTime": "2026-03-02T03:00:30Z",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "cloudformation.amazonaws.com",
        "userAgent": "cloudformation.amazonaws.com",
        "eventID": "40000000-0000-4000-8000-000000000001",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        **detail,
    }
    return {
        "version": "0",
        "id": "40000000-0000-4000-8000-000000000002",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{source}",
        "account": ACCOUNT,
        "time": "2026-03-02T03:00:30Z",
        "region": "us-east-1",
        "resources": [],
        "detail": record,
    }


def told_by_plain_mail(*says: str) -> Check:
    """The plain topic has told the second person, by no function of ours."""

    def judge(world: World) -> str | None:
        came = _plain_mails(world)
        if any(all(word in text for word in says) for text in came):
            return None
        return f"none of {len(came)} mails says so"

    return Check(f"the plain topic tells {SECOND}: {', '.join(says)}", judge)


def no_call_by_plain_mail() -> Check:
    """The plain topic has told the second person of no call; of alarms perhaps."""

    def judge(world: World) -> str | None:
        came = [text for text in _plain_mails(world) if '"AlarmName"' not in text]
        return f"there came {'; '.join(came)}" if came else None

    return Check(f"the plain topic tells {SECOND} of no call", judge)


def _plain_mails(world: World) -> list[str]:
    topic = _name(world, "PlainTopic")
    return [mail.text for mail in world.topics.inbox if mail.topic_arn == topic and mail.to == SECOND]


def no_alarm_mail(alarm: str) -> Check:
    """Of this alarm nobody has been told by mail."""

    def judge(world: World) -> str | None:
        came = [mail.subject for mail in world.topics.inbox if _name(world, alarm) in mail.text]
        return f"there came {'; '.join(came)}" if came else None

    return Check(f"no mail of {alarm} comes", judge)


def rules_are(*parts: str) -> Check:
    """These rules of the stack are enabled, and have their targets."""

    def judge(world: World) -> str | None:
        with world.calls.muted():
            events = world.client(world.user("reader"), "events")
            off = [
                part
                for part in parts
                if events.describe_rule(Name=_name(world, part))["State"] != "ENABLED"
                or not events.list_targets_by_rule(Rule=_name(world, part))["Targets"]
            ]
        return f"{', '.join(off)} is not" if off else None

    return Check(f"{', '.join(parts)} is enabled, with its targets", judge)


def keys_are_enabled(*parts: str) -> Check:
    """These keys of the stack can be used."""

    def judge(world: World) -> str | None:
        with world.calls.muted():
            kms = world.client(world.user("reader"), "kms")
            states = {
                part: kms.describe_key(KeyId=_name(world, part))["KeyMetadata"]["KeyState"] for part in parts
            }
        found = ", ".join(f"{part} is {state}" for part, state in states.items() if state != "Enabled")
        return found or None

    return Check(f"{', '.join(parts)} can be used", judge)


def stack_is(status: str) -> Check:
    """The stack's status, as CloudFormation tells it."""

    def judge(world: World) -> str | None:
        with world.calls.muted():
            client = world.client(world.user("reader"), "cloudformation")
            [stack] = client.describe_stacks(StackName=world.home.name)["Stacks"]
        found = stack["StackStatus"]
        return None if found == status else f"it is {found}"

    return Check(f"the stack is {status}", judge)


def _name(world: World, part: str) -> str:
    return world.home.resources[part].physical_id


# ---- the incidents ----------------------------------------------------------------------------------

SCENARIO = Scenario(
    name="stack_changed",
    title="Somebody disables the rule on root's sign-ins; the stack observes, and says what is blind now",
    when=[at("00:00", DEEDS["rule_disabled"].by(mallory))],
    then=[
        by(
            "02:30",
            alert(
                NAME,
                "CRITICAL",
                "root_login sends no alerts any more",
                "user/mallory",
                "203.0.113.66",
                "aws events enable-rule --name trailwarden-RootLoginTrigger1 ",
                subject="rule RootLoginTrigger1 was disabled",
            ),
            outcome(NAME, Outcome.OBSERVED),
        ),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
)

PUT_BACK = Scenario(
    name="stack_changed.put_back",
    title="A function is to ignore everybody, its rule waits for nothing: both are put back in time",
    parameters=ENFORCE,
    lasts="20:00",
    given=[table("orders", recoverable=True)],
    when=[
        at("00:00", DEEDS["ignores_everybody"].by(mallory), DEEDS["rule_rewritten"].by(mallory)),
        at("08:00", mallory.calls("dynamodb", "delete_table", TableName="orders")),
    ],
    then=[
        by(
            "02:30",
            alert(NAME, "CRITICAL", "Trailwarden did:", subject="function TableDeleted got other settings"),
            alert(NAME, "CRITICAL", "Trailwarden did:", subject="rule TableDeletedTrigger1 was rewritten"),
            outcome(NAME, Outcome.ACTED, times=2),
        ),
        by("10:30", alert("table_deleted", "HIGH", "orders", "user/mallory")),
        at_the_end(no_more_alerts_than(2, of=NAME)),
    ],
)

UNSEALED = Scenario(
    name="stack_changed.unsealed",
    title="Keys are disabled or denied, a queue forgets, another is not read any more: all is put back",
    parameters=ENFORCE,
    lasts="25:00",
    when=[
        at(
            "00:00",
            DEEDS["key_disabled"].by(mallory),
            DEEDS["key_to_be_deleted"].by(mallory),
        ),
        at(
            "05:00",
            DEEDS["subscription_filtered"].by(mallory),
            DEEDS["queue_forgets"].by(mallory),
            DEEDS["log_policy_deleted"].by(mallory),
            DEEDS["mapping_disabled"].by(mallory),
        ),
        at("10:00", DEEDS["key_denied"].by(mallory)),
        at("15:00", on_key(mallory, "schedule_key_deletion", "AlertKey", PendingWindowInDays=7)),
        at("20:00", on_key(mallory, "disable_key", "InstructionKey")),
    ],
    then=[
        by(
            "02:30",
            keys_are_enabled("TellingSealKey", "TableDeletedSealKey"),
            alert(NAME, "CRITICAL", "Trailwarden did:", subject="key TellingSealKey was disabled"),
            alert(NAME, "CRITICAL", "Trailwarden did:", subject="key TableDeletedSealKey is to be deleted"),
        ),
        by("07:30", outcome(NAME, Outcome.ACTED, times=6)),
        by("12:30", alert(NAME, "CRITICAL", "Trailwarden did:", subject="key AlertKey got another policy")),
        by("17:30", alert(NAME, "CRITICAL", "Trailwarden did:", subject="key AlertKey is to be deleted")),
        by("22:30", alert(NAME, "CRITICAL", "Trailwarden did:", subject="key InstructionKey was disabled")),
        at_the_end(
            keys_are_enabled("AlertKey", "InstructionKey"),
            outcome(NAME, Outcome.ACTED, times=9),
            no_more_alerts_than(9, of=NAME),
        ),
    ],
    loses=True,  # while the key of alerts is disabled, CloudWatch's own messages don't come through
)

UNHEARD = Scenario(
    name="stack_changed.unheard",
    title="The alert topic takes no alerts any more: it is put back first, and then told",
    parameters=ENFORCE,
    when=[at("00:00", DEEDS["topic_denied"].by(mallory))],
    then=[
        by("02:30", alert(NAME, "CRITICAL", "Trailwarden did:", subject="topic AlertTopic was changed")),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
)

ITSELF = Scenario(
    name="stack_changed.itself",
    title="The rules that watch the rules are disabled one after the other: each tells of the other",
    parameters=ENFORCE,
    lasts="25:00",
    when=[
        at("00:00", on_rule(mallory, "disable_rule", "StackChangedTrigger1")),
        at("10:00", on_rule(mallory, "disable_rule", "StackChangedGuard")),
    ],
    then=[
        by("02:30", alert(NAME, "CRITICAL", "user/mallory", subject="StackChangedTrigger1 was disabled")),
        by("12:30", alert(NAME, "CRITICAL", "user/mallory", subject="StackChangedGuard was disabled")),
        at_the_end(rules_are("StackChangedTrigger1", "StackChangedGuard"), no_more_alerts_than(2, of=NAME)),
    ],
)

VOICELESS = Scenario(
    name="stack_changed.voiceless",
    title="The watching function is stopped, then the alert topic deleted: a rule tells it without either",
    parameters=(("PlainEmail", SECOND),),
    when=[
        at("00:00", DEEDS["watcher_stopped"].by(mallory)),
        at("03:00", DEEDS["unsubscribed"].by(eve)),
        at("05:00", DEEDS["alert_topic_deleted"].by(eve)),
    ],
    then=[
        by("02:30", told_by_plain_mail("PutFunctionConcurrency20171031", "user/mallory", "203.0.113.66")),
        by("05:30", told_by_plain_mail("Unsubscribe", "user/eve")),
        by("07:30", told_by_plain_mail("DeleteTopic", "user/eve")),
        at_the_end(no_more_alerts_than(0, of=NAME)),
    ],
    loses=True,
)

DELETED = Scenario(
    name="stack_changed.deleted",
    title="Somebody deletes the whole stack: the plain topic says who, before it goes",
    parameters=(("PlainEmail", SECOND),),
    when=[at("00:00", mallory.calls("cloudformation", "delete_stack", StackName="trailwarden"))],
    then=[by("02:30", told_by_plain_mail("DeleteStack", "user/mallory"))],
    loses=True,
)

REFUSED = Scenario(
    name="stack_changed.refused",
    title="Attempts are told, and counted; one by a role of our own function is graver",
    when=[at("00:00", tries(intern, 5)), at("05:00", a_stolen_session_tries())],
    then=[
        by("02:30", alert(NAME, "MEDIUM", "user/intern", subject="an attempt at the rule RootLoginTrigger1")),
        by("07:30", alert(NAME, "HIGH", "failed_login, Trailwarden's own", "FailedLoginRole")),
        at_the_end(rules_are("RootLoginTrigger1"), no_more_alerts_than(2, of=NAME)),
    ],
)

SILENT = Scenario(
    name="stack_changed.silent",
    title="Whoever deploys the stack, and rules of like names: recorded or left alone, no alert",
    parameters=(*ENFORCE, ("StackChangedDeployers", DEPLOYED_BY)),
    when=[
        at(
            "00:00",
            DEEDS["rule_disabled"].by(bot),
            DEEDS["function_stopped"].by(bot),
            makes_rules_of_like_names(mallory),
        )
    ],
    then=[at_the_end(no_more_alerts_than(0, of=NAME), outcome(NAME, Outcome.SUPPRESSED, times=2))],
)

REWRITTEN = Scenario(
    name="stack_changed.rewritten",
    title="Somebody updates the stack itself, then again by a change set that is named by its ARN alone",
    lasts="25:00",
    when=[
        at("00:00", updates(mallory, TableDeletedMode="enforce")),
        at("10:00", prepares(eve, FailedLoginThreshold="1000")),
        at("12:00", executes(eve)),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", "user/mallory", subject="the stack trailwarden is being deployed")),
        by(
            "14:30",
            alert(NAME, "LOW", "user/eve", subject="the stack trailwarden got a change set"),
            alert(NAME, "HIGH", "user/eve", subject="the stack trailwarden is being deployed"),
        ),
        at_the_end(no_more_alerts_than(3, of=NAME)),
    ],
)

DEPLOYED = Scenario(
    name="stack_changed.deployed",
    title="Whoever deploys the stack updates it by a change set: no alert, and nothing is taken back",
    parameters=(*ENFORCE, ("StackChangedDeployers", DEPLOYED_BY), ("PlainEmail", SECOND)),
    lasts="12:00",
    when=[
        at("00:00", prepares(bot, StackChangedDeployers=MORE_DEPLOYERS, FailedLoginThreshold="7")),
        at("02:00", executes(bot)),
    ],
    then=[at_the_end(no_more_alerts_than(0, of=NAME), no_call_by_plain_mail(), stack_is("UPDATE_COMPLETE"))],
)

EVERYBODY = Scenario(
    name="stack_changed.everybody",
    title="Functions that are to ignore everybody, and all deployers, hear of mallory all the same",
    given=[table("orders")],
    when=[
        at(
            "00:00",
            deploys_as_anybody(mallory),
            DEEDS["ignores_everybody"].by(mallory),
            mallory.calls("dynamodb", "delete_table", TableName="orders"),
        )
    ],
    then=[
        by(
            "02:30",
            alert(
                NAME,
                "CRITICAL",
                "the deployer *-*, which is too wide",
                subject="function StackChanged got other settings",
            ),
            alert(NAME, "CRITICAL", subject="function TableDeleted got other settings"),
            alert("table_deleted", "CRITICAL", "orders", "user/mallory"),
        )
    ],
)

ANOTHER_STACK = Scenario(
    name="stack_changed.another_stack",
    title="CloudFormation changes our topic for somebody else's stack: told, for it was not at work on ours",
    when=[at("00:30", by_another_stack())],
    then=[
        by(
            "01:00",
            alert(
                NAME,
                "CRITICAL",
                "CloudFormation (cloudformation.amazonaws.com)",
                subject="topic AlertTopic was changed",
            ),
        )
    ],
)

CONFIRMED = Scenario(
    name="stack_changed.confirmed",
    title="One more reader takes nothing away from the others: the function tells of it, and nothing else",
    parameters=(("PlainEmail", SECOND),),
    when=[at("00:30", confirms_a_subscription())],
    then=[
        by("01:00", alert(NAME, "MEDIUM", mallory.address, subject="topic AlertTopic got one more reader")),
        at_the_end(no_alarm_mail("FirstWayTouchedAlarm"), no_call_by_plain_mail(), no_more_alerts_than(1)),
    ],
)

USED = Scenario(
    name="stack_changed.used",
    title="Operators plant an item, run a function and send messages: told at once; refused attempts, once",
    parameters=(
        ("Operators", f"arn:aws:iam::{ACCOUNT}:user/mallory,{DEPLOYED_BY}"),
        ("StackChangedDeployers", DEPLOYED_BY),
    ),
    when=[
        at("00:00", puts_an_item(mallory), puts_an_item(bot)),
        at("04:00", uses_the_rest(mallory)),
        at("08:00", puts_an_item(intern, times=5, refused=True)),
    ],
    then=[
        by(
            "02:30",
            alert(
                NAME,
                "CRITICAL",
                "user/mallory",
                "203.0.113.66",
                '{"pk": "FINDING#trail_stopped", "sk": "planted"}',
                subject="the table Ledger was written to by hand",
            ),
            outcome(NAME, Outcome.SUPPRESSED),
        ),
        by(
            "06:30",
            alert(NAME, "HIGH", "user/mallory", subject="the function RootLogin was run by hand"),
            alert(NAME, "HIGH", "user/mallory", subject="the queue DeadLetters got a message"),
            alert(NAME, "HIGH", "user/mallory", subject="the topic AlertTopic got a message"),
        ),
        by("10:30", alert(NAME, "MEDIUM", "user/intern", subject="an attempt at the table Ledger (PutItem)")),
        at_the_end(no_more_alerts_than(5, of=NAME)),
    ],
    loses=True,
)

UNRECORDED = Scenario(
    name="stack_changed.unrecorded",
    title="The stack was deployed without data events: nobody hears of an item that an operator plants",
    parameters=(*LET_IN, ("RecordDataEvents", "no")),
    when=[at("00:00", puts_an_item(mallory))],
    then=[at_the_end(no_more_alerts_than(0))],
)

SPOKE = "us-east-1"


def on_spoke(
    actor: Actor,
    service: str,
    operation: str,
    part: str,
    parameter: str,
    *,
    refused: bool = False,
    **more: Any,
) -> Action:
    """A call on one part of the spoke in us-east-1; `refused`: AWS doesn't let them."""

    def do(world: World, caller: Caller) -> None:
        name = world.stacks[SPOKE].resources[part].physical_id
        method = getattr(world.client(caller, service, SPOKE), operation)
        with refused_by("AccessDeniedException" if refused else "", "it was to be refused, and was not"):
            method(**{parameter: name}, **more)

    return actor.does(f"calls {service} {operation} on the spoke's {part}", do)


def _spoke_told(part: str, done: str) -> Check:
    return alert(NAME, "CRITICAL", "user/mallory", f"{STACK_NAME}-spoke-", subject=f"{part} {done}")


def deletes_the_spoke(actor: Actor) -> Action:
    """The spoke's stack, by CloudFormation: each rule and role of it goes."""

    def do(world: World, caller: Caller) -> None:
        name = world.stacks[SPOKE].name
        world.client(caller, "cloudformation", SPOKE).delete_stack(StackName=name)

    return actor.does(f"deletes the spoke's stack in {SPOKE}", do)


IN_A_SPOKE = Scenario(
    name="stack_changed.spoke",
    title="Somebody silences another region: each rule that forwards from there, and what watches them",
    home="eu-west-1",
    spokes=(SPOKE,),
    lasts="35:00",
    loses=True,  # what a rule may not forward any more, since its role is denied
    when=[
        at("00:00", on_spoke(mallory, "events", "disable_rule", "RootLoginForward", "Name")),
        at(
            "00:30",
            on_spoke(mallory, "events", "remove_targets", "TableDeletedForward", "Rule", Ids=["home"]),
        ),
        at("01:00", on_spoke(intern, "events", "disable_rule", "CisAlarmsForward", "Name", refused=True)),
        at("05:00", on_spoke(mallory, "events", "disable_rule", "ForwardGuard", "Name")),
        at("10:00", on_spoke(bot, "events", "enable_rule", "ForwardGuard", "Name")),
        at(
            "15:00",
            on_spoke(
                mallory,
                "iam",
                "put_role_policy",
                "ForwardRole",
                "RoleName",
                PolicyName="mine",
                PolicyDocument=DENY_ALL,
            ),
        ),
        at(
            "20:00",
            on_spoke(bot, "iam", "delete_role_policy", "ForwardRole", "RoleName", PolicyName="mine"),
        ),
        at("25:00", on_spoke(mallory, "events", "remove_targets", "ForwardGuard", "Rule", Ids=["home"])),
        at("25:30", on_spoke(mallory, "events", "delete_rule", "ForwardGuard", "Name")),
    ],
    parameters=(("StackChangedDeployers", DEPLOYED_BY),),
    then=[
        by("02:30", _spoke_told("RootLoginForward", "was disabled")),
        by("03:00", _spoke_told("TableDeletedForward", "was cut off")),
        by("03:30", alert(NAME, "MEDIUM", "user/intern", subject="CisAlarmsForward")),
        by("07:30", _spoke_told("ForwardGuard", "was disabled")),
        by("17:30", _spoke_told("ForwardRole", "got another policy")),
        by("28:00", _spoke_told("ForwardGuard", "was cut off"), _spoke_told("ForwardGuard", "was deleted")),
        at_the_end(no_more_alerts_than(7, of=NAME)),
    ],
)

SPOKE_DELETED = Scenario(
    name="stack_changed.spoke_deleted",
    title="Somebody deletes a spoke's stack: a rule that stays tells it, at once and then by the count",
    home="eu-west-1",
    spokes=(SPOKE,),
    when=[at("00:00", deletes_the_spoke(mallory))],
    then=[
        by(
            "02:30",
            heard_of(NAME, "CRITICAL", "user/mallory", "reach Trailwarden no more", f"{STACK_NAME}-spoke-"),
        ),
        at_the_end(no_more_alerts_than(3, of=NAME)),
    ],
)

DENIES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "logs:*", "Resource": "*"}],
}


def denies_delivery(actor: Actor) -> Action:
    """The role of a trail that was there before the stack."""

    def do(world: World, caller: Caller) -> None:
        world.client(caller, "iam").put_role_policy(
            RoleName=existing_trail.ROLE, PolicyName="quiet", PolicyDocument=json.dumps(DENIES)
        )

    return actor.does("denies the existing trail's role to write to its log group", do)


# The role's policy is told at once. What denies the role in a way that no event tells (an organization's
# policy, say) shows in the trail's status: the hourly look tells it, too.
DELIVERY_DENIED = Scenario(
    name="stack_changed.delivery_denied",
    title="An existing trail's role may write to its log group no more: told at once, and by the hour",
    before=existing_trail.EXISTING_TRAIL,
    parameters=(*existing_trail.PARAMETERS, *ENFORCE),
    when=[at("00:00", denies_delivery(mallory))],
    then=[
        by(
            "02:30",
            alert(
                NAME,
                "CRITICAL",
                "PutRolePolicy",
                "user/mallory",
                "The trail may write no more to its log group",
                subject="the role TrailRoleFromBefore",
            ),
        ),
        by("02:10:00", alert("trail_stopped", "HIGH", "the last came", subject="lines for its log group")),
        at_the_end(outcome(NAME, Outcome.TOLD)),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
    lasts="02:10:00",
    given=(no_looks_for_floods(),),
    loses=True,
)

DELETED_BY_ID = Scenario(
    name="stack_changed.deleted_by_id",
    title="Somebody deletes the whole stack by its id: the plain topic says who, all the same",
    parameters=(("PlainEmail", SECOND),),
    when=[at("00:00", deletes_by_id(mallory))],
    then=[by("02:30", told_by_plain_mail("DeleteStack", "user/mallory"))],
    loses=True,
)

SCENARIOS = (
    SCENARIO,
    PUT_BACK,
    UNSEALED,
    UNHEARD,
    ITSELF,
    VOICELESS,
    DELETED,
    DELETED_BY_ID,
    REFUSED,
    SILENT,
    EVERYBODY,
    ANOTHER_STACK,
    CONFIRMED,
    REWRITTEN,
    DEPLOYED,
    USED,
    UNRECORDED,
    IN_A_SPOKE,
    SPOKE_DELETED,
    DELIVERY_DENIED,
)
