"""cis_alarms: an alert says who was behind an alarm of the benchmark, and is sent only where it must be."""

import json
import shlex
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import MalformedEvent
from chalicelib.events import alarm_messages
from chalicelib.matching import EventPattern, LogPattern
from chalicelib.remediation import Severity
from chalicelib.remediations.cis_alarms import (
    MISSED_PATTERN,
    REMEDIATION,
    WENT_OFF_OR_WAS_ON,
    Behind,
    SeenCall,
    decide,
    decide_on_call,
    look,
    seen,
)
from chalicelib.remediations.cis_alarms.controls import CIS_CONTROLS, control_of
from tests.chalicelib.remediations.cloudtrail_records import (
    ACCOUNT,
    ADDRESS,
    ALICE,
    ROOT,
    at,
    facts_of,
    only,
    settings,
    typed,
)
from tests.chalicelib.remediations.cloudtrail_records import delivered as record

NOW = at("2026-03-02T03:10:00")
ARN = f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:trailwarden-IAMChangesAlarm"
CONTROLS = {control.name: control for control in CIS_CONTROLS}


def configured(threshold=1, principals="", sources="delivery.logs.amazonaws.com"):
    plain = settings(CIS_TRAIL_GROUP="trail", CIS_THRESHOLD=str(threshold), CIS_EXPECTED_SOURCES=sources)
    return replace(plain, ignored_principals=tuple(filter(None, principals.split(","))))


def message(metric="IAMChanges", **said):
    """What the alarm tells its topic, as Lambda is handed it."""
    text = {
        "AlarmName": "trailwarden-IAMChangesAlarm",
        "AlarmArn": ARN,
        "AWSAccountId": ACCOUNT,
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed",
        "StateChangeTime": "2026-03-02T03:05:15.000+0000",
        "Region": "EU (Ireland)",
        "Trigger": {"MetricName": metric, "Namespace": "Trailwarden/trailwarden", "Period": 300},
        **said,
    }
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "m-1", "Message": json.dumps(text)}}]}


def alarm(metric="IAMChanges", **said):
    raw = message(metric, **said)
    (event,) = REMEDIATION.way_of(raw).parse(raw)
    return event


def call(name="PutUserPolicy", source="iam", **detail):
    return typed(
        record(
            "AWS API Call via CloudTrail",
            f"aws.{source}",
            eventSource=f"{source}.amazonaws.com",
            eventName=name,
            **{"userIdentity": ALICE, **detail},
        )
    )


def told(*calls, metric="IAMChanges", more=False, could_not_read="", **setting):
    """The plan for calls that the log holds."""
    given = configured(**setting)
    found = tuple(seen(each, CONTROLS[metric], given) for each in calls)
    facts = Behind(calls=found, more=more, could_not_read=could_not_read)
    return decide(alarm(metric), facts, NOW, given)


# ---- the controls ---------------------------------------------------------------------------------


def test_the_benchmark_has_fifteen_and_security_hub_fourteen_of_them():
    assert [control.number for control in CIS_CONTROLS] == [f"4.{number}" for number in range(1, 16)]
    assert {control.hub for control in CIS_CONTROLS} == {"", *(f"CloudWatch.{n}" for n in range(1, 15))}
    assert CONTROLS["AWSOrganizationsChanges"].hub == ""


@pytest.mark.parametrize("control", CIS_CONTROLS, ids=lambda control: control.number)
def test_each_pattern_is_one_that_logs_would_take(control):
    assert LogPattern(control.pattern)
    assert len(control.pattern) <= 1024
    assert control_of(control.alarm.metric) is control


def test_an_alarm_of_others_has_no_control():
    assert control_of("ConsoleFailures") is None


# ---- calls that the patterns miss -----------------------------------------------------------------

MISSED = [
    pytest.param(control, source, name, id=name)
    for control in CIS_CONTROLS
    for source, names in [control.missed]
    for name in names
]


