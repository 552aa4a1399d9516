"""`make ask-aws`: the script that holds the switches against a real account, tried on the simulated one."""

from dataclasses import replace

import pytest

from scenarios.queries.insights import ask
from scenarios.queries.insights.switches import DEFAULT, OPEN
from tests.scenarios.cloud.small_worlds import admin, document, group, may, world

NULL = next(each for each in OPEN if each.name == "null_group_kept")


@pytest.mark.slow
def test_an_account_that_answers_as_held_is_told_so_and_left_as_it_was():
    lines = []
    with world(group()) as cloud:
        logs = admin(cloud, "logs")

        code = ask.main(logs, lines.append, cloud.run)

        assert code == 0, lines
        assert [line.split()[:3] for line in lines] == [["as", "held", each.name] for each in OPEN]
        names = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
        assert not any(name.startswith(ask.GROUP) for name in names)


@pytest.mark.parametrize(
    ("answer", "as_held", "word"),
    [
        (ask.ours(NULL, DEFAULT, 0), True, "as held"),
        (
            ask.ours(NULL, replace(DEFAULT, null_group_kept=False), 0),
            False,
            "OTHERWISE null_group_kept = False",
        ),
        ([{"a": "nonsense"}], False, "NEITHER"),
        (ask.REFUSED, False, "NEITHER"),
    ],
)
def test_an_answer_is_held_against_every_value(answer, as_held, word):
    right, line = ask.told(NULL, answer, 0)

    assert right is as_held
    assert word in line


def test_an_account_that_refuses_is_told_in_a_sentence():
    lines = []
    with world(group()) as cloud:
        nobody = cloud.client(cloud.user("bob", policies=({"Statement": []},)), "logs")

        assert ask.main(nobody, lines.append, cloud.run) == 2

    assert lines[0].startswith("could not ask: ")


@pytest.mark.parametrize("deletes", [True, False])
def test_what_was_made_before_an_error_is_deleted_or_named(deletes):
    lines = []
    rights = [may("logs:CreateLogGroup"), may("logs:CreateLogStream")]
    rights += [may("logs:DeleteLogGroup")] if deletes else []
    with world(group()) as cloud:
        ann = cloud.client(cloud.user("ann", policies=(document(*rights),)), "logs")

        assert ask.main(ann, lines.append, cloud.run) == 2

        found = admin(cloud, "logs").describe_log_groups(logGroupNamePrefix=ask.GROUP)["logGroups"]
    names = [each["logGroupName"] for each in found]
    assert names == ([] if deletes else [f"{ask.GROUP}/{OPEN[0].name}"])
    assert lines[-1].startswith("could not ask: ")
    assert [name for name in names if f"could not delete the log group {name}: " in lines[0]] == names
