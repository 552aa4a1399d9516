"""API Gateway's second API as one value: HTTP APIs, asked by the laws of `apigateway`, and WebSocket APIs."""

from scenarios.cloud.apigatewayv2.laws import register
from scenarios.cloud.apigatewayv2.permissions import PERMISSIONS
from scenarios.cloud.apigatewayv2.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="apigatewayv2",
    simulated=(
        "HTTP APIs of a template: routes with path parameters and $default, Lambda proxies of both payload "
        "formats, stages, IAM, authorizers that are functions or read a JWT, CORS, throttling, access logs; "
        "requests to them; WebSocket APIs: routes, functions that allow a connection, responses, messages to "
        "clients, connections that end"
    ),
    missing="other integrations of WebSocket APIs, private integrations, custom domains",
    permissions=PERMISSIONS,
    kinds=KINDS,
    register=register,
)
