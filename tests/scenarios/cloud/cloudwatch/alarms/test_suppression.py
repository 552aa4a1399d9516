"""The suppressor: which actions of a composite run, and when, as CloudWatch's own examples tell it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm_Suppression.html
"""

import json

import pytest

from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.cloudwatch.alarms.composite_worlds import (
    become,
    combine,
    described,
    events,
    history,
    mailed,
    watching,
)
from tests.scenarios.cloud.small_worlds import arn, arrived, function, permission

WAIT, EXTENSION = 20, 30
SUPPRESSED = {
    "ActionsSuppressor": "deploying",
    "ActionsSuppressorWaitPeriod": WAIT,
    "ActionsSuppressorExtensionPeriod": EXTENSION,
}


def live(cloud, *course):
    """Have things happen: (second, alarm, state), counted from the second in which the composite is there."""
    begin = 1
    for second, name, state in course:
        cloud.run(begin + second - round((cloud.clock.now - cloud.deployment.start).total_seconds()))
        become(cloud, name, state)


def suppressed(cloud, *course, until=200, **more):
    """A composite of one part with a suppressor, and what happens; tells the mails that came of it."""
    combine(cloud, alarm_rule="ALARM(cpu)", **SUPPRESSED | more)
    cloud.run(WAIT)  # its own first change, to OK, waits as well
    first = len(mailed(cloud))
    live(cloud, *course)
    cloud.run(1 + until - round((cloud.clock.now - cloud.deployment.start).total_seconds()))
    return [(second - 1, state) for second, state in mailed(cloud)[first:]]


CPU, QUIET = (102, "cpu", "ALARM"), (103, "deploying", "ALARM")
EXAMPLES = [
    pytest.param([CPU], [(122, "ALARM")], id="1: the suppressor stays OK until the wait is over"),
    pytest.param([CPU, QUIET], [], id="2: the suppressor goes to ALARM within the wait"),
    pytest.param(
        [CPU, (110, "cpu", "OK")], [(130, "OK")], id="3: the composite changes back within the wait"
    ),
    pytest.param([(90, "deploying", "ALARM"), CPU], [], id="4: the suppressor is in ALARM already"),
    pytest.param(
        [CPU, QUIET, (126, "deploying", "OK")],
        [(156, "ALARM")],
        id="5: the suppressor is OK again, and the extension is over",
    ),
    pytest.param(
        [CPU, QUIET, (126, "deploying", "OK"), (137, "cpu", "OK")],
        [(157, "OK")],
        id="6: the composite changes back within the extension, and a wait begins",
    ),
    pytest.param(
        [CPU, QUIET, (112, "cpu", "OK"), (126, "deploying", "OK")],
        [(156, "OK")],
        id="the state at the end counts, not the one that was held back",
    ),
    pytest.param(
        [CPU, QUIET, (126, "deploying", "OK"), (140, "deploying", "ALARM"), (150, "deploying", "OK")],
        [(180, "ALARM")],
        id="the suppressor comes back within the extension",
    ),
    pytest.param(
        [CPU, QUIET, (126, "deploying", "INSUFFICIENT_DATA")],
        [(156, "ALARM")],
        id="a suppressor without data suppresses nothing",
    ),
    pytest.param(
        [(90, "deploying", "OK"), CPU, (104, "deploying", "INSUFFICIENT_DATA")],
        [(122, "ALARM")],
        id="the suppressor loses its data within the wait",
    ),
    pytest.param([CPU, (125, "deploying", "ALARM")], [(122, "ALARM")], id="too late to suppress"),
    pytest.param([QUIET, (110, "deploying", "OK")], [], id="nothing was held back"),
]


@pytest.mark.parametrize(("course", "expected"), EXAMPLES)
def test_actions_wait_for_the_suppressor_and_after_it(course, expected):
    with watching() as cloud:
        assert suppressed(cloud, *course) == expected


