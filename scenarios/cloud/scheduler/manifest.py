"""EventBridge Scheduler as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.scheduler.laws import register
from scenarios.cloud.scheduler.permissions import PERMISSIONS
from scenarios.cloud.scheduler.resources import KINDS
from scenarios.cloud.scheduler.validation import VALIDATION
from scenarios.cloud.service import Service

SERVICE = Service(
    name="scheduler",
    simulated="schedules in UTC that put an event on an event bus",
    missing="other targets, groups, time windows, retries, metrics",
    permissions=PERMISSIONS,
    kinds=KINDS,
    validation=VALIDATION,
    register=register,
)
