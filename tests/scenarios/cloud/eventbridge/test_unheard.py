"""A rule that waits for what nothing here puts on a bus is told once."""

import json

import pytest

from scenarios.cloud.eventbridge.unheard import never_emitted
from scenarios.cloud.services import REGISTRY
from tests.scenarios.cloud.small_worlds import admin, noted, queue, rule, world

TRAIL = "AWS API Call via CloudTrail"
INSPECTOR = {"source": ["aws.inspector2"], "detail-type": ["Inspector2 Finding"]}


@pytest.mark.parametrize(
    ("pattern", "missing"),
    [
        pytest.param(INSPECTOR, ["aws.inspector2: Inspector2 Finding"], id="a service that is not simulated"),
        pytest.param({"source": ["aws.health"]}, ["aws.health"], id="without a detail-type"),
        pytest.param({"source": ["aws.partner/x"]}, ["aws.partner/x"], id="a partner"),
        pytest.param(
            {"source": ["aws.ec2"], "detail-type": ["EC2 Instance State Change Notification"]},
            ["aws.ec2: EC2 Instance State Change Notification"],
            id="a detail-type with a slip of the pen",
        ),
        pytest.param(
            {"source": ["aws.events"], "detail-type": ["Scheduled Event"]},
            ["aws.events: Scheduled Event"],
            id="a schedule, which goes over no bus",
        ),
        pytest.param(
            {"source": [{"prefix": "aws.insp"}], "detail-type": ["Inspector2 Finding"]},
            ['{"prefix": "aws.insp"}: Inspector2 Finding'],
            id="by prefix",
        ),
        pytest.param(
            {"source": ["aws.s3"], "detail-type": ["Object Created", "Object Access Tier Changed"]},
            ["aws.s3: Object Access Tier Changed"],
            id="one of several",
        ),
        pytest.param(
            {"$or": [INSPECTOR, {"source": ["aws.ec2"]}]},
            ["aws.inspector2: Inspector2 Finding"],
            id="one alternative",
        ),
        pytest.param({"source": ["aws.s3"], "detail-type": ["Object Created"]}, [], id="what S3 tells"),
        pytest.param({"source": ["aws.rds"], "detail-type": [TRAIL]}, [], id="calls to any service"),
        pytest.param({"source": ["aws.iam"]}, [], id="calls to a service known here"),
        pytest.param({"source": ["mine"], "detail-type": ["x"]}, [], id="one's own"),
        pytest.param({"detail-type": ["x"]}, [], id="no source"),
        pytest.param({"source": [{"anything-but": "aws.s3"}]}, [], id="anything but"),
        pytest.param({"source": [{"prefix": "a"}]}, [], id="a prefix that is not only AWS's"),
    ],
)
def test_what_of_a_pattern_nobody_sends(pattern, missing):
    assert list(never_emitted(json.dumps(pattern), REGISTRY.emitted)) == missing


def test_a_rule_is_told_once_and_an_event_that_comes_answers_for_it():
    with world({**queue(), **rule(pattern=INSPECTOR)}) as cloud:
        admin(cloud, "events").put_rule(Name="Rule", EventPattern=json.dumps(INSPECTOR))
        said = noted(cloud, "no event")
        before = [each.name for each in cloud.never_emitted()]
        cloud.eventbridge.emit("us-east-1", {"source": "aws.inspector2", "detail-type": "Inspector2 Finding"})

        assert said == [
            "the rule Rule waits for aws.inspector2: Inspector2 Finding, which the simulated AWS never emits"
        ]
        assert before == ["Rule"]
        assert cloud.never_emitted() == ()


@pytest.mark.slow
def test_a_rule_that_can_hear_something_else_needs_no_answer():
    pattern = {
        "source": ["aws.s3", "aws.inspector2"],
        "detail-type": ["Object Created", "Inspector2 Finding"],
    }
    with world({**queue(), **rule(pattern=pattern)}) as cloud:
        assert noted(cloud, "no event") == []
        assert len(noted(cloud, "in part")) == 1
        assert cloud.never_emitted() == ()


@pytest.mark.slow
def test_a_disabled_rule_waits_for_nothing():
    with world({**queue(), **rule(pattern=INSPECTOR, State="DISABLED")}) as cloud:
        assert noted(cloud, "no event") == []
