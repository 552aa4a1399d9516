"""The metrics that EventBridge Scheduler emits, by group.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
"""

from typing import Final

from scenarios.cloud.kernel.emitted import EmittedMetrics
from scenarios.cloud.setting import Setting

NAMESPACE: Final = "AWS/Scheduler"
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units=dict.fromkeys(
            (
                "InvocationAttemptCount",
                "InvocationDroppedCount",
                "InvocationsFailedToBeSentToDeadLetterCount",
                "InvocationsSentToDeadLetterCount",
                "TargetErrorCount",
            ),
            "Count",
        ),
        dimensions=(("ScheduleGroup",),),
    ),
)


def measure(setting: Setting, region: str, group: str, metric: str) -> None:
    """Count one."""
    setting.measured(region, NAMESPACE, {metric: 1}, {"ScheduleGroup": group})
