"""What rules found, as items: an AWS::Config::ResourceCompliance for each resource that was judged.

    GetResourceConfigHistory(resourceType="AWS::Config::ResourceCompliance", resourceId="AWS::S3::Bucket/web")
    SELECT configuration.complianceType, COUNT(*)
    WHERE resourceType = 'AWS::Config::ResourceCompliance' GROUP BY configuration.complianceType

A recorder of all types makes them, and one that names the type; they go the way of every item. One is made
where the resource's result under some rule is another, or a rule judges it no more; the last one where none
does, as when the rule is deleted. No page says how long after the result: here a minute, so that the results
of several rules are one item. Nor does one say whether rules without a scope are asked about them: here they
aren't, since each answer would make another item.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/view-compliance-history.html,
https://docs.aws.amazon.com/config/latest/developerguide/quering-resource-compliance-history.html (the shape),
https://docs.aws.amazon.com/config/latest/developerguide/delete-config-rules.html (what is deleted),
https://github.com/awslabs/aws-config-resource-schema (AWS::Config::ResourceCompliance)
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Final

from scenarios.cloud.config.compliance import Compliance, Key, Result
from scenarios.cloud.config.items import Found, Relation, Status
from scenarios.cloud.config.managed.verdicts import COMPLIANT, NON_COMPLIANT
from scenarios.cloud.config.recorder import Recorders
from scenarios.cloud.config.recording import records
from scenarios.cloud.config.resource_types.all_types import RESOURCE_COMPLIANCE
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.setting import Setting

_SECONDS: Final = 60.0


class JudgedResources:
    """Makes the items of the resources that rules have judged."""

    def __init__(self, setting: Setting, recorders: Recorders, compliance: Compliance) -> None:
        self._setting = setting
        self._recorders = recorders
        self._compliance = compliance
        self._waiting: defaultdict[str, dict[Key, None]] = defaultdict(dict)  # by region, in order
        compliance.when_changed(self._changed)
        recorders.when_started(self._started)

    def _started(self, region: str) -> None:
        for key in self._compliance.by_resource(region):
            self._changed(region, key)

    def _changed(self, region: str, key: Key) -> None:
        recorder = self._recorders.recorder(region)
        if recorder is None or not records(recorder, RESOURCE_COMPLIANCE):
            return
        if not self._waiting[region]:
            record = partial(self._record, region)
            self._setting.clock.after(_SECONDS, record, "AWS Config records what rules found")
        self._waiting[region][key] = None

    def _record(self, region: str) -> None:
        keys, results = self._waiting.pop(region), self._compliance.by_resource(region)
        if not self._recorders.records(region):
            return
        for key in keys:
            last = self._recorders.of(region).last((RESOURCE_COMPLIANCE, _id(key)))
            was_there = last is not None and last.is_there
            if key in results:
                found = self._found(region, key, results[key])
                if not was_there:
                    self._recorders.add(region, found, Status.DISCOVERED)
                elif last is not None and last.found != found:
                    self._recorders.add(region, found, Status.OK)
            elif was_there:
                gone = Found(type=RESOURCE_COMPLIANCE, id=_id(key), arn="", zone="", configuration={})
                self._recorders.add(region, gone, Status.DELETED)

    def _found(self, region: str, key: Key, results: Sequence[tuple[str, Result]]) -> Found:
        """A resource's worst result, and every rule's."""
        kind, identity = key
        rules = moto_state.backend("config", self._setting.account, region).config_rules
        said = [
            {
                "configRuleName": name,
                "configRuleArn": rules[name].config_rule_arn,
                "configRuleId": rules[name].config_rule_id,
                "complianceType": result.said.compliance,
            }
            for name, result in sorted(results, key=lambda each: each[0])
            if name in rules
        ]
        worst = NON_COMPLIANT in {each["complianceType"] for each in said}
        return Found(
            type=RESOURCE_COMPLIANCE,
            id=_id(key),
            arn="",
            zone="",
            configuration={
                "targetResourceType": kind,
                "targetResourceId": identity,
                "complianceType": NON_COMPLIANT if worst else COMPLIANT,
                "configRuleList": said,
            },
            relations=(Relation(kind, identity, "Is associated with "),),
        )


def _id(key: Key) -> str:
    return f"{key[0]}/{key[1]}"
