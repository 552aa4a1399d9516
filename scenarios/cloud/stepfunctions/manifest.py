"""Step Functions as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.service import Service
from scenarios.cloud.stepfunctions.laws import register
from scenarios.cloud.stepfunctions.permissions import PERMISSIONS
from scenarios.cloud.stepfunctions.recorded import RECORDED
from scenarios.cloud.stepfunctions.resources import KINDS
from scenarios.cloud.stepfunctions.telling import EVENTS, METRICS
from scenarios.cloud.stepfunctions.validation import VALIDATION

SERVICE = Service(
    name="stepfunctions",
    simulated=(
        "state machines in JSONPath, standard and express: every type of state, retries, catchers, intrinsic "
        "functions, timeouts, task tokens; tasks that call functions, SQS, SNS, DynamoDB, EventBridge, other "
        "machines and AWS's API, under the machine's role; history, events, metrics; started by rules and "
        "schedules"
    ),
    missing=(
        "JSONata, variables, distributed maps, activities, `.sync`, other services' own integrations, "
        "executions that write logs or are redriven, aliases"
    ),
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    metrics=METRICS,
    events=EVENTS,
    validation=VALIDATION,
    register=register,
)
