"""Every form in which records come: read, damaged, and empty."""

import gzip
import json

import pytest

from scenarios.records.reader import Beside, FoundRecord, NotARecord, read
from tests.scenarios.records.forms import (
    DELETED,
    FORMS,
    LOSSY,
    NAMING,
    RECORDS,
    ROOT,
    data,
    each_in_a_file,
    event,
    lines,
    log_file,
)

INSIGHT = {
    "eventVersion": "1.07",
    "eventTime": "2026-03-02T03:00:00Z",
    "eventType": "AwsCloudTrailInsight",
    "insightDetails": {"state": "End", "eventSource": "iam.amazonaws.com", "eventName": "AttachUserPolicy"},
}
DIGEST = {"awsAccountId": "111122223333", "digestStartTime": "2026-03-02T02:00:00Z", "logFiles": []}


@pytest.fixture
def found(tmp_path):
    def read_bytes(content, name="given"):
        (tmp_path / name).write_bytes(content)
        return list(read(str(tmp_path / name)))

    return read_bytes


def records_of(found):
    return [each.record for each in found if isinstance(each, FoundRecord)]


@pytest.mark.parametrize("form", FORMS)
def test_records_are_found_in_every_form(found, form):
    came = found(FORMS[form](RECORDS))

    if form in LOSSY:
        names = [(each["eventName"], each["userIdentity"].get("type")) for each in records_of(came)]
        assert names == [("ConsoleLogin", "Root"), ("DeleteTable", None)]
    else:
        assert records_of(came) == RECORDS
    assert len(came) == len(RECORDS)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_cut_short_is_told_with_its_place_and_a_reason(found, form):
    whole = FORMS[form](RECORDS)

    # A tar file ends in much padding.
    came = found(whole[:1500] if form == "tar" else whole[: len(whole) * 5 // 6])

    complaints = [each for each in came if isinstance(each, NotARecord)]
    assert complaints
    assert all(each.where.file.startswith("given") and each.why for each in complaints)
    assert all(each in RECORDS or form in LOSSY for each in records_of(came)[:1])


@pytest.mark.parametrize("form", FORMS)
def test_a_form_with_nothing_in_it_has_no_record(found, form):
    came = found(FORMS[form]([]))

    assert records_of(came) == []
    assert all(isinstance(each, NotARecord) for each in came)


@pytest.mark.parametrize("form", NAMING)
@pytest.mark.parametrize("state", ["whole", "damaged", "empty"])
def test_a_form_that_only_names_log_files_is_told_as_that_and_is_no_record(found, form, state):
    whole = NAMING[form]([] if state == "empty" else RECORDS)

    came = found(whole[: len(whole) * 5 // 6] if state == "damaged" else whole)

    assert came or state == "empty"
    assert all(isinstance(each, NotARecord) for each in came)
    assert state != "whole" or all("it is a notification of s3://b/" in each.why for each in came)


def test_a_folder_with_a_damaged_file_and_an_empty_one_tells_both_and_reads_the_others(tmp_path):
    first, second = each_in_a_file(RECORDS).values()
    files = {"0.gz": b"", "1.gz": first[:-20], "2.gz": second, "3.gz": gzip.compress(data(DIGEST))}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    came = list(read(str(tmp_path)))

    assert records_of(came) == [DELETED]
    told = [str(each.where) for each in came if isinstance(each, NotARecord)]
    assert [each.partition(",")[0].partition(":")[0] for each in told] == ["0.gz", "1.gz"]
    assert [each.kind for each in came if isinstance(each, Beside)] == ["digest"]


def test_a_folder_without_files_is_told(tmp_path):
    (complaint,) = read(str(tmp_path))

    assert isinstance(complaint, NotARecord)
    assert complaint.why == "is a directory without files"


@pytest.mark.parametrize("records", [[], RECORDS], ids=["alone", "beside records"])
def test_an_empty_list_in_a_list_is_no_record_and_told(found, records):
    came = found(json.dumps([*records, []]).encode())

    assert records_of(came) == records
    assert came[-1].why == "a record is an object, and this is []"


@pytest.mark.slow
def test_a_list_longer_than_a_piece_is_read_in_pieces_without_losing_one(found):
    many = [
        {**DELETED, "eventID": f"id-{number}", "responseElements": {"x": "{},[" * 90}}
        for number in range(20_000)
    ]

    came = found(log_file(many))

    assert [each["eventID"] for each in records_of(came)] == [f"id-{number}" for number in range(20_000)]
    assert str(came[19_999].where) == "given, record 20000"


@pytest.mark.slow
def test_a_long_list_whose_elements_differ_is_read_one_by_one(found):
    many = [
        {**(ROOT if number % 2 else {"z": [{"eventVersion": "x"}], **DELETED}), "eventID": f"id-{number}"}
        for number in range(15_000)
    ]

    came = found(log_file(many))

    assert [each["eventID"] for each in records_of(came)] == [f"id-{number}" for number in range(15_000)]


def test_a_broken_line_among_others_is_told_and_the_rest_is_read(found):
    came = found(lines([ROOT]) + b'{"eventName": "cut\n' + lines([DELETED]))

    assert [str(each.where) for each in came] == ["given:1", "given:2", "given:3"]
    assert isinstance(came[1], NotARecord)
    assert came[1].why.startswith("it is not JSON (")


def test_the_line_of_a_value_in_a_pretty_printed_sequence_is_told(found):
    came = found(b"\n".join(json.dumps(each, indent=1).encode() for each in [ROOT, DELETED]))

    assert [each.where.line for each in came] == [1, 1 + len(json.dumps(ROOT, indent=1).split("\n"))]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        pytest.param(
            {
                "Records": [
                    {
                        "eventSource": "aws:s3",
                        "eventName": "ObjectCreated:Put",
                        "s3": {"bucket": {"name": "b"}, "object": {"key": "k.json.gz"}},
                    }
                ]
            },
            "it is a notification of s3://b/k.json.gz",
            id="S3's notification",
        ),
        pytest.param(
            {"s3Bucket": "b", "s3ObjectKey": ["AWSLogs/k.json.gz"]},
            "it is a notification of s3://b/AWSLogs/k.json.gz",
            id="CloudTrail's notification",
        ),
        pytest.param(
            {"Records": [{"eventSource": "aws:dynamodb", "eventName": "INSERT", "dynamodb": {"Keys": {}}}]},
            "it is a record of aws:dynamodb",
            id="a table's stream",
        ),
        pytest.param(
            {
                "Records": [
                    {
                        "eventSource": "aws:kinesis",
                        "eventName": "aws:kinesis:record",
                        "kinesis": {"data": "aGVsbG8gd29ybGQsIGhlbGxv"},
                    }
                ]
            },
            "it is a record of aws:kinesis",
            id="a stream of something else",
        ),
        pytest.param({"eventName": "x"}, "a CloudTrail record needs eventSource", id="no source"),
        pytest.param(
            {"version": 2, "account": "1", "action": "REJECT"}, "a CloudTrail record needs", id="flow log"
        ),
    ],
)
def test_what_is_no_cloudtrail_record_never_passes_as_one(found, value, why):
    (complaint,) = found(data(value))

    assert isinstance(complaint, NotARecord)
    assert complaint.why.startswith(why)


def test_digests_are_counted_beside_and_insights_are_records(found):
    (digest,) = found(gzip.compress(data(DIGEST)))
    (insight,) = found(data({"Records": [INSIGHT]}))

    assert isinstance(digest, Beside)
    assert digest.kind == "digest"
    assert (insight.record, insight.name) == (INSIGHT, "AwsCloudTrailInsight")


def test_an_event_of_another_service_is_an_event(found):
    state = {
        "source": "aws.ec2",
        "detail-type": "EC2 Instance State-change Notification",
        "id": "07a5",
        "detail": {"state": "stopped"},
    }

    (came,) = found(data(state))

    assert (came.record, came.envelope, came.event_id) == ({}, state, "07a5")


def test_the_envelope_of_a_record_is_kept(found):
    (came,) = found(data(event(ROOT)))

    assert (came.record, came.envelope) == (ROOT, event(ROOT))


def test_a_folder_is_read_with_all_that_is_below(tmp_path):
    trail = tmp_path / "AWSLogs" / "111122223333" / "CloudTrail" / "eu-west-1" / "2026" / "03" / "02"
    trail.mkdir(parents=True)
    (trail / "a.json.gz").write_bytes(gzip.compress(log_file([ROOT])))
    (trail / "b.json.gz").write_bytes(gzip.compress(log_file([DELETED])))
    (trail / ".DS_Store").write_bytes(b"\0")
    (tmp_path / "AWSLogs" / "digest.json.gz").write_bytes(gzip.compress(data(DIGEST)))

    came = list(read(str(tmp_path)))

    assert records_of(came) == RECORDS
    assert [each.kind for each in came if isinstance(each, Beside)] == ["digest"]
    assert str(came[1].where) == "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/a.json.gz, record 1"


def test_what_is_packed_too_often_is_refused(found):
    packed = log_file(RECORDS)
    for _ in range(8):
        packed = gzip.compress(packed)

    (complaint,) = found(packed)

    assert complaint.why == "it is packed more than 5 times"
