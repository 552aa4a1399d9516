"""What a run names is what it touches, and what is one reference away."""

import pytest

from scenarios.cloud.kernel.stack import Resource, Stack
from scenarios.runner.library import named
from scenarios.runner.mutate.concerned import record
from scenarios.runner.mutate.touches import PEOPLE, Recording, references

TEMPLATE = {
    "Resources": {
        "Role": {"Type": "AWS::IAM::Role"},
        "Look": {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
        "Rule": {"Type": "AWS::Events::Rule"},
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {"FunctionName": {"Ref": "Look"}, "SourceArn": {"Fn::Sub": "${Rule.Arn}/*"}},
        },
        "Far": {"Type": "AWS::SNS::Topic"},
        "Filter": {"Type": "AWS::Logs::SubscriptionFilter", "Properties": {"LogGroupName": {"Ref": "Group"}}},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Threshold": {"Ref": "Threshold"}}},
    }
}


def stack():
    resources = {
        name: Resource(
            logical_id=name,
            type=each["Type"],
            physical_id=f"stack-{name}-1",
            attributes={"Arn": f"arn:{name}-1"},
            properties={},
        )
        for name, each in TEMPLATE["Resources"].items()
    }
    return Stack(
        name="stack",
        stack_id="id",
        region="us-east-1",
        account="1",
        resources=resources,
        outputs={},
        template=TEMPLATE,
        parameters={"Group": "shop/web", "Threshold": "3"},
    )


def touched(*heard):
    recording = Recording()
    recording.hear(*heard)
    return recording.touched([stack()])


@pytest.mark.parametrize("heard", ["stack-Look-1 failed", {"deep": [{"FunctionName": "arn:Look-1"}]}])
def test_a_resource_is_named_by_its_name_or_its_arn_wherever_it_stands(heard):
    found = touched(heard)

    assert found.named == {"Look"}
    assert found.joined == {"Role", "Permission"}


def test_what_nobody_names_and_nothing_named_refers_to_is_not_touched():
    found = touched("stack-Rule-1")

    assert "Far" not in found.named | found.joined
    assert found.joined == {"Permission"}


def test_a_parameter_joins_what_refers_to_it_by_what_it_was_given():
    """A group that was there before is none of the stack's resources. A threshold's 3 stands anywhere."""
    found = touched({"logGroupName": "shop/web", "limit": "30"})

    assert (found.named, found.joined) == (frozenset(), {"Filter"})


@pytest.mark.slow
def test_what_only_a_check_asks_about_is_touched_as_well():
    (scenario,) = named(["trail_stopped.auditors"])

    assert {"Auditors", "AuditAdministrators"} <= record(scenario).touched.named


def test_a_role_that_was_judged_is_named_with_what_it_asked():
    recording = Recording()
    recording.ask("stack-Role-1", "dynamodb:PutItem")
    recording.ask("somebody", "dynamodb:DeleteTable")

    found = recording.touched([stack()])

    assert found.asked == {("Role", "dynamodb:PutItem"), (PEOPLE, "dynamodb:DeleteTable")}
    assert found.named == {"Role"}


@pytest.mark.slow
def test_an_alarm_that_went_off_is_known_with_the_filter_that_counts_for_it():
    (scenario,) = named(["cis_alarms"])

    touched = record(scenario).touched

    assert touched.alarmed
    assert any(name.endswith("Filter") for name in touched.alarmed)
    assert ("cloudwatch.amazonaws.com", "sns:Publish") in touched.asked


def test_an_alarm_that_is_looked_at_first_has_not_gone_off():
    recording = Recording()
    recording.went_off("stack-Rule-1: INSUFFICIENT_DATA -> OK")
    before = recording.touched([stack()]).alarmed
    recording.went_off("stack-Rule-1: OK -> ALARM")

    assert (before, recording.touched([stack()]).alarmed) == (frozenset(), {"Rule"})


def test_references_are_found_in_every_form():
    part = [{"Ref": "A"}, {"x": {"Fn::GetAtt": ["B", "Arn"]}}, {"Fn::Sub": ["${C}-${D.Arn}-${!E}", {"F": 1}]}]

    assert references(part) == {"A", "B", "C", "D"}


@pytest.mark.slow
def test_a_scenario_touches_the_remediation_it_is_about_and_not_another():
    (scenario,) = named(["root_login"])

    found = record(scenario)

    assert not found.failures
    assert {"RootLogin", "RootLoginRole", "RootLoginTrigger1", "AlertTopic", "Ledger"} <= found.touched.named
    assert {"RootLoginPolicy", "RootUsageFilter"} <= found.touched.named | found.touched.joined
    assert ("RootLoginRole", "sns:Publish") in found.touched.asked
    assert "TableDeletedTrigger1" not in found.touched.named | found.touched.joined
