import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from freezegun import freeze_time

from chalicelib.errors import (
    LedgerUnreachable,
    MalformedEvent,
    MayPass,
    NotAllowed,
    NotConfigured,
    StillUnderWay,
    Throttled,
    Unavailable,
)
from chalicelib.ledger.ledger import LEASE_SECONDS, Ledger
from chalicelib.looking import Unseen
from chalicelib.remediation import CallProgress, Flood, Outcome, Plan, Quiet, Severity
from chalicelib.runtime import answer as runtime
from chalicelib.settings import Mode
from chalicelib.triggers import OnQueue
from tests.chalicelib.runtime.house import (
    ACCOUNT,
    NOON,
    REGION,
    TABLE,
    Context,
    Happening,
    Remedy,
    Stubborn,
    alert,
    built,
    creates,
    deletes,
    delivered,
    later,
)

DENIED = {"create_table": "AccessDeniedException"}


@pytest.fixture
def house():
    with built() as house:
        yield house


def told(*alerts, calls=()) -> Remedy:
    return Remedy(Plan.alert(*(alerts or (alert(),)), calls=calls))


# ---- once ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_event_is_looked_at_decided_told_and_remembered(house):
    remedy = told()
    remedy.facts = {"backups": 2}

    outcome = house.handle(remedy)

    assert outcome is Outcome.TOLD
    assert [mail.subject for mail in house.mail] == ["HIGH: Something happened"]
    assert house.mail[0].attributes == {"severity": "HIGH", "remediation": "remedy"}
    (finding,) = house.findings
    assert (finding.outcome, finding.facts, finding.told) == (Outcome.TOLD, '{"backups": 2}', {0})
    assert f"Finding {finding.id}" in house.mail[0].text


@pytest.mark.slow
def test_a_second_delivery_changes_nothing(house):
    remedy = told(calls=[creates("orders")])
    house.handle(remedy)

    outcome = house.handle(remedy)

    assert outcome is Outcome.DUPLICATE
    assert len(house.mail) == len(remedy.decided) == len(house.findings) == 1


@pytest.mark.slow
def test_the_same_key_in_another_account_is_another_event(house):
    remedy = told()

    outcomes = [house.handle(remedy, Happening(account=account)) for account in (ACCOUNT, "999988887777")]

    assert outcomes == [Outcome.TOLD, Outcome.TOLD]
    assert len(house.findings) == 2


def test_a_claim_is_not_named_after_our_code(house):
    """Else renaming a Python function would forget every claim of the last fifteen days."""
    house.handle(told())

    (claim,) = house.items("claim#")
    assert claim["pk"]["S"] == "claim#remedy"
    assert claim["sk"]["S"].startswith("event#")


@pytest.mark.slow
def test_a_claim_outlives_the_longest_redrive(house):
    with freeze_time(NOON):
        house.handle(told())

    (claim,) = house.items("claim#")
    assert int(claim["expires"]["N"]) > later(14 * 86_400).timestamp()


def test_an_event_without_a_key_is_an_error_and_not_an_unclaimed_run(house):
    # The account is always there, so a key is never empty; a remediation that named none would still be.
    remedy = told()
    house.handle(remedy, Happening(key=""))

    assert house.handle(remedy, Happening(key="")) is Outcome.DUPLICATE


def test_nothing_to_say_leaves_no_finding(house):
    outcome = house.handle(Remedy(Plan.nothing()))

    assert outcome is Outcome.NOTHING
    assert house.findings == []
    assert house.mail == []


@pytest.mark.slow
def test_an_event_that_names_no_region_happened_in_the_functions_own(house):
    house.handle(told(), Happening(region=""))

    assert [finding.region for finding in house.findings] == [REGION]


# ---- while another one works, and after one died -------------------------------------------------


class Died(BaseException):
    """The execution environment went away; nothing catches it."""


class Mute:
    """Dies before it says anything."""

    def say(self, *_):
        raise Died


def died_while_telling(house, remedy) -> None:
    run = house.run(remedy)
    run.voice = Mute()
    with pytest.raises(Died):
        run.handle(Happening())


@pytest.mark.slow
def test_a_delivery_while_another_is_under_way_is_kept_for_later(house):
    remedy = told()
    with freeze_time(NOON):
        died_while_telling(house, remedy)  # its claim stands until its time is up
    with freeze_time(later(20)), pytest.raises(StillUnderWay, match=r"remedy: another invocation.*e-1"):
        house.handle(remedy)

    assert house.mail == []


