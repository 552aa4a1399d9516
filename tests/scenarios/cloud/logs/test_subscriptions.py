"""Who hears of a line that was written: functions, streams, delivery streams, other accounts."""

import json
from base64 import b64decode

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from tests.scenarios.cloud.logs.log_worlds import (
    HOST,
    NOW,
    RECIPIENT,
    feeds,
    put_subscription,
    recipient_takes,
    records,
    stream,
    subscribed,
    told,
    trusts_logs,
    unpacked,
    write,
)
from tests.scenarios.cloud.small_worlds import (
    admin,
    arn,
    arrived,
    document,
    function,
    group,
    lets,
    may,
    noted,
    permission,
    role,
    world,
)

FEEDS = f"arn:aws:iam::{ACCOUNT}:role/feeds"
FEED = arn("kinesis", "stream/feed")


# ---- functions ----------------------------------------------------------------------------------


def test_a_subscription_gets_base64_of_gzip_of_the_documented_json():
    with world(subscribed()) as cloud:
        write(cloud, "first", "second")
        cloud.run(10)

        (event,) = arrived(cloud)
        body = told(event)
        events = body.pop("logEvents")
        assert body == {
            "messageType": "DATA_MESSAGE",
            "owner": ACCOUNT,
            "logGroup": HOST,
            "logStream": "i-1",
            "subscriptionFilters": ["guesses"],
        }
        assert [each["message"] for each in events] == ["first", "second"]
        assert {each["timestamp"] for each in events} == {NOW}
        assert all(len(each["id"]) == 56 and each["id"].isdigit() for each in events)
        assert events[0]["id"] < events[1]["id"]


@pytest.mark.slow
def test_lines_put_through_the_api_are_heard_like_an_agents():
    with world(subscribed()) as cloud:
        logs = admin(cloud, "logs")
        logs.create_log_stream(logGroupName=HOST, logStreamName="s")
        logs.put_log_events(
            logGroupName=HOST, logStreamName="s", logEvents=[{"timestamp": NOW, "message": "hello"}]
        )
        cloud.run(10)

        assert [told(event)["logEvents"][0]["message"] for event in arrived(cloud)] == ["hello"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "line", "passes"),
    [
        pytest.param("Failed", "Failed password", True, id="term"),
        pytest.param("Failed", "Accepted password", False, id="no term"),
        pytest.param('{ $.user = "root" }', '{"user": "root"}', True, id="JSON"),
        pytest.param('{ $.user = "root" }', '{"user": "eve"}', False, id="another value"),
        pytest.param('{ $.user = "root" }', "user root", False, id="no JSON"),
        pytest.param("[a, b = 4*]", "GET 404", True, id="fields"),
        pytest.param("[a, b = 4*]", "GET 200", False, id="another field"),
        pytest.param("%4[0-9]{2}%", "GET 404", True, id="regex"),
    ],
)
def test_only_what_the_pattern_matches_is_sent(pattern, line, passes):
    with world(subscribed(pattern)) as cloud:
        write(cloud, line)
        cloud.run(10)

        assert len(arrived(cloud)) == passes


@pytest.mark.slow
def test_fields_are_extracted_for_space_delimited_patterns_only():
    with world(subscribed("[method, status]")) as cloud:
        write(cloud, "GET 404")
        cloud.run(10)

        (event,) = told(arrived(cloud)[0])["logEvents"]
        assert event["extractedFields"] == {"method": "GET", "status": "404"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        pytest.param("GET", "GET 404", id="terms"),
        pytest.param("{ $.n = 1 }", '{"n": 1}', id="JSON"),
    ],
)
def test_other_patterns_extract_nothing(pattern, line):
    with world(subscribed(pattern)) as cloud:
        write(cloud, line)
        cloud.run(10)

        (event,) = told(arrived(cloud)[0])["logEvents"]
        assert event.keys() == {"id", "timestamp", "message"}


def test_a_delivery_that_arrives_is_not_told_as_lost():
    with world(subscribed()) as cloud:
        write(cloud, "hello")
        cloud.run(10)

        assert noted(cloud, "lost") == []


