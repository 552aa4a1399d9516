"""What the simulated CloudTrail writes down, where it delivers that, and when."""

import gzip
import json
import re
from datetime import timedelta
from itertools import pairwise

import pytest
from botocore.exceptions import ClientError

from chalicelib.trail.integrity.digest import parse_digest
from chalicelib.trail.integrity.evidence import StoredObject, Window
from chalicelib.trail.integrity.findings import What
from chalicelib.trail.integrity.public_keys import KeyRing
from chalicelib.trail.integrity.verdict import judge
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    document,
    group,
    heard,
    lets,
    noted,
    queue,
    rule,
    trail,
    world,
)

FAR = "eu-west-1"
HEARS_ALL = {**queue(), **rule(State="ENABLED")}
WATCHED = {**trail(), **HEARS_ALL}
NOTHING = group("unwatched")
HOUR = 3600


def names(events):
    return [event["detail"]["eventName"] for event in events]


def create_table(world, name="games", region=""):
    admin(world, "dynamodb", region).create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def objects(world, folder):
    """Every version of every object under a folder of the trail's bucket."""
    with world.calls.muted():
        s3 = admin(world, "s3")
        listed = s3.list_object_versions(Bucket="tw-logs", Prefix=f"AWSLogs/{ACCOUNT}/{folder}/")
        return [
            (each["Key"], s3.get_object(Bucket="tw-logs", Key=each["Key"], VersionId=each["VersionId"]))
            for each in listed.get("Versions", ())
        ]


def log_files(world):
    return {key: json.loads(gzip.decompress(got["Body"].read())) for key, got in objects(world, "CloudTrail")}


def verdict(world, since, **window):
    """What the deployed judge says about the bucket as it is now."""
    with world.calls.muted():
        s3 = admin(world, "s3")
        listed = s3.list_object_versions(Bucket="tw-logs")
        listing = [
            StoredObject(
                bucket="tw-logs",
                key=each["Key"],
                modified_at=each["LastModified"],
                version=each["VersionId"],
                latest=each["IsLatest"],
                delete_marker="Size" not in each,
            )
            for each in [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]
        ]
        present = {found.key for found in listing if found.latest and not found.delete_marker}
    span = {"StartTime": since - timedelta(hours=1), "EndTime": world.clock.now}
    keys = [
        key
        for region in world.deployment.regions
        for key in admin(world, "cloudtrail", region).list_public_keys(**span)["PublicKeyList"]
    ]
    digests = [
        parse_digest("tw-logs", key, got["Body"].read(), got["Metadata"])
        for key, got in objects(world, "CloudTrail-Digest")
    ]

    def read(bucket, key):
        with world.calls.muted():
            return s3.get_object(Bucket=bucket, Key=key)["Body"].read() if key in present else None

    return judge(
        digests,
        keys=KeyRing.of(keys),
        read=read,
        window=Window(since=since, until=world.clock.now, now=world.clock.now, **window),
        listing=listing,
    )


# ---- to EventBridge -----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_call_reaches_the_bus_of_its_region_as_a_record():
    with world(WATCHED) as cloud:
        create_table(cloud)
        cloud.run(130)

        (event,) = heard(cloud)
        assert event["source"] == "aws.dynamodb"
        assert event["detail-type"] == "AWS API Call via CloudTrail"
        assert event["region"] == HOME
        assert event["detail"]["eventName"] == "CreateTable"
        assert event["detail"]["userIdentity"]["userName"] == "alice"
        assert event["id"] != event["detail"]["eventID"]


def test_a_denied_call_is_a_record_too():
    with world(WATCHED) as cloud:
        mallory = cloud.user("mallory", policies=(document(),))
        with pytest.raises(ClientError, match="AccessDenied"):
            cloud.client(mallory, "dynamodb").delete_table(TableName="games")
        cloud.run(130)

        (event,) = heard(cloud)
        assert event["detail"]["errorCode"] == "AccessDenied"


