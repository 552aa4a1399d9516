"""What rules found, as queries see it: an AWS::Config::ResourceCompliance for each resource that was judged.

    SELECT configuration.complianceType, COUNT(*)
    WHERE resourceType = 'AWS::Config::ResourceCompliance' GROUP BY configuration.complianceType

AWS makes items of these as well, with a history; here they are known to SelectResourceConfig alone.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/example-query.html,
https://github.com/awslabs/aws-config-resource-schema (AWS::Config::ResourceCompliance)
"""

from collections.abc import Iterator
from typing import Final

from scenarios.cloud.config.compliance import Compliance
from scenarios.cloud.config.items import VERSION
from scenarios.cloud.config.managed.verdicts import COMPLIANT, NON_COMPLIANT
from scenarios.cloud.config.queries import Document
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.moments import iso_milliseconds
from scenarios.cloud.setting import Setting

RESOURCE_COMPLIANCE: Final = "AWS::Config::ResourceCompliance"


class JudgedResources:
    """The resources that rules have judged."""

    def __init__(self, setting: Setting, compliance: Compliance) -> None:
        self._setting = setting
        self._compliance = compliance

    def documents(self, region: str) -> Iterator[Document]:
        """One for each resource: its worst result, and every rule's."""
        rules = moto_state.backend("config", self._setting.account, region).config_rules
        for (kind, identity), results in self._compliance.by_resource(region).items():
            said = [
                {
                    "configRuleName": name,
                    "configRuleArn": rules[name].config_rule_arn,
                    "configRuleId": rules[name].config_rule_id,
                    "complianceType": result.said.compliance,
                }
                for name, result in results
                if name in rules
            ]
            worst = NON_COMPLIANT in {each["complianceType"] for each in said}
            yield {
                "accountId": self._setting.account,
                "awsRegion": region,
                "resourceType": RESOURCE_COMPLIANCE,
                "resourceId": f"{kind}/{identity}",
                "configurationItemCaptureTime": iso_milliseconds(
                    max(result.recorded for _, result in results)
                ),
                "version": VERSION,
                "relationships": [{"resourceType": kind, "resourceId": identity}],
                "tags": [],
                "configuration": {
                    "targetResourceType": kind,
                    "targetResourceId": identity,
                    "complianceType": NON_COMPLIANT if worst else COMPLIANT,
                    "configRuleList": said,
                },
            }
