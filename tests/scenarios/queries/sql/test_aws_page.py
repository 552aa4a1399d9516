"""The tables and the five queries of AWS's page on CloudTrail logs, as they stand there.

Sources: https://docs.aws.amazon.com/athena/latest/ug/cloudtrail-logs.html and the pages under it, in the text of
https://github.com/awsdocs/amazon-athena-user-guide (doc_source/cloudtrail-logs.md); its placeholders are filled in.
"""

# ruff: noqa: E501 - texts of SQL stand as they are pasted

import dataclasses

import pytest

from scenarios.queries.sql import ddl
from scenarios.queries.sql.engine import Engine
from tests.scenarios.queries.sql.trail import NOW, Bucket, Tables, packed

FOLDER = "s3://bucket/AWSLogs/111122223333/CloudTrail"
COLUMNS = """
eventversion STRING,
useridentity STRUCT<
               type:STRING,
               principalid:STRING,
               arn:STRING,
               accountid:STRING,
               invokedby:STRING,
               accesskeyid:STRING,
               userName:STRING,
  sessioncontext:STRUCT<
    attributes:STRUCT<
               mfaauthenticated:STRING,
               creationdate:STRING>,
    sessionissuer:STRUCT<
               type:STRING,
               principalId:STRING,
               arn:STRING,
               accountId:STRING,
               userName:STRING>,
    ec2RoleDelivery:string,
    webIdFederationData:map<string,string>
  >
>,
eventtime STRING,
eventsource STRING,
eventname STRING,
awsregion STRING,
sourceipaddress STRING,
useragent STRING,
errorcode STRING,
errormessage STRING,
requestparameters STRING,
responseelements STRING,
additionaleventdata STRING,
requestid STRING,
eventid STRING,
resources ARRAY<STRUCT<
               arn:STRING,
               accountid:STRING,
               type:STRING>>,
eventtype STRING,
apiversion STRING,
readonly STRING,
recipientaccountid STRING,
serviceeventdetails STRING,
sharedeventid STRING,
vpcendpointid STRING,
tlsDetails struct<
  tlsVersion:string,
  cipherSuite:string,
  clientProvidedHostHeader:string>
)"""
FORMAT = """
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
"""
MANUAL = f"CREATE EXTERNAL TABLE cloudtrail_logs ({COLUMNS}\nPARTITIONED BY (region string, year string, month string, day string){FORMAT}LOCATION '{FOLDER}/';"
ADD = f"""ALTER TABLE cloudtrail_logs ADD
   PARTITION (region='us-east-1',
              year='2026',
              month='01',
              day='02')
   LOCATION '{FOLDER}/us-east-1/2026/01/02/'"""
PROJECTED = f"""CREATE EXTERNAL TABLE cloudtrail_logs({COLUMNS}
PARTITIONED BY (
   `timestamp` string){FORMAT}LOCATION
  '{FOLDER}/us-east-1'
TBLPROPERTIES (
  'projection.enabled'='true',
  'projection.timestamp.format'='yyyy/MM/dd',
  'projection.timestamp.interval'='1',
  'projection.timestamp.interval.unit'='DAYS',
  'projection.timestamp.range'='2020/01/01,NOW',
  'projection.timestamp.type'='date',
  'storage.location.template'='{FOLDER}/us-east-1/${{timestamp}}')"""


def record(name, time, **more):
    identity = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann", "userName": "ann"}
    plain = {"eventSource": "s3.amazonaws.com", "awsRegion": "us-east-1", "sourceIPAddress": "192.0.2.1"}
    return {
        "eventName": name,
        "eventTime": time,
        "userIdentity": identity,
        "userAgent": "cli",
        **plain,
        **more,
    }


def resource(name):
    return {"ARN": f"arn:aws:s3:::{name}", "accountId": "444455556666", "type": "AWS::S3::Object"}


