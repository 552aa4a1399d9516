"""An undo leaves the state as it was before the act, but for ids and times that AWS renews.

What a remediation's own look finds is the measure: what it found before it acted is kept in the ledger. What
can't come back, or has no undo of ours, was said before acting.
"""

import json
import re
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
from scenarios.runner.run import run
from scenarios.runner.words.checks import findings
from tests.sample import in_turn

_RENEWED = re.compile(r"\b(sgr|snap|ami|i|vol)-[0-9a-f]{8,17}\b|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*")
# Their state is that of a trail, of the stack itself or of what they make anew, or what they look at goes by
# an id that AWS renews: scenarios of their own undo it, and say what is there then.
ELSEWHERE = {
    "trail_stopped",
    "stack_changed",
    "table_deleted",
    "noncompliant",
    "function_opened",
    "security_group_opened",
    "backup_missing",
}
ACTING = [each.name for each in CATALOG if each.acts and each.name not in ELSEWHERE]


def enforced(name):
    """The scenario in which it acts upon a call."""
    found = import_module(f"scenarios.incidents.{name}").SCENARIOS
    mode = (f"{logical_id(name)}Mode", "enforce")
    return next(each for each in found if mode in each.parameters and "enforced" in each.name)


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
    by_hand = any(
        label in ("Undo it with", "Give it back with")
        for alert in entry.plan.alerts
        for label, _ in alert.facts
    )
    return [call.operation for call in entry.plan.calls if not (call.undo or call.lost or by_hand)]


@pytest.mark.parametrize("name", in_turn(ACTING, 5))
def test_an_undo_leaves_the_state_as_it_was(name):
    remediation = next(each for each in CATALOG if each.name == name)
    compared, silent = [], []

    def look_and_undo(world):
        acted = [each for each in findings(world, name) if each.outcome is Outcome.ACTED]
        silent.extend(each for entry in acted for each in not_said(entry))
        undoable = [each for each in acted if all(call.undo for call in each.plan.calls)]
        for entry in [each for each in undoable if undo(world, each)]:
            now = seen_again(world, remediation, entry)
            if now is not None:
                compared.append((lasting(now), lasting(entry.facts)))

    report = run(enforced(name), before_leaving=look_and_undo)

    assert report.passed
    assert silent == []
    for now, before in compared:
        assert now == before
