"""Every form in which CloudTrail's records reach people: made of the same records, as bytes."""

import base64
import csv
import gzip
import io
import json
import tarfile
import zipfile

from scenarios.records.packing import _zstd_module

ROOT = {
    "eventVersion": "1.09",
    "userIdentity": {"type": "Root", "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333"},
    "eventTime": "2026-03-02T03:00:00Z",
    "eventSource": "signin.amazonaws.com",
    "eventName": "ConsoleLogin",
    "awsRegion": "us-east-1",
    "sourceIPAddress": "203.0.113.7",
    "responseElements": {"ConsoleLogin": "Success"},
    "eventID": "11111111-0000-4000-8000-000000000001",
    "eventType": "AwsConsoleSignIn",
    "recipientAccountId": "111122223333",
}
DELETED = {
    "eventVersion": "1.09",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann", "userName": "ann"},
    "eventTime": "2026-03-02T03:05:00Z",
    "eventSource": "dynamodb.amazonaws.com",
    "eventName": "DeleteTable",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "203.0.113.8",
    "requestParameters": {"tableName": "orders, old"},
    "eventID": "11111111-0000-4000-8000-000000000002",
    "eventType": "AwsApiCall",
    "recipientAccountId": "111122223333",
}
RECORDS = [ROOT, DELETED]


def text(value, **how):
    return json.dumps(value, **how)


def data(value, **how):
    return text(value, **how).encode()


def b64(content):
    return base64.b64encode(content).decode()


def event(record):
    """As EventBridge carries it."""
    sign_in = record["eventType"] == "AwsConsoleSignIn"
    return {
        "version": "0",
        "id": f"e-{record['eventID']}",
        "detail-type": "AWS Console Sign In via CloudTrail" if sign_in else "AWS API Call via CloudTrail",
        "source": f"aws.{record['eventSource'].removesuffix('.amazonaws.com')}",
        "account": "111122223333",
        "time": record["eventTime"],
        "region": record["awsRegion"],
        "resources": [],
        "detail": record,
    }


def subscription(records):
    return {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "trail",
        "logStream": "s",
        "subscriptionFilters": ["f"],
        "logEvents": [{"id": "1", "timestamp": 1772420400000, "message": text(each)} for each in records],
    }


CONTROL = {
    "messageType": "CONTROL_MESSAGE",
    "owner": "CloudwatchLogs",
    "logEvents": [{"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE: Checking health."}],
}


def lines(records, form=text):
    return "".join(f"{form(each)}\n" for each in records).encode()


def rows(columns, cells):
    """CSV as Athena writes it: every cell in quotes."""
    table = io.StringIO()
    writer = csv.writer(table, quoting=csv.QUOTE_ALL)
    writer.writerows([columns, *cells])
    return table.getvalue().encode()


