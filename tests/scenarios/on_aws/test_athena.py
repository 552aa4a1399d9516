"""Athena of a whole account, by the command's own engine: its price first, its rows, its ends."""

# ruff: noqa: E501 - texts of SQL stand as they are

import pytest

from scenarios.on_aws import athena
from scenarios.on_aws.answers import NoAnswer
from scenarios.on_aws.athena import Athena
from scenarios.queries.sql.cloudtrail_table import COLUMNS, FORMAT
from tests.scenarios.cloud.small_worlds import HOME, admin, world
from tests.scenarios.queries.sql.trail import packed, records

OUT = "s3://tw-results/out/"
PLACE = "s3://tw-data/AWSLogs/1/CloudTrail/us-east-1"
BY_DAY = (
    f"CREATE EXTERNAL TABLE ct ({COLUMNS}) PARTITIONED BY (`day` string) {FORMAT} LOCATION '{PLACE}' "
    "TBLPROPERTIES ('projection.enabled'='true', 'projection.day.type'='date', "
    "'projection.day.format'='yyyy/MM/dd', 'projection.day.range'='2026/01/01,NOW', "
    f"'storage.location.template'='{PLACE}/${{day}}')"
)
BY_HAND = (
    f"CREATE EXTERNAL TABLE byhand ({COLUMNS}) PARTITIONED BY (`day` string) {FORMAT} LOCATION '{PLACE}'"
)
RECORDS = records(count=20)
BODY = packed(RECORDS)


def asking(cloud, text, **more):
    return Athena(
        clients=lambda service, region: admin(cloud, service, region),
        text=text,
        region=HOME,
        output=OUT,
        wait=cloud.run,
        **more,
    )


@pytest.fixture(scope="module")
def cloud():
    buckets = {
        name: {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"tw-{name.lower()}"}}
        for name in ("Data", "Results")
    }
    with world(buckets) as cloud:
        for day in ("2026/03/01", "2026/03/02"):
            key = f"AWSLogs/1/CloudTrail/us-east-1/{day}/x.json.gz"
            admin(cloud, "s3").put_object(Bucket="tw-data", Key=key, Body=BODY)
        added = f"ALTER TABLE byhand ADD PARTITION (day='1') LOCATION '{PLACE}/2026/03/01'"
        for statement in (BY_DAY, BY_HAND, added):
            asking(cloud, statement).ask()
        yield cloud


@pytest.mark.slow
def test_rows_come_without_the_row_of_names(cloud):
    found = asking(
        cloud,
        "SELECT count(*) AS n, max(errorcode) AS nothing FROM ct WHERE day = '2026/03/01' AND eventname = 'x'",
    ).ask()

    assert (found.names, found.rows) == (["n", "nothing"], [["0", None]])
    assert found.words.startswith(
        f"{len(BODY) / 1024:.1f} KB scanned; about $0.00005; the answer is in {OUT}"
    )


@pytest.mark.slow
def test_more_rows_than_a_page_has(cloud):
    found = asking(cloud, "SELECT n FROM UNNEST(sequence(1, 2500)) AS t(n) ORDER BY n").ask()

    assert [row[0] for row in found.rows] == [str(number) for number in range(1, 2501)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("SELECT * FROM ct", 2),
        ("SELECT * FROM ct WHERE day = '2026/03/02'", 1),
        ("SELECT * FROM default.ct WHERE day > '2026/03/02'", 0),
        ("SELECT * FROM byhand", 1),
        ("SELECT 1", 0),
    ],
)
def test_the_price_follows_from_the_partitions_that_are_left(cloud, text, files):
    estimate = asking(cloud, text).estimate()

    assert estimate.bytes == files * len(BODY)
    objects = "1 object" if files == 1 else f"{files} objects"
    assert f"in {objects}: about $0.00005 at $5 a TB, 10 MB at least" in estimate.words


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SELECT * FROM nothere", "EntityNotFoundException"),
        ("SELECT FROM WHERE", "line 1"),
        ("SELECT approx_percentile(1, 0.5) FROM ct", "approx_percentile"),
        ("SELECT * FROM nodatabase.ct", "EntityNotFoundException"),
    ],
)
def test_where_the_price_can_not_be_told_it_says_why(cloud, text, why):
    estimate = asking(cloud, text).estimate()

    assert estimate.bytes is None
    assert why in estimate.words


@pytest.mark.slow
def test_an_estimate_lists_no_more_than_some(cloud, monkeypatch):
    monkeypatch.setattr(athena, "MOST_LISTED", 1)

    assert "more than 1 objects" in asking(cloud, "SELECT * FROM ct").estimate().words


def test_a_query_that_fails_says_why(cloud):
    with pytest.raises(NoAnswer, match="FAILED: COLUMN_NOT_FOUND: line 1:8"):
        asking(cloud, "SELECT banana FROM ct").ask()


def test_a_query_that_is_malformed_is_refused(cloud):
    with pytest.raises(NoAnswer, match="InvalidRequestException"):
        asking(cloud, "SELECT FROM WHERE").ask()


def test_ctrl_c_stops_the_query(cloud):
    def interrupt(_seconds):
        raise KeyboardInterrupt

    clients = {service: admin(cloud, service) for service in ("athena", "glue", "s3")}
    asked = Athena(
        clients=lambda service, _: clients[service], text="SELECT 1", region=HOME, output=OUT, wait=interrupt
    )

    with pytest.raises(KeyboardInterrupt):
        asked.ask()

    (newest, *_) = clients["athena"].list_query_executions()["QueryExecutionIds"]
    found = clients["athena"].get_query_execution(QueryExecutionId=newest)["QueryExecution"]
    assert found["Status"]["State"] == "CANCELLED"
