"""Which scenarios a changed leaf meets, in which order, and what is said of what survives."""

import re
import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from scenarios.runner.library import library, named
from scenarios.runner.mutate import command, mutants
from scenarios.runner.mutate.alike import alike
from scenarios.runner.mutate.concerned import Recorded, concerned, has, in_turns
from scenarios.runner.mutate.excuses import ALLOWED, excuse
from scenarios.runner.mutate.judge import MutantResult, judge
from scenarios.runner.mutate.mutants import every_mutant
from scenarios.runner.mutate.statements import listed
from scenarios.runner.mutate.touches import PEOPLE, Touched
from tests import ctrl_c


@pytest.fixture(scope="module")
def every():
    return every_mutant()


def mutant(every, text):
    return next(each for each in every if text in each.name)


def statement(policy, *actions):
    """How mutants name the first statement of a policy that allows just these actions.

    Its number changes with what else the policy allows.
    """
    resource, _, place = policy.partition(".")
    node = mutants.templates()["template"]["Resources"][resource]["Properties"]
    for part in place.split("."):
        node = node[int(part) if part.isdigit() else part]
    allowed = [listed(each, "Action") for each in node["PolicyDocument"]["Statement"]]
    return f"{resource}.Properties.{place}.PolicyDocument.Statement.{allowed.index(list(actions))}"


WOKEN = ("events.amazonaws.com", "lambda:InvokeFunction")


def recorded(seconds=1.0, *, named=(), joined=(), asked=(), alarmed=(), called=(), by_people=()):
    touched = Touched(
        named=frozenset(named),
        joined=frozenset(joined),
        asked=frozenset(asked),
        alarmed=frozenset(alarmed),
        called=frozenset(called),
        by_people=frozenset(by_people),
    )
    return Recorded(touched=touched, seconds=seconds)


def names(scenarios):
    return [each.name for each in scenarios]


@pytest.mark.slow
def test_every_change_has_its_order(every):
    known = {"root_login": recorded(named=[each.resource for each in every])}

    met = {each.of for each in every if names(concerned(each, known)) == ["root_login"]}

    assert met == {"template", "host"}


def test_all_four_templates_are_changed(every):
    assert {each.of for each in every} == {"template", "spoke", "before", "host"}
    assert len({each.name for each in every}) == len(every)


@pytest.mark.slow
def test_what_a_role_may_meets_only_where_it_asked_for_that(every):
    removed = mutant(every, "action Resources.RootLoginRole.Properties.Policies")
    action = removed.what.split()[1].strip("[']")
    trusted = mutant(every, "action Resources.RootLoginRole.Properties.AssumeRolePolicyDocument")
    known = {
        "root_login": recorded(named=["RootLoginRole"]),
        "cis_alarms": recorded(9, named=["RootLoginRole"], asked=[("RootLoginRole", action)]),
        "table_deleted": recorded(named=["RootLoginRole"], asked=[("RootLoginRole", "sts:Other")]),
    }

    assert names(concerned(removed, known)) == ["cis_alarms"]
    assert set(names(concerned(trusted, known))) == set(known)


def test_whoever_asked_the_action_comes_first_then_who_names_the_resource(every):
    removed = mutant(every, "action Resources.RootLoginPolicy")
    by_people = [(PEOPLE, "lambda:InvokeFunction")]
    known = {
        "table_deleted": recorded(joined=["RootLoginPolicy"], asked=by_people),
        "root_login": recorded(named=["RootLoginPolicy"], asked=by_people),
        "cis_alarms": recorded(9, named=["RootLoginPolicy"], asked=[WOKEN]),
        "dead_letters": recorded(asked=[WOKEN]),
    }

    assert names(concerned(removed, known)) == ["cis_alarms", "root_login", "table_deleted"]


def test_who_is_called_like_the_resource_comes_before_who_touches_more_that_it_refers_to(every):
    removed = mutant(
        every, "variable Resources.RootLogin.Properties.Environment.Variables.TRAILWARDEN_LEDGER"
    )
    known = {
        "table_deleted": recorded(named=["RootLogin", "Ledger", "AlertTopic"]),
        "root_login": recorded(9, named=["RootLogin"]),
    }

    assert names(concerned(removed, known)) == ["root_login", "table_deleted"]


