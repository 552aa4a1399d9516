"""IAM's rows for CloudWatch: alarms and dashboards."""

from scenarios.cloud.authorization.rows import QUERY, Arn, ContextKey, Permissions
from scenarios.cloud.kernel import moto_state

_LINES = """
PutMetricData                   =                         *
GetMetricData                   =                         *
GetMetricWidgetImage            =                         *
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
ListMetricStreams               =                         *
GetMetricStream                 =                         metric-stream(Name)
PutMetricStream                 =                         metric-stream(Name)
PutMetricStream                 iam:PassRole              role(RoleArn)
DeleteMetricStream              =                         metric-stream(Name)
StartMetricStreams              =                         metric-stream(Names[])
StopMetricStreams               =                         metric-stream(Names[])
TagResource                     =                         given(ResourceARN)
UntagResource                   =                         given(ResourceARN)
ListTagsForResource             =                         given(ResourceARN)
"""


def _alarm_tags(arn: Arn) -> dict[str, str]:
    return moto_state.tags_by_arn("cloudwatch", arn.account, arn.region, arn.text)


PERMISSIONS = Permissions(
    prefix="cloudwatch",
    denial=QUERY,
    lines=_LINES,
    context=(
        ContextKey(
            key="cloudwatch:namespace", parameter="Namespace", operations=frozenset({"PutMetricData"})
        ),
        ContextKey(key="cloudwatch:AlarmActions", parameter="AlarmActions[]"),
    ),
    tags_of=_alarm_tags,
)
