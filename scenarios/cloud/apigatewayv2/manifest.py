"""API Gateway's second API as one value: HTTP APIs, asked by the laws of `apigateway`."""

from scenarios.cloud.apigatewayv2.permissions import PERMISSIONS
from scenarios.cloud.apigatewayv2.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="apigatewayv2",
    simulated=(
        "HTTP APIs of a template: routes with path parameters and $default, Lambda proxies of both payload "
        "formats, stages, IAM, authorizers that are functions, CORS, throttling; requests to them"
    ),
    missing="WebSocket APIs, JWT authorizers, private integrations, custom domains, access logs",
    permissions=PERMISSIONS,
    kinds=KINDS,
)
