"""What people ask of a finding, followed by the function that may act: once, and after each kind of death."""

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from chalicelib.errors import NotAllowed, Throttled
from chalicelib.ledger.entries import Decision, LedgerEntry, Ruling
from chalicelib.ledger.instructions import Verb, instruction, note
from chalicelib.ledger.ledger import MOST_DECISION_BYTES, MOST_DECISIONS
from chalicelib.looking import Unseen
from chalicelib.remediation import CallProgress, DeclaredCall, Outcome, Plan
from chalicelib.runtime import people, woken
from chalicelib.runtime.gate import Verdict
from chalicelib.runtime.people import People
from chalicelib.runtime.rulings import replanned, told_with
from chalicelib.seal import SEAL, Voucher
from chalicelib.settings import APPROVAL_HOURS, APPROVALS, INSTRUCTION_KEY, Mode
from tests.chalicelib.runtime.house import (
    ACCOUNT,
    DECLARED_CALLS,
    NOON,
    TABLE,
    Context,
    Happening,
    Remedy,
    alert,
    built,
    creates,
    deletes,
    delivered,
)

USER = f"arn:aws:iam::{ACCOUNT}:user"


class Died(BaseException):
    """The execution environment went away; nothing catches it."""


@pytest.fixture
def house():
    with built() as house, freeze_time(NOON, tick=True):
        key = house.aws.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        house.instruction_key = key["KeyMetadata"]["Arn"]
        yield house


def remedy(*names):
    return Remedy(Plan.alert(alert(), calls=[creates(name) for name in names or ("orders",)]), moved="")


def happened(house, cure, mode=Mode.APPROVE):
    """An event that the remedy has a plan for, delivered; returns the finding."""
    run = house.run(cure, mode=mode)
    run.raw = {**delivered(), "key": "e-1"}
    run.handle(Happening())
    return house.findings[0]


def asks(house, found, verb=Verb.APPROVE, who="ann", voucher=None, **more):
    made = {"dry": False, "reason": "", "after": found.ruled, **more}
    asked = instruction(found.id, verb, found.plan.digest, f"{USER}/{who}", datetime.now(UTC), **made)
    client = house.aws.client("kms")
    note(replace(house.ledger, seal=None), asked, voucher or Voucher(lambda: client, house.instruction_key))
    return asked


def follows(house, cure, found, *, needed=1, hours=24, mode=Mode.APPROVE, **more):
    """The function is woken for the finding; the event that it keeps is parsed as its own."""
    values = {INSTRUCTION_KEY: house.instruction_key, APPROVALS: str(needed), APPROVAL_HOURS: str(hours)}
    settings = replace(house.settings, mode=mode, values=values, **more)
    kept = replace(cure.remediation.ways[0], parse=lambda _: [Happening()])
    known = replace(cure.remediation, ways=(kept,))
    People(found.id, known, settings, house.aws, Context()).follow()
    return house.findings[0]


def told(house):
    return [mail.subject.partition(":")[2].strip().partition(":")[0] for mail in house.mail]


# ---- once ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_approval_is_carried_out_told_and_noted(house):
    cure = remedy()
    found = happened(house, cure)
    asks(house, found, reason="ticket 17")

    found = follows(house, cure, found)

    (decision,) = found.decisions
    assert (found.outcome, house.tables()) == (Outcome.ACTED, ["orders"])
    assert (decision.ruling, decision.told, decision.reason) == (Ruling.GRANTED, True, "ticket 17")
    assert told(house) == ["Something happened", "Approved"]
    assert "ticket 17" in house.mail[-1].text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "rises"), [(Throttled("LookupEvents"), True), (NotAllowed("LookupEvents"), False)]
)
def test_an_approval_waits_for_event_history_where_it_may_answer_soon(house, monkeypatch, error, rises):
    cure = remedy()
    found = happened(house, cure)
    asks(house, found)
    verdict = Verdict(why="it could not be asked", not_asked=error)

    with monkeypatch.context() as once:
        once.setattr(People, "_proven", lambda *_: verdict)
        with pytest.raises(Throttled) if rises else nullcontext():
            follows(house, cure, found)
    found = follows(house, cure, house.findings[0])

    assert [each.ruling for each in found.decisions] == [Ruling.GRANTED if rises else Ruling.REJECTED]


@pytest.mark.slow
def test_woken_twice_it_acts_and_tells_once(house):
    cure = remedy()
    found = happened(house, cure)
    asks(house, found)

    first = follows(house, cure, found)

    assert follows(house, cure, first) == first
    assert told(house) == ["Something happened", "Approved"]


