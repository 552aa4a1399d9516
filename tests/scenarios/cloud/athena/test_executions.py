"""Athena in the simulated AWS: a query's life, its answer in S3, whose rights it has, and what is refused."""

# ruff: noqa: E501 - texts of SQL stand as they are

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.queries.sql.cloudtrail_table import COLUMNS, FORMAT
from tests.scenarios.cloud.cloudtrail.trail_worlds import encrypted_trail
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    document,
    heard,
    may,
    noted,
    queue,
    rule,
    trail,
    world,
)
from tests.scenarios.queries.sql.trail import packed, records

RECORDS = records(count=20)
OUT = "s3://tw-results/out/"
TABLE = f"CREATE EXTERNAL TABLE ct ({COLUMNS}) {FORMAT} LOCATION 's3://tw-data/AWSLogs/'"
GLUE = may("glue:*")


def buckets():
    return {
        "Logs": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tw-data"}},
        "Results": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tw-results"}},
    }


def started(athena, text, **more):
    given = {"ResultConfiguration": {"OutputLocation": OUT}} | more
    return athena.start_query_execution(QueryString=text, **given)["QueryExecutionId"]


def ended(cloud, athena, query):
    """Poll until the query has ended, as a script does."""
    while True:
        found = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return found
        cloud.run(1)


def ran(cloud, athena, text, **more):
    return ended(cloud, athena, started(athena, text, **more))


def rows(athena, found):
    got = athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])["ResultSet"]["Rows"]
    return [tuple(each.get("VarCharValue") for each in row["Data"]) for row in got]


def with_table(cloud):
    """A table over a file with records."""
    cloud_s3, athena = admin(cloud, "s3"), admin(cloud, "athena")
    cloud_s3.put_object(Bucket="tw-data", Key="AWSLogs/x.json.gz", Body=packed(RECORDS))
    assert ran(cloud, athena, TABLE)["Status"]["State"] == "SUCCEEDED"
    return athena


def failed_with(call, *args, **parameters):
    with pytest.raises(ClientError) as error:
        call(*args, **parameters)
    code = error.value.response.get("AthenaErrorCode")
    return {**error.value.response["Error"], "AthenaErrorCode": code}


@pytest.mark.slow
def test_a_query_waits_runs_and_succeeds():
    with world(buckets()) as cloud:
        athena = with_table(cloud)
        query = started(
            athena, "SELECT eventname, count(*) AS n FROM ct GROUP BY 1 ORDER BY n DESC, 1 LIMIT 2"
        )
        states = []
        for _ in range(60):
            states.append(
                athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"]
            )
            cloud.run(0.1)
        found = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        body = (
            admin(cloud, "s3").get_object(Bucket="tw-results", Key=f"out/{query}.csv")["Body"].read().decode()
        )

        assert list(dict.fromkeys(states)) == ["QUEUED", "RUNNING", "SUCCEEDED"]
        assert rows(athena, found)[0] == ("eventname", "n")
        assert body.splitlines() == [",".join(f'"{each}"' for each in row) for row in rows(athena, found)]
        assert found["StatementType"] == "DML"
        assert found["Statistics"]["DataScannedInBytes"] == len(packed(RECORDS))
        assert found["ResultConfiguration"]["OutputLocation"] == f"{OUT}{query}.csv"
        assert "TotalExecutionTimeInMillis" in found["Statistics"]
        names = [each["Key"] for each in admin(cloud, "s3").list_objects_v2(Bucket="tw-results")["Contents"]]
        assert {f"out/{query}.csv", f"out/{query}.csv.metadata"} <= set(names)


@pytest.mark.slow
def test_columns_have_types_and_null_has_no_value():
    with world(buckets()) as cloud:
        athena = with_table(cloud)
        found = ran(
            cloud,
            athena,
            "SELECT errorcode, cardinality(resources) AS n, 1.5 AS d, ARRAY[1] FROM ct ORDER BY eventid LIMIT 1",
        )
        got = athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])["ResultSet"]

        columns = [(each["Name"], each["Type"]) for each in got["ResultSetMetadata"]["ColumnInfo"]]
        assert columns == [("errorcode", "varchar"), ("n", "bigint"), ("d", "decimal"), ("_col3", "array")]
        error = RECORDS[0].get("errorCode")
        assert got["Rows"][1]["Data"][0] == ({"VarCharValue": error} if error else {})
        assert got["Rows"][1]["Data"][3] == {"VarCharValue": "[1]"}


@pytest.mark.slow
def test_hostile_values_stay_in_their_cells():
    with world(buckets()) as cloud:
        athena = with_table(cloud)
        found = ran(cloud, athena, 'SELECT \'a"b,c\' AS "x""y", NULL, \'\'')
        body = (
            admin(cloud, "s3")
            .get_object(Bucket="tw-results", Key=f"out/{found['QueryExecutionId']}.csv")["Body"]
            .read()
        )

        assert body == b'"x""y","_col1","_col2"\n"a""b,c",,""\n'


