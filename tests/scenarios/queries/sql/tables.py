"""The tables of AWS's pages over other logs, with lines, a question, and its answer."""

# ruff: noqa: E501 - texts of SQL and lines of logs stand as they are

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    name: str
    text: str
    address: str
    lines: str
    question: str
    answer: list
    header: str = ""

    def content(self):
        return self.header + self.lines


# https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs-create-table-statement.html
VPC_FLOW = Known(
    name="vpc",
    text="""CREATE EXTERNAL TABLE IF NOT EXISTS `flow` (
      version int, account_id string, interface_id string, srcaddr string, dstaddr string, srcport int, dstport int,
      protocol bigint, packets bigint, bytes bigint, start bigint, `end` bigint, action string, log_status string)
    ROW FORMAT DELIMITED FIELDS TERMINATED BY ' ' LOCATION 's3://b/flow/' TBLPROPERTIES ("skip.header.line.count"="1");""",
    address="s3://b/flow/111111111111_vpcflowlogs_eu-west-1_fl-1_20260101T0005Z_x.log.gz",
    header="version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n",
    lines="""2 111111111111 eni-1 10.0.0.5 203.0.113.9 443 50112 6 12 8400 1767225600 1767225660 ACCEPT OK
2 111111111111 eni-1 198.51.100.7 10.0.0.5 40001 3389 6 1 40 1767225600 1767225660 REJECT OK
2 111111111111 eni-1 198.51.100.7 10.0.0.5 40001 22 6 1 40 1767225600 1767225660 REJECT OK
2 111111111111 eni-1 - - - - - - - 1767225600 1767225660 - NODATA
""",
    question="SELECT srcaddr, count(DISTINCT dstport), sum(bytes), min(from_unixtime(start)), count(protocol) FROM flow "
    "GROUP BY srcaddr ORDER BY 2 DESC, 1",
    answer=[
        ("198.51.100.7", "2", "80", "2026-01-01 00:00:00.000 UTC", "2"),
        ("10.0.0.5", "1", "8400", "2026-01-01 00:00:00.000 UTC", "1"),
        ("-", "0", None, "2026-01-01 00:00:00.000 UTC", "0"),
    ],
)

# https://docs.aws.amazon.com/athena/latest/ug/create-alb-access-logs-table.html
_ALB_REGEX = (
    r"([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) "
    r"(-|[-0-9]*) ([-0-9]*) ([-0-9]*) \"([^ ]*) (.*) (- |[^ ]*)\" \"([^\"]*)\" ([A-Z0-9-_]+) ([A-Za-z0-9.-]*) ([^ ]*) "
    r"\"([^\"]*)\" \"([^\"]*)\" \"([^\"]*)\" ([-.0-9]*) ([^ ]*) \"([^\"]*)\" \"([^\"]*)\" \"([^ ]*)\" \"([^\\s]+?)\" "
    r"\"([^\\s]+)\" \"([^ ]*)\" \"([^ ]*)\" ?([^ ]*)?( .*)?"
)
ALB = Known(
    name="alb",
    text=f"""CREATE EXTERNAL TABLE IF NOT EXISTS alb (
      type string, time string, elb string, client_ip string, client_port int, target_ip string, target_port int,
      request_processing_time double, target_processing_time double, response_processing_time double, elb_status_code int,
      target_status_code string, received_bytes bigint, sent_bytes bigint, request_verb string, request_url string,
      request_proto string, user_agent string, ssl_cipher string, ssl_protocol string, target_group_arn string,
      trace_id string, domain_name string, chosen_cert_arn string, matched_rule_priority string,
      request_creation_time string, actions_executed string, redirect_url string, lambda_error_reason string,
      target_port_list string, target_status_code_list string, classification string, classification_reason string,
      conn_trace_id string)
    ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
    WITH SERDEPROPERTIES ('serialization.format' = '1', 'input.regex' = '{_ALB_REGEX}') LOCATION 's3://b/alb/'""",
    address="s3://b/alb/x.log.gz",
    lines="""https 2026-01-01T00:00:01.000000Z app/web/50dc 198.51.100.7:40001 10.0.0.5:80 0.001 0.020 0.000 404 404 210 512 "GET https://shop.example:443/..%2f..%2fetc/passwd HTTP/1.1" "curl/8" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/73e2 "Root=1-69559b01-aa" "shop.example" "session-reused" 0 2026-01-01T00:00:00.980000Z "forward" "-" "-" "10.0.0.5:80" "404" "-" "-" TID_1a
not a line of a load balancer
""",
    question="SELECT client_ip, elb_status_code, target_processing_time, url_decode(url_extract_path(request_url)), user_agent, "
    "conn_trace_id FROM alb ORDER BY 1 NULLS LAST",
    answer=[
        ("198.51.100.7", "404", "0.02", "/../../etc/passwd", "curl/8", "TID_1a"),
        (None, None, None, None, None, None),
    ],
)