def struct(value):
    """A struct as Athena prints it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name.lower()}={struct(inner)}" for name, inner in value.items()) + "}"
    return "null" if value is None else str(value)


ATHENA = (
    *("eventversion", "useridentity", "eventtime", "eventsource", "eventname", "awsregion"),
    *("sourceipaddress", "requestparameters", "responseelements", "eventid", "eventtype"),
    "recipientaccountid",
)
_FIELD = {name.lower(): name for record in RECORDS for name in record}


def athena_cell(record, column):
    value = record.get(_FIELD[column])
    if column == "useridentity":
        return struct(value)
    return "" if value is None else value if isinstance(value, str) else text(value)


def tar(files, mode="w"):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def zipped(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def log_file(records):
    return data({"Records": records}, separators=(",", ":"))


def each_in_a_file(records):
    return {
        f"AWSLogs/{number}.json.gz": gzip.compress(log_file([each])) for number, each in enumerate(records)
    }


def console_row(record):
    user = "root" if record["userIdentity"]["type"] == "Root" else "ann"
    names = ("eventTime", "eventName", "eventSource", "eventID", "awsRegion", "eventType")
    return [user, *(record[name] for name in names)]


KINESIS = {"eventSource": "aws:kinesis"}
CONSOLE = ("User name", "Event time", "Event name", "Event source", "Event ID", "AWS region", "Event type")

# From a form to what makes it of records. Two records are found again in each, whole, unless it is in LOSSY.
FORMS = {
    "log file": log_file,
    "log file, pretty": lambda records: data({"Records": records}, indent=2),
    "log file, gzip": lambda records: gzip.compress(log_file(records)),
    "gzip, concatenated": lambda records: (
        b"".join(gzip.compress(log_file([each])) for each in records) or gzip.compress(b"")
    ),
    "gzip twice": lambda records: gzip.compress(gzip.compress(log_file(records))),
    "zstd": lambda records: _zstd_module().compress(log_file(records)),
    "tar": lambda records: tar(each_in_a_file(records)),
    "tar, gzip": lambda records: tar(each_in_a_file(records), "w:gz"),
    "zip": lambda records: zipped(each_in_a_file(records)),
    "array": data,
    "JSON lines": lines,
    "JSON lines, CRLF": lambda records: lines(records).replace(b"\n", b"\r\n"),
    "JSON lines with a mark": lambda records: b"\xef\xbb\xbf" + lines(records),
    "pretty-printed sequence": lambda records: lines(records, lambda each: text(each, indent=2)),
    "objects without breaks": lambda records: b"".join(map(data, records)),
    "UTF-16": lambda records: text({"Records": records}).encode("utf-16"),
    "UTF-16 lines": lambda records: lines(records).decode().encode("utf-16-le"),
    "EventBridge events": lambda records: lines(map(event, records)),
    "lookup-events": lambda records: data(
        {"Events": [{"EventName": each["eventName"], "CloudTrailEvent": text(each)} for each in records]}
    ),
    "filter-log-events": lambda records: data(
        {"events": [{"message": text(each), "eventId": "3"} for each in records], "searchedLogStreams": []}
    ),
    "get-log-events": lambda records: data(
        {"events": [{"message": text(each)} for each in records], "nextForwardToken": "f/1"}, indent=4
    ),
    "receive-message": lambda records: data(
        {"Messages": [{"MessageId": "m", "Body": text(event(each))} for each in records]}
    ),
    "subscription, decoded": lambda records: data(subscription(records)),
    "subscription": lambda records: data(
        {"awslogs": {"data": b64(gzip.compress(data(subscription(records))))}}
    ),
    "Kinesis": lambda records: data(
        {
            "Records": [
                {
                    "kinesis": {"data": b64(data(event(each)))},
                    "eventSource": "aws:kinesis",
                    "eventName": "aws:kinesis:record",
                }
                for each in records
            ]
        }
    ),
    "Kinesis, subscription": lambda records: data(
        {
            "Records": [
                {
                    "kinesis": {"data": b64(gzip.compress(data(subscription(records))))},
                    "eventSource": "aws:kinesis",
                }
            ]
        }
    ),
    "Firehose": lambda records: data(
        {"deliveryStreamArn": "x", "records": [{"recordId": "1", "data": b64(lines(records))}]}
    ),
    "Firehose without breaks": lambda records: data(
        {"records": [{"data": b64(b"".join(map(data, records)))}], "region": "x"}
    ),
    "SNS": lambda records: data(
        {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": text(event(each))}} for each in records]}
    ),
    "SNS over HTTP": lambda records: lines(
        {"Type": "Notification", "TopicArn": "x", "Message": text(event(each))} for each in records
    ),
    "SQS": lambda records: data(
        {
            "Records": [
                {"eventSource": "aws:sqs", "messageId": "m", "body": text(event(each))} for each in records
            ]
        }
    ),
    "SNS in SQS": lambda records: data(
        {
            "Messages": [
                {"Body": text({"Type": "Notification", "Message": text(event(each))})} for each in records
            ]
        }
    ),
    "dead letters of a function": lambda records: lines(
        {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": event(each)}
        for each in records
    ),
    "export of CloudWatch Logs": lambda records: b"".join(
        f"{each['eventTime']} {text(each)}\n".encode() for each in records
    ),
    "export of CloudWatch Logs, gzip": lambda records: gzip.compress(
        b"".join(f"{each['eventTime']} {text(each)}\n".encode() for each in records)
    ),
    "EventBridge events, array": lambda records: data([event(each) for each in records]),
    "syslog": lambda records: b"".join(
        f"<134>Mar  2 03:00:00 collector cloudtrail[7]: {text(each)}\n".encode() for each in records
    ),
    "Athena's CSV": lambda records: rows(
        ATHENA, [[athena_cell(each, column) for column in ATHENA] for each in records]
    ),
    "Logs Insights' CSV": lambda records: rows(
        ("@timestamp", "@message"), [(each["eventTime"], text(each)) for each in records]
    ),
    "CloudTrail Lake's CSV": lambda records: rows(("eventJson",), [(text(each),) for each in records]),
    "Athena's answer": lambda records: data(
        {
            "ResultSet": {
                "Rows": [
                    {"Data": [{"VarCharValue": cell} if cell else {} for cell in cells]}
                    for cells in (
                        ATHENA,
                        *([athena_cell(each, column) for column in ATHENA] for each in records),
                    )
                ]
            }
        }
    ),
    "CloudTrail Lake's answer": lambda records: data(
        {
            "QueryStatus": "FINISHED",
            "QueryResultRows": [
                [{column: athena_cell(each, column)} for column in ATHENA] for each in records
            ],
        }
    ),
    "CloudTrail Lake's answer, whole events": lambda records: data(
        {"QueryResultRows": [[{"eventJson": text(each)}] for each in records]}
    ),
    "Splunk's CSV": lambda records: rows(
        ("_time", "_raw", "host"), [(each["eventTime"], text(each), "h") for each in records]
    ),
    "Sentinel's CSV": lambda records: rows(("TenantId", "RawEvent"), [("t", text(each)) for each in records]),
    "Firehose, with a message that checks the stream": lambda records: (
        data(CONTROL) + b"".join(data(subscription([each])) for each in records)
    ),
    "the console's CSV": lambda records: rows(CONSOLE, map(console_row, records)),
    "Splunk": lambda records: lines({"preview": False, "result": {"_raw": text(each)}} for each in records),
    "Elastic": lambda records: lines(
        {"_index": "x", "_source": {"event": {"original": text(each)}, "message": text(each)}}
        for each in records
    ),
    "Elastic's answer": lambda records: data(
        {
            "took": 3,
            "hits": {"total": 2, "hits": [{"_source": {"aws": {"cloudtrail": each}}} for each in records]},
        }
    ),
    "Sentinel": lambda records: data([{"TenantId": "t", "RawEvent": text(each)} for each in records]),
    "Datadog": lambda records: lines({"content": {"attributes": each}} for each in records),
    "Wazuh": lambda records: lines(
        {"timestamp": "x", "rule": {"level": 3}, "data": {"integration": "aws", "aws": each}}
        for each in records
    ),
}


def notification(records):
    """S3's notification of one log file a record."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": "b"}, "object": {"key": f"{number}.json.gz"}},
            }
            for number, _ in enumerate(records)
        ]
    }


# Forms that name log files and hold no record themselves.
NAMING = {
    "S3's notification": lambda records: data(notification(records)),
    "S3's notification in SQS": lambda records: data(
        {"Messages": [{"MessageId": "m", "Body": text(notification([each]))} for each in records]}
    ),
    "S3's notification in SNS": lambda records: data(
        {
            "Records": [
                {"EventSource": "aws:sns", "Sns": {"Message": text(notification([each]))}} for each in records
            ]
        }
    ),
    "CloudTrail's notification": lambda records: data(
        {"s3Bucket": "b", "s3ObjectKey": [f"{number}.json.gz" for number, _ in enumerate(records)]}
    ),
}
# Forms that keep only some fields of a record.
LOSSY = ("the console's CSV",)
