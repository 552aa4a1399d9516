"""What a bucket tells queues, topics and functions by itself."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from tests.sample import in_turn
from tests.scenarios.cloud.functions import function_worlds
from tests.scenarios.cloud.small_worlds import (
    ACCOUNT,
    HOME,
    admin,
    arn,
    arrived,
    bucket,
    function,
    heard,
    noted,
    permission,
    queue,
    topic,
    world,
)

CREATED, REMOVED = "s3:ObjectCreated:*", "s3:ObjectRemoved:*"
VERSIONED = {"VersioningConfiguration": {"Status": "Enabled"}}
QUEUE = {"Fn::GetAtt": ["Heard", "Arn"]}


def notifying(kind, *told, needs, **properties):
    """A bucket that tells; `needs`: what must stand before it."""
    made = bucket(NotificationConfiguration={kind: list(told)}, **properties)
    made["Bucket"]["DependsOn"] = list(needs)
    return made


def telling_queue(event=CREATED, filters=(), **properties):
    limits = {"Filter": {"S3Key": {"Rules": list(filters)}}} if filters else {}
    return {
        **queue(by="s3"),
        **notifying(
            "QueueConfigurations",
            {"Event": event, "Queue": QUEUE, **limits},
            needs=["HeardPolicy"],
            **properties,
        ),
    }


def put(cloud, key, body=b"x"):
    return admin(cloud, "s3").put_object(Bucket="tw-logs", Key=key, Body=body)


def records(cloud):
    """Every record that lies in the queue, but for the test event."""
    cloud.run(40)
    return [record for body in heard(cloud) for record in body.get("Records", ())]


def test_a_queue_gets_the_test_event_when_it_is_configured():
    with world(telling_queue()) as cloud:
        cloud.run(10)

        (test,) = heard(cloud)
        assert test.keys() == {"Service", "Event", "Time", "Bucket", "RequestId", "HostId"}
        assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", "tw-logs")


@pytest.mark.slow
def test_an_object_created_is_told_in_the_documented_form():
    with world(telling_queue(**VERSIONED)) as cloud:
        answer = put(cloud, "a b/ü+.txt", b"abc")

        (record,) = records(cloud)
        assert record.keys() == {
            "eventVersion",
            "eventSource",
            "awsRegion",
            "eventTime",
            "eventName",
            "userIdentity",
            "requestParameters",
            "responseElements",
            "s3",
        }
        assert (record["eventVersion"], record["eventSource"]) == ("2.1", "aws:s3")
        assert (record["eventName"], record["awsRegion"]) == ("ObjectCreated:Put", HOME)
        assert record["userIdentity"]["principalId"].startswith("AWS:AIDA")
        assert record["requestParameters"] == {"sourceIPAddress": "198.51.100.20"}
        assert record["s3"]["bucket"]["arn"] == "arn:aws:s3:::tw-logs"
        told = record["s3"]["object"]
        assert (told["key"], told["size"]) == ("a+b/%C3%BC%2B.txt", 3)
        assert (f'"{told["eTag"]}"', told["versionId"]) == (answer["ETag"], answer["VersionId"])
        int(told["sequencer"], 16)


def test_a_later_event_of_a_key_has_the_greater_sequencer():
    with world(telling_queue()) as cloud:
        put(cloud, "k")
        put(cloud, "k")

        first, second = (record["s3"]["object"]["sequencer"] for record in records(cloud))
        assert int(first, 16) < int(second, 16)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("versioned", "names"),
    [
        pytest.param({}, ["ObjectRemoved:Delete"], id="for good"),
        pytest.param(VERSIONED, ["ObjectRemoved:DeleteMarkerCreated"], id="a marker"),
    ],
)
def test_what_is_deleted_is_told_by_how(versioned, names):
    with world(telling_queue(REMOVED, **versioned)) as cloud:
        put(cloud, "k")
        admin(cloud, "s3").delete_object(Bucket="tw-logs", Key="k")

        told = records(cloud)
        assert [record["eventName"] for record in told] == names
        assert "size" not in told[0]["s3"]["object"]


def test_what_lifecycle_deletes_is_no_removal():
    with world(telling_queue(REMOVED)) as cloud:
        put(cloud, "k")
        cloud.storage.expire("tw-logs", "k")

        assert records(cloud) == []


@pytest.mark.slow
def test_what_lifecycle_deletes_is_told_in_the_later_form():
    with world(telling_queue("s3:LifecycleExpiration:*")) as cloud:
        put(cloud, "k")
        cloud.storage.expire("tw-logs", "k")

        (record,) = records(cloud)
        assert (record["eventName"], record["eventVersion"]) == ("LifecycleExpiration:Delete", "2.3")
        assert record["userIdentity"] == {"principalId": "s3.amazonaws.com"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "told"),
    [
        pytest.param("in/a.jpg", True, id="both"),
        pytest.param("in/a.png", False, id="another suffix"),
        pytest.param("out/a.jpg", False, id="another prefix"),
        pytest.param("in/.jpg", True, id="nothing between"),
    ],
)
def test_a_filter_asks_for_prefix_and_suffix(key, told):
    limits = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".jpg"}]
    with world(telling_queue(filters=limits)) as cloud:
        put(cloud, key)

        assert bool(records(cloud)) is told


@pytest.mark.slow
@pytest.mark.parametrize(("limit", "told"), [("my+photos/", True), ("my photos/", False)])
def test_a_filter_is_held_against_the_encoded_key(limit, told):
    with world(telling_queue(filters=[{"Name": "prefix", "Value": limit}])) as cloud:
        put(cloud, "my photos/a")

        assert bool(records(cloud)) is told


@pytest.mark.slow
def test_one_event_is_not_all_of_its_kind():
    with world(telling_queue("s3:ObjectCreated:Copy")) as cloud:
        put(cloud, "k")
        source = {"Bucket": "tw-logs", "Key": "k"}
        admin(cloud, "s3").copy_object(Bucket="tw-logs", Key="copy", CopySource=source)

        assert [record["s3"]["object"]["key"] for record in records(cloud)] == ["copy"]


@pytest.mark.slow
def test_a_topic_gets_it_under_s3s_own_subject():
    made = notifying(
        "TopicConfigurations", {"Event": CREATED, "Topic": {"Ref": "Alerts"}}, needs=["AlertsPolicy"]
    )
    with world({**topic("s3"), **made}) as cloud:
        put(cloud, "k")
        cloud.run(10)

        test, told = cloud.topics.inbox
        assert {mail.subject for mail in (test, told)} == {"Amazon S3 Notification"}
        assert json.loads(test.text)["Event"] == "s3:TestEvent"
        assert json.loads(told.text)["Records"][0]["s3"]["object"]["key"] == "k"


def telling_function():
    target = {"Fn::GetAtt": ["look", "Arn"]}
    made = notifying(
        "LambdaConfigurations", {"Event": CREATED, "Function": target}, needs=["lookBys3", "lookFailing"]
    )
    return {**function(), **permission("s3", SourceArn="arn:aws:s3:::tw-logs"), **made}


@pytest.mark.slow
def test_a_function_is_invoked_with_the_records_and_gets_no_test_event():
    with world(telling_function()) as cloud:
        put(cloud, "k")
        cloud.run(60)

        (event,) = arrived(cloud)
        assert [record["eventName"] for record in event["Records"]] == ["ObjectCreated:Put"]


FULL = (
    function_worlds.WRITES_LOGS,
    function_worlds.SENDS,
    function_worlds.may(["s3:PutObject", "sqs:GetQueueUrl"]),
)
COUNTS = """
    import boto3

    def look(event, context):
        for record in event["Records"]:
            key = record["s3"]["object"]["key"]
            try:
                boto3.client("s3").put_object(Bucket="results", Key=key, Body=b"seen", IfNoneMatch="*")
            except boto3.client("s3").exceptions.ClientError:
                pass
            else:
                boto3.client("sqs").send_message(
                    QueueUrl=boto3.client("sqs").get_queue_url(QueueName="Seen")["QueueUrl"], MessageBody=key
                )
