"""What is plainly right is nothing that botocore would find wrong."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from scenarios.cloud.kernel.botocore_hooks import shared_loader, work_done_once
from scenarios.cloud.kernel.plain_parameters import is_plain

KEY = {"id": {"S": "a"}}
DEEP = {"a": {"M": {"b": {"L": [{"N": "1"}, {"B": b"x"}]}}}}
DATUM = {"MetricName": "m", "Value": 1.5}
RIGHT = [
    (
        "dynamodb",
        "PutItem",
        {"TableName": "t", "Item": DEEP},
    ),
    ("dynamodb", "Query", {"TableName": "t", "Limit": 3, "ScanIndexForward": False}),
    ("dynamodb", "DeleteItem", {"TableName": "t", "Key": KEY}),
    ("cloudwatch", "PutMetricData", {"Namespace": "n", "MetricData": [DATUM]}),
    (
        "cloudwatch",
        "PutMetricData",
        {"Namespace": "n", "MetricData": [{**DATUM, "Value": Decimal(1)}]},
    ),
    ("cloudtrail", "LookupEvents", {"StartTime": datetime(2026, 3, 2, tzinfo=UTC), "LookupAttributes": ()}),
    ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": b"", "Metadata": {"a": "b"}}),
]
OTHERS = (
    None,
    "",
    "x",
    0,
    -1,
    1.5,
    True,
    b"",
    [],
    {},
    [None],
    [{}],
    {"x": {}},
    {"S": 1},
    {"S": "a", "N": "1"},
    object(),
)


def shape_of(service, operation):
    text = shared_loader().load_service_model(service, "service-2")
    return ServiceModel(text, service_name=service).operation_model(operation).input_shape


def changed(value):
    """The value with another one in each place of it, with one more in it, and with one less."""
    yield from OTHERS
    if isinstance(value, dict):
        yield {**value, "more": "x"}
        for name, each in value.items():
            yield {other: its for other, its in value.items() if other != name}
            yield from ({**value, name: other} for other in changed(each))
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in changed(each))


@pytest.mark.parametrize(("service", "operation", "parameters"), RIGHT)
def test_what_is_plainly_right_botocore_takes(service, operation, parameters):
    shape, validator = shape_of(service, operation), ParamValidator()

    wrong = [
        each
        for each in changed(parameters)
        if is_plain(each, shape) and validator.validate(each, shape).has_errors()
    ]

    assert is_plain(parameters, shape)
    assert wrong == []


def test_what_is_wrong_is_said_as_botocore_says_it():
    shape, wrong = shape_of("dynamodb", "PutItem"), {"TableName": "t", "Item": {"a": {"S": 1}}}
    alone = ParamValidator().validate(wrong, shape).generate_report()

    with work_done_once():
        assert ParamValidator().validate(wrong, shape).generate_report() == alone
        assert "Invalid type" in alone