@pytest.mark.slow
def test_a_claim_left_by_a_crash_has_lapsed_when_lambda_tries_again(house):
    """A function has 50 seconds at most, Lambda waits 60."""
    remedy = told()
    with freeze_time(NOON):
        died_while_telling(house, remedy)
    with freeze_time(later(60)):
        outcome = house.handle(remedy)
    with freeze_time(later(120)):
        again = house.handle(remedy)
        mail = house.mail

    assert (outcome, again) == (Outcome.TOLD, Outcome.DUPLICATE)
    assert len(mail) == 1
    assert len(remedy.decided) == 1


@pytest.mark.slow
def test_a_failure_gives_its_claim_back(house):
    remedy = told()
    remedy.facts = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slower"}}, "ListBackups")
    with pytest.raises(Throttled, match="ListBackups: slower"):
        house.handle(remedy)
    remedy.facts = None

    assert house.handle(remedy) is Outcome.TOLD


def test_a_ledger_that_may_not_be_written_is_named(house):
    aws = house.aws
    aws.refused["put_item"] = "AccessDeniedException"

    with pytest.raises(LedgerUnreachable, match=r"could not be reached \(put_item: no\) for e") as caught:
        house.handle(told())

    assert caught.value.event_key == "e-1"


def test_what_nobody_foresaw_rises_as_it_is(house):
    remedy = told()
    remedy.facts = KeyError("surprise")

    with pytest.raises(KeyError, match="surprise"):
        house.handle(remedy)


# ---- suppression ---------------------------------------------------------------------------------

OWN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/root_login-role"


@pytest.fixture
def function(house):
    house.aws.__dict__["_identity"] = {
        "Account": ACCOUNT,
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/root_login-role/root_login",
    }
    return house


@pytest.mark.slow
@pytest.mark.parametrize(
    ("principal", "suppressed"),
    [
        pytest.param(OWN_ROLE, True, id="our own role"),
        pytest.param(f"arn:aws:iam::{ACCOUNT}:role/root_login-role-2", False, id="a longer name"),
        pytest.param("arn:aws:iam::999988887777:role/root_login-role", False, id="another account's"),
        pytest.param(f"arn:aws:iam::{ACCOUNT}:role/visitor", False, id="another role"),
        pytest.param(
            f"arn:aws:sts::{ACCOUNT}:assumed-role/visitor/root_login", False, id="a session named like us"
        ),
        pytest.param(f"arn:aws:iam::{ACCOUNT}:user/root_login-role", False, id="a user named like our role"),
        pytest.param("", False, id="nobody"),
    ],
)
def test_only_our_own_role_is_us(function, principal, suppressed):
    remedy = told()

    outcome = function.handle(remedy, Happening(principal=principal))

    assert outcome is (Outcome.SUPPRESSED if suppressed else Outcome.TOLD)
    assert len(remedy.looked) == (0 if suppressed else 1)


def test_what_is_suppressed_is_recorded_and_not_told(house):
    principals = ("arn:aws:iam::*:user/mal*",)

    outcome = house.handle(told(), ignored_principals=principals)

    assert outcome is Outcome.SUPPRESSED
    assert house.mail == []
    (finding,) = house.findings
    assert (finding.outcome, finding.principal, finding.plan) == (
        Outcome.SUPPRESSED,
        Happening().principal,
        Plan.nothing(),
    )


@pytest.mark.slow
def test_a_suppression_that_comes_later_overwrites_no_plan(house):
    """A first try failed; meanwhile somebody was put on the list of the expected."""
    house.aws.refused.update(DENIED)
    remedy = told(calls=[creates("orders")])
    with pytest.raises(NotAllowed):
        house.handle(remedy)

    house.handle(remedy, ignored_principals=("*",))

    assert [finding.outcome for finding in house.findings] == [Outcome.FAILED]


@pytest.mark.slow
def test_sts_is_asked_once_a_cold_start(house):
    roles = [Happening(key=str(number), principal=OWN_ROLE) for number in range(3)]

    for event in roles:
        house.handle(told(), event)

    assert house.aws.asked.count("get_caller_identity") == 1


# ---- the gate ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "outcome", "acted", "words"),
    [
        pytest.param(Mode.OBSERVE, Outcome.OBSERVED, False, "enforce Trailwarden would do", id="observe"),
        pytest.param(Mode.APPROVE, Outcome.AWAITING_APPROVAL, False, "waits for a yes", id="approve"),
        pytest.param(Mode.ENFORCE, Outcome.ACTED, True, "Trailwarden did:", id="enforce"),
    ],
)
def test_a_mode_says_how_far_it_goes(house, mode, outcome, acted, words):
    became = house.handle(told(calls=[creates("orders")]), mode=mode)

    assert became is outcome
    assert house.tables() == (["orders"] if acted else [])
    assert words in house.mail[0].text
    assert ("To undo it:" in house.mail[0].text) == acted


