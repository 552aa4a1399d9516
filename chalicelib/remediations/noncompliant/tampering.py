"""Calls by which a rule of AWS Config lies or falls silent, so that all seems compliant.

A rule that is put anew may ask another function, or about other resources, or let everything pass by its
parameters. Results may be deleted, or put by somebody who is no rule's function. A remediation may be deleted
or replaced, and resources be excepted from it. None of this is a change of compliance that anybody tells of.

What CloudFormation does to the stack's own rules is told where they aren't as declared then: whoever updates
the stack is told by `stack_changed`. That a rule is deleted, `detector_disabled` tells.

Results name no rule in CloudTrail's record, only a token. Lambda names the session of a function's role
after the function, so a caller whose session is named like some rule's function is taken for that.

Sources: https://docs.aws.amazon.com/config/latest/APIReference/API_PutConfigRule.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_PutExternalEvaluation.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteEvaluationResults.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_PutRemediationExceptions.html,
https://docs.aws.amazon.com/config/latest/developerguide/log-api-calls.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chalicelib.aws import Aws
from chalicelib.config_rule import ConfigRule
from chalicelib.errors import AWS_ERRORS
from chalicelib.events import ApiCallEvent
from chalicelib.evidence.call import call_facts
from chalicelib.looking import Unseen, unseen
from chalicelib.remediation import Alert, Flood, Plan, Quiet, Severity
from chalicelib.remediations.noncompliant.told import is_told, none_is_told, own_rule
from chalicelib.settings import Settings
from chalicelib.wording import aws_command, some

PUT_RULE, RESULTS = "PutConfigRule", "PutEvaluations"
_RESULTS_QUIET_SECONDS: Final = 24 * 3600
_MOST_ONE_BY_ONE: Final = 10
_CLOUDFORMATION: Final = "cloudformation.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tampering:
    """What one call does. `by_stack`: the severity where CloudFormation made it; None for the same."""

    title: str
    severity: Severity
    by_stack: Severity | None = None


CALLS: Final[Mapping[str, Tampering]] = {
    PUT_RULE: Tampering(title="A rule of AWS Config was put anew", severity=Severity.HIGH),
    RESULTS: Tampering(
        title="Somebody who is no rule's function puts results of AWS Config", severity=Severity.HIGH
    ),
    "PutExternalEvaluation": Tampering(
        title="A result of AWS Config was put from outside", severity=Severity.HIGH
    ),
    "DeleteEvaluationResults": Tampering(
        title="The results of a rule of AWS Config were deleted", severity=Severity.MEDIUM
    ),
    "PutRemediationConfigurations": Tampering(
        title="How AWS Config mends was changed", severity=Severity.HIGH, by_stack=Severity.LOW
    ),
    "DeleteRemediationConfiguration": Tampering(
        title="AWS Config no longer mends what a rule finds", severity=Severity.HIGH, by_stack=Severity.LOW
    ),
    "PutRemediationExceptions": Tampering(
        title="Resources were excepted from what AWS Config mends", severity=Severity.MEDIUM
    ),
}
# Whose role is named like the stack's is left out here: each of its functions puts results all day.
_OUR_ROLES: Final = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}-"}
_STRANGER: Final = {"sessionIssuer": {"arn": [{"exists": False}, {"anything-but": {"prefix": _OUR_ROLES}}]}}
PATTERN: Final = {
    "source": ["aws.config"],
    "detail-type": ["AWS API Call via CloudTrail"],
    "detail": {
        "eventSource": ["config.amazonaws.com"],
        "errorCode": [{"exists": False}],
        "$or": [
            {"eventName": [name for name in CALLS if name != RESULTS]},
            {"eventName": [RESULTS], "userIdentity": {"sessionContext": _STRANGER}},
        ],
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was found. `rules`: those that are told of, by name; none: there is nothing to tell.

    `differs`: in what a rule isn't as the stack declares it. `asks`: the function that it asks now.
    """

    concerns: bool = False
    rules: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    asks: str = ""
    could_not_read: tuple[Unseen, ...] = ()


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen:
    """Which of the rules that are told of a call is about, and how such a rule stands now."""
    if event.name not in CALLS or none_is_told(settings):
        return Seen()
    try:
        return _looked(aws, event, settings)
    except AWS_ERRORS as error:
        return blind(event, unseen(error, "the rules of AWS Config: {}"), settings)


