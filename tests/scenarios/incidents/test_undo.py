"""An undo leaves the state as it was before the act, but for ids and times that AWS renews.

What a remediation's own look finds is the measure: what it found before it acted is kept in the ledger. What
can't come back, or has no undo of ours, was said before acting.
"""

import json
import re
import shlex
from dataclasses import replace
from importlib import import_module

import pytest
from botocore.exceptions import ClientError

from chalicelib.aws import Aws
from chalicelib.catalog import CATALOG
from chalicelib.events import call_of_history
from chalicelib.remediation import CallProgress, Outcome
from chalicelib.runtime.limits import facts_as_text
from chalicelib.settings import Settings
from chalicelib.template.parts import logical_id
from chalicelib.trail.settings.reader import TrailResources, read_settings
from scenarios.runner.run import run
from scenarios.runner.scenario import Action, at
from scenarios.runner.words.checks import findings
from scenarios.runner.words.trail_actions import trail_bucket
from scenarios.runner.words.trail_settings import trail_arn, trail_group
from tests.sample import in_turn

_RENEWED = re.compile(r"\b(sgr|snap|ami|i|vol)-[0-9a-f]{8,17}\b|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\s\x22,]*")
BY_HAND = ("Undo it with", "If meant, repeat with", "Give it back with")
# So many commands of alerts are carried out, where no call of ours undoes what was done.
BY_HAND_ALONE = {"administrator_made": 3, "key_deletion_scheduled": 2}


def told_by_hand(entry):
    """What an alert says that a person does, where no call of ours undoes it."""
    return [fact for alert in entry.plan.alerts for label, fact in alert.facts if label in BY_HAND]


def enforced(name):
    """The scenario in which it acts upon a call."""
    found = import_module(f"scenarios.incidents.{name}").SCENARIOS
    mode = (f"{logical_id(name)}Mode", "enforce")
    named = ("enforced", "put_back")
    return next(each for each in found if mode in each.parameters and each.name.partition(".")[2] in named)


def seen_again(world, remediation, entry):
    """What its look finds now of the call that the finding is about, as text; None for what is no call."""
    session = world.session(world.user("reader"))
    history = session.client("cloudtrail", region_name=entry.region or world.deployment.home)
    asked = [{"AttributeKey": "EventId", "AttributeValue": entry.event_key}]
    calls = [
        one
        for each in history.lookup_events(LookupAttributes=asked)["Events"]
        for one in call_of_history(each)
    ]
    if not calls:
        return None
    variables = world.home.resources[logical_id(remediation.name)].properties["Environment"]["Variables"]
    way = next(
        each for each in remediation.ways if each.look.__module__.startswith("chalicelib.remediations")
    )
    return facts_as_text(way.look(Aws(session), calls[0], Settings.read(variables)))


def lasting(text):
    """Facts without what AWS renews, and without what else the credentials did."""
    facts = {name: value for name, value in json.loads(text).items() if name != "lately"}
    return json.loads(_RENEWED.sub("renewed", json.dumps(facts)))


def undo(world, entry):
    """What a person does who undoes it: the last call first. False where what there was is gone meanwhile."""
    for index, call in reversed(list(enumerate(entry.plan.calls))):
        if call.undo is None or entry.progress.get(index) is not CallProgress.DONE:
            continue
        client = world.client(world.user("undoer"), call.undo.service, call.undo.region)
        try:
            getattr(client, call.undo.operation)(**call.undo.parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] not in call.undo.already:
                return False
    return True


def not_said(entry):
    """The calls that nothing undoes, and of which nothing said before what they lose."""
    by_hand = told_by_hand(entry)
    return [call.operation for call in entry.plan.calls if not (call.undo or call.lost or by_hand)]


# What these look at is gone by then, or goes by an id that AWS renews: so the state of the account is read,
# after the undo, and after the same incident under a stack that only observes.


def trail(world):
    """The trail's settings, its bucket's and its log group's."""
    here = TrailResources(
        trail_arn=trail_arn(world), bucket=trail_bucket(world), log_group=trail_group(world)
    )
    now, could_not_read = read_settings(Aws(world.session(world.user("reader"))), here)
    return now.as_text(), list(map(str, could_not_read))


def tables(world):
    """The names of all tables."""
    return world.client(world.user("reader"), "dynamodb").list_tables()["TableNames"]


