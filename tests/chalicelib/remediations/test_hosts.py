"""error_burst, host_pressure, instance_state: what an alarm or an event leaves out is looked up and told."""

import json
import shlex
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from freezegun import freeze_time

from chalicelib.errors import MalformedEvent
from chalicelib.events import alarm_change
from chalicelib.events import instance_state as state_of
from chalicelib.evidence.log_events import MOST_PAGES
from chalicelib.ledger.ledger import Ledger
from chalicelib.matching import EventPattern
from chalicelib.remediation import Severity, Sighting
from chalicelib.remediations import error_burst, host_pressure, instance_state
from chalicelib.template.host import agent_configuration, host
from tests.chalicelib.remediations.cloudtrail_records import (
    ACCOUNT,
    ADDRESS,
    ALICE,
    at,
    delivered,
    facts_of,
    only,
    settings,
)
from tests.moto_alone import moto_alone

NOW = at("2026-03-02T03:10:00")
INSTANCE = "i-0123456789abcdef0"
BURST = settings(ERROR_BURST_GROUP="shop/web", ERROR_BURST_PATTERN='"ERROR: 400"')
STATES = settings(INSTANCE_STATES_TOLD="stopped,terminated")
REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "not yours"}}, "Look")


def alarm_event(name="trailwarden-error-burst", state="ALARM"):
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "account": ACCOUNT,
        "region": "eu-west-1",
        "time": "2026-03-02T03:05:15Z",
        "resources": [f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:{name}"],
        "detail": {
            "alarmName": name,
            "state": {
                "value": state,
                "reason": "Threshold Crossed",
                "timestamp": "2026-03-02T03:05:15.000+0000",
            },
            "configuration": {"metrics": [{"metricStat": {"metric": {"name": "ErrorBurst"}, "period": 300}}]},
        },
    }


