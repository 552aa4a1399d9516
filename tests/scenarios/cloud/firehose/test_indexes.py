"""Delivery streams to OpenSearch: bulk requests, retries, what is refused, what goes to the bucket."""

import base64
import json
from datetime import UTC, datetime

import pytest

from scenarios.cloud.firehose.names import index_name
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.web import NO_CONNECTION, WebAnswer
from tests.scenarios.cloud.firehose.stream_worlds import (
    BULK,
    DOMAIN,
    INDEXES,
    READS,
    STORES,
    Index,
    bodies,
    failures,
    indexed,
    objects,
    of_logs,
    put,
)
from tests.scenarios.cloud.logs.log_worlds import feeds, put_subscription, stream, write
from tests.scenarios.cloud.small_worlds import admin, arn, document, group, may, noted, total, world

ONE, TWO, THREE = ({"user": name} for name in ("one", "two", "three"))


def documents(*given):
    return [json.dumps(each).encode() for each in given]


@pytest.mark.slow
def test_records_are_indexed_together():
    with world(indexed()) as cloud:
        index = Index(cloud)
        put(cloud, *documents(ONE, TWO))
        cloud.run(61)

        assert index.requests == 1
        assert index.taken == [("logins-2026-03-02", ONE), ("logins-2026-03-02", TWO)]
        assert bodies(cloud) == []
        found = total(
            cloud, "AWS/Firehose", "DeliveryToAmazonOpenSearchService.Records", DeliveryStreamName="lake"
        )
        assert found == 2


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        pytest.param("NoRotation", "myindex", id="never"),
        pytest.param("OneHour", "myindex-2016-02-25-13", id="each hour"),
        pytest.param("OneDay", "myindex-2016-02-25", id="each day"),
        pytest.param("OneMonth", "myindex-2016-02", id="each month"),
    ],
)
def test_an_index_rotates_as_on_awss_page(rotation, expected):
    """https://docs.aws.amazon.com/firehose/latest/dev/es-index-rotation.html ."""
    assert index_name("myindex", rotation, datetime(2016, 2, 25, 13, tzinfo=UTC)) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(datetime(2027, 1, 2, tzinfo=UTC), "2027-w01", id="the first Saturday"),
        pytest.param(datetime(2027, 1, 3, tzinfo=UTC), "2027-w02", id="the Sunday behind it"),
        pytest.param(datetime(2026, 12, 31, tzinfo=UTC), "2027-w01", id="a week that ends in the next year"),
    ],
)
def test_a_week_begins_on_sunday_and_the_first_has_a_saturday(moment, expected):
    """The rule on AWS's page; its example, week 8 for 25 February 2016, would be another rule's."""
    assert index_name("i", "OneWeek", moment) == f"i-{expected}"


@pytest.mark.parametrize(
    ("answers", "requests", "codes"),
    [
        pytest.param([503, [201, 201]], 2, [], id="a domain that is busy"),
        pytest.param([[201, 429], [201]], 2, [], id="a document that is put off"),
        pytest.param([[400, 201]], 1, ["400"], id="a document that is refused"),
        pytest.param([[201, 429], [400]], 2, ["400"], id="put off, then refused"),
    ],
)
def test_what_is_put_off_is_tried_again_and_what_is_refused_is_kept(answers, requests, codes):
    with world(indexed()) as cloud:
        index = Index(cloud, *answers)
        put(cloud, *documents(ONE, TWO))
        cloud.run(200)

        assert index.requests == requests
        assert [each["errorCode"] for each in failures(cloud)] == codes


@pytest.mark.slow
def test_what_a_domain_never_takes_is_kept_as_awss_page_says():
    with world(indexed(RetryOptions={"DurationInSeconds": 60})) as cloud:
        cloud.setting.web.answers(BULK, WebAnswer(status=NO_CONNECTION))
        put(cloud, *documents(ONE))
        cloud.run(300)

        ((key, body),) = objects(cloud)
        told = json.loads(body)
        assert key.startswith("AmazonOpenSearchService_failed/2026/03/02/03/lake-1-")
        assert base64.b64decode(told.pop("rawData")) == documents(ONE)[0]
        assert len(told.pop("esDocumentId")) == 36
        assert told == {
            "attemptsMade": 3,
            "arrivalTimestamp": 1772420400000,
            "errorCode": "503",
            "errorMessage": "the domain could not be reached",
            "attemptEndingTimestamp": 1772420490000,
            "esIndexName": "logins-2026-03-02",
            "esTypeName": "",
        }


