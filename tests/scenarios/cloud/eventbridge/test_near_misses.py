"""A rule that nearly matched names the field that failed."""

import pytest

from tests.scenarios.cloud.small_worlds import queue, rule, world

CALL = {
    "source": "aws.cloudtrail",
    "detail-type": "AWS API Call via CloudTrail",
    "detail": {"eventName": "StopLogging", "awsRegion": "us-east-1", "errorCode": "AccessDenied"},
}
PATTERN = {"source": ["aws.cloudtrail"], "detail": {"eventName": ["StopLogging"]}}


def near(pattern, event=CALL, **properties):
    with world({**queue(), **rule(pattern=pattern, **properties)}) as cloud:
        cloud.eventbridge.emit("us-east-1", event)
        return [str(each) for each in cloud.eventbridge.near_misses.found()]


@pytest.mark.parametrize(
    ("detail", "field"),
    [
        pytest.param({"awsRegion": ["eu-west-1"]}, "detail.awsRegion", id="another value"),
        pytest.param({"errorCode": [{"exists": False}]}, "detail.errorCode", id="it must be absent"),
        pytest.param({"userIdentity": {"type": ["Root"]}}, "detail.userIdentity.type", id="a missing field"),
        pytest.param({"eventName": ["StopLoging"]}, "detail.eventName", id="a slip of the pen in a name"),
    ],
)
def test_one_field_that_did_not_fit_is_named(detail, field):
    (miss,) = near({**PATTERN, "detail": {**PATTERN["detail"], **detail}})

    assert miss.startswith("rule Rule in us-east-1 nearly matched AWS API Call via CloudTrail (StopLogging)")
    assert f"{field}: wants " in miss


@pytest.mark.parametrize(
    "detail",
    [
        pytest.param({}, id="it matched"),
        pytest.param({"eventName": ["DeleteTable"]}, id="another kind of event"),
        pytest.param({"awsRegion": ["eu-west-1"], "errorCode": ["x"]}, id="two fields"),
    ],
)
def test_what_was_not_near_is_not_told(detail):
    assert near({**PATTERN, "detail": {**PATTERN["detail"], **detail}}) == []


def test_a_rule_whose_state_keeps_it_quiet_says_so():
    (miss,) = near(PATTERN, State="DISABLED")

    assert miss.endswith("its pattern fits, but not its state DISABLED")