@pytest.mark.slow
def test_lines_that_were_there_before_the_subscription_are_not_sent():
    with world({**group(), **function(), **permission("logs")}) as cloud:
        write(cloud, "before")
        admin(cloud, "logs").put_subscription_filter(
            logGroupName=HOST,
            filterName="late",
            filterPattern="",
            destinationArn=arn("lambda", "function:look"),
        )
        write(cloud, "after")
        cloud.run(10)

        (event,) = arrived(cloud)
        assert [each["message"] for each in told(event)["logEvents"]] == ["after"]


def test_without_the_permission_the_lines_are_lost_and_that_is_told():
    with world(subscribed()) as cloud:
        with cloud.calls.muted():
            policy = json.loads(admin(cloud, "lambda").get_policy(FunctionName="look")["Policy"])
            for statement in policy["Statement"]:
                admin(cloud, "lambda").remove_permission(FunctionName="look", StatementId=statement["Sid"])
        write(cloud, "hello")
        cloud.run(10)

        assert arrived(cloud) == []
        assert any("NO_PERMISSIONS" in words for words in noted(cloud, "lost"))


@pytest.mark.slow
def test_under_duplicates_a_payload_comes_twice_the_same():
    with world(subscribed(), faults=PROFILES["duplicates"]) as cloud:
        write(cloud, "hello")
        cloud.run(60)

        first, second = arrived(cloud)
        assert first == second


# ---- streams ------------------------------------------------------------------------------------


def streaming(**more):
    return world({**group(), **stream(), **feeds(), **more})


@pytest.mark.slow
def test_a_stream_gets_gzip_of_the_same_json_under_the_subscriptions_role():
    with streaming() as cloud:
        put_subscription(cloud, FEED, roleArn=FEEDS, filterPattern="Failed")
        write(cloud, "Failed once", "fine")
        cloud.run(10)

        (record,) = records(cloud)
        body = unpacked(record["Data"])
        assert body["messageType"] == "DATA_MESSAGE"
        assert (body["owner"], body["logGroup"], body["logStream"]) == (ACCOUNT, HOST, "i-1")
        assert [each["message"] for each in body["logEvents"]] == ["Failed once"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("distribution", "keys"),
    [pytest.param("ByLogStream", 2, id="a key for each log stream"), pytest.param("Random", 4, id="any key")],
)
def test_the_lines_of_a_log_stream_stay_together_unless_spread_at_random(distribution, keys):
    with streaming() as cloud:
        put_subscription(cloud, FEED, roleArn=FEEDS, distribution=distribution)
        for name in ("a", "b", "a", "b"):
            write(cloud, "hello", stream=name)
        cloud.run(10)

        found = records(cloud)
        assert len(found) == 4
        assert len({record["PartitionKey"] for record in found}) == keys
        (described,) = admin(cloud, "logs").describe_subscription_filters(logGroupName=HOST)[
            "subscriptionFilters"
        ]
        assert described["distribution"] == distribution


@pytest.mark.slow
def test_firehose_writes_the_same_to_its_bucket():
    lake = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tw-lake"}},
        **role("writes", "firehose", may("s3:PutObject")),
        "Lake": {
            "Type": "AWS::KinesisFirehose::DeliveryStream",
            "Properties": {
                "DeliveryStreamName": "lake",
                "ExtendedS3DestinationConfiguration": {
                    "BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]},
                    "RoleARN": {"Fn::GetAtt": ["writes", "Arn"]},
                    "BufferingHints": {"IntervalInSeconds": 0, "SizeInMBs": 1},
                },
            },
        },
    }
    with streaming(**lake) as cloud:
        put_subscription(cloud, arn("firehose", "deliverystream/lake"), roleArn=FEEDS)
        write(cloud, "hello")
        cloud.run(10)

        s3 = admin(cloud, "s3")
        (key,) = [each["Key"] for each in s3.list_objects_v2(Bucket="tw-lake")["Contents"]]
        body = unpacked(s3.get_object(Bucket="tw-lake", Key=key)["Body"].read())
        assert [each["message"] for each in body["logEvents"]] == ["hello"]