@pytest.mark.slow
def test_results_are_not_there_before_the_end_nor_after_a_failure():
    with world(buckets()) as cloud:
        athena = with_table(cloud)
        query = started(athena, "SELECT banana FROM ct")
        early = failed_with(athena.get_query_results, QueryExecutionId=query)
        found = ended(cloud, athena, query)
        late = failed_with(athena.get_query_results, QueryExecutionId=query)
        unknown = failed_with(athena.get_query_results, QueryExecutionId="nothing")

        assert early["Message"] == "Query has not yet finished. Current state: QUEUED"
        assert early["AthenaErrorCode"] == "INVALID_QUERY_EXECUTION_STATE"
        assert late["Message"] == "Query did not finish successfully. Final query state: FAILED"
        assert unknown["Message"] == "QueryExecution nothing was not found"
        assert found["Status"]["StateChangeReason"].startswith(
            "COLUMN_NOT_FOUND: line 1:8: Column 'banana' cannot be resolved"
        )
        assert found["Status"]["AthenaError"]["ErrorType"] == 1006
        assert found["Status"]["AthenaError"]["ErrorCategory"] == 2


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("SELECT FROM", {}, "mismatched input"),
        ("SELECT 1", {"ResultConfiguration": {}}, "No output location provided"),
        ("SELECT 1", {"WorkGroup": "nobodys"}, "WorkGroup is not found."),
        (
            "SELECT 1",
            {"ResultConfiguration": {"OutputLocation": "s3://nowhere/"}},
            "Unable to verify/create output bucket nowhere",
        ),
        ("SELECT ?", {}, "Incorrect number of parameters"),
    ],
)
def test_what_cant_be_started_is_refused_at_once(text, more, words):
    with world(buckets()) as cloud:
        refused = failed_with(started, admin(cloud, "athena"), text, **more)

        assert refused["Code"] == "InvalidRequestException"
        assert words in refused["Message"]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE x WITH (format = 'ORC') AS SELECT 1 AS a",
        "UNLOAD (SELECT 1) TO 's3://x/' WITH (format = 'AVRO')",
        "SELECT approx_percentile(1, 0.5)",
        "DELETE FROM x",
        "DESCRIBE VIEW x",
    ],
)
def test_what_nobody_here_does_is_loud(text):
    with world(buckets()) as cloud, pytest.raises(NotSimulated):
        ran(cloud, admin(cloud, "athena"), text)


@pytest.mark.slow
def test_a_query_can_be_stopped_and_is_listed():
    with world(buckets()) as cloud:
        athena = admin(cloud, "athena")
        first, second = (
            started(athena, f"SELECT {number}", ClientRequestToken=f"{number}" * 32) for number in (1, 2)
        )
        again = started(athena, "SELECT 1", ClientRequestToken="1" * 32)
        athena.stop_query_execution(QueryExecutionId=first)

        assert again == first
        assert ended(cloud, athena, first)["Status"]["State"] == "CANCELLED"
        assert ended(cloud, athena, second)["Status"]["State"] == "SUCCEEDED"
        assert athena.list_query_executions()["QueryExecutionIds"] == [second, first]
        several = athena.batch_get_query_execution(QueryExecutionIds=[first, "nothing"])
        assert len(several["QueryExecutions"]) == len(several["UnprocessedQueryExecutionIds"]) == 1