@pytest.mark.parametrize(("control", "source", "name"), MISSED)
def test_a_call_that_a_pattern_misses_is_told_under_its_control(control, source, name):
    raw = record(
        "AWS API Call via CloudTrail", "aws.x", eventSource=source, eventName=name, userIdentity=ALICE
    )
    (event,) = REMEDIATION.way_of(raw).parse(raw)

    alert = only(decide_on_call(event, None, NOW, configured()))

    assert EventPattern(MISSED_PATTERN).matches(raw)
    assert not LogPattern(control.pattern).matches(json.dumps(raw["detail"]))
    assert alert.title == f"{control.title}: 1 by user/alice from {ADDRESS}"
    assert facts_of(alert)["Control"].startswith(control.label)


def test_no_rule_asks_for_a_call_of_that_name_at_another_service_or_for_one_that_was_refused():
    raw = record(
        "AWS API Call via CloudTrail", "aws.x", eventSource="s3.amazonaws.com", eventName="CloseAccount"
    )
    refused = record(
        "AWS API Call via CloudTrail",
        "aws.x",
        eventSource="iam.amazonaws.com",
        eventName="SetDefaultPolicyVersion",
        errorCode="AccessDenied",
    )

    assert not EventPattern(MISSED_PATTERN).matches(raw)
    assert not EventPattern(MISSED_PATTERN).matches(refused)


def test_a_missed_call_from_an_expected_address_is_not_told():
    event = call("SetDefaultPolicyVersion")

    assert decide_on_call(event, None, NOW, configured(sources=ADDRESS)).empty


# ---- who ------------------------------------------------------------------------------------------


def test_the_alert_names_actor_address_calls_and_times():
    alert = only(
        told(
            call(eventTime="2026-03-02T03:00:00Z"),
            call(eventTime="2026-03-02T03:01:00Z", eventID="e-2"),
            call("AttachUserPolicy", eventTime="2026-03-02T03:02:00Z", eventID="e-3"),
        )
    )

    facts = facts_of(alert)
    assert alert.severity is Severity.MEDIUM
    assert alert.title == f"IAM policies were changed: 3 by user/alice from {ADDRESS}"
    assert facts["Who"] == f"{ALICE['arn']} from {ADDRESS}: 3"
    assert facts["Calls"] == "iam PutUserPolicy (2), iam AttachUserPolicy"
    assert facts["First"] == "2026-03-02 03:00:00 UTC"
    assert facts["Last"] == "2026-03-02 03:02:00 UTC"
    assert facts["Control"] == "CIS 4.4, Security Hub CloudWatch.4"


def test_several_actors_are_told_the_busiest_first():
    bob = {**ALICE, "arn": f"arn:aws:iam::{ACCOUNT}:user/bob", "userName": "bob"}

    alert = only(told(call(), call(userIdentity=bob, eventID="e-2"), call(userIdentity=bob, eventID="e-3")))

    assert alert.title.endswith(f"3 by user/bob from {ADDRESS} and 1 other")
    assert [fact for label, fact in alert.facts if label == "Who"] == [
        f"{bob['arn']} from {ADDRESS}: 2",
        f"{ALICE['arn']} from {ADDRESS}: 1",
    ]


def test_what_root_did_is_told_louder():
    created = call("CreateAccessKey", userIdentity=ROOT)

    assert only(told(created, metric="RootUsage")).severity is Severity.HIGH


def test_the_command_asks_the_log_the_same_again():
    words = shlex.split(facts_of(only(told(call())))["Look with"])

    assert words[:3] == ["aws", "logs", "filter-log-events"]
    assert words[words.index("--filter-pattern") + 1] == CONTROLS["IAMChanges"].pattern
    assert words[words.index("--region") + 1] == "eu-west-1"


# ---- who must not be reported ---------------------------------------------------------------------------