def blind(event: ApiCallEvent, why: Unseen, settings: Settings) -> Seen:
    """What is known without a look: what the call itself names."""
    if none_is_told(settings) or _is_a_trial(event):
        return Seen()
    rules = _told(event, settings)
    return Seen(concerns=bool(rules) or not _named(event), rules=rules, could_not_read=(why,))


def _looked(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen:
    if event.name == RESULTS:
        return _results(aws, event)
    if event.name != PUT_RULE:
        rules = _told(event, settings)
        return Seen(concerns=bool(rules), rules=rules)
    for rule in rules_of(aws, event.region, _named(event)):
        name = str(rule["ConfigRuleName"])
        if is_told(name, settings) and _is_about(event, rule):
            own = own_rule(name, settings)
            asks = str(rule.get("Source", {}).get("SourceIdentifier", ""))
            differs = tuple(_differs(rule, own)) if own else ()
            return Seen(concerns=True, rules=(name,), differs=differs, asks=asks)
    return Seen()


def _results(aws: Aws, event: ApiCallEvent) -> Seen:
    """Whether results come from somebody who is no rule's function."""
    if _is_a_trial(event):
        return Seen()
    sources = [rule.get("Source", {}) for rule in rules_of(aws, event.region)]
    functions = {
        each["SourceIdentifier"].rpartition(":")[2]
        for each in sources
        if each.get("Owner") == "CUSTOM_LAMBDA" and each.get("SourceIdentifier")
    }
    return Seen(concerns=event.actor.session not in functions)


def rules_of(aws: Aws, region: str, names: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
    """The rules of these names, where they are there; of none: all rules."""
    client = aws.client("config", region)
    pages = client.get_paginator("describe_config_rules")
    asked = {"ConfigRuleNames": list(names)} if names else {}
    try:
        for page in pages.paginate(**asked):
            yield from page["ConfigRules"]
    except client.exceptions.NoSuchConfigRuleException:  # deleted since, which is told by its own call
        return


def _is_a_trial(event: ApiCallEvent) -> bool:
    """Results that Config checks and doesn't keep."""
    return event.name == RESULTS and event.parameters.get("testMode") is True


def _told(event: ApiCallEvent, settings: Settings) -> tuple[str, ...]:
    """Of the rules that the call names, those that are told of."""
    return tuple(each for each in _named(event) if is_told(each, settings))


def _named(event: ApiCallEvent) -> tuple[str, ...]:
    """The rules' names in the call; none where it names them by id or ARN, or not at all."""
    given = event.parameters
    rule, several = given.get("configRule"), given.get("remediationConfigurations")
    holders = [given, rule, *(several if isinstance(several, list) else ())]
    names = [each.get("configRuleName") for each in holders if isinstance(each, Mapping)]
    return tuple(dict.fromkeys(each for each in names if isinstance(each, str) and each))


def _is_about(event: ApiCallEvent, rule: Mapping[str, Any]) -> bool:
    """Whether a rule is the one that was put, which may be named by its name, its id or its ARN."""
    given = event.parameters.get("configRule")
    if not isinstance(given, Mapping):
        return True
    pairs = (("configRuleName", "ConfigRuleName"), ("configRuleId", "ConfigRuleId"))
    said = [(given[ours], rule.get(theirs)) for ours, theirs in pairs if given.get(ours)]
    if given.get("configRuleArn"):
        said.append((given["configRuleArn"], rule.get("ConfigRuleArn")))
    return all(one == other for one, other in said)


def _differs(rule: Mapping[str, Any], own: ConfigRule) -> Iterator[str]:
    """In what a rule isn't as the stack declares it; what the stack's parameters say is left out."""
    source = rule.get("Source", {})
    if source.get("Owner") != "CUSTOM_LAMBDA":
        yield f"it is {source.get('Owner')}'s {source.get('SourceIdentifier', '')}, and asks no function"
        return
    scope = rule.get("Scope", {})
    types = tuple(scope.get("ComplianceResourceTypes", ()))
    if set(types) != set(own.types):
        yield f"it is about {some(sorted(types)) or 'no type'}, not {some(sorted(own.types))}"
    narrowed = [name for name in ("TagKey", "TagValue", "ComplianceResourceId") if scope.get(name)]
    if narrowed:
        yield f"its scope is narrowed by {some(narrowed)}"
    messages = {each.get("MessageType") for each in source.get("SourceDetails", ())}
    if own.on_change and "ConfigurationItemChangeNotification" not in messages:
        yield "it is no longer asked about changes"
    if own.every and "ScheduledNotification" not in messages:
        yield "it is no longer asked every so often"


def decide_on_call(event: ApiCallEvent, seen: Seen, _now: datetime, _settings: Settings) -> Plan:
    """Tell who did it."""
    tampering = CALLS.get(event.name)
    by_stack = event.actor.invoked_by == _CLOUDFORMATION
    if tampering is None or not seen.concerns or event.failed:
        return Plan.nothing()
    if event.name == PUT_RULE and by_stack and not seen.differs and not seen.could_not_read:
        return Plan.nothing()
    severity = tampering.by_stack if by_stack and tampering.by_stack else tampering.severity
    about = some(list(seen.rules))
    return Plan.alert(
        Alert(
            severity=severity,
            title=f"{tampering.title}: {about}" if about else tampering.title,
            facts=tuple(_facts(event, seen)),
            advice=_advice(event),
            quiet=_quiet(event),
            flood=Flood(subject=f"tampering/{event.region}/{event.name}", most=_MOST_ONE_BY_ONE),
        )
    )


def _quiet(event: ApiCallEvent) -> Quiet | None:
    """One who puts results does so again and again."""
    if event.name != RESULTS:
        return None
    return Quiet(subject=f"results/{event.principal}", seconds=_RESULTS_QUIET_SECONDS)


def _facts(event: ApiCallEvent, seen: Seen) -> Iterator[tuple[str, str]]:
    yield "Call", f"{event.name} of {event.source}"
    yield from (("Could not look", str(each)) for each in seen.could_not_read)
    yield from (("Not as deployed", each) for each in seen.differs)
    if seen.asks:
        yield "It asks", seen.asks
    yield from _said(event)
    yield from _command(event, seen)
    yield from call_facts(event)


def _said(event: ApiCallEvent) -> Iterator[tuple[str, str]]:
    """What the call itself says."""
    given = event.parameters
    rule = given.get("configRule")
    if isinstance(rule, Mapping) and isinstance(rule.get("inputParameters"), str):
        yield "Parameters", rule["inputParameters"]
    for label, name in (("Resources", "resourceKeys"), ("Results", "evaluations")):
        listed = [given.get(name)] if isinstance(given.get(name), Mapping) else given.get(name)
        if isinstance(listed, list) and listed:
            yield label, some([_resource(each) for each in listed])
    if isinstance(given.get("externalEvaluation"), Mapping):
        yield "Result", _resource(given["externalEvaluation"])
    for label, name in (("Message", "message"), ("Until", "expirationTime")):
        if given.get(name):
            yield label, str(given[name])


def _resource(each: Any) -> str:
    """A resource, and what a result says of it."""
    if not isinstance(each, Mapping):
        return "unreadable"
    names = ("resourceType", "resourceId", "complianceResourceType", "complianceResourceId", "complianceType")
    return " ".join(str(each[name]) for name in names if each.get(name)) or "unreadable"


def _command(event: ApiCallEvent, seen: Seen) -> Iterator[tuple[str, str]]:
    """What shows what was excepted, or has a rule asked anew."""
    if not seen.rules or event.name in _PUT:
        return
    what, operation, option = (
        ("What is excepted", "describe-remediation-exceptions", "--config-rule-name")
        if event.name == "PutRemediationExceptions"
        else ("To have it asked anew", "start-config-rules-evaluation", "--config-rule-names")
    )
    given = {option: seen.rules[0], "--region": event.region or "REGION"}
    yield what, aws_command("configservice", operation, given)


_PUT: Final = (PUT_RULE, "PutRemediationConfigurations", "DeleteRemediationConfiguration")
_ASK: Final = "Ask the caller whether this was meant; if it was not, disable their credentials first."
_DEPLOY: Final = "A deploy leaves alone what CloudFormation believes to be as it was."


def _advice(event: ApiCallEvent) -> str:
    return f"{_ASK} {_DEPLOY}" if event.name in _PUT else _ASK