RIGHTS = {
    "glue": (
        [may("glue:GetTable", f"arn:aws:glue:{HOME}:{ACCOUNT}:catalog")],
        "Insufficient permissions to execute the query",
    ),
    "list": ([GLUE, may("s3:GetObject")], "Permission denied on S3 path: s3://tw-data/AWSLogs/"),
    "get": (
        [GLUE, may("s3:ListBucket"), may("s3:GetBucketLocation")],
        "Permission denied on S3 path: s3://tw-data/AWSLogs/x.json.gz",
    ),
    "put": (
        [GLUE, may("s3:ListBucket"), may("s3:GetBucketLocation"), may("s3:GetObject")],
        "Access denied when writing output to url: s3://tw-results/out/",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("missing", RIGHTS)
def test_a_query_has_the_rights_of_who_started_it(missing):
    statements, words = RIGHTS[missing]
    with world(buckets()) as cloud:
        with_table(cloud)
        bob = cloud.user("bob", policies=(document(may("athena:*"), *statements),))
        found = ran(cloud, cloud.client(bob, "athena"), "SELECT count(*) FROM ct")

        assert found["Status"]["State"] == "FAILED"
        assert words in found["Status"]["StateChangeReason"]


def test_whoever_may_not_start_one_is_refused():
    with world(buckets()) as cloud:
        other = document(may("athena:*", f"arn:aws:athena:{HOME}:{ACCOUNT}:workgroup/team"))
        athena = cloud.client(cloud.user("bob", policies=(other,)), "athena")

        assert failed_with(started, athena, "SELECT 1")["Code"] == "AccessDeniedException"


@pytest.mark.slow
def test_rights_through_athena_alone_are_enough():
    """A policy may hold for calls that Athena makes, with aws:CalledVia."""
    through = {
        **may("s3:*"),
        "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}},
    }
    with world(buckets()) as cloud:
        with_table(cloud)
        bob = cloud.user("bob", policies=(document(may("athena:*"), GLUE, through),))

        assert (
            ran(cloud, cloud.client(bob, "athena"), "SELECT count(*) FROM ct")["Status"]["State"]
            == "SUCCEEDED"
        )
        assert (
            failed_with(cloud.client(bob, "s3").get_object, Bucket="tw-data", Key="AWSLogs/x.json.gz")["Code"]
            == "AccessDenied"
        )


@pytest.mark.slow
def test_tables_and_databases_are_glues():
    with world(buckets()) as cloud:
        athena, glue = with_table(cloud), admin(cloud, "glue")
        ran(cloud, athena, "CREATE DATABASE incident")
        ran(cloud, athena, TABLE.replace("ct", "other", 1), QueryExecutionContext={"Database": "incident"})
        shown = ran(cloud, athena, "SHOW TABLES IN incident")
        twice = ran(cloud, athena, TABLE)
        described = ran(cloud, athena, "DESCRIBE ct")

        assert rows(athena, shown) == [("other",)]
        assert shown["ResultConfiguration"]["OutputLocation"].endswith(".txt")
        assert shown["StatementType"] == "UTILITY"
        assert "Table ct already exists" in twice["Status"]["StateChangeReason"]
        assert rows(athena, described)[0][0].split() == ["eventversion", "string"]
        assert [each["Name"] for each in glue.get_tables(DatabaseName="incident")["TableList"]] == ["other"]
        found = ran(cloud, athena, 'SELECT count(*) FROM "incident"."other"')
        assert rows(athena, found)[1] == (str(len(RECORDS)),)
        ran(cloud, athena, "DROP TABLE incident.other")
        assert glue.get_tables(DatabaseName="incident")["TableList"] == []


@pytest.mark.slow
def test_partitions_that_are_added_are_read():
    text = "CREATE EXTERNAL TABLE flow (version int) PARTITIONED BY (day string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ' ' LOCATION 's3://tw-data/flow/'"
    with world(buckets()) as cloud:
        athena = admin(cloud, "athena")
        admin(cloud, "s3").put_object(Bucket="tw-data", Key="flow/x/a", Body=b"2\n3\n")
        ran(cloud, athena, text)
        before = rows(athena, ran(cloud, athena, "SELECT count(*) FROM flow"))
        ran(cloud, athena, "ALTER TABLE flow ADD PARTITION (day='one') LOCATION 's3://tw-data/flow/x/'")

        assert before[1] == ("0",)
        assert rows(athena, ran(cloud, athena, "SELECT day, sum(version) FROM flow GROUP BY 1"))[1] == (
            "one",
            "5",
        )
        assert rows(athena, ran(cloud, athena, "SHOW PARTITIONS flow")) == [("day=one",)]


@pytest.mark.slow
def test_a_work_groups_settings_win():
    with world(buckets()) as cloud:
        athena = with_table(cloud)
        settings = {
            "ResultConfiguration": {"OutputLocation": "s3://tw-results/team/"},
            "EnforceWorkGroupConfiguration": True,
            "BytesScannedCutoffPerQuery": 10_000_000,
        }
        athena.create_work_group(Name="team", Configuration=settings)
        athena.create_work_group(Name="poor", Configuration=settings)
        # The least that AWS takes is ten million; no test needs a file of that size.
        poor = moto_state.backend("athena", ACCOUNT, HOME).work_groups["poor"]
        poor.configuration["BytesScannedCutoffPerQuery"] = 10
        found = ran(cloud, athena, "SELECT count(*) FROM ct", WorkGroup="team")
        too_much = ran(cloud, athena, "SELECT count(*) FROM ct", WorkGroup="poor")

        assert found["ResultConfiguration"]["OutputLocation"].startswith("s3://tw-results/team/")
        assert (
            too_much["Status"]
            | {"State": "CANCELLED", "StateChangeReason": "Bytes scanned limit was exceeded"}
            == too_much["Status"]
        )


@pytest.mark.slow
def test_a_file_that_cant_be_read_fails_the_query_with_its_name():
    with world(buckets()) as cloud:
        athena = with_table(cloud)
        admin(cloud, "s3").put_object(Bucket="tw-data", Key="AWSLogs/y.json.gz", Body=packed(RECORDS)[:-9])
        found = ran(cloud, athena, "SELECT count(*) FROM ct")

        assert found["Status"]["StateChangeReason"] == (
            "HIVE_CURSOR_ERROR: Unexpected end of input stream: s3://tw-data/AWSLogs/y.json.gz"
        )


@pytest.mark.slow
def test_states_are_events():
    pattern = {"source": ["aws.athena"], "detail": {"currentState": ["SUCCEEDED", "FAILED"]}}
    with world({**buckets(), **queue(), **rule(pattern=pattern)}) as cloud:
        athena = admin(cloud, "athena")
        ran(cloud, athena, "SELECT 1")
        ran(cloud, athena, "SELECT 1/0")
        cloud.run(30)

        events = sorted(heard(cloud), key=lambda each: each["time"])
        assert [each["detail-type"] for each in events] == ["Athena Query State Change"] * 2
        assert [each["detail"]["currentState"] for each in events] == ["SUCCEEDED", "FAILED"]
        assert events[1]["detail"]["athenaError"]["ErrorMessage"] == "DIVISION_BY_ZERO: Division by zero"
        assert noted(cloud, "query")[0] == "SELECT 1: SUCCEEDED"


@pytest.mark.slow
def test_the_trail_says_who_asked_and_hides_the_text():
    with world({**trail(), "Results": buckets()["Results"]}) as cloud:
        ran(cloud, admin(cloud, "athena"), "SELECT 'secret'")
        cloud.run(900)
        found = admin(cloud, "cloudtrail").lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "StartQueryExecution"}]
        )["Events"]

        record = json.loads(found[0]["CloudTrailEvent"])
        assert record["requestParameters"]["queryString"] == "***OMITTED***"
        assert "secret" not in json.dumps(record)
        assert record["eventSource"] == "athena.amazonaws.com"


