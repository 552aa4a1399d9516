"""A stage's own format writes the lines of an access log, and reads them."""

import gzip
from datetime import UTC, datetime

import pytest

from scenarios.queries.sql.engine import Engine
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.loose import LooseFiles
from scenarios.service_logs import NotThisFormat
from scenarios.service_logs.api_gateway import STANDARD, AccessLog

COMMON = (
    "$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime]"
    '"$context.httpMethod $context.resourcePath $context.protocol" $context.status '
    "$context.responseLength $context.requestId $context.extendedRequestId"
)
KNOWN = {
    "identity.sourceIp": "198.51.100.7",
    "requestTime": "01/Jan/2026:00:00:01 +0000",
    "httpMethod": "GET",
    "resourcePath": "/orders/{id}",
    "protocol": "HTTP/1.1",
    "status": "403",
    "responseLength": "23",
    "requestId": "a1",
    "extendedRequestId": "b2=",
}


@pytest.mark.parametrize(
    "template",
    [
        COMMON,
        '{"ip": "$context.identity.sourceIp", "status": $context.status, "path": "$context.resourcePath"}',
        "$context.requestId,$context.authorizer.claims.sub",
    ],
    ids=["common log format", "json", "csv"],
)
def test_what_a_format_writes_it_reads(template):
    log = AccessLog(template)

    line = log.write(lambda path: KNOWN.get(path, "-"))

    assert "$context" not in line
    assert log.read(line) == {name: KNOWN.get(name) for name in log.variables}


@pytest.mark.parametrize("line", ["", "198.51.100.7", '{"ip": "198.51.100.7"}'])
def test_another_line_is_refused(line):
    with pytest.raises(NotThisFormat):
        AccessLog(COMMON).read(line)


def asked(text, template, lines, definition):
    log = AccessLog(template)
    written = "".join(f"{log.write(lambda path, known=known: known.get(path, '-'))}\n" for known in lines)
    packed = gzip.compress(written.encode())
    loose = LooseFiles(files=[("a.gz", 1)], read=lambda _name: packed, text=text, definition=definition)
    return Engine(loose, loose, datetime(2026, 1, 2, tzinfo=UTC)).run(text).rows


@pytest.mark.parametrize(
    ("template", "columns"),
    [
        (COMMON, "identity_sourceip, resourcepath, status, identity_user"),
        (
            '{"ip": "$context.identity.sourceIp", "n": $context.status, "path": "$context.resourcePath"}',
            "ip, path, n, '-'",
        ),
        (
            "$context.requestId,$context.identity.sourceIp,$context.resourcePath,$context.status",
            "identity_sourceip, resourcepath, status, '-'",
        ),
        (STANDARD, 'ip, resourcepath, status, "user"'),
    ],
    ids=["common log format", "json", "csv", "the console's json"],
)
def test_sql_reads_the_lines_of_a_stage_by_its_format(template, columns):
    rows = asked(f"SELECT {columns} FROM requests", template, [KNOWN], template)

    assert rows == [("198.51.100.7", "/orders/{id}", "403", "-")]


def test_the_formats_own_name_stands_for_the_consoles_json():
    text = "SELECT status, count(*) FROM apigateway_access_logs WHERE ip = '198.51.100.7' GROUP BY 1"

    assert asked(text, STANDARD, [KNOWN, KNOWN], None) == [("403", "2")]


def test_a_format_whose_columns_are_not_certain_is_no_table():
    twice = "$context.status $context.status"
    with pytest.raises(SqlNotSimulated, match="column status twice"):
        asked("SELECT status FROM requests", twice, [KNOWN], twice)