"""


@pytest.mark.slow
@pytest.mark.parametrize("profile", in_turn([name for name in PROFILES if name != "crash-after"], of=3))
def test_one_object_is_handled_once_under_every_fault(tmp_path, profile):
    """A handler that remembers what it saw, as S3's page asks for, sees one object as one."""
    target = {"Fn::GetAtt": ["look", "Arn"]}
    made = notifying("LambdaConfigurations", {"Event": CREATED, "Function": target}, needs=["lookBys3"])
    resources = {
        **function_worlds.function(statements=(*FULL,)),
        **permission("s3"),
        **made,
        **queue("Seen", by=""),
        "Results": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "results"}},
    }
    code = function_worlds.code(tmp_path, COUNTS)
    with function_worlds.world(code, resources, faults=PROFILES[profile]) as cloud:
        put(cloud, "k")
        cloud.run(600)

        assert cloud.queues.bodies(arn("sqs", "Seen")) == ["k"]


def test_a_destination_that_refuses_later_loses_the_event_and_the_trace_says_so():
    with world(telling_queue()) as cloud:
        cloud.run(10)
        sqs = admin(cloud, "sqs")
        url = sqs.get_queue_url(QueueName="Heard")["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
        put(cloud, "k")

        assert records(cloud) == []
        assert noted(cloud, "lost") == [
            f"the bucket tw-logs could not reach {arn('sqs', 'Heard')} (NO_PERMISSIONS)"
        ]


@pytest.mark.slow
def test_a_stack_whose_bucket_may_not_tell_is_refused():
    made = notifying("QueueConfigurations", {"Event": CREATED, "Queue": QUEUE}, needs=["HeardPolicy"])
    cloud = world({**queue(by="events"), **made})
    with pytest.raises(InvalidTemplate, match=r"Bucket\.Notif.*no resource-based policy"), cloud:
        pass


@pytest.mark.slow
def test_the_configuration_is_described_as_it_was_put():
    limits = [{"Name": "suffix", "Value": ".jpg"}]
    with world(telling_queue(filters=limits)) as cloud:
        answer = admin(cloud, "s3").get_bucket_notification_configuration(Bucket="tw-logs")

    (told,) = answer["QueueConfigurations"]
    assert told.pop("Id")
    assert told == {
        "QueueArn": f"arn:aws:sqs:{HOME}:{ACCOUNT}:Heard",
        "Events": [CREATED],
        "Filter": {"Key": {"FilterRules": limits}},
    }


def test_eventbridge_and_a_queue_may_both_be_told():
    with world(telling_queue()) as cloud:
        s3 = admin(cloud, "s3")
        told = s3.get_bucket_notification_configuration(Bucket="tw-logs")
        both = {"QueueConfigurations": told["QueueConfigurations"], "EventBridgeConfiguration": {}}
        s3.put_bucket_notification_configuration(Bucket="tw-logs", NotificationConfiguration=both)
        answer = s3.get_bucket_notification_configuration(Bucket="tw-logs")

        assert answer["EventBridgeConfiguration"] == {}
        assert answer["QueueConfigurations"] == told["QueueConfigurations"]


def test_a_fifo_queue_is_no_destination():
    with world({**queue(), **bucket()}) as cloud:
        given = {"QueueConfigurations": [{"QueueArn": arn("sqs", "Heard.fifo"), "Events": [CREATED]}]}
        with pytest.raises(ClientError, match="Unable to validate"):
            admin(cloud, "s3").put_bucket_notification_configuration(
                Bucket="tw-logs", NotificationConfiguration=given
            )


@pytest.mark.parametrize("event", ["s3:Replication:*", "s3:IntelligentTiering"])
def test_events_that_nobody_simulates_are_loud_when_they_are_asked_for(event):
    given = {"QueueConfigurations": [{"QueueArn": arn("sqs", "Heard"), "Events": [event]}]}
    with world({**queue(by="s3"), **bucket()}) as cloud:
        put_configuration = admin(cloud, "s3").put_bucket_notification_configuration
        with pytest.raises(NotSimulated, match=event):
            put_configuration(Bucket="tw-logs", NotificationConfiguration=given)
