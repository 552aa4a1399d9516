"""One change to what all functions have speaks for all; what is a remediation's own is judged alone."""

import pytest

from scenarios.runner.mutate.alike import alike, function_of
from scenarios.runner.mutate.mutants import every_mutant


@pytest.fixture(scope="module")
def every():
    return every_mutant()


def of(every, text, *resources):
    """The changes to these resources whose name ends with the text."""
    found = [each for each in every if each.resource in resources and each.name.endswith(text)]
    assert {each.resource for each in found} == set(resources)
    return found


@pytest.mark.parametrize(
    ("text", "resources"),
    [
        pytest.param("_LEDGER: removed", ("RootLogin", "TableDeleted"), id="a variable"),
        pytest.param("_MODE.Ref: not {}Mode", ("TableDeleted", "TrailStopped"), id="of its own name"),
        pytest.param("'sns:Publish'] removed", ("RootLoginRole", "ErrorBurstRole"), id="a right"),
        pytest.param("DeleteItem'] removed", ("RootLoginRole", "TableDeletedRole"), id="its items"),
    ],
)
def test_the_same_leaf_of_what_all_are_given_is_alike(every, text, resources):
    found = [each for name in resources for each in of(every, text.format(name), name)]

    assert len({alike(each) for each in found}) == 1


OF_TABLE_DELETED = "variable Resources.TableDeleted.Properties.Environment.Variables.TRAILWARDEN"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(f"{OF_TABLE_DELETED}_LEDGER", f"{OF_TABLE_DELETED}_TOPIC_ARN", id="two variables"),
        pytest.param(
            f"{OF_TABLE_DELETED}_ACTS_PER_HOUR: removed",
            f"{OF_TABLE_DELETED}_ACTS_PER_HOUR: another value",
            id="two changes",
        ),
        pytest.param("handler Resources.RootLogin.", "handler Resources.TableDeleted.", id="handlers"),
        pytest.param(
            "pattern Resources.TableDeletedTrigger1.",
            "pattern spoke Resources.TableDeletedForward.",
            id="patterns",
        ),
    ],
)
def test_what_differs_is_judged_by_itself(every, one, other):
    first, second = (next(each for each in every if each.name.startswith(text)) for text in (one, other))

    assert alike(first) != alike(second)


def test_the_calls_in_one_list_of_a_pattern_are_alike_and_those_of_another_rule_are_not(every):
    rules = ("TableDeletedTrigger1", "SecurityGroupOpenedTrigger1")
    names = [
        [
            each
            for each in every
            if each.of == "template" and each.resource == rule and "eventName" in each.path
        ]
        for rule in rules
    ]

    kinds = [{alike(each) for each in those} for those in names]
    assert [len(those) for those in kinds] == [1, 1]
    assert kinds[0] != kinds[1]


@pytest.mark.parametrize("names", ["source", "eventSource"])
def test_so_are_the_services_in_one_list(every, names):
    rule = "DetectorDisabledTrigger2"
    listed = [
        each for each in every if each.resource == rule and each.of == "template" and names in each.path
    ]

    assert len(listed) > 5
    assert len({alike(each) for each in listed}) == 1


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        ("ChatPolicy", ".Roles."),
        ("StackChangedTrigger5", ".keyId."),
        ("APIHandlerWakingPolicy", ".Resource."),
        ("StackChanged", "SEALKEY.Ref: not "),
    ],
)
def test_what_one_list_names_of_each_function_is_alike(every, resource, place):
    listed = [each for each in every if f" Resources.{resource}." in each.name and place in each.name]
    of_functions = [each for each in listed if function_of(each.what.removeprefix("not ").strip("${}"))]

    assert len(of_functions) > 10
    assert len({alike(each) for each in of_functions}) == 1
    others = [each for each in listed if each not in of_functions]
    assert len({alike(each) for each in listed}) == 1 + len(others)


def test_a_right_that_one_role_alone_has_is_alike_to_nothing(every):
    (restores, *_) = of(every, "Allow dynamodb:RestoreTableFromBackup removed", "TableDeletedRole")

    assert {each.resource for each in every if alike(each) == alike(restores)} == {"TableDeletedRole"}
