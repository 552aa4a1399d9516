"""API Gateway as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.apigateway.laws import register
from scenarios.cloud.apigateway.permissions import PERMISSIONS
from scenarios.cloud.apigateway.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="apigateway",
    simulated="APIs and stages of a template; requests to a function behind one, and who may make them",
    missing="API keys, other authorizers; calls but deletions are judged where a policy names no resource",
    permissions=PERMISSIONS,
    kinds=KINDS,
    register=register,
)