def test_a_suppressor_is_named_by_its_arn_too():
    course = [CPU, QUIET, (126, "deploying", "OK")]
    with watching() as cloud:
        by = arn("cloudwatch", "alarm:deploying")

        assert suppressed(cloud, *course, ActionsSuppressor=by) == [(156, "ALARM")]


@pytest.mark.parametrize(
    ("more", "course", "expected"),
    [
        pytest.param({"ActionsSuppressorWaitPeriod": 0}, [CPU], [(102, "ALARM")], id="no wait"),
        pytest.param(
            {"ActionsSuppressorExtensionPeriod": 0},
            [CPU, QUIET, (126, "deploying", "OK")],
            [(126, "ALARM")],
            id="no extension",
        ),
    ],
)
def test_a_period_of_no_seconds_holds_nothing_back(more, course, expected):
    with watching() as cloud:
        assert suppressed(cloud, *course, **more) == expected


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        pytest.param([(90, "disk", "ALARM"), CPU], [], id="it is in ALARM"),
        pytest.param([CPU], [(122, "ALARM")], id="it is OK"),
        pytest.param(
            [(90, "disk", "ALARM"), CPU, (126, "disk", "OK")], [(156, "ALARM")], id="its child changes back"
        ),
    ],
)
def test_a_composite_may_be_the_suppressor(course, expected):
    with watching() as cloud:
        combine(cloud, "upkeep", "ALARM(disk) OR ALARM(deploying)", AlarmActions=[], OKActions=[])
        assert suppressed(cloud, *course, ActionsSuppressor="upkeep") == expected


def test_a_child_may_be_the_suppressor_of_the_change_it_makes():
    with watching() as cloud:
        assert suppressed(cloud, CPU, ActionsSuppressor="cpu") == []
        assert described(cloud)["ActionsSuppressedBy"] == "Alarm"


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        pytest.param([CPU], [(102, "StateUpdate"), (122, "Action")], id="let go after the wait"),
        pytest.param([CPU, QUIET], [(102, "StateUpdate")], id="suppressed"),
        pytest.param(
            [CPU, QUIET, (126, "deploying", "OK")],
            [(102, "StateUpdate"), (156, "Action")],
            id="let go after the extension",
        ),
        pytest.param(
            [CPU, (110, "cpu", "OK")],
            [(102, "StateUpdate"), (110, "StateUpdate"), (130, "Action")],
            id="only the last of two changes acts",
        ),
    ],
)
def test_the_history_shows_when_actions_ran_that_were_held_back(course, expected):
    with watching() as cloud:
        suppressed(cloud, *course)

        items = [(second - 1, kind) for second, kind, _ in history(cloud)]
        assert [item for item in items if item[0] > WAIT] == expected


def test_without_a_suppressor_actions_run_at_once():
    with watching() as cloud:
        combine(cloud, alarm_rule="ALARM(cpu)")
        live(cloud, CPU)

        assert mailed(cloud) == [(1, "OK"), (103, "ALARM")]


@pytest.mark.parametrize(
    ("course", "by"),
    [
        pytest.param([CPU], "WaitPeriod", id="while it waits"),
        pytest.param([CPU, QUIET], "Alarm", id="while the suppressor is in ALARM"),
        pytest.param(
            [CPU, QUIET, (104, "deploying", "OK")], "ExtensionPeriod", id="while the extension lasts"
        ),
        pytest.param([CPU, (122, "disk", "OK")], None, id="not when the wait is over"),
    ],
)
def test_a_composite_tells_what_holds_its_actions_back(course, by):
    with watching() as cloud:
        suppressed(cloud, *course, until=course[-1][0])

        told = described(cloud)
        assert told.get("ActionsSuppressedBy") == by
        assert told.get("ActionsSuppressedReason") == (f"Actions suppressed by {by}" if by else None)


