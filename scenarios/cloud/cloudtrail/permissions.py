"""IAM's rows for CloudTrail: trails."""

from scenarios.cloud.authorization.rows import JSON, Permissions

_LINES = """
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


PERMISSIONS = Permissions(
    prefix="cloudtrail",
    denial=JSON,
    lines=_LINES,
)
