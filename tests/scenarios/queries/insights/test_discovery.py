"""Fields that are found by themselves.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
"""

import json

import pytest

from scenarios.queries.insights import Event, Kind, Query
from scenarios.queries.insights.discovery import FLOW_LOG
from scenarios.queries.insights.discovery import ROUTE_53 as FIELDS_OF_ROUTE_53
from tests.scenarios.queries.insights.asking import ask

UUID = "57f231fb-1730-4395-85cb-4f71bd2b87b8"
REPORT = (
    f"REPORT RequestId: {UUID}\tDuration: 79.67 ms\tBilled Duration: 80 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 73 MB\tInit Duration: 120.5 ms\t\n"
    "XRAY TraceId: 1-5e-0a\tSegmentId: 3f5b\tSampled: true"
)
CLOUDTRAIL = json.dumps(
    {
        "eventName": "StartInstances",
        "readOnly": False,
        "userIdentity": {"type": "IAMUser", "sessionContext": {"attributes": {"mfaAuthenticated": "false"}}},
        "requestParameters": {"instancesSet": {"items": [{"instanceId": "i-abcde123"}]}},
        "responseElements": None,
        "bytes": 12.50,
    }
)

JSON = [
    ("eventName", "StartInstances"),
    ("readOnly", "0"),
    ("userIdentity.sessionContext.attributes.mfaAuthenticated", "false"),
    ("requestParameters.instancesSet.items.0.instanceId", "i-abcde123"),
    ("requestParameters.instancesSet.items.1.instanceId", None),
    ("responseElements", None),
    ("responseElements.x", None),
    ("eventName.x", None),
    ("userIdentity", None),
    ("bytes", "12.5"),
]


@pytest.mark.parametrize(("name", "expected"), JSON, ids=[each for each, _ in JSON])
def test_json_is_flattened(name, expected):
    row = ask(f"fields {name}", CLOUDTRAIL)[0]

    assert row.get(name) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('{"a.b": 1}', "1"),
        ('{"a": {"b": 1}}', "1"),
        ('  {"a": {"b": 1}}', "1"),
        ('{"a": [{"b": 2}]}', None),
        ('{"a": 7}', None),
        ('["a"]', None),
        ('{"a": {"b": 1}', None),
        ('{"a": {"b": "\\ud800"}}', "\ud800"),
        ('{"a": {"b": 1}, "n": 1e999}', "1"),
        ("", None),
    ],
)
def test_what_an_event_has_at_a_path(message, expected):
    assert ask("fields a.b", message)[0].get("a.b") == expected


def test_so_many_fields_are_found_and_no_more():
    message = json.dumps({f"a{number}": number for number in range(300)})

    assert ask("fields a0, a199, a200", message) == [{"a0": "0", "a199": "199"}]


def test_items_of_lists_count_as_fields():
    message = json.dumps({"list": list(range(250)), "z": 1})

    assert ask("fields `list`.7 as seventh, z", message) == [{"seventh": "7"}]


def test_a_place_in_a_list_may_be_far_behind_its_end():
    assert ask(f"fields a.{'1' * 5000} as far, a.0", '{"a": [1]}') == [{"a.0": "1"}]


def test_a_text_that_holds_json_is_a_text():
    message = json.dumps({"data": '{"start": 1}'})

    assert ask("fields data.start", message) == [{}]
    assert ask("fields jsonParse(data).start as start", message) == [{"start": "1"}]


LAMBDA = {
    "@type": "REPORT",
    "@requestId": UUID,
    "@duration": "79.67",
    "@billedDuration": "80",
    "@initDuration": "120.5",
    "@memorySize": "128000000",
    "@maxMemoryUsed": "73000000",
    "@xrayTraceId": "1-5e-0a",
    "@xraySegmentId": "3f5b",
}


def test_a_report_of_lambda():
    assert ask(f"fields {', '.join(LAMBDA)}", REPORT) == [LAMBDA]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f"START RequestId: {UUID} Version: $LATEST", {"@type": "START", "@requestId": UUID}),
        (f"END RequestId: {UUID}", {"@type": "END", "@requestId": UUID}),
        (f"2026-03-02T03:00:00.000Z\t{UUID}\tINFO\thello", {"@requestId": UUID}),
        ("hello", {}),
    ],
)
def test_other_lines_of_lambda(message, expected):
    assert ask("fields @type, @requestId", message) == [expected]


def test_in_a_line_of_lambda_the_first_json_counts():
    line = '[INFO] got {"user": "ann"} and {"user": "bob"}'

    assert Query("fields user").run([Event(0, line, kind=Kind.LAMBDA)]).rows == [{"user": "ann"}]
    assert Query("fields user").run([Event(0, line)]).rows == [{}]


FLOW = "2 111111111111 eni-1 198.51.100.7 10.0.0.5 40001 3389 6 1 40 1767225600 1767225660 REJECT OK"
ROUTE_53 = "1.0 2026-01-01T00:00:00Z Z1 www.example.com A NOERROR UDP FRA6 192.0.2.1 198.51.100.0/24"


def test_a_line_of_a_flow_log():
    row = ask(f"fields {', '.join(FLOW_LOG)}", FLOW)[0]

    assert list(row.values()) == FLOW.split()
    assert (row["srcAddr"], row["dstPort"], row["action"]) == ("198.51.100.7", "3389", "REJECT")
    assert ask('filter action="REJECT" and dstPort=3389 | stats sum(bytes) as b', FLOW) == [{"b": "40"}]


def test_a_flow_log_without_data():
    message = "2 111111111111 eni-1 - - - - - - - 1767225600 1767225660 - NODATA"

    assert ask("fields logStatus, srcAddr", message) == [{"logStatus": "NODATA", "srcAddr": "-"}]


def test_a_line_of_route_53():
    row = ask(f"fields {', '.join(FIELDS_OF_ROUTE_53)}", ROUTE_53)[0]

    assert list(row.values()) == ROUTE_53.split()
    assert (row["queryName"], row["resolverIp"]) == ("www.example.com", "192.0.2.1")
