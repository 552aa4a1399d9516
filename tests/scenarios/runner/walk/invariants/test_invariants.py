"""What each invariant calls broken, on a play of three calls in which one thing is wrong."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.ledger.entries import Decision, LedgerEntry, Ruling, item_of
from chalicelib.remediation import Alert, Call, CallProgress, Flood, Outcome, Plan, Quiet, Severity
from chalicelib.remediations.noncompliant.change import COMPLIANCE
from chalicelib.runtime.notify import UNSURE
from chalicelib.runtime.seen_at_last import NOTHING_FOUND
from scenarios.cloud.apigateway.requests import HttpAnswer, Request
from scenarios.cloud.kernel.fault_points import FaultPoint
from scenarios.cloud.one_fault import Spot
from scenarios.cloud.setting import Moment
from scenarios.cloud.sns.topics import Mail
from scenarios.runner.scenario import Scenario
from scenarios.runner.walk.course import ANSWERED, Course, MadeCall, name_of
from scenarios.runner.walk.invariants import broken
from scenarios.runner.walk.invariants.trouble import GONE

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
START = {"Name": "trail"}
CALL = Call(
    service="cloudtrail", operation="start_logging", parameters=START, account="1", region="us-east-1"
)
ENTRY = LedgerEntry(
    remediation="trail_stopped",
    event_key="e",
    account="1",
    region="us-east-1",
    at=NOW,
    principal="arn:aws:iam::1:user/mallory",
    outcome=Outcome.ACTED,
    plan=Plan(alerts=(Alert(severity=Severity.HIGH, title="The trail was stopped"),), calls=(CALL,)),
    progress={0: CallProgress.DONE},
    told=frozenset({0}),
)
TEXT = f"[HIGH] The trail was stopped\n\nFinding {ENTRY.id}\n\nTo ask next"
SUBJECT = "HIGH: The trail was stopped"


def call(service, operation, parameters, *, number, by=1, error=""):
    return MadeCall(
        invocation=by,
        attempt=1 if by else 0,
        call=number,
        who="app-TrailStopped-1" if by else "mallory",
        service=service,
        operation=operation,
        parameters=parameters,
        error=error,
        at=NOW,
    )


def acts(number=1):
    return call("cloudtrail", "StartLogging", START, number=number)


def sends(text=TEXT, number=2):
    return call("sns", "Publish", {"Subject": SUBJECT, "Message": text}, number=number)


def notes(entry=ENTRY, number=3):
    return call("dynamodb", "PutItem", {"TableName": "x-Ledger-1", "Item": item_of(entry)}, number=number)


def mail(text=TEXT, subject=SUBJECT, remediation="trail_stopped"):
    return Mail(
        at=NOW,
        to="on-call@example.com",
        subject=subject,
        text=text,
        attributes={"remediation": remediation, "severity": "HIGH"},
        topic_arn="t",
        sender="f",
    )


def course(point="1.2.crash-after", **more):
    given = {
        "calls": (acts(), sends(), notes()),
        "mail": (mail(),),
        "ledger": (item_of(ENTRY),),
        "trace": (),
        "dead_letters": (),
        "checks": {"the trail logs": None},
        "acts_per_hour": {"trail_stopped": 1},
    }
    scenario = Scenario(name="s", title="S", when=(), then=())
    faulty = FaultPoint.parse(point) if point else None
    return Course(scenario=scenario, point=faulty, struck=bool(point), **{**given, **more})


def asked(path, status, body=None):
    """A request by which the function of the three calls was given work, and its answer."""
    answer = HttpAnswer(status=status, body=json.dumps(body))
    return {"requests": (Request(invocation=1, method="POST", path=path, answer=answer),)}


AN_ORDER = {"TableName": "x-Ledger-1", "Item": {"pk": {"S": "instruction#trail_stopped"}}}
NOTED = call("dynamodb", "PutItem", AN_ORDER, number=4)
WAKES = call("lambda", "Invoke", {}, number=5)
APPROVE, REDRIVE = "/findings/x/approve", "/dead-letters/redrive"

WITHOUT = course("")
PUBLISHED_TWICE = {"mail": (mail(), mail())}
TROUBLE = mail(f"Could not look: no answer\n\nFinding {ENTRY.id}", "HIGH: It could not be looked at")
OTHERS_TROUBLE = mail(TROUBLE.text, TROUBLE.subject, remediation="root_login")
LATER = replace(ENTRY, at=NOW.replace(minute=9), event_key="f")
TOLD_LATER = mail(TEXT.replace(ENTRY.id, LATER.id))
# A look that failed leaves a finding, where one that sees that all is well leaves none.
FAILED_LOOK = replace(
    ENTRY,
    event_key="tick",
    at=NOW.replace(hour=4),
    principal="",
    outcome=Outcome.TOLD,
    plan=Plan(alerts=(Alert(severity=Severity.HIGH, title="It could not be looked at"),)),
    progress={},
)
OF_THE_LOOK = mail(TROUBLE.text.replace(ENTRY.id, FAILED_LOOK.id), TROUBLE.subject)
LETTER = json.dumps(
    {
        "requestContext": {"functionArn": "arn:aws:lambda:us-east-1:1:function:app-TrailStopped-1:$LATEST"},
        "requestPayload": {"id": "e"},
        "responsePayload": {"errorMessage": "no"},
    }
)


def lost(words):
    return {"trace": (Moment(at=NOW, kind="lost", words=words),)}


def delivered_to(function):
    return {"spots": (Spot(invocation=1, call=0, function=function),)}


def test_the_same_play_is_whole():
    assert broken(WITHOUT, course()) == []


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"mail": ()}, "each alert is sent"),
        ({**PUBLISHED_TWICE, "calls": (acts(), sends(), notes(), sends(number=4))}, "no alert is sent twice"),
        (
            {"mail": (mail(), mail(subject="CRITICAL: An item of Trailwarden's own ledger is gone"))},
            "nothing else is said",
        ),
        ({"mail": (mail(), mail(subject="HIGH: Root", remediation="root_login"))}, "nothing else is said"),
        (
            {
                "calls": (
                    acts(),
                    call("cloudtrail", "StopLogging", START, number=0, by=0),
                    acts(),
                    sends(),
                    notes(),
                )
            },
            "nothing is done twice",
        ),
        (
            {"calls": (acts(), sends(), notes(), call("ec2", "RunInstances", {}, number=4))},
            "nothing is done twice",
        ),
        ({"calls": (acts(), notes(), sends())}, "the ledger tells the truth"),
        ({"calls": (sends(), notes())}, "the ledger tells the truth"),
        ({"calls": (acts(), sends(), notes(replace(ENTRY, progress={})))}, "the ledger tells the truth"),
        ({"ledger": ()}, "the ledger holds the same"),
        ({"ledger": (item_of(replace(ENTRY, outcome=Outcome.UNDER_WAY)),)}, "the ledger holds the same"),
        ({"checks": {"the trail logs": "it is off"}}, "the end is the same or told"),
        ({"trace": (Moment(at=NOW, kind="lost", words="an event"),)}, "nothing is in no place"),
        ({"trace": (Moment(at=NOW, kind="denied", words="kms"),)}, "nothing is in no place"),
        ({"dead_letters": ("{}",)}, "nothing is in no place"),
        ({"acts_per_hour": {"trail_stopped": 0}}, "no remediation acts more often than its cap"),
        ({"roles": {"trail_stopped": ENTRY.principal}}, "no function answers itself"),
        ({"point": "1.0.twice", **PUBLISHED_TWICE}, "a second delivery changes nothing"),
        (asked(APPROVE, 202), "who asks is told the truth"),
        ({**asked(APPROVE, 202), "calls": (acts(), sends(), notes(), NOTED)}, "who asks is told the truth"),
        ({**asked(APPROVE, 202), "calls": (acts(), sends(), notes(), WAKES)}, "who asks is told the truth"),
        (asked(REDRIVE, 200, {"sent": ["1"], "not_sent": {}}), "who asks is told the truth"),
        (
            {
                **asked(REDRIVE, 200, {"sent": [], "not_sent": {}}),
                "calls": (acts(), sends(), notes(), WAKES),
            },
            "who asks is told the truth",
        ),
        ({"stopped": "KeyError: 1"}, "the play stopped"),
        (
            {
                "point": "1.2.throttled",
                **delivered_to("app-TrailStopped-1"),
                "ledger": (item_of(ENTRY), item_of(FAILED_LOOK)),
            },
            "the ledger holds the same",
        ),
        ({"mail": (mail(), TROUBLE)}, "nothing else is said"),
        (
            {
                "point": "1.2.throttled",
                **delivered_to("app-TrailStopped-1"),
                "mail": (mail(), OTHERS_TROUBLE),
            },
            "nothing else is said",
        ),
        ({"mail": (mail(), mail(subject="HIGH: It is off"))}, "nothing else is said"),
        ({"point": "1.0.twice", "mail": (mail(), TROUBLE)}, "a second delivery changes nothing"),
        ({"ledger": (item_of(replace(ENTRY, outcome=Outcome.TOLD)),)}, "the ledger holds the same"),
        ({"ledger": (item_of(replace(ENTRY, outcome=Outcome.SUPERSEDED)),)}, "the ledger holds the same"),
        ({"point": "1.0.twice", "dead_letters": (LETTER,)}, "nothing is in no place"),
        (
            {"point": "1.2.crash-after", **delivered_to("app-X-1"), **lost(f"app-X-1 {GONE}")},
            "nothing is in no place",
        ),
        ({"point": "1.2.hang", "ledger": (item_of(LATER),), "mail": ()}, "each alert is sent"),
    ],
)
def test_what_an_invariant_calls_broken(more, says):
    assert says in {sentence.partition(":")[0] for sentence in broken(WITHOUT, course(**more))}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(
            {**PUBLISHED_TWICE, "calls": (acts(), sends(), sends(), notes())}, id="sent again before its mark"
        ),
        pytest.param({"calls": (acts(), acts(), sends(), notes())}, id="a state set twice, undone by nobody"),
        pytest.param({"point": "1.2.throttled", "mail": (mail(), TROUBLE)}, id="an alert about what failed"),
        pytest.param(
            {"point": "1.2.denied", "mail": (TROUBLE,), "checks": {"the trail logs": "it is off"}},
            id="a fault that stays, and is told",
        ),
        pytest.param(
            {"point": "1.0.late", "ledger": (item_of(LATER),), "mail": (TOLD_LATER,), "calls": (acts(),)},
            id="late, and told of another event",
        ),
        pytest.param(
            {"point": "1.0.twice-hours-apart", **delivered_to("app-X-1"), **lost(f"app-X-1 {GONE}")},
            id="a second delivery to a function that is gone",
        ),
        pytest.param(lost("app-Heartbeat-1 failed for good"), id="a heartbeat that is missed"),
        pytest.param(
            {**asked(APPROVE, 202), "calls": (acts(), sends(), notes(), NOTED, WAKES)},
            id="an approval that was noted, and a function that was woken for it",
        ),
        pytest.param(asked(APPROVE, 502), id="an error says nothing"),
        pytest.param(
            {
                "point": "1.2.throttled",
                **delivered_to("app-TrailStopped-1"),
                "ledger": (item_of(ENTRY), item_of(FAILED_LOOK)),
                "mail": (mail(), OF_THE_LOOK),
            },
            id="a look that failed, and was told of",
        ),
        pytest.param(
            {"ledger": (item_of(ENTRY), item_of(replace(ENTRY, event_key="f", outcome=Outcome.SUPERSEDED)))},
            id="superseded by another event that acted",
        ),
    ],
)
def test_what_is_as_it_must_be(more):
    assert broken(WITHOUT, course(**more)) == []


def test_one_of_two_alerts_of_an_event_is_missed():
    without = course("", mail=(mail(), mail(subject="HIGH: The bucket was opened")))

    (said,) = broken(without, course())

    assert said.startswith("each alert is sent: 'HIGH: The bucket was opened'")


def test_an_event_that_is_a_dead_letter_anyway_may_be_more_than_one():
    without = course("", dead_letters=(LETTER,))
    again, alike = LETTER.replace("no", "not either"), LETTER.replace('"e"', '"f"')
    other = alike.replace("no", "not either")
    waiting = alike.replace("no", "another event is about to send the same alert")

    assert broken(without, course("1.0.twice", dead_letters=(LETTER, again))) == []
    assert broken(without, course("1.0.twice", dead_letters=(LETTER, alike))) == []
    assert broken(without, course("1.0.twice", dead_letters=(LETTER, waiting))) == []
    assert broken(WITHOUT, course("1.0.twice", dead_letters=(waiting,))) != []
    assert broken(without, course("1.0.twice", dead_letters=(LETTER, other))) != []


def of_a_rule(text):
    return replace(mail(text, "AWS"), sender="events.amazonaws.com", attributes={})


def test_an_event_that_a_deleted_function_drops_is_told_by_a_rule():
    without = course("", mail=(mail(), of_a_rule("who")))
    dropped = {**delivered_to("app-TrailStopped-1"), **lost(f"app-TrailStopped-1 {GONE}"), "ledger": ()}

    assert broken(without, course(**dropped, mail=(of_a_rule("who"),))) == []
    assert broken(without, course(**dropped, mail=())) != []
    assert broken(WITHOUT, course(**dropped, mail=())) != []


SHUT = "CloudTrail may not write to company: a denial"
OUTPUT = "app-X-1 may not logs:CreateLogStream: its output is gone"
KEPT = "app-X-1 may not write to its on-failure destination: a denial"
BY_KEY = "the alarm app-{}Alarm-A1 could not reach arn:aws:sns:us-east-1:1:cis (KMS_ACCESS_DENIED)"
WORD = "app-{}Alarm-A1 could not reach arn:aws:events:bus: NO_PERMISSIONS"


@pytest.mark.parametrize(
    ("point", "gone", "more", "right"),
    [
        ("1.2.crash-after", SHUT, SHUT, True),
        ("1.2.crash-after", OUTPUT, OUTPUT, True),
        ("1.2.crash-after", KEPT, KEPT, False),
        ("1.0.twice", KEPT, KEPT, True),
        ("1.2.crash-after", WORD.format("A"), WORD.format("B"), True),
        ("1.2.crash-after", WORD.format("A"), WORD.format("B").replace("bus", "other"), False),
        ("1.2.denied", BY_KEY.format("A"), BY_KEY.format("B"), True),
        ("1.2.denied", BY_KEY.format("A"), BY_KEY.format("B").replace("KMS_ACCESS_DENIED", "gone"), False),
        ("1.2.crash-after", "", SHUT, False),
    ],
)
def test_what_a_scenario_has_shut_may_be_met_more_often(point, gone, more, right):
    def moments(*words):
        return tuple(Moment(at=NOW, kind="lost", words=each) for each in words if each)

    loses = Scenario(name="s", title="S", when=(), then=(), loses=True)
    without = replace(course("", trace=moments(gone)), scenario=loses)
    with_fault = replace(course(point, trace=moments(gone, more)), scenario=loses)

    assert (broken(without, with_fault) == []) is right
    if gone == more:
        strict = replace(without, scenario=WITHOUT.scenario)
        assert broken(strict, replace(with_fault, scenario=WITHOUT.scenario)) != []


NO_TARGET = "app-Rule-1 could not reach arn:aws:sqs:calls: NO_PERMISSIONS"


@pytest.mark.parametrize(
    ("second", "words", "loses", "right"),
    [
        (7, NO_TARGET, True, True),
        (5, NO_TARGET, True, False),
        (7, NO_TARGET.replace("calls", "others"), True, False),
        (7, NO_TARGET, False, False),
    ],
)
def test_of_a_stack_that_is_deleted_rules_may_match_more_calls_for_a_target_that_is_gone(
    second, words, loses, right
):
    def play(point, *moments):
        scenario = Scenario(name="s", title="S", when=(), then=(), loses=loses)
        trace = tuple(
            Moment(at=NOW.replace(second=at), kind="undelivered", words=each) for at, each in moments
        )
        return replace(course(point, trace=trace), scenario=scenario)

    without = play("", (6, NO_TARGET))

    given = play("1.2.throttled", (second, words), (8, words))

    assert (said(given, without, "nothing is in no place") == []) is right


@pytest.mark.parametrize(
    ("text", "right"), [(OF_THE_LOOK.text, True), (TEXT.replace(ENTRY.id, FAILED_LOOK.id), False)]
)
def test_a_look_that_was_denied_is_told_to_a_topic_that_nobody_hears_any_more(text, right):
    given = course(
        "1.2.denied",
        calls=(acts(), sends(), notes(), sends(text, number=4)),
        ledger=(item_of(ENTRY), item_of(FAILED_LOOK)),
    )

    assert (said(given, WITHOUT, "the ledger holds") == []) is right


def test_a_state_is_set_for_another_event_only_where_that_may_not_look():
    calls = (acts(), sends(), notes(), call("cloudtrail", "StartLogging", START, number=1, by=2))

    assert broken(WITHOUT, course("1.2.denied", calls=calls)) == []
    assert broken(WITHOUT, course("1.2.throttled", calls=calls)) != []


def test_a_finding_more_is_right_where_it_is_quiet_about_what_is_said():
    def quiet(title):
        plan = Plan(alerts=(Alert(severity=Severity.HIGH, title=title),))
        said = {"quiet": frozenset({0}), "told": frozenset(), "progress": {}, "plan": plan}
        return item_of(replace(LATER, outcome=Outcome.QUIET, **said))

    assert broken(WITHOUT, course(ledger=(item_of(ENTRY), quiet("The trail was stopped")))) == []
    assert broken(WITHOUT, course(ledger=(item_of(ENTRY), quiet("Something else")))) != []


def test_of_a_flood_another_alert_may_be_sent():
    def of(title, moment, outcome):
        alert = Alert(severity=Severity.HIGH, title=title, flood=Flood(subject="mallory"))
        said = {"quiet": frozenset({0}), "told": frozenset()} if outcome is Outcome.QUIET else {}
        plan = Plan(alerts=(alert,))
        entry = replace(ENTRY, at=NOW.replace(minute=moment), outcome=outcome, plan=plan, progress={}, **said)
        return entry, mail(f"{title}\n\nFinding {entry.id}", f"HIGH: {title}")

    (first, told_first), (second_quiet, _) = of("A", 1, Outcome.TOLD), of("B", 2, Outcome.QUIET)
    (first_quiet, _), (second, told_second) = of("A", 1, Outcome.QUIET), of("B", 2, Outcome.TOLD)
    without = course("", mail=(told_first,), ledger=(item_of(first), item_of(second_quiet)), calls=())
    other = {"ledger": (item_of(first_quiet), item_of(second)), "calls": ()}

    assert broken(without, course(mail=(told_second,), **other)) == []
    assert broken(without, course(mail=(), **other)) != []
    assert broken(without, course(mail=(mail(told_second.text, "HIGH: C"),), **other)) != []


def a_burst(minute, title="5 logins from A in 40 s", outcome=Outcome.TOLD, **alike):
    """A finding of what several events come to, and its alert's mail."""
    alert = Alert(
        severity=Severity.HIGH, title=title, **(alike or {"quiet": Quiet(subject="A", seconds=3600)})
    )
    marks = {"quiet" if outcome is Outcome.QUIET else "told": frozenset({0})}
    plain = replace(ENTRY, told=frozenset(), progress={}, plan=Plan(alerts=(alert,)), outcome=outcome)
    entry = replace(plain, at=NOW.replace(minute=minute), event_key=f"{minute} {title}", **marks)
    return entry, mail(f"{title}\n\nFinding {entry.id}", f"HIGH: {title}")


