"""API Gateway as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.apigateway.permissions import PERMISSIONS
from scenarios.cloud.apigateway.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="apigateway",
    simulated="APIs and stages of a template, as moto keeps them",
    missing="requests to them; calls but deletions are judged where a policy names no resource",
    permissions=PERMISSIONS,
    kinds=KINDS,
)
