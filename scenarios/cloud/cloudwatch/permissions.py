"""CloudWatch: alarms and dashboards."""

from scenarios.cloud.authorization.rows import QUERY, ContextKey, Permissions

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
    context=(
        ContextKey(
            key="cloudwatch:namespace", parameter="Namespace", operations=frozenset({"PutMetricData"})
        ),
    ),
)