def published(message, *, attempt, by=1):
    parameters = {"Subject": message.subject, "Message": message.text}
    return replace(call("sns", "Publish", parameters, number=1, by=by), attempt=attempt)


@pytest.mark.parametrize(
    ("told_by", "sent", "right"),
    [
        (a_burst(0), {"attempt": 3}, True),
        (a_burst(0, "6 logins from A in 50 s"), {"attempt": 3}, True),
        (a_burst(0), {"attempt": 1}, False),
        (a_burst(0), {"attempt": 3, "by": 2}, False),
        (a_burst(0, "5 logins from B in 40 s"), {"attempt": 3}, False),
        (a_burst(0, quiet=Quiet(subject="B", seconds=3600)), {"attempt": 3}, False),
        (None, {}, False),
    ],
)
def test_what_several_events_come_to_may_be_told_by_the_retry_of_one(told_by, sent, right):
    last, told = a_burst(2)
    without = course("", mail=(told,), ledger=(item_of(last),), calls=())
    entry, again = told_by or (None, None)
    more = (
        {"mail": (again,), "ledger": (item_of(entry),), "calls": (published(again, **sent),)} if entry else {}
    )

    given = course("1.2.crash-twice", **{"mail": (), "ledger": (), "calls": (), **more})

    assert (said(given, without, "each alert") == []) is right
    assert (said(given, without, "the ledger holds") == []) is right


