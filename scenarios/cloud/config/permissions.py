"""IAM's rows for AWS Config: the recorder and its rules."""

from scenarios.cloud.authorization.rows import JSON, Permissions

_LINES = """
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


PERMISSIONS = Permissions(
    prefix="config",
    denial=JSON,
    lines=_LINES,
)
