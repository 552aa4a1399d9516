"""Log events from files, in the forms in which people have them."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from scenarios.records.log_events import LogFiles
from scenarios.records.sources import Range

AT = 1772420400000  # 2026-03-02T03:00:00Z
RECORD = {"eventName": "ListBuckets", "eventTime": "2026-03-02T03:00:00Z"}
LINE = json.dumps(RECORD, separators=(",", ":"))
FLOW = "2 111111111111 eni-1 198.51.100.7 10.0.0.5 40001 22 6 1 40 1772420400 1772420460 REJECT OK"
CALLED = {"timestamp": AT, "message": "hello", "logStreamName": "s", "ingestionTime": AT + 5}

FORMS = {
    "a log file of CloudTrail": (json.dumps({"Records": [RECORD, RECORD]}), [AT, AT], None),
    "JSON lines": (f"{LINE}\n{LINE}\n", [AT, AT], LINE),
    "one record": (LINE, [AT], LINE),
    "a list": (f"[{LINE}, {LINE}]", [AT, AT], LINE),
    "what filter-log-events prints": (
        json.dumps({"events": [CALLED], "searchedLogStreams": []}, indent=2), [AT], "hello",
    ),
    "what a subscription is sent": (
        json.dumps({"messageType": "DATA_MESSAGE", "logStream": "s", "logEvents": [
            {"id": "1", "timestamp": AT, "message": "hello"}]}), [AT], "hello",
    ),
    "a file of an export": ("2026-03-02T03:00:00.250Z hello\n", [AT + 250], "hello"),
    "an export of records": (f"2026-03-02T03:00:00.250Z {LINE}\n", [AT + 250], LINE),
    "lines that begin with a time": ("2026-03-02 03:00:01,500 x\n", [AT + 1500], "2026-03-02 03:00:01,500 x"),
    "lines of a flow log": (f"{FLOW}\n", [AT], FLOW),
    "lines without a time": ("Mar  2 sshd: x\r\n\nlast", [0, 0], None),
    "a time in seconds": ('{"timestamp": 1772420400, "a": 1}\n', [AT], None),
    "a time in milliseconds": ('{"time": 1772420400000}\n', [AT], None),
    "a time that is none": ('{"eventTime": "XXXX"}\n{"eventTime": true}\n', [0, 0], None),
}  # fmt: skip


def read(path, **options):
    files = LogFiles((str(path),), **options)
    return list(files.events()), files.complaints


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_taken_apart(tmp_path, form, packed):
    text, times, message = FORMS[form]
    file = tmp_path / "given"
    file.write_bytes(gzip.compress(text.encode()) if packed else text.encode())

    events, complaints = read(file)

    assert complaints == []
    assert [event.timestamp for event in events] == times
    assert message is None or {event.message for event in events} == {message}


def test_a_folder_is_read_in_order_without_digests(tmp_path):
    for name in ("b.json", "a.json", "CloudTrail-Digest/d.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"name": name}))

    events, complaints = read(tmp_path)

    assert [event.stream for event in events] == ["a.json", "b.json"]
    assert complaints == []


def test_a_range_leaves_out_other_times_and_keeps_what_has_none(tmp_path):
    file = tmp_path / "lines"
    file.write_text("2026-03-02T03:00:00Z in\n2026-03-03T03:00:00Z out\nno time\n")
    day = Range(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 2, 23, 59, tzinfo=UTC))

    events, _ = read(file, within=day)

    assert [event.message for event in events] == ["2026-03-02T03:00:00Z in", "no time"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"{broken", "it is not JSON"),
        (b" \n", "given: it is empty"),
        (gzip.compress(b"x" * 1000, mtime=0)[:20], "given"),
    ],
)
def test_what_can_not_be_read_is_said(tmp_path, content, complaint):
    file = tmp_path / "given"
    file.write_bytes(content)

    _, complaints = read(file)

    assert complaint in " ".join(complaints)


def test_a_file_that_is_not_there_is_said(tmp_path):
    assert read(tmp_path / "absent")[1] == [f"{tmp_path}/absent: no such file or directory"]


HEADS = {
    "flow logs of chosen fields": ("vpc-id start dstport\nvpc-1 1767225601 22\n", "vpc-1 1767225601 22"),
    "flow logs without a start": ("vpc-id dstport\nvpc-1 22\n", "vpc-1 22"),
    "CloudFront": (
        "#Version: 1.0\n#Fields: date time\n2026-01-01\t00:00:01\tFRA6\n",
        "2026-01-01\t00:00:01\tFRA6",
    ),
}


@pytest.mark.parametrize(("content", "line"), HEADS.values(), ids=HEADS)
def test_the_head_of_a_file_is_no_event(tmp_path, content, line):
    (tmp_path / "a.log").write_text(content)

    (event,) = LogFiles((str(tmp_path),)).events()

    assert (event.message, event.timestamp) == (line, 0 if line == "vpc-1 22" else 1767225601000)