@pytest.mark.parametrize(
    ("unsent", "flood", "right"),
    [
        (
            a_burst(
                0,
                "5 logins from A in 44 s",
                Outcome.QUIET,
                quiet=Quiet(subject="A", seconds=9),
                flood=Flood(subject="host"),
            ),
            "host",
            True,
        ),
        (
            a_burst(
                0,
                "5 logins from A in 44 s",
                Outcome.QUIET,
                quiet=Quiet(subject="A", seconds=9),
                flood=Flood(subject="host"),
            ),
            "other",
            False,
        ),
        (
            a_burst(
                0,
                "5 logins from C in 44 s",
                Outcome.QUIET,
                quiet=Quiet(subject="C", seconds=9),
                flood=Flood(subject="host"),
            ),
            "host",
            False,
        ),
        # Another one of that moment is quiet, and not this one.
        (
            a_burst(
                2,
                "5 logins from C in 44 s",
                Outcome.QUIET,
                quiet=Quiet(subject="C", seconds=9),
                flood=Flood(subject="host"),
            ),
            "host",
            False,
        ),
        (None, "host", False),
    ],
)
def test_an_alert_that_is_counted_may_be_another_one_of_its_flood_where_time_passes(unsent, flood, right):
    first, told = a_burst(2, quiet=Quiet(subject="A", seconds=9), flood=Flood(subject="host"))
    counted, _ = a_burst(
        3,
        "5 logins from B in 40 s",
        Outcome.QUIET,
        quiet=Quiet(subject="B", seconds=9),
        flood=Flood(subject="host"),
    )
    second, other = a_burst(
        4, "5 logins from B in 44 s", quiet=Quiet(subject="B", seconds=9), flood=Flood(subject=flood)
    )
    without = course("", mail=(told,), ledger=(item_of(first), item_of(counted)), calls=())
    ledger = (item_of(second), *((item_of(unsent[0]),) if unsent else ()))

    given = course("1.2.answer-lost", mail=(other,), ledger=ledger, calls=())

    assert (said(given, without, "each alert") == []) is right


def test_who_could_not_refuse_what_others_approved_was_told():
    granted = Decision(
        id="1", verb="approve", who="ann", at=NOW, plan="", ruling=Ruling.GRANTED, words="", told=True
    )
    waits = replace(ENTRY, outcome=Outcome.AWAITING_APPROVAL, progress={})
    without = course("", calls=(sends(),), ledger=(item_of(waits),))
    approved = {"point": "1.2.no-kms", "ledger": (item_of(replace(ENTRY, decisions=(granted,))),)}
    told = Moment(at=NOW, kind=ANSWERED, words="bob types trailwarden refuse for x: 503")

    assert broken(without, course(**approved, trace=(told,))) == []
    assert broken(without, course(**approved)) != []


@pytest.mark.parametrize(
    ("ruled", "right"), [([Ruling.GRANTED], True), ([Ruling.REPLANNED, Ruling.GRANTED], False), ([], False)]
)
def test_that_a_plan_has_changed_is_not_told_where_it_was_decided_after_that(ruled, right):
    changed = mail(TEXT, "HIGH: The plan has changed since it was approved: The trail was stopped")
    without = course("", mail=(mail(), changed))
    entry = replace(ENTRY, decisions=tuple(map(decided, ruled)))

    given = course("1.0.late", mail=(mail(),), ledger=(item_of(entry),))

    assert (said(given, without, "each alert") == []) is right


@pytest.mark.parametrize(
    ("service", "operation", "error", "right"),
    [
        ("dynamodb", "GetItem", "ThrottlingException", True),
        ("kms", "VerifyMac", "ThrottlingException", True),
        ("kms", "VerifyMac", "KMSInvalidMacException", False),
        ("sns", "GetTopicAttributes", "ThrottlingException", False),
    ],
)
def test_who_can_not_read_the_ledger_tells_again(service, operation, error, right):
    unread = call(service, operation, {}, number=4, error=error)
    calls = (acts(), sends(), notes(), unread, sends(number=5))

    assert (broken(WITHOUT, course("1.4.no-kms", calls=calls, **PUBLISHED_TWICE)) == []) is right


def an_alarm(name, state="ALARM"):
    words = f'{state}: "app-{name}Alarm-1" in US East'
    return Moment(at=NOW, kind="published", words=words, facts={"sender": "cloudwatch.amazonaws.com"})


@pytest.mark.parametrize(
    ("alarm", "told"),
    [
        (an_alarm("FunctionErrors1"), True),
        (an_alarm("FunctionErrors1", "OK"), False),
        (an_alarm("RootUsage"), False),
    ],
)
def test_only_an_alarm_on_ourselves_that_goes_off_tells_of_a_fault_that_stays(alarm, told):
    off = {"checks": {"the trail logs": "it is off"}, "trace": (alarm,)}

    assert (broken(WITHOUT, course("1.2.denied", **off)) == []) is told


def test_an_outcome_that_is_none_without_the_fault_is_none_where_events_move_either():
    refused = replace(LATER, outcome=Outcome.REFUSED, progress={})
    late = {"point": "1.0.late", "mail": (TOLD_LATER,), "calls": (acts(),)}

    assert broken(WITHOUT, course(**late, ledger=(item_of(LATER),))) == []
    assert broken(WITHOUT, course(**late, ledger=(item_of(LATER), item_of(refused)))) != []


def test_who_did_it_may_be_told_with_the_thing():
    mallory = "arn:aws:iam::1:user/mallory"
    call_for_it = replace(ENTRY, at=NOW.replace(minute=1), event_key="call")
    later = mail(f"x\n\nFinding {call_for_it.id}", f"HIGH: The trail was stopped by {mallory}")
    without = course("", mail=(mail(), later), ledger=(item_of(ENTRY), item_of(call_for_it)))
    both = mail(TEXT, f"HIGH: The trail is stopped, by {mallory}")

    assert broken(without, course(mail=(both,))) == []
    assert broken(without, course()) != []

    told = {"ledger": (item_of(ENTRY), item_of(replace(call_for_it, outcome=Outcome.TOLD, progress={})))}
    with_the_thing = course("", mail=(both,))
    assert broken(with_the_thing, course(mail=(both, later), **told)) == []
    assert broken(with_the_thing, course(mail=(both,), **told)) != []


@pytest.mark.parametrize(
    ("title", "right"),
    [
        ("Instance i-f75f5245b499ad863 was started by user/mallory", True),
        ("Instance i-f75f5245b499ad863 was stopped by user/mallory", False),
        ("Database db was started by root", False),
    ],
)
def test_who_started_an_instance_may_be_told_after_that_it_is_running(title, right):
    running = mail(TEXT, "INFO: Instance i-f75f5245b499ad863 is running, by root")
    database = mail(TEXT, "INFO: Database db is running, by user/mallory")
    who = mail(f"x\n\nFinding {LATER.id}", f"INFO: {title}")

    given = course(mail=(running, database, who))

    assert (said(given, course("", mail=(running, database)), "nothing else") == []) is right


@pytest.mark.parametrize(
    ("point", "about", "right"),
    [
        ("1.2.crash-after", "no call for it is known yet", True),
        ("1.2.crash-after", "Could not look: no answer", False),
        ("1.2.throttled", "Could not look: no answer", True),
        ("1.2.throttled", "The flow logs in vpc could not be asked who scans", True),
        ("1.2.crash-after", "The flow logs in vpc could not be asked who scans", False),
        ("1.2.throttled", "The flow logs in vpc were deleted", False),
    ],
)
def test_that_an_alert_is_early_needs_no_failure(point, about, right):
    more = mail(f"{about}\n\nFinding {ENTRY.id}", "HIGH: It is off")

    told = broken(WITHOUT, course(point, **delivered_to("app-TrailStopped-1"), mail=(mail(), more)))

    assert (told == []) is right


@pytest.mark.parametrize(
    ("point", "subject", "right"),
    [
        ("1.2.denied", "HIGH: Calls were refused for lack of permission: who could not be found", True),
        ("1.2.throttled", "HIGH: Calls were refused for lack of permission: who could not be found", False),
        ("1.2.denied", "HIGH: Security groups were changed: who could not be found", False),
    ],
)
def test_that_calls_were_refused_is_right_where_one_is_denied(point, subject, right):
    text = f"who could not be found\n\nFinding {ENTRY.id}"
    of_an_alarm = mail(text, subject, remediation="cis_alarms")

    struck = delivered_to("app-TrailStopped-1")
    said = [
        each
        for each in broken(WITHOUT, course(point, **struck, mail=(mail(), of_an_alarm)))
        if each.startswith("nothing else")
    ]

    assert (said == []) is right


@pytest.mark.parametrize("point", ["1.2.denied", "1.2.throttled"])
@pytest.mark.parametrize(
    ("who", "refused", "count", "right"),
    [
        ("trail/app-TrailStopped-1", "logs FilterLogEvents AccessDeniedException", 1, True),
        # recorded as GetBucketPublicAccessBlock
        ("trail/app-TrailStopped-1", "s3 GetPublicAccessBlock AccessDenied", 1, True),
        ("trail/app-TrailStopped-1", "s3 GetBucketPolicy AccessDenied", 1, False),
        ("trail/app-TrailStopped-1", "logs FilterLogEvents AccessDeniedException", 2, False),
        ("trail/app-TrailStopped-1", "logs FilterLogEvents ThrottlingException", 1, False),
        ("another/app-TrailStopped-1", "logs FilterLogEvents AccessDeniedException", 1, True),
        ("another/app-RootLogin-1", "logs FilterLogEvents AccessDeniedException", 1, False),
    ],
)
def test_whom_an_alert_on_refused_calls_names_was_refused_that_often(point, who, refused, count, right):
    recorded = "logs FilterLogEvents" if refused.startswith("logs") else "s3 GetBucketPublicAccessBlock"
    text = (
        f"[MEDIUM] Calls were refused for lack of permission\n\n"
        f"Who:   arn:aws:sts::1:assumed-role/{who} from 10.0.0.1: {count}\nCalls:  {recorded}: AccessDenied\n"
        f"Control: CIS 4.1\n\nFinding {LATER.id}"
    )
    subject = "MEDIUM: Went on: Calls were refused for lack of permission: 1 by somebody"
    service, operation, error = refused.split()
    more = {
        "calls": (acts(), sends(), notes(), call(service, operation, {}, number=4, error=error)),
        "roles": {"trail_stopped": "arn:aws:iam::1:role/trail"},
    }

    told = course(point, **more, mail=(mail(), mail(text, subject, remediation="cis_alarms")))

    assert (said(told, course("", **more), "nothing else") == []) is right


def to_the_hub(finding):
    named = {"Findings": [{"Id": f"trailwarden/{finding}#0"}]}
    return call("securityhub", "BatchImportFindings", named, number=4)


def to_the_chat(finding):
    named = {"Message": json.dumps({"metadata": {"threadId": f"{finding}#0"}})}
    return call("sns", "Publish", named, number=5)