@pytest.mark.slow
def test_who_is_asked_for_a_yes_is_told_how_to_give_it(house):
    house.handle(told(calls=[creates("orders")]), mode=Mode.APPROVE)

    (finding,) = house.findings
    assert finding.outcome is Outcome.AWAITING_APPROVAL
    assert finding.plan.calls == (creates("orders"),)
    assert (
        f"To approve: trailwarden approve {finding.id}\nTo refuse: trailwarden refuse {finding.id}\n"
        in house.mail[0].text
    )


@pytest.mark.slow
def test_the_hours_cap_holds_calls_back_and_says_so(house):
    outcomes = [
        house.handle(told(calls=[creates(f"t-{number}")]), Happening(key=str(number)), acts_per_hour=2)
        for number in range(3)
    ]

    assert outcomes == [Outcome.ACTED, Outcome.ACTED, Outcome.CAPPED]
    assert house.tables() == ["t-0", "t-1"]
    assert "held back" in house.mail[2].text


def test_a_function_that_was_told_no_cap_does_not_act(house):
    outcome = house.handle(told(calls=[creates("orders")]), acts_per_hour=0)

    assert outcome is Outcome.CAPPED
    assert house.tables() == []


@pytest.mark.slow
def test_the_kill_switch_stands_above_every_mode(house):
    house.throw_the_switch()

    outcome = house.handle(told(calls=[creates("orders")]))

    assert outcome is Outcome.CAPPED
    assert house.tables() == []
    assert "because the kill switch /trailwarden/kill-switch is on" in house.mail[0].text
    assert house.items("acts#") == []  # what is held back takes nobody's place


@pytest.mark.slow
def test_the_kill_switch_also_holds_what_an_earlier_try_had_begun(house):
    house.aws.refused.update(DENIED)
    remedy = told(calls=[creates("orders")])
    with pytest.raises(NotAllowed):
        house.handle(remedy)
    house.aws.refused.clear()
    house.throw_the_switch()

    outcome = house.handle(remedy)

    assert outcome is Outcome.CAPPED
    assert house.tables() == []
    assert "held back" in house.mail[1].text


# ---- acting, and failing to ----------------------------------------------------------------------


@pytest.mark.slow
def test_the_plan_is_stored_before_the_first_call(house):
    def stored(**_):
        assert [finding.plan.calls for finding in house.findings] == [(creates("orders"),)]
        raise Died

    run = house.run(told(calls=[creates("orders")]))
    real = house.aws.client
    house.aws.client = lambda service, region="": (
        type("Dynamo", (), {"create_table": staticmethod(stored)})() if region else real(service)
    )
    with pytest.raises(Died):
        run.handle(Happening())


