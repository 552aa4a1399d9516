"""CloudWatch Logs, CloudWatch, CloudTrail, Config, CloudFormation.

Where AWS asks about a log group, the ARN goes on into its streams: denials name
`log-group:NAME:log-stream:`, or `log-group::log-stream:` for DescribeLogGroups. So a policy reaches a group
only with a `:*` behind its name; the form without is asked about for tags alone.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
"""

LOGS = """
DescribeLogGroups               =                         log_group(=)
DescribeDestinations            =                         *
DescribeQueries                 =                         *
DescribeQueryDefinitions        =                         *
DescribeResourcePolicies        =                         *
DescribeExportTasks             =                         *
PutResourcePolicy               =                         *
DeleteResourcePolicy            =                         *
GetQueryResults                 =                         *
StopQuery                       =                         *
TestMetricFilter                =                         *
CreateLogGroup                  =                         log_group(logGroupName)
DeleteLogGroup                  =                         log_group(logGroupName)
PutRetentionPolicy              =                         log_group(logGroupName)
DeleteRetentionPolicy           =                         log_group(logGroupName)
AssociateKmsKey +logGroupName   =                         log_group(logGroupName)
DisassociateKmsKey +logGroupName =                        log_group(logGroupName)
DescribeLogStreams +logGroupName =                        log_group(logGroupName)
DescribeLogStreams +logGroupIdentifier =                  log_group(logGroupIdentifier)
FilterLogEvents +logGroupName   =                         log_group(logGroupName)
FilterLogEvents +logGroupIdentifier =                     log_group(logGroupIdentifier)
StartQuery +logGroupName        =                         log_group(logGroupName)
StartQuery +logGroupNames       =                         log_group(logGroupNames[])
StartQuery +logGroupIdentifiers =                         log_group(logGroupIdentifiers[])
PutMetricFilter                 =                         log_group(logGroupName)
DeleteMetricFilter              =                         log_group(logGroupName)
DescribeMetricFilters +logGroupName =                     log_group(logGroupName)
DescribeMetricFilters -logGroupName =                     log_group(=)
PutSubscriptionFilter           =                         log_group(logGroupName)
PutSubscriptionFilter           =                         log_destination(destinationArn)
PutSubscriptionFilter +roleArn  iam:PassRole              role(roleArn)
DeleteSubscriptionFilter        =                         log_group(logGroupName)
DescribeSubscriptionFilters     =                         log_group(logGroupName)
CreateExportTask                =                         log_group(logGroupName)
CancelExportTask                =                         *
PutDestination                  =                         destination(destinationName)
PutDestination                  iam:PassRole              role(roleArn)
PutDestinationPolicy            =                         destination(destinationName)
DeleteDestination               =                         destination(destinationName)
CreateLogStream                 =                         log_group(logGroupName)
DeleteLogStream                 =                         log_stream(logGroupName,logStreamName)
PutLogEvents                    =                         log_stream(logGroupName,logStreamName)
GetLogEvents +logGroupName      =                         log_stream(logGroupName,logStreamName)
GetLogEvents +logGroupIdentifier =                        log_stream(logGroupIdentifier,logStreamName)
TagResource                     =                         given(resourceArn)
UntagResource                   =                         given(resourceArn)
ListTagsForResource             =                         given(resourceArn)
"""

CLOUDWATCH = """
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

CLOUDTRAIL = """
LookupEvents                    =                         *
ListPublicKeys                  =                         *
ListTrails                      =                         *
DescribeTrails                  =                         *
CreateTrail                     =                         trail(Name)
CreateTrail +CloudWatchLogsRoleArn iam:PassRole           role(CloudWatchLogsRoleArn)
UpdateTrail                     =                         trail(Name)
UpdateTrail +CloudWatchLogsRoleArn iam:PassRole           role(CloudWatchLogsRoleArn)
DeleteTrail                     =                         trail(Name)
StartLogging                    =                         trail(Name)
StopLogging                     =                         trail(Name)
GetTrail                        =                         trail(Name)
GetTrailStatus                  =                         trail(Name)
GetEventSelectors               =                         trail(TrailName)
PutEventSelectors               =                         trail(TrailName)
GetInsightSelectors +TrailName  =                         trail(TrailName)
PutInsightSelectors +TrailName  =                         trail(TrailName)
AddTags                         =                         trail(ResourceId)
RemoveTags                      =                         trail(ResourceId)
ListTags                        =                         trail(ResourceIdList[])
"""

CONFIG = """
DescribeConfigurationRecorders  =                         *
DescribeConfigurationRecorderStatus =                     *
DescribeDeliveryChannels        =                         *
DescribeDeliveryChannelStatus   =                         *
DeleteDeliveryChannel           =                         *
PutDeliveryChannel              =                         *
PutConfigurationRecorder        =                         *
PutConfigurationRecorder        iam:PassRole              role(ConfigurationRecorder.roleARN)
StartConfigurationRecorder      =                         *
StopConfigurationRecorder       =                         *
DeleteConfigurationRecorder     =                         *
DescribeConfigRules             =                         *
DescribeComplianceByResource    =                         *
DescribeComplianceByConfigRule  =                         *
GetComplianceDetailsByResource  =                         *
GetResourceConfigHistory        =                         *
BatchGetResourceConfig          =                         *
ListDiscoveredResources         =                         *
SelectResourceConfig            =                         *
PutEvaluations                  =                         *
"""

CLOUDFORMATION = """
DescribeStacks +StackName       =                         stack(StackName)
DescribeStacks -StackName       =                         *
ListStackResources              =                         stack(StackName)
GetTemplate +StackName          =                         stack(StackName)
"""