ROLE = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::111122223333:assumed-role/r/s",
    "sessionContext": {
        "attributes": {"creationDate": "2026-01-01T23:00:00Z", "mfaAuthenticated": "false"},
        "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/r"},
    },
}
NOBODY = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
RECORDS = [
    record(
        "GetObject", "2026-01-02T00:00:03Z", resources=[resource("b/example/datafile.txt"), resource("b")]
    ),
    record("DeleteBucket", "2026-01-02T00:00:02Z", resources=[resource("gone")]),
    record(
        "PutObject", "2026-01-02T00:00:01Z", userIdentity=ROLE, resources=[resource("b/example/datafile.txt")]
    ),
    record(
        "GetObject", "2026-01-02T00:00:04Z", userIdentity=NOBODY, requestParameters={"bucketName": "open"}
    ),
    record(
        "GetObject", "2026-01-02T00:00:05Z", userIdentity=NOBODY, requestParameters={"bucketName": "other"}
    ),
]
QUERIES = {
    """SELECT
    eventsource,
    eventname,
    useridentity.sessioncontext.attributes.creationdate,
    useridentity.sessioncontext.sessionissuer.arn
FROM cloudtrail_logs
WHERE useridentity.sessioncontext.sessionissuer.arn IS NOT NULL
ORDER BY eventsource, eventname
LIMIT 10""": [("s3.amazonaws.com", "PutObject", "2026-01-01T23:00:00Z", "arn:aws:iam::111122223333:role/r")],
    """SELECT
    awsregion,
    replace(unnested.resources_entry.ARN,'arn:aws:s3:::') as s3_resource,
    eventname,
    eventtime,
    useragent
FROM cloudtrail_logs t
CROSS JOIN UNNEST(t.resources) unnested (resources_entry)
WHERE unnested.resources_entry.ARN LIKE '%example/datafile.txt'
ORDER BY eventtime""": [
        ("us-east-1", "b/example/datafile.txt", "PutObject", "2026-01-02T00:00:01Z", "cli"),
        ("us-east-1", "b/example/datafile.txt", "GetObject", "2026-01-02T00:00:03Z", "cli"),
    ],
    """SELECT
    awsregion,
    replace(unnested.resources_entry.ARN,'arn:aws:s3:::') as deleted_bucket,
    eventtime AS time_deleted,
    useridentity.username,
    unnested.resources_entry.accountid as bucket_acct_id
FROM cloudtrail_logs t
CROSS JOIN UNNEST(t.resources) unnested (resources_entry)
WHERE eventname = 'DeleteBucket'
ORDER BY eventtime""": [("us-east-1", "gone", "2026-01-02T00:00:02Z", "ann", "444455556666")],
    """SELECT *
FROM cloudtrail_logs
WHERE
    eventsource = 's3.amazonaws.com' AND
    eventname in ('GetObject') AND
    useridentity.accountid = 'anonymous' AND
    useridentity.arn IS NULL AND
    requestparameters LIKE '%open%';""": 1,
    """SELECT
 useridentity.arn,
 eventname,
 sourceipaddress,
 eventtime
FROM cloudtrail_logs
LIMIT 100;""": [
        (each["userIdentity"].get("arn"), each["eventName"], "192.0.2.1", each["eventTime"])
        for each in RECORDS
    ],
}


@pytest.fixture(scope="module", params=["manual partitions", "partition projection"])
def asked(request):
    tables = Tables(MANUAL if request.param == "manual partitions" else PROJECTED)
    table = tables.tables["cloudtrail_logs"]
    if not table.projected:
        added = ddl.read(ADD)
        assert isinstance(added, ddl.AddPartitions)
        tables.tables["cloudtrail_logs"] = dataclasses.replace(
            table, partitions=ddl.with_partitions(table, added)
        )
    return Engine(tables, Bucket({f"{FOLDER}/us-east-1/2026/01/02/x.json.gz": packed(RECORDS)}), NOW)


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_a_query_of_the_page_is_answered(asked, number):
    text, answer = list(QUERIES.items())[number]

    rows = asked.run(text).rows

    assert (len(rows) if isinstance(answer, int) else rows) == answer
