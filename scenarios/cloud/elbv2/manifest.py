"""Elastic Load Balancing (v2) as one value: access logs."""

from scenarios.cloud.elbv2.access_logs import register
from scenarios.cloud.service import Service

SERVICE = Service(
    name="elbv2",
    simulated=(
        "load balancers that stand; access logs of the requests that a scenario tells, of a network one "
        "those of its TLS connections"
    ),
    missing="targets, health; other logs",
    register=register,
)