@pytest.mark.parametrize(
    ("service", "call", "region", "bus"),
    [
        pytest.param("iam", lambda iam: iam.create_user(UserName="eve"), FAR, HOME, id="IAM is global"),
        pytest.param("sqs", lambda sqs: sqs.create_queue(QueueName="q"), FAR, FAR, id="SQS is regional"),
    ],
)
def test_a_record_goes_to_the_region_where_aws_records_it(service, call, region, bus):
    other = {HOME: FAR, FAR: HOME}[bus]
    with world(WATCHED, spoke=HEARS_ALL, regions=(HOME, FAR)) as cloud:
        call(admin(cloud, service, region))
        cloud.run(130)

        assert len(heard(cloud, region=bus)) == 1
        assert heard(cloud, region=other) == []


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param(WATCHED, ["CreateTable"], id="a trail logs"),
        pytest.param(HEARS_ALL, [], id="no trail"),
        pytest.param({**trail(IsLogging=False), **HEARS_ALL}, [], id="a trail that does not log"),
    ],
)
def test_records_reach_eventbridge_only_while_a_trail_logs(resources, expected):
    with world(resources) as cloud:
        create_table(cloud)
        cloud.run(130)

        assert names(heard(cloud)) == expected


@pytest.mark.slow
def test_a_single_region_trail_logs_only_its_own_region():
    with world(
        {**trail(IsMultiRegionTrail=False), **HEARS_ALL}, spoke=HEARS_ALL, regions=(HOME, FAR)
    ) as cloud:
        create_table(cloud)
        create_table(cloud, region=FAR)
        cloud.run(130)

        assert names(heard(cloud)) == ["CreateTable"]
        assert heard(cloud, region=FAR) == []


def test_data_events_are_not_recorded():
    with world(WATCHED) as cloud:
        admin(cloud, "s3").put_object(Bucket="tw-logs", Key="mine", Body=b"")
        cloud.run(600)

        assert heard(cloud) == []
        assert log_files(cloud) == {}


@pytest.mark.slow
def test_records_arrive_within_two_minutes_and_not_at_once():
    with world(WATCHED) as cloud:
        began = cloud.clock.now
        for number in range(60):
            create_table(cloud, f"table-{number}")
        arrivals = []
        for _ in range(125):
            cloud.run(1)
            arrivals += [cloud.clock.now - began] * (len(heard(cloud)) - len(arrivals))

        assert len(arrivals) == 60
        assert timedelta(seconds=1) < arrivals[0] < timedelta(seconds=10)
        assert timedelta(seconds=30) < arrivals[-1] <= timedelta(seconds=122)


@pytest.mark.slow
def test_the_late_profile_delays_and_reorders_records():
    with world(WATCHED, faults=PROFILES["late"]) as cloud:
        for number in range(20):
            create_table(cloud, f"table-{number}")
        cloud.run(85)
        early = len(heard(cloud))
        cloud.run(200)

        told = [event["detail"]["requestParameters"]["tableName"] for event in heard(cloud)]
        assert early == 0
        assert len(told) == 20
        assert told != [f"table-{number}" for number in range(20)]


# ---- log group ----------------------------------------------------------------------------------


def test_the_log_group_gets_each_record_as_one_event_within_minutes():
    with world(WATCHED) as cloud:
        create_table(cloud)
        cloud.run(59)
        with cloud.calls.muted():
            before = admin(cloud, "logs").describe_log_streams(logGroupName="trail")["logStreams"]
        cloud.run(480)

        (event,) = admin(cloud, "logs").filter_log_events(logGroupName="trail")["events"]
        assert before == []
        assert event["logStreamName"] == f"{ACCOUNT}_CloudTrail_{HOME}"
        assert json.loads(event["message"])["eventName"] == "CreateTable"


def test_records_a_role_may_not_write_to_the_log_group_are_lost_and_say_so():
    with world(WATCHED) as cloud:
        with cloud.calls.muted():
            admin(cloud, "iam").delete_role_policy(RoleName="TrailRole", PolicyName="p")
        create_table(cloud)
        cloud.run(600)

        assert admin(cloud, "logs").filter_log_events(logGroupName="trail")["events"] == []
        assert any(words.startswith("CloudTrail may not write to trail") for words in noted(cloud, "lost"))


