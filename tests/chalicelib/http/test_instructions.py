"""What a person asks over HTTP: what is noted, who is woken, and what is refused in one sentence."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import LedgerUnreachable, NotConfigured
from chalicelib.http.instructions import BadInstruction, NoSuchPlan, asked_for, begin, caller_of, functions
from chalicelib.http.listing import BadFilter, Filters, page_of
from chalicelib.ledger.entries import entry_of
from chalicelib.ledger.instructions import Verb
from chalicelib.ledger.ledger import Ledger
from chalicelib.remediation import CallProgress, Outcome, Plan, Severity
from chalicelib.settings import FUNCTIONS, INSTRUCTION_KEY
from tests.chalicelib.runtime.house import ACCOUNT, NOON, Happening, alert, creates, later

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
CONTEXT = {"identity": {"userArn": ANN}}
WAITS = entry_of("remedy", Happening(), Plan.alert(alert(), calls=[creates("a")]), Outcome.AWAITING_APPROVAL)
DONE = replace(WAITS, outcome=Outcome.ACTED, progress={0: CallProgress.DONE})
PERHAPS = replace(DONE, progress={0: CallProgress.UNSURE})
BODY = {"plan": WAITS.plan.digest[:8]}


def asked(body=BODY, found=WAITS, verb=Verb.APPROVE, context=CONTEXT):
    return asked_for(body, found, verb, NOON, context)


def test_an_instruction_is_of_the_whole_plan_and_of_the_caller():
    one = asked({**BODY, "reason": "ticket 17"})

    assert (one.plan, one.who, one.reason, one.dry) == (WAITS.plan.digest, ANN, "ticket 17", False)


def test_the_same_asked_again_is_one_instruction_until_something_came_of_it():
    assert asked().id == asked().id
    assert asked().id != asked(verb=Verb.REFUSE).id
    assert asked(found=DONE, verb=Verb.UNDO).id != asked({**BODY, "dry_run": True}, DONE, Verb.UNDO).id


@pytest.mark.parametrize(
    ("body", "found", "verb", "sentence"),
    [
        ({}, WAITS, Verb.APPROVE, "plan is the finding's plan_digest"),
        ({"plan": "74e5"}, WAITS, Verb.APPROVE, "plan is the finding's plan_digest"),
        ({"plan": 7}, WAITS, Verb.APPROVE, "plan is the finding's plan_digest"),
        ({**BODY, "who": "bob"}, WAITS, Verb.APPROVE, "'who' is not known here"),
        ({**BODY, "dry_run": True}, WAITS, Verb.APPROVE, "dry_run is true or false, and of an undo only"),
        ({**BODY, "dry_run": "yes"}, DONE, Verb.UNDO, "dry_run is true or false"),
        ({**BODY, "reason": "x" * 201}, WAITS, Verb.APPROVE, "at most 200 characters"),
    ],
)
def test_a_callers_mistake_is_one_sentence(body, found, verb, sentence):
    with pytest.raises(BadInstruction, match=sentence) as raised:
        asked(body, found, verb)

    assert not isinstance(raised.value, NoSuchPlan)


@pytest.mark.parametrize(
    ("body", "found", "verb", "sentence"),
    [
        ({"plan": "0" * 8}, WAITS, Verb.APPROVE, "The plan is another one by now"),
        (BODY, DONE, Verb.APPROVE, "Nothing waits for a decision: the finding is acted"),
        (BODY, DONE, Verb.REFUSE, "Nothing waits for a decision: the finding is acted"),
        (BODY, WAITS, Verb.UNDO, "Nothing was done that could be undone: the finding is awaiting approval"),
        (BODY, PERHAPS, Verb.UNDO, "A try that died may have done it, or somebody else: look"),
    ],
)
def test_what_the_finding_is_not_any_more_is_another_answer(body, found, verb, sentence):
    with pytest.raises(NoSuchPlan, match=sentence):
        asked(body, found, verb)


@pytest.mark.parametrize(
    "context", [{}, {"identity": None}, {"identity": {"userArn": None}}, {"identity": {"userArn": "bob"}}]
)
def test_nobody_asks_without_an_identity(context):
    with pytest.raises(BadInstruction, match="who asks is not known"):
        caller_of(context)


def _begun(invoke, put_item):
    kms = SimpleNamespace(generate_mac=lambda **_: {"Mac": b"mac"})
    ledger = Ledger(SimpleNamespace(put_item=put_item), "ledger")
    begin(kms, SimpleNamespace(invoke=invoke), ledger, asked())


def test_nobody_is_woken_for_what_could_not_be_noted(monkeypatch):
    monkeypatch.setenv(FUNCTIONS, "remedy=Remedy-1,other=Other-1")
    monkeypatch.setenv(INSTRUCTION_KEY, "key")
    woken = []

    def refused(**_):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutItem")

    with pytest.raises(LedgerUnreachable):
        _begun(lambda **how: woken.append(how), refused)

    assert woken == []


def test_what_is_noted_wakes_the_remediations_own_function_with_the_findings_id_alone(monkeypatch):
    monkeypatch.setenv(FUNCTIONS, "remedy=Remedy-1,other=Other-1")
    monkeypatch.setenv(INSTRUCTION_KEY, "key")
    woken, noted = [], []

    _begun(lambda **how: woken.append(how), lambda **how: noted.append(how["Item"]))

    (call,) = woken
    assert (call["FunctionName"], call["InvocationType"]) == ("Remedy-1", "Event")
    assert json.loads(call["Payload"]) == {"trailwarden": {"finding": WAITS.id}}
    assert noted[0]["seal"] == {"S": b"mac".hex()}


def test_a_remediation_without_a_function_is_a_fault_of_this_side(monkeypatch):
    monkeypatch.setenv(FUNCTIONS, "other=Other-1")

    assert functions() == {"other": "Other-1"}
    with pytest.raises(NotConfigured, match="names no function for remedy:"):
        _begun(None, None)


# ---- which findings ---------------------------------------------------------------------------------


class Kept:
    """A ledger of so many findings, newest first, as `Ledger.newest` reads it."""

    def __init__(self, **by_name) -> None:
        self.by_name = by_name

    def newest(self, remediation, most, *, since="", before=""):
        found = [
            each
            for each in self.by_name.get(remediation, ())
            if each.sort_key >= since and (not before or each.sort_key < before)
        ]
        return sorted(found, key=lambda each: each.sort_key, reverse=True)[:most]


def found_at(second, name="one", severity=Severity.HIGH, who="mallory"):
    event = Happening(
        key=f"{name} {second}", at=later(second), principal=f"arn:aws:iam::{ACCOUNT}:user/{who}"
    )
    return entry_of(name, event, Plan.alert(replace(alert(), severity=severity)), Outcome.TOLD)


def every_page(ledger, names, **asked):
    pages, before = [], ""
    while True:
        found, before = page_of(
            ledger, names, Filters.of({**asked, **({"before": before} if before else {})})
        )
        pages.append([each.at.second for each in found])
        if not before:
            return pages


def test_pages_follow_each_other_without_a_gap_or_a_repetition():
    ledger = Kept(
        one=[found_at(at) for at in range(0, 10, 2)], two=[found_at(at, "two") for at in range(1, 10, 2)]
    )

    assert every_page(ledger, ["one", "two"], limit="4") == [[9, 8, 7, 6], [5, 4, 3, 2], [1, 0]]
    assert every_page(ledger, ["two"], limit="5") == [[9, 7, 5, 3, 1]]


def test_a_page_does_not_end_between_two_findings_of_one_event():
    same = found_at(5)
    ledger = Kept(one=[same, found_at(1)], two=[replace(same, remediation="two")])

    assert every_page(ledger, ["one", "two"], limit="1") == [[5, 5], [1]]


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ({"severity": "critical"}, [3]),
        ({"severity": "HIGH"}, [3, 2]),
        ({"actor": "ALICE"}, [2]),
        ({"actor": "user/"}, [3, 2, 1]),
        ({"since": "2026-03-02T12:00:02Z"}, [3, 2]),
        ({"since": "2026-03-02T13:00:02+01:00", "severity": "critical"}, [3]),
    ],
)
def test_filters_leave_out_what_does_not_fit(asked, seconds):
    ledger = Kept(
        one=[
            found_at(1, severity=Severity.LOW),
            found_at(2, severity=Severity.HIGH, who="alice"),
            found_at(3, severity=Severity.CRITICAL),
        ]
    )

    assert every_page(ledger, ["one"], **asked) == [seconds]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"sevrity": "HIGH"}, "'sevrity' is no filter"),
        ({"severity": "loud"}, "severity is one of INFO, LOW"),
        ({"since": "yesterday"}, "since is a time with its zone"),
        ({"since": "2026-03-02T12:00:00"}, "since is a time with its zone"),
        ({"before": "x"}, "before is the `next` of another page"),
        ({"limit": "101"}, "limit is a whole number from 1 to 100"),
    ],
)
def test_a_filter_that_can_not_be_read_is_one_sentence(asked, sentence):
    with pytest.raises(BadFilter, match=sentence):
        Filters.of(asked)
