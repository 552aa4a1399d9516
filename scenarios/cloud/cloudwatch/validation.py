"""What CloudWatch refuses of alarms, dashboards and metric streams; of metrics, their laws say it."""

from scenarios.cloud.cloudwatch.alarms.validation import composite_alarm, metric_alarm
from scenarios.cloud.cloudwatch.dashboards.validation import dashboard, deleted, listed
from scenarios.cloud.cloudwatch.streams.validation import listed as listed_streams
from scenarios.cloud.cloudwatch.streams.validation import metric_stream
from scenarios.cloud.kernel.validation import Validation

VALIDATION = Validation(
    code="ValidationError",
    own_words=("GetMetricData", "GetMetricStatistics", "ListMetrics", "PutMetricData"),
    rules={
        "PutMetricAlarm": (metric_alarm,),
        "PutCompositeAlarm": (composite_alarm,),
        "PutDashboard": (dashboard,),
        "ListDashboards": (listed,),
        "DeleteDashboards": (deleted,),
        "PutMetricStream": (metric_stream,),
        "ListMetricStreams": (listed_streams,),
    },
)
