"""A trail's records, the files they lie in, and tables over them, for questions whose answers are known."""

# ruff: noqa: E501 - texts of SQL and lines of logs stand as they are

import gzip
import json
import random
from datetime import UTC, datetime, timedelta

from scenarios.queries.sql import ddl
from scenarios.queries.sql.cloudtrail_table import COLUMNS, FORMAT
from scenarios.queries.sql.engine import Engine
from scenarios.queries.sql.errors import QueryFailed
from scenarios.queries.sql.partitions import Object

ACCOUNTS = ("111111111111", "222222222222")
REGIONS = ("eu-west-1", "us-east-1")
DAYS = ("2026/01/01", "2026/01/02", "2026/01/03")
NOW = datetime(2026, 1, 3, 23, tzinfo=UTC)

_CALLS = [
    ("s3.amazonaws.com", "GetObject", True),
    ("s3.amazonaws.com", "DeleteBucket", False),
    ("s3.amazonaws.com", "PutBucketPolicy", False),
    ("iam.amazonaws.com", "CreateUser", False),
    ("iam.amazonaws.com", "CreateAccessKey", False),
    ("iam.amazonaws.com", "ListUsers", True),
    ("ec2.amazonaws.com", "AuthorizeSecurityGroupIngress", False),
    ("ec2.amazonaws.com", "RunInstances", False),
    ("ec2.amazonaws.com", "DescribeInstances", True),
    ("sts.amazonaws.com", "AssumeRole", True),
    ("sts.amazonaws.com", "GetCallerIdentity", True),
    ("signin.amazonaws.com", "ConsoleLogin", False),
    ("cloudtrail.amazonaws.com", "StopLogging", False),
    ("kms.amazonaws.com", "Decrypt", True),
    ("secretsmanager.amazonaws.com", "GetSecretValue", True),
    ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", False),
]
_ERRORS = [None, None, None, None, "AccessDenied", "Client.UnauthorizedOperation", "NoSuchBucket"]
_AGENTS = [
    "aws-cli/2.15.0",
    "Boto3/1.34 md/Botocore",
    "Mozilla/5.0 (X11; Linux) Chrome/120",
    "console.amazonaws.com",
]


def records(seed=19, count=360):
    """Records as CloudTrail writes them, of three days, two accounts and two regions."""
    chance = random.Random(seed)
    return [_record(chance, number, count) for number in range(count)]


def _record(chance, number, count):
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number * 3 * 86400 // count)
    source, name, read = chance.choice(_CALLS)
    account = chance.choice(ACCOUNTS)
    error = chance.choice(_ERRORS)
    record = {
        "eventVersion": "1.09",
        "userIdentity": _identity(chance, account),
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": source,
        "eventName": name,
        "awsRegion": chance.choice(REGIONS),
        "sourceIPAddress": chance.choice(["198.51.100.7", "203.0.113.9", "10.0.0.5", "config.amazonaws.com"]),
        "userAgent": chance.choice(_AGENTS),
        "requestParameters": _parameters(chance, name),
        "responseElements": _answer(chance, name, error),
        "requestID": f"req-{number}",
        "eventID": f"event-{number:04}",
        "readOnly": read,
        "eventType": "AwsConsoleSignIn" if name == "ConsoleLogin" else "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Data" if name == "GetObject" else "Management",
    }
    if error:
        record |= {"errorCode": error, "errorMessage": f"{error}: not allowed to {name}"}
    if name == "ConsoleLogin":
        record["additionalEventData"] = {
            "MFAUsed": chance.choice(["Yes", "No"]),
            "LoginTo": "https://console",
        }
    if name == "GetObject":
        record["resources"] = [
            {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::b{number % 3}/k{number % 7}"},
            {"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::b{number % 3}"},
        ]
    return record


def _identity(chance, account):
    kind = chance.choice(
        ["IAMUser", "IAMUser", "AssumedRole", "AssumedRole", "Root", "AWSService", "AWSAccount"]
    )
    if kind == "AWSService":
        return {"type": kind, "invokedBy": "config.amazonaws.com"}
    if kind == "AWSAccount":
        return {"type": kind, "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
    if kind == "Root":
        return {
            "type": kind,
            "principalId": account,
            "arn": f"arn:aws:iam::{account}:root",
            "accountId": account,
        }
    name = chance.choice(["mallory", "alice", "bob"])
    if kind == "IAMUser":
        return {
            "type": kind,
            "principalId": f"AIDA{name.upper()}",
            "arn": f"arn:aws:iam::{account}:user/{name}",
            "accountId": account,
            "accessKeyId": f"AKIA{name.upper()}",
            "userName": name,
        }
    return {
        "type": kind,
        "principalId": f"AROAX:{name}",
        "arn": f"arn:aws:sts::{account}:assumed-role/admin/{name}",
        "accountId": account,
        "accessKeyId": f"ASIA{name.upper()}",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAX",
                "arn": f"arn:aws:iam::{account}:role/admin",
                "accountId": account,
                "userName": "admin",
            },
            "attributes": {
                "creationDate": "2026-01-01T00:00:00Z",
                "mfaAuthenticated": chance.choice(["true", "false"]),
            },
        },
    }


