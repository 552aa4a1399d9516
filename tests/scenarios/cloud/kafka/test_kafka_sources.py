"""Topics of Kafka that functions read: what arrives, in which order, and what becomes of what fails."""

import json
from base64 import b64decode
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kafka.topics import KafkaTopics
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.runner.imperative import CannotOpen, open_world
from tests.forms.forms import QUEUE, allow, att, one, plain, reads, ref

CLUSTER = f"arn:aws:kafka:us-east-1:{ACCOUNT}:cluster/orders/12345678-1234-1234-1234-123456789012-1"
TOPIC = "orders"
# It returns what it was given; a record "bad" fails it.
CODE = """
from base64 import b64decode

def handler(event, context):
    values = [b64decode(each["value"]).decode() for many in event["records"].values() for each in many]
    if "bad" in values:
        raise ValueError("no such luck")
    return {"values": values, "event": event}
"""
ALLOWED = allow("kafka:*", "ec2:*", "sqs:SendMessage")


def opened(*statements, cluster=CLUSTER, more=None, **mapping):
    given = {"StartingPosition": "TRIM_HORIZON", "Topics": [TOPIC], **mapping}
    template = plain({"M": reads(cluster, **given), **QUEUE, **(more or {})}, *(statements or (ALLOWED,)))
    template["Resources"]["Fn"]["Properties"]["Code"] = {"ZipFile": CODE}
    return open_world(template=template)


def topics(world):
    return world.simulated.setting.laws[KafkaTopics]


def produce(world, *values, key=None, cluster=CLUSTER, topic=TOPIC, **more):
    for value in values:
        topics(world).produce(cluster, topic, value.encode(), key=key and key.encode(), **more)


def ran(world):
    return [moment.facts["outcome"] for moment in world.timeline if moment.kind == "ran"]


def said(world, kind):
    return [moment.words for moment in world.timeline if moment.kind == kind]


@pytest.mark.slow
def test_records_arrive_as_kafka_tells_them_and_those_of_a_partition_in_order():
    with opened() as world:
        topics(world).make(CLUSTER, TOPIC, partitions=3)
        for number in range(4):
            produce(world, f"a{number}", key="a")
            produce(world, f"b{number}", key="b", headers={"h": b"hi"})
        produce(world, "elsewhere", topic="other")
        world.run(seconds=5)

        [outcome] = ran(world)
    event = outcome["event"]
    assert (event["eventSource"], event["eventSourceArn"]) == ("aws:kafka", CLUSTER)
    assert event["bootstrapServers"].startswith("b-1.orders.kafka.us-east-1.amazonaws.com:9092,")
    every = {b64decode(each["value"]).decode(): each for many in event["records"].values() for each in many}
    assert every.keys() == {f"{name}{number}" for name in "ab" for number in range(4)}
    first = every["b0"]
    assert b64decode(first["key"]) == b"b"
    assert (first["topic"], first["timestampType"], first["headers"]) == (
        TOPIC,
        "CREATE_TIME",
        [{"h": [104, 105]}],
    )
    for place, many in event["records"].items():
        assert place == f"{TOPIC}-{many[0]['partition']}"
        assert [each["offset"] for each in many] == sorted(each["offset"] for each in many)


@pytest.mark.parametrize(
    ("position", "seen"),
    [("TRIM_HORIZON", ["old", "new"]), ("LATEST", ["new"])],
)
def test_a_mapping_starts_where_it_says(position, seen):
    with opened(StartingPosition=position, Enabled=False) as world:
        produce(world, "old")
        update = world.client("ann", "lambda").update_event_source_mapping
        update(UUID=world.physical_id("M"), Enabled=True)
        produce(world, "new")
        world.run(seconds=5)

        assert [value for each in ran(world) for value in each["values"]] == seen


@pytest.mark.slow
def test_batches_have_a_size_a_window_and_filters():
    pattern = json.dumps({"value": {"kind": ["order"]}})
    with opened(
        BatchSize=2, MaximumBatchingWindowInSeconds=10, FilterCriteria={"Filters": [{"Pattern": pattern}]}
    ) as world:
        produce(world, '{"kind": "order", "n": 1}', "plain", '{"kind": "order", "n": 2}')
        world.run(seconds=5)
        early = [len(each["values"]) for each in ran(world)]
        world.run(seconds=10)

        assert (early, [len(each["values"]) for each in ran(world)]) == ([1], [1, 1])
        assert said(world, "filtered") == ["Fn does not get 1 record: no filter takes them"]


