"""botocore's models of AWS's operations, each read once.

The simulated AWS derives names and shapes from these models, so that it knows every operation of every
service without a list of its own. Reading a service's model takes some milliseconds (EC2's about eighty),
after which it is kept.
"""

from functools import cache

from botocore.model import OperationModel, ServiceModel
from botocore.session import Session, get_session

from scenarios.cloud.kernel.botocore_hooks import data_read_once
from scenarios.cloud.kernel.isolation import without_aws_settings


@cache
def session() -> Session:
    """A session for botocore's data alone, which it reads with those of worlds."""
    with data_read_once():
        made = get_session()
        made.get_component("data_loader")  # which is made when it is first asked for
    return made


@cache
def service_model(service: str) -> ServiceModel:
    """The model of a service under botocore's name of it: `stepfunctions`, `events`."""
    with without_aws_settings():
        return session().get_service_model(service)


@cache
def operation_model(service: str, operation: str) -> OperationModel:
    """The model of one operation: `DeleteTable` of `dynamodb`."""
    return service_model(service).operation_model(operation)
