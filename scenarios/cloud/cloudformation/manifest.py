"""CloudFormation as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.cloudformation.laws import register
from scenarios.cloud.cloudformation.permissions import PERMISSIONS
from scenarios.cloud.cloudformation.resources import custom, only_stand
from scenarios.cloud.cloudformation.stacks import EVENTS
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.service import Service

SERVICE = Service(
    name="cloudformation",
    simulated=(
        "what CloudFormation would create, in its order, refused where it would refuse; stacks created, "
        "updated in place or by replacement, by change sets too, described, protected and deleted, resource "
        "by resource, in the name of who asks or of a role, rolled back and tried again; exports and "
        "imports, stack policies, topics that are notified; their events; custom resources behind functions "
        "and topics, which answer over HTTP, with their timeout; types that only stand, "
        "such as user pools, hosted zones and gateways, loud when more is asked of them"
    ),
    missing=(
        "types and properties that no module lists; drift, imports of resources, nested stacks, "
        "cancelled updates"
    ),
    permissions=PERMISSIONS,
    kinds={**only_stand.KINDS, **custom.KINDS},
    validation=Validation(code="ValidationError"),
    events=EVENTS,
    register=register,
)
