"""CloudWatch: alarms and dashboards."""

from scenarios.cloud.iam.arns import named
from scenarios.cloud.iam.rows import QUERY, ContextKey, Permissions

_LINES = """
PutMetricData                   =                         *
GetMetricData                   =                         *
GetMetricStatistics             =                         *
ListMetrics                     =                         *
ListDashboards                  =                         *
DescribeAlarmsForMetric         =                         *
DescribeAnomalyDetectors        =                         *
DescribeAlarms                  =                         alarm(=*)
DescribeAlarmHistory            =                         alarm(AlarmName=*)
PutMetricAlarm                  =                         alarm(AlarmName)
PutCompositeAlarm               =                         alarm(AlarmName)
DeleteAlarms                    =                         alarm(AlarmNames[])
SetAlarmState                   =                         alarm(AlarmName)
EnableAlarmActions              =                         alarm(AlarmNames[])
DisableAlarmActions             =                         alarm(AlarmNames[])
PutDashboard                    =                         dashboard(DashboardName)
GetDashboard                    =                         dashboard(DashboardName)
DeleteDashboards                =                         dashboard(DashboardNames[])
TagResource                     =                         given(ResourceARN)
UntagResource                   =                         given(ResourceARN)
ListTagsForResource             =                         given(ResourceARN)
"""


PERMISSIONS = Permissions(
    prefix="cloudwatch",
    denial=QUERY,
    lines=_LINES,
    kinds={
        "alarm": named("arn:aws:cloudwatch:{region}:{account}:alarm:{0}"),
        "dashboard": named("arn:aws:cloudwatch::{account}:dashboard/{0}"),
    },
    context=(
        ContextKey(
            key="cloudwatch:namespace", parameter="Namespace", operations=frozenset({"PutMetricData"})
        ),
    ),
)
