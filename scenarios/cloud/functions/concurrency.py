"""Functions whose reserved concurrency is 0: none of their invocations starts.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from typing import Any

from scenarios.cloud.functions.emitted import NAMESPACE, dimensions_of
from scenarios.cloud.kernel import moto_lambda
from scenarios.cloud.setting import Setting


def has_no_concurrency(function: Any) -> bool:
    """Whether PutFunctionConcurrency has set a function, moto's model of one or of its version, to 0."""
    latest = moto_lambda.lambda_function(function.account_id, function.region, function.function_name)
    # moto keeps what the caller or the template wrote
    return latest is not None and latest.reserved_concurrency in {0, "0"}


def throttled(setting: Setting, arn: str) -> None:
    """An invocation was throttled: it counts as no invocation and as no error.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    setting.measured(arn.split(":")[3], NAMESPACE, {"Throttles": 1}, *dimensions_of(arn))