@pytest.mark.slow
def test_the_plan_is_decided_anew_and_a_different_one_waits(house):
    cure = remedy("orders")
    found = happened(house, cure)
    asks(house, found)
    cure.plan = Plan.alert(alert(), calls=[creates("invoices")])

    found = follows(house, cure, found)

    assert (found.outcome, found.plan.calls, house.tables()) == (
        Outcome.AWAITING_APPROVAL,
        (creates("invoices"),),
        [],
    )
    assert found.decisions[0].ruling is Ruling.REPLANNED
    assert "new: aws dynamodb create-table --table-name invoices" in house.mail[-1].text
    asks(house, found)
    assert follows(house, cure, found).outcome is Outcome.ACTED
    assert house.tables() == ["invoices"]


def test_an_alert_that_was_not_sent_before_a_plan_changed_does_not_count_as_sent():
    untold = LedgerEntry(
        remediation="r",
        event_key="e",
        account="1",
        region="us-east-1",
        at=datetime(2026, 3, 2, 3, tzinfo=UTC),
        principal="",
        outcome=Outcome.AWAITING_APPROVAL,
        plan=Plan.alert(alert(), calls=[creates("orders")]),
    )
    sent, left = replace(untold, told=frozenset({0})), Plan.alert(alert(), calls=[creates("invoices")])

    assert [replanned(entry, left)["told"] for entry in (untold, sent)] == [frozenset(), frozenset({0})]
    assert [replanned(entry, Plan.alert(alert()))["outcome"] for entry in (untold, sent)] == [
        Outcome.UNDER_WAY,
        Outcome.TOLD,
    ]


def test_an_alert_of_a_new_plan_counts_as_sent_once_the_decision_was_told():
    told = LedgerEntry(
        remediation="r",
        event_key="e",
        account="1",
        region="us-east-1",
        at=datetime(2026, 3, 2, 3, tzinfo=UTC),
        principal="",
        outcome=Outcome.AWAITING_APPROVAL,
        plan=Plan.alert(alert(), calls=[creates("orders")]),
        told=frozenset({0}),
    )
    decision = Decision(
        id="1", verb=Verb.APPROVE, who="ann", at=told.at, plan="", ruling=Ruling.REPLANNED, words=""
    )

    before = replace(told, **replanned(told, Plan.alert(alert("No backup is left"))))
    after = replace(before, **told_with(before, decision))

    assert (before.outcome, before.told) == (Outcome.UNDER_WAY, frozenset())
    assert (after.outcome, after.told) == (Outcome.TOLD, frozenset({0}))
    assert told_with(before, replace(decision, ruling=Ruling.REJECTED)) == {}


@pytest.mark.slow
def test_a_plan_that_waits_is_not_dropped_because_nobody_may_look(house, monkeypatch):
    cure = remedy()
    found = happened(house, cure)
    asks(house, found)
    plan, cure.plan = cure.plan, Plan.nothing()
    monkeypatch.setattr(people, "denials", lambda _: (Unseen(why="ListBackups: not allowed", denied=True),))

    found = follows(house, cure, found)

    assert (found.outcome, found.plan.digest) == (Outcome.AWAITING_APPROVAL, plan.digest)
    assert (found.decisions[0].ruling, found.decisions[0].words) == (
        Ruling.REJECTED,
        "ListBackups: not allowed; approve it again when that is over",
    )


@pytest.mark.slow
def test_where_nothing_is_left_to_do_nothing_waits(house):
    cure = remedy()
    found = happened(house, cure)
    asks(house, found)
    cure.plan = Plan.nothing()

    found = follows(house, cure, found)

    assert (found.outcome, found.decisions[0].words) == (Outcome.TOLD, "nothing is left to do")


@pytest.mark.slow
def test_the_kill_switch_stands_above_an_approval(house):
    cure = remedy()
    found = happened(house, cure)
    house.throw_the_switch()
    asks(house, found)

    found = follows(house, cure, found)

    assert (found.outcome, house.tables()) == (Outcome.AWAITING_APPROVAL, [])
    assert "kill switch" in found.decisions[0].words
    house.take_back_the_switch()
    asks(house, found)
    assert follows(house, cure, found).outcome is Outcome.ACTED


@pytest.mark.slow
def test_the_hours_cap_and_mode_observe_do_so_too(house):
    cure = remedy()
    found = happened(house, cure)
    asks(house, found)
    found = follows(house, cure, found, acts_per_hour=0)
    asks(house, found)
    found = follows(house, cure, found, mode=Mode.OBSERVE)

    assert [each.ruling for each in found.decisions] == [Ruling.REJECTED] * 2
    assert house.tables() == []


