"""Systems Manager as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.service import Service
from scenarios.cloud.ssm.laws import register
from scenarios.cloud.ssm.parameter_events import EVENTS
from scenarios.cloud.ssm.permissions import PERMISSIONS
from scenarios.cloud.ssm.recorded import RECORDED
from scenarios.cloud.ssm.resources import KINDS
from scenarios.cloud.ssm.validation import VALIDATION

SERVICE = Service(
    name="ssm",
    simulated="parameters; commands that install and configure the agent",
    missing="documents that run elsewhere, sessions, maintenance windows",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    events=EVENTS,
    validation=VALIDATION,
    register=register,
)