@pytest.mark.parametrize("says", [to_the_hub, to_the_chat])
def test_a_channel_gets_what_it_gets_without_the_fault_and_nothing_of_no_finding(says):
    calls = (acts(), sends(), notes())
    without = course("", calls=(*calls, says(ENTRY.id)))

    assert broken(without, course(calls=(*calls, says(ENTRY.id)))) == []
    assert broken(without, course(calls=calls)) != []
    assert broken(without, course(calls=(*calls, says(ENTRY.id), says("made up")))) != []


def test_the_finding_may_be_that_of_another_event_that_says_the_same():
    def at_minute(minute, title):
        plan = Plan(alerts=(Alert(severity=Severity.HIGH, title=title),))
        moved = replace(ENTRY, at=NOW.replace(minute=minute), plan=plan, progress={}, told=frozenset())
        return item_of(replace(moved, outcome=Outcome.UNDER_WAY))

    without = course("", calls=(), mail=(), ledger=(at_minute(3, "5 logins in 40 s"),))

    def later(title):
        return broken(without, course(calls=(), mail=(), ledger=(at_minute(1, title),)))

    assert not [each for each in later("6 logins in 50 s") if "no finding" in each]
    assert [each for each in later("Something else") if "no finding" in each]


def test_what_is_a_dead_letter_and_told_as_that_may_have_no_finding():
    told = {"trace": (an_alarm("DeadLetters"),), "dead_letters": (LETTER,)}
    without = course("", **told)

    def left(**more):
        return broken(
            without, course(**{"point": "1.2.denied", "ledger": (), "mail": (mail(),), **told, **more})
        )

    assert left() == []
    assert left(trace=()) != []
    assert left(point="1.2.crash-after") != []


def test_a_dead_letter_may_be_any_text():
    without = course("", dead_letters=("anything",))

    assert broken(without, course(dead_letters=("anything",))) == []
    assert broken(without, course(dead_letters=("anything", "else"))) != []


def test_an_approval_that_came_too_late_waits_for_a_new_one_and_that_is_told():
    waiting = replace(ENTRY, outcome=Outcome.AWAITING_APPROVAL, progress={})
    asked = mail(f"Trailwarden waits for a yes to do:\n\nFinding {ENTRY.id}", "HIGH: The plan has changed")
    late = {"calls": (sends(),), "ledger": (item_of(waiting),)}

    assert broken(WITHOUT, course("1.0.late", mail=(asked,), **late)) == []
    assert broken(WITHOUT, course("1.0.late", mail=(mail(),), **late)) != []


def said(course_with_fault, without, invariant):
    return [each for each in broken(without, course_with_fault) if each.startswith(invariant)]


OPEN = replace(ENTRY, outcome=Outcome.UNDER_WAY, progress={}, told=frozenset())
OPEN_LATER = replace(OPEN, at=LATER.at, event_key="f")


def test_where_people_can_not_be_told_another_event_may_be_the_one_that_waits():
    deaf = course("", calls=(), mail=(), ledger=(item_of(OPEN),), dead_letters=(LETTER,))
    heard = course("", calls=(), mail=())
    later = {"calls": (), "mail": (), "ledger": (item_of(OPEN_LATER),)}
    both = {**later, "ledger": (item_of(OPEN), item_of(OPEN_LATER))}

    def left(without, letters, more):
        return said(course(dead_letters=letters, **more), without, "the ledger holds the same: trail")

    kept = course("1.2.hang", dead_letters=(LETTER.replace('"e"', '"f"'),), **later)
    assert said(kept, deaf, "the ledger holds the same") == []
    assert left(deaf, (), later) != []
    assert left(deaf, (LETTER,), both) != []
    assert left(heard, (LETTER,), later) != []


def test_what_waits_in_a_queue_with_and_without_the_fault_may_be_left_open():
    step = json.dumps({"job": "20260302T030000Z-abc", "at": "2026-03-02T03:00:00+00:00"})
    unseen = replace(OPEN, event_key="20260302T030000Z-abc:plan", outcome=Outcome.UNSEEN)
    without = course("", dead_letters=(step,))

    def left(entry):
        return said(
            course("1.2.denied", ledger=(item_of(ENTRY), item_of(entry)), dead_letters=(step,)),
            without,
            "the ledger holds the same",
        )

    assert left(unseen) == []
    assert left(replace(unseen, event_key="20260302T030000Z-def:plan")) != []


def test_a_step_that_waits_in_a_queue_is_the_same_at_another_moment():
    def at(moment, job="20260302T0302{}Z-abc"):
        return json.dumps({"job": job.format(moment[-2:]), "at": f"2026-03-02T03:{moment}+00:00"})

    without = course("", dead_letters=(at("02:00"),))

    def lying(point, *letters):
        return said(course(point, dead_letters=letters), without, "nothing is in no place")

    assert lying("1.2.hang", at("02:17")) == []
    assert lying("1.2.hang", at("02:17"), at("02:18")) != []
    assert lying("1.2.throttled", at("02:00"), at("02:18")) != []


def test_two_findings_of_one_moment_are_two():
    other = Plan(alerts=(Alert(severity=Severity.HIGH, title="The bucket was opened"),), calls=(CALL,))
    early = replace(ENTRY, at=NOW.replace(second=30), event_key="f", plan=other)
    without = course("", ledger=(item_of(ENTRY), item_of(early)))
    at_once = (item_of(replace(ENTRY, at=LATER.at)), item_of(replace(early, at=LATER.at)))

    assert said(course("1.2.hang", ledger=at_once), without, "the ledger holds the same") == []
    assert said(course("1.2.hang", ledger=at_once[:1]), without, "the ledger holds the same") != []


@pytest.mark.parametrize("point", ["1.2.refused", "1.2.throttled"])
def test_a_look_that_failed_and_then_saw_nothing_is_on_record(point):
    nothing = item_of(replace(FAILED_LOOK, outcome=Outcome.NOTHING))

    def holds(*items):
        return said(course(point, ledger=items), WITHOUT, "the ledger holds the same")

    assert holds(item_of(ENTRY), nothing) == []
    assert holds(item_of(replace(ENTRY, outcome=Outcome.NOTHING))) != []


def test_of_what_several_events_show_the_second_delivery_may_find_it():
    def found(minute, title):
        plan = Plan(alerts=(Alert(severity=Severity.HIGH, title=title),))
        return item_of(replace(OPEN, at=NOW.replace(minute=minute), event_key=str(minute), plan=plan))

    without = course("", calls=(), ledger=(found(1, "5 logins in 40 s"),))

    def more(*items):
        return said(course("1.0.twice", calls=(), ledger=items), without, "a second delivery")

    assert more(found(2, "6 logins in 50 s")) == []
    assert more(found(2, "Something else")) != []
    assert more(found(1, "5 logins in 40 s"), found(2, "6 logins in 50 s")) != []


@pytest.mark.parametrize(
    ("key", "named", "severity", "right"),
    [
        ("arn:aws:events:us-east-1:1:rule/hourly@06:00", "s3://b/digest", "HIGH", True),
        ("an event's id", "s3://b/digest", "HIGH", False),
        ("arn:aws:events:us-east-1:1:rule/hourly@06:00", "s3://b/another", "HIGH", False),
        ("arn:aws:events:us-east-1:1:rule/hourly@06:00", "s3://b/digest", "CRITICAL", False),
    ],
)
def test_a_look_by_the_clock_may_see_more_of_an_object_that_is_reported_anyway(key, named, severity, right):
    looked = replace(LATER, event_key=key, progress={}, outcome=Outcome.TOLD)
    without = course("", mail=(mail(TEXT.replace("stopped", "stopped\n\nObject:  s3://b/digest")),))
    more = mail(f"It was deleted\n\nObject:  {named}\n\nFinding {looked.id}", f"{severity}: It was deleted")
    more.attributes["severity"] = severity

    given = course("1.0.late", mail=(*without.mail, more), ledger=(item_of(ENTRY), item_of(looked)))

    assert (said(given, without, "nothing else") == []) is right


@pytest.mark.parametrize(
    "words",
    [
        "1 more alert was not sent one by one: An item of Trailwarden's own ledger is ...",
        "2 more alerts were not sent one by one: An item of Trailwarden's own ledger is gone, and others",
    ],
)
def test_what_a_flood_left_over_is_of_alerts_that_are_sent_anyway(words):
    accusation = mail(subject="CRITICAL: An item of Trailwarden's own ledger is gone")
    counted = mail("it", f"CRITICAL: {words}")

    assert said(course(mail=(accusation, counted)), course("", mail=(accusation,)), "nothing else") == []
    assert said(course(mail=(mail(), counted)), WITHOUT, "nothing else") != []


def test_of_two_runs_at_once_the_second_may_tell_what_a_flood_left_over_but_once():
    left = mail("it", "HIGH: 1 more alert was not sent one by one: The trail was stopped")

    def more(*told, point="1.2.meanwhile"):
        return said(course(point, mail=(mail(), *told)), WITHOUT, "a second delivery")

    assert more(left) == []
    assert more(left, left) != []
    assert more(mail("it", "HIGH: 1 more alert was not sent one by one: A table was deleted")) != []


@pytest.mark.parametrize(
    ("progress", "outcome", "subject", "words", "right"),
    [
        (CallProgress.UNSURE, Outcome.UNDONE, "Undone: The trail was stopped", UNSURE, True),
        (CallProgress.UNDONE, Outcome.UNDONE, "Undone: The trail was stopped", UNSURE, False),
        (CallProgress.UNSURE, Outcome.ACTED, "Undone: The trail was stopped", UNSURE, False),
        (CallProgress.UNSURE, Outcome.UNDONE, "The trail was stopped", UNSURE, False),
        (CallProgress.UNSURE, Outcome.UNDONE, "Undone: The trail was stopped", "", False),
    ],
)
def test_an_undo_may_leave_what_an_earlier_try_perhaps_did_if_it_says_so(
    progress, outcome, subject, words, right
):
    entry = replace(ENTRY, outcome=outcome, progress={0: progress})
    told = mail(f"{words}\n\nFinding {ENTRY.id}", f"HIGH: {subject}")

    given = course(calls=(notes(entry),), mail=(mail(), told), ledger=(item_of(entry),))

    assert (said(given, WITHOUT, "the end is the same") == []) is right


@pytest.mark.parametrize(
    ("subject", "right"),
    [
        ("HIGH: The plan has changed since it was approved: The trail was stopped", True),
        ("HIGH: The plan has changed since it was approved: The trail was stop...", True),
        ("HIGH: The plan has changed since it was approved: The trail was deleted", False),
        ("LOW: The plan has changed since it was approved: The trail was stopped", False),
    ],
)
def test_an_alert_may_be_sent_with_a_decision(subject, right):
    told = call("sns", "Publish", {"Subject": subject, "Message": TEXT}, number=2)

    given = course(calls=(acts(), told, notes()))

    assert (said(given, WITHOUT, "the ledger tells") == []) is right


