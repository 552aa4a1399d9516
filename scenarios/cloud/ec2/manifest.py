"""EC2 as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.ec2.instances import METRICS
from scenarios.cloud.ec2.laws import register
from scenarios.cloud.ec2.mends import MENDS
from scenarios.cloud.ec2.permissions import PERMISSIONS
from scenarios.cloud.ec2.recorded import RECORDED
from scenarios.cloud.ec2.resource_events import EVENTS
from scenarios.cloud.ec2.resources import KINDS
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.service import Service

SERVICE = Service(
    name="ec2",
    simulated=(
        "instances: states and their events, reboots, status checks, basic and detailed monitoring; "
        "security groups: rules by id, and the error for one that is gone; what they and network ACLs let "
        "through, and flow logs of it to CloudWatch Logs, S3 and Firehose"
    ),
    missing="roles passed at launch; instance types; routes, gateways",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    mends=MENDS,
    metrics=METRICS,
    events=EVENTS,
    validation=Validation(code="InvalidParameterValue"),
    register=register,
)