def test_a_functions_policy_meets_whoever_touches_what_it_joins(every):
    removed = mutant(every, "action Resources.RootLoginPolicy")
    known = {
        "root_login": recorded(joined=["RootLoginPolicy"], asked=[WOKEN]),
        "table_deleted": recorded(named=["TableDeleted"], asked=[WOKEN]),
        "cis_alarms": recorded(named=["RootLoginPolicy"]),
    }

    assert names(concerned(removed, known)) == ["root_login"]


def test_a_spokes_change_meets_only_who_deploys_it(every):
    changed = next(each for each in every if each.of == "spoke")
    (home,) = named(["root_login"])
    (elsewhere,) = named(["root_login.elsewhere"])

    assert [has(changed, each) for each in (home, elsewhere)] == [False, True]


@pytest.mark.slow
def test_a_branch_that_conditions_leave_out_meets_only_who_takes_it(every):
    """`Fn::If: [OwnTrail, TrailGroup, ExistingTrailGroup]`: nobody sees both."""
    own = mutant(every, "RouteTableChangesFilter.Properties.LogGroupName.Fn::If.1")
    existing = mutant(every, "RouteTableChangesFilter.Properties.LogGroupName.Fn::If.2")
    there = next(each for each in library() if dict(each.parameters).get("ExistingTrailGroup"))
    (plain,) = named(["root_login"])

    assert [has(own, each) for each in (plain, there)] == [True, False]
    assert [has(existing, each) for each in (plain, there)] == [False, True]


@pytest.mark.slow
def test_the_first_to_notice_is_the_last_to_run(every):
    broken = mutant(every, "handler Resources.RootLogin.")
    scenarios = named(["root_login", "table_deleted"])

    verdict = judge(broken, scenarios)

    assert verdict.killed_by.startswith("root_login: ")
    assert verdict.met == 1


@pytest.mark.slow
def test_what_nobody_notices_has_met_everybody(every):
    broken = mutant(every, "handler Resources.RootLogin.")

    assert judge(broken, named(["table_deleted"])) == replace(
        judge(broken, ()), met=1, seconds=pytest.approx(0, abs=60)
    )


def test_a_survivor_needs_a_reason_and_a_record_that_missed_one_fails(capsys):
    dead = MutantResult("action A", "root_login: no alert", 1, 1.0)
    excused = MutantResult("reference Resources.RestAPI.Properties", "", 1, 1.0, "not simulated")

    assert command._report([dead, excused], [excused], 10) == 0
    assert "killed 1 / 2, 0 unexplained, in 10 s" in capsys.readouterr().out
    assert command._report([MutantResult("action B", "", 3)], [], 10) == 1
    assert "SURVIVED action B (3 scenarios)" in capsys.readouterr().out
    assert command._report([excused], [replace(excused, killed_by="root_login: late")], 10) == 1
    assert "MISSED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("APIHandlerWakingPolicy", "what the API's function knows", id="by its name"),
        pytest.param("AgentConfiguration.Properties.Name", "a resource's own name", id="a name"),
        pytest.param("InstanceStateEventsPolicy.Properties.PolicyName", "a resource's own", id="another"),
        pytest.param("ErrorBurstAlarm.Properties.AlarmName", "", id="a name that a rule spells too"),
        pytest.param("RootUsageFilter.Properties.LogGroupName", "", id="no name of its own"),
        pytest.param(
            "RootLoginRole.Properties.Policies.0.PolicyDocument.Statement.0.", "", id="a role's own"
        ),
        pytest.param("TellingSealKey.Properties.KeyPolicy.Statement.0.Action", "who may manage", id="a key"),
        pytest.param("TellingSealKey.Properties.KeyPolicy.Statement.1", "", id="who may use a key"),
        pytest.param("pattern spoke Resources.RootLoginForward.", "a spoke's rule", id="judged at home"),
        pytest.param("pattern spoke Resources.StackChangedForward.", "", id="a pattern of the spoke's own"),
        pytest.param("pattern Resources.RootLoginTrigger1.", "", id="at home"),
    ],
)
def test_what_may_survive_says_why(every, text, said):
    found = excuse(mutant(every, text))

    assert found.startswith(said) if said else not found


# Where the policy stands that lets each act.
TABLE_DELETED, TRAIL_STOPPED = (
    f"{role}.Policies.1.Fn::If.1" for role in ("TableDeletedRole", "TrailStoppedRole")
)


