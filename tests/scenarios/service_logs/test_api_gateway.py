"""A stage's own format writes the lines of an access log, and reads them."""

import pytest

from scenarios.service_logs import NotThisFormat
from scenarios.service_logs.api_gateway import AccessLog

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
