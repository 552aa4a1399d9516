"""CloudWatch as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.cloudwatch.alarms.telling import EVENTS
from scenarios.cloud.cloudwatch.laws import register
from scenarios.cloud.cloudwatch.mends import MENDS
from scenarios.cloud.cloudwatch.permissions import PERMISSIONS
from scenarios.cloud.cloudwatch.resources import KINDS
from scenarios.cloud.cloudwatch.streams.emitted import METRICS
from scenarios.cloud.cloudwatch.validation import VALIDATION
from scenarios.cloud.kernel.recorded import Recorded, Style
from scenarios.cloud.service import Service

SERVICE = Service(
    name="cloudwatch",
    simulated=(
        "metrics, metric math; alarms on metrics, expressions and percentiles, each minute or each ten "
        "seconds; composite alarms and their suppressors; actions to SNS, Lambda, EC2 and simple scaling "
        "policies, refused where CloudWatch would; history; state-change and configuration events; "
        "dashboards, whose text is held against what PutDashboard was recorded to answer, and pictures of "
        "metrics; metric streams to Firehose, in JSON and OpenTelemetry, with filters and percentiles"
    ),
    missing=(
        "anomaly detection, searches, Metrics Insights queries, rarer statistics and functions of metric "
        "math, labels made of data, entities, linked accounts, step scaling, OpsItems, "
        "the deletion of a suppressor in use"
    ),
    permissions=PERMISSIONS,
    recorded=(
        Recorded(
            service="cloudwatch",
            api_version="2010-08-01",
            data_events=frozenset({"GetMetricData", "GetMetricWidgetImage", "PutMetricData"}),
            style=Style(masked=frozenset({"DashboardBody"})),
        ),
    ),
    kinds=KINDS,
    metrics=METRICS,
    mends=MENDS,
    direct=True,
    validation=VALIDATION,
    events=EVENTS,
    register=register,
)