@pytest.mark.slow
def test_a_batch_that_fails_is_tried_until_the_topic_keeps_it_no_more(monkeypatch):
    for module in ("scenarios.cloud.functions.kafka_sources", "scenarios.cloud.kafka.topics"):
        monkeypatch.setattr(f"{module}.KEPT", timedelta(hours=2))
    with opened() as world:
        produce(world, "bad")
        world.run(seconds=5)
        produce(world, "good")
        world.run(hours=1)
        waiting = ran(world)
        world.run(hours=1)
        produce(world, "last")
        world.run(seconds=5)

        assert waiting == []
        assert [each["values"] for each in ran(world)] == [["good"], ["last"]]
        assert "the topic keeps them no more" in said(world, "lost")[0]


@pytest.mark.slow
def test_with_a_destination_it_is_tried_ten_times_more_and_told_of():
    destination = {"OnFailure": {"Destination": att("Q")}}
    with opened(DestinationConfig=destination, BatchSize=1) as world:
        produce(world, "bad", "good")
        world.run(minutes=30)
        sqs = world.client("ann", "sqs")
        [message] = sqs.receive_message(QueueUrl=world.physical_id("Q"))["Messages"]
        told = json.loads(message["Body"])

        assert len(said(world, "failed")) == 11
        assert [each["values"] for each in ran(world)] == [["good"]]
        assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
        place = told["KafkaBatchInfo"]["recordsInfo"][f"{TOPIC}-0"]
        assert (place["firstRecordOffset"], place["lastRecordOffset"]) == ("0", "0")
        assert told["KafkaBatchInfo"]["eventSourceArn"] == CLUSTER


def test_without_the_rights_nothing_is_read_and_it_says_so():
    with opened(allow("kafka:*")) as world:
        produce(world, "one")
        world.run(seconds=5)

        assert ran(world) == []
        assert "may not ec2:CreateNetworkInterface" in said(world, "lost")[0]


@pytest.mark.slow
def test_a_cluster_of_the_stack_has_an_arn():
    cluster = one(
        "AWS::MSK::Cluster",
        ClusterName="own",
        KafkaVersion="3.6.0",
        NumberOfBrokerNodes=2,
        BrokerNodeGroupInfo={"InstanceType": "kafka.t3.small", "ClientSubnets": ["subnet-1", "subnet-2"]},
    )
    with opened(cluster=ref("Own"), more={"Own": cluster}) as world:
        produce(world, "one", cluster=world.physical_id("Own"))
        world.run(seconds=5)

        assert [each["values"] for each in ran(world)] == [["one"]]


@pytest.mark.parametrize(
    ("mapping", "error", "says"),
    [
        pytest.param({"MaximumRetryAttempts": 3}, NotSimulated, "provisioned pollers", id="attempts"),
        pytest.param(
            {"BisectBatchOnFunctionError": True}, NotSimulated, "provisioned pollers", id="bisecting"
        ),
        pytest.param({"ParallelizationFactor": 2}, CannotOpen, "is not for topics", id="lanes"),
        pytest.param({"Topics": ["a1", "b1"]}, CannotOpen, "2 is more than 1", id="two topics"),
        pytest.param(
            {"DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:sqs:us-east-1:{ACCOUNT}:no"}}},
            CannotOpen,
            "does not have permissions",
            id="a destination that the role may not write to",
        ),
    ],
)
def test_what_is_not_a_mapping_is_refused_or_loud(mapping, error, says):
    statements = (allow("kafka:*", "ec2:*"),)
    with pytest.raises(error, match=says), opened(*statements, **mapping):
        pass


def test_the_api_asks_for_topics_and_a_starting_position():
    with opened() as world:
        make = world.client("ann", "lambda").create_event_source_mapping
        function = world.physical_id("Fn")
        with pytest.raises(ClientError, match="startingPosition"):
            make(EventSourceArn=CLUSTER + "2", FunctionName=function, Topics=["orders"])
        with pytest.raises(ClientError, match="topics"):
            make(EventSourceArn=CLUSTER + "2", FunctionName=function, StartingPosition="LATEST")