@pytest.mark.parametrize(
    ("title", "tells", "right"),
    [
        ("CRITICAL: CloudTrail logging is switched off", "trail_stopped", True),
        ("CRITICAL: CloudTrail logging is switched off", "root_login", False),
        ("CRITICAL: A log file was added", "trail_stopped", False),
    ],
)
def test_a_look_by_the_clock_may_find_the_trail_off_which_is_reported_anyway(title, tells, right):
    looked = replace(
        LATER,
        remediation="trail_digest",
        event_key="arn:aws:events:us-east-1:1:rule/hourly@06:00",
        progress={},
        outcome=Outcome.TOLD,
    )
    without = course("", mail=(mail(remediation=tells),))
    more = mail(f"off\n\nFinding {looked.id}", title, remediation="trail_digest")

    given = course("1.0.late", mail=(*without.mail, more), ledger=(item_of(ENTRY), item_of(looked)))

    assert (broken(without, given) == []) is right


def decided(ruling, *, told=True):
    return Decision(id="1", verb="undo", who="ann", at=NOW, plan="", ruling=ruling, words="", told=told)


@pytest.mark.parametrize(
    ("words", "told", "outcome", "right"),
    [
        ("what people asked about trail_stopped is rejected", True, Outcome.UNDONE, True),
        ("what people asked about trail_stopped is rejected", False, Outcome.UNDONE, False),
        ("what people asked about trail_stopped is rejected", True, Outcome.ACTED, False),
        ("the trail logs", True, Outcome.UNDONE, False),
    ],
)
def test_people_may_be_ruled_on_in_another_order_where_it_comes_to_the_same(words, told, outcome, right):
    def ruled(outcome, *decisions):
        return (item_of(replace(ENTRY, outcome=outcome, decisions=decisions)),)

    without = course(
        "",
        ledger=ruled(Outcome.UNDONE, decided(Ruling.REJECTED), decided(Ruling.UNDONE)),
        checks={words: None},
    )
    given = course(
        "1.0.late",
        ledger=ruled(outcome, decided(Ruling.UNDONE, told=told)),
        checks={words: "it is undone"},
    )

    assert (said(given, without, "the end is") == []) is right


def test_an_approval_whose_plan_has_nothing_left_to_do_was_told_too():
    over = replace(
        ENTRY,
        outcome=Outcome.TOLD,
        plan=replace(ENTRY.plan, calls=()),
        progress={},
        decisions=(decided(Ruling.REPLANNED),),
    )
    told = mail(TEXT, "HIGH: The plan has changed since it was approved: The trail was stopped")
    late = {"calls": (sends(),), "ledger": (item_of(over),)}

    assert broken(WITHOUT, course("1.2.throttled", mail=(told,), **late)) == []
    assert broken(WITHOUT, course("1.2.throttled", mail=(mail(),), **late)) != []


@pytest.mark.parametrize(
    ("calls", "kind", "right"), [(4, "failed", True), (4, "ran", False), (3, "failed", False)]
)
def test_where_functions_fail_of_an_ill_service_anyway_what_happens_may_happen_later(calls, kind, right):
    later = {"ledger": (item_of(LATER),), "mail": (TOLD_LATER,), "calls": (acts(), WAITS)}
    made, fails = (acts(), sends(), notes(), WAITS), Moment(at=NOW, kind=kind, words="app-TrailStopped-1")

    assert (broken(course("", calls=made[:calls], trace=(fails,)), course(**later)) == []) == right


WAITS = call("sns", "Publish", {"Message": ""}, number=4, error="ThrottlingException")


@pytest.mark.parametrize(
    ("point", "alarm", "right"),
    [
        ("1.2.denied", an_alarm("Lost"), True),
        ("1.2.denied", an_alarm("RootUsage"), False),
        ("1.2.throttled", an_alarm("Lost"), False),
    ],
)
def test_a_dead_letter_that_is_lost_was_told_by_its_alarm(point, alarm, right):
    words = "app-TrailStopped-1 may not write to its on-failure destination: a denial"
    trace = (alarm, Moment(at=NOW, kind="lost", words=words))

    given = course(point, **delivered_to("app-TrailStopped-1"), trace=trace)

    assert (said(given, WITHOUT, "nothing is in no place") == []) is right


def test_a_dead_letter_that_comes_again_is_told_at_last():
    without = course("", calls=(), mail=(), ledger=(item_of(OPEN),), dead_letters=(LETTER,))

    def again(*items):
        return said(course("1.0.twice", ledger=items), without, "a second delivery")

    assert [each for each in again(item_of(replace(ENTRY, progress={}))) if "alerts" in each] == []
    assert [each for each in again(item_of(OPEN)) if "alerts" in each] != []


def test_what_was_not_told_is_told_of_a_second_delivery_whatever_came_of_it():
    untold = replace(ENTRY, told=frozenset())
    without = course("", mail=(), ledger=(item_of(untold),))

    def again(entry, *mails):
        given = course("1.0.twice-hours-apart", ledger=(item_of(entry),), mail=mails)
        return [each for each in said(given, without, "a second delivery") if "alerts" in each]

    assert again(ENTRY, mail()) == []
    assert again(ENTRY, mail(), mail()) != []
    assert again(untold, mail()) != []


@pytest.mark.parametrize(
    ("point", "denied", "outcome", "right"),
    [
        ("1.0.late", ("SNS:Publish",), Outcome.UNDER_WAY, True),
        ("1.0.late", ("SNS:Publish",), Outcome.NOTHING, False),
        ("1.0.late", (), Outcome.UNDER_WAY, False),
        ("1.0.reordered", ("SNS:Publish",), Outcome.UNDER_WAY, False),
    ],
)
def test_where_the_topic_was_shut_a_late_event_is_told_at_last(point, denied, outcome, right):
    told = replace(ENTRY, outcome=Outcome.TOLD, progress={})
    without = course("", mail=(), calls=(), ledger=(item_of(replace(told, outcome=outcome)),))
    given = course(point, mail=(mail(),), calls=(), ledger=(item_of(told),))
    given = replace(given, scenario=replace(given.scenario, denied=denied))

    wrong = said(given, without, "nothing else") + said(given, without, "the ledger holds")

    assert (wrong == []) is right


@pytest.mark.parametrize(
    ("alarms", "right"),
    [
        ((an_alarm("Heartbeat"),), True),
        ((), False),
        ((an_alarm("Heartbeat"), an_alarm("Heartbeat", "OK")), False),
    ],
)
def test_an_alarm_that_is_never_over_tells_of_a_fault_that_stays(alarms, right):
    without = course("", trace=(an_alarm("Heartbeat"), an_alarm("Heartbeat", "OK")))
    off = {"checks": {"the trail logs": "it is off"}}

    given = course("1.2.denied", **off, trace=alarms)

    assert (said(given, without, "the end is the same") == []) is right


@pytest.mark.parametrize(
    ("kept", "alarms", "right"),
    [
        ((LETTER,), (an_alarm("DeadLetters"),), True),
        ((LETTER,), (), False),
        ((LETTER.replace('"e"', '"f"'),), (an_alarm("DeadLetters"),), False),
        ((LETTER.replace("TrailStopped", "RootLogin"),), (an_alarm("DeadLetters"),), False),
        ((), (an_alarm("DeadLetters"),), False),
    ],
)
def test_what_is_left_under_way_is_kept_as_it_is_without_the_fault(kept, alarms, right):
    untold = replace(ENTRY, told=frozenset())
    waits = {"mail": (), "calls": (), "trace": (an_alarm("DeadLetters"),)}
    without = course("", **waits, dead_letters=(LETTER,), ledger=(item_of(untold),))
    left = course("1.5.denied", **waits | {"trace": alarms}, dead_letters=kept, ledger=(item_of(OPEN),))

    assert (said(left, without, "the ledger holds") == []) is right


@pytest.mark.parametrize(
    ("named", "point", "right"),
    [
        ("the-trail", "1.2.no-dynamodb", True),
        ("another", "1.2.no-dynamodb", False),
        ("the-trail", "1.2.throttled", False),
    ],
)
def test_a_later_look_may_say_that_a_thing_is_still_so_for_which_the_one_before_was_to_act(
    named, point, right
):
    acted = replace(acts(), parameters={"Name": "the-trail"})
    later = replace(LATER, event_key="tick", progress={}, outcome=Outcome.TOLD)
    plain = mail(f"all is looked at\n\nFinding {later.id}", "INFO: 2 are due")
    still = mail(f"{named} is off\n\nFinding {later.id}", "LOW: It is still off")
    ledger = (item_of(ENTRY), item_of(later))
    without = course("", calls=(acted, sends(), notes()), mail=(mail(), plain), ledger=ledger)

    given = course(point, calls=(), mail=(mail(), plain, still), ledger=ledger, trace=(an_alarm("Lost"),))

    assert ([each for each in said(given, without, "nothing else") if "2 alerts" in each] == []) is right


@pytest.mark.parametrize(("key", "right"), [("ledger: x", True), ("ledger: y", False)])
def test_what_is_forged_is_reported_by_the_hour(key, right):
    forged = replace(ENTRY, event_key="ledger: x", outcome=Outcome.TOLD, progress={})
    again = replace(forged, event_key=key, at=NOW.replace(hour=6))
    without = course("", calls=(), ledger=(item_of(forged),))
    told = mail(TEXT.replace(ENTRY.id, forged.id)), mail(TEXT.replace(ENTRY.id, again.id))

    given = course("1.0.twice-hours-apart", calls=(), ledger=(item_of(forged), item_of(again)), mail=told)

    assert (broken(without, given) == []) is right


@pytest.mark.parametrize(
    ("key", "at", "right"), [("ledger: x", 6, True), ("f", 6, False), ("ledger: x", 3, False)]
)
def test_what_is_forged_may_be_reported_of_an_hour_in_which_something_else_was(key, at, right):
    forged = replace(ENTRY, event_key="ledger: x", outcome=Outcome.TOLD, progress={})
    other = replace(forged, event_key="ledger: y", at=NOW.replace(hour=6))
    again = replace(forged, event_key=key, at=NOW.replace(hour=at, minute=0 if at == 6 else 1))
    without = course("", calls=(), ledger=(item_of(forged), item_of(other)))
    told = mail(TEXT.replace(ENTRY.id, forged.id)), mail(TEXT.replace(ENTRY.id, again.id))
    ledger = (item_of(forged), item_of(other), item_of(again))

    given = course("1.0.twice-hours-apart", calls=(), ledger=ledger, mail=told)

    assert (said(given, without, "the ledger holds") == []) is right