QUIET = [
    pytest.param([call(source="organizations", name="CreatePolicy")], {}, id="the call of another service"),
    pytest.param([call(errorCode="AccessDenied")], {}, id="a change that was refused changed nothing"),
    pytest.param([call()], {"principals": ALICE["arn"]}, id="an expected principal"),
    pytest.param([call()], {"principals": "arn:aws:iam::*:user/al?ce"}, id="one like an expected principal"),
    pytest.param([call()], {"sources": "203.0.113.*"}, id="an expected source"),
    pytest.param([call(), call(eventID="e-2")], {"threshold": 3}, id="one less than the threshold"),
    pytest.param(
        [call(), call(errorCode="AccessDenied", eventID="e-2"), call(eventID="e-3")],
        {"threshold": 3},
        id="enough to count, too few that mean anything",
    ),
]


@pytest.mark.parametrize(("calls", "setting"), QUIET)
def test_nobody_is_told_of(calls, setting):
    assert told(*calls, **setting).empty


LOUD = [
    pytest.param([call()], {"principals": f"{ALICE['arn']}2"}, "IAMChanges", id="somebody of a longer name"),
    pytest.param([call(errorCode="AccessDenied")], {}, "UnauthorizedAPICalls", id="a refusal that counts"),
    pytest.param([call(), call(eventID="e-2")], {"threshold": 2}, "IAMChanges", id="as many as asked for"),
    pytest.param([call("StopLogging", "cloudtrail")], {}, "CloudTrailCfgChanges", id="its own service"),
]


@pytest.mark.parametrize(("calls", "setting", "metric"), LOUD)
def test_somebody_is_told_of(calls, setting, metric):
    assert only(told(*calls, metric=metric, **setting))


def test_what_was_left_out_is_counted_beside_what_is_told():
    facts = facts_of(only(told(call(), call(errorCode="AccessDenied", eventID="e-2"))))

    assert facts["Left out"] == "1 refused, so nothing was changed"


def test_roots_sign_ins_are_left_to_root_login():
    assert told(call("ConsoleLogin", "signin", userIdentity=ROOT), metric="RootUsage").empty


def test_failed_sign_ins_are_left_to_failed_login():
    assert told(call("ConsoleLogin", "signin"), metric="ConsoleSigninFailures").empty


def test_more_than_could_be_read_is_told_whoever_is_expected():
    alert = only(told(call(), principals=ALICE["arn"], more=True))

    assert "who could not be found" in alert.title


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_an_alarm_that_becomes_quiet_says_nothing(state):
    assert decide(alarm(NewStateValue=state), Behind(), NOW, configured()).empty


def test_the_alarm_of_something_else_says_nothing():
    assert decide(alarm("Strange"), Behind(), NOW, configured()).empty


# ---- while it was on ----------------------------------------------------------------------------------


def milliseconds(moment):
    return int(moment.timestamp() * 1000)


class Logged:
    """A log group with a line from before the alarm went off and one from after; CloudWatch beside it."""

    WENT_OFF = at("2026-03-02T03:02:00")

    def __init__(self, states=("ALARM", "OK")):
        self.states = states

    def client(self, service):
        return self

    def describe_alarm_history(self, **asked):
        assert asked["ScanBy"] == "TimestampDescending"
        changes = [
            {"Timestamp": self.WENT_OFF, "HistorySummary": f"Alarm updated from OK to {each}"}
            for each in self.states
        ]
        return {"AlarmHistoryItems": changes}

    def get_paginator(self, operation):
        return self

    def paginate(self, **asked):
        assert asked["startTime"] < milliseconds(self.WENT_OFF)
        lines = [(-1, "e-1", "told"), (1, "e-2", "untold")]
        return [{"events": [self.line(*each) for each in lines]}]

    def line(self, seconds, event_id, name):
        said = record(
            "AWS API Call via CloudTrail",
            "aws.iam",
            eventSource="iam.amazonaws.com",
            eventName="PutUserPolicy",
            eventID=event_id,
            userIdentity={**ALICE, "arn": name},
        )["detail"]
        came = milliseconds(self.WENT_OFF) + 1000 * seconds
        return {"ingestionTime": came, "message": json.dumps(said)}


def over(**said):
    return alarm(NewStateValue="OK", OldStateValue="ALARM", **said)


