"""One description of a trail: what AWS said, and by name what could not be read."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.errors import Throttled
from chalicelib.trail.description import (
    Part,
    Trail,
    TrailArn,
    TrailConfiguration,
    TrailStatus,
    describe,
)

ARN = TrailArn.parse("arn:aws:cloudtrail:eu-west-1:123456789012:trail/main")
TOLD = {
    "TrailARN": ARN.text,
    "S3BucketName": "logs",
    "S3KeyPrefix": "/audit/",
    "IsMultiRegionTrail": True,
    "IncludeGlobalServiceEvents": True,
    "LogFileValidationEnabled": True,
    "IsOrganizationTrail": False,
    "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:123456789012:log-group:trail:*",
}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STATUS = {
    "IsLogging": True,
    "StartLoggingTime": NOON.astimezone(timezone(timedelta(hours=9))),
    "StopLoggingTime": NOON - timedelta(days=1),
    "LatestDigestDeliveryTime": NOON,
    "LatestDeliveryError": "NoSuchBucket",
}
SELECTORS = {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}


def refused(code="AccessDenied", operation="GetTrailStatus"):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


class CloudTrail:
    """Answers what it was given, raises what is an error, and remembers what it was asked."""

    def __init__(self, trail=TOLD, status=STATUS, selectors=SELECTORS, listed=(TOLD,)) -> None:
        self.asked = []
        self._answers = {
            "get_trail": trail if isinstance(trail, Exception) else {"Trail": trail},
            "describe_trails": {"trailList": listed},
            "get_trail_status": status,
            "get_event_selectors": selectors,
        }

    def __getattr__(self, operation):
        def call(**_):
            self.asked.append(operation)
            answer = self._answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def test_everything_that_aws_says_stands_in_one_record():
    trail = describe(CloudTrail(), ARN)

    assert trail.configuration == TrailConfiguration(
        bucket="logs",
        prefix="/audit/",
        multi_region=True,
        global_events=True,
        validating=True,
        log_group="arn:aws:logs:eu-west-1:123456789012:log-group:trail:*",
    )
    assert trail.status == TrailStatus(
        logging=True,
        started_at=NOON,
        stopped_at=NOON - timedelta(days=1),
        digest_at=NOON,
        delivery_error="NoSuchBucket",
    )
    assert trail.selectors == '[{"IncludeManagementEvents":true,"ReadWriteType":"All"}]'
    assert (trail.missing, trail.could_not_read) == (False, {})
    assert (trail.bucket, trail.prefix, trail.multi_region) == ("logs", "audit", True)
    assert trail.configuration.log_group_name == "trail"


@pytest.mark.parametrize(
    ("client", "part", "why"),
    [
        pytest.param(
            CloudTrail(trail=refused(operation="GetTrail")),
            Part.CONFIGURATION,
            "GetTrail: no",
            id="what it is set to",
        ),
        pytest.param(CloudTrail(status=refused()), Part.STATUS, "GetTrailStatus: no", id="its status"),
        pytest.param(
            CloudTrail(selectors=EndpointConnectionError(endpoint_url="https://x")),
            Part.SELECTORS,
            'Could not connect to the endpoint URL: "https://x"',
            id="its selectors, for want of a network",
        ),
    ],
)
def test_what_could_not_be_read_is_named_and_is_neither_on_nor_off(client, part, why):
    trail = describe(client, ARN)

    assert set(trail.could_not_read) == {part}
    assert trail.why_not(part) == why
    assert [each for each in Part if getattr(trail, each) is None] == [part]
    assert not trail.missing


def test_nothing_is_assumed_of_what_could_not_be_read():
    trail = describe(CloudTrail(trail=refused(), status=refused()), ARN)

    assert (trail.multi_region, trail.organization, trail.off_since) == (None, None, None)
    assert (trail.bucket, trail.prefix) == ("", "")


def test_a_trail_that_aws_does_not_know_is_asked_about_once():
    client = CloudTrail(trail=refused("TrailNotFoundException", "GetTrail"))

    trail = describe(client, ARN)

    assert trail.missing
    assert client.asked == ["get_trail"]
    assert "TrailNotFoundException" in str(trail.could_not_read[Part.CONFIGURATION])


def test_a_list_that_leaves_the_trail_out_makes_it_missing_and_its_status_still_counts():
    client = CloudTrail(listed=({**TOLD, "TrailARN": f"{ARN.text}-2"},))

    trail = describe(client, ARN, (Part.CONFIGURATION, Part.STATUS), listed=True)

    assert (trail.missing, trail.configuration, trail.could_not_read) == (True, None, {})
    assert trail.status is not None
    assert client.asked == ["describe_trails", "describe_trails", "get_trail_status"]


def test_the_questions_may_be_asked_at_the_same_time():
    with ThreadPoolExecutor(2) as threads:
        trail = describe(CloudTrail(), ARN, (Part.CONFIGURATION, Part.STATUS), listed=True, each=threads.map)

    assert trail == describe(CloudTrail(), ARN, (Part.CONFIGURATION, Part.STATUS))


@pytest.mark.parametrize(
    ("logging", "off_since"),
    [pytest.param(False, NOON, id="off"), pytest.param(True, None, id="on again")],
)
def test_when_it_was_stopped_counts_only_while_it_is_off(logging, off_since):
    status = TrailStatus(logging=logging, stopped_at=NOON)

    assert Trail(arn=ARN, status=status).off_since == off_since


def test_throttling_is_a_reason_to_try_the_whole_look_again():
    trail = describe(CloudTrail(status=refused("ThrottlingException")), ARN)

    with pytest.raises(Throttled, match="GetTrailStatus"):
        trail.unless_passing()


def test_what_is_only_denied_is_not():
    trail = describe(CloudTrail(status=refused()), ARN)

    assert trail.unless_passing() is trail


@pytest.mark.parametrize(
    "text",
    [
        "",
        "main",
        "arn:aws:cloudtrail:eu-west-1:123456789012:trail/",
        "arn:aws:s3:::logs",
        "arn:aws:cloudtrail:eu-west-1:12:trail/main",
    ],
)
def test_what_is_not_the_arn_of_a_trail_is_refused(text):
    with pytest.raises(ValueError, match="is not the ARN of a trail"):
        TrailArn.parse(text)
