"""Whatever boto3 lets through, nothing but AWS's errors and loud holes comes of it, and nothing hangs.

Every operation that a law answers, checks or hears of is called with parameters of every kind, and time runs
on after it. `TRAILWARDEN_INPUTS` says with how many for each operation: in `.ci/run` twenty for a third of
the operations, at a desk one for an eighth, others each day.
"""

import os
import signal
import traceback

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import ServiceModel
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scenarios.cloud.deployment import Deployment
from scenarios.cloud.kernel.botocore_hooks import shared_loader
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated, WorldError
from scenarios.cloud.kernel.faults import NONE
from scenarios.cloud.services import REGISTRY
from scenarios.cloud.world import World
from tests.sample import ALL, in_turn
from tests.scenarios.cloud.any_parameters import Parameters
from tests.scenarios.cloud.small_worlds import function, group, queue, rule, topic, trail, world

INPUTS = int(os.environ.get("TRAILWARDEN_INPUTS", "20" if ALL else "1"))
LONGEST_SECONDS = 30
FORESEEN = (ClientError, BotoCoreError, NotSimulated, InvalidTemplate)

STANDING = {
    **queue("Heard", by="sns"),
    **topic("events", "cloudwatch"),
    **function(),
    **rule(),
    **trail(),
    **group(),
    "Listens": {
        "Type": "AWS::SNS::Subscription",
        "Properties": {
            "Protocol": "sqs",
            "TopicArn": {"Ref": "Alerts"},
            "Endpoint": {"Fn::GetAtt": ["Heard", "Arn"]},
        },
    },
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "Things",
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    },
    "Pressure": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "Pressure",
            "Namespace": "A",
            "MetricName": "m",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "AlarmActions": [{"Ref": "Alerts"}],
        },
    },
}


class Hangs(BaseException):
    """A call took longer than any may."""


def _operations():
    """(service, operation) of all that some law has to do with."""
    calls = World(Deployment(template=""), faults=NONE).calls
    return sorted({*calls._answers, *calls._checks, *calls._afters, *REGISTRY.validators.operations})


OPERATIONS = _operations()


def _known(each):
    """What stands in the world: the last word of each type, with names, ids and ARNs."""
    texts = {
        (found.type.rpartition(":")[2], text)
        for found in each.home.resources.values()
        for text in (found.physical_id, *found.attributes.values())
        if isinstance(text, str)
    }
    named = {("Metric", "m"), ("Namespace", "A"), ("Stream", "s"), ("Bus", "default"), ("Key", "k")}
    return sorted(texts | named)


@pytest.fixture
def no_hanging():
    def give_up(*_):
        raise Hangs

    kept = signal.signal(signal.SIGALRM, give_up)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, kept)


def _place(error):
    """The innermost line of ours, or of moto's, that an error came from."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "/scenarios/" in frame.filename or "/moto/" in frame.filename
    ]
    return f"{frames[-1].filename.rpartition('/scenarios/')[2]}:{frames[-1].lineno}" if frames else "?"


TRIED = [pytest.param(*each, id=":".join(each)) for each in in_turn(OPERATIONS, of=8, in_ci=3)]


@pytest.mark.slow
@pytest.mark.parametrize(("service", "operation"), TRIED)
def test_only_errors_of_aws_and_loud_holes_come_of_any_call(service, operation, no_hanging):
    model = ServiceModel(shared_loader().load_service_model(service, "service-2"), service)
    shape, crashes = model.operation_model(operation).input_shape, {}
    with world(STANDING) as each:
        client = each.client(each.user("anybody"), service)
        parameters = Parameters(_known(each)).of(shape) if shape is not None else st.just({})

        @settings(
            max_examples=INPUTS,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(parameters)
        def call(given_parameters):
            signal.alarm(LONGEST_SECONDS)
            try:
                client._make_api_call(operation, given_parameters)
                each.run(1)
            except FORESEEN:
                pass
            except (Exception, WorldError) as error:  # noqa: BLE001 - all of them are told at the end
                crashes.setdefault((type(error).__name__, _place(error)), (str(error), given_parameters))

        call()
        for _ in range(10):
            try:
                each.run(60)
            except FORESEEN:
                pass
            except (Exception, WorldError) as error:  # noqa: BLE001
                crashes.setdefault((type(error).__name__, _place(error)), (str(error), "later"))

    assert crashes == {}
