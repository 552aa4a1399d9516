"""What LookupEvents finds, refuses and throttles."""

import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.cloudtrail.history.resources import resources
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.services import REGISTRY
from tests.scenarios.cloud.small_worlds import HOME, admin, document, group, trail, world

NOTHING = group("unwatched")
FAR = "eu-west-1"


def look_up(cloud, region="", **parameters):
    return admin(cloud, "cloudtrail", region).lookup_events(**parameters)


def by(name, value):
    return [{"AttributeKey": name, "AttributeValue": value}]


def names(answer):
    return [event["EventName"] for event in answer["Events"]]


def create_table(cloud, name="games"):
    admin(cloud, "dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def record(name="CreateUser", *, at="2026-03-02T03:00:00Z", number=0, **more):
    return {
        "eventName": name,
        "eventSource": "iam.amazonaws.com",
        "awsRegion": HOME,
        "eventTime": at,
        "eventID": f"e{number}",
        "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "IAMUser", "userName": "eve", "accessKeyId": "AKIAEVE"},
        **more,
    }


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        pytest.param("AccessKeyId", "AKIAEVE", True, id="by access key"),
        pytest.param("AccessKeyId", "AKIABOB", False, id="by another's key"),
        pytest.param("EventId", "e7", True, id="by event id"),
        pytest.param("EventName", "CreateUser", True, id="by name"),
        pytest.param("EventSource", "iam.amazonaws.com", True, id="by source"),
        pytest.param("ReadOnly", "false", True, id="writes"),
        pytest.param("ReadOnly", "true", False, id="reads"),
        pytest.param("ResourceName", "bob", True, id="by resource name"),
        pytest.param("ResourceName", "eve", False, id="the caller is no resource"),
        pytest.param("ResourceType", "AWS::IAM::User", True, id="by resource type"),
        pytest.param("ResourceType", "AWS::IAM::Role", False, id="by another type"),
        pytest.param("Username", "eve", True, id="by user"),
    ],
)
def test_events_are_found_by_every_attribute(name, value, found):
    with world(NOTHING) as cloud:
        cloud.trail.deliver(record(number=7, requestParameters={"userName": "bob"}))
        cloud.run(300)

        assert names(look_up(cloud, LookupAttributes=by(name, value))) == ["CreateUser"] * found


def test_an_event_is_told_with_its_resources_and_its_whole_record():
    with world(NOTHING) as cloud:
        create_table(cloud)
        cloud.run(300)

        (event,) = look_up(cloud, LookupAttributes=by("EventName", "CreateTable"))["Events"]
        assert event["Resources"] == [{"ResourceType": "AWS::DynamoDB::Table", "ResourceName": "games"}]
        assert event["Username"] == "alice"
        assert event["ReadOnly"] == "false"
        assert event["EventTime"] == cloud.deployment.start
        assert json.loads(event["CloudTrailEvent"])["eventID"] == event["EventId"]


IN_ACCOUNT = {"accountId": ACCOUNT}


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        pytest.param(
            {"eventSource": "cloudtrail.amazonaws.com", "requestParameters": {"name": "main"}},
            [("AWS::CloudTrail::Trail", "main")],
            id="a trail",
        ),
        pytest.param(
            {
                "eventSource": "s3.amazonaws.com",
                "requestParameters": {"bucketName": "b"},
                "resources": [{**IN_ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b"}],
            },
            [("AWS::S3::Bucket", "b")],
            id="a bucket, asked for and listed",
        ),
        pytest.param(
            {
                "eventSource": "kms.amazonaws.com",
                "requestParameters": None,
                "resources": [{**IN_ACCOUNT, "type": "AWS::KMS::Key", "ARN": "arn:aws:kms:k"}],
            },
            [("AWS::KMS::Key", "arn:aws:kms:k")],
            id="a key, by its ARN",
        ),
        pytest.param(
            {
                "eventSource": "ec2.amazonaws.com",
                "requestParameters": {
                    "instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}
                },
            },
            [("AWS::EC2::Instance", "i-1"), ("AWS::EC2::Instance", "i-2")],
            id="instances of a set",
        ),
        pytest.param(
            {
                "eventSource": "ec2.amazonaws.com",
                "responseElements": {"networkInterface": {"networkInterfaceId": "eni-1", "vpcId": "vpc-1"}},
            },
            [("AWS::EC2::NetworkInterface", "eni-1")],
            id="an interface that was made",
        ),
        pytest.param({"eventSource": "signin.amazonaws.com"}, [], id="none"),
    ],
)
def test_the_resources_of_an_event(of, expected):
    assert resources(of, REGISTRY.records) == expected