OTHERS_TRUST = {
    **group(),
    **stream(),
    **role("feeds", "events", may("kinesis:PutRecord")),
}
REFUSED = [
    pytest.param({**group(), **feeds()}, FEED, {"roleArn": FEEDS}, "Kinesis stream", id="no such stream"),
    pytest.param(
        {**group(), **stream(), **feeds(may("kinesis:PutRecords"))},
        FEED,
        {"roleArn": FEEDS},
        "test message to specified Kinesis stream",
        id="a role that may not",
    ),
    pytest.param(OTHERS_TRUST, FEED, {"roleArn": FEEDS}, "Kinesis stream", id="a role that trusts another"),
    pytest.param({**group(), **stream(), **feeds()}, FEED, {}, "without roleArn", id="no role"),
    pytest.param(
        {**group(), **feeds()},
        arn("firehose", "deliverystream/none"),
        {"roleArn": FEEDS},
        "Firehose stream",
        id="no such delivery stream",
    ),
    pytest.param(
        {**group(), **function()},
        arn("lambda", "function:look"),
        {},
        "permission to execute your function",
        id="a function that lets nobody in",
    ),
    pytest.param(group(), arn("lambda", "function:none"), {}, "Could not execute", id="no such function"),
    pytest.param(
        group(),
        arn("logs", "destination:none"),
        {},
        "test message to specified destination",
        id="no destination",
    ),
]


@pytest.mark.parametrize(("resources", "to", "more", "words"), REFUSED)
def test_a_subscription_that_a_test_message_does_not_get_through_is_refused(resources, to, more, words):
    with world(resources) as cloud, pytest.raises(ClientError, match=f"InvalidParameterException.*{words}"):
        put_subscription(cloud, to, **more)


@pytest.mark.slow
def test_a_group_has_two_subscriptions_and_each_may_be_changed():
    with streaming() as cloud:
        put_subscription(cloud, FEED, "one", roleArn=FEEDS)
        put_subscription(cloud, FEED, "two", roleArn=FEEDS)
        put_subscription(cloud, FEED, "two", roleArn=FEEDS, filterPattern="Failed")

        with pytest.raises(ClientError, match="LimitExceededException"):
            put_subscription(cloud, FEED, "three", roleArn=FEEDS)
        write(cloud, "hello")
        cloud.run(10)
        assert [unpacked(each["Data"])["subscriptionFilters"] for each in records(cloud)] == [["one"]]


@pytest.mark.parametrize(
    ("undo", "code"),
    [
        pytest.param(
            lambda each: admin(each, "iam").delete_role_policy(RoleName="feeds", PolicyName="p"),
            "NO_PERMISSIONS",
            id="the role's policy",
        ),
        pytest.param(
            lambda each: admin(each, "kinesis").delete_stream(StreamName="feed"),
            "NO_RESOURCE",
            id="the stream",
        ),
    ],
)
def test_what_a_subscription_lost_later_loses_the_lines_and_that_is_told(undo, code):
    with streaming() as cloud:
        put_subscription(cloud, FEED, roleArn=FEEDS)
        undo(cloud)
        write(cloud, "hello")
        cloud.run(10)

        (words,) = noted(cloud, "lost")
        assert HOST in words
        assert code in words


def test_a_subscription_to_anything_else_is_not_simulated():
    with world(group()) as cloud, pytest.raises(NotSimulated, match="a subscription to es"):
        put_subscription(cloud, arn("es", "domain/search"))


# ---- other accounts -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "region", [pytest.param("us-east-1", id="here"), pytest.param("eu-west-1", id="in another region")]
)
def test_lines_cross_into_another_accounts_stream_through_its_destination(region):
    with world(group(), regions=("us-east-1", "eu-west-1")) as cloud:
        other, destination = recipient_takes(cloud, region=region)
        put_subscription(cloud, destination)
        write(cloud, "hello")
        cloud.run(10)

        (record,) = records(cloud, "central", by=other, region=region)
        body = unpacked(record["Data"])
        assert (body["owner"], body["logEvents"][0]["message"]) == (ACCOUNT, "hello")


