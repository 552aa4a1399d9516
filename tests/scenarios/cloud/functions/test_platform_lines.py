"""Lambda's own lines around what a handler printed, and what Logs Insights finds in them."""

import json
from base64 import b64decode

import pytest

from scenarios.queries.insights import Event, Kind, Query
from scenarios.runner.words.service_logs import platform_lines
from tests.scenarios.cloud.functions.function_worlds import code, function, sends, told, world

PRINTS = "def look(event, context):\n    print('looked')\n    return 1 / event['by']"
WORDS = "fields @type, @duration, @billedDuration, @initDuration, @memorySize, @maxMemoryUsed"


def asked(messages, query):
    return Query(query).run([Event(0, each, kind=Kind.LAMBDA) for each in messages]).rows


@pytest.mark.slow
def test_without_the_word_there_are_none(tmp_path):
    code(tmp_path, PRINTS)
    with world(tmp_path) as each:
        sends(each, {"by": 1})

        assert told(each) == ["looked"]


def test_start_end_and_report_stand_around_what_was_printed(tmp_path):
    code(tmp_path, PRINTS)
    with world(tmp_path) as each:
        platform_lines().do(each)
        sends(each, {"by": 1})
        sends(each, {"by": 1})

        lines = told(each)
    starts = [line.split(" ")[0].split("\t")[0] for line in lines]
    assert starts == ["INIT_START", *2 * ["START", "looked", "END", "REPORT"]]
    assert lines[0].startswith(
        "INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: arn:aws:lambda:"
    )
    first, second = asked([line for line in lines if line.startswith("REPORT")], WORDS)
    memory = {"@memorySize": "128000000", "@maxMemoryUsed": "80000000"}
    assert first == {
        "@type": "REPORT",
        "@duration": "0",
        "@billedDuration": "600",
        "@initDuration": "600",
        **memory,
    }
    assert second == {"@type": "REPORT", "@duration": "0", "@billedDuration": "0", **memory}


def test_a_client_sees_them_at_the_end_of_the_log(tmp_path):
    code(tmp_path, PRINTS)
    with world(tmp_path) as each:
        platform_lines().do(each)
        client = each.client(each.user("ops"), "lambda")
        answer = client.invoke(FunctionName="look", LogType="Tail", Payload=b'{"by": 1}')

        tail = b64decode(answer["LogResult"]).decode().splitlines()
        assert tail[-1].startswith("REPORT RequestId: ")
        assert tail[-1].endswith("\tInit Duration: 600.00 ms\t")


def test_a_run_that_timed_out_says_so(tmp_path):
    code(tmp_path, "import time\ndef look(event, context):\n    time.sleep(60)")
    with world(tmp_path, function(Timeout=3)) as each:
        platform_lines().do(each)
        sends(each, {}, seconds=20)

        report = next(line for line in told(each) if line.startswith("REPORT"))
        assert "\tDuration: 3000.00 ms\tBilled Duration: 3600 ms\t" in report
        assert report.endswith("\tStatus: timeout\t")


def test_as_json_they_are_events_of_the_platform(tmp_path):
    code(tmp_path, PRINTS)
    with world(tmp_path, function(LoggingConfig={"LogFormat": "JSON"})) as each:
        platform_lines().do(each)
        sends(each, {"by": 0}, seconds=1)

        events = [json.loads(line) for line in told(each) if line.startswith("{")]
    assert [each["type"] for each in events] == ["platform.initStart", "platform.start", "platform.report"]
    record = events[-1]["record"]
    assert (record["status"], record["metrics"]["initDurationMs"]) == ("error", 600.0)
    assert "errorType" not in record


def test_at_the_level_warn_json_has_none_of_them(tmp_path):
    code(tmp_path, PRINTS)
    logging = {"LogFormat": "JSON", "SystemLogLevel": "WARN"}
    with world(tmp_path, function(LoggingConfig=logging)) as each:
        platform_lines().do(each)
        sends(each, {"by": 1})

        assert told(each) == ["looked"]