# ---- log files ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_log_file_is_gzip_of_records_named_by_its_delivery():
    with world(WATCHED) as cloud:
        create_table(cloud)
        cloud.run(2 * 300)

        ((key, content),) = log_files(cloud).items()
        assert re.fullmatch(
            rf"AWSLogs/{ACCOUNT}/CloudTrail/{HOME}/2026/03/02/"
            rf"{ACCOUNT}_CloudTrail_{HOME}_20260302T03(05|10)Z_\w{{16}}\.json\.gz",
            key,
        )
        assert [record["eventName"] for record in content["Records"]] == ["CreateTable"]


@pytest.mark.slow
def test_log_files_of_a_region_that_was_quiet_are_not_written():
    with world(WATCHED, regions=(HOME, FAR)) as cloud:
        create_table(cloud, region=FAR)
        cloud.run(2 * 300)

        assert {key.split("/")[3] for key in log_files(cloud)} == {FAR}


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(document(lets("cloudtrail", "s3:GetBucketAcl")), id="may not put objects"),
        pytest.param(document(lets("cloudtrail", "s3:PutObject")), id="may not read the ACL"),
        pytest.param(
            document(
                lets(
                    "cloudtrail",
                    "s3:*",
                    Condition={"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:1:trail/x"}},
                )
            ),
            id="another trail may",
        ),
    ],
)
def test_what_the_bucket_policy_does_not_let_cloudtrail_write_waits_and_says_so(policy):
    with world(WATCHED) as cloud:
        with cloud.calls.muted():
            admin(cloud, "s3").put_bucket_policy(Bucket="tw-logs", Policy=json.dumps(policy))
        create_table(cloud)
        cloud.run(600)

        assert log_files(cloud) == {}
        assert [words for words in noted(cloud, "undelivered") if "in tw-logs" in words]


# ---- digests ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_hourly_digests_of_every_region_form_sound_chains():
    with world(WATCHED, regions=(HOME, FAR)) as cloud:
        since = cloud.clock.now
        for hour in range(3):
            create_table(cloud, f"table-{hour}")
            create_table(cloud, f"far-{hour}", region=FAR)
            cloud.run(HOUR)
        cloud.run(600)

        found = verdict(cloud, since)
        assert found.findings == ()
        assert (found.digests, found.digests_sound) == (6, 6)
        assert found.logs == found.logs_sound == 6


def digests(world):
    """The digests' contents, oldest first; of one region, or their order says nothing."""
    found = sorted(objects(world, "CloudTrail-Digest"), key=lambda pair: pair[0])
    return [json.loads(gzip.decompress(got["Body"].read())) for _, got in found]


def starting(world):
    """Which digests, oldest first, begin a chain."""
    return [digest["previousDigestSignature"] is None for digest in digests(world)]


@pytest.mark.slow
def test_each_digest_begins_where_the_one_before_it_ended():
    with world(WATCHED) as cloud:
        cloud.run(4 * HOUR)

        assert starting(cloud) == [True, False, False]
        for before, after in pairwise(digests(cloud)):
            assert after["digestStartTime"] == before["digestEndTime"]
            assert after["previousDigestS3Object"] == before["digestS3Object"]
            assert after["logFiles"] == []


@pytest.mark.slow
def test_a_log_file_that_is_modified_is_found():
    with world(WATCHED) as cloud:
        since = cloud.clock.now
        create_table(cloud)
        cloud.run(HOUR + 600)
        (key,) = log_files(cloud)
        forged = gzip.compress(b'{"Records":[]}')
        admin(cloud, "s3").put_object(Bucket="tw-logs", Key=key, Body=forged)

        whats = {finding.what for finding in verdict(cloud, since).findings}
        assert What.LOG_MODIFIED in whats
        assert What.LOG_OVERWRITTEN in whats


@pytest.mark.slow
def test_stopping_the_trail_ends_the_chain_and_starting_it_begins_a_new_one():
    with world(WATCHED) as cloud:
        since = cloud.clock.now
        cloud.run(HOUR + 600)
        admin(cloud, "cloudtrail").stop_logging(Name="main")
        cloud.run(2 * HOUR)
        stopped = len(starting(cloud))
        admin(cloud, "cloudtrail").start_logging(Name="main")
        cloud.run(2 * HOUR + 600)

        starts = starting(cloud)
        assert starts[0]
        assert sum(starts) == 2
        assert not any(starts[1:stopped])
        assert [finding.what for finding in verdict(cloud, since).findings] == [What.GAP]