# The documented table over what CloudTrail delivered to the bucket, a day's partition alone.
PROJECTED = f"""CREATE EXTERNAL TABLE ct ({COLUMNS}) PARTITIONED BY (`timestamp` string) {FORMAT}
    LOCATION 's3://tw-logs/AWSLogs/{ACCOUNT}/CloudTrail/{HOME}'
    TBLPROPERTIES ('projection.enabled'='true', 'projection.timestamp.type'='date', 'projection.timestamp.format'='yyyy/MM/dd',
    'projection.timestamp.range'='2020/01/01,NOW',
    'storage.location.template'='s3://tw-logs/AWSLogs/{ACCOUNT}/CloudTrail/{HOME}/${{timestamp}}')"""


@pytest.mark.slow
def test_the_stacks_own_trail_can_be_asked():
    with world({**trail(), "Results": buckets()["Results"]}) as cloud:
        admin(cloud, "ec2", HOME).describe_instances()
        cloud.run(1800)
        athena = admin(cloud, "athena")
        ran(cloud, athena, PROJECTED)
        text = "SELECT useridentity.username, eventname FROM ct WHERE eventname = 'DescribeInstances' AND \"timestamp\" >= '2020/01/01'"
        found = ran(cloud, athena, text)

        assert rows(athena, found)[1:] == [("alice", "DescribeInstances")], found["Status"]


@pytest.mark.slow
def test_an_encrypted_trail_is_read_with_the_key_and_its_context():
    """S3 asks KMS with the trail's ARN, which the policy that AWS documents for readers asks for."""
    decrypt = {
        **may("kms:Decrypt"),
        "Condition": {"Null": {"kms:EncryptionContext:aws:cloudtrail:arn": "false"}},
    }
    with world({**encrypted_trail(), "Results": buckets()["Results"]}) as cloud:
        admin(cloud, "ec2", HOME).describe_instances()
        cloud.run(1800)
        ran(cloud, admin(cloud, "athena"), PROJECTED)
        rights = (GLUE, may("athena:*"), may("s3:*"))
        bob = cloud.user("bob", policies=(document(*rights, decrypt),))
        mallory = cloud.user("mallory", policies=(document(*rights),))
        text = (
            "SELECT eventname FROM ct WHERE eventname = 'DescribeInstances' AND \"timestamp\" >= '2020/01/01'"
        )
        allowed, refused = (
            ran(cloud, cloud.client(each, "athena"), text)["Status"] for each in (bob, mallory)
        )

    assert allowed["State"] == "SUCCEEDED", allowed
    assert "Permission denied on S3 path: s3://tw-logs/" in refused["StateChangeReason"]
