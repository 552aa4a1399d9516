"""Which moments of a run tell its story in a few lines."""

from scenarios.runner.show.brief import MOST_MOMENTS, brief
from tests.scenarios.runner.show.made_up import moment, report


def shown(run):
    return [each.words for each in brief(run).moments]


def test_an_alert_comes_with_its_action_what_noticed_it_and_what_was_done():
    run = report(
        *(moment(f"00:{second:02}", "action", f"action {second}", cause=second) for second in range(20)),
        moment("00:21", "matched", "the rule", cause=19),
        moment("00:22", "did", "the act", cause=19),
        moment("00:23", "mail", "the alert", cause=19, remediation="root_login"),
    )

    assert shown(run) == ["action 0", "action 1", "action 2", "action 19", "the rule", "the act", "the alert"]
    assert brief(run).left_out == "16 actions"


def test_the_scenarios_own_remediation_comes_before_others():
    others = [
        moment(f"{minute:02}:00", kind, f"{kind} {minute}", cause=minute, remediation="cis_alarms")
        for minute in range(5)
        for kind in ("action", "mail")
    ]
    run = report(
        *others,
        moment("08:00", "action", "the action", cause=8),
        moment("08:08", "mail", "the alert", cause=8, remediation="root_login"),
    )

    assert shown(run)[-2:] == ["the action", "the alert"]
    assert len(shown(run)) <= MOST_MOMENTS


def test_what_went_wrong_is_always_shown():
    wrong = [moment(f"{minute:02}:00", "fails", f"expectation {minute}") for minute in range(9)]

    assert shown(report(*wrong)) == [f"expectation {minute}" for minute in range(9)]


def test_of_many_acts_some_are_shown_and_the_others_counted():
    run = report(
        moment("00:00", "action", "weakens", cause=0),
        *(moment("00:05", "did", f"act {number}", cause=0) for number in range(9)),
        moment("00:06", "mail", "the alert", cause=0),
    )

    assert shown(run)[:3] == ["weakens", "act 0", "act 1"]
    assert shown(run)[-1] == "the alert"
    assert len(shown(run)) == MOST_MOMENTS
    assert brief(run).left_out == "4 acts"


def test_what_only_a_trace_tells_is_not_shown():
    run = report(moment("00:00", "ran"), moment("00:01", "alarm", "A: INSUFFICIENT_DATA -> OK"))

    assert brief(run).moments == ()
    assert brief(run).left_out == ""
