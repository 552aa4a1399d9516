"""Classic Load Balancers as one value: access logs."""

from scenarios.cloud.elb.access_logs import register
from scenarios.cloud.service import Service

SERVICE = Service(
    name="elb",
    simulated="Classic Load Balancers that stand; access logs of the requests that a scenario tells",
    missing="instances, health",
    register=register,
)
