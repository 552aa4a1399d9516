"""EventBridge, as one value."""

from scenarios.cloud.eventbridge.emitted import METRICS
from scenarios.cloud.eventbridge.laws import register
from scenarios.cloud.eventbridge.permissions import PERMISSIONS
from scenarios.cloud.eventbridge.recorded import RECORDED
from scenarios.cloud.eventbridge.requests import VALIDATION
from scenarios.cloud.eventbridge.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="events",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    validation=VALIDATION,
    metrics=METRICS,
    register=register,
)