@pytest.mark.slow
def test_the_newest_comes_first_however_they_arrived():
    with world(NOTHING) as cloud:
        for number, minute in enumerate((1, 3, 2)):
            cloud.trail.deliver(record(f"N{minute}", at=f"2026-03-02T02:0{minute}:00Z", number=number))
        cloud.run(300)

        assert names(look_up(cloud)) == ["N3", "N2", "N1"]


@pytest.mark.slow
def test_data_events_are_not_in_the_history():
    with world(
        trail(EventSelectors=[{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}])
    ) as (cloud):
        admin(cloud, "s3").put_object(Bucket="tw-logs", Key="mine", Body=b"")
        create_table(cloud)
        cloud.run(300)

        assert names(look_up(cloud)) == ["CreateTable"]


@pytest.mark.slow
def test_what_a_trail_leaves_out_is_in_the_history_all_the_same():
    with world(trail(EventSelectors=[{"ReadWriteType": "ReadOnly"}])) as cloud:
        create_table(cloud)
        cloud.run(300)

        assert names(look_up(cloud)) == ["CreateTable"]


def test_a_page_holds_fifty_and_its_token_leads_on():
    with world(NOTHING) as cloud:
        for number in range(51):
            cloud.trail.deliver(record(number=number))
        cloud.run(300)

        first = look_up(cloud, LookupAttributes=by("EventName", "CreateUser"))
        token = first["NextToken"]
        second = look_up(cloud, LookupAttributes=by("EventName", "CreateUser"), NextToken=token)
        ids = {event["EventId"] for page in (first, second) for event in page["Events"]}
        assert (len(first["Events"]), len(second["Events"]), len(ids)) == (50, 1, 51)
        assert "NextToken" not in second


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        pytest.param({"MaxResults": 51}, "InvalidMaxResultsException", id="more than fifty"),
        pytest.param({"NextToken": "x"}, "InvalidNextTokenException", id="a token nobody gave"),
        pytest.param({"EventCategory": "data"}, "InvalidEventCategoryException", id="no such category"),
        pytest.param(
            {"EventCategory": "insight", "LookupAttributes": by("Username", "eve")},
            "InvalidLookupAttributesException",
            id="Insights by user",
        ),
        pytest.param(
            {"LookupAttributes": by("Colour", "red")},
            "InvalidLookupAttributesException",
            id="no such attribute",
        ),
        pytest.param(
            {"LookupAttributes": by("EventName", "a") + by("EventId", "b")},
            "InvalidLookupAttributesException",
            id="two attributes",
        ),
        pytest.param(
            {"StartTime": "2026-03-02T03:00:00Z", "EndTime": "2026-03-02T02:00:00Z"},
            "InvalidTimeRangeException",
            id="an end before the start",
        ),
    ],
)
def test_lookups_that_aws_refuses(parameters, code):
    with world(NOTHING) as cloud, pytest.raises(ClientError) as refused:
        look_up(cloud, **parameters)
    assert refused.value.response["Error"]["Code"] == code


def test_a_token_of_another_question_is_refused():
    with world(NOTHING) as cloud:
        for number in range(2):
            cloud.trail.deliver(record(number=number))
        cloud.run(300)
        token = look_up(cloud, MaxResults=1)["NextToken"]

        with pytest.raises(ClientError, match="InvalidNextToken"):
            look_up(cloud, MaxResults=1, NextToken=token, LookupAttributes=by("EventName", "CreateUser"))


def test_a_third_lookup_in_a_second_waits_for_its_turn():
    with world(NOTHING) as cloud:
        began = cloud.clock.now
        look_up(cloud)
        look_up(cloud)
        at_once = cloud.clock.now
        answer = look_up(cloud)

        assert at_once == began
        assert cloud.clock.now - began >= timedelta(seconds=1)
        assert answer["ResponseMetadata"]["RetryAttempts"] > 0


@pytest.mark.slow
def test_each_region_has_its_own_limit():
    with world(NOTHING, regions=(HOME, FAR)) as cloud:
        began = cloud.clock.now
        for region in (HOME, FAR):
            look_up(cloud, region)
            look_up(cloud, region)

        assert cloud.clock.now == began


def test_who_may_not_look_up_is_denied():
    with world(NOTHING) as cloud:
        mallory = cloud.client(cloud.user("mallory", policies=(document(),)), "cloudtrail")
        with pytest.raises(ClientError, match="AccessDenied"):
            mallory.lookup_events()
