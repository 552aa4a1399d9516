"""A record of every operation: the same twice, without a secret, in whatever order parameters come."""

import json
from dataclasses import replace
from typing import Any

import pytest

from scenarios.cloud.kernel.service_models import operation_model, service_model
from tests.scenarios.cloud.cloudtrail.records.real_calls import MOMENT, called, recorded

SECRET = "do-not-print-me"
# The name of a KMS key: sensitive to botocore, but S3's records show it.
NO_SECRET = {"SSEKMSKeyId", "NonEmptyKmsKeyArnString"}
NUMBERS = {"integer", "long", "float", "double"}
PLAIN = {"timestamp": MOMENT, "blob": SECRET.encode(), "boolean": True} | dict.fromkeys(NUMBERS, 1)


def sample(shape: Any, depth: int = 0) -> Any:
    """A value for any shape, with SECRET wherever the model says sensitive."""
    deep = depth > 5
    if shape.type_name == "structure":
        return {name: sample(member, depth + 1) for name, member in shape.members.items() if not deep}
    if shape.type_name == "list":
        return [] if deep else [sample(shape.member, depth + 1)]
    if shape.type_name == "map":
        return {} if deep else {sample(shape.key): sample(shape.value, depth + 1)}
    secret = shape.metadata.get("sensitive") and shape.name not in NO_SECRET
    return PLAIN.get(shape.type_name, SECRET if secret else "text")


SERVICES = [
    "cloudtrail",
    "dynamodb",
    "ec2",
    "events",
    "iam",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "rds",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
]


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_gives_the_same_json_twice_and_no_secret(service):
    # EC2 has some eight hundred operations: every ninth will do.
    for operation in service_model(service).operation_names[:: 9 if service == "ec2" else 1]:
        model = operation_model(service, operation)
        call = replace(
            called(service, operation),
            parameters=sample(model.input_shape) if model.input_shape else {},
            response=sample(model.output_shape) if model.output_shape else {},
        )

        printed = json.dumps(recorded(call))

        assert SECRET not in printed, operation
        assert printed == json.dumps(recorded(call)), operation


def test_the_order_in_which_parameters_were_given_does_not_show():
    forth = called("sqs", "CreateQueue", QueueName="q", tags={"a": "1", "b": "2"})
    back = called("sqs", "CreateQueue", tags={"b": "2", "a": "1"}, QueueName="q")

    assert json.dumps(recorded(forth)) == json.dumps(recorded(back))
