"""What a check says of itself is what it asks for."""

import pytest

from chalicelib.remediation import Outcome
from scenarios.runner.words.checks import alert, heard_of, kept, no_more_alerts_than, outcome, undelivered

WORDS = [
    pytest.param(no_more_alerts_than(0), "no alert", id="none at all"),
    pytest.param(no_more_alerts_than(0, of="cis_alarms"), "no alert of cis_alarms", id="none of one"),
    pytest.param(no_more_alerts_than(1), "at most 1 alert", id="one"),
    pytest.param(no_more_alerts_than(2, of="root_login"), "at most 2 alerts of root_login", id="two of one"),
    pytest.param(alert("root_login", "HIGH"), "root_login tells HIGH", id="an alert"),
    pytest.param(
        alert("root_login", "HIGH", "a", "b", subject="c", without=["d"], times=2),
        "root_login tells HIGH: a, b, subject 'c', without d (2 times)",
        id="all there is to an alert",
    ),
    pytest.param(
        outcome("table_deleted", Outcome.ACTED), "the ledger holds table_deleted: acted", id="ledger"
    ),
    pytest.param(
        outcome("table_deleted", Outcome.ACTED, times=2),
        "the ledger holds table_deleted: acted (2 times)",
        id="ledger, twice",
    ),
    pytest.param(kept(1, "why"), "the dead-letter queue keeps 1 event (why)", id="dead letters"),
    pytest.param(undelivered("gone", 1), "EventBridge could not deliver 1 event (gone)", id="undelivered"),
]


@pytest.mark.parametrize(("check", "words"), WORDS)
def test_a_check_says_what_it_asks_for(check, words):
    assert check.words == words


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        (alert("root_logn", "HIGH"), "there is no remediation 'root_logn'; did you mean root_login?"),
        (heard_of("root_logn", "HIGH"), "there is no remediation 'root_logn'; did you mean root_login?"),
        (outcome("nosuch", Outcome.ACTED), "there is no remediation 'nosuch'; trailwarden catalog lists all"),
        (
            no_more_alerts_than(0, of="root_logn"),
            "there is no remediation 'root_logn'; did you mean root_login?",
        ),
    ],
    ids=["alert", "heard of", "outcome", "no more alerts"],
)
def test_a_check_of_a_mistyped_name_does_not_hold(check, sentence):
    """That nothing came of it would else hold whatever happens. No world is asked."""
    assert check.judge(None) == sentence


@pytest.mark.parametrize("make", [alert, heard_of])
def test_a_severity_that_there_is_not_is_refused(make):
    with pytest.raises(ValueError, match="there is no severity 'HIHG'; there are INFO, LOW, MEDIUM"):
        make("root_login", "HIHG")
