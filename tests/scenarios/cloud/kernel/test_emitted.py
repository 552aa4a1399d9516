"""What the services emit is data, and nobody measures what no manifest names."""

from datetime import UTC, datetime

import pytest

from scenarios.cloud.cloudwatch.metrics.metrics import MetricStore
from scenarios.cloud.kernel.emitted import MOST_WAITING, Emitted, EmittedMetrics, Measurements
from scenarios.cloud.kernel.errors import WorldError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUEUES = EmittedMetrics(namespace="AWS/SQS", units={"Sent": "Count"}, dimensions=((), ("QueueName",)))


@pytest.mark.parametrize(
    ("namespace", "metric", "dimensions", "known"),
    [
        pytest.param("AWS/SQS", "Sent", ["QueueName"], True, id="by its dimension"),
        pytest.param("AWS/SQS", "Sent", [], True, id="by none"),
        pytest.param("AWS/SQS", "Sent", ["QueueName", "Region"], False, id="by one more"),
        pytest.param("AWS/SQS", "Lost", ["QueueName"], False, id="another metric"),
        pytest.param("AWS/SNS", "Sent", ["QueueName"], False, id="another namespace"),
    ],
)
def test_a_metric_is_emitted_under_its_very_dimensions(namespace, metric, dimensions, known):
    assert Emitted([QUEUES]).has_metric(namespace, metric, dimensions) is known


def test_two_services_cannot_emit_the_same_metric():
    with pytest.raises(ValueError, match="AWS/SQS Sent is emitted twice"):
        Emitted([QUEUES, QUEUES])


def test_samples_wait_until_their_namespace_is_read():
    measurements = Measurements(Emitted([QUEUES]))
    store = MetricStore(lambda namespace: measurements.settle("here", namespace, store))
    measurements.note("here", "AWS/SQS", {"Sent": 2}, {}, {"QueueName": "q"}, at=NOON)
    measurements.note("there", "AWS/SQS", {"Sent": 5}, at=NOON)

    assert store.units("AWS/SNS", "Sent") == []
    assert [(each.name, each.dimensions) for each in store.metrics()] == [
        ("Sent", ()),
        ("Sent", (("QueueName", "q"),)),
    ]
    assert store.units("AWS/SQS", "Sent", {"QueueName": "q"}) == ["Count"]


@pytest.mark.slow
def test_no_more_than_so_many_samples_wait():
    store = MetricStore()
    measurements = Measurements(Emitted([QUEUES]), lambda _: store)
    for _ in range(MOST_WAITING - 1):
        measurements.note("here", "AWS/SQS", {"Sent": 1}, at=NOON)
    before = store.units("AWS/SQS", "Sent")
    measurements.note("here", "AWS/SQS", {"Sent": 1}, at=NOON)

    assert before == []
    assert store.units("AWS/SQS", "Sent") == ["Count"]


def test_what_no_manifest_names_cannot_be_measured():
    with pytest.raises(WorldError, match="AWS/SQS Lost by QueueName is in no service's manifest"):
        Measurements(Emitted([QUEUES])).note("here", "AWS/SQS", {"Lost": 1}, {"QueueName": "q"}, at=NOON)
