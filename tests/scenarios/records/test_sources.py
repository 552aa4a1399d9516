"""Where records are read from: buckets, with a range of time, and what can't be read there."""

import gzip
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from scenarios.records import sources
from scenarios.records.reader import FoundRecord, NotARecord, read
from scenarios.records.sources import Range
from tests.scenarios.records.forms import DELETED, ROOT, log_file

TRAIL = "AWSLogs/111122223333/CloudTrail/eu-west-1"
MARCH = Range(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 2, 23, tzinfo=UTC))


@pytest.fixture
def bucket(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="trail")
        for day, record in (
            ("2026/02/20", {**ROOT, "eventTime": "2026-02-20T00:00:00Z"}),
            ("2026/03/02", DELETED),
        ):
            key = f"{TRAIL}/{day}/x.json.gz"
            s3.put_object(Bucket="trail", Key=key, Body=gzip.compress(log_file([record])))
        yield s3


def names(found):
    return [each.name for each in found if isinstance(each, FoundRecord)]


@pytest.mark.slow
def test_a_prefix_in_s3_is_read_like_a_folder(bucket):
    found = list(read("s3://trail/AWSLogs/"))

    assert names(found) == ["ConsoleLogin", "DeleteTable"]
    assert str(found[0].where) == f"{TRAIL}/2026/02/20/x.json.gz, record 1"


@pytest.mark.slow
def test_days_outside_of_a_range_are_neither_listed_nor_read(bucket, monkeypatch):
    asked = []
    monkeypatch.setattr(sources, "_client", lambda: bucket)
    bucket.meta.events.register(
        "provide-client-params.s3", lambda params, **_: asked.append(params.get("Prefix") or params["Key"])
    )

    seen = list(read("s3://trail/AWSLogs/", within=MARCH))

    assert names(seen) == ["DeleteTable"]
    assert f"{TRAIL}/2026/03/02/" in asked
    assert not [each for each in asked if each.startswith(f"{TRAIL}/2026/02")]


@pytest.mark.slow
def test_a_damaged_object_and_an_empty_one_are_told_and_the_others_read(bucket):
    bucket.put_object(
        Bucket="trail", Key=f"{TRAIL}/2026/02/21/cut.gz", Body=gzip.compress(log_file([ROOT]))[:-20]
    )
    bucket.put_object(Bucket="trail", Key=f"{TRAIL}/2026/02/22/empty.gz", Body=b"")

    found = list(read("s3://trail/AWSLogs/"))

    assert names(found) == ["ConsoleLogin", "DeleteTable"]
    told = [str(each.where) for each in found if isinstance(each, NotARecord)]
    assert [each.rpartition("/")[2].partition(".")[0] for each in told] == ["cut", "empty"]


def test_records_of_another_time_are_left_out(tmp_path):
    (tmp_path / "x.json").write_bytes(log_file([ROOT, {**DELETED, "eventTime": "2026-03-05T00:00:00Z"}]))

    assert names(read(str(tmp_path / "x.json"), within=MARCH)) == ["ConsoleLogin"]


@pytest.mark.parametrize(
    ("folder", "may"),
    [
        ("AWSLogs/1/CloudTrail/eu-west-1/", True),
        (f"{TRAIL}/2026/", True),
        (f"{TRAIL}/2025/", False),
        (f"{TRAIL}/2026/03/", True),
        (f"{TRAIL}/2026/04/", False),
        (f"{TRAIL}/2026/03/03/", True),  # delivered after midnight
        (f"{TRAIL}/2026/03/04/", False),
        (f"{TRAIL}/2026/03/01/", False),
    ],
)
def test_a_folder_of_a_day_may_have_records_of_a_range(folder, may):
    assert MARCH.may_have(f"/{folder}") is may


@pytest.mark.slow
@pytest.mark.parametrize(
    ("uri", "why"),
    [
        pytest.param("s3://", "it names no bucket", id="no bucket"),
        pytest.param("s3://nosuch/x", "S3 says: ", id="none of ours"),
        pytest.param("s3://trail/nothing/", "there is no object", id="nothing there"),
    ],
)
def test_what_s3_does_not_give_is_told(bucket, uri, why):
    (complaint,) = read(uri)

    assert isinstance(complaint, NotARecord)
    assert complaint.why.startswith(why)
