"""A metric stream's records in OpenTelemetry's formats 1.0.0 and 0.7.0.

A record is one or more `ExportMetricsServiceRequest`, each behind its length. An update is a data point of a
summary: the quantiles 0 and 1 are the minimum and the maximum. The formats differ in how a point says what it
is of: attributes, the dimensions in a list of their own, or labels side by side.

Units are those of the pages' table; a unit that it doesn't have is unconfirmed, and none is left.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-formats-opentelemetry-100.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-formats-opentelemetry.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-formats-opentelemetry-translation.html
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from scenarios.cloud.cloudwatch.streams import protobuf
from scenarios.cloud.cloudwatch.streams.protobuf import (
    NotProtobuf,
    as_double,
    as_whole,
    double,
    fixed64,
    text,
)
from scenarios.cloud.cloudwatch.streams.updates import NotAnUpdate, Update

V1, V07 = "opentelemetry1.0", "opentelemetry0.7"
_PREFIX: Final = "amazonaws.com/"
_MINUTE: Final = 60_000
_NANOS: Final = 1_000_000
_UNITS: Final[Mapping[str, str]] = {
    "Seconds": "s",
    "Microseconds": "us",
    "Milliseconds": "ms",
    "Bytes": "By",
    "Kilobytes": "kBy",
    "Megabytes": "MBy",
    "Gigabytes": "GBy",
    "Terabytes": "TBy",
    "Bits": "bit",
    "Kilobits": "kbit",
    "Megabits": "MBit",
    "Gigabits": "GBit",
    "Terabits": "Tbit",
    "Percent": "%",
    "Count": "{Count}",
    "None": "1",
}
_BACK: Final = {short: unit for unit, short in _UNITS.items()}
# Field numbers: of a metric, and of a point in either format.
_SUMMARY, _LABELS, _ATTRIBUTES = 11, 1, 7
_OWN: Final = ("Namespace", "MetricName")


def as_opentelemetry(updates: Sequence[Update], form: str) -> bytes:
    """The data of a record: one request of these updates, which are of one stream."""
    first = updates[0]
    arn = f"arn:aws:cloudwatch:{first.region}:{first.account}:metric-stream/{first.stream}"
    resource = b"".join(
        protobuf.message(1, _pair(name, value))
        for name, value in (
            ("cloud.provider", "aws"),
            ("cloud.account.id", first.account),
            ("cloud.region", first.region),
            ("aws.exporter.arn", arn),
        )
    )
    metrics = b"".join(
        protobuf.message(2, _metric(key, list(some), form)) for key, some in groupby(updates, _key)
    )
    request = protobuf.message(1, protobuf.message(1, resource) + protobuf.message(2, metrics))
    return protobuf.varint(len(request)) + request


def of_opentelemetry(data: bytes, form: str) -> list[Update]:
    """The updates of records that lie one behind the other; raises NotAnUpdate."""
    found: list[Update] = []
    at = 0
    try:
        while at < len(data):
            request, at = protobuf.delimited(data, at)
            for metrics in _inside(request, 1):
                found += _of_resource(metrics, form)
    except (NotProtobuf, UnicodeDecodeError, KeyError, StopIteration) as error:
        raise NotAnUpdate(f"this is no record of a metric stream in {form}: {error}") from error
    return found


# ---- writing ------------------------------------------------------------------------------------


def _key(update: Update) -> tuple[str, str, str]:
    return update.namespace, update.name, update.unit


def _metric(key: tuple[str, str, str], updates: Sequence[Update], form: str) -> bytes:
    namespace, name, unit = key
    points = b"".join(protobuf.message(1, _point(each, form)) for each in updates)
    told = text(1, f"{_PREFIX}{namespace}/{name}") + text(3, _unit(unit))
    return told + protobuf.message(_SUMMARY, points)


def _unit(unit: str) -> str:
    return "/".join(_UNITS.get(part, "s" if part == "Second" else "") for part in unit.split("/"))


def _point(update: Update, form: str) -> bytes:
    quantiles = sorted({0.0: update.low, 1.0: update.high, **_quantiles(update.more)}.items())
    numbers = (
        fixed64(2, update.at * _NANOS)
        + fixed64(3, (update.at + _MINUTE) * _NANOS)
        + fixed64(4, round(update.count))
        + double(5, update.total)
        + b"".join(protobuf.message(6, double(1, at) + double(2, value)) for at, value in quantiles)
    )
    own = zip(_OWN, (update.namespace, update.name), strict=True)
    if form == V07:
        labels = [*own, *update.dimensions.items()]
        return (
            b"".join(protobuf.message(_LABELS, text(1, name) + text(2, of)) for name, of in labels) + numbers
        )
    dimensions = b"".join(protobuf.message(1, _pair(name, of)) for name, of in update.dimensions.items())
    listed = text(1, "Dimensions") + protobuf.message(2, protobuf.message(6, dimensions))
    attributes = [*(_pair(name, of) for name, of in own), listed]
    return numbers + b"".join(protobuf.message(_ATTRIBUTES, each) for each in attributes)


def _pair(name: str, value: str) -> bytes:
    return text(1, name) + protobuf.message(2, text(1, value))


def _quantiles(more: Mapping[str, float]) -> dict[float, float]:
    """Percentiles by the part of the samples; a stream in these formats has no other statistics."""
    return {round(float(name[1:]) / 100, 14): value for name, value in more.items()}


# ---- reading ------------------------------------------------------------------------------------


def _inside(data: bytes, number: int) -> Iterator[bytes]:
    return (value for field, value in protobuf.fields(data) if field == number)


def _first(data: bytes, number: int, default: bytes = b"") -> bytes:
    return next(_inside(data, number), default)


def _of_resource(data: bytes, form: str) -> Iterator[Update]:
    about = dict(_read_pair(each) for each in _inside(_first(data, 1), 1))
    for scope in _inside(data, 2):
        for metric in _inside(scope, 2):
            unit = "/".join(_BACK.get(part, part) for part in _first(metric, 3).decode().split("/"))
            for point in _inside(_first(metric, _SUMMARY), 1):
                yield _of_point(point, unit.replace("/Seconds", "/Second"), about, form)


def _of_point(data: bytes, unit: str, about: Mapping[str, str], form: str) -> Update:
    zero = bytes(8)
    told, dimensions = _named(data, form)
    quantiles = {
        as_double(_first(each, 1, zero)): as_double(_first(each, 2, zero)) for each in _inside(data, 6)
    }
    low, high = quantiles.pop(0.0), quantiles.pop(1.0)
    return Update(
        stream=about["aws.exporter.arn"].rpartition("/")[2],
        account=about["cloud.account.id"],
        region=about["cloud.region"],
        namespace=told["Namespace"],
        name=told["MetricName"],
        dimensions=dimensions,
        at=as_whole(_first(data, 2, zero)) // _NANOS,
        unit=unit,
        count=float(as_whole(_first(data, 4, zero))),
        total=as_double(_first(data, 5, zero)),
        low=low,
        high=high,
        more={f"p{at * 100:.10g}": value for at, value in quantiles.items()},
    )


def _named(data: bytes, form: str) -> tuple[dict[str, str], dict[str, str]]:
    """Namespace and name of a point, and its dimensions."""
    if form == V07:
        labels = {_first(each, 1).decode(): _first(each, 2).decode() for each in _inside(data, _LABELS)}
        return labels, {name: value for name, value in labels.items() if name not in _OWN}
    told: dict[str, str] = {}
    dimensions: dict[str, str] = {}
    for attribute in _inside(data, _ATTRIBUTES):
        if _first(attribute, 1) == b"Dimensions":
            dimensions = dict(_read_pair(each) for each in _inside(_first(_first(attribute, 2), 6), 1))
        else:
            told |= [_read_pair(attribute)]
    return told, dimensions


def _read_pair(data: bytes) -> tuple[str, str]:
    return _first(data, 1).decode(), _first(_first(data, 2), 1).decode()
