"""IAM's rows for AWS Config.

A recorder is judged without its ARN, which ends with an id that nobody has seen. A rule has its ARN once
it is there; one that is put anew has an id that no policy names.
"""

from scenarios.cloud.authorization.rows import JSON, Permissions, Place
from scenarios.cloud.kernel import moto_state

_LINES = """
BatchGetResourceConfig          =                         *
DeleteConfigRule                =                         config_rule(ConfigRuleName)
DeleteConfigurationRecorder     =                         *
DeleteDeliveryChannel           =                         *
DeleteEvaluationResults         =                         config_rule(ConfigRuleName)
DeleteRetentionConfiguration    =                         *
DeliverConfigSnapshot           =                         *
DescribeComplianceByConfigRule  =                         *
DescribeComplianceByResource    =                         *
DescribeConfigRuleEvaluationStatus =                      *
DescribeConfigRules             =                         *
DescribeConfigurationRecorders  =                         *
DescribeConfigurationRecorderStatus =                     *
DescribeDeliveryChannels        =                         *
DescribeDeliveryChannelStatus   =                         *
DescribeRetentionConfigurations =                         *
GetComplianceDetailsByConfigRule =                         config_rule(ConfigRuleName)
GetComplianceDetailsByResource  =                         *
GetComplianceSummaryByConfigRule =                        *
GetComplianceSummaryByResourceType =                      *
GetDiscoveredResourceCounts     =                         *
GetResourceConfigHistory        =                         *
ListDiscoveredResources         =                         *
PutConfigRule                   =                         config_rule(ConfigRule.ConfigRuleName=new)
PutConfigurationRecorder        =                         *
PutConfigurationRecorder        iam:PassRole              role(ConfigurationRecorder.roleARN)
PutDeliveryChannel              =                         *
PutEvaluations                  =                         *
PutRetentionConfiguration       =                         *
SelectResourceConfig            =                         *
PutRemediationConfigurations    = config_remediation(RemediationConfigurations[].ConfigRuleName)
DescribeRemediationConfigurations =                       config_remediation(ConfigRuleNames[])
DeleteRemediationConfiguration  =                         config_remediation(ConfigRuleName)
DescribeRemediationExecutionStatus =                      config_remediation(ConfigRuleName)
StartRemediationExecution       =                         *
PutRemediationExceptions        =                         *
DescribeRemediationExceptions   =                         *
DeleteRemediationExceptions     =                         *
StartConfigRulesEvaluation      =                         config_rule(ConfigRuleNames[])
StartConfigurationRecorder      =                         *
StopConfigurationRecorder       =                         *
"""


def _rule(place: Place, name: str) -> str:
    rules = moto_state.backend("config", place.account, place.region).config_rules
    known = rules[name].config_rule_arn if name in rules else ""
    return known or f"arn:aws:config:{place.region}:{place.account}:config-rule/config-rule-new"


def _remediation(place: Place, rule: str) -> str:
    return f"arn:aws:config:{place.region}:{place.account}:remediation-configuration/{rule}"


PERMISSIONS = Permissions(
    prefix="config",
    denial=JSON,
    lines=_LINES,
    kinds={"config_rule": _rule, "config_remediation": _remediation},
)