@pytest.mark.slow
def test_of_two_equal_documents_without_ids_only_the_one_is_sent_again_that_was_put_off():
    given = {"DocumentIdOptions": {"DefaultDocumentIdFormat": "NO_DOCUMENT_ID"}}
    with world(indexed(**given)) as cloud:
        index = Index(cloud, [201, 429], [429], [201])
        put(cloud, *documents(ONE, ONE))
        cloud.run(200)

        assert (index.requests, [each for _, each in index.taken]) == (3, [ONE, ONE])
        assert failures(cloud) == []


@pytest.mark.slow
def test_without_retries_one_request_must_do():
    with world(indexed(RetryOptions={"DurationInSeconds": 0})) as cloud:
        index = Index(cloud, 503)
        put(cloud, *documents(ONE))
        cloud.run(100)

        assert (index.requests, len(failures(cloud))) == (1, 1)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(b"Mar  2 sshd: hello", id="a line"),
        pytest.param(b'{"a":\n1}', id="on two lines"),
        pytest.param(b"[1]", id="a list"),
        pytest.param(b"\x1f\x8b", id="packed"),
    ],
)
def test_a_record_that_is_no_object_on_one_line_is_not_sent(record):
    with world(indexed()) as cloud:
        index = Index(cloud)
        put(cloud, *documents(ONE), record)
        cloud.run(61)

        assert index.taken == [("logins-2026-03-02", ONE)]
        assert [base64.b64decode(each["rawData"]) for each in failures(cloud)] == [record]


@pytest.mark.slow
def test_all_documents_go_to_the_bucket_too_where_the_stream_says_so():
    with world(indexed(S3BackupMode="AllDocuments", bucket={"Prefix": "all/"})) as cloud:
        index = Index(cloud, [201, 400])
        put(cloud, *documents(ONE, TWO))
        cloud.run(61)

        (whole, failed) = sorted(objects(cloud), key=lambda each: "failed" in each[0])
        assert whole[0].startswith("all/2026/")
        assert whole[1] == b"".join(documents(ONE, TWO))
        assert failed[0].startswith("all/AmazonOpenSearchService_failed/")
        assert index.taken == [("logins-2026-03-02", ONE)]


# ---- rights -------------------------------------------------------------------------------------

LETS_IN = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:role/delivers"},
    "Action": "es:ESHttp*",
    "Resource": f"{DOMAIN}/*",
}
KEEPS_OUT = LETS_IN | {"Effect": "Deny"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statements", "policy", "missing"),
    [
        pytest.param((INDEXES,), None, "", id="its own policy lets it"),
        pytest.param((may("es:DescribeDomain"),), document(LETS_IN), "", id="the domain's policy lets it"),
        pytest.param((may("es:DescribeDomain"),), None, "es:ESHttpPost", id="nobody lets it"),
        pytest.param((may("es:ESHttpPost"),), None, "es:DescribeDomain", id="it may not ask where it is"),
        pytest.param((INDEXES,), document(KEEPS_OUT), "es:ESHttpPost", id="the domain's policy denies it"),
    ],
)
def test_the_role_must_be_allowed_to_index(statements, policy, missing):
    domain = {"AccessPolicies": policy} if policy else {}
    retry = {"DurationInSeconds": 0}
    with world(indexed(STORES, *statements, domain=domain, RetryOptions=retry)) as cloud:
        index = Index(cloud)
        put(cloud, *documents(ONE))
        cloud.run(61)

        assert len(index.taken) == (not missing)
        if missing:
            (told,) = failures(cloud)
            assert told["errorCode"] == "403"
            assert f"may not {missing}" in told["errorMessage"]


