"""A rule of AWS Config says that a resource is not compliant, or that it is so again.

Config tells of the change, and not who made it. The stack's own rules are told of, and those that its
parameter names.

What we do: report the resource and the rule's reason; since when it is so, and what it was before, from the
two last items that Config has; who made it so, from CloudTrail's event history. Event history is some minutes
behind: where it knows no call yet, the alert says so, and ten minutes later a second one names the caller. We
say how Config mends it, and when Config has given up on a resource, which it does silently. Who puts such a
rule anew, deletes its results or its remediation, excepts resources from that, or puts results without being
a rule's function, is told too: so a rule lies or falls silent.

What we leave alone: the resource. Config itself mends it, where the rule has a remediation. Whoever made it
so is told even if the stack expects that principal: a rule is about the resource.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html,
https://docs.aws.amazon.com/config/latest/developerguide/remediation.html
"""

from datetime import datetime

from chalicelib import delayed
from chalicelib.events import api_call, single, tick
from chalicelib.references import EXPECTED_PRINCIPALS
from chalicelib.remediation import Grant, Kept, Plan, Remediation, Way
from chalicelib.remediations.noncompliant import tampering
from chalicelib.remediations.noncompliant.alerts import bad, good
from chalicelib.remediations.noncompliant.by_the_hour import decide_by_the_hour, look_by_the_hour
from chalicelib.remediations.noncompliant.change import (
    DETAIL_TYPE,
    NON_COMPLIANT,
    SOURCE,
    ComplianceChange,
    compliance_change,
)
from chalicelib.remediations.noncompliant.later import (
    QUEUE,
    as_text,
    decide_later,
    from_text,
    have_it_looked_at_again,
    parse_later,
)
from chalicelib.remediations.noncompliant.reading import COUNTED_OVER, NAME, Seen, blind, look, sightings
from chalicelib.remediations.noncompliant.told import BROUGHT, OWN_RULES, TOLD, TOLD_PARAMETER
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.triggers import OnEvent, OnQueue, OnSchedule

_JUDGED_SO = {"complianceType": [NON_COMPLIANT]}
PATTERN = {
    "source": [SOURCE],
    "detail-type": [DETAIL_TYPE],
    "detail": {"$or": [{"newEvaluationResult": _JUDGED_SO}, {"oldEvaluationResult": _JUDGED_SO}]},
}
_ANY_REMEDIATION = "arn:${AWS::Partition}:config:*:${AWS::AccountId}:remediation-configuration/*"
_TAKES_NONE = "this call of AWS Config takes no resource"
GRANTS = (
    Grant(action="config:GetComplianceDetailsByResource", resource="*", because=_TAKES_NONE),
    Grant(action="config:GetResourceConfigHistory", resource="*", because=_TAKES_NONE),
    Grant(
        action="config:DescribeRemediationConfigurations",
        resource=_ANY_REMEDIATION,
        because="AWS chooses the id of a rule's remediation",
    ),
    Grant(
        action="config:DescribeRemediationExecutionStatus",
        resource=_ANY_REMEDIATION,
        because="AWS chooses the id of a rule's remediation",
    ),
    Grant(
        action="config:DescribeConfigRules", resource="*", because="which rules there are isn't known before"
    ),
    Grant(action="config:DescribeRemediationExceptions", resource="*", because=_TAKES_NONE),
    Grant(action="cloudtrail:LookupEvents", resource="*", because="event history takes no resource"),
    Grant(action="sqs:SendMessage", resource=f"${{{QUEUE}.Arn}}"),
)


def decide(change: ComplianceChange, seen: Seen, _now: datetime, settings: Settings) -> Plan:
    """Report what isn't compliant, and what is so again."""
    if not seen.told:
        return Plan.nothing()
    return Plan.alert(bad(change, seen, settings) if change.is_bad else good(change, seen))


REMEDIATION = Remediation(
    name=NAME,
    title="A resource is not compliant with a rule of AWS Config",
    woken_by=(
        "a rule of AWS Config finds a resource not compliant, or compliant again; a call that falsifies it"
    ),
    response=(
        "reports who made it so, since when, and what it was before; says where Config has given up on it"
    ),
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=PATTERN, everywhere=True),
            parse=single(compliance_change),
            look=look,
            decide=decide,
            blind=blind,
            sightings=sightings,
            sightings_kept=COUNTED_OVER,
            records=have_it_looked_at_again,
            kept=Kept(text=as_text, facts=from_text),
        ),
        Way(on=OnQueue(queue=QUEUE), parse=parse_later, look=look, decide=decide_later, blind=blind),
        Way(
            on=OnSchedule(expression="rate(1 hour)"),
            parse=single(tick),
            look=look_by_the_hour,
            decide=decide_by_the_hour,
        ),
        Way(
            on=OnEvent(pattern=tampering.PATTERN),
            parse=api_call,
            look=tampering.look,
            decide=tampering.decide_on_call,
            blind=tampering.blind,
        ),
    ),
    grants=GRANTS,
    settings={
        OWN_RULES: {"Fn::Sub": "${AWS::StackName}-"},
        TOLD: TOLD_PARAMETER.joined,
        BROUGHT: {"Ref": "ConfigRules"},
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
        **delayed.settings_of(QUEUE),
    },
    parameters=(TOLD_PARAMETER,),
    resources=delayed.resources(QUEUE),
)