@pytest.mark.slow
def test_a_trail_that_was_stopped_and_started_within_the_hour_has_two_sound_chains():
    with world(WATCHED) as cloud:
        since = cloud.clock.now
        cloud.run(HOUR + 600)
        admin(cloud, "cloudtrail").stop_logging(Name="main")
        cloud.run(600)
        admin(cloud, "cloudtrail").start_logging(Name="main")
        cloud.run(2 * HOUR)

        found = verdict(cloud, since)
        assert starting(cloud) == [True, False, True, False]
        assert found.digests == found.digests_sound == 4
        assert {finding.what for finding in found.findings} <= {What.GAP}
        assert found.logs == found.logs_sound == 2


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["stop_logging", "delete_trail"])
def test_the_call_that_ends_a_trail_is_the_last_it_tells_of(operation):
    with world(WATCHED) as cloud:
        since = cloud.clock.now
        getattr(admin(cloud, "cloudtrail"), operation)(Name="main")
        create_table(cloud)
        cloud.run(2 * HOUR)

        expected = "".join(word.capitalize() for word in operation.split("_"))
        assert names(heard(cloud)) == [expected]
        records = [record for content in log_files(cloud).values() for record in content["Records"]]
        assert [record["eventName"] for record in records] == [expected]
        found = verdict(cloud, since, stopped_at=since)
        assert found.findings == ()
        assert found.logs_sound == 1


@pytest.mark.slow
def test_a_trail_stopped_at_the_end_of_an_hour_still_digests_its_last_log_file():
    with world(WATCHED) as cloud:
        since = cloud.clock.now
        cloud.run(HOUR - 20)
        admin(cloud, "cloudtrail").stop_logging(Name="main")
        cloud.run(3 * HOUR)

        assert starting(cloud) == [True, False]
        found = verdict(cloud, since, stopped_at=since + timedelta(hours=1))
        assert found.findings == ()
        assert found.logs == found.logs_sound == 1


def test_an_attempt_to_stop_the_trail_is_told_and_stops_nothing():
    with world(WATCHED) as cloud:
        mallory = cloud.user("mallory", policies=(document(),))
        with pytest.raises(ClientError, match="AccessDenied"):
            cloud.client(mallory, "cloudtrail").stop_logging(Name="main")
        create_table(cloud)
        cloud.run(130)

        assert sorted(names(heard(cloud))) == ["CreateTable", "StopLogging"]


@pytest.mark.slow
def test_validation_that_is_switched_off_and_on_leaves_a_gap_between_sound_chains():
    with world(WATCHED) as cloud:
        since = cloud.clock.now
        cloud.run(HOUR + 600)
        admin(cloud, "cloudtrail").update_trail(Name="main", EnableLogFileValidation=False)
        cloud.run(2 * HOUR)
        admin(cloud, "cloudtrail").update_trail(Name="main", EnableLogFileValidation=True)
        cloud.run(3 * HOUR)

        whats = {finding.what for finding in verdict(cloud, since).findings}
        assert whats == {What.GAP, What.UNDIGESTED}


@pytest.mark.slow
def test_a_trail_without_validation_writes_no_digests():
    with world({**trail(EnableLogFileValidation=False), **HEARS_ALL}) as cloud:
        cloud.run(2 * HOUR)

        assert objects(cloud, "CloudTrail-Digest") == []


# ---- event history ------------------------------------------------------------------------------


def look_up(world, region="", **parameters):
    found = admin(world, "cloudtrail", region).lookup_events(**parameters)
    return [event["EventName"] for event in found["Events"]]


