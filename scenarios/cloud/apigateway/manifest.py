"""API Gateway as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.apigateway.emitted import METRICS
from scenarios.cloud.apigateway.laws import register
from scenarios.cloud.apigateway.permissions import PERMISSIONS
from scenarios.cloud.apigateway.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="apigateway",
    simulated=(
        "REST APIs of a template, by definition or by resources and methods: Lambda proxies, mocks, stages, "
        "IAM, authorizers that are functions, resource policies, throttling, gateway responses; "
        "requests to them"
    ),
    missing=(
        "API keys, other authorizers and integrations, access logs, request validation, custom domains; "
        "calls but deletions are judged where a policy names no resource"
    ),
    metrics=METRICS,
    permissions=PERMISSIONS,
    kinds=KINDS,
    register=register,
)
