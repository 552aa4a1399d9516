"""Each format's lines, as AWS's pages show them, read, written again, and asked in SQL."""

# ruff: noqa: E501 - lines of logs stand as they are

import gzip
import json
from datetime import UTC, datetime

import pytest

from scenarios.queries.sql.engine import Engine
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.loose import LooseFiles
from scenarios.service_logs import (
    ALB,
    CLASSIC,
    CLOUDFRONT,
    ECS_CONTAINER,
    FORMATS,
    GLOBAL_ACCELERATOR,
    HOSTED_ZONE,
    NGINX,
    NLB,
    RESOLVER,
    S3_ACCESS,
    VPC_FLOW,
    WAF,
    NotThisFormat,
)
from scenarios.service_logs.fields import Shape
from scenarios.service_logs.flows import EVERY_VPC_FLOW_FIELD, flags, read_vpc_flow, vpc_flow
from scenarios.service_logs.times import time_of
from scenarios.service_logs.waf import may_be_destination

AT = 1767225601000  # 2026-01-01T00:00:01Z

LINES = {
    VPC_FLOW: "2 111111111111 eni-1 198.51.100.7 10.0.0.5 40001 22 6 1 40 1767225601 1767225660 REJECT OK",
    GLOBAL_ACCELERATOR: "1.0 111111111111 a1 198.51.100.7 40001 75.2.1.1 443 10.0.0.5 443 TCP IPV4 9 800 1767225601 "
    "1767225660 ACCEPT OK 172.16.0.1 9000 eu-west-1 us-east-1 INGRESS vpc-1 -",
    ALB: "https 2026-01-01T00:00:01.000000Z app/web/50dc 198.51.100.7:40001 10.0.0.5:80 0.001 0.02 0.0 404 404 210 512 "
    '"GET https://shop.example:443/a?b=c HTTP/1.1" "an \\"agent\\" of \\\\ mine" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 '
    'arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/73e2 "Root=1-69559b01-aa" "shop.example" '
    '"session-reused" 0 2026-01-01T00:00:00.980000Z "forward" "-" "-" "10.0.0.5:80" "404" "-" "-" TID_1a "-" "-" "-"',
    NLB: "tls 2.0 2026-01-01T00:00:01 net/web/c6e7 g3d4 198.51.100.7:51341 10.0.0.5:443 5 2 98 246 - "
    "arn:aws:acm:eu-west-1:1:certificate/2a - ECDHE-RSA-AES128-SHA tlsv12 - web.example h2 h2 h2,http/1.1 "
    "2026-01-01T00:00:00",
    CLASSIC: "2026-01-01T00:00:01.945958Z my-elb 198.51.100.7:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "
    '"GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
    CLOUDFRONT: "2026-01-01\t00:00:01\tFRA6\t512\t198.51.100.7\tGET\td1.cloudfront.net\t/admin\t403\t-\tcurl/8\t-\t-\t"
    "Error\tid==\tshop.example\thttps\t100\t0.001\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tError\tHTTP/2.0\t-\t-\t40001\t"
    "0.001\tError\ttext/html\t512\t-\t-",
    HOSTED_ZONE: "1.0 2026-01-01T00:00:01Z Z1 www.example.com A NOERROR UDP FRA6 192.0.2.1 198.51.100.0/24",
    RESOLVER: '{"version":"1.100000","account_id":"111111111111","region":"eu-west-1","vpc_id":"vpc-1",'
    '"query_timestamp":"2026-01-01T00:00:01Z","query_name":"q3f9.evil.example.","query_type":"TXT","query_class":"IN",'
    '"rcode":"NOERROR","answers":[{"Rdata":"\\"ok\\"","Type":"TXT","Class":"IN"}],"srcaddr":"10.0.0.5","srcport":"51000",'
    '"transport":"UDP","srcids":{"instance":"i-1"},"firewall_rule_action":"ALERT"}',
    WAF: '{"timestamp":1767225601000,"formatVersion":1,"webaclId":"arn:aws:wafv2:x","terminatingRuleId":"SQLi",'
    '"terminatingRuleType":"REGULAR","action":"BLOCK","httpSourceName":"ALB","httpSourceId":"1-app/web",'
    '"ruleGroupList":[],"httpRequest":{"clientIp":"198.51.100.7","country":"DE","uri":"/x"}}',
    NGINX: '198.51.100.7 - - [01/Jan/2026:00:00:01 +0000] "GET /basket?id=7 HTTP/1.1" 502 150 "-" "curl/8" "203.0.113.9"',
    S3_ACCESS: '79a b [01/Jan/2026:00:00:01 +0000] 198.51.100.7 - 3E57 REST.GET.OBJECT k.csv "GET /b/k.csv HTTP/1.1" 200 '
    '- 512 512 8 7 "-" "curl/8" - h= - TLS_AES_128_GCM_SHA256 - b.s3.amazonaws.com TLSv1.3 - - -',
}
LINES |= {
    ECS_CONTAINER: '{"Version":"0","Type":"Container","ContainerName":"sleep","TaskId":"7ac4","TaskDefinitionFamily":"f",'
    '"TaskDefinitionRevision":"1","ClusterName":"c","Image":"busybox","ContainerKnownStatus":"RUNNING",'
    '"Timestamp":1767225601000,"CpuUtilized":0.5,"CpuReserved":10.0,"MemoryUtilized":0,"MemoryReserved":10}',
}
# For each format something that its table is asked, and the answer.
ASKED = {
    VPC_FLOW: ('srcaddr, dstport, "end"', ("198.51.100.7", "22", "1767225660")),
    GLOBAL_ACCELERATOR: ("clientip, numbytes, direction", ("198.51.100.7", "800", "INGRESS")),
    ALB: ("client_ip, target_port, request_verb, conn_trace_id", ("198.51.100.7", "80", "GET", "TID_1a")),
    NLB: ("client_ip, received_bytes, domain_name", ("198.51.100.7", "98", "web.example")),
    CLASSIC: ("request_ip, elb_status_code, user_agent", ("198.51.100.7", "200", "curl/7.38.0")),
    CLOUDFRONT: ('c_ip, sc_status, "date"', ("198.51.100.7", "403", "2026-01-01")),
    HOSTED_ZONE: ("query_name, edns_client_subnet", ("www.example.com", "198.51.100.0/24")),
    RESOLVER: ("query_name, answers[1].rdata, srcids.instance", ("q3f9.evil.example.", '"ok"', "i-1")),
    NGINX: ("remote_addr, status, request_url", ("198.51.100.7", "502", "/basket?id=7")),
    WAF: ("httprequest.clientip, action, formatversion", ("198.51.100.7", "BLOCK", "1")),
    ECS_CONTAINER: ("containername, cpuutilized, memoryreserved", ("sleep", "0.5", "10")),
    S3_ACCESS: (
        "remoteip, key, request_uri, httpstatus",
        ("198.51.100.7", "k.csv", "GET /b/k.csv HTTP/1.1", "200"),
    ),
}
EVERY = [pytest.param(each, id=each.name) for each in FORMATS.values()]


