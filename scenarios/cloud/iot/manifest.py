"""AWS IoT Core as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.iot.emitted import METRICS
from scenarios.cloud.iot.laws import register
from scenarios.cloud.iot.permissions import PERMISSIONS
from scenarios.cloud.iot.resources import KINDS
from scenarios.cloud.iot.validation import VALIDATION
from scenarios.cloud.service import Service

SERVICE = Service(
    name="iot",
    simulated=(
        "rules on topics, in the commonest part of AWS IoT's SQL, that act on functions, topics, queues and "
        "tables, or publish again; error actions; things and certificates as moto keeps them"
    ),
    missing=(
        "other actions and functions of SQL, payloads that are no JSON, subscriptions of devices, shadows, "
        "jobs, policies of devices"
    ),
    metrics=METRICS,
    permissions=PERMISSIONS,
    kinds=KINDS,
    validation=VALIDATION,
    register=register,
)
