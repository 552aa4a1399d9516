"""Where AWS Config isn't recording, and which rules aren't asked: on the simulated AWS, and fact by fact."""

from dataclasses import replace

import pytest

from scenarios.cloud.world import World
from scenarios.doctor.facts import AccountFacts, ConfigRuleNow, Missing, Recording, StackFacts, Unknown
from scenarios.doctor.finding import Standing
from scenarios.doctor.recording_checks import check_recordings, is_recorded
from scenarios.incidents.group_unused import GROUP, INTERFACE
from scenarios.incidents.monitoring_off import INSTANCE
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario
from scenarios.runner.words.recorder import RECORDS, recorder
from tests.scenarios.doctor.test_examination import Patient, words

HOME = "eu-west-1"
STACK = StackFacts(name="trailwarden", region=HOME, account="123456789012", status="UPDATE_COMPLETE")
DENIED = Unknown("not authorized")
ALL = {"name": "default", "roleARN": "arn:r", "recordingGroup": {"allSupported": True}}
RUNS = {"recording": True, "lastStatus": "SUCCESS"}
WELL = Recording(region=HOME, recorder=ALL, status=RUNS, delivery={}, types=(GROUP,))
RULE = ConfigRuleNow(
    name="trailwarden-group_unused",
    state="ACTIVE",
    function="f",
    promised_function="f",
    types=(GROUP,),
    promised_types=(GROUP,),
)


def account(*recordings, rules=()):
    return AccountFacts(stack=STACK, recordings=recordings, config_rules=tuple(rules))


def found(*recordings, rules=()):
    return [(each.standing, each.what) for each in check_recordings(account(*recordings, rules=rules))]


@pytest.mark.parametrize(
    ("changed", "standing", "what"),
    [
        ({}, Standing.WELL, "AWS Config records in eu-west-1"),
        ({"recorder": Missing()}, Standing.UNWATCHED, "no recorder here"),
        ({"recorder": DENIED}, Standing.UNKNOWN, "could not be read: not authorized"),
        ({"status": {"recording": False}}, Standing.UNWATCHED, "is stopped"),
        ({"status": DENIED}, Standing.UNKNOWN, "recorder runs could not be read"),
        (
            {"status": {**RUNS, "lastStatus": "FAILURE", "lastErrorMessage": "no sts"}},
            Standing.UNWATCHED,
            "fails, so some resources keep their old results: no sts",
        ),
        (
            {"recorder": {**ALL, "recordingGroup": {"resourceTypes": [INSTANCE]}}},
            Standing.UNWATCHED,
            f"leaves out {GROUP}",
        ),
        (
            {"recorder": {**ALL, "recordingMode": {"recordingFrequency": "DAILY"}}},
            Standing.ADVICE,
            "once a day",
        ),
        ({"delivery": Missing()}, Standing.UNWATCHED, "no delivery channel"),
        ({"delivery": DENIED}, Standing.UNKNOWN, "delivers could not be read"),
        (
            {"delivery": {"configHistoryDeliveryInfo": {"lastStatus": "FAILURE", "lastErrorCode": "Denied"}}},
            Standing.UNWATCHED,
            "can't deliver its history files: Denied",
        ),
    ],
)
def test_each_thing_that_keeps_config_from_recording_is_a_finding(changed, standing, what):
    ((told, words_told),) = found(replace(WELL, **changed))

    assert told is standing
    assert what in words_told


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({}, None),
        ({"state": "EVALUATING"}, None),
        ({"types": ()}, None),  # all types
        ({"state": Missing()}, "the rule of AWS Config is gone"),
        ({"state": DENIED}, "could not be read"),
        ({"state": "DELETING"}, "is DELETING, so it is not asked"),
        ({"function": "theirs"}, "asks another function: theirs, and not f"),
        ({"types": (INSTANCE,)}, f"no longer asked about {GROUP}"),
        ({"failed": "AccessDenied: no"}, "results are old: AccessDenied: no"),
        ({"mends": False}, "remediation of the rule is gone"),
        ({"mends": DENIED}, "remediation could not be read"),
        ({"mends": True}, None),
    ],
)
def test_each_thing_that_keeps_a_rule_from_being_asked_is_a_finding(changed, what):
    told = found(rules=[replace(RULE, **changed)])

    assert ([what] if what else []) == [what for _, words_told in told if what and what in words_told]
    assert len(told) == (what is not None)


@pytest.mark.parametrize(
    ("group", "kind", "recorded"),
    [
        ({"allSupported": True}, GROUP, True),
        ({"allSupported": True}, "AWS::IAM::User", False),
        ({"allSupported": True, "includeGlobalResourceTypes": True}, "AWS::IAM::User", True),
        ({"resourceTypes": [GROUP]}, GROUP, True),
        ({"resourceTypes": [GROUP]}, INSTANCE, False),
        ({"exclusionByResourceTypes": {"resourceTypes": [GROUP]}}, GROUP, False),
        ({"exclusionByResourceTypes": {"resourceTypes": [GROUP]}}, "AWS::IAM::User", True),
    ],
)
def test_a_recording_group_says_which_types_are_recorded(group, kind, recorded):
    assert is_recorded({"recordingGroup": group}, kind) is recorded


def with_rules(*types):
    scenario = Scenario(
        name="doctor",
        title="nothing happens",
        when=(),
        then=(),
        before=recorder(*types),
        parameters=(
            *RECORDS,
            ("GroupUnusedMode", "enforce"),
            ("Operators", "arn:aws:iam::123456789012:user/alice"),
        ),
    )
    return World(deployment_of(scenario))


@pytest.mark.slow
def test_a_stack_with_rules_is_well_and_then_they_are_blinded_one_by_one():
    with with_rules(GROUP, INTERFACE, INSTANCE) as world:
        each, config = Patient(world), world.client(world.user("mallory"), "config")
        world.run(120)
        at_first = (words(each.examined()), words(each.examined(), Standing.UNKNOWN))
        config.stop_configuration_recorder(ConfigurationRecorderName="default")
        stopped = words(each.examined())
        config.delete_remediation_configuration(ConfigRuleName="trailwarden-group_unused")
        config.delete_config_rule(ConfigRuleName="trailwarden-group_unused")
        changed = words(each.examined())

    assert at_first == ([], [])
    assert len(stopped) == 1
    assert "recorder is stopped" in stopped[0]
    assert "the rule of AWS Config is gone, though the stack has it" in changed


@pytest.mark.slow
def test_types_that_rules_judge_and_nobody_records_are_named():
    with with_rules(GROUP, INTERFACE) as world:
        (left_out,) = words(Patient(world).examined())

    assert left_out == f"AWS Config leaves out {INSTANCE}, which rules of the stack judge"