def test_event_history_needs_no_trail_and_shows_the_newest_first():
    with world(NOTHING) as cloud:
        create_table(cloud)
        cloud.run(1)
        admin(cloud, "dynamodb").delete_table(TableName="games")
        at_once = look_up(cloud)
        cloud.run(300)

        assert at_once == []
        assert look_up(cloud)[-2:] == ["DeleteTable", "CreateTable"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("EventName", "DeleteTable", ["DeleteTable"], id="by name"),
        pytest.param("EventSource", "sqs.amazonaws.com", ["CreateQueue"], id="by source"),
        pytest.param("Username", "bob", ["CreateQueue"], id="by user"),
        pytest.param("Username", "root", ["DeleteTable"], id="by root"),
        pytest.param("ReadOnly", "true", ["DescribeTable"], id="read only"),
        pytest.param("EventName", "deletetable", [], id="letter case counts"),
    ],
)
def test_event_history_is_asked_by_attribute(name, value, expected):
    with world(NOTHING) as cloud:
        create_table(cloud)
        admin(cloud, "dynamodb").describe_table(TableName="games")
        cloud.client(cloud.root(), "dynamodb").delete_table(TableName="games")
        cloud.client(cloud.user("bob"), "sqs").create_queue(QueueName="q")
        cloud.run(300)

        attributes = [{"AttributeKey": name, "AttributeValue": value}]
        assert look_up(cloud, LookupAttributes=attributes) == expected


@pytest.mark.slow
def test_event_history_holds_its_own_region():
    with world(NOTHING, regions=(HOME, FAR)) as cloud:
        create_table(cloud)
        cloud.run(300)

        assert look_up(cloud, region=FAR) == []
        assert look_up(cloud)[-1] == "CreateTable"


@pytest.mark.parametrize(
    ("days", "shown"), [pytest.param(89, True, id="89 days ago"), pytest.param(91, False, id="91 days ago")]
)
def test_event_history_goes_back_ninety_days(days, shown):
    with world(NOTHING) as cloud:
        at = cloud.clock.now - timedelta(days=days)
        cloud.trail.deliver(
            {
                "eventName": "Old",
                "eventSource": "iam.amazonaws.com",
                "awsRegion": HOME,
                "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "eventID": "0",
            }
        )
        cloud.run(300)

        assert look_up(cloud, StartTime=at - timedelta(days=1)) == ["Old"] * shown


def test_event_history_takes_one_attribute_at_a_time():
    attributes = [{"AttributeKey": key, "AttributeValue": "x"} for key in ("EventName", "EventSource")]
    with world(NOTHING) as cloud, pytest.raises(ClientError, match="InvalidLookupAttributes"):
        look_up(cloud, LookupAttributes=attributes)


@pytest.mark.slow
def test_event_history_is_read_page_by_page():
    with world(NOTHING) as cloud:
        for number in range(5):
            create_table(cloud, f"table-{number}")
            cloud.run(1)
        cloud.run(300)

        pages = admin(cloud, "cloudtrail").get_paginator("lookup_events").paginate(MaxResults=2)
        sizes = [len(page["Events"]) for page in pages]
        assert sizes[:2] == [2, 2]
        assert sum(sizes) >= 5


def test_public_keys_are_told_for_the_time_asked_about():
    with world(NOTHING) as cloud:
        cloudtrail, now = admin(cloud, "cloudtrail"), cloud.clock.now

        assert cloudtrail.list_public_keys()["PublicKeyList"]
        long_ago = now - timedelta(days=10_000)
        assert cloudtrail.list_public_keys(StartTime=long_ago, EndTime=long_ago)["PublicKeyList"] == []
        with pytest.raises(ClientError, match="InvalidTimeRange"):
            cloudtrail.list_public_keys(StartTime=now, EndTime=long_ago)


# ---- limits -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_record_too_large_for_eventbridge_is_in_the_log_file_only():
    with world(WATCHED) as cloud:
        cloud.trail.deliver(
            {
                "eventName": "Big",
                "eventSource": "iam.amazonaws.com",
                "awsRegion": HOME,
                "eventTime": "2026-03-02T03:00:00Z",
                "eventID": "0",
                "recipientAccountId": ACCOUNT,
                "requestParameters": {"text": "x" * 256 * 1024},
            }
        )
        cloud.run(600)

        assert heard(cloud) == []
        assert len(log_files(cloud)) == 1
        assert admin(cloud, "logs").filter_log_events(logGroupName="trail")["events"] == []


def test_what_cloudtrail_does_beyond_this_is_not_simulated():
    with world(WATCHED) as cloud, pytest.raises(NotSimulated, match="StartQuery"):
        admin(cloud, "cloudtrail").start_query(QueryStatement="SELECT 1")
