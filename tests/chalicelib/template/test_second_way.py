"""The plain topic, the heartbeat, and the alarms on AWS's own metrics: what each needs, and what not."""

import json
from itertools import chain

import pytest

from chalicelib.catalog import RULES
from chalicelib.matching import EventPattern
from chalicelib.template.parts import logical_id
from scenarios.packaging.sam import sam_template

TEMPLATE = sam_template("prod")
RESOURCES = TEMPLATE["Resources"]
# What must not be needed: our key, our topic, our functions and the queues behind them.
OURS = ("AlertKey", "AlertTopic", "Ledger", "Heartbeat", "HeartbeatRole")
PLAIN = {"Ref": "PlainTopic"}
FUNCTIONS = {name for name, each in RESOURCES.items() if each["Type"] == "AWS::Serverless::Function"}


def alarms_to_the_plain_topic():
    return {
        name: each["Properties"]
        for name, each in RESOURCES.items()
        if PLAIN in each.get("Properties", {}).get("AlarmActions", ())
    }


def test_no_parameter_has_the_name_of_a_resource():
    """CloudFormation refuses it, and a Ref would mean the parameter."""
    assert set(TEMPLATE["Parameters"]) & set(RESOURCES) == set()


def test_the_plain_topic_has_no_key_and_only_this_accounts_alarms_and_rules_publish_to_it():
    alarms, rules, closed = RESOURCES["PlainTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert "KmsMasterKeyId" not in RESOURCES["PlainTopic"]["Properties"]
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    # EventBridge's page shows no condition for topics.
    assert rules["Principal"] == {"Service": "events.amazonaws.com"}
    assert closed["Effect"] == "Deny"


def test_what_notifies_the_plain_topic_is_this_and_each_looks_every_minute():
    alarms = alarms_to_the_plain_topic()

    assert set(alarms) == {
        "DeadLettersAlarm",
        "DeadLettersWaitAlarm",
        "FirstWayTouchedAlarm",
        "FunctionErrors1Alarm",
        "FunctionThrottles1Alarm",
        "HeartbeatAlarm",
        "LostAlarm",
        *(name for name in alarms if name.startswith("Function")),
    }
    periods = [
        part["Period"]
        for each in alarms.values()
        for part in chain([each] if "Period" in each else (), each.get("Metrics", ()))
        if "Period" in part
    ]
    assert set(periods) == {60}


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_that_handles_events_is_counted_and_no_alarm_has_too_many_metrics(metric):
    counted = []
    for name, alarm in alarms_to_the_plain_topic().items():
        if not name.startswith(f"Function{metric}"):
            continue
        queries = [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]
        assert len(queries) <= 10
        assert {each["MetricName"] for each in queries} == {metric}
        counted += [each["Dimensions"][0]["Value"]["Ref"] for each in queries]

    # A rule's function has dead letters, and no more than that: it may not be there.
    of_rules = {logical_id(each.name) for each in RULES}
    assert sorted(counted) == sorted(FUNCTIONS - {"APIHandler", "Heartbeat"} - of_rules)


def test_the_alarm_that_misses_heartbeats_needs_nothing_of_ours_but_what_it_counts():
    alarm = RESOURCES["HeartbeatAlarm"]["Properties"]
    arrived, *counted = alarm["Metrics"]
    rest = json.dumps({**alarm, "Metrics": [arrived]})

    assert not any(f'"{name}"' in rest for name in OURS)
    assert {each["MetricStat"]["Period"] for each in counted} == {arrived["Period"]} == {60}
    assert [each["MetricStat"]["Metric"]["Dimensions"] for each in counted] == [
        [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Heartbeats", "QueueName"]}}],
        *[[{"Name": "FunctionName", "Value": {"Ref": "Heartbeat"}}]] * 2,
    ]
    assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (2, 2)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["AlarmActions"] == [PLAIN]


@pytest.mark.parametrize(
    ("attributes", "taken"),
    [
        pytest.param({"remediation": "heartbeat", "severity": "INFO"}, False, id="the heartbeat"),
        pytest.param({"remediation": "root_login", "severity": "HIGH"}, True, id="an alert"),
        pytest.param({}, True, id="an alarm's own message"),
    ],
)
def test_the_mail_leaves_out_the_heartbeat_alone(attributes, taken):
    policy = RESOURCES["AlertSubscription"]["Properties"]["FilterPolicy"]
    counted = RESOURCES["HeartbeatsSubscription"]["Properties"]["FilterPolicy"]

    assert EventPattern(policy).matches(attributes) is taken
    assert EventPattern(counted).matches(attributes) is (attributes.get("remediation") == "heartbeat")


def test_what_tells_of_a_deleted_stack_outlives_it():
    outliving = ("PlainTopic", "PlainTopicPolicy", "PlainSubscription", "HeartbeatAlarm")

    assert {RESOURCES[name]["DeletionPolicy"] for name in outliving} == {"Retain"}


def test_the_rule_that_carries_the_heartbeat_away_carries_the_calls_about_rules():
    """So that nobody can take the one away and keep the other."""
    pattern = RESOURCES["WatchForward1"]["Properties"]["EventPattern"]

    assert {"source": ["trailwarden.heartbeat"]} in pattern["$or"]
    assert any("aws.events" in each["source"] for each in pattern["$or"])


def test_every_call_that_touches_the_stack_is_forwarded():
    forwarded = json.dumps([each for name, each in RESOURCES.items() if name.startswith("WatchForward")])
    watched = [
        rule["Properties"]["EventPattern"]
        for name, rule in RESOURCES.items()
        if name.startswith("StackChangedTrigger") and "EventPattern" in rule["Properties"]
    ]

    assert watched
    assert [each for each in watched if json.dumps(each) not in forwarded] == []


def test_the_guard_hears_of_each_rule_that_forwards_by_either_of_its_names():
    detail = RESOURCES["WatchForwardGuard"]["Properties"]["EventPattern"]["detail"]
    named = [{"wildcard": {"Fn::Sub": "*${AWS::StackName}-WatchForward*"}}]

    assert detail["$or"] == [{"requestParameters": {field: named}} for field in ("name", "rule")]


def test_what_could_not_be_forwarded_is_kept():
    kept = {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
    forwarding = [
        (name, target)
        for name, each in RESOURCES.items()
        if name.startswith("WatchForward") and each["Type"] == "AWS::Events::Rule"
        for target in each["Properties"]["Targets"]
    ]

    assert len(forwarding) > 5
    assert [name for name, target in forwarding if target["DeadLetterConfig"] != kept] == []


def test_nothing_of_a_heartbeat_is_tried_again():
    function = RESOURCES["Heartbeat"]["Properties"]
    target = RESOURCES["HeartbeatSchedule"]["Properties"]["Target"]

    assert function["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 0}