FAILURES = [
    pytest.param("AccessDeniedException", NotAllowed, "create_table: no", id="denied"),
    pytest.param("ThrottlingException", Throttled, "create_table: no", id="throttled"),
    pytest.param("ValidationException", ClientError, "ValidationException", id="unforeseen"),
    pytest.param(ReadTimeoutError(endpoint_url="x"), Unavailable, "Read timeout", id="no answer"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("refusal", "error", "why"), FAILURES)
def test_an_act_that_fails_is_told_with_the_reason_and_rises(house, refusal, error, why):
    house.aws.refused["create_table"] = refusal

    with pytest.raises(error):
        house.handle(told(calls=[creates("orders"), creates("invoices")]))

    text = house.mail[0].text
    assert "Trailwarden could not do:\n  - aws dynamodb create-table --table-name orders" in text
    assert "because" in text
    assert why in text
    assert "Trailwarden did not yet try:\n  - aws dynamodb create-table --table-name invoices" in text
    assert "To undo it:" not in text
    (finding,) = house.findings
    assert finding.outcome is Outcome.FAILED
    assert why in finding.failure


@pytest.mark.slow
def test_a_retry_that_fails_again_tells_nothing_again(house):
    house.aws.refused.update(DENIED)
    remedy = told(calls=[creates("orders")])

    for _ in range(3):
        with pytest.raises(NotAllowed):
            house.handle(remedy)

    assert len(house.mail) == 1
    assert len(remedy.decided) == 1


@pytest.mark.slow
def test_a_retry_that_succeeds_tells_how_it_ended_once(house):
    house.aws.refused.update(DENIED)
    remedy = told(calls=[creates("orders")])
    with pytest.raises(NotAllowed):
        house.handle(remedy)
    house.aws.refused.clear()

    outcome = house.handle(remedy)

    assert outcome is Outcome.ACTED
    assert house.tables() == ["orders"]
    assert "You were told of this before it was over" in house.mail[1].text
    assert "Trailwarden did:" in house.mail[1].text
    (finding,) = house.findings
    assert (finding.outcome, finding.failure, finding.told) == (Outcome.ACTED, "", {0})
    assert house.handle(remedy) is Outcome.DUPLICATE
    assert len(house.mail) == 2


@pytest.mark.slow
def test_a_failed_telling_does_not_act_again(house):
    house.aws.refused["publish"] = "InternalError"
    remedy = told(calls=[creates("orders", already=())])
    with pytest.raises(Unavailable):
        house.handle(remedy)
    house.aws.refused.clear()

    outcome = house.handle(remedy)

    assert outcome is Outcome.ACTED
    assert house.aws.asked.count("create_table") == 1
    assert len(house.mail) == 1


@pytest.mark.slow
def test_a_retry_goes_on_with_the_call_that_failed(house):
    gone = deletes("nothing")
    remedy = told(calls=[creates("first", already=()), gone, creates("third")])
    with pytest.raises(ClientError, match="ResourceNotFound"):
        house.handle(remedy)
    house.handle(told(calls=[creates("nothing")]), Happening(key="helper"))

    outcome = house.handle(remedy)

    assert outcome is Outcome.ACTED
    assert house.tables() == ["first", "third"]


@pytest.mark.slow
def test_what_fails_without_an_alert_is_told_nonetheless(house):
    house.aws.refused.update(DENIED)

    with pytest.raises(NotAllowed):
        house.handle(Remedy(Plan(calls=(creates("orders"),))))

    assert house.mail[0].subject == "HIGH: remedy could not do what it planned"


@pytest.mark.slow
def test_the_stored_plan_is_resumed_and_not_decided_again(house):
    house.aws.refused.update(DENIED)
    with pytest.raises(NotAllowed):
        house.handle(told(calls=[creates("orders")]))
    house.aws.refused.clear()
    changed_its_mind = told(calls=[creates("another")])

    house.handle(changed_its_mind)

    assert house.tables() == ["orders"]
    assert changed_its_mind.decided == []


# ---- quiet ---------------------------------------------------------------------------------------


def hushed(title="again", subject="203.0.113.7"):
    return alert(title, quiet=Quiet(subject=subject, seconds=3600))


@pytest.mark.slow
def test_what_was_told_lately_is_recorded_as_quiet(house):
    first = house.handle(told(hushed()))
    second = house.handle(told(hushed()), Happening(key="e-2", at=later(1)))

    assert (first, second) == (Outcome.TOLD, Outcome.QUIET)
    assert len(house.mail) == 1
    assert [finding.outcome for finding in house.findings] == [Outcome.QUIET, Outcome.TOLD]


@pytest.mark.slow
def test_of_two_alerts_one_may_be_quiet(house):
    house.handle(told(hushed()))

    outcome = house.handle(told(hushed(), alert("news")), Happening(key="e-2", at=later(1)))

    assert outcome is Outcome.TOLD
    assert [mail.subject for mail in house.mail] == ["HIGH: again", "HIGH: news"]
    assert (house.findings[0].quiet, house.findings[0].told) == ({0}, {1})


@pytest.mark.slow
def test_an_act_under_a_quiet_alert_is_still_an_act(house):
    house.handle(told(hushed()))

    outcome = house.handle(told(hushed(), calls=[creates("orders")]), Happening(key="e-2"))

    assert outcome is Outcome.ACTED
    assert house.tables() == ["orders"]


@pytest.mark.slow
def test_a_retry_of_the_event_that_may_speak_still_speaks(house):
    house.aws.refused["publish"] = "InternalError"
    remedy = told(hushed())
    with pytest.raises(Unavailable):
        house.handle(remedy)
    house.aws.refused.clear()

    assert house.handle(remedy) is Outcome.TOLD
    assert len(house.mail) == 1


@pytest.mark.slow
def test_an_alert_that_never_left_keeps_nobody_quiet(house):
    """SNS was ill when the first of them was to be told; then it is well, and the next one is."""
    with freeze_time(NOON):
        house.aws.refused["publish"] = "InternalError"
        with pytest.raises(Unavailable):
            house.handle(told(hushed()))
        house.aws.refused.clear()
    with freeze_time(later(LEASE_SECONDS)):
        outcome = house.handle(told(hushed()), Happening(key="e-2", at=later(1)))
        mail = house.mail

    assert outcome is Outcome.TOLD
    assert len(mail) == 1


@pytest.mark.slow
def test_who_finds_another_about_to_speak_waits_and_is_not_quiet(house):
    with freeze_time(NOON):
        house.aws.refused["publish"] = "InternalError"
        with pytest.raises(Unavailable):
            house.handle(told(hushed()))
        house.aws.refused.clear()

        with pytest.raises(StillUnderWay, match="about to send the same alert"):
            house.handle(told(hushed(), alert("news")), Happening(key="e-2", at=later(1)))

        assert [mail.subject for mail in house.mail] == ["HIGH: news"]


# ---- floods --------------------------------------------------------------------------------------

ATTEMPTS = Flood(subject="refused:mallory", most=1)


def hourly(*alerts, **how):
    return replace(told(*alerts, **how), hourly=True)


def flooded(house, count, flood=ATTEMPTS, **how):
    one = replace(alert("wiped", **how), flood=flood)
    return [house.handle(hourly(one), Happening(key=f"e-{n}", at=later(n))) for n in range(1, count + 1)]


@pytest.mark.slow
def test_of_a_flood_the_first_is_told_and_then_the_count(house):
    outcomes = flooded(house, 101)

    assert [number for number, each in enumerate(outcomes, 1) if each is Outcome.TOLD] == [1, 10, 100]
    assert [mail.subject for mail in house.mail] == ["HIGH: wiped"] * 3
    assert "number 100 of its kind" in house.mail[2].text
    assert "89 before it were not sent" in house.mail[2].text
    assert len(house.items("finding#")) == 101


@pytest.mark.slow
def test_every_principal_and_every_kind_has_a_flood_of_its_own(house):
    flooded(house, 5)
    success = replace(alert("wiped"), flood=Flood(subject="done:mallory", most=10))

    done = house.handle(hourly(success), Happening(key="done", at=later(9)))
    graver = house.handle(
        hourly(replace(alert("wiped"), severity=Severity.CRITICAL, flood=ATTEMPTS)),
        Happening(key="graver", at=later(9)),
    )

    assert done is graver is Outcome.TOLD


@pytest.mark.slow
def test_without_a_word_of_the_remediations_ten_are_told_and_then_every_doubling(house):
    remedy = hourly()

    for number in range(41):
        house.handle(remedy, Happening(key=f"e-{number}", at=later(number)))

    assert len(house.mail) == 10 + 2  # the 20th and the 40th
    assert "9 before it were not sent one by one" in house.mail[10].text


@pytest.mark.slow
@pytest.mark.parametrize("principal", ["", Happening().principal])
@pytest.mark.parametrize("flood", [None, ATTEMPTS])
def test_without_an_hourly_look_every_alert_is_told_by_itself(house, principal, flood):
    """Nobody would ever tell what a flood left over."""
    remedy = told(replace(alert("wiped"), flood=flood))

    for number in range(11):
        house.handle(remedy, Happening(key=f"e-{number}", at=later(number), principal=principal))

    assert len(house.mail) == 11


@pytest.mark.slow
def test_an_act_is_told_however_many_there_are(house):
    for number in range(12):
        house.handle(hourly(calls=[creates(f"t-{number}")]), Happening(key=f"e-{number}"), acts_per_hour=100)

    assert len(house.mail) == 12


@pytest.mark.slow
def test_what_a_flood_left_over_is_told_by_the_hour_once(house):
    flooded(house, 38)
    run = house.run(told())

    run.count()
    run.count()

    assert len(house.mail) == 3
    assert house.mail[2].subject == "HIGH: 28 more alerts were not sent one by one: wiped, and others"
    assert "Counted: 38 from" in " ".join(house.mail[2].text.split())


@pytest.mark.slow
def test_a_flood_whose_first_alert_never_left_is_told_by_the_hour(house):
    with freeze_time(NOON):
        house.aws.refused["publish"] = "InternalError"
        with pytest.raises(Unavailable):
            flooded(house, 1)
        house.aws.refused.clear()
    with freeze_time(later(3600)):
        house.run(told()).count()
        mail = house.mail

    assert [each.subject for each in mail] == ["HIGH: 1 more alert was not sent one by one: wiped"]


@pytest.mark.slow
def test_a_count_is_told_of_only_where_sns_took_it(house):
    with freeze_time(NOON):
        flooded(house, 5)
        house.aws.refused["publish"] = "InternalError"
        with pytest.raises(ClientError):
            house.run(told()).count()
        house.aws.refused.clear()

    with freeze_time(later(60)):  # Lambda tries again
        house.run(told()).count()
        mail = house.mail

    assert "4 more alerts" in mail[1].subject


# ---- a look that fails ---------------------------------------------------------------------------

PASSING = [
    pytest.param("ThrottlingException", id="throttled"),
    pytest.param("InternalServerError", id="AWS's own failure"),
    pytest.param(ReadTimeoutError(endpoint_url="x"), id="no answer"),
]


def failing(error):
    if isinstance(error, Exception):
        return error
    return ClientError({"Error": {"Code": error, "Message": "slower"}}, "ListBackups")


@pytest.mark.slow
def test_a_look_that_may_yet_succeed_is_told_at_once_and_told_again_when_it_did(house):
    remedy = told(calls=[creates("orders")])
    remedy.facts = failing("ThrottlingException")
    with pytest.raises(Throttled):
        house.handle(remedy)
    after_one = [(mail.subject, finding.outcome) for mail in house.mail for finding in house.findings]
    with pytest.raises(Throttled):
        house.handle(remedy)
    remedy.facts = None

    outcome = house.handle(remedy)

    assert after_one == [("HIGH: Something happened: it could not be looked at", Outcome.UNSEEN)]
    assert outcome is Outcome.ACTED
    assert house.tables() == ["orders"]
    assert len(house.mail) == 2  # the second failure is not told again
    assert "this is what it has seen now" in house.mail[1].text
    assert [finding.outcome for finding in house.findings] == [Outcome.ACTED]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("refused", "outcome"), [({}, Outcome.TOLD), ({"publish": "ThrottlingException"}, Outcome.NOTHING)]
)
def test_a_failed_look_says_told_only_where_it_was_told(house, refused, outcome):
    remedy = told()
    remedy.facts = failing("ThrottlingException")
    house.aws.refused.update(refused)
    with pytest.raises(Throttled):
        house.handle(remedy)
    remedy.facts, remedy.plan = None, Plan.nothing()

    house.handle(remedy)

    assert [finding.outcome for finding in house.findings] == [outcome]
    assert len(house.mail) == (2 if outcome is Outcome.TOLD else 0)  # nobody was told: nothing to answer


