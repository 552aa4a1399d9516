"""How CloudTrail records CloudWatch."""

from scenarios.cloud.kernel.recorded import Recorded

RECORDED = Recorded(
    service="cloudwatch",
    api_version="2010-08-01",
    data_events=frozenset({"GetMetricData", "GetMetricWidgetImage", "PutMetricData"}),
)