@pytest.mark.parametrize("form", EVERY)
def test_a_line_is_read_and_written_as_it_was(form):
    read = form.read(LINES[form])

    given = json.loads(LINES[form]) if form.shape is Shape.JSON else read
    assert read.keys() == given.keys()
    assert form.write(given) == LINES[form]


@pytest.mark.parametrize("form", EVERY)
def test_its_table_in_sql_reads_the_same(form):
    columns, answer = ASKED[form]
    content = "".join(f"{line}\n" for line in [*form.head(), LINES[form]])

    assert asked(f"SELECT {columns} FROM {form.name}", {"a.log": content}) == [answer]


@pytest.mark.parametrize(
    "form", [each for each in EVERY if each.values[0] not in (RESOLVER, WAF, ECS_CONTAINER)]
)
def test_its_line_says_when_it_was(form):
    assert time_of(LINES[form]) // 1000 == AT // 1000


def test_a_line_of_before_a_field_was_added_lacks_it():
    line = LINES[ALB].partition(" TID_1a")[0]
    read = ALB.read(line)

    assert (read["classification_reason"], "conn_trace_id" in read) == (None, False)
    assert asked("SELECT client_ip, conn_trace_id FROM alb_access_logs", {"a": line}) == [
        ("198.51.100.7", None)
    ]


