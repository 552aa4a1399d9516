"""EC2 Auto Scaling as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.autoscaling.groups import EVENTS
from scenarios.cloud.autoscaling.laws import register
from scenarios.cloud.autoscaling.permissions import PERMISSIONS
from scenarios.cloud.autoscaling.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="autoscaling",
    simulated=(
        "groups as moto keeps them, whose instances come and go with EC2's states; lifecycle hooks that hold "
        "them, heartbeats, timeouts and results; events, or messages to a topic or queue; "
        "simple scaling by alarms"
    ),
    missing=(
        "launch templates, several hooks of one transition, warm pools, instance refresh, step scaling, "
        "target tracking, schedules; CloudTrail's records of the instances that it launches and ends"
    ),
    permissions=PERMISSIONS,
    kinds=KINDS,
    events=EVENTS,
    register=register,
)