def _parameters(chance, name):
    made = {
        "GetObject": {"bucketName": f"b{chance.randrange(3)}", "key": f"k{chance.randrange(7)}"},
        "DeleteBucket": {"bucketName": f"b{chance.randrange(3)}"},
        "PutBucketPolicy": {"bucketName": f"b{chance.randrange(3)}", "policy": {"Principal": "*"}},
        "CreateUser": {"userName": f"new{chance.randrange(4)}"},
        "CreateAccessKey": {"userName": "mallory"},
        "AuthorizeSecurityGroupIngress": {
            "groupId": "sg-1",
            "ipPermissions": {"items": [{"fromPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]},
        },
        "RunInstances": {
            "instanceType": chance.choice(["t3.micro", "p4d.24xlarge"]),
            "minCount": chance.randrange(1, 9),
        },
        "AssumeRole": {
            "roleArn": f"arn:aws:iam::{chance.choice(ACCOUNTS)}:role/admin",
            "roleSessionName": "s",
        },
        "StopLogging": {"name": "main"},
        "GetSecretValue": {"secretId": f"secret{chance.randrange(2)}"},
    }
    return made.get(name)


def _answer(chance, name, error):
    if name == "ConsoleLogin":
        return {"ConsoleLogin": "Failure" if error else "Success"}
    if name == "AssumeRole" and not error:
        return {"credentials": {"accessKeyId": f"ASIA{chance.choice(['MALLORY', 'ALICE', 'NEW'])}"}}
    if name == "CreateAccessKey" and not error:
        return {"accessKey": {"accessKeyId": f"AKIA{chance.randrange(3)}", "userName": "mallory"}}
    return None


# https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-partition-projection.html, for more keys
ORGANIZATION = f"""
CREATE EXTERNAL TABLE cloudtrail_logs ({COLUMNS})
PARTITIONED BY (`account` string, `region` string, `timestamp` string)
{FORMAT}
LOCATION 's3://trail/AWSLogs/o-abc/'
TBLPROPERTIES (
  'projection.enabled'='true',
  'projection.account.type'='enum', 'projection.account.values'='{",".join(ACCOUNTS)}',
  'projection.region.type'='enum', 'projection.region.values'='{",".join(REGIONS)}',
  'projection.timestamp.type'='date', 'projection.timestamp.format'='yyyy/MM/dd',
  'projection.timestamp.interval'='1', 'projection.timestamp.interval.unit'='DAYS',
  'projection.timestamp.range'='2020/01/01,NOW',
  'storage.location.template'='s3://trail/AWSLogs/o-abc/${{account}}/CloudTrail/${{region}}/${{timestamp}}')
"""


class Bucket:
    """Files by their address; remembers which were read."""

    def __init__(self, files):
        self.files = files
        self.opened = []

    def under(self, location):
        return [
            Object(address=each, size=len(data))
            for each, data in sorted(self.files.items())
            if each.startswith(location)
        ]

    def read(self, address):
        self.opened.append(address)
        return self.files[address]


def created(text):
    """The table of a CREATE EXTERNAL TABLE."""
    found = ddl.read(text)
    assert isinstance(found, ddl.CreateTable)
    return found.table


class Tables:
    """Tables by their name."""

    def __init__(self, *texts):
        found = [created(text) for text in texts]
        self.tables = {each.name: each for each in found}

    def table(self, database, name):
        if name not in self.tables or database not in ("", "default"):
            raise QueryFailed(
                "TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{database or 'default'}.{name}' does not exist"
            )
        return self.tables[name]


def packed(found):
    """Records as one log file."""
    return gzip.compress(json.dumps({"Records": found}, separators=(",", ":")).encode(), mtime=0)


def filed(found):
    """The records in the files that CloudTrail writes them to."""
    files: dict[str, list] = {}
    for each in found:
        day = each["eventTime"][:10].replace("-", "/")
        place = f"s3://trail/AWSLogs/o-abc/{each['recipientAccountId']}/CloudTrail/{each['awsRegion']}/{day}"
        files.setdefault(f"{place}/file.json.gz", []).append(each)
    return {address: packed(inside) for address, inside in files.items()}


def engine(files, *texts, now=NOW):
    """An engine over files and tables."""
    return Engine(Tables(*texts), Bucket(files), now)
