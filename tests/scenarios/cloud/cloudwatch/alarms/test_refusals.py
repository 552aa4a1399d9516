"""Which actions an alarm may be given, and which CloudWatch refuses when it is put."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud.cloudwatch.alarms.action_worlds import STOP, SWF, put
from tests.scenarios.cloud.cloudwatch.alarms.composite_worlds import combine, described, parts
from tests.scenarios.cloud.small_worlds import HOME, arn, bucket, world

AUTOMATE = f"arn:aws:automate:{HOME}:ec2:"
SCALING = arn("autoscaling", "scalingPolicy:1:autoScalingGroupName/web:policyName/grow")
OF_ALL = [
    pytest.param(arn("sns", "Alerts"), id="a topic"),
    pytest.param(arn("lambda", "function:look"), id="a function"),
    pytest.param(arn("lambda", "function:look:live"), id="an alias"),
    pytest.param(arn("ssm", "opsitem:3#CATEGORY=Security"), id="an OpsItem"),
    pytest.param(f"arn:aws:ssm-incidents::{ACCOUNT}:response-plan/plan", id="a response plan, of no region"),
    pytest.param(arn("aiops", "investigation-group/g"), id="an investigation"),
]
OF_METRIC_ALARMS = [
    pytest.param(STOP, id="stop"),
    pytest.param(f"{AUTOMATE}terminate", id="terminate"),
    pytest.param(f"{AUTOMATE}reboot", id="reboot"),
    pytest.param(f"{SWF}Stop/1.0", id="older stop"),
    pytest.param(f"{SWF}Terminate/1.0", id="older terminate"),
    pytest.param(f"{SWF}Reboot/1.0", id="older reboot"),
    pytest.param(SCALING, id="scaling"),
]
OF_NONE = [
    pytest.param("Alerts", "Invalid arn syntax: Alerts", id="a name"),
    pytest.param("arn:aws:sns:Alerts", "Invalid arn syntax: arn:aws:sns:Alerts", id="half an ARN"),
    pytest.param(
        f"arn:aws-cn:automate:{HOME}:ec2:stop",
        f"Invalid arn syntax: arn:aws-cn:automate:{HOME}:ec2:stop",
        id="stop in another partition",
    ),
    pytest.param(
        "arn:aws:automate:eu-west-1:ec2:stop",
        f"Invalid region eu-west-1 specified. Only {HOME} is supported.",
        id="stop in another region",
    ),
    pytest.param(
        arn("sns", "Alerts", "us-west-2"),
        f"Invalid region us-west-2 specified. Only {HOME} is supported.",
        id="a topic of another region",
    ),
    pytest.param(
        arn("lambda", "function:look", "us-west-2"),
        f"Invalid region us-west-2 specified. Only {HOME} is supported.",
        id="a function of another region",
    ),
    pytest.param(f"{AUTOMATE}hibernate", f"can't do {AUTOMATE}hibernate", id="an unknown deed"),
    pytest.param(f"{SWF}Hibernate/1.0", f"can't do {SWF}Hibernate/1.0", id="an unknown older deed"),
    pytest.param(f"{SWF}Stop/2.0", f"can't do {SWF}Stop/2.0", id="another version of an older deed"),
    pytest.param(arn("sqs", "Heard"), f"can't do {arn('sqs', 'Heard')}", id="a queue"),
]
LISTS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def message(refused):
    """The code and the words of a refusal, as one."""
    error = refused.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


@pytest.mark.parametrize("action", [*OF_ALL, *OF_METRIC_ALARMS])
def test_a_metric_alarm_may_have_it_in_each_of_its_lists(action):
    with world(bucket()) as cloud:
        put(cloud, instance="i-1", **{kind: [action] for kind in LISTS})

        told = described(cloud, "idle")
        assert [told[kind] for kind in LISTS] == [[action]] * 3


@pytest.mark.parametrize("action", OF_ALL)
def test_a_composite_may_have_it(action):
    with world(parts()) as cloud:
        combine(cloud, "idle", AlarmActions=[action], InsufficientDataActions=[action], ActionsEnabled=False)

        told = described(cloud, "idle")
        assert [told[kind] for kind in LISTS] == [[action], [], [action]]


@pytest.mark.parametrize(("action", "words"), OF_NONE)
def test_no_alarm_may_have_it_in_any_list(action, words):
    with world(parts()) as cloud:
        for kind in LISTS:
            with pytest.raises(ClientError) as by_metric_alarms:
                put(cloud, instance="i-1", **{kind: [action]})
            with pytest.raises(ClientError) as by_composites:
                combine(cloud, **{kind: [action]})

            for refused in (by_metric_alarms, by_composites):
                assert message(refused).startswith("ValidationError: ")
                assert message(refused).endswith(words)


@pytest.mark.parametrize("action", OF_METRIC_ALARMS)
def test_a_composite_acts_on_no_instance_and_scales_nothing(action):
    with world(parts()) as cloud, pytest.raises(ClientError) as refused:
        combine(cloud, OKActions=[action])

    assert message(refused) == f"ValidationError: A composite alarm can't do {action}"


NO_INSTANCE = (
    "Invalid use of EC2 action. An EC2 action can only be used if the alarm is monitoring an EC2 instance."
)
OVER_MATH = {
    "MetricStat": {
        "Metric": {
            "Namespace": "AWS/EC2",
            "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}],
        },
        "Period": 60,
        "Stat": "Average",
    },
    "Id": "m",
}


@pytest.mark.parametrize(
    ("action", "more", "words"),
    [
        pytest.param(STOP, {}, NO_INSTANCE, id="stop without an instance"),
        pytest.param(f"{SWF}Stop/1.0", {}, NO_INSTANCE, id="older stop without an instance"),
        pytest.param(f"{AUTOMATE}recover", {}, NO_INSTANCE, id="recover without an instance"),
        pytest.param(
            STOP,
            {"Dimensions": [{"Name": "AutoScalingGroupName", "Value": "web"}]},
            NO_INSTANCE,
            id="a group is no instance",
        ),
        pytest.param(
            f"{AUTOMATE}recover",
            {"instance": "i-1"},
            f"{AUTOMATE}recover needs the metric StatusCheckFailed_System",
            id="recover on another metric",
        ),
        pytest.param(
            f"{AUTOMATE}recover",
            {"instance": "i-1", "metric": "StatusCheckFailed_Instance"},
            f"{AUTOMATE}recover needs the metric StatusCheckFailed_System",
            id="recover on the instance's own check",
        ),
    ],
)
def test_an_action_on_an_instance_needs_a_metric_of_it(action, more, words):
    with world(bucket()) as cloud, pytest.raises(ClientError) as refused:
        put(cloud, action, **more)

    assert message(refused) == f"ValidationError: {words}"


def test_an_alarm_over_an_expression_acts_on_no_instance():
    nothing = dict.fromkeys(("Namespace", "MetricName", "Dimensions", "Statistic", "Period"))
    with world(bucket()) as cloud, pytest.raises(ClientError) as refused:
        put(cloud, STOP, Metrics=[OVER_MATH], **nothing)

    assert message(refused) == f"ValidationError: {NO_INSTANCE}"


def test_each_list_holds_five_actions_and_no_more():
    five = [arn("sns", f"t{number}") for number in range(5)]
    with world(bucket()) as cloud:
        for kind in LISTS:
            put(cloud, **{kind: five})
            with pytest.raises(ClientError, match="have length less than or equal to 5") as refused:
                put(cloud, **{kind: [*five, arn("sns", "t5")]})

            assert f"at '{kind[0].lower()}{kind[1:]}' failed" in message(refused)
            assert described(cloud, "idle")[kind] == five