def test_a_line_of_after_a_field_was_added_is_read():
    assert ALB.read(f'{LINES[ALB]} "new"')["elb_status_code"] == "404"
    assert asked("SELECT client_ip FROM alb_access_logs", {"a": f'{LINES[ALB]} "new"'}) == [("198.51.100.7",)]


def test_a_quote_that_s3_left_unescaped_ends_no_field():
    line = LINES[S3_ACCESS].replace('"curl/8"', '"curl "x"8"')

    assert S3_ACCESS.read(line)["User-Agent"] == 'curl "x"8'


@pytest.mark.parametrize("form", EVERY)
def test_another_line_is_none_of_it(form):
    with pytest.raises(NotThisFormat):
        form.read("no such line")


def test_what_is_written_has_no_field_that_the_format_lacks():
    with pytest.raises(NotThisFormat, match="no field bytes_in"):
        VPC_FLOW.write({"bytes_in": 1})


# ---- flow logs -----------------------------------------------------------------------------------

# https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html
FLOWS = [
    ("2 123456789010 eni-1 - - - - - - - 1431280876 1431280934 - NODATA", "default", "srcaddr", None),
    (
        "2 123456789010 eni-1 - - - - - - - 1431280876 1431280934 - SKIPDATA",
        "default",
        "log-status",
        "SKIPDATA",
    ),
    (
        "2 unknown eni-1 2001:db8::1 2001:db8::2 34892 22 6 54 8855 1 2 ACCEPT OK",
        "default",
        "srcaddr",
        "2001:db8::1",
    ),
    ("3 eni-1 2 REJECT", "${version} ${interface-id} ${tcp-flags} ${action}", "tcp-flags", "2"),
    ("8 - BPA", "version ecs-task-id reject-reason", "reject-reason", "BPA"),
]


@pytest.mark.parametrize(("line", "form", "name", "value"), FLOWS)
def test_a_flow_log_is_read_in_its_own_format(line, form, name, value):
    assert read_vpc_flow(line, form)[name] == value


@pytest.mark.parametrize(
    ("line", "form"), [("2 1 eni-1", "default"), ("1 2", "version"), ("1", "version-x"), ("", "")]
)
def test_a_record_has_the_fields_of_its_flow_log(line, form):
    with pytest.raises(NotThisFormat):
        read_vpc_flow(line, form)


def test_the_version_is_the_highest_of_the_fields():
    assert [vpc_flow("default").version, vpc_flow("start az-id vpc-id").version] == [2, 4]
    assert len(EVERY_VPC_FLOW_FIELD.up_to(3).fields) == 21
    assert EVERY_VPC_FLOW_FIELD.version == 10


def test_flags_of_tcp_have_names():
    assert flags(18) == ("SYN", "ACK")
    assert flags(7) == ("FIN", "SYN", "RST")
    with pytest.raises(ValueError, match="64"):
        flags(64)


def test_the_first_line_of_a_flow_logs_file_says_its_fields():
    content = "vpc-id start dstport\nvpc-1 1767225601 22\n"

    assert asked("SELECT vpc_id, dstport FROM vpc_flow_logs", {"a.log": content}) == [("vpc-1", "22")]


@pytest.mark.parametrize(
    "files",
    [
        {"a.log": "start dstport\n1 22\n", "b.log": "dstport start\n22 1\n"},
        {"a.log": LINES[VPC_FLOW]},
    ],
    ids=["two formats", "no head"],
)
def test_flow_logs_whose_fields_are_not_certain_are_no_table(files):
    with pytest.raises(SqlNotSimulated, match=r"formats|names no fields"):
        asked("SELECT dstport FROM vpc_flow_logs", files)


@pytest.mark.parametrize(
    ("name", "may"), [("aws-waf-logs-web", True), ("aws-waf-logs-", False), ("my-logs", False)]
)
def test_waf_asks_for_a_beginning_of_names(name, may):
    assert may_be_destination(name) == may


def asked(text, files):
    packed = {f"{name}.gz": gzip.compress(content.encode()) for name, content in files.items()}
    loose = LooseFiles(files=[(each, 1) for each in packed], read=packed.__getitem__, text=text)
    return Engine(loose, loose, datetime(2026, 1, 2, tzinfo=UTC)).run(text).rows
