"""A run fails where an alarm or a rule waits for what nothing here emits, unless the scenario answers."""

import json
from dataclasses import replace

import pytest

from scenarios.cloud.deployment import Deployment
from scenarios.runner.run import rehearse
from scenarios.runner.scenario import Scenario, at
from scenarios.runner.show.failure import failure
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.aws_itself import aws_measures, aws_tells
from tests.scenarios.cloud.cloudwatch.alarms.test_unfed import UNFED
from tests.scenarios.cloud.eventbridge.test_unheard import INSPECTOR
from tests.scenarios.cloud.small_worlds import queue, rule

FINDING = dict.fromkeys(("findingArn", "severity", "status", "type", "resources"), "x")
MEASURES = aws_measures("AWS/ELB", "UnHealthyHostCount", 2, LoadBalancerName="web")
TELLS = aws_tells("aws.inspector2", "Inspector2 Finding", FINDING)
SCENARIO = Scenario(name="waits", title="Two wait in vain", when=[], then=[], lasts="05:00")
STACK = {
    **queue(),
    **rule("Findings", INSPECTOR),
    "Unhealthy": {"Type": "AWS::CloudWatch::Alarm", "Properties": UNFED},
}


def rehearsed(scenario, resources=STACK, **more):
    return rehearse(scenario, deployment=Deployment(template=json.dumps({"Resources": resources})), **more)


@pytest.mark.slow
def test_both_fail_the_run_and_say_how_to_answer():
    report = rehearsed(SCENARIO)

    assert not report.passed
    alarm, waiting = report.failures
    assert alarm == (
        "the alarm Unhealthy watches AWS/ELB UnHealthyHostCount by LoadBalancerName, which the simulated AWS "
        "never emits: put it with aws_measures or aws_tells, or name Unhealthy in the scenario's not_emitted"
    )
    assert waiting.startswith("the rule Findings waits for aws.inspector2: Inspector2 Finding, which the ")
    assert [moment.kind for moment in report.timeline][:2] == ["no data", "no event"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"not_emitted": ("Unhealthy", "Findings")}, id="by logical id"),
        pytest.param({"not_emitted": ("unhealthy", "Findings")}, id="by name"),
        pytest.param({"when": [at("01:00", MEASURES, TELLS)]}, id="they are put"),
        pytest.param({"when": [at("01:00", MEASURES)], "not_emitted": ("Findings",)}, id="one of each"),
    ],
)
def test_a_scenario_answers_for_them(answer):
    report = rehearsed(replace(SCENARIO, **answer))

    assert report.failures == ()


@pytest.mark.slow
def test_the_name_that_config_gives_its_recorder_is_no_name_in_other_words():
    """`encryption by default` is not by the recorder."""
    role = "arn:aws:iam::123456789012:role/config"
    resources = {
        "Recorder": {"Type": "AWS::Config::ConfigurationRecorder", "Properties": {"RoleARN": role}},
    }
    action = Actor(name="eve", address="192.0.2.1").calls("ec2", "disable_ebs_encryption_by_default")
    report = rehearsed(replace(SCENARIO, when=[at("01:00", action)]), resources)

    (told,) = (moment.words for moment in report.timeline if moment.kind == "action")
    assert told == "eve calls ec2 disable ebs encryption by default"


@pytest.mark.slow
def test_a_run_that_failed_tells_which_field_kept_a_rule_from_running():
    severe = {**INSPECTOR, "detail": {"severity": [{"numeric": [">", 7]}]}}
    scenario = replace(SCENARIO, when=[at("01:00", TELLS)])
    told = rehearsed(scenario, {**STACK, **rule("Findings", severe)})
    quiet = rehearsed(replace(scenario, not_emitted=("Unhealthy",)), {**STACK, **rule("Findings", severe)})
    asked = rehearsed(
        replace(scenario, not_emitted=("Unhealthy",)), {**STACK, **rule("Findings", severe)}, explained=True
    )

    (near,) = told.near
    assert str(near).startswith(
        "rule Findings in us-east-1 nearly matched Inspector2 Finding: detail.severity: "
    )
    assert str(near) in failure(told, "waits")
    assert quiet.near == ()
    assert asked.near == told.near


@pytest.mark.slow
@pytest.mark.parametrize(
    ("service", "operation", "sentence"),
    [
        ("iamm", "list_users", "boto3 has no service 'iamm'; did you mean iam?"),
        ("iam", "list_uzers", "boto3's client of iam has no method 'list_uzers'; did you mean list_users?"),
    ],
    ids=["service", "operation"],
)
def test_a_call_that_boto3_does_not_have_fails_the_run_in_one_sentence(service, operation, sentence):
    action = Actor(name="eve", address="192.0.2.1").calls(service, operation)
    report = rehearsed(replace(SCENARIO, when=[at("01:00", action)], not_emitted=("Unhealthy", "Findings")))

    assert report.failures == (f"the run stopped: ValueError: {sentence}",)