def groups(world):
    """Who is let in by which security group."""
    ec2 = world.client(world.user("reader"), "ec2")
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
    names = {each["GroupId"]: each["GroupName"] for each in ec2.describe_security_groups()["SecurityGroups"]}
    renewed = ("SecurityGroupRuleId", "SecurityGroupRuleArn", "GroupId")
    return sorted(
        json.dumps(
            {
                "group": names[each["GroupId"]],
                **{name: value for name, value in each.items() if name not in renewed},
            },
            sort_keys=True,
        )
        for each in rules
    )


def functions(world):
    """Who may invoke the functions of the scenario, and what their URLs ask for."""
    client = world.client(world.user("reader"), "lambda")
    url = client.get_function_url_config(FunctionName="orders")["AuthType"]
    statements = json.loads(client.get_policy(FunctionName="orders")["Policy"])["Statement"]
    return url, sorted(json.dumps(each, sort_keys=True) for each in statements)


STATES = {
    "trail_stopped.enforced": trail,
    "trail_stopped.weakened": trail,
    "trail_stopped.bucket": trail,
    "trail_stopped.deleted": trail,
    "table_deleted.enforced": tables,
    "function_opened.enforced": functions,
    "security_group_opened.enforced": groups,
}
ACTING = [
    each.name
    for each in CATALOG
    if each.acts and not any(name.startswith(f"{each.name}.") for name in STATES)
]


def with_command(world, command):
    """What the person does whose shell the command of an alert is put into."""
    _, service, operation, *options = shlex.split(command)
    region = dict(zip(options[::2], options[1::2], strict=True)).get("--region", "")
    client = world.client(world.user("undoer"), service, region)
    members = client.meta.service_model.operation_model(
        "".join(each.title() for each in operation.split("-"))
    ).input_shape.members
    named = {name.lower(): name for name in members}
    given = {
        option: value
        for option, value in zip(options[::2], options[1::2], strict=True)
        if option != "--region"
    }
    getattr(client, operation.replace("-", "_"))(
        **{
            name: int(value) if members[name].type_name == "integer" else value
            for name, value in ((named[option.replace("-", "")], value) for option, value in given.items())
        }
    )


@pytest.mark.slow
@pytest.mark.parametrize("scenario", in_turn(STATES, 7))
def test_an_undo_leaves_the_account_as_the_same_incident_does_where_nothing_acts(scenario):
    name, undone, silent = scenario.partition(".")[0], [], []
    enforce = (f"{logical_id(name)}Mode", "enforce")
    found = next(
        each for each in import_module(f"scenarios.incidents.{name}").SCENARIOS if each.name == scenario
    )

    def undo_all(world):
        for entry in findings(world, name):
            silent.extend(not_said(entry))
            if entry.outcome is Outcome.ACTED:
                undone.append(entry)
                undo(world, entry)
                for command in [] if all(call.undo for call in entry.plan.calls) else told_by_hand(entry):
                    with_command(world, command)

    def left(**changed):
        seen = []
        report = run(
            replace(found, then=[], **changed),
            before_leaving=lambda world: seen.append(STATES[scenario](world)),
        )
        assert report.failures == ()
        return seen

    # At the very end: what is undone is not seen, and done again, before it is looked at.
    ending = at(found.lasts, Action("somebody undoes all of it", undo_all))
    after_undo = left(when=[*found.when, ending])
    never_acted = left(parameters=tuple(each for each in found.parameters if each != enforce))

    assert undone
    assert silent == []
    assert after_undo == never_acted


@pytest.mark.slow
@pytest.mark.parametrize("name", in_turn(ACTING, 5))
def test_an_undo_leaves_the_state_as_it_was(name):
    remediation = next(each for each in CATALOG if each.name == name)
    compared, silent, carried_out = [], [], []

    def look_and_undo(world):
        acted = [each for each in findings(world, name) if each.outcome is Outcome.ACTED]
        silent.extend(each for entry in acted for each in not_said(entry))
        undoable = [each for each in acted if all(call.undo for call in each.plan.calls)]
        for entry in acted if name in BY_HAND_ALONE else [each for each in undoable if undo(world, each)]:
            by_hand = told_by_hand(entry) if name in BY_HAND_ALONE else []
            for command in by_hand:
                with_command(world, command)
            carried_out.extend(by_hand)
            now = seen_again(world, remediation, entry)
            if now is not None:
                compared.append((lasting(now), lasting(entry.facts)))

    report = run(enforced(name), before_leaving=look_and_undo)

    assert report.passed
    assert silent == []
    assert len(carried_out) == len(set(carried_out)) == BY_HAND_ALONE.get(name, 0)
    assert len(compared) >= len(carried_out)
    for now, before in compared:
        assert now == before