@pytest.mark.parametrize(
    ("policy", "action", "part", "said"),
    [
        pytest.param(TABLE_DELETED, "dynamodb:Query", ": Allow", "another", id="twice"),
        pytest.param(TABLE_DELETED, "dynamodb:Query", ".Resource", "another", id="its part"),
        pytest.param(TABLE_DELETED, "ssm:GetParameters", ": Allow", "", id="once"),
        pytest.param(TRAIL_STOPPED, "iam:PassRole", ": Allow", "", id="alone"),
        pytest.param(TRAIL_STOPPED, "dynamodb:Query", ": Allow", "", id="where no table is"),
    ],
)
def test_a_statement_may_be_removed_where_another_allows_the_same(every, policy, action, part, said):
    found = excuse(mutant(every, statement(policy, action) + part))

    assert found.startswith(said) if said else not found


@pytest.mark.parametrize("pattern", ALLOWED)
def test_each_reason_is_still_about_something(every, pattern):
    assert any(re.search(pattern, each.name) for each in every)


FUNCTIONS = ("RootLogin", "TableDeleted", "TrailStopped")


@pytest.fixture
def of_functions(every, monkeypatch):
    """The same change to three functions; TableDeleted is met by most scenarios, RootLogin by none."""
    removed = "Environment.Variables.TRAILWARDEN_LEDGER: removed"
    chosen = [mutant(every, f"variable Resources.{name}.Properties.{removed}") for name in FUNCTIONS]
    did = {"cis_alarms": [("TrailStoppedRole", "sns:Publish")]}
    known = ("root_login", "cis_alarms", "trail_stopped")
    monkeypatch.setattr(command, "_RECORDED", {name: recorded(asked=did.get(name, ())) for name in known})
    met = {
        "RootLogin": [],
        "TableDeleted": ["root_login", "cis_alarms", "trail_stopped"],
        "TrailStopped": ["trail_stopped", "cis_alarms"],
    }
    monkeypatch.setattr(command, "_WORK", command._groups(chosen))
    monkeypatch.setattr(command, "concerned", lambda mutant, _: list(named(met[mutant.resource])))
    return chosen


def noticing(monkeypatch, *functions):
    """Scenarios notice the change to these functions; returns whose changes were judged."""
    judged = []

    def judge_(mutant, scenarios):
        judged.append((mutant.resource, names(scenarios)))
        killed_by = "a scenario: no alert" if mutant.resource in functions else ""
        return MutantResult(mutant.name, killed_by, len(scenarios), 1.0, command.excuse(mutant))

    monkeypatch.setattr(command, "judge", judge_)
    return judged


def test_the_same_leaf_of_all_functions_is_judged_once(of_functions, monkeypatch):
    judged = noticing(monkeypatch, *FUNCTIONS)

    verdicts = command._by_number(0)

    assert [resource for resource, _ in judged] == ["TableDeleted"]
    assert {each.name for each in verdicts} == {each.name for each in of_functions}
    assert not any(each.survived for each in verdicts)
    assert [each.killed_by for each in verdicts[1:]] == [f"a scenario: no alert (of {verdicts[0].name})"] * 2


def test_where_the_first_is_not_noticed_the_next_is_judged(of_functions, monkeypatch):
    judged = noticing(monkeypatch, "TrailStopped")

    verdicts = command._by_number(0)

    assert [resource for resource, _ in judged] == ["TableDeleted", "TrailStopped"]
    assert len(verdicts) == 3
    assert not any(each.survived for each in verdicts)
    assert sum(each.seconds for each in verdicts) == 2


def test_where_none_is_noticed_each_scenario_meets_the_nearest_and_then_others(of_functions, monkeypatch):
    judged = noticing(monkeypatch)

    verdicts = command._by_number(0)

    assert judged == [
        ("TableDeleted", ["root_login"]),
        ("TrailStopped", ["trail_stopped", "cis_alarms"]),  # called like it; its function did most there
        ("TableDeleted", ["cis_alarms", "trail_stopped"]),
    ]
    assert {each.name.split(".")[1]: (each.survived, each.met) for each in verdicts} == {
        "RootLogin": (True, 0),
        "TableDeleted": (True, 3),
        "TrailStopped": (True, 2),
    }


