"""What a web ACL sees is logged to a bucket, a log group or a stream whose name WAF takes."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.runner.words.service_logs import WebAcl, visited
from scenarios.service_logs import WAF
from tests.scenarios.cloud.log_files import files
from tests.scenarios.cloud.small_worlds import ACCOUNT, HOME, admin, arn, may, queue, role, world

NAME = "aws-waf-logs-shop"
BUCKET, GROUP = f"arn:aws:s3:::{NAME}", arn("logs", f"log-group:{NAME}")
STREAM = arn("firehose", f"deliverystream/{NAME}")
EDGE = {
    kind: WebAcl(name=kind, to=to) for kind, to in (("s3", BUCKET), ("logs", GROUP), ("firehose", STREAM))
}


@pytest.fixture(scope="module")
def cloud():
    with world({**queue(), **role("Writes", "firehose", may("s3:*"))}) as made:
        s3 = admin(made, "s3")
        for name in (NAME, "aws-waf-logs-stream"):
            s3.create_bucket(Bucket=name)
        admin(made, "logs").create_log_group(logGroupName=NAME)
        admin(made, "firehose").create_delivery_stream(
            DeliveryStreamName=NAME,
            ExtendedS3DestinationConfiguration={
                "BucketARN": "arn:aws:s3:::aws-waf-logs-stream",
                "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/Writes",
                "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 5},
            },
        )
        waf = admin(made, "wafv2")
        off = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
        made.acls = {
            name: waf.create_web_acl(
                Name=name, Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=off
            )["Summary"]["ARN"]
            for name in EDGE
        }
        for name, each in EDGE.items():
            switch_on(made, name, each.to)
        yield made


def switch_on(cloud, name, to, client=None, **more):
    given = {"ResourceArn": cloud.acls[name], "LogDestinationConfigs": [to], **more}
    (client or admin(cloud, "wafv2")).put_logging_configuration(LoggingConfiguration=given)


@pytest.mark.slow
def test_a_bucket_gets_a_file_for_each_five_minutes(cloud):
    visited(EDGE["s3"], "203.0.113.66", ["/x?id=1'--"], blocked_by="SQLi").do(cloud)
    at = cloud.clock.now
    cloud.run(400)

    (key,) = files(cloud, NAME)
    assert key.startswith(
        f"AWSLogs/{ACCOUNT}/WAFLogs/{HOME}/s3/{at:%Y/%m/%d/%H/%M}/{ACCOUNT}_waflogs_{HOME}_s3_{at:%Y%m%dT%H%MZ}_"
    )
    (line,) = files(cloud, NAME)[key].splitlines()
    said = WAF.read(line)
    assert (said["action"], said["terminatingRuleId"]) == ("BLOCK", "SQLi")
    request = json.loads(said["httpRequest"])
    assert (request["clientIp"], request["uri"], request["args"]) == ("203.0.113.66", "/x", "id=1'--")


def test_a_log_group_gets_lines_soon(cloud):
    visited(EDGE["logs"], "203.0.113.66", ["/y"]).do(cloud)
    cloud.run(60)

    found = admin(cloud, "logs").filter_log_events(logGroupName=NAME)["events"]
    assert [(each["logStreamName"], json.loads(each["message"])["action"]) for each in found] == [
        (f"{HOME}_logs_0", "ALLOW")
    ]


def test_a_stream_gets_a_record_for_each_request(cloud):
    visited(EDGE["firehose"], "203.0.113.66", ["/a", "/b"]).do(cloud)
    cloud.run(200)

    (text,) = files(cloud, "aws-waf-logs-stream").values()
    assert [each.partition('"')[0] for each in text.split('"uri":"')[1:]] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("arn:aws:s3:::another-bucket", "WAFInvalidParameterException"),
        (arn("logs", "log-group:waf"), "WAFInvalidParameterException"),
        (arn("sqs", NAME), "WAFInvalidParameterException"),
        (arn("logs", f"log-group:{NAME}", "eu-west-1"), "WAFInvalidParameterException"),
        ("nonsense-that-is-long-enough", "WAFInvalidParameterException"),
        ("arn:aws:s3:::aws-waf-logs-none", "WAFNonexistentItemException"),
    ],
)
def test_another_destination_is_refused(cloud, to, code):
    with pytest.raises(ClientError) as caught:
        switch_on(cloud, "s3", to)

    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("to", [BUCKET, GROUP, STREAM])
def test_who_may_not_let_log_delivery_in_may_not_log(cloud, to):
    only = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "wafv2:*", "Resource": "*"}}

    with pytest.raises(ClientError) as caught:
        switch_on(cloud, "s3", to, cloud.client(cloud.user("mallory", policies=(only,)), "wafv2"))

    assert caught.value.response["Error"]["Code"] == "WAFLogDestinationPermissionIssueException"


def test_redacted_fields_are_loud(cloud):
    with pytest.raises(NotSimulated, match="RedactedFields"):
        switch_on(cloud, "s3", BUCKET, RedactedFields=[{"Method": {}}])
