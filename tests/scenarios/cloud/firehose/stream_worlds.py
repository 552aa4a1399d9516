"""Delivery streams to set worlds on, and what reached their buckets and indexes."""

import gzip
import json

from scenarios.cloud.kernel.deliveries import AssumedRole, StreamRecord
from scenarios.cloud.kernel.web import WebAnswer
from tests.scenarios.cloud.small_worlds import admin, arn, may, role

LAKE = "tw-lake"
DOMAIN = arn("es", "domain/logs")
BULK = "https://logs.us-east-1.es.amazonaws.com/_bulk"
URL = "https://intake.example.com/v1?dd=1"
STORES = may("s3:PutObject")
READS = may(["kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords"])
INDEXES = may(["es:DescribeDomain", "es:ESHttpPost"], [DOMAIN, f"{DOMAIN}/*"])


def lake(*statements, stream=None, **configuration):
    """A delivery stream to a bucket, under a role that may do this; `stream`: its other properties."""
    given = {
        "BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]},
        "RoleARN": {"Fn::GetAtt": ["delivers", "Arn"]},
        "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1},
        **configuration,
    }
    properties = {"DeliveryStreamName": "lake", "ExtendedS3DestinationConfiguration": given, **(stream or {})}
    return {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": LAKE}},
        **role("delivers", "firehose", *(statements or (STORES,))),
        "Lake": {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": properties},
    }


def indexed(*statements, domain=None, bucket=None, **configuration):
    """A delivery stream to an index of the domain `logs`; `domain`, `bucket`: their own properties."""
    given = {
        "DomainARN": {"Fn::GetAtt": ["Domain", "Arn"]},
        "IndexName": "logins",
        "RoleARN": {"Fn::GetAtt": ["delivers", "Arn"]},
        "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1},
        "S3Configuration": {
            "BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]},
            "RoleARN": {"Fn::GetAtt": ["delivers", "Arn"]},
            **(bucket or {}),
        },
        **configuration,
    }
    properties = {"DeliveryStreamName": "lake", "AmazonopensearchserviceDestinationConfiguration": given}
    return {
        "Domain": {
            "Type": "AWS::OpenSearchService::Domain",
            "Properties": {"DomainName": "logs", **(domain or {})},
        },
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": LAKE}},
        **role("delivers", "firehose", *(statements or (STORES, INDEXES))),
        "Lake": {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": properties},
    }


def sent(**configuration):
    """A delivery stream to an endpoint."""
    given = {
        "EndpointConfiguration": {"Url": URL, "Name": "intake", "AccessKey": "secret"},
        "RequestConfiguration": {"CommonAttributes": [{"AttributeName": "team", "AttributeValue": "sec"}]},
        "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1},
        "RoleARN": {"Fn::GetAtt": ["delivers", "Arn"]},
        "S3Configuration": {
            "BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]},
            "RoleARN": {"Fn::GetAtt": ["delivers", "Arn"]},
        },
        **configuration,
    }
    properties = {"DeliveryStreamName": "lake", "HttpEndpointDestinationConfiguration": given}
    return {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": LAKE}},
        **role("delivers", "firehose", STORES),
        "Lake": {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": properties},
    }


def put(cloud, *records, name="lake"):
    """Put each record by itself."""
    for record in records:
        admin(cloud, "firehose").put_record(DeliveryStreamName=name, Record={"Data": record})


def put_by_logs(cloud, *records):
    """What CloudWatch Logs writes for a subscription, under its role."""
    arrives = AssumedRole(
        arn=arn("iam", "role/forwards").replace(":us-east-1:", "::"), service="logs.amazonaws.com"
    )
    for record in records:
        refused = cloud.setting.deliveries.hand_over(
            arn("firehose", "deliverystream/lake"), StreamRecord(data=record), by=arrives
        )
        assert refused is None, refused


FORWARDS = role("forwards", "logs", may("firehose:PutRecord"))


def objects(cloud):
    """(key, body) of what is in the bucket, in the order of the keys."""
    s3 = admin(cloud, "s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=LAKE).get("Contents", ())]
    return [(key, s3.get_object(Bucket=LAKE, Key=key)["Body"].read()) for key in keys]


def bodies(cloud):
    return [body for _, body in objects(cloud)]


def failures(cloud):
    """The lines about what failed, read."""
    return [json.loads(line) for body in bodies(cloud) for line in body.splitlines()]


class Index:
    """What answers a domain's bulk requests: in turn the statuses of the documents, or of the request.

    `taken`: (index, document) of those that it took.
    """

    def __init__(self, cloud, *answers):
        self.answers, self.taken, self.requests = list(answers), [], 0
        cloud.setting.web.answers(BULK, self)

    def __call__(self, request):
        self.requests += 1
        lines = [json.loads(line) for line in request.body.splitlines()]
        places, documents = lines[::2], lines[1::2]
        said = self.answers.pop(0) if self.answers else [201] * len(documents)
        if isinstance(said, int):
            return WebAnswer(status=said, body='{"error": "no"}')
        self.taken += [
            (place["index"]["_index"], document)
            for place, document, status in zip(places, documents, said, strict=True)
            if status < 300
        ]
        items = [
            {"index": {"status": status, **({} if status < 300 else {"error": {"type": f"e{status}"}})}}
            for status in said
        ]
        return WebAnswer(body=json.dumps({"errors": any(each >= 300 for each in said), "items": items}))


def of_logs(*messages, kind="DATA_MESSAGE"):
    """A record as a subscription of CloudWatch Logs writes it."""
    events = [{"id": str(n), "timestamp": n, "message": text} for n, text in enumerate(messages)]
    return gzip.compress(json.dumps({"messageType": kind, "logEvents": events}).encode(), mtime=0)
