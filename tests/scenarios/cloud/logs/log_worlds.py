"""Log groups to set worlds on, lines for them, and what reaches those who subscribed."""

import base64
import gzip
import json

from scenarios.cloud.deployment import START
from tests.scenarios.cloud.small_worlds import admin, document, function, group, may, permission, role

HOST = "/host/secure"
NOW = int(START.timestamp() * 1000)
RECIPIENT = "999999999999"


def subscription(pattern, **properties):
    given = {
        "LogGroupName": {"Ref": "Group"},
        "FilterName": "guesses",
        "FilterPattern": pattern,
        "DestinationArn": {"Fn::GetAtt": ["look", "Arn"]},
    }
    return {
        "Subscription": {
            "Type": "AWS::Logs::SubscriptionFilter",
            "DependsOn": ["lookBylogs"],
            "Properties": given | properties,
        }
    }


def subscribed(pattern=""):
    """A group, and a function that hears of its lines."""
    return {**group(), **function(), **permission("logs"), **subscription(pattern)}


def write(world, *lines, stream="i-1"):
    world.logs.write("us-east-1", HOST, stream, [(world.clock.now, line) for line in lines])


def unpacked(data):
    """What a stream's record or a function's event carries, read as its receiver does."""
    return json.loads(gzip.decompress(data))


def told(event):
    """What a function was told of."""
    return unpacked(base64.b64decode(event["awslogs"]["data"]))


def stream(name="feed", shards=1):
    return {"Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": name, "ShardCount": shards}}}


def feeds(*statements):
    """The role under which Logs writes to streams."""
    return role("feeds", "logs", *(statements or (may(["kinesis:PutRecord", "firehose:PutRecord"]),)))


def put_subscription(world, to, name="guesses", by=None, **more):
    """Subscribe as somebody who may do everything, or as the caller `by`."""
    logs = world.client(by, "logs") if by else admin(world, "logs")
    given = {"logGroupName": HOST, "filterName": name, "filterPattern": "", "destinationArn": to}
    logs.put_subscription_filter(**given | more)


def records(world, name="feed", by=None, region=""):
    """What lies in a stream, shard by shard, oldest first."""
    kinesis = world.client(by, "kinesis", region) if by else admin(world, "kinesis", region)
    described, found = kinesis.describe_stream(StreamName=name)["StreamDescription"], []
    for shard in described["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found += kinesis.get_records(ShardIterator=iterator, StreamARN=described["StreamARN"])["Records"]
    return found


def trusts_logs():
    """A trust policy for CloudWatch Logs, as JSON."""
    return json.dumps(
        document(
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "logs.amazonaws.com"},
            }
        )
    )


def recipient_takes(world, *, action="kinesis:PutRecord", lets_in="123456789012", region="us-east-1"):
    """Another account's stream, role and destination; tells who runs them, and the destination's ARN."""
    other = world.user("sec", account=RECIPIENT)
    kinesis, iam = world.client(other, "kinesis", region), world.client(other, "iam")
    kinesis.create_stream(StreamName="central", ShardCount=1)
    iam.create_role(RoleName="takes", AssumeRolePolicyDocument=trusts_logs())
    iam.put_role_policy(RoleName="takes", PolicyName="p", PolicyDocument=json.dumps(document(may(action))))
    logs = world.client(other, "logs")
    made = logs.put_destination(
        destinationName="central",
        targetArn=f"arn:aws:kinesis:{region}:{RECIPIENT}:stream/central",
        roleArn=f"arn:aws:iam::{RECIPIENT}:role/takes",
    )["destination"]["arn"]
    if lets_in:
        let_in = {
            "Effect": "Allow",
            "Principal": {"AWS": lets_in},
            "Action": "logs:PutSubscriptionFilter",
            "Resource": made,
        }
        logs.put_destination_policy(destinationName="central", accessPolicy=json.dumps(document(let_in)))
    return other, made