def test_what_belongs_to_the_other_account_is_not_seen_in_this_one():
    with world(group()) as cloud:
        other, destination = recipient_takes(cloud)

        assert destination == f"arn:aws:logs:us-east-1:{RECIPIENT}:destination:central"
        assert admin(cloud, "kinesis").list_streams()["StreamNames"] == []
        assert admin(cloud, "logs").describe_destinations()["destinations"] == []
        (found,) = cloud.client(other, "logs").describe_destinations()["destinations"]
        assert found["arn"] == destination


def test_what_another_account_does_at_home_is_no_event_of_this_one():
    with world(group()) as cloud:
        recipient_takes(cloud)
        admin(cloud, "kinesis").list_streams()
        cloud.run(600)

        names = [moment.words for moment in cloud.setting.trace]
        assert not any("central" in words or "CreateStream" in words for words in names)


MAY_SUBSCRIBE = document(may("logs:PutSubscriptionFilter"))
ONLY_GROUPS = document(may("logs:PutSubscriptionFilter", f"arn:aws:logs:*:{ACCOUNT}:log-group:*"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lets_in", "policy", "words"),
    [
        pytest.param("", MAY_SUBSCRIBE, "no resource-based policy allows", id="no policy"),
        pytest.param("111111111111", MAY_SUBSCRIBE, "no resource-based policy allows", id="one for another"),
        pytest.param(ACCOUNT, ONLY_GROUPS, "no identity-based policy allows", id="a subscriber who may not"),
    ],
)
def test_both_sides_must_agree_to_a_subscription_across_accounts(lets_in, policy, words):
    with world(group()) as cloud:
        _, destination = recipient_takes(cloud, lets_in=lets_in)
        bob = cloud.user("bob", policies=(policy,))

        with pytest.raises(ClientError, match=f"AccessDeniedException.*{words}"):
            put_subscription(cloud, destination, by=bob)


@pytest.mark.slow
def test_a_destination_in_another_region_than_the_group_is_refused():
    with world(group(), regions=("us-east-1", "eu-west-1")) as cloud:
        _, destination = recipient_takes(cloud)
        logs = admin(cloud, "logs", "eu-west-1")
        logs.create_log_group(logGroupName=HOST)

        with pytest.raises(ClientError, match="specified destination"):
            logs.put_subscription_filter(
                logGroupName=HOST, filterName="f", filterPattern="", destinationArn=destination
            )


def test_a_destination_whose_role_may_not_write_is_refused():
    with world(group()) as cloud, pytest.raises(ClientError, match="Could not deliver test message"):
        recipient_takes(cloud, action="kinesis:PutRecords")


@pytest.mark.slow
@pytest.mark.parametrize(
    "undo",
    [
        pytest.param(("kinesis", "delete_stream", {"StreamName": "central"}), id="its stream"),
        pytest.param(("logs", "delete_destination", {"destinationName": "central"}), id="it itself"),
        pytest.param(
            ("iam", "delete_role_policy", {"RoleName": "takes", "PolicyName": "p"}), id="its role's policy"
        ),
    ],
)
def test_what_a_destination_lost_later_loses_the_lines_and_that_is_told(undo):
    service, operation, parameters = undo
    with world(group()) as cloud:
        other, destination = recipient_takes(cloud)
        put_subscription(cloud, destination)
        getattr(cloud.client(other, service), operation)(**parameters)
        write(cloud, "hello")
        cloud.run(10)

        assert len(noted(cloud, "lost")) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "words"),
    [
        pytest.param("{", "malformed", id="no JSON"),
        pytest.param('{"Statement": 1}', "malformed", id="no policy"),
    ],
)
def test_a_malformed_destination_policy_is_refused(policy, words):
    with world(group()) as cloud:
        other, _ = recipient_takes(cloud)

        with pytest.raises(ClientError, match="malformed"):
            cloud.client(other, "logs").put_destination_policy(destinationName="central", accessPolicy=policy)