def test_who_called_while_the_alarm_was_on_is_told_when_it_is_ok_again():
    facts = look(Logged(), over(), configured())
    said = only(decide(over(), facts, NOW, configured()))

    assert [each.who for each in facts.calls] == ["untold"]
    assert said.title.startswith("Went on: IAM policies were changed: 1 by untold")
    assert facts_of(said)["Was on from"].startswith("2026-03-02 03:02:00 UTC")
    assert facts_of(said)["OK again"] == "2026-03-02 03:05:15 UTC"


def test_an_alarm_of_which_nothing_is_known_that_it_went_off_says_nothing():
    assert decide(over(), look(Logged(states=("OK",)), over(), configured()), NOW, configured()).empty


def test_an_alarm_wakes_the_function_when_it_goes_off_and_when_it_is_ok_again():
    policy = WENT_OFF_OR_WAS_ON["$or"]

    assert {"NewStateValue": ["ALARM"]} in policy
    assert {"OldStateValue": ["ALARM"]} in policy


# ---- when it can't be said --------------------------------------------------------------------------


class Refusing:
    """An AWS that lets nobody read."""

    def client(self, service):
        return self

    def get_paginator(self, operation):
        return self

    def paginate(self, **asked):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "FilterLogEvents")


def test_an_alarm_that_cannot_say_who_is_still_an_alarm():
    facts = look(Refusing(), alarm(), configured())

    alert = only(decide(alarm(), facts, NOW, configured()))

    assert alert.title == "IAM policies were changed: who could not be found"
    words = "could not be read: not allowed to read the log group trail (FilterLogEvents: no)"
    assert facts_of(alert)["Who"] == words


def test_a_reading_that_broke_off_is_told_though_what_it_found_was_expected():
    alert = only(told(call(), principals=ALICE["arn"], more=True, could_not_read="too busy"))

    assert facts_of(alert)["Who"] == "could not be read: too busy"


def test_a_reading_that_broke_off_is_told_with_what_it_found():
    facts = facts_of(only(told(call(), more=True, could_not_read="too busy")))

    assert facts["Who"] == f"{ALICE['arn']} from {ADDRESS}: 1"
    assert facts["Not all"] == "the rest could not be read: too busy"


def test_nothing_in_the_log_is_told_as_that():
    alert = only(decide(alarm(), Behind(), NOW, configured()))

    assert facts_of(alert)["Who"] == "nothing was found in the log for the alarm's time"


def test_calls_of_many_kinds_are_cut_but_counted():
    calls = tuple(
        SeenCall(
            at=NOW, event_id=f"e-{n}", who="eve", root=False, address="", call=f"iam C{n:02d}", region=""
        )
        for n in range(12)
    )

    facts = facts_of(only(decide(alarm(), Behind(calls=calls), NOW, configured())))

    assert facts["Calls"].endswith("iam C07 and 4 other calls")


# ---- the topic's message ------------------------------------------------------------------------------


def test_a_message_is_typed_once_at_the_edge():
    event = alarm()

    assert (event.key, event.region, event.period_seconds) == (
        f"{ARN}@2026-03-02T03:05:15.000+0000",
        "eu-west-1",
        300,
    )


MALFORMED = [
    pytest.param({}, id="no records"),
    pytest.param({"Records": []}, id="none in it"),
    pytest.param({"Records": [{}]}, id="not from a topic"),
    pytest.param({"Records": [{"Sns": {"Message": "hello"}}]}, id="no JSON"),
    pytest.param({"Records": [{"Sns": {"Message": "[]"}}]}, id="no object"),
    pytest.param({"Records": [{"Sns": {"Message": "{}"}}]}, id="no alarm"),
    pytest.param(message(StateChangeTime="yesterday"), id="no time"),
]


@pytest.mark.parametrize("raw", MALFORMED)
def test_what_is_no_alarms_message_is_refused(raw):
    with pytest.raises(MalformedEvent):
        alarm_messages(raw)
