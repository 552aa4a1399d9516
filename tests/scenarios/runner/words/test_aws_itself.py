"""What AWS itself does can be put by hand, in the shape that is documented."""

import pytest

from scenarios.runner.words.aws_itself import DOCUMENTED, aws_measures, aws_tells
from tests.scenarios.cloud.small_worlds import heard, queue, rule, total, world

TASK = {
    "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/c",
    "taskArn": "arn:aws:ecs:us-east-1:123456789012:task/c/1",
    "taskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/d:1",
    "lastStatus": "STOPPED",
    "desiredStatus": "STOPPED",
}
HEARS = {**queue(), **rule(pattern={"source": ["aws.ecs"]})}


@pytest.mark.slow
def test_an_event_of_a_service_that_is_not_simulated_sets_rules_going():
    action = aws_tells("aws.ecs", "ECS Task State Change", TASK, resources=[TASK["taskArn"]])
    with world(HEARS) as cloud:
        action.do(cloud)
        cloud.run(10)

        (event,) = heard(cloud)

    assert action.words == "aws.ecs tells: ECS Task State Change"
    assert (event["source"], event["detail-type"]) == ("aws.ecs", "ECS Task State Change")
    assert event["detail"] == TASK
    assert event["resources"] == [TASK["taskArn"]]


def test_a_field_that_such_an_event_always_has_is_missed():
    with pytest.raises(
        ValueError, match=r"ECS Task State Change has lastStatus in its detail, as https://docs"
    ):
        aws_tells(
            "aws.ecs",
            "ECS Task State Change",
            {name: value for name, value in TASK.items() if name != "lastStatus"},
        )


def test_an_event_that_nobody_sends_is_refused_and_the_nearest_named():
    with pytest.raises(ValueError, match=r"no event .*; 'aws.ecs: ECS Task State Change' is"):
        aws_tells("aws.ecs", "ECS Task State-change", TASK)


def test_what_a_simulated_service_tells_can_be_put_as_well():
    assert aws_tells("aws.ssm", "Parameter Store Change", {"operation": "Update"}).words


def test_a_partners_event_has_a_shape_of_its_own():
    assert aws_tells("aws.partner/example.com/1/orders", "order", {"id": 1}).words


def test_a_metric_of_aws_can_be_put():
    action = aws_measures("AWS/ELB", "UnHealthyHostCount", 2, unit="Count", LoadBalancerName="web")
    with world(queue()) as cloud:
        action.do(cloud)

        assert total(cloud, "AWS/ELB", "UnHealthyHostCount", LoadBalancerName="web") == 2
    assert action.words == "AWS/ELB UnHealthyHostCount of web is 2"


def test_each_documented_event_is_told_once():
    pairs = [(each.source, each.detail_type) for each in DOCUMENTED]

    assert len(pairs) == len(set(pairs))
