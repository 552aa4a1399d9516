"""Lambda as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.functions.emitted import METRICS
from scenarios.cloud.functions.laws import register
from scenarios.cloud.functions.mends import MENDS
from scenarios.cloud.functions.permissions import PERMISSIONS
from scenarios.cloud.functions.recorded import RECORDED
from scenarios.cloud.functions.resources import KINDS
from scenarios.cloud.functions.validation import VALIDATION
from scenarios.cloud.service import Service

SERVICE = Service(
    name="lambda",
    simulated=(
        "Python handlers in process, each with its own modules, variables and role, and code in a zip or in "
        "the template; cold and warm starts, timeouts, retries; destinations in queues, topics, functions "
        "and event buses; functions that wait for another; queues read for functions: batches, filters, "
        "windows, visibility, partial failures, redrive; streams read shard by shard: retries, bisecting, "
        "age, partial failures, lanes, tumbling windows, what is told of records that were given up; "
        "versions and aliases, weights by the seed; layers; URLs under IAM or open, with the two permissions "
        "that AWS asks since October 2025"
    ),
    missing=(
        "functions in other languages, which only stand, provisioned concurrency, "
        "lanes of a shard and tumbling windows together, streamed answers"
    ),
    direct=True,
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    validation=VALIDATION,
    mends=MENDS,
    metrics=METRICS,
    register=register,
)