# https://docs.aws.amazon.com/athena/latest/ug/create-cloudfront-table-standard-logs.html
CLOUDFRONT = Known(
    name="cloudfront",
    text="""CREATE EXTERNAL TABLE IF NOT EXISTS cf (
      `date` DATE, time STRING, x_edge_location STRING, sc_bytes BIGINT, c_ip STRING, cs_method STRING, cs_host STRING,
      cs_uri_stem STRING, sc_status INT, cs_referrer STRING, cs_user_agent STRING, cs_uri_query STRING, cs_cookie STRING,
      x_edge_result_type STRING, x_edge_request_id STRING, x_host_header STRING, cs_protocol STRING, cs_bytes BIGINT,
      time_taken FLOAT)
    ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' LOCATION 's3://b/cf/' TBLPROPERTIES ( 'skip.header.line.count'='2' )""",
    address="s3://b/cf/EDIST.2026-01-01-00.x.gz",
    header="#Version: 1.0\n#Fields: date time x-edge-location\n",
    lines="2026-01-01\t00:00:01\tFRA6\t512\t198.51.100.7\tGET\td1.cloudfront.net\t/admin\t403\t-\tcurl/8\t-\t-\tError\tid==\tshop.example\thttps\t100\t0.001\n"
    "2026-01-02\t00:00:01\tFRA6\t512\t198.51.100.7\tGET\td1.cloudfront.net\t/\t000\n",
    question='SELECT "date", sc_status, time_taken, x_edge_result_type FROM cf WHERE "date" >= date \'2026-01-01\' ORDER BY 1',
    answer=[("2026-01-01", "403", "0.001", "Error"), ("2026-01-02", "0", None, None)],
)

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-s3-access-logs-to-identify-requests.html
_S3_REGEX = (
    r"([^ ]*) ([^ ]*) \\[(.*?)\\] ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) (\"[^\"]*\"|-) (-|[0-9]*) ([^ ]*) ([^ ]*) "
    r"([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) (\"[^\"]*\"|-) ([^ ]*)(?: ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) "
    r"([^ ]*))?.*$"
)
S3_ACCESS = Known(
    name="s3",
    text=f"""CREATE EXTERNAL TABLE `default.s3_logs`(
      `bucketowner` STRING, `bucket_name` STRING, `requestdatetime` STRING, `remoteip` STRING, `requester` STRING,
      `requestid` STRING, `operation` STRING, `key` STRING, `request_uri` STRING, `httpstatus` STRING, `errorcode` STRING,
      `bytessent` BIGINT, `objectsize` BIGINT, `totaltime` STRING, `turnaroundtime` STRING, `referrer` STRING,
      `useragent` STRING, `versionid` STRING, `hostid` STRING, `sigv` STRING, `ciphersuite` STRING, `authtype` STRING,
      `endpoint` STRING, `tlsversion` STRING, `accesspointarn` STRING, `aclrequired` STRING)
    ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
    WITH SERDEPROPERTIES ('input.regex'='{_S3_REGEX}')
    STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
    OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' LOCATION 's3://b/s3/'""",
    address="s3://b/s3/2026-01-01-00-05-00-ABC.gz",
    lines='79a b [01/Jan/2026:00:00:01 +0000] 198.51.100.7 - 3E57 REST.GET.OBJECT k.csv "GET /b/k.csv HTTP/1.1" 200 - 512 512 8 7 "-" "curl/8" - h= - TLS_AES_128_GCM_SHA256 - b.s3.amazonaws.com TLSv1.3 - -\n'
    '79a b [01/Jan/2026:00:00:02 +0000] 198.51.100.7 - 3E58 REST.GET.OBJECT k2.csv "GET /b/k2.csv HTTP/1.1" 403 AccessDenied 243 - 8 - "-" "curl/8" -\n',
    question="SELECT operation, key, httpstatus, objectsize, tlsversion, "
    "parse_datetime(requestdatetime, 'dd/MMM/yyyy:HH:mm:ss Z') FROM s3_logs WHERE requester = '-' ORDER BY key",
    answer=[
        ("REST.GET.OBJECT", "k.csv", "200", "512", "TLSv1.3", "2026-01-01 00:00:01.000 UTC"),
        ("REST.GET.OBJECT", "k2.csv", "403", None, None, "2026-01-01 00:00:02.000 UTC"),
    ],
)

_WAF_LINE = {
    "timestamp": 1767225600000,
    "formatVersion": 1,
    "webaclId": "arn:aws:wafv2:eu-west-1:1:acl",
    "terminatingRuleId": "SQLi",
    "action": "BLOCK",
    "terminatingRuleMatchDetails": [
        {"conditionType": "SQL_INJECTION", "location": "ALL_QUERY_ARGS", "matchedData": ["10", "or"]}
    ],
    "httpRequest": {
        "clientIp": "198.51.100.7",
        "country": "DE",
        "headers": [{"name": "Host", "value": "shop.example"}, {"name": "User-Agent", "value": "sqlmap"}],
        "uri": "/x",
    },
}
# https://docs.aws.amazon.com/athena/latest/ug/create-waf-table.html
WAF = Known(
    name="waf",
    text="""CREATE EXTERNAL TABLE `waf_logs`(
      `timestamp` bigint, `formatversion` int, `webaclid` string, `terminatingruleid` string, `action` string,
      `terminatingrulematchdetails` array < struct < conditiontype: string, sensitivitylevel: string, location: string,
        matcheddata: array < string > > >,
      `httprequest` struct < clientip: string, country: string,
        headers: array < struct < name: string, value: string > >, uri: string >)
    ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
    STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
    OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' LOCATION 's3://b/waf/'""",
    address="s3://b/waf/x.log.gz",
    lines=json.dumps(_WAF_LINE) + "\n" + json.dumps({**_WAF_LINE, "action": "ALLOW"}) + "\n",
    question="SELECT action, httprequest.clientip, header.value, terminatingrulematchdetails[1].matcheddata, "
    "from_unixtime(timestamp / 1000) FROM waf_logs CROSS JOIN UNNEST(httprequest.headers) AS t(header) "
    "WHERE lower(header.name) = 'user-agent' ORDER BY 1 DESC",
    answer=[
        ("BLOCK", "198.51.100.7", "sqlmap", "[10, or]", "2026-01-01 00:00:00.000 UTC"),
        ("ALLOW", "198.51.100.7", "sqlmap", "[10, or]", "2026-01-01 00:00:00.000 UTC"),
    ],
)