@pytest.mark.parametrize(
    ("point", "at", "outcome", "right"),
    [
        ("1.2.throttled", NOW.replace(second=2), Outcome.ACTED, True),
        ("1.2.5xx", NOW.replace(second=2), Outcome.ACTED, True),
        ("1.2.crash-after", NOW.replace(second=2), Outcome.ACTED, False),
        ("1.2.throttled", NOW.replace(minute=2), Outcome.ACTED, False),
        ("1.2.throttled", NOW.replace(second=2), Outcome.CAPPED, False),
    ],
)
def test_where_a_call_is_made_again_and_again_what_happens_meanwhile_is_of_later_seconds(
    point, at, outcome, right
):
    beside = replace(ENTRY, event_key="g", at=NOW.replace(second=9))
    without = course("", ledger=(item_of(ENTRY), item_of(beside)))
    moved = replace(ENTRY, at=at, outcome=outcome)

    given = course(point, ledger=(item_of(moved), item_of(beside)))

    assert (said(given, without, "the ledger holds") == []) is right


@pytest.mark.parametrize(
    ("key", "words", "right"),
    [
        ("arn:aws:events:us-east-1:1:rule/hourly@06:00", "logging", True),
        ("arn:aws:events:us-east-1:1:rule/hourly@06:00", "validation", False),
        ("an event's id", "logging", False),
    ],
)
def test_a_look_that_comes_once_the_trail_is_off_keeps_no_state(key, words, right):
    looked = replace(LATER, event_key=key, progress={}, outcome=Outcome.TOLD)
    state = {"pk": {"S": "state#trail_stopped#arn"}}
    without = course("", ledger=(item_of(ENTRY), state))
    weaker = mail(
        f"weaker\n\nFinding {looked.id}", f"CRITICAL: The trail is weaker than it should be: {words}"
    )

    given = course("1.0.late", mail=(mail(), weaker), ledger=(item_of(ENTRY), item_of(looked)))

    assert (
        [each for each in broken(without, given) if "state#" in each or "nothing else" in each] == []
    ) is right


def restores(minute):
    return replace(acts(), at=NOW.replace(minute=minute))


@pytest.mark.parametrize(
    ("minute", "remediation", "right"),
    [(9, "root_login", True), (20, "root_login", False), (9, "trail_stopped", False)],
)
def test_what_happens_before_the_trail_is_on_again_is_not_heard(minute, remediation, right):
    unheard = replace(
        LATER, remediation=remediation, at=NOW.replace(minute=minute), outcome=Outcome.TOLD, progress={}
    )
    told = mail(f"x\n\nFinding {unheard.id}", "HIGH: Root", remediation=remediation)
    without = course("", calls=(restores(1),), mail=(mail(), told), ledger=(item_of(ENTRY), item_of(unheard)))

    given = course("1.0.late", calls=(restores(16),), **delivered_to("app-TrailStopped-1"))

    assert ([each for each in broken(without, given) if "not sent" in each] == []) is right


@pytest.mark.parametrize(
    ("function", "made", "right"),
    [
        ("app-TrailStopped-1", {"group": "app-TrailGroup-1", "minute": 2}, True),
        ("app-TrailStopped-1", {"group": "app-TrailGroup-1", "minute": 0}, False),
        ("app-TrailStopped-1", {"group": "app-OtherGroup-1", "minute": 2}, False),
        ("app-RootLogin-1", {"group": "app-TrailGroup-1", "minute": 2}, False),
    ],
)
def test_what_cloudtrail_had_for_a_log_group_that_was_gone_is_in_the_log_files(function, made, right):
    gone = Moment(at=NOW.replace(minute=1), kind="lost", words="the log group app-TrailGroup-1 is gone")
    makes = call("logs", "CreateLogGroup", {"logGroupName": made["group"]}, number=4)
    makes = replace(makes, at=NOW.replace(minute=made["minute"]))

    given = course(
        "1.0.late", **delivered_to(function), trace=(gone,), calls=(acts(), sends(), notes(), makes)
    )

    assert (said(given, WITHOUT, "nothing is in no place") == []) is right


def test_what_waits_as_a_dead_letter_and_was_told_is_not_known_to_the_next_event():
    again = call("cloudtrail", "StartLogging", START, number=1, by=2)
    struck = {**delivered_to("app-TrailStopped-1"), "calls": (acts(), sends(), notes(), again)}
    told = {"trace": (an_alarm("DeadLetters"),), "dead_letters": (LETTER,)}

    assert said(course("1.2.no-dynamodb", **struck, **told), WITHOUT, "nothing is done") == []
    assert said(course("1.2.no-dynamodb", **struck), WITHOUT, "nothing is done") != []
    assert said(course("1.2.crash-after", **struck, **told), WITHOUT, "nothing is done") != []


@pytest.mark.parametrize(
    ("point", "queued", "planned_for", "right"),
    [
        ("1.2.crash-after", True, [ENTRY], True),
        ("1.2.crash-after", False, [ENTRY], False),  # Lambda tries in the same invocation
        ("2.2.crash-after", True, [ENTRY], False),  # the first was not hurt, and noted what it did
        ("1.2.crash-after", True, [ENTRY, LATER], False),  # two events
        ("1.0.twice-hours-apart", True, [ENTRY], False),
    ],
)
def test_a_message_that_a_queue_gives_again_may_set_a_state_again(point, queued, planned_for, right):
    again = call("cloudtrail", "StartLogging", START, number=1, by=2)
    given = {
        "calls": (acts(), again, sends(), notes()),
        "ledger": tuple(map(item_of, planned_for)),
        "spots": tuple(
            Spot(invocation=number, call=0, function="app-TrailStopped-1", queued=queued) for number in (1, 2)
        ),
    }
    said = broken(WITHOUT, course(point, **given))

    assert any("is done for 2 events" in each for each in said) is not right


def test_what_others_undo_between_two_events_is_set_again_for_the_second():
    """botocore sends the first event's call twice; the second event is another stop of the trail."""
    stops = call("cloudtrail", "StopLogging", START, number=0, by=0)
    second = call("cloudtrail", "StartLogging", START, number=1, by=2)
    without = course("", calls=(acts(), sends(), notes(), stops, second))

    def twice(*calls):
        return said(course("1.1.sent-again", calls=calls), without, "nothing is done")

    assert twice(acts(), acts(), sends(), notes(), stops, second) == []
    assert twice(acts(), stops, acts(), sends(), notes(), second) != []


def test_a_channel_takes_what_the_mail_says_where_there_is_no_ledger():
    calls = (acts(), sends(), notes(), to_the_hub(LATER.id))

    assert said(course(calls=calls, mail=(mail(), TOLD_LATER)), WITHOUT, "each channel") == []
    assert said(course(calls=calls), WITHOUT, "each channel") != []


def test_of_a_flood_another_alert_reaches_the_channel():
    calls = (acts(), sends(), notes())
    without = course("", calls=(*calls, to_the_hub(ENTRY.id)))

    assert said(course(calls=(*calls, to_the_hub(LATER.id))), without, "the end is") == []
    assert said(course(calls=calls[1:]), without, "the end is") != []


@pytest.mark.parametrize(
    ("point", "asked", "told", "right"),
    [
        ("1.2.no-dynamodb", {"Name": "trail", "Validation": True}, True, True),
        ("1.2.no-dynamodb", {"Name": "trail", "Validation": True}, False, False),
        ("1.2.no-dynamodb", {"Name": "other", "Validation": True}, True, False),
        ("1.2.throttled", {"Name": "trail", "Validation": True}, True, False),
    ],
)
def test_a_part_of_an_act_is_right_where_an_outage_was_told(point, asked, told, right):
    whole = call("cloudtrail", "UpdateTrail", {"Name": "trail", "Validation": True, "Group": "g"}, number=4)
    part = replace(whole, parameters=asked)
    without = course("", calls=(acts(), sends(), notes(), whole))
    more = {"trace": (an_alarm("FunctionErrors1"),)} if told else {}

    assert (
        said(course(point, calls=(acts(), sends(), notes(), part), **more), without, "nothing is done") == []
    ) == right


@pytest.mark.parametrize(
    ("point", "why", "times", "right"),
    [
        ("1.0.late", "FilterLogEvents: Rate exceeded", 1, True),
        ("1.0.late", "FilterLogEvents: Rate exceeded", 2, False),
        ("1.0.late", "DescribeTrails: Rate exceeded", 1, False),
        ("1.0.twice", "FilterLogEvents: Rate exceeded", 1, False),
    ],
)
def test_what_aws_throttles_anyway_may_be_the_look_of_another_event(point, why, times, right):
    def blind(subject, why):
        return mail(f"Could not look: {why}; it looks again\n\nFinding {LATER.id}", subject)

    without = course("", mail=(mail(), blind("HIGH: Unseen", "FilterLogEvents: Rate exceeded")))
    late = course(point, mail=(mail(), *[blind("HIGH: Went on, unseen", why)] * times))

    assert (said(late, without, "nothing else is said") == []) == right


@pytest.mark.parametrize(
    ("finding", "why", "right"),
    [
        (LATER, "FilterLogEvents: Rate exceeded", True),
        (LATER, "DescribeTrails: Rate exceeded", False),
        (FAILED_LOOK, "FilterLogEvents: Rate exceeded", False),
    ],
)
def test_what_aws_throttles_anyway_may_be_a_look_that_finds_nothing_at_last(finding, why, right):
    def blind(subject, why, of):
        return mail(f"Could not look: {why}; it looks again\n\nFinding {of.id}", subject)

    without = course("", mail=(mail(), blind("HIGH: Unseen", "FilterLogEvents: Rate exceeded", ENTRY)))
    subject = f"INFO: {NOTHING_FOUND}: so"
    at_last = mail(f"[INFO] {NOTHING_FOUND}: so\n\nTold before: so\n\nFinding {finding.id}", subject)
    late = course("1.0.late", mail=(mail(), blind("HIGH: Went on, unseen", why, LATER), at_last))

    assert (not [each for each in said(late, without, "nothing else is said") if subject in each]) == right


@pytest.mark.parametrize(
    ("outcome", "mails", "right"),
    [
        (Outcome.OBSERVED, (mail(), OF_THE_LOOK), True),
        (
            Outcome.OBSERVED,
            (mail(), OF_THE_LOOK, replace(OF_THE_LOOK, text=f"x\n\nFinding {FAILED_LOOK.id}")),
            False,
        ),
        (Outcome.NOTHING, (mail(), OF_THE_LOOK), False),
    ],
)
def test_of_two_events_of_one_moment_one_may_be_told_as_not_looked_at(outcome, mails, right):
    seen = replace(ENTRY, at=FAILED_LOOK.at, event_key="g", outcome=Outcome.OBSERVED)
    without = course("", ledger=(item_of(ENTRY), item_of(seen)))
    ledger = (item_of(ENTRY), item_of(replace(seen, outcome=outcome)), item_of(FAILED_LOOK))

    assert (
        said(course("1.2.throttled", ledger=ledger, mail=mails), without, "the ledger holds") == []
    ) == right


