"""The metrics that DynamoDB emits of requests. Consumed capacity, latency and throttles are not simulated.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from typing import Final

from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.emitted import EmittedMetrics
from scenarios.cloud.setting import Setting

NAMESPACE: Final = "AWS/DynamoDB"
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units={"ConditionalCheckFailedRequests": "Count"},
        dimensions=(("TableName",),),
    ),
    EmittedMetrics(
        namespace=NAMESPACE, units={"ReturnedItemCount": "Count"}, dimensions=(("TableName", "Operation"),)
    ),
    EmittedMetrics(namespace=NAMESPACE, units={"UserErrors": "Count"}, dimensions=((),)),
)
_REFUSED_CONDITION: Final = "ConditionalCheckFailedException"
# What is no UserErrors, although it is a 400: the condition has its own metric, throttling another.
_OTHERWISE: Final = (
    _REFUSED_CONDITION,
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
)


class TableMetrics:
    """Counts what is asked of tables."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.after_everything(self._heard)
        for operation in ("Query", "Scan"):
            setting.calls.after("dynamodb", operation, self._returned)

    def _heard(self, call: ApiCall) -> None:
        if call.service != "dynamodb" or call.error is None:
            return
        code = call.error[0]
        if code == _REFUSED_CONDITION:
            values = {"ConditionalCheckFailedRequests": 1}
            self._setting.measured(call.region, NAMESPACE, values, {"TableName": _table(call)})
        elif code not in _OTHERWISE:
            self._setting.measured(call.region, NAMESPACE, {"UserErrors": 1})

    def _returned(self, call: ApiCall) -> None:
        values = {"ReturnedItemCount": int((call.response or {}).get("Count", 0))}
        dimensions = {"TableName": _table(call), "Operation": call.operation}
        self._setting.measured(call.region, NAMESPACE, values, dimensions)


def _table(call: ApiCall) -> str:
    return str(call.parameters["TableName"]).rpartition("/")[2]  # it may be an ARN