def test_a_destinations_stream_and_role_are_its_own_accounts():
    with world({**group(), **stream(), **feeds()}) as cloud:
        other = cloud.user("sec", account=RECIPIENT)

        with pytest.raises(ClientError, match="belong to the account"):
            cloud.client(other, "logs").put_destination(
                destinationName="d", targetArn=FEED, roleArn=f"arn:aws:iam::{RECIPIENT}:role/takes"
            )


def test_destinations_are_listed_by_prefix_and_page():
    with world({**group(), **stream(), **feeds()}) as cloud:
        logs = admin(cloud, "logs")
        for name in ("b-1", "a-2", "a-1"):
            logs.put_destination(destinationName=name, targetArn=FEED, roleArn=FEEDS)

        first = logs.describe_destinations(DestinationNamePrefix="a-", limit=1)
        second = logs.describe_destinations(DestinationNamePrefix="a-", limit=1, nextToken=first["nextToken"])
        names = [[each["destinationName"] for each in page["destinations"]] for page in (first, second)]
        assert names == [["a-1"], ["a-2"]]
        assert "nextToken" not in second


DESTINATION = {
    "Hub": {
        "Type": "AWS::Logs::Destination",
        "Properties": {
            "DestinationName": "hub",
            "TargetArn": {"Fn::GetAtt": ["Stream", "Arn"]},
            "RoleArn": {"Fn::GetAtt": ["feeds", "Arn"]},
            "DestinationPolicy": json.dumps(
                document(lets("logs", "logs:PutSubscriptionFilter") | {"Principal": {"AWS": ACCOUNT}})
            ),
        },
    }
}
TO_THE_HUB = {
    "Onward": {
        "Type": "AWS::Logs::SubscriptionFilter",
        "Properties": {
            "LogGroupName": {"Ref": "Group"},
            "FilterName": "onward",
            "FilterPattern": "",
            "DestinationArn": {"Fn::GetAtt": ["Hub", "Arn"]},
        },
    }
}


def test_a_template_declares_stream_destination_and_subscription():
    with world({**group(), **stream(), **feeds(), **DESTINATION, **TO_THE_HUB}) as cloud:
        write(cloud, "hello")
        cloud.run(10)

        assert [unpacked(each["Data"])["subscriptionFilters"] for each in records(cloud)] == [["onward"]]


@pytest.mark.slow
def test_another_account_has_a_state_of_its_own():
    with world({**group(), **role("ours", "lambda")}) as cloud:
        other = cloud.user("sec", account=RECIPIENT)
        cloud.client(other, "iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=trusts_logs())

        names = [
            [each["RoleName"] for each in client.list_roles()["Roles"]]
            for client in (admin(cloud, "iam"), cloud.client(other, "iam"))
        ]
        assert names == [["ours"], ["theirs"]]


def test_what_a_law_does_at_home_is_not_simulated_in_another_account():
    with world(group()) as cloud:
        other = cloud.user("sec", account=RECIPIENT)

        with pytest.raises(NotSimulated, match=f"PutSubscriptionFilter in another account .{RECIPIENT}"):
            put_subscription(cloud, FEED, by=other)


@pytest.mark.slow
def test_a_function_reads_the_lines_from_a_stream_between():
    with world({**group(), **stream(), **feeds(), **function()}) as cloud:
        admin(cloud, "lambda").create_event_source_mapping(
            EventSourceArn=FEED, FunctionName="look", StartingPosition="LATEST"
        )
        put_subscription(cloud, FEED, roleArn=FEEDS)
        write(cloud, "hello")
        cloud.run(10)

        given = [moment.facts["event"] for moment in cloud.setting.trace if moment.kind == "failed"]
    (record,) = given[0]["Records"]
    body = unpacked(b64decode(record["kinesis"]["data"]))
    assert [event["message"] for event in body["logEvents"]] == ["hello"]