@pytest.mark.slow
@pytest.mark.parametrize("error", PASSING)
def test_whatever_may_pass_rises_and_the_event_is_kept(house, error):
    remedy = told()
    remedy.facts = failing(error)

    for _ in range(3):
        with pytest.raises(MayPass):
            house.handle(remedy)

    assert len(house.mail) == 1
    assert "slower" in house.mail[0].text or "Read timeout" in house.mail[0].text
    assert [finding.outcome for finding in house.findings] == [Outcome.UNSEEN]


@pytest.mark.slow
def test_a_bug_in_a_look_is_told_too(house):
    remedy = told()
    remedy.facts = KeyError("surprise")

    with pytest.raises(KeyError):
        house.handle(remedy)

    assert "it could not be looked at" in house.mail[0].subject


@pytest.mark.slow
def test_a_failed_look_that_then_sees_nothing_is_told_at_last(house):
    remedy = Remedy(Plan.nothing())
    remedy.facts = failing("ThrottlingException")
    with pytest.raises(Throttled):
        house.handle(remedy)
    remedy.facts = None

    assert house.handle(remedy) is Outcome.TOLD
    assert [finding.outcome for finding in house.findings] == [Outcome.TOLD]
    first, last = house.mail
    assert first.subject == "HIGH: Something happened: it could not be looked at"
    assert (
        last.subject == "INFO: Looked again, nothing to report: Something happened: it could not be looked at"
    )
    assert "there is nothing to report by then" in last.text
    assert house.handle(remedy) is Outcome.DUPLICATE