@pytest.mark.slow
def test_of_two_at_once_the_earlier_one_counts(house):
    """Whatever their keys are: Bob has refused before Ann approved."""
    cure = remedy()
    found = happened(house, cure)
    for verb, who in ((Verb.REFUSE, "bob"), (Verb.APPROVE, "ann"), (Verb.APPROVE, "cleo")):
        asks(house, found, verb, who)

    found = follows(house, cure, found)

    assert [each.ruling for each in found.decisions] == [Ruling.DECLINED, Ruling.REJECTED, Ruling.REJECTED]
    assert house.tables() == []


# ---- forged ------------------------------------------------------------------------------------------


class Invented:
    def on(self, item):
        return {**item, SEAL: {"S": "00" * 32}}


@pytest.mark.slow
def test_an_instruction_without_the_http_sides_mac_counts_for_nothing_and_is_told(house):
    cure = remedy()
    found = happened(house, cure)
    asks(house, found, voucher=Invented())

    found = follows(house, cure, found)

    assert (house.tables(), house.ledger.find(found.id).decisions) == ([], ())
    assert any("instruction#remedy" in mail.text for mail in house.mail)


@pytest.mark.slow
def test_a_genuine_instruction_that_somebody_changed_counts_for_nothing(house):
    """Mallory takes Ann's genuine refusal, and makes an approval of it."""
    cure = remedy()
    found = happened(house, cure)
    asks(house, found, Verb.REFUSE)
    (item,) = house.items("instruction#")
    body = {**json.loads(item["body"]["S"]), "verb": "approve"}
    house.ledger.client.put_item(TableName=TABLE, Item={**item, "body": {"S": json.dumps(body)}})

    follows(house, cure, found)

    assert house.tables() == []


@pytest.mark.slow
def test_a_finding_that_there_is_not_is_a_forged_event(house):
    cure = remedy()
    found = happened(house, cure)

    People("remedy:nothing", cure.remediation, house.settings, house.aws, Context()).follow()

    assert told(house)[-1] == "Somebody woke a function of Trailwarden's with a forged event"
    assert house.ledger.find(found.id).outcome is Outcome.AWAITING_APPROVAL


# ---- after a death --------------------------------------------------------------------------------------


def dies_in(monkeypatch, where, name):
    """The next call of a function there is the last one."""
    original = getattr(where, name)

    def dying(*_, **__):
        monkeypatch.setattr(where, name, original)
        raise Died

    monkeypatch.setattr(where, name, dying)


def died(house, cure, found):
    with pytest.raises(Died):
        follows(house, cure, found)
    # Its claim lapses with its time; Lambda tries again a minute later.
    return freeze_time(datetime.now(UTC) + timedelta(minutes=1), tick=True)


@pytest.mark.slow
def test_who_dies_before_the_first_call_has_it_made_by_the_retry(house, monkeypatch):
    cure = remedy()
    found = happened(house, cure)
    asks(house, found)
    dies_in(monkeypatch, people.execute, "carry_out")

    with died(house, cure, found):
        found = follows(house, cure, found)

    assert (found.outcome, house.tables(), told(house)[-1]) == (Outcome.ACTED, ["orders"], "Approved")


@pytest.mark.slow
def test_who_dies_before_telling_has_it_told_by_the_retry_and_acts_once(house, monkeypatch):
    cure = remedy()
    found = happened(house, cure)
    asks(house, found)
    dies_in(monkeypatch, people.rulings, "told_as")

    with died(house, cure, found):
        found = follows(house, cure, found)

    assert (found.progress, told(house)) == ({0: CallProgress.DONE}, ["Something happened", "Approved"])
    assert house.aws.asked.count("create_table") == 1


@pytest.mark.slow
def test_a_retry_drops_what_nothing_calls_for_any_more_and_adds_nothing(house, monkeypatch):
    cure = remedy("orders", "invoices")
    found = happened(house, cure)
    asks(house, found)
    dies_in(monkeypatch, people.execute, "carry_out")
    later = died(house, cure, found)
    cure.plan = Plan.alert(alert(), calls=[creates("invoices"), creates("nobody-approved-this")])

    with later:
        follows(house, cure, found)

    assert house.tables() == ["invoices"]


