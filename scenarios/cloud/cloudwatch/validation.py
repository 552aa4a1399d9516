"""What CloudWatch refuses: alarms and dashboards; the words for metrics are those of their laws."""

from scenarios.cloud.cloudwatch.alarms.validation import composite_alarm, metric_alarm
from scenarios.cloud.cloudwatch.dashboards.validation import dashboard
from scenarios.cloud.kernel.validation import Validation

VALIDATION = Validation(
    code="ValidationError",
    own_words=("GetMetricData", "GetMetricStatistics", "ListMetrics", "PutMetricData"),
    rules={
        "PutMetricAlarm": (metric_alarm,),
        "PutCompositeAlarm": (composite_alarm,),
        "PutDashboard": (dashboard,),
    },
)