@pytest.mark.slow
def test_that_nothing_was_found_at_last_is_told_by_a_later_try_where_sns_fails(house):
    remedy = Remedy(Plan.nothing())
    remedy.facts = failing("ThrottlingException")
    with pytest.raises(Throttled):
        house.handle(remedy)
    remedy.facts = None
    house.aws.refused["publish"] = "InternalError"
    with pytest.raises(Unavailable):
        house.handle(remedy)
    house.aws.refused.clear()

    assert house.handle(remedy) is Outcome.TOLD
    assert [mail.subject[:18] for mail in house.mail] == ["HIGH: Something ha", "INFO: Looked again"]


@pytest.mark.slow
def test_what_was_denied_is_an_alert_of_its_own(house):
    remedy = told()
    remedy.facts = SimpleNamespace(could_not_read=(Unseen(why="GetTrail: no", denied=True), Unseen(why="x")))

    house.handle(remedy)

    assert [mail.subject for mail in house.mail] == [
        "HIGH: Something happened",
        "HIGH: Trailwarden was not allowed to look: remedy",
    ]
    assert "GetTrail: no" in house.mail[1].text


# ---- without a ledger ----------------------------------------------------------------------------

LEDGER_ILL = [
    pytest.param(["put_item"], "AccessDeniedException", id="denied"),
    pytest.param(["put_item", "get_item"], "ProvisionedThroughputExceededException", id="throttled"),
    pytest.param(["put_item", "get_item", "update_item"], "ResourceNotFoundException", id="deleted"),
    pytest.param(["get_item"], "InternalServerError", id="reads fail"),
    pytest.param(["put_item", "get_item"], ReadTimeoutError(endpoint_url="x"), id="no answer"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("operations", "error"), LEDGER_ILL)
def test_without_a_ledger_every_try_tells_nothing_acts_and_the_error_rises(house, operations, error):
    house.aws.refused.update(dict.fromkeys(operations, error))
    remedy = told(calls=[creates("orders")])

    for _ in range(3):
        with pytest.raises(LedgerUnreachable):
            house.handle(remedy)

    assert 1 <= len(house.mail) <= 3
    assert house.tables() == []
    assert "ledger could not be reached" in house.mail[0].text


def test_what_is_held_back_without_a_ledger_stands_in_the_alert(house):
    house.aws.refused["put_item"] = "AccessDeniedException"

    with pytest.raises(LedgerUnreachable):
        house.handle(told(calls=[creates("orders")]))

    text = house.mail[0].text
    assert (
        "because its ledger could not be reached:\n  - aws dynamodb create-table --table-name orders" in text
    )
    assert "To undo it:" not in text


@pytest.mark.slow
def test_an_act_that_could_not_be_noted_is_told_as_done(house):
    """The ledger fails between the call and its mark: what was done must not read as undone."""
    remedy = told(calls=[creates("orders"), creates("invoices")])

    class Failing(Stubborn):
        def client(self, service, region=""):
            if "create_table" in self.asked:
                self.refused["put_item"] = "InternalServerError"
            return super().client(service, region)

    aws = Failing()
    run = house.run(remedy, aws=aws)
    run.ledger = Ledger(_LazyClient(aws), TABLE, run.seal)

    with pytest.raises(LedgerUnreachable):
        run.handle(Happening())

    assert house.tables() == ["orders"]
    assert "Trailwarden did:\n  - aws dynamodb create-table --table-name orders" in house.mail[0].text


class _LazyClient:
    """DynamoDB, asked for anew with each call."""

    def __init__(self, aws) -> None:
        self._aws = aws

    def __getattr__(self, name):
        return getattr(self._aws.client("dynamodb"), name)


@pytest.mark.slow
def test_where_nothing_can_be_looked_at_without_a_ledger_the_event_is_told(house):
    house.aws.refused["put_item"] = "AccessDeniedException"
    remedy = told()
    remedy.facts = failing("ThrottlingException")

    with pytest.raises(LedgerUnreachable):
        house.handle(remedy)

    assert house.mail[0].subject == "HIGH: Something happened: it could not be looked at"


@pytest.mark.slow
def test_where_there_is_no_time_to_look_without_a_ledger_nobody_looks(house):
    house.aws.refused["put_item"] = "AccessDeniedException"
    remedy = told()

    with pytest.raises(LedgerUnreachable):
        house.handle(remedy, seconds=20)

    assert remedy.looked == []
    assert len(house.mail) == 1


def test_what_settings_expect_is_not_told_without_a_ledger_either(house):
    house.aws.refused["put_item"] = "AccessDeniedException"

    with pytest.raises(LedgerUnreachable):
        house.handle(told(), ignored_principals=("*",))

    assert house.mail == []


# ---- size ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "remedy",
    [
        pytest.param(Remedy(Plan.alert(alert()), facts=["x" * 1000] * 1000), id="facts"),
        pytest.param(
            Remedy(Plan.alert(alert(facts=tuple(("Host", "\x00" * 900) for _ in range(900))))), id="alert"
        ),
        pytest.param(Remedy(Plan.alert(*(alert("é" * 900) for _ in range(500)))), id="alerts"),
        pytest.param(Remedy(Plan.alert(alert(), calls=[creates("t" * 900)] * 900)), id="calls"),
    ],
)
def test_whatever_somebody_makes_of_it_the_ledger_holds_it_and_it_is_told(house, remedy):
    house.handle(remedy)

    (item,) = house.items("finding#")
    assert len(json.dumps(item)) < 400 * 1024
    assert house.mail
    assert all(len(mail.text.encode()) < 256 * 1024 for mail in house.mail)


