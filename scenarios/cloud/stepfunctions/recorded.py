"""How CloudTrail records Step Functions.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cloud-trail.html
"""

from scenarios.cloud.kernel.recorded import Recorded

RECORDED = Recorded(
    service="stepfunctions",
    data_events=frozenset(
        {"GetActivityTask", "SendTaskFailure", "SendTaskHeartbeat", "SendTaskSuccess", "StartSyncExecution"}
    ),
)
