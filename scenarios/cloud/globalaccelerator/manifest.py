"""Global Accelerator as one value: flow logs."""

from scenarios.cloud.globalaccelerator.flow_logs import register
from scenarios.cloud.service import Service

SERVICE = Service(
    name="globalaccelerator",
    simulated="flow logs to S3, of accelerators that a scenario puts there and of what passes them",
    missing="every call",
    register=register,
)