# ---- a batch -------------------------------------------------------------------------------------


@pytest.fixture
def deployed(house, monkeypatch):
    monkeypatch.setenv("TRAILWARDEN_TOPIC_ARN", house.topic)
    monkeypatch.setenv("TRAILWARDEN_LEDGER", TABLE)
    monkeypatch.setenv("TRAILWARDEN_SEAL_KEY", house.key)
    monkeypatch.setattr(runtime, "AWS", house.aws)
    return house


@pytest.mark.slow
def test_one_bad_event_never_fails_the_others_and_rises(deployed):
    remedy = told()
    bad = Happening(key="bad")

    def look(aws, event, settings):
        if event is bad:
            raise MalformedEvent("unreadable", event_key=event.key)

    (way,) = remedy.remediation.ways
    remediation = replace(remedy.remediation, ways=(replace(way, look=look),))
    events = [bad, Happening(key="good-1"), Happening(key="good-2", at=later(1))]

    with pytest.raises(MalformedEvent, match="unreadable for event bad"):
        runtime.answer(remediation, delivered(*events), Context())

    assert {finding.event_key: finding.outcome for finding in deployed.findings} == {
        "good-1": Outcome.TOLD,
        "good-2": Outcome.TOLD,
        "bad": Outcome.UNSEEN,
    }


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({**delivered(Happening()), "source": "aws.other"}, id="another source's event"),
        pytest.param({"awslogs": {"data": ""}}, id="log lines"),
        pytest.param({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}, id="a queue's messages"),
        pytest.param({}, id="nothing"),
        pytest.param([], id="no object"),
        pytest.param(None, id="null"),
    ],
)
def test_what_none_of_its_triggers_sends_rises_so_that_the_queue_keeps_it(deployed, raw):
    with pytest.raises(MalformedEvent, match="remedy: what woke the function is none of its triggers"):
        runtime.answer(told().remediation, raw, Context())

    assert deployed.mail == deployed.findings == []