@pytest.mark.slow
def test_a_domain_that_is_gone_takes_nothing():
    with world(indexed(RetryOptions={"DurationInSeconds": 0})) as cloud:
        admin(cloud, "opensearch").delete_domain(DomainName="logs")
        put(cloud, *documents(ONE))
        cloud.run(61)

        assert [each["errorCode"] for each in failures(cloud)] == ["404"]
        assert any("there is no such domain" in told for told in noted(cloud, "refused"))


def test_a_domain_for_which_nobody_speaks_is_not_simulated():
    with world(indexed()) as cloud:
        put(cloud, *documents(ONE))
        with pytest.raises(NotSimulated, match="nobody said it"):
            cloud.run(61)


@pytest.mark.slow
def test_a_delivery_stream_by_its_own_call_is_described_as_one_to_opensearch():
    with world(indexed()) as cloud:
        firehose = admin(cloud, "firehose")
        backup = {"BucketARN": "arn:aws:s3:::tw-lake", "RoleARN": "arn:aws:iam::123456789012:role/delivers"}
        firehose.create_delivery_stream(
            DeliveryStreamName="second",
            AmazonopensearchserviceDestinationConfiguration={
                "RoleARN": backup["RoleARN"],
                "DomainARN": DOMAIN,
                "IndexName": "i",
                "IndexRotationPeriod": "NoRotation",
                "S3Configuration": backup,
            },
        )
        index = Index(cloud)
        put(cloud, *documents(ONE), name="second")
        cloud.run(301)

        (told,) = firehose.describe_delivery_stream(DeliveryStreamName="second")["DeliveryStreamDescription"][
            "Destinations"
        ]
        assert told["AmazonopensearchserviceDestinationDescription"]["IndexName"] == "i"
        assert index.taken == [("i", ONE)]


# ---- where documents come from ------------------------------------------------------------------

EXTRACTS = {
    "Enabled": True,
    "Processors": [
        {
            "Type": "Decompression",
            "Parameters": [{"ParameterName": "CompressionFormat", "ParameterValue": "GZIP"}],
        },
        {
            "Type": "CloudWatchLogProcessing",
            "Parameters": [{"ParameterName": "DataMessageExtraction", "ParameterValue": "true"}],
        },
    ],
}


@pytest.mark.slow
def test_a_log_groups_lines_reach_the_index_by_a_subscription():
    with world({**group(), **feeds(), **indexed(ProcessingConfiguration=EXTRACTS)}) as cloud:
        index = Index(cloud)
        put_subscription(
            cloud, arn("firehose", "deliverystream/lake"), roleArn="arn:aws:iam::123456789012:role/feeds"
        )
        write(cloud, json.dumps(ONE), json.dumps(TWO))
        cloud.run(90)

        assert [each for _, each in index.taken] == [ONE, TWO]


def test_packed_records_of_a_log_are_no_documents_unless_they_are_unpacked():
    with world(indexed()) as cloud:
        index = Index(cloud)
        put(cloud, of_logs(json.dumps(ONE)))
        cloud.run(61)

        assert (index.taken, len(failures(cloud))) == ([], 1)


@pytest.mark.slow
def test_a_kinesis_streams_records_reach_the_index():
    resources = {**stream(), **indexed(STORES, INDEXES, READS)}
    properties = resources["Lake"]["Properties"]
    properties["DeliveryStreamType"] = "KinesisStreamAsSource"
    properties["KinesisStreamSourceConfiguration"] = {
        "KinesisStreamARN": {"Fn::GetAtt": ["Stream", "Arn"]},
        "RoleARN": {"Fn::GetAtt": ["delivers", "Arn"]},
    }
    with world(resources) as cloud:
        index = Index(cloud)
        for record in documents(ONE, TWO, THREE):
            admin(cloud, "kinesis").put_record(StreamName="feed", Data=record, PartitionKey="p")
        cloud.run(65)

        assert [each for _, each in index.taken] == [ONE, TWO, THREE]
