"""Statements that leave something behind: views, tables from queries, rows, files, and kept statements."""

# ruff: noqa: E501 - texts of SQL stand as they are

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud.athena.test_executions import (
    GLUE,
    OUT,
    RECORDS,
    buckets,
    ran,
    rows,
    started,
    with_table,
)
from tests.scenarios.cloud.small_worlds import HOME, admin, document, may, world


@pytest.fixture(scope="module")
def cloud():
    """One world with a table `ct` over a file of records; each test makes names and folders of its own."""
    with world(buckets()) as made:
        with_table(made)
        made.run(1)
        yield made


def said(found):
    """How it ended, in words."""
    return found["Status"].get("StateChangeReason", found["Status"]["State"])


def keys(cloud, bucket, prefix=""):
    listed = admin(cloud, "s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [each["Key"] for each in listed.get("Contents", [])]


def body(cloud, address):
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return admin(cloud, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def asked(cloud, text, **more):
    athena = admin(cloud, "athena")
    found = ran(cloud, athena, text, **more)
    assert said(found) == "SUCCEEDED"
    return rows(athena, found)


@pytest.mark.slow
def test_a_view_is_kept_in_glue_and_asked(cloud):
    athena, glue = admin(cloud, "athena"), admin(cloud, "glue")
    text = "CREATE VIEW refused AS SELECT eventname, errorcode FROM ct WHERE errorcode IS NOT NULL"
    found = ran(cloud, athena, text)
    refused = [each for each in RECORDS if "errorCode" in each]

    assert (found["StatementType"], said(found)) == ("DDL", "SUCCEEDED")
    assert found["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    stored = glue.get_table(DatabaseName="default", Name="refused")["Table"]
    assert stored["TableType"] == "VIRTUAL_VIEW"
    assert stored["ViewOriginalText"].startswith("/* Presto View: ")
    assert stored["StorageDescriptor"]["Columns"][0] == {"Name": "eventname", "Type": "string"}
    assert asked(cloud, "SELECT count(*) FROM refused")[1] == (str(len(refused)),)
    assert asked(cloud, "SHOW VIEWS LIKE 'ref*'") == [("refused",)]
    assert asked(cloud, "SHOW CREATE VIEW refused")[0] == ("CREATE VIEW default.refused AS",)
    assert [each[0].split()[:2] for each in asked(cloud, "DESCRIBE refused")] == [
        ["eventname", "string"],
        ["errorcode", "string"],
    ]
    assert said(ran(cloud, athena, text)) == "ALREADY_EXISTS: View already exists: 'default.refused'"
    again = "CREATE OR REPLACE VIEW refused AS SELECT 1 AS n FROM refused"
    assert said(ran(cloud, athena, again)).startswith("VIEW_IS_RECURSIVE")
    assert "is a view: DROP VIEW drops it" in said(ran(cloud, athena, "DROP TABLE refused"))
    asked(cloud, "CREATE OR REPLACE VIEW refused AS SELECT 7 AS n")
    assert asked(cloud, "SELECT n FROM refused")[1] == ("7",)
    asked(cloud, "DROP VIEW refused")
    assert "TABLE_NOT_FOUND" in said(ran(cloud, athena, "SELECT n FROM refused"))


@pytest.mark.slow
def test_a_table_is_made_of_a_query_with_files_a_manifest_and_partitions(cloud):
    athena, glue = admin(cloud, "athena"), admin(cloud, "glue")
    text = (
        "CREATE TABLE calls WITH (format = 'JSON', partitioned_by = ARRAY['awsregion']) AS "
        "SELECT eventname, awsregion FROM ct"
    )
    found = ran(cloud, athena, text)
    query = found["QueryExecutionId"]
    regions = sorted({each["awsRegion"] for each in RECORDS})

    assert (found["StatementType"], said(found)) == ("DML", "SUCCEEDED")
    assert found["ResultConfiguration"]["OutputLocation"] == f"{OUT}tables/{query}"
    manifest = found["Statistics"]["DataManifestLocation"]
    assert manifest == f"{OUT}tables/{query}-manifest.csv"
    assert found["Statistics"]["DataScannedInBytes"] > 0
    files = body(cloud, manifest).decode().split()
    assert [each.split("/")[-2] for each in files] == [f"awsregion={each}" for each in regions]
    assert sorted(keys(cloud, "tw-results", f"out/tables/{query}")) == sorted(
        [
            f"out/tables/{query}-manifest.csv",
            f"out/tables/{query}.metadata",
            *(each.removeprefix("s3://tw-results/") for each in files),
        ]
    )
    parts = glue.get_partitions(DatabaseName="default", TableName="calls")["Partitions"]
    assert sorted(each["Values"] for each in parts) == [[each] for each in regions]
    got = athena.get_query_results(QueryExecutionId=query)
    assert (got["UpdateCount"], got["ResultSet"]["Rows"]) == (len(RECORDS), [])
    assert asked(cloud, f"SELECT count(*) FROM calls WHERE awsregion = '{regions[0]}'")[1] == (
        str(sum(each["awsRegion"] == regions[0] for each in RECORDS)),
    )
    assert "TABLE_ALREADY_EXISTS" in said(ran(cloud, athena, text))

    # Rows that are added lie beside the others, in their partitions.
    added = ran(cloud, athena, "INSERT INTO calls VALUES ('X', 'new'), ('Y', 'eu-west-1')")
    assert found["ResultConfiguration"]["OutputLocation"].endswith(query)
    assert athena.get_query_results(QueryExecutionId=added["QueryExecutionId"])["UpdateCount"] == 2
    assert len(body(cloud, added["Statistics"]["DataManifestLocation"]).decode().split()) == 2
    assert asked(cloud, "SELECT eventname FROM calls WHERE awsregion = 'new'")[1:] == [("X",)]
    assert asked(cloud, "SELECT count(*) FROM calls")[1] == (str(len(RECORDS) + 2),)
    asked(cloud, "INSERT INTO calls (awsregion, eventname) SELECT 'new', NULL")
    assert asked(cloud, "SELECT eventname FROM calls WHERE awsregion = 'new' ORDER BY 1")[1:] == [
        ("X",),
        (None,),
    ]


@pytest.mark.slow
def test_a_new_table_is_parquet_where_nothing_else_is_said(cloud):
    text = (
        "CREATE TABLE columnar WITH (external_location = 's3://tw-data/columnar') AS SELECT eventname FROM ct"
    )
    asked(cloud, text)
    asked(cloud, "INSERT INTO columnar SELECT 'Z'")

    assert all(
        body(cloud, f"s3://tw-data/{each}").startswith(b"PAR1")
        for each in keys(cloud, "tw-data", "columnar/")
    )
    assert asked(cloud, "SELECT count(*), max(eventname) FROM columnar")[1] == (str(len(RECORDS) + 1), "Z")
    athena = admin(cloud, "athena")
    other = ran(cloud, athena, text.replace("TABLE columnar", "TABLE other"))
    assert said(other).startswith(
        "HIVE_PATH_ALREADY_EXISTS: Target directory for table 'awsdatacatalog.default.other'"
    )
    asked(cloud, "CREATE TABLE bare AS SELECT * FROM columnar WITH NO DATA")
    assert asked(cloud, "SELECT count(*) FROM bare")[1] == ("0",)


def test_unload_writes_files_and_no_table(cloud):
    athena = admin(cloud, "athena")
    text = "UNLOAD (SELECT eventname, eventid FROM ct ORDER BY 2) TO 's3://tw-data/unloaded/' WITH (format = 'TEXTFILE', field_delimiter = ',', compression = 'NONE')"
    found = ran(cloud, athena, text)
    (key,) = keys(cloud, "tw-data", "unloaded/")

    assert (found["StatementType"], said(found)) == ("DML", "SUCCEEDED")
    assert found["ResultConfiguration"]["OutputLocation"] == OUT + found["QueryExecutionId"]
    assert body(cloud, f"s3://tw-data/{key}").decode().splitlines() == [
        f"{each['eventName']},{each['eventID']}" for each in RECORDS
    ]
    assert body(cloud, found["Statistics"]["DataManifestLocation"]) == f"s3://tw-data/{key}\n".encode()
    assert said(ran(cloud, athena, text)).startswith("HIVE_PATH_ALREADY_EXISTS")


REFUSED = {
    "INSERT INTO ct SELECT * FROM ct": "NOT_SUPPORTED: Inserting into a table of the SerDe",
    "INSERT INTO lines VALUES ('x')": "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: "
    "[integer], Query: [varchar(1)]",
    "INSERT INTO lines SELECT 1, 2": "TYPE_MISMATCH",
    "INSERT INTO lines (m) SELECT 1": "COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist",
    "INSERT INTO lines (n, n) SELECT 1, 2": "DUPLICATE_COLUMN_NAME",
    "INSERT INTO nowhere SELECT 1": "TABLE_NOT_FOUND",
    "CREATE TABLE nothing.x AS SELECT 1 AS a": "SCHEMA_NOT_FOUND",
    "UNLOAD (SELECT 1 AS a) TO 'file:///etc/' WITH (format = 'JSON')": "INVALID_TABLE_PROPERTY: the location",
    "UNLOAD (SELECT 1 AS a) TO 's3://tw-data/z/' WITH (colour = 'JSON')": "INVALID_TABLE_PROPERTY",
    "CREATE VIEW x AS SELECT 1": "MISSING_COLUMN_NAME",
    "DROP VIEW nowhere": "FAILED: Execution Error",
    "DEALLOCATE PREPARE nowhere": "NOT_FOUND: Prepared statement not found: nowhere",
}


@pytest.mark.slow
def test_what_athena_refuses_leaves_nothing(cloud):
    athena = admin(cloud, "athena")
    asked(cloud, "CREATE TABLE lines WITH (format = 'TEXTFILE') AS SELECT 1 AS n")
    before = keys(cloud, "tw-data")

    for text, words in REFUSED.items():
        assert said(ran(cloud, athena, text)).startswith(words), text
    assert keys(cloud, "tw-data") == before


@pytest.mark.slow
def test_statements_are_kept_under_names_and_run_with_values(cloud):
    athena = admin(cloud, "athena")
    asked(cloud, "PREPARE named FROM SELECT count(*) FROM ct WHERE eventname = ?")
    count = (str(sum(each["eventName"] == "GetObject" for each in RECORDS)),)

    assert asked(cloud, "EXECUTE named USING 'GetObject'")[1] == count
    assert asked(cloud, "Execute named", ExecutionParameters=["'GetObject'"])[1] == count
    asked(
        cloud,
        "PREPARE named FROM UNLOAD (SELECT 1 AS n WHERE 1 = ?) TO 's3://tw-data/kept/' WITH (format = 'JSON')",
    )
    ran(cloud, athena, "EXECUTE named USING 1")
    assert len(keys(cloud, "tw-data", "kept/")) == 1
    with pytest.raises(ClientError, match="expected 1 but found 2"):
        started(athena, "EXECUTE named USING 1, 2")
    asked(cloud, "DEALLOCATE PREPARE named")
    with pytest.raises(ClientError, match="PreparedStatement named was not found in workGroup primary"):
        started(athena, "EXECUTE named USING 1")
    with pytest.raises(ClientError, match="PREPARE takes"):
        started(athena, "PREPARE x FROM CREATE VIEW v AS SELECT 1 AS a")


@pytest.mark.slow
def test_a_work_group_that_says_where_says_it_for_tables_too(cloud):
    athena = admin(cloud, "athena")
    settings = {
        "ResultConfiguration": {"OutputLocation": "s3://tw-results/team/"},
        "EnforceWorkGroupConfiguration": True,
    }
    athena.create_work_group(Name="writers", Configuration=settings)
    text = "CREATE TABLE {} WITH (format = 'JSON'{}) AS SELECT 1 AS n"
    where = ", external_location = 's3://tw-data/mine/'"
    refused = ran(cloud, athena, text.format("mine", where), WorkGroup="writers")
    made = ran(cloud, athena, text.format("theirs", ""), WorkGroup="writers")

    assert "submitted with an 'external_location' property to an Athena Workgroup" in said(refused)
    assert made["ResultConfiguration"]["OutputLocation"].startswith("s3://tw-results/team/tables/")


READ = [GLUE, may("s3:ListBucket"), may("s3:GetBucketLocation"), may("s3:GetObject")]
PUT = may("s3:PutObject", "arn:aws:s3:::tw-results/*")


@pytest.mark.parametrize(
    ("text", "statements", "words"),
    [
        (
            "CREATE TABLE bobs WITH (external_location = 's3://tw-data/bob/') AS SELECT 1 AS n",
            [*READ, PUT],
            "Access denied when writing output to url: s3://tw-data/bob/",
        ),
        (
            "CREATE VIEW bobs AS SELECT 1 AS n",
            [may("glue:GetTable"), PUT],
            "is not authorized to perform: glue:CreateTable",
        ),
        (
            "UNLOAD (SELECT eventname FROM ct) TO 's3://tw-results/x/' WITH (format = 'JSON')",
            [GLUE, may("s3:ListBucket"), may("s3:GetBucketLocation"), PUT],
            "Permission denied on S3 path: s3://tw-data/AWSLogs/x.json.gz",
        ),
    ],
)
def test_what_is_left_takes_the_rights_of_who_asked(cloud, text, statements, words):
    bob = cloud.user(f"bob{len(text)}", policies=(document(may("athena:*"), *statements),))
    found = ran(cloud, cloud.client(bob, "athena"), text)

    assert words in said(found)
    assert "TABLE_NOT_FOUND" in said(ran(cloud, admin(cloud, "athena"), "SELECT * FROM bobs"))


def test_a_kept_statement_takes_the_right_to_it(cloud):
    asked(cloud, "PREPARE secret FROM SELECT 1")
    group = f"arn:aws:athena:{HOME}:{ACCOUNT}:workgroup/primary"
    rights = (may("athena:StartQueryExecution", group), may("athena:GetQueryExecution", group), PUT)
    carol = cloud.client(cloud.user("carol", policies=(document(*rights),)), "athena")

    with pytest.raises(ClientError, match="athena:GetPreparedStatement"):
        started(carol, "EXECUTE secret")
    assert "athena:UpdatePreparedStatement" in said(ran(cloud, carol, "PREPARE secret FROM SELECT 2"))
    assert "athena:DeletePreparedStatement" in said(ran(cloud, carol, "DEALLOCATE PREPARE secret"))