@pytest.mark.slow
@pytest.mark.parametrize(("moved", "made"), [("", ["orders", "invoices"]), ("taken back", ["orders"])])
def test_a_retry_makes_the_approved_call_that_follows_what_was_done(house, monkeypatch, moved, made):
    first, second = creates("orders"), replace(creates("invoices"), follows=True)
    cure = Remedy(Plan.alert(alert(), calls=[first, second]), moved=moved)
    found = happened(house, cure)
    asks(house, found)
    dies_in(monkeypatch, people.execute, "carry_out")
    later = died(house, cure, found)
    house.ledger.did(house.findings[0], 0, CallProgress.DONE)
    house.aws.client("dynamodb").create_table(**first.parameters)
    cure.plan = Plan.nothing()

    with later:
        follows(house, cure, found)

    assert house.tables() == made


@pytest.mark.slow
def test_a_retry_that_may_not_look_drops_nothing_and_rises(house, monkeypatch):
    cure = remedy()
    found = happened(house, cure)
    asks(house, found)
    dies_in(monkeypatch, people.execute, "carry_out")
    later = died(house, cure, found)
    plan, cure.plan = cure.plan, Plan.nothing()
    with monkeypatch.context() as denied, later:
        denied.setattr(people, "denials", lambda _: (Unseen(why="ListBackups: not allowed", denied=True),))
        with pytest.raises(NotAllowed, match="ListBackups"):
            follows(house, cure, found)
    cure.plan = plan

    with freeze_time(datetime.now(UTC) + timedelta(minutes=2), tick=True):
        found = follows(house, cure, found)

    assert (found.outcome, house.tables()) == (Outcome.ACTED, ["orders"])


@pytest.mark.slow
def test_a_call_that_fails_is_told_rises_and_is_told_again_when_it_ends(house):
    cure = remedy()
    found = happened(house, cure)
    asks(house, found)
    house.aws.refused["create_table"] = "AccessDeniedException"

    with pytest.raises(NotAllowed):
        follows(house, cure, found)
    with pytest.raises(NotAllowed):
        follows(house, cure, found)
    assert [mail for mail in house.mail if "could not do" in mail.text] == house.mail[1:]
    house.aws.refused.clear()
    found = follows(house, cure, found)

    assert (found.outcome, found.decisions[0].told) == (Outcome.ACTED, True)
    assert told(house) == ["Something happened", "Approved", "Approved"]


# ---- undoing ------------------------------------------------------------------------------------------


def done(house, *names):
    cure = remedy(*names)
    return cure, happened(house, cure, mode=Mode.ENFORCE)


@pytest.mark.slow
def test_an_undo_takes_back_the_last_call_first(house):
    cure, found = done(house, "orders", "invoices")
    asks(house, found, Verb.UNDO)
    house.aws.asked.clear()
    deleted = []
    original = house.aws.client
    house.aws.client = lambda service, region="": _Spying(original(service, region), deleted)

    found = follows(house, cure, found)

    assert deleted == ["invoices", "orders"]
    assert (found.outcome, house.tables(), told(house)[-1]) == (Outcome.UNDONE, [], "Undone")


class _Spying:
    def __init__(self, real, deleted) -> None:
        self._real, self._deleted = real, deleted

    def __getattr__(self, name):
        def call(**parameters):
            if name == "delete_table":
                self._deleted.append(parameters["TableName"])
            return getattr(self._real, name)(**parameters)

        return getattr(self._real, name) if name in ("get_paginator", "meta", "exceptions") else call


@pytest.mark.slow
def test_a_dry_run_says_what_it_would_do_and_does_nothing(house):
    cure, found = done(house)
    asks(house, found, Verb.UNDO, dry=True)

    found = follows(house, cure, found)

    assert (found.outcome, house.tables()) == (Outcome.ACTED, ["orders"])
    assert found.decisions[0].words == deletes("orders").command


def test_what_has_no_undo_is_not_called_undone(house):
    cure = Remedy(Plan.alert(alert(), calls=[replace(creates("orders"), undo=None)]), moved="")
    found = happened(house, cure, mode=Mode.ENFORCE)
    asks(house, found, Verb.UNDO)

    found = follows(house, cure, found)

    assert (found.outcome, house.tables()) == (Outcome.ACTED, ["orders"])
    assert "the alert says how you can" in found.decisions[0].words


@pytest.mark.slow
@pytest.mark.parametrize("dry", [True, False])
def test_what_has_moved_on_is_left_alone(house, dry):
    cure, found = done(house)
    cure.moved = "somebody has written to it"
    asks(house, found, Verb.UNDO, dry=dry)

    found = follows(house, cure, found)

    assert (found.outcome, house.tables()) == (Outcome.ACTED, ["orders"])
    assert found.decisions[0].words.endswith("nothing was undone: somebody has written to it")