def test_those_that_may_survive_are_not_tried_where_others_may_not(of_functions, monkeypatch):
    judged = noticing(monkeypatch, "TrailStopped")
    monkeypatch.setattr(command, "excuse", lambda each: "a reason" if each.resource == "TableDeleted" else "")

    verdicts = command._by_number(0)

    assert [resource for resource, _ in judged] == ["TrailStopped"]
    assert not any(each.survived for each in verdicts)


def test_where_all_may_survive_one_is_provisioned_and_run_once(of_functions, monkeypatch):
    judged = noticing(monkeypatch)
    monkeypatch.setattr(command, "excuse", lambda _: "a reason")
    monkeypatch.setattr(command, "_WORK", [of_functions[1:]])

    verdicts = command._by_number(0)

    assert [(resource, len(scenarios)) for resource, scenarios in judged] == [("TableDeleted", 1)]
    assert {each.excuse for each in verdicts} == {"a reason"}


@pytest.mark.parametrize(
    ("resource", "changed", "touched"),
    [
        pytest.param(
            "BackupMissingTrigger3",
            "eventName.2: 'CreateBackup' changed",
            {"asked": [("BackupMissingRole", "dynamodb:CreateBackup")]},
            id="by the action that was asked",
        ),
        pytest.param(
            "BackupMissingTrigger3",
            "source.1: 'aws.dynamodb' changed",
            {"asked": [("BackupMissingRole", "dynamodb:CreateBackup")]},
            id="by the service that was asked",
        ),
        pytest.param(
            "CisAlarmsTrigger2",
            "'DeleteBucketPublicAccessBlock' changed",
            {"called": ["DeleteBucketPublicAccessBlock"]},
            id="by CloudTrail's name, where IAM has another",
        ),
        pytest.param(
            "StackChanged",
            "SEALKEY.Ref: not TableDeletedSealKey",
            {"named": ["TableDeletedSealKey", "TableDeletedRole"]},
            id="by the resource that is referred to",
        ),
        pytest.param(
            "InstructionKey",
            "not ['TableDeletedRole', 'Arn']",
            {"named": ["TableDeletedRole"]},
            id="by the one that an attribute is asked of",
        ),
        pytest.param(
            "StackChangedTrigger5",
            "suffix.Ref: not TableDeletedSealKey",
            {
                "named": ["TableDeletedSealKey", "TrailStoppedSealKey"],
                "asked": [("TrailStoppedRole", "kms:GenerateMac")],
                "by_people": ["TableDeletedSealKey"],
            },
            id="by the one that people named, where functions named others",
        ),
    ],
)
def test_a_scenario_meets_first_what_it_called_or_touched(every, resource, changed, touched):
    rule = [each for each in every if each.of == "template" and each.resource == resource]
    alike_ones = [each for each in rule if alike(each) == alike(mutant(rule, changed))]
    (scenario,) = named(["root_login"])

    met = [(each, [scenario]) for each in alike_ones]
    first, _ = next(in_turns(met, {"root_login": recorded(**touched)}, most=1))

    assert len(alike_ones) > 1
    assert first.name.endswith(changed)


def test_no_more_than_so_many_runs_follow_the_nearest(of_functions, monkeypatch):
    judged = noticing(monkeypatch)
    monkeypatch.setattr(command, "_RUNS_OF_ALIKE", 3)

    command._by_number(0)

    assert sum(len(scenarios) for _, scenarios in judged) == 3


def test_what_only_one_of_them_has_is_judged_by_itself(every):
    own = "Statement.2.Action.0: Allow dynamodb:RestoreTableFromBackup removed"
    chosen = [mutant(every, own), mutant(every, "handler Resources.RootLogin."), mutant(every, "pattern ")]

    assert [len(each) for each in command._groups(chosen)] == [1, 1, 1]


def test_progress_says_what_is_killed_and_how_long_it_takes():
    verdicts = [MutantResult("a", "x"), MutantResult("b", "")]

    assert command._progress(verdicts, 10, 60) == "killed 1 / 2, 10 in all, 4 min left"


def test_a_filters_change_meets_first_whose_alarm_went_off(every):
    changed = mutant(every, "RouteTableChangesFilter.Properties.MetricTransformations")
    filters = [changed.resource]
    known = {
        "root_login": recorded(1, named=filters),
        "cis_alarms": recorded(9, joined=filters, alarmed=filters),
    }

    assert names(concerned(changed, known)) == ["cis_alarms", "root_login"]


