"""EC2, as one value."""

from scenarios.cloud.ec2.instances import METRICS
from scenarios.cloud.ec2.laws import register
from scenarios.cloud.ec2.permissions import PERMISSIONS
from scenarios.cloud.ec2.recorded import RECORDED
from scenarios.cloud.ec2.resource_events import EVENTS
from scenarios.cloud.ec2.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="ec2",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    metrics=METRICS,
    events=EVENTS,
    register=register,
)