@pytest.mark.parametrize(
    ("course", "by"),
    [
        pytest.param([CPU], "WaitPeriod", id="it waits"),
        pytest.param([(90, "deploying", "ALARM"), CPU], "Alarm", id="it is suppressed"),
    ],
)
def test_eventbridge_hears_of_the_change_at_once_and_that_actions_are_held_back(course, by):
    with watching() as cloud:
        suppressed(cloud, *course, until=110)

        (event,) = [each for each in events(cloud) if each["detail"]["state"]["value"] == "ALARM"]
        state = event["detail"]["state"]
        assert (state["actionsSuppressedBy"], state["actionsSuppressedReason"]) == (
            by,
            f"Actions suppressed by {by}",
        )
        assert event["detail"]["configuration"] == {
            "alarmRule": "ALARM(cpu)",
            "actionsSuppressor": "deploying",
            "actionsSuppressorWaitPeriod": WAIT,
            "actionsSuppressorExtensionPeriod": EXTENSION,
        }


@pytest.mark.slow
def test_a_function_hears_from_what_suppression_to_what_state():
    invoked = {**function(), **permission("alarms", Principal="lambda.alarms.cloudwatch.amazonaws.com")}
    with watching(invoked) as cloud:
        suppressed(cloud, CPU, AlarmActions=[arn("lambda", "function:look")])

        (event,) = arrived(cloud)
        data = event["alarmData"]
        before, now = data["previousState"], data["state"]
        assert (event["time"], now["timestamp"]) == ("2026-03-02T03:02:03.000+0000",) * 2
        assert (before["value"], now["value"]) == ("ALARM", "ALARM")
        assert before["timestamp"] == "2026-03-02T03:01:43.000+0000"
        assert before["actionsSuppressedBy"] == "WaitPeriod"
        assert before["actionsSuppressedReason"] == "Actions suppressed by WaitPeriod"
        assert "actionsSuppressedBy" not in now
        assert json.loads(now["reasonData"])["triggeringAlarms"][0]["arn"].endswith(":cpu")


@pytest.mark.slow
def test_another_suppressor_discards_what_waited_for_the_old_one():
    with watching() as cloud:
        suppressed(cloud, CPU, until=110)
        combine(cloud, alarm_rule="ALARM(cpu)", **SUPPRESSED | {"ActionsSuppressor": "disk"})
        before = mailed(cloud)
        cloud.run(600)

        assert mailed(cloud) == before
        assert "ActionsSuppressedBy" not in described(cloud)


def test_the_same_suppressor_put_again_discards_nothing_and_the_new_actions_run():
    with watching() as cloud:
        suppressed(cloud, CPU, until=110)
        before = len(mailed(cloud))
        combine(cloud, alarm_rule="ALARM(cpu)", **SUPPRESSED, ActionsEnabled=False)
        cloud.run(600)
        assert len(mailed(cloud)) == before

        live(cloud, (800, "cpu", "OK"))
        combine(cloud, alarm_rule="ALARM(cpu)", **SUPPRESSED, ActionsEnabled=True)
        cloud.run(600)
        assert mailed(cloud)[before:] == [(821, "OK")]


def test_a_composite_that_is_deleted_while_it_waits_does_nothing():
    with watching() as cloud:
        suppressed(cloud, CPU, until=110)
        before = mailed(cloud)
        cloud.client(cloud.user("alice"), "cloudwatch").delete_alarms(AlarmNames=["pressure"])
        cloud.run(600)

        assert mailed(cloud) == before


def test_a_suppressor_goes_with_its_composite_and_what_it_leaves_behind_is_not_simulated():
    with watching() as cloud:
        suppressed(cloud, CPU, until=110)
        cloudwatch = cloud.client(cloud.user("alice"), "cloudwatch")
        with pytest.raises(NotSimulated, match="deleting deploying, which suppresses pressure"):
            cloudwatch.delete_alarms(AlarmNames=["deploying"])
        cloudwatch.delete_alarms(AlarmNames=["deploying", "pressure"])

        left = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        assert [each["AlarmName"] for each in left["MetricAlarms"]] == ["cpu", "disk"]
        assert left["CompositeAlarms"] == []
