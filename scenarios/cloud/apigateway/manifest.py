"""API Gateway as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.apigateway.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="apigateway",
    simulated="APIs and stages of a template, as moto keeps them",
    missing="requests to them; calls are judged where a policy names no resource",
    kinds=KINDS,
)
