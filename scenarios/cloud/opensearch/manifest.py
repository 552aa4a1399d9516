"""OpenSearch Service as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.opensearch.laws import register
from scenarios.cloud.opensearch.permissions import PERMISSIONS
from scenarios.cloud.opensearch.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="opensearch",
    simulated=(
        "domains with their access policies; who may send them requests, Firehose and functions that sign "
        "theirs; what they answer is said by a scenario"
    ),
    missing="what a domain holds, in a VPC, under users of its own, and as it is changed or upgraded",
    permissions=PERMISSIONS,
    kinds=KINDS,
    validation=Validation(code="ValidationException"),
    register=register,
)