@pytest.mark.parametrize(("who", "right"), [("mallory", True), ("alice", False)])
def test_who_did_it_may_be_in_the_facts_of_an_alert_that_came_later(who, right):
    about = "Resource: sg-1\nRule: unused"
    found = mail(f"Who: nobody yet\n{about}\n\nFinding {FAILED_LOOK.id}", "LOW: sg-1 is not compliant")
    named = f"Told before: so\nWho: mallory\n{about}\n\nFinding {FAILED_LOOK.id}"
    without = course("", mail=(mail(), found, mail(named, "INFO: sg-1 was made not compliant by user/...")))
    late = mail(f"Why: alone\nWho: {who}\n{about}\n\nFinding {LATER.id}", found.subject)

    assert (said(course("1.0.late", mail=(mail(), late)), without, "each alert") == []) == right


ROOT_SEES = replace(ENTRY, remediation="root_login", outcome=Outcome.OBSERVED, progress={}, told=frozenset())
SEEN_STILL = f"[HIGH] The trail is off\n\nFinding {ROOT_SEES.id}"


@pytest.mark.parametrize(("minutes", "right"), [(0, False), (2, True)])
def test_until_the_mending_comes_others_see_the_thing_as_it_was_left(minutes, right):
    mended = replace(acts(), parameters={"Name": "the-trail"}, at=NOW.replace(minute=minutes))
    sees = replace(sends(SEEN_STILL, number=1), invocation=2, at=NOW.replace(minute=1))
    text = SEEN_STILL.replace("The trail", "the-trail")
    sees = replace(sees, parameters={"Subject": SUBJECT, "Message": text})
    without = course("", calls=(replace(mended, at=NOW), sends(), notes()))
    seen = course(
        calls=(mended, sees, sends(), notes()),
        mail=(mail(), mail(text, remediation="root_login")),
        ledger=(item_of(ENTRY), item_of(ROOT_SEES)),
    )

    assert (said(seen, without, "nothing else") == []) == right
    assert (said(seen, without, "the ledger holds") == []) == right


@pytest.mark.parametrize(
    ("text", "subject", "right"),
    [
        # Who was shut out of the thing by the attacker's policy was so until the mending came.
        ("Could not look: the policy of the-trail denies it", "HIGH: The trail could not be read", True),
        ("Could not look: the policy of another denies it", "HIGH: The trail could not be read", False),
        ("[HIGH] the-trail is off", "CRITICAL: An item of Trailwarden's own ledger is gone", False),
    ],
)
@pytest.mark.parametrize("minutes", [0, 2])
def test_who_was_shut_out_still_was_until_the_thing_that_it_names_was_mended(minutes, text, subject, right):
    mended = replace(acts(), parameters={"Name": "the-trail"}, at=NOW.replace(minute=minutes))
    text = f"{text}\n\nFinding {ROOT_SEES.id}"
    sees = call("sns", "Publish", {"Subject": subject, "Message": text}, number=1, by=2)
    without = course("", calls=(replace(mended, at=NOW), sends(), notes()))
    seen = course(
        "1.2.throttled",
        **delivered_to("app-TrailStopped-1"),
        calls=(mended, replace(sees, at=NOW.replace(minute=1)), sends(), notes()),
        mail=(mail(), mail(text, subject, remediation="root_login")),
        ledger=(item_of(ENTRY), item_of(ROOT_SEES)),
    )

    assert (said(seen, without, "nothing else") == []) == (right and minutes > 0)


@pytest.mark.parametrize(("by_the_second", "right"), [(CALL, True), (None, False)])
def test_two_events_of_one_moment_may_share_the_work_otherwise(by_the_second, right):
    second = replace(ENTRY, event_key="f", outcome=Outcome.TOLD, progress={})
    without = course("", ledger=(item_of(ENTRY), item_of(second)))
    acted = item_of(replace(second, outcome=Outcome.ACTED))
    calls = (acts(), sends(), notes()) if by_the_second else (sends(), notes())

    assert (
        said(course(ledger=(item_of(ENTRY), acted), calls=calls), without, "the ledger holds") == []
    ) == right


@pytest.mark.parametrize(("words", "right"), [("mallory plants it: ", True), ("alice plants it: ", False)])
def test_what_somebody_could_not_do_is_not_heard_of(words, right):
    second = replace(ENTRY, remediation="root_login", at=NOW.replace(minute=5), event_key="f")
    heard = mail(TEXT.replace(ENTRY.id, second.id), remediation="root_login")
    does = Moment(at=second.at, kind="action", words="mallory plants it")
    without = course("", mail=(mail(), heard), ledger=(item_of(ENTRY), item_of(second)), trace=(does,))
    in_vain = course(trace=(does, Moment(at=NOW, kind=ANSWERED, words=words)))

    assert (said(in_vain, without, "each alert") == []) == right
    assert (said(in_vain, without, "the ledger holds") == []) == right


@pytest.mark.parametrize(
    ("point", "title", "times", "right"),
    [
        ("1.2.meanwhile", "An item of Trailwarden's own ledger is forged", 2, True),
        ("1.2.meanwhile", "An item of Trailwarden's own ledger is forged", 3, False),
        ("1.0.twice", "An item of Trailwarden's own ledger is forged", 2, False),
        ("1.2.meanwhile", "Somebody woke a function of Trailwarden's with a forged event", 2, True),
        ("1.0.twice", "Somebody woke a function of Trailwarden's with a forged event", 2, False),
        ("1.2.meanwhile", "The trail was stopped", 2, False),
    ],
)
def test_two_runs_at_once_may_both_tell_of_a_forged_item(point, title, times, right):
    accuses = mail(TEXT, f"CRITICAL: {title}")

    twice = broken(course("", mail=(accuses,)), course(point, mail=(accuses,) * times))

    assert ([each for each in twice if each.startswith(("no alert is", "a second"))] == []) == right


@pytest.mark.parametrize(("first", "right"), [(Outcome.CAPPED, True), (Outcome.ACTED, False)])
def test_the_cap_goes_by_who_comes_first(first, right):
    capped = replace(LATER, outcome=Outcome.CAPPED, progress={})
    without = course("", ledger=(item_of(ENTRY), item_of(capped)))
    ledger = (item_of(replace(ENTRY, outcome=first)), item_of(replace(capped, outcome=Outcome.ACTED)))

    assert (said(course(ledger=ledger), without, "the ledger holds") == []) == right


@pytest.mark.parametrize(
    ("first", "progress", "right"),
    [
        (Outcome.SUPERSEDED, {}, True),  # the second event did it first
        (Outcome.ACTED, {0: CallProgress.UNSURE}, True),  # and the first had begun it
        (Outcome.ACTED, {0: CallProgress.DONE}, False),  # both did it
    ],
)
def test_what_two_events_call_for_is_done_by_who_comes_first(first, progress, right):
    superseded = replace(LATER, outcome=Outcome.SUPERSEDED, progress={})
    without = course("", ledger=(item_of(ENTRY), item_of(superseded)))
    now = (replace(ENTRY, outcome=first, progress=progress), replace(LATER, outcome=Outcome.ACTED))

    assert (said(course(ledger=tuple(map(item_of, now))), without, "the ledger holds") == []) is right


@pytest.mark.parametrize(("dated", "right"), [("2026-03-02T03:02:01Z", True), ("*", False)])
def test_what_denies_older_sessions_is_dated_by_who_comes_first(dated, right):
    def denies(until):
        condition = {"DateLessThan": {"aws:TokenIssueTime": until}}
        document = json.dumps({"Statement": [{"Effect": "Deny", "Condition": condition}]})
        return call("iam", "PutRolePolicy", {"RoleName": "web", "PolicyDocument": document}, number=4)

    rest = (acts(), sends(), notes())
    without = course("", calls=(*rest, denies("2026-03-02T03:00:01Z")))

    assert (said(course(calls=(*rest, denies(dated))), without, "nothing is done") == []) is right


@pytest.mark.parametrize(
    ("point", "outcome", "right"),
    [
        ("1.0.twice-hours-apart", Outcome.UNDER_WAY, True),
        ("1.0.twice-hours-apart", Outcome.TOLD, False),
        ("1.0.late", Outcome.UNDER_WAY, False),
    ],
)
def test_what_could_not_be_told_is_told_by_the_second_delivery(point, outcome, right):
    without = course("", mail=(), ledger=(item_of(replace(ENTRY, outcome=outcome)),))

    assert (said(course(point), without, "nothing else is said") == []) == right


def test_that_nothing_is_to_be_reported_after_all_is_right_of_a_look_that_failed_and_else_is_not():
    finding = replace(
        FAILED_LOOK, plan=Plan(alerts=(Alert(severity=Severity.INFO, title=f"{NOTHING_FOUND}: so"),))
    )
    of_the_look = mail(
        f"[INFO] {NOTHING_FOUND}: so\n\nTold before: so\n\nFinding {finding.id}", f"INFO: {NOTHING_FOUND}: so"
    )
    looked = course(
        "1.2.throttled",
        mail=(mail(), OF_THE_LOOK, of_the_look),
        ledger=(item_of(ENTRY), item_of(finding)),
        **delivered_to("app-TrailStopped-1"),
    )
    instead = course(mail=(mail(subject=f"INFO: {NOTHING_FOUND}: so"),))

    assert broken(WITHOUT, looked) == []
    assert f"each alert is sent: {SUBJECT!r} of trail_stopped" in "\n".join(broken(WITHOUT, instead))


@pytest.mark.parametrize(("letters", "finds_more"), [(2, False), (1, True)])
def test_a_second_dead_letter_that_is_sent_again_is_found_as_the_first_one_is(letters, finds_more):
    def redriven(point, letters, *findings):
        away = [call("sqs", "DeleteMessage", {}, number=0, by=0)] * letters
        return course(
            point, calls=(acts(), sends(), notes(), *away), ledger=tuple(map(item_of, findings)), checks={}
        )

    first = replace(ENTRY, outcome=Outcome.QUIET)
    second = replace(first, event_key="another")

    said = broken(redriven("", 1, first), redriven("1.2.meanwhile", letters, first, second))

    assert any("1 more of findings of trail_stopped at 03:00:00" in each for each in said) is finds_more


OF_A_RULE = replace(
    ENTRY,
    remediation="noncompliant",
    event_key=f"{COMPLIANCE}1/us-east-1/r/AWS::EC2::SecurityGroup/sg-1/NON_COMPLIANT@x",
    outcome=Outcome.TOLD,
    plan=Plan(alerts=(Alert(severity=Severity.LOW, title="It is not compliant"),)),
    progress={},
)
SEEN_BY_IT = {"pk": {"S": "sighting#noncompliant#us-east-1/r/AWS::EC2::SecurityGroup/sg-1"}, "sk": {"S": "x"}}
IS_DELETED = call("ec2", "DeleteSecurityGroup", {"GroupId": "sg-1"}, number=4, by=0)