class Answering:
    """An AWS whose one client answers what it was given, and remembers what it was asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def client(self, service, region=""):
        self.asked.append((service, region))
        return self

    def get_paginator(self, operation):
        return self

    def paginate(self, **asked):
        return self._answer(asked)

    def __getattr__(self, operation):
        return lambda **asked: self._answer(asked)

    def _answer(self, asked):
        self.asked.append(asked)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


# ---- error_burst ----------------------------------------------------------------------------------


def lines(stream, *seconds):
    start = at("2026-03-02T03:00:00")
    return [
        {"logStreamName": stream, "timestamp": int((start + timedelta(seconds=s)).timestamp() * 1000)}
        for s in seconds
    ]


def burst(*answers, state="ALARM"):
    event = alarm_change(alarm_event(state=state))
    facts = error_burst.look(Answering(*answers), event, BURST)
    return error_burst.decide(event, facts, NOW, BURST)


def test_a_burst_is_told_with_its_streams_the_busiest_first():
    alert = only(burst([{"events": lines("web-1", 0, 5)}, {"events": lines("web-2", 1, 2, 30)}]))

    facts = facts_of(alert)
    assert alert.title == '5 lines with "ERROR: 400" in shop/web in 30 s'
    assert facts["Streams"] == "web-2 (3), web-1 (2)"
    assert (facts["First"], facts["Last"]) == ("2026-03-02 03:00:00 UTC", "2026-03-02 03:00:30 UTC")
    assert '"ERROR: 400"' in shlex.split(facts["Look with"])


def test_no_line_of_a_log_leaves_it_by_an_alert():
    secret = {**lines("web-1", 0)[0], "message": "ERROR: 400 password=hunter2"}

    assert "hunter2" not in str(burst([{"events": [secret]}]))


UNSEEN = [
    pytest.param([], "no such line was found in the log for the alarm's time", id="nothing there"),
    pytest.param(
        REFUSED,
        "could not be read: not allowed to read the log group shop/web (Look: not yours)",
        id="not allowed",
    ),
]


@pytest.mark.parametrize(("answer", "words"), UNSEEN)
def test_a_burst_that_cannot_be_looked_at_is_told_all_the_same(answer, words):
    alert = only(burst(answer))

    assert alert.title == '"ERROR: 400" came up again and again in shop/web'
    assert facts_of(alert)["Where"] == words


def broken_off(*pages):
    """Pages, and then a refusal."""
    yield from pages
    raise REFUSED


def test_a_burst_that_can_be_read_in_part_is_told_as_that():
    alert = only(burst(broken_off({"events": lines("web-1", 0, 5)}, {"events": lines("web-2", 9)})))

    facts = facts_of(alert)
    assert alert.title == '3 or more lines with "ERROR: 400" in shop/web in 9 s'
    assert facts["Streams"] == "web-1 (2), web-2 (1)"
    assert facts["Not all"].startswith(
        "the rest could not be read: not allowed to read the log group shop/web"
    )


def test_only_a_burst_that_cannot_be_read_is_told_with_what_to_mend():
    assert "ErrorBurstGroup" in only(burst(REFUSED)).advice
    assert only(burst([{"events": lines("web-1", 0)}])).advice == ""


def test_a_burst_without_end_is_cut_and_says_so():
    pages = [{"events": lines("web-1", number)} for number in range(MOST_PAGES + 1)]

    assert only(burst(pages)).title.startswith(f"{MOST_PAGES} or more lines")


def test_a_burst_that_is_over_is_not_told():
    assert burst([], state="OK").empty


# ---- host_pressure ----------------------------------------------------------------------------------

PRESSURE = f"trailwarden-host-pressure-{INSTANCE}"
RULE = {"CompositeAlarms": [{"AlarmRule": 'ALARM("cpu") AND ALARM("disk")'}]}
PARTS = {
    "MetricAlarms": [
        {"AlarmName": "cpu", "MetricName": "CPUUtilization", "StateValue": "ALARM", "StateReason": "91 > 70"},
        {
            "AlarmName": "disk",
            "MetricName": "disk_used_percent",
            "StateValue": "ALARM",
            "StateReason": "90 > 85",
        },
    ]
}


def pressed(*answers, state="ALARM"):
    aws = Answering(*answers)
    event = alarm_change(alarm_event(PRESSURE, state))
    return host_pressure.decide(event, host_pressure.look(aws, event, settings()), NOW, settings()), aws


def test_pressure_is_told_with_the_host_and_what_each_part_saw():
    plan, aws = pressed(RULE, PARTS)

    facts = facts_of(only(plan))
    assert facts["Host"] == INSTANCE
    assert [fact for label, fact in only(plan).facts if label == "Part"] == [
        "CPUUtilization: ALARM: 91 > 70",
        "disk_used_percent: ALARM: 90 > 85",
    ]
    assert aws.asked[-1]["AlarmNames"] == ["cpu", "disk"]


GONE = [
    pytest.param({"CompositeAlarms": []}, f"the alarm {PRESSURE} is gone, or names no others", id="gone"),
    pytest.param(REFUSED, "Look: not yours", id="not allowed"),
]


@pytest.mark.parametrize(("answer", "words"), GONE)
def test_pressure_whose_parts_cannot_be_read_is_told_all_the_same(answer, words):
    plan, _ = pressed(answer)

    assert facts_of(only(plan))["Parts"] == f"could not be read: {words}"


def test_pressure_that_is_over_is_not_told():
    assert pressed(RULE, PARTS, state="OK")[0].empty


def test_the_rule_knows_a_hosts_alarm_by_its_name():
    pattern = json.loads(json.dumps(host_pressure.PATTERN).replace("${AWS::StackName}", "trailwarden"))
    pattern["detail"]["alarmName"] = [{"prefix": pattern["detail"]["alarmName"][0]["prefix"]["Fn::Sub"]}]

    assert EventPattern(pattern).matches(alarm_event(PRESSURE))
    assert not EventPattern(pattern).matches(alarm_event("trailwarden-error-burst"))
    assert not EventPattern(pattern).matches(alarm_event(PRESSURE, "OK"))


def test_the_parts_of_a_hosts_alarm_have_no_action_and_the_disks_metric_is_the_agents():
    resources = host()["Resources"]
    agent = json.loads(agent_configuration())["metrics"]

    assert not any("AlarmActions" in resources[name]["Properties"] for name in ("Cpu", "Disk"))
    assert agent["namespace"] == resources["Disk"]["Properties"]["Namespace"]
    assert set(agent["append_dimensions"]) | {"path", "fstype"} == {
        each["Name"] for each in resources["Disk"]["Properties"]["Dimensions"]
    }
    assert agent["metrics_collected"]["disk"]["drop_device"] is True


# ---- instance_state -----------------------------------------------------------------------------------


def changed(state="stopped", **more):
    return {
        "source": "aws.ec2",
        "detail-type": "EC2 Instance State-change Notification",
        "account": ACCOUNT,
        "region": "eu-west-1",
        "time": "2026-03-02T03:00:40Z",
        "resources": [f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/{INSTANCE}"],
        "detail": {"instance-id": INSTANCE, "state": state},
        **more,
    }


def asked_for(name="StopInstances", **detail):
    raw = delivered(
        "AWS API Call via CloudTrail",
        "aws.ec2",
        **{"eventSource": "ec2.amazonaws.com", "eventName": name, "userIdentity": ALICE, **detail},
    )
    return {"CloudTrailEvent": json.dumps(raw["detail"])}


class Noted:
    """A ledger that remembers calls, and an event history beside it."""

    def __init__(self, history, *calls):
        self.history, self.asked = history, []
        with_table = boto3.client("dynamodb", region_name="eu-west-1")
        names = with_table.list_tables()["TableNames"]
        if not names:
            with_table.create_table(
                TableName="ledger",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
                KeySchema=[
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
            )
        Ledger(with_table, "ledger").note("instance_state", calls, timedelta(hours=2))
        self._dynamodb = with_table

    def client(self, service, region=""):
        self.asked.append((service, region))
        return self._dynamodb if service == "dynamodb" else Answering(self.history)


@pytest.fixture(autouse=True)
def account():
    with moto_alone(), freeze_time(NOW.replace(tzinfo=None)):
        yield


def noted(name="StopInstances", who="arn:bob", seconds=-30):
    """A call for a change, so many seconds after it."""
    detail = {"name": name, "who": who, "caller": who, "address": "198.51.100.4"}
    moment = at("2026-03-02T03:00:40") + timedelta(seconds=seconds)
    return Sighting(subject=INSTANCE, id=f"e{seconds}", at=moment, detail=detail)


def told(history, state="stopped", given=STATES, seen=()):
    aws = Noted(history, *seen)
    event = state_of(changed(state))
    facts = instance_state.look_for_cause(aws, event, given)
    return instance_state.decide_on_change(event, facts, NOW, given), aws


SEEN = [
    pytest.param([noted()], "arn:bob", id="the call that asked for it"),
    pytest.param([noted(seconds=-600, who="arn:eve"), noted()], "arn:bob", id="the newest of two"),
    pytest.param([noted("StartInstances")], ALICE["arn"], id="another call, so the history is asked"),
    pytest.param([noted(seconds=5)], ALICE["arn"], id="a call after the change, likewise"),
]


@pytest.mark.parametrize(("seen", "who"), SEEN)
def test_a_call_that_was_noted_names_the_caller_at_once(seen, who):
    plan, _ = told({"Events": [asked_for()]}, seen=seen)

    assert facts_of(only(plan))["Who"] == who


def test_a_stop_is_told_with_who_asked_for_it():
    plan, _ = told({"Events": [asked_for()]})

    alert = only(plan)
    facts = facts_of(alert)
    assert alert.severity is Severity.INFO
    assert alert.title == f"Instance {INSTANCE} is stopped, by user/alice"
    assert facts["From"] == ADDRESS
    assert facts["Call"] == "StopInstances at 2026-03-02 03:00:00 UTC"


NOT_THE_CAUSE = [
    pytest.param(asked_for("StartInstances"), id="another call"),
    pytest.param(asked_for(errorCode="Client.UnauthorizedOperation"), id="a call that was refused"),
    pytest.param(asked_for(eventTime="2026-03-02T03:00:41Z"), id="a call after the change"),
    pytest.param({"CloudTrailEvent": "{}"}, id="no record"),
]


@pytest.mark.parametrize("found", NOT_THE_CAUSE)
def test_what_explains_nothing_names_nobody(found):
    plan, _ = told({"Events": [found]})

    assert facts_of(only(plan))["Who"] == "no call for it is known yet"


def test_the_newest_call_is_the_cause():
    bob = {**ALICE, "arn": f"arn:aws:iam::{ACCOUNT}:user/bob"}
    earlier = asked_for(eventTime="2026-03-02T02:59:00Z", userIdentity=bob, eventID="e-0")

    plan, _ = told({"Events": [earlier, asked_for()]})

    assert facts_of(only(plan))["Who"] == ALICE["arn"]


def test_a_history_that_cannot_be_read_is_told_as_that():
    plan, _ = told(REFUSED)

    assert facts_of(only(plan))["Who"] == "could not be read: Look: not yours"


def test_a_state_that_settings_do_not_name_is_neither_told_nor_looked_up():
    plan, aws = told({"Events": []}, state="running")

    assert plan.empty
    assert not aws.asked


def test_an_expected_callers_doing_is_not_told():
    plan, _ = told({"Events": [asked_for()]}, given=replace(STATES, ignored_principals=(ALICE["arn"],)))

    assert plan.empty


def test_a_call_is_noted_for_each_of_its_instances_and_tells_nothing_itself():
    named = {"instancesSet": {"items": [{"instanceId": INSTANCE}, {"instanceId": "i-2"}, {}, "odd"]}}
    raw = json.loads(asked_for(requestParameters=named)["CloudTrailEvent"])
    (call,) = instance_state.parse_call({"detail": raw})

    found = instance_state.sightings(call)

    assert [(each.subject, each.detail["name"]) for each in found] == [
        (INSTANCE, "StopInstances"),
        ("i-2", "StopInstances"),
    ]
    assert told_of(Noted({"Events": []}), call).empty


def late_call(name="StopInstances", seconds=0, instances=(INSTANCE,)):
    """A call whose record comes in only now; its own time is so many seconds after the change."""
    named = {"instancesSet": {"items": [{"instanceId": each} for each in instances]}}
    raw = json.loads(asked_for(name, requestParameters=named)["CloudTrailEvent"])
    (call,) = instance_state.parse_call({"detail": raw})
    moment = at("2026-03-02T03:00:40") + timedelta(seconds=seconds)
    return replace(call, at=moment)


def begun(aws, raw):
    """What the runtime does before it looks."""
    event, (way, *_) = state_of(raw), instance_state.REMEDIATION.ways
    Ledger(aws.client("dynamodb"), "ledger").note(
        "instance_state", way.sightings(event) if way.sightings else (), way.sightings_kept
    )
    return event


def told_nameless(aws, state="stopped", given=STATES, raw=None):
    """A change goes by, perhaps without a call that explains it."""
    event = begun(aws, raw or changed(state))
    facts = instance_state.look_for_cause(aws, event, given)
    instance_state.note_named(aws, event, facts, given)


def told_of(aws, call, given=STATES):
    return instance_state.decide_on_call(call, instance_state.look_for_changes(aws, call, given), NOW, given)


@pytest.mark.parametrize(
    "history",
    [
        pytest.param({"Events": []}, id="no call was known"),
        pytest.param(REFUSED, id="none could be looked for"),
    ],
)
def test_a_call_that_comes_in_after_its_change_was_told_is_told_on_its_own(history):
    aws = Noted(history)
    told_nameless(aws)
    alert = only(told_of(aws, late_call(seconds=-50)))

    said = facts_of(alert)
    assert alert.severity is Severity.INFO
    assert alert.title == f"Instance {INSTANCE} was stopped by user/alice"
    assert "alice" in said["Who"]
    assert said["Told before"] == f"{INSTANCE} is stopped (2026-03-02 03:00:40 UTC)"
    assert said["Call"] == "StopInstances at 2026-03-02 02:59:50 UTC"


def test_a_call_that_comes_in_while_its_change_has_yet_to_be_told_is_told():
    """The run of the change has decided without it, and may have died: its retry tells what it decided."""
    aws = Noted({"Events": []})
    event = begun(aws, changed("stopped"))
    assert instance_state.look_for_cause(aws, event, STATES).at is None

    alert = only(told_of(aws, late_call(seconds=-50)))

    assert alert.title.startswith(f"Instance {INSTANCE} was stopped by")


def test_one_call_for_many_instances_is_told_once():
    aws, other = Noted({"Events": []}), "i-0fedcba9876543210"
    told_nameless(aws, "terminated")
    told_nameless(aws, raw=changed("terminated", detail={"instance-id": other, "state": "terminated"}))
    alert = only(told_of(aws, late_call("TerminateInstances", -50, (INSTANCE, other, "i-3"))))

    assert alert.severity is Severity.LOW
    assert alert.title.startswith("2 instances were terminated by")
    assert INSTANCE in facts_of(alert)["Told before"]
    assert other in facts_of(alert)["Told before"]


@pytest.mark.parametrize(
    ("call", "given"),
    [
        pytest.param(late_call("TerminateInstances", -50), STATES, id="a call for another change"),
        pytest.param(late_call(seconds=1), STATES, id="a call after the change"),
        pytest.param(late_call(seconds=-20 * 60 - 1), STATES, id="a call long before it"),
        pytest.param(late_call(seconds=-50, instances=("i-2",)), STATES, id="a call about another instance"),
        pytest.param(
            late_call(seconds=-50),
            replace(STATES, ignored_principals=(ALICE["arn"],)),
            id="an expected caller",
        ),
    ],
)
def test_another_call_tells_nothing_of_a_change_that_went_nameless(call, given):
    aws = Noted({"Events": []})
    told_nameless(aws)

    assert told_of(aws, call, given).empty


@pytest.mark.parametrize(
    ("history", "state"),
    [
        pytest.param({"Events": [asked_for()]}, "stopped", id="its caller was known"),
        pytest.param({"Events": []}, "running", id="nobody was told of it"),
    ],
)
def test_a_change_that_was_not_told_nameless_is_not_told_again(history, state):
    aws = Noted(history)
    told_nameless(aws, state)
    name = "StopInstances" if state == "stopped" else "StartInstances"

    assert told_of(aws, late_call(name, -50)).empty


LAUNCHED = [
    pytest.param("RunInstances", "responseElements", id="a launch names them in the answer"),
    pytest.param("StartInstances", "requestParameters", id="a start in the question"),
]


@pytest.mark.parametrize(("name", "part"), LAUNCHED)
def test_where_a_call_names_its_instances(name, part):
    raw = json.loads(
        asked_for(name, **{part: {"instancesSet": {"items": [{"instanceId": INSTANCE}]}}})["CloudTrailEvent"]
    )
    (call,) = instance_state.parse_call({"detail": raw})

    assert call.instances == (INSTANCE,)


MALFORMED = [
    pytest.param(changed(detail={}), id="no instance"),
    pytest.param(changed(detail={"instance-id": INSTANCE}), id="no state"),
    pytest.param(changed(time="soon"), id="no time"),
    pytest.param({}, id="nothing"),
]


@pytest.mark.parametrize("raw", MALFORMED)
def test_what_is_no_change_of_an_instance_is_refused(raw):
    with pytest.raises(MalformedEvent):
        state_of(raw)


def test_the_key_tells_two_changes_apart_and_one_delivered_twice_not():
    first, again, later = (state_of(raw) for raw in (changed(), changed(), changed("running")))

    assert first.key == again.key
    assert first.key != later.key
