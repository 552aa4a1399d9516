"""AWS::Kinesis: data streams.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_Kinesis.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, only
from scenarios.cloud.cloudformation.resources.shapes import TAGS, Inert, Refused, Shape, Text, Whole
from scenarios.cloud.kernel.stack import Resource

STREAM = Shape(
    fields={
        "DesiredShardLevelMetrics": Inert(because="streams have no metrics in the simulated AWS"),
        "Name": Text(pattern=r"[a-zA-Z0-9_.-]{1,128}"),
        "RetentionPeriodHours": Whole(low=24, high=8760),
        "ShardCount": Whole(low=1),
        "StreamEncryption": Refused(because="encrypted streams"),
        "StreamModeDetails": Shape(
            fields={"StreamMode": Text(choices=("ON_DEMAND", "PROVISIONED"))}, required=("StreamMode",)
        ),
        "Tags": TAGS,
    }
)


def create_stream(order: Order) -> Identity:
    """Create a data stream, on demand unless shards are counted."""
    name, properties = order.name("Name", 128), order.properties
    mode = properties.get("StreamModeDetails", {}).get("StreamMode")
    mode = mode or ("PROVISIONED" if "ShardCount" in properties else "ON_DEMAND")
    shards = {"ShardCount": properties["ShardCount"]} if "ShardCount" in properties else {}
    if bool(shards) != (mode == "PROVISIONED"):
        raise order.refuse("ShardCount", f"a stream whose mode is {mode} has it or has it not")
    kinesis = order.client("kinesis")
    kinesis.create_stream(StreamName=name, StreamModeDetails={"StreamMode": mode}, **shards)
    if properties.get("RetentionPeriodHours", 24) > 24:
        hours = properties["RetentionPeriodHours"]
        kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=hours)
    return Identity(ref=name, attributes={"Arn": order.site.arn("kinesis", f"stream/{name}")})


def update_stream(order: Order, before: Resource) -> Identity:
    """Change for how long a stream keeps its records."""
    name, usual = before.physical_id, 24
    if "RetentionPeriodHours" in only(order, before, "RetentionPeriodHours"):
        was = before.properties.get("RetentionPeriodHours", usual)
        hours = order.properties.get("RetentionPeriodHours", usual)
        kinesis = order.client("kinesis")
        change = (
            kinesis.increase_stream_retention_period
            if hours > was
            else kinesis.decrease_stream_retention_period
        )
        change(StreamName=name, RetentionPeriodHours=hours)
    return Identity(ref=name, attributes=before.attributes)


def delete_stream(removal: Removal) -> None:
    """Delete a stream with all that is in it."""
    removal.client("kinesis").delete_stream(StreamName=removal.ref)


KINDS: Mapping[str, Kind] = {
    "AWS::Kinesis::Stream": Kind(
        shape=STREAM, create=create_stream, delete=delete_stream, update=update_stream
    )
}
