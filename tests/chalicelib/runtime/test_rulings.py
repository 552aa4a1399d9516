"""What a person's instruction comes to: values in, a ruling and its sentence out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.ledger.entries import Decision, Ruling, entry_of
from chalicelib.ledger.instructions import Verb, instruction
from chalicelib.remediation import CallProgress, Outcome, Plan
from chalicelib.runtime.rulings import HIMSELF, Rules, difference, ours, person, ruling
from tests.chalicelib.runtime.house import ACCOUNT, NOON, Happening, alert, creates

ONE, TWO = Rules(needed=1, hours=24), Rules(needed=2, hours=24)
PLAN = Plan.alert(alert(), calls=[creates("a"), creates("b")])
USER = f"arn:aws:iam::{ACCOUNT}:user"


def waiting(outcome=Outcome.AWAITING_APPROVAL, **more):
    return replace(entry_of("remedy", Happening(), PLAN, outcome), **more)


def acted(**more):
    done = dict.fromkeys(range(2), CallProgress.DONE)
    return waiting(**{"outcome": Outcome.ACTED, "progress": done, **more})


def asked(verb=Verb.APPROVE, who=f"{USER}/ann", at=NOON, plan=PLAN.digest, *, dry=False):
    return instruction("remedy:x", verb, plan, who, at, dry=dry, reason="", after=0)


def before(who=f"{USER}/ann", ruled=Ruling.COUNTED, verb=Verb.APPROVE, at=NOON, plan=PLAN.digest):
    return Decision(id=who, verb=verb, who=who, at=at, plan=plan, ruling=ruled, words="")


def ruled(entry, one, rules=ONE, now=NOON):
    return ruling(entry, one, rules, now)


@pytest.mark.parametrize(
    ("entry", "one", "wanted"),
    [
        pytest.param(waiting(), asked(), Ruling.GRANTED, id="approved"),
        pytest.param(waiting(Outcome.CAPPED), asked(), Ruling.GRANTED, id="what the cap held back"),
        pytest.param(waiting(), asked(Verb.REFUSE, plan="another"), Ruling.DECLINED, id="refused"),
        pytest.param(acted(), asked(Verb.UNDO), Ruling.UNDONE, id="undone"),
        pytest.param(acted(outcome=Outcome.FAILED), asked(Verb.UNDO), Ruling.UNDONE, id="failed half way"),
    ],
)
def test_one_person_is_enough_where_one_is_needed(entry, one, wanted):
    assert ruled(entry, one)[0] is wanted


@pytest.mark.parametrize(
    ("entry", "one", "why"),
    [
        pytest.param(waiting(), asked(plan="0" * 64), "the plan is another one", id="another plan"),
        pytest.param(waiting(), asked(who=f"{USER}/mallory"), HIMSELF, id="the actor approves"),
        pytest.param(waiting(), asked(Verb.REFUSE, f"{USER}/mallory"), HIMSELF, id="the actor refuses"),
        pytest.param(acted(), asked(Verb.UNDO, f"{USER}/mallory"), HIMSELF, id="the actor undoes"),
        pytest.param(waiting(Outcome.DECLINED), asked(), "the finding is declined", id="refused before"),
        pytest.param(waiting(Outcome.OBSERVED), asked(), "the finding is observed", id="only observed"),
        pytest.param(acted(), asked(Verb.REFUSE), "the finding is acted", id="refused too late"),
        pytest.param(waiting(), asked(Verb.UNDO), "nothing was done that", id="nothing to undo"),
        pytest.param(
            acted(outcome=Outcome.UNDONE), asked(Verb.UNDO), "it is undone already", id="undone twice"
        ),
    ],
)
def test_what_counts_for_nothing_says_why(entry, one, why):
    found, words = ruled(entry, one)

    assert found is Ruling.REJECTED
    assert why in words


@pytest.mark.parametrize(("age", "wanted"), [(24, Ruling.GRANTED), (25, Ruling.REJECTED)])
def test_an_approval_holds_for_so_many_hours(age, wanted):
    found, words = ruled(waiting(), asked(), now=NOON + timedelta(hours=age))

    assert found is wanted
    assert ("it expired: it is 1 d 1 h old" in words) == (wanted is Ruling.REJECTED)


# ---- two people ----------------------------------------------------------------------------------


def test_where_two_are_needed_the_first_is_counted():
    assert ruled(waiting(), asked(), TWO) == (
        Ruling.COUNTED,
        "1 of 2: somebody else has to ask for it too",
    )


def test_the_second_one_has_it_done_and_both_are_named():
    found, words = ruled(waiting(decisions=(before(),)), asked(who=f"{USER}/bob"), TWO)

    assert found is Ruling.GRANTED
    assert words == f"by {USER}/ann and {USER}/bob"


@pytest.mark.parametrize(
    ("first", "wanted"),
    [
        pytest.param(before(), Ruling.REJECTED, id="the same person"),
        pytest.param(before(who=f"{USER}/bob", plan="0" * 64), Ruling.COUNTED, id="of another plan"),
        pytest.param(before(who=f"{USER}/bob", verb=Verb.UNDO), Ruling.COUNTED, id="of another kind"),
        pytest.param(before(who=f"{USER}/bob", ruled=Ruling.REJECTED), Ruling.COUNTED, id="rejected"),
        pytest.param(before(who=f"{USER}/bob", at=NOON - timedelta(hours=25)), Ruling.COUNTED, id="expired"),
    ],
)
def test_what_does_not_count_beside_another_approval(first, wanted):
    assert ruled(waiting(decisions=(first,)), asked(), TWO)[0] is wanted


def test_a_dry_run_needs_nobody_else():
    assert ruled(acted(), asked(Verb.UNDO, dry=True), TWO)[0] is Ruling.UNDONE


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ann",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/bob",
            True,
        ),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ann", f"arn:aws:iam::{ACCOUNT}:role/team/ops", True),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ann", f"arn:aws:iam::{ACCOUNT}:role/dev", False),
        (f"{USER}/ann", f"{USER}/bob", False),
        (f"{USER}/ann", "arn:aws:iam::999999999999:user/ann", False),
    ],
)
def test_a_role_is_one_person_whatever_its_sessions_are_called(one, other, same):
    assert (person(one) == person(other)) is same


# ---- plans ---------------------------------------------------------------------------------------


def test_only_what_we_did_is_ours_to_undo_and_the_last_comes_first():
    progress = {0: CallProgress.DONE, 1: CallProgress.DONE}

    assert ours(acted(progress=progress)) == [creates("b"), creates("a")]
    assert ours(acted(progress={0: CallProgress.FOUND, 1: CallProgress.UNSURE})) == []


def test_a_difference_names_what_is_gone_and_what_is_new():
    words = difference(PLAN, Plan(calls=(creates("b"), creates("c"))))

    assert "no longer: aws dynamodb create-table --table-name a" in words
    assert "new: aws dynamodb create-table --table-name c" in words
    assert "--table-name b" not in words
    assert difference(PLAN, Plan.nothing()) == "nothing is left to do"


def test_a_digest_is_of_the_calls_and_not_of_the_words():
    assert PLAN.digest == Plan.alert(alert("other words"), calls=PLAN.calls).digest
    assert PLAN.digest != Plan(calls=PLAN.calls[:1]).digest
    assert PLAN.digest == Plan.from_json(PLAN.as_json()).digest
