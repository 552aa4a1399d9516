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
        "IAM, authorizers that are functions or user pools, resource policies, throttling, API keys, usage "
        "plans and quotas, access logs, gateway responses; requests to them"
    ),
    missing=(
        "other integrations, request validation, custom domains; usage plans made by the API; "
        "calls but deletions are judged where a policy names no resource"
    ),
    metrics=METRICS,
    permissions=PERMISSIONS,
    kinds=KINDS,
    register=register,
)
