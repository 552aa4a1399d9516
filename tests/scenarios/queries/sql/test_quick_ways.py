"""The quick ways of reading give what the plain ones give, whatever stands in the files."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.queries.sql import decoding, rows, unpacking
from scenarios.queries.sql.cloudtrail_table import COLUMNS, FORMAT
from scenarios.queries.sql.errors import BadFile
from scenarios.queries.sql.unpacking import unpacked
from tests.sample import ALL
from tests.scenarios.queries.sql.trail import engine

TABLE = f"CREATE EXTERNAL TABLE ct ({COLUMNS}) {FORMAT} LOCATION 's3://b/AWSLogs/'"
TEXT = "SELECT eventname, useridentity.arn, requestparameters, readonly FROM ct"
VALUES = [
    "null", "true", "false", "0", "-0", "1e400", "12345678901234567890123", "2.50", '""', '"a"', '"null"',
    r'"\"eventName\":\"x\""', r'"\\"', r'"\u0000"', r'"\u0041\ud83d\ude00"', r'"\ud800"', '"é\u2028"', '"{"',
    '"[1]"', '{"eventName":"inner"}', '[ {"arn" : "x"} ]', "[]", '{"k":"\\ud800"}', '"\x01"', "nonsense",
]  # fmt: skip
NAMES = ["eventName", "requestParameters", "readOnly", r"event\u004eame", "EventName", "other"]
values = st.sampled_from(VALUES)
members = st.tuples(st.sampled_from(NAMES), values) | st.tuples(
    st.just("userIdentity"), st.one_of(st.just("null"), values, values.map(lambda each: f'{{"arn":{each}}}'))
)
records = st.lists(members, max_size=5).map(
    lambda found: "{" + ",".join(f'"{name}":{value}' for name, value in found) + "}"
)


def answered(data):
    try:
        return engine({"s3://b/AWSLogs/x.json": data}, TABLE).run(TEXT).rows
    except BadFile:
        return "bad"


@settings(deadline=None, max_examples=300 if ALL else 12)
@given(st.lists(records, max_size=4), st.booleans())
@pytest.mark.slow
def test_texts_read_as_such_are_what_is_written(found, damaged):
    data = f'{{"Records":[{",".join(found)}]}}'.encode()
    data = data.replace(b"a", b"\xff", 1) if damaged else data

    quick = answered(data)

    with pytest.MonkeyPatch.context() as plainly:
        plainly.setattr(decoding.Decoder, "_find_texts", lambda *_: None)
        plainly.setattr(rows.Intake, "hold", lambda *_: False)
        assert answered(data) == quick


def test_more_than_may_wait_goes_into_a_table(monkeypatch):
    monkeypatch.setattr(rows, "MOST_WAITING", 10)
    monkeypatch.setattr("scenarios.queries.sql.loading.ROWS_AT_ONCE", 2)
    data = json.dumps({"Records": [{"eventName": f"{number}"} for number in range(9)]}).encode()

    found = engine({"s3://b/AWSLogs/x.json": data}, TABLE).run("SELECT eventname FROM ct").rows

    assert found == [(f"{number}",) for number in range(9)]


ONE = gzip.compress(b"one", mtime=0)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(ONE, b"one", id="one"),
        pytest.param(ONE + gzip.compress(b"two", mtime=0), b"onetwo", id="two"),
        pytest.param(ONE + ONE, b"oneone", id="the same twice"),
        pytest.param(ONE + b"\0\0", b"one", id="padded"),
        pytest.param(gzip.compress(b"", mtime=0), b"", id="of nothing"),
        pytest.param(b"", b"", id="empty"),
    ],
)
def test_every_member_of_a_packed_file_is_read(data, found):
    """Both here have three bytes, so that the size at the file's end is right for the first as well."""
    assert unpacked(data, "x.gz") == found


def test_what_would_be_too_large_is_not_unpacked_at_once(monkeypatch):
    monkeypatch.setattr(unpacking, "LARGEST_FILE_BYTES", 1_000)

    with pytest.raises(BadFile, match="larger than 1000 bytes"):
        unpacked(gzip.compress(b"x" * 1_001), "x.gz")
