"""Streams, delivery streams and logical destinations, as a template declares them."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import InvalidTemplate
from tests.scenarios.cloud.logs.log_worlds import feeds, stream
from tests.scenarios.cloud.small_worlds import admin, arn, document, group, may, role, world

FEED = {"Fn::GetAtt": ["Stream", "Arn"]}
FEEDS = {"Fn::GetAtt": ["feeds", "Arn"]}
LETS = document(
    {
        "Effect": "Allow",
        "Principal": {"AWS": "222222222222"},
        "Action": "logs:PutSubscriptionFilter",
        "Resource": "*",
    }
)


def data_stream(**properties):
    return {"Stream": {"Type": "AWS::Kinesis::Stream", "Properties": properties}}


def destination(**properties):
    given = {"DestinationName": "hub", "TargetArn": FEED, "RoleArn": FEEDS, **properties}
    return {"Hub": {"Type": "AWS::Logs::Destination", "Properties": given}}


def subscription(**properties):
    given = {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "", "DestinationArn": FEED, **properties}
    return {"Onward": {"Type": "AWS::Logs::SubscriptionFilter", "Properties": given}}


def lake(role_name="writes", **configuration):
    given = {
        "BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]},
        "RoleARN": {"Fn::GetAtt": [role_name, "Arn"]},
        **configuration,
    }
    properties = {"DeliveryStreamName": "lake", "ExtendedS3DestinationConfiguration": given}
    return {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tw-lake"}},
        "Lake": {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": properties},
    }


@pytest.mark.parametrize(
    ("properties", "mode", "shards", "hours"),
    [
        pytest.param({"ShardCount": 3}, "PROVISIONED", 3, 24, id="shards counted"),
        pytest.param({}, "ON_DEMAND", 4, 24, id="on demand, which begins with four"),
        pytest.param({"ShardCount": 1, "RetentionPeriodHours": 48}, "PROVISIONED", 1, 48, id="kept longer"),
    ],
)
def test_a_stream_is_made_as_declared(properties, mode, shards, hours):
    with world(data_stream(Name="feed", **properties)) as cloud:
        found = admin(cloud, "kinesis").describe_stream_summary(StreamName="feed")["StreamDescriptionSummary"]

        assert found["StreamModeDetails"]["StreamMode"] == mode
        assert (found["OpenShardCount"], found["RetentionPeriodHours"]) == (shards, hours)
        assert cloud.home.resources["Stream"].attributes["Arn"] == found["StreamARN"]


@pytest.mark.slow
def test_a_delivery_stream_is_made_as_declared():
    with world({**role("writes", "firehose", may("s3:PutObject")), **lake(Prefix="logs/")}) as cloud:
        found = admin(cloud, "firehose").describe_delivery_stream(DeliveryStreamName="lake")
        described = found["DeliveryStreamDescription"]

        assert cloud.home.resources["Lake"].attributes["Arn"] == described["DeliveryStreamARN"]
        (to,) = described["Destinations"]
        assert to["ExtendedS3DestinationDescription"]["Prefix"] == "logs/"


def test_a_destination_is_made_with_its_policy():
    with world({**stream(), **feeds(), **destination(DestinationPolicy=LETS)}) as cloud:
        (found,) = admin(cloud, "logs").describe_destinations()["destinations"]

        assert found["targetArn"] == arn("kinesis", "stream/feed")
        assert "222222222222" in found["accessPolicy"]
        assert cloud.home.resources["Hub"].attributes["Arn"] == found["arn"]


def test_a_subscription_to_a_stream_is_made_with_its_distribution():
    resources = {**group(), **stream(), **feeds(), **subscription(RoleArn=FEEDS, Distribution="Random")}
    with world(resources) as cloud:
        logs = admin(cloud, "logs")
        (found,) = logs.describe_subscription_filters(logGroupName="/host/secure")["subscriptionFilters"]

        assert (found["roleArn"], found["distribution"]) == (f"arn:aws:iam::{ACCOUNT}:role/feeds", "Random")


OTHERS = role("feeds", "events", may("kinesis:PutRecord"))
REFUSED = [
    pytest.param(
        data_stream(ShardCount=1, StreamModeDetails={"StreamMode": "ON_DEMAND"}),
        "Stream.ShardCount",
        id="shards and on demand",
    ),
    pytest.param(
        data_stream(StreamModeDetails={"StreamMode": "PROVISIONED"}), "Stream.ShardCount", id="no shards"
    ),
    pytest.param({**role("writes", "logs"), **lake()}, "Lake.*RoleARN: .*assumed", id="a role's trust"),
    pytest.param(
        {**stream(), **OTHERS, **destination()},
        "Hub .*Could not deliver test message",
        id="a destination's role",
    ),
    pytest.param(
        {**stream(), **feeds(may("kinesis:PutRecords")), **destination()},
        "Hub .*Could not deliver test message",
        id="a destination's role that may not",
    ),
    pytest.param(
        {**feeds(), **destination(TargetArn=arn("kinesis", "stream/none"))},
        "Hub .*Could not deliver",
        id="a destination's stream that is not there",
    ),
    pytest.param(
        {**stream(), **feeds(), **destination(DestinationPolicy={"Statement": 1})},
        "Hub.DestinationPolicy: Malformed",
        id="a destination's policy",
    ),
    pytest.param({**group(), **stream(), **subscription()}, "Onward .*without roleArn", id="no role"),
    pytest.param(
        {**group(), **stream(), **feeds(may("kinesis:ListStreams")), **subscription(RoleArn=FEEDS)},
        "Onward .*Could not deliver test message",
        id="a subscription's role that may not",
    ),
]


@pytest.mark.parametrize(("resources", "words"), REFUSED)
def test_what_aws_would_not_create_is_refused(resources, words):
    with pytest.raises((InvalidTemplate, ClientError), match=words), world(resources):
        pass
