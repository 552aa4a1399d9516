"""API Gateway, as one value."""

from scenarios.cloud.apigateway.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(name="apigateway", kinds=KINDS)
