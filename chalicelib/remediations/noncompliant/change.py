"""A change of compliance, as AWS Config tells it: a rule says of a resource something else than before.

Source: https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.errors import MalformedEvent
from chalicelib.events import Raw, mapping_in, moment, text_of

SOURCE, DETAIL_TYPE = "aws.config", "Config Rules Compliance Change"
NON_COMPLIANT = "NON_COMPLIANT"
COMPLIANCE = "compliance:"  # what a change's key begins with
_LATER, _NAMED = "later", "trailwarden-named"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceChange:
    """One change. `at`: when Config recorded the result; `ordered`: when the resource was as it is judged.

    `before`: what the rule said until then; "" the first time. `later`: it was told already, and is looked at
    again; `named`: that it was told with who made it so.
    """

    key: str
    at: datetime
    account: str
    region: str
    rule: str
    kind: str
    id: str
    compliance: str
    before: str
    ordered: datetime
    why: str
    principal: str = ""
    later: bool = False
    named: bool = False

    @property
    def is_bad(self) -> bool:
        """Whether the resource isn't compliant now; else it was until now."""
        return self.compliance == NON_COMPLIANT

    @property
    def subject(self) -> str:
        """What is counted: a resource under a rule."""
        return f"{self.region}/{self.rule}/{self.kind}/{self.id}"

    def as_event(self, *, named: bool) -> dict[str, Any]:
        """The event again, with what is read of it, for the queue; `named`: who made it so is told."""
        qualifier = {"configRuleName": self.rule, "resourceType": self.kind, "resourceId": self.id}
        result = {
            "evaluationResultIdentifier": {
                "evaluationResultQualifier": qualifier,
                "orderingTimestamp": self.ordered.isoformat(),
            },
            "complianceType": self.compliance,
            "resultRecordedTime": self.at.isoformat(),
            "annotation": self.why,
        }
        return {
            "source": SOURCE,
            "detail-type": DETAIL_TYPE,
            "account": self.account,
            "region": self.region,
            _NAMED: named,
            "detail": {
                **qualifier,
                "awsAccountId": self.account,
                "awsRegion": self.region,
                "newEvaluationResult": result,
                "oldEvaluationResult": {"complianceType": self.before},
            },
        }


def compliance_change(raw: Raw) -> ComplianceChange:
    """EventBridge's event; raises MalformedEvent."""
    detail = mapping_in(raw, "detail")
    new = mapping_in(detail, "newEvaluationResult")
    old = detail.get("oldEvaluationResult")
    identifier = mapping_in(new, "evaluationResultIdentifier")
    rule, kind, identity = (
        text_of(detail.get(name)) for name in ("configRuleName", "resourceType", "resourceId")
    )
    compliance, recorded = text_of(new.get("complianceType")), text_of(new.get("resultRecordedTime"))
    if not (rule and kind and identity and compliance):
        raise MalformedEvent("a change of compliance names no rule, no resource or no result")
    account = text_of(detail.get("awsAccountId")) or text_of(raw.get("account"))
    region = text_of(detail.get("awsRegion")) or text_of(raw.get("region"))
    at = moment(recorded, identity)
    return ComplianceChange(
        key=f"{COMPLIANCE}{account}/{region}/{rule}/{kind}/{identity}/{compliance}@{at.isoformat()}",
        at=at,
        account=account,
        region=region,
        rule=rule,
        kind=kind,
        id=identity,
        compliance=compliance,
        before=text_of(old.get("complianceType")) if isinstance(old, Mapping) else "",
        ordered=moment(text_of(identifier.get("orderingTimestamp")) or recorded, identity),
        why=text_of(new.get("annotation")),
    )


def looked_at_later(raw: Raw) -> ComplianceChange:
    """The same, as it comes out of the queue: an event of its own."""
    change = compliance_change(raw)
    return replace(change, key=f"{change.key}/{_LATER}", later=True, named=raw.get(_NAMED) is True)