@pytest.mark.slow
def test_an_undo_that_is_not_declared_is_not_made_and_names_the_command(house):
    cure, found = done(house)
    asks(house, found, Verb.UNDO)
    only = tuple(each for each in DECLARED_CALLS if each.operation != "dynamodb.delete_table")
    assert only == (DeclaredCall(operation="dynamodb.create_table", needs=()),)
    bare = replace(cure.remediation, declared_calls=only)

    class Bare:
        remediation = bare

    found = follows(house, Bare(), found)

    assert (found.outcome, house.tables()) == (Outcome.ACTED, ["orders"])
    assert "make it yourself: aws dynamodb delete-table --table-name orders" in found.decisions[0].words


@pytest.mark.slow
def test_an_undo_that_died_half_way_goes_on_with_the_rest(house, monkeypatch):
    cure, found = done(house, "orders", "invoices")
    asks(house, found, Verb.UNDO)
    original, calls = people.execute._made, []

    def dying(aws, call, **more):
        calls.append(call.parameters["TableName"])
        if len(calls) == 2:
            raise Died
        return original(aws, call, **more)

    monkeypatch.setattr(people.execute, "_made", dying)

    with died(house, cure, found):
        found = follows(house, cure, found)

    assert calls == ["invoices", "orders", "orders"]
    assert (found.outcome, house.tables()) == (Outcome.UNDONE, [])


@pytest.mark.slow
def test_an_undo_that_had_begun_is_not_made_again_where_the_state_has_moved_on(house, monkeypatch):
    """The first try deleted the table and died; by now somebody has made another one of that name."""
    cure, found = done(house)
    asks(house, found, Verb.UNDO)
    original = people.execute._made

    def dying(aws, call, **more):
        original(aws, call, **more)
        raise Died

    with monkeypatch.context() as once:
        once.setattr(people.execute, "_made", dying)
        later = died(house, cure, found)
    assert house.tables() == []
    cure.moved = "it is another one"
    again = creates("orders")

    with later:
        house.ledger.client.create_table(**again.parameters)
        found = follows(house, cure, found)

    assert (found.outcome, house.tables()) == (Outcome.UNDONE, ["orders"])
    assert found.progress == {0: CallProgress.PERHAPS_UNDONE}
    assert "perhaps undid it in an earlier try" in house.mail[-1].text


# ---- asked again and again ------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_rejected_undo_stays_rejected_however_much_is_asked_after_it(house):
    """So many decisions are kept. What was forgotten is not ruled on again once the state is back."""
    cure, found = done(house)
    cure.moved = "somebody has written to it"
    for _ in range(MOST_DECISIONS + 5):
        asks(house, found, Verb.UNDO)
        found = follows(house, cure, found)
    cure.moved = ""

    found = follows(house, cure, found)

    assert (found.outcome, house.tables()) == (Outcome.ACTED, ["orders"])
    assert {each.ruling for each in found.decisions} == {Ruling.REJECTED}
    assert (len(found.decisions), found.ruled) == (MOST_DECISIONS, MOST_DECISIONS + 5)
    asks(house, found, Verb.UNDO)
    assert follows(house, cure, found).outcome is Outcome.UNDONE


@pytest.mark.slow
def test_dry_runs_without_end_leave_the_finding_small_and_what_was_granted_in_it(house):
    cure = remedy()
    found = happened(house, cure)
    asks(house, found)
    found = follows(house, cure, found)
    for _ in range(MOST_DECISIONS + 5):
        asks(house, found, Verb.UNDO, dry=True, reason="\U0001f9ed" * 200)
        found = follows(house, cure, found)

    assert [each.ruling for each in found.decisions].count(Ruling.GRANTED) == 1
    (item,) = (each for each in house.items("finding#") if "decisions" in each)
    assert len(item["decisions"]["S"].encode()) <= MOST_DECISION_BYTES
    assert found.ruled == MOST_DECISIONS + 6


# ---- what woke it ----------------------------------------------------------------------------------------


def test_only_the_one_field_of_the_http_side_is_an_instruction():
    assert woken.waking("remedy:x") == {"trailwarden": {"finding": "remedy:x"}}
    assert woken._asks_about(woken.waking("remedy:x")) == "remedy:x"
    for other in (delivered(), {"trailwarden": "remedy:x"}, [], None, {"Records": []}):
        assert woken._asks_about(other) is None
