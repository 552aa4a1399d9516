"""S3's server access logs. Columns are those of AWS's page about Athena.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-s3-access-logs-to-identify-requests.html
"""

from typing import Final

from scenarios.service_logs.fields import Field, Format, Type

_ROWS: Final = (
    ("Bucket Owner", "bucketowner", Type.TEXT, ""),
    ("Bucket", "bucket_name", Type.TEXT, ""),
    ("Time", "requestdatetime", Type.TEXT, "[]"),
    ("Remote IP", "remoteip", Type.TEXT, ""),
    ("Requester", "requester", Type.TEXT, ""),
    ("Request ID", "requestid", Type.TEXT, ""),
    ("Operation", "operation", Type.TEXT, ""),
    ("Key", "key", Type.TEXT, ""),
    ("Request-URI", "request_uri", Type.TEXT, '""'),
    ("HTTP status", "httpstatus", Type.TEXT, ""),
    ("Error Code", "errorcode", Type.TEXT, ""),
    ("Bytes Sent", "bytessent", Type.LONG, ""),
    ("Object Size", "objectsize", Type.LONG, ""),
    ("Total Time", "totaltime", Type.TEXT, ""),
    ("Turn-Around Time", "turnaroundtime", Type.TEXT, ""),
    ("Referer", "referrer", Type.TEXT, '""'),
    ("User-Agent", "useragent", Type.TEXT, '""'),
    ("Version Id", "versionid", Type.TEXT, ""),
    ("Host Id", "hostid", Type.TEXT, ""),
    ("Signature Version", "sigv", Type.TEXT, ""),
    ("Cipher Suite", "ciphersuite", Type.TEXT, ""),
    ("Authentication Type", "authtype", Type.TEXT, ""),
    ("Host Header", "endpoint", Type.TEXT, ""),
    ("TLS version", "tlsversion", Type.TEXT, ""),
    ("Access Point ARN", "accesspointarn", Type.TEXT, ""),
    ("aclRequired", "aclrequired", Type.TEXT, ""),
    ("Source Region", "sourceregion", Type.TEXT, ""),
)
S3_ACCESS: Final = Format(
    name="s3_access_logs",
    title="S3's server access logs",
    fields=tuple(
        Field(name=name, column=column, type=kind, around=around) for name, column, kind, around in _ROWS
    ),
    required=18,
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html",
)
