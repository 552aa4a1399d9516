"""The records of metric streams: what AWS's pages show is read, and what is written is read the same."""

import pytest

from scenarios.cloud.cloudwatch.streams.opentelemetry import V07, V1, as_opentelemetry, of_opentelemetry
from scenarios.cloud.cloudwatch.streams.updates import NotAnUpdate, Update, as_json, of_json

ONE = Update(
    stream="s",
    account="111122223333",
    region="us-east-1",
    namespace="AWS/EC2",
    name="NetworkIn",
    dimensions={"InstanceId": "i-1", "Zone": "a"},
    at=1611929640000,
    unit="Bytes/Second",
    count=3.0,
    total=20.0,
    low=0.0,
    high=18.0,
    more={"p95": 17.0, "p99.9": 17.5},
)
OTHER = Update(
    stream="s",
    account="111122223333",
    region="us-east-1",
    namespace="tw",
    name="guesses",
    dimensions={},
    at=1611929700000,
    unit="None",
    count=1.0,
    total=-2.0,
    low=-2.0,
    high=-2.0,
)
# CloudWatch-metric-streams-formats-json shows this one over several lines, and says that it is one.
OF_THE_PAGE = (
    '{"metric_stream_name": "MyMetricStream", "account_id": "1234567890", "region": "us-east-1", '
    '"namespace": "AWS/EC2", "metric_name": "DiskWriteOps", "dimensions": {"InstanceId": "i-123456789012"}, '
    '"timestamp": 1611929698000, "value": {"count": 3.0, "sum": 20.0, "max": 18.0, "min": 0.0, "p99": 17.56, '
    '"p99.9": 17.8764, "TM(25%:75%)": 16.43}, "unit": "Seconds"}'
)


def test_the_pages_example_is_read():
    (found,) = of_json(OF_THE_PAGE)

    assert (found.stream, found.name, found.at) == ("MyMetricStream", "DiskWriteOps", 1611929698000)
    assert (found.average, found.more["TM(25%:75%)"]) == (20 / 3, 16.43)


@pytest.mark.parametrize("form", [V1, V07])
def test_opentelemetry_is_read_as_it_was_written(form):
    first, second = as_opentelemetry([ONE, OTHER], form), as_opentelemetry([OTHER], form)

    assert of_opentelemetry(first + second, form) == [ONE, OTHER, OTHER]


def test_json_is_read_as_it_was_written():
    assert of_json(as_json([ONE]) + as_json([OTHER])) == [ONE, OTHER]


def test_a_dimension_stands_in_a_list_of_its_own_since_1_0():
    """KeyValue "Dimensions", whose AnyValue (2) is a KeyValueList (6) of KeyValue (1)."""
    pair = b"\n\nInstanceId\x12\x05\n\x03i-1"
    within = b"\n" + bytes([len(pair)]) + pair

    assert within in as_opentelemetry([ONE], V1)
    assert b"\n\x17\n\nInstanceId" not in as_opentelemetry([ONE], V07)
    assert b"\n\nInstanceId\x12\x03i-1" in as_opentelemetry([ONE], V07)


@pytest.mark.parametrize("data", [b"\x05abc", b"\xff" * 12, b"\x02\x0a\x09", b"\x02\x0b\x00"])
def test_what_is_no_opentelemetry_is_told(data):
    with pytest.raises(NotAnUpdate):
        of_opentelemetry(data, V1)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"value": 1}', OF_THE_PAGE.replace('"sum": 20.0, ', "")])
def test_what_is_no_update_is_told_with_its_line(text):
    with pytest.raises(NotAnUpdate, match="line 2 "):
        of_json(f"{OF_THE_PAGE}\n{text}")