def answers(says="NOT_APPLICABLE", identity="sg-1"):
    said = {"ComplianceResourceType": "AWS::EC2::SecurityGroup", "ComplianceResourceId": identity}
    return call("config", "PutEvaluations", {"Evaluations": [{**said, "ComplianceType": says}]}, number=5)


@pytest.mark.parametrize(
    ("point", "calls", "right"),
    [
        pytest.param("1.0.late", (IS_DELETED, answers(), answers()), True, id="gone when asked"),
        pytest.param("1.0.late", (answers(), IS_DELETED, answers()), False, id="gone later"),
        pytest.param("1.0.late", (answers(),), False, id="still there"),
        pytest.param("1.0.late", (IS_DELETED, answers("NON_COMPLIANT"), answers()), False, id="judged"),
        pytest.param("1.0.late", (IS_DELETED, answers(identity="sg-12")), False, id="another one"),
        pytest.param("1.2.throttled", (IS_DELETED, answers()), False, id="in time"),
    ],
)
def test_of_what_was_gone_when_a_rule_was_asked_nothing_need_be_told(point, calls, right):
    told = mail(f"Finding {OF_A_RULE.id}", "LOW: It is not compliant", "noncompliant")
    without = course("", mail=(mail(), told), ledger=(item_of(ENTRY), item_of(OF_A_RULE), SEEN_BY_IT))
    found = broken(without, course(point, calls=(acts(), sends(), notes(), *calls)))

    assert any("is not sent" in each for each in found) is not right
    assert any("no sighting" in each or "no finding" in each for each in found) is not right


def test_an_event_that_comes_late_may_find_done_what_another_one_did_in_its_stead():
    late = {"point": "1.0.late", "mail": (TOLD_LATER,)}
    told = replace(LATER, outcome=Outcome.TOLD, plan=replace(LATER.plan, calls=()), progress={})

    def says(**more):
        return [each for each in broken(WITHOUT, course(**late, **more)) if "is told" in each]

    assert says(ledger=(item_of(told),)) == []
    assert says(ledger=(item_of(told),), calls=(sends(), notes())) != []  # nobody did it


@pytest.mark.parametrize(("subject", "right"), [(OF_THE_LOOK.subject, True), ("HIGH: It is off", False)])
def test_a_look_that_failed_is_held_apart_from_what_is_told_of_our_own_calls(subject, right):
    role = "arn:aws:iam::1:role/app-TrailStopped-1"
    own = replace(ENTRY, event_key="own", principal=role, plan=replace(ENTRY.plan, calls=()), progress={})
    own = replace(own, at=NOW.replace(minute=5), outcome=Outcome.TOLD)
    told = mail(TEXT.replace(ENTRY.id, own.id))
    look = replace(
        OF_THE_LOOK, subject=subject, text=OF_THE_LOOK.text if right else f"Finding {FAILED_LOOK.id}"
    )
    known = {"roles": {"trail_stopped": role}, "calls": ()}
    without = course("", ledger=(item_of(own),), mail=(told,), **known)
    ledger = (item_of(own), item_of(FAILED_LOOK))

    given = course(
        "1.2.refused", ledger=ledger, mail=(told, look), **known, **delivered_to("app-TrailStopped-1")
    )

    assert (said(given, without, "the ledger holds") == []) is right


VOLUME = {"VolumeId": "vol-1"}


def makes(identity, *, number=4, by=1):
    """A snapshot is made of the volume, with the id that AWS draws."""
    made = call("ec2", "CreateSnapshot", VOLUME, number=number, by=by)
    return replace(made, made=(identity,))


def takes_away(snapshot, identity="", number=5):
    """The function deletes what a call made; by its id where the play has not made it."""
    names = {each: name_of(snapshot) for each in snapshot.made} if snapshot else {}
    asked = {"SnapshotId": identity or snapshot.made[0]}
    return replace(call("ec2", "DeleteSnapshot", asked, number=number), names=names)


@pytest.mark.parametrize(
    ("others", "right"),
    [
        ((makes("snap-b"), takes_away(makes("snap-b"))), True),
        ((makes("snap-b"), takes_away(makes("snap-b", by=0))), False),
        ((makes("snap-b"), takes_away(None, "snap-of-before")), False),
    ],
    ids=["its own", "somebody's", "one of before"],
)
def test_what_was_made_in_the_play_is_known_by_who_made_it_of_what(others, right):
    calls = (acts(), sends(), notes())
    without = course("", calls=(*calls, makes("snap-a"), takes_away(makes("snap-a"))))
    given = course(calls=(*calls, *others))

    assert (said(given, without, "nothing is done") == []) is right
    assert (said(given, without, "the end is") == []) is right


@pytest.mark.parametrize(
    ("point", "calls", "right"),
    [
        ("1.4.sent-again", (makes("snap-a"), makes("snap-b", number=5)), True),
        (
            "1.4.sent-again",
            (
                makes("snap-a"),
                makes("snap-b", number=5),
                takes_away(makes("snap-a"), number=6),
                takes_away(makes("snap-b"), number=7),
            ),
            True,
        ),
        ("1.4.sent-again", (makes("snap-a"), makes("snap-b"), makes("snap-c")), False),
        ("1.4.crash-after", (makes("snap-a"), makes("snap-b")), False),
        ("1.5.sent-again", (makes("snap-a"), makes("snap-b")), False),
        ("1.4.sent-again", (makes("snap-a"), makes("snap-b", number=6)), False),
    ],
    ids=["one more", "and taken away", "two more", "no answer lost", "elsewhere", "by the function itself"],
)
def test_what_takes_no_token_may_be_made_once_more_by_botocore(point, calls, right):
    rest = (acts(), sends(), notes())
    without = course("", calls=(*rest, makes("snap-a"), takes_away(makes("snap-a"))))

    assert (said(course(point, calls=(*rest, *calls)), without, "nothing is done") == []) is right


def test_what_takes_a_token_is_made_once_however_often_it_is_sent():
    launch = call("ec2", "RunInstances", {"ImageId": "ami-1"}, number=4)
    rest = (acts(), sends(), notes())

    given = course("1.4.sent-again", calls=(*rest, launch, launch))

    assert said(given, course("", calls=(*rest, launch)), "nothing is done") != []


def denies(until, *, role="web", times=1):
    policy = {"RoleName": role, "PolicyDocument": f'{{"aws:TokenIssueTime": "2026-03-02T{until}Z"}}'}
    return (call("iam", "PutRolePolicy", policy, number=4, by=2),) * times


@pytest.mark.parametrize(
    ("point", "denied", "told", "right"),
    [
        ("1.2.no-sqs", denies("03:25:01"), True, True),
        ("1.2.no-sqs", denies("03:25:01"), False, False),
        ("1.2.throttled", denies("03:25:01"), True, False),
        ("1.2.no-sqs", denies("03:25:01", role="db"), True, False),
        ("1.2.no-sqs", denies("03:25:01", times=2), True, False),
    ],
    ids=["told", "not told", "it passes", "another role", "twice"],
)
def test_the_next_event_may_do_with_its_own_moment_what_was_given_up(point, denied, told, right):
    rest = (acts(), sends(), notes())
    without = course("", calls=(*rest, *denies("03:00:01")))
    more = {"trace": (an_alarm("FunctionErrors1"),)} if told else {}

    given = course(point, **delivered_to("app-TrailStopped-1"), calls=(*rest, *denied), **more)

    assert (said(given, without, "nothing is done") == []) is right


def deletes(name="trail", minute=0, by=0):
    deleted = call("cloudtrail", "DeleteTrail", {"Name": name}, number=0, by=by)
    return replace(deleted, at=NOW.replace(minute=minute))


@pytest.mark.parametrize(
    ("point", "deleted", "right"),
    [
        ("1.0.late", deletes(), True),
        ("1.0.late", deletes(minute=16), False),
        ("1.0.late", deletes("another"), False),
        ("1.0.late", deletes("trai"), False),
        ("1.0.late", deletes(by=2), False),
        ("1.2.throttled", deletes(), False),
    ],
    ids=["gone", "gone later", "another one", "a part of its name", "by us", "in time"],
)
def test_nothing_can_be_done_about_what_is_gone_when_a_late_event_comes(point, deleted, right):
    late = (replace(each, at=NOW.replace(minute=15)) for each in (sends(), notes()))

    given = course(point, calls=(deleted, *late))

    assert (said(given, WITHOUT, "the end is") == []) is right


@pytest.mark.parametrize(
    ("point", "deleted", "about", "right"),
    [
        ("1.0.late", deletes("d-12345"), "detectorId d-12345", True),
        ("1.0.late", deletes("d-12345"), "detectorId d-54321", False),
        ("1.0.late", deletes("another"), "detectorId d-12345", False),
        ("1.0.late", deletes("d-12345", minute=16), "detectorId d-12345", False),
        ("1.2.hang", deletes("d-12345"), "detectorId d-12345", False),
    ],
    ids=["gone", "about another", "another is gone", "gone later", "in time"],
)
def test_what_is_gone_when_a_late_event_comes_is_told_where_else_something_is_done(
    point, deleted, about, right
):
    alert = Alert(severity=Severity.HIGH, title="It was suspended, and is gone", facts=(("About", about),))
    told = replace(ENTRY, outcome=Outcome.TOLD, plan=Plan(alerts=(alert,)), progress={})
    late = (replace(each, at=NOW.replace(minute=15)) for each in (sends(), notes(told)))

    given = course(point, calls=(deleted, *late), ledger=(item_of(told),))

    assert (said(given, WITHOUT, "the ledger holds") == []) is right


@pytest.mark.parametrize(
    ("key", "names", "right"),
    [
        ("arn:aws:events:us-east-1:1:rule/hourly@06:00", "s3://b/digest", True),
        ("arn:aws:events:us-east-1:1:rule/hourly@06:00", "s3://b/another", False),
        ("an event's id", "s3://b/digest", False),
    ],
)
def test_the_next_look_by_the_clock_may_tell_what_was_given_up_before(key, names, right):
    looked = replace(LATER, event_key=key, progress={}, outcome=Outcome.TOLD)

    def tells(what, words, entry=looked):
        return mail(f"It is so\n\nObject:  {what}\n\nFinding {entry.id}", f"HIGH: {words}")

    first, own = tells("s3://b/digest", "It was modified", ENTRY), tells("s3://b/new", "It was moved")
    ledger = (item_of(ENTRY), item_of(looked))
    without = course("", mail=(mail(), first, own), ledger=ledger)
    again = tells(names, "It was modified")

    given = course("1.2.no-sns", mail=(mail(), first, own, again), ledger=ledger)

    assert (said(given, without, "nothing else") == []) is right
