"""Systems Manager as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.service import Service
from scenarios.cloud.ssm import mends
from scenarios.cloud.ssm.automation.telling import EVENTS as AUTOMATION_EVENTS
from scenarios.cloud.ssm.laws import register
from scenarios.cloud.ssm.parameter_events import EVENTS
from scenarios.cloud.ssm.permissions import PERMISSIONS
from scenarios.cloud.ssm.recorded import RECORDED
from scenarios.cloud.ssm.resources import KINDS
from scenarios.cloud.ssm.validation import VALIDATION

mends.load_without_ec2()

SERVICE = Service(
    name="ssm",
    simulated=(
        "parameters; associations that install and configure the agent; Automation: runbooks with calls of "
        "AWS's API, functions, branches, sleep, properties that are asserted or waited for, approvals and "
        "instances' states, under their role; those of AWS's own that remediations use most; started by "
        "rules and schedules too"
    ),
    missing=(
        "commands that run on instances, other actions of a runbook (scripts, stacks, images), variables, "
        "executions on many targets; sessions, maintenance windows"
    ),
    permissions=PERMISSIONS,
    direct=True,
    recorded=(RECORDED,),
    kinds=KINDS,
    events=(*EVENTS, AUTOMATION_EVENTS),
    validation=VALIDATION,
    register=register,
)