@pytest.mark.parametrize(
    "text", ["AlertTopicPolicy.Properties.Topics", "AlertTopicPolicy.*Allow sns:Publish"]
)
def test_a_topics_policy_meets_first_whoever_a_service_published_for(every, text):
    changed = next(each for each in every if re.search(text, each.name))
    known = {
        "root_login": recorded(1, named=["AlertTopicPolicy"], asked=[("LedgerRole", "sns:Publish")]),
        "cis_alarms": recorded(
            9, joined=["AlertTopicPolicy"], asked=[("cloudwatch.amazonaws.com", "sns:Publish")]
        ),
    }

    assert names(concerned(changed, known)) == ["cis_alarms", "root_login"]


def test_a_statement_meets_first_where_its_rule_and_its_function_were_at_work(every):
    removed = mutant(every, "action Resources.TrailStoppedPolicy.Properties.PolicyDocument.Statement.2")
    known = {
        "trail_stopped.refused": recorded(
            1, joined=[removed.resource], named=["TrailStopped"], asked=[WOKEN]
        ),
        "trail_stopped": recorded(
            9, joined=[removed.resource], named=["TrailStopped", "TrailStoppedTrigger3"], asked=[WOKEN]
        ),
    }

    assert names(concerned(removed, known)) == ["trail_stopped", "trail_stopped.refused"]


def test_a_parameter_is_changed_for_one_of_another_value():
    template = {
        "Parameters": {
            "Group": {"Type": "String", "Default": "none"},
            "Bucket": {"Type": "String", "Default": "none"},
            "Mode": {"Type": "String", "Default": "observe"},
        }
    }

    assert mutants._instead(template, "Group") == {"Ref": "Mode"}


def test_a_role_is_changed_for_one_of_other_rights_or_for_nothing():
    role = {"Type": "AWS::IAM::Role", "Properties": {"Path": "/"}}
    twins = {"Own": role, "Twin": role}

    assert mutants._instead({"Resources": twins}, "Own", "Arn") == mutants.NEVER
    other = {"Type": "AWS::IAM::Role", "Properties": {"Path": "/other/"}}
    changed = mutants._instead({"Resources": {**twins, "Other": other}}, "Own", "Arn")
    assert changed == {"Fn::GetAtt": ["Other", "Arn"]}


def test_a_resource_is_changed_for_one_that_is_there_whenever_it_is():
    """Else nobody would notice but a stack that can't be made, under parameters that nobody asked about."""
    group = {"Type": "AWS::Logs::LogGroup"}
    resources = {"Own": group, "Theirs": {**group, "Condition": "OwnTrail"}, "Another": group}

    assert mutants._instead({"Resources": resources}, "Own") == {"Ref": "Another"}


def test_a_keys_policy_meets_only_where_somebody_was_judged_for_it(every):
    changed = mutant(every, "action Resources.TellingSealKey.Properties.KeyPolicy.Statement.0.Action.0")
    key = [changed.resource]
    known = {
        "root_login": recorded(1, named=key),
        "table_deleted.hostile": recorded(9, named=key, asked=[(PEOPLE, "kms:CancelKeyDeletion")]),
    }

    assert names(concerned(changed, known)) == ["table_deleted.hostile"]


def _at_once(number):
    return [MutantResult(name=str(number), killed_by="root_login: noticed", met=1, seconds=0.0)]


@pytest.mark.slow
def test_a_run_whose_time_is_over_keeps_what_is_judged_so_far(every, monkeypatch):
    monkeypatch.setattr(command, "_by_number", _at_once)

    whole = command._all(every[:20], {}, 1)
    stopped = command._all(every[:20], {}, 1, until=0.001)

    assert [each.name for each in whole] == [str(number) for number in range(20)]
    assert 0 < len(stopped) < 20


def test_ctrl_c_while_it_loads_ends_it_in_one_line(monkeypatch, capsys):
    ctrl_c.comes_with_the_import_of(command.__name__, monkeypatch)

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(Path(command.__file__).with_name("__main__.py")), run_name="__main__")

    assert (ended.value.code, capsys.readouterr().err) == (130, "interrupted\n")
