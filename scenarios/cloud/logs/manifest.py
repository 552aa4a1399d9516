"""CloudWatch Logs as one value: what IAM, CloudTrail, CloudFormation and a world know of it.

Source, of its records: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/logging_cw_api_calls_cwl.html
"""

from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.logs.emitted import METRICS
from scenarios.cloud.logs.laws import register
from scenarios.cloud.logs.mends import MENDS
from scenarios.cloud.logs.permissions import PERMISSIONS
from scenarios.cloud.logs.resources import KINDS
from scenarios.cloud.logs.validation import VALIDATION
from scenarios.cloud.service import Service

SERVICE = Service(
    name="logs",
    simulated=(
        "limits of what is taken; retention; subscriptions with the real envelope to Lambda, Kinesis, "
        "Firehose, and through a destination into another account; metric filters; metrics that events "
        "carry in the embedded metric format; exports, half a day behind; search and queries of Logs "
        "Insights, as far as a group's key allows it, also of linked accounts; saved queries"
    ),
    missing=(
        "queries in SQL and PPL, `pattern`, `anomaly`, `diff` and the youngest commands; account-level "
        "subscriptions, transformers, masking; functions fed by a stream; Firehose's buffers"
    ),
    permissions=PERMISSIONS,
    recorded=(
        Recorded(
            service="logs",
            api_version="20140328",
            unrecorded=frozenset({"PutLogEvents"}),
            reads=frozenset({"StartLiveTail", "StartQuery"}),
            history={"logGroupName": "AWS::Logs::LogGroup"},
        ),
    ),
    kinds=KINDS,
    mends=MENDS,
    direct=True,
    validation=VALIDATION,
    metrics=METRICS,
    register=register,
)