@pytest.mark.slow
def test_each_trigger_goes_its_own_way(deployed):
    by_event, by_queue = told(alert("by event")), told(alert("by queue"))
    remediation = replace(
        by_event.remediation, ways=(*by_event.remediation.ways, by_queue.way(OnQueue(queue="Jobs")))
    )
    message = {"Records": [{"eventSource": "aws:sqs"}], "events": [Happening(key="from the queue")]}

    runtime.answer(remediation, delivered(Happening(key="from the bus")), Context())
    runtime.answer(remediation, message, Context())

    assert by_event.looked == ["from the bus"]
    assert by_queue.looked == ["from the queue"]


@pytest.mark.slow
def test_an_answer_says_what_became_of_each_event(deployed):
    answer = runtime.answer(told().remediation, delivered(Happening(), Happening()), Context())

    assert answer == {
        "remediation": "remedy",
        "events": [{"event": "e-1", "outcome": "told"}, {"event": "e-1", "outcome": "duplicate"}],
    }


@pytest.mark.slow
def test_a_fresh_deploy_observes(deployed):
    runtime.answer(told(calls=[creates("orders")]).remediation, delivered(Happening()), Context())

    assert deployed.tables() == []
    assert [finding.outcome for finding in deployed.findings] == [Outcome.OBSERVED]


def test_a_function_without_its_variables_says_which(monkeypatch):
    monkeypatch.delenv("TRAILWARDEN_TOPIC_ARN", raising=False)

    with pytest.raises(NotConfigured, match="TRAILWARDEN_TOPIC_ARN is missing"):
        runtime.answer(told().remediation, delivered(), Context())


@pytest.mark.slow
def test_a_deed_is_noted_for_each_call(house):
    house.handle(told(calls=[creates("orders"), creates("orders")]))

    assert house.findings[0].progress == {0: CallProgress.DONE, 1: CallProgress.FOUND}
