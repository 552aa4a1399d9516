"""What rules have found: results by resource, their changes as events, and the questions about them.

The first result of a resource has no old one beside it; a result that says the same again is no event.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/example-config-rule-compliance-notification.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_ComplianceByConfigRule.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByConfigRule.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.config.channel import COMPLIANCE, Channels
from scenarios.cloud.config.managed.verdicts import (
    COMPLIANT,
    INSUFFICIENT_DATA,
    NON_COMPLIANT,
    NOT_APPLICABLE,
    Verdict,
)
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.moments import iso_milliseconds
from scenarios.cloud.kernel.paging import Paging
from scenarios.cloud.setting import Setting

_EVENT_SECONDS: Final = 1.0
_PAGES: Final = Paging(
    onward="NextToken",
    limit="Limit",
    default=10,
    most=100,
    code="InvalidNextTokenException",
    message="The nextToken provided is invalid",
)
Key = tuple[str, str]
"""Type and id of a resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a rule said of a resource. `ordered`: which of two is newer, as the rule says."""

    said: Verdict
    ordered: datetime
    recorded: datetime
    invoked: datetime

    def shown(self, rule: str, key: Key) -> dict[str, Any]:
        """As the API shows it."""
        found = {
            "EvaluationResultIdentifier": {
                "EvaluationResultQualifier": {
                    "ConfigRuleName": rule,
                    "ResourceType": key[0],
                    "ResourceId": key[1],
                    "EvaluationMode": "DETECTIVE",
                },
                "OrderingTimestamp": self.ordered,
            },
            "ComplianceType": self.said.compliance,
            "ResultRecordedTime": self.recorded,
            "ConfigRuleInvokedTime": self.invoked,
        }
        return {**found, "Annotation": self.said.why} if self.said.why else found

    def sent(self, rule: str, key: Key) -> dict[str, Any]:
        """As a message has it."""
        return {
            "evaluationResultIdentifier": {
                "evaluationResultQualifier": {
                    "configRuleName": rule,
                    "resourceType": key[0],
                    "resourceId": key[1],
                    "evaluationMode": "DETECTIVE",
                },
                "orderingTimestamp": iso_milliseconds(self.ordered),
            },
            "complianceType": self.said.compliance,
            "resultRecordedTime": iso_milliseconds(self.recorded),
            "configRuleInvokedTime": iso_milliseconds(self.invoked),
            "annotation": self.said.why or None,
            "resultToken": None,
        }


@dataclass(slots=True)
class Evaluated:
    """One rule's results and runs."""

    results: dict[Key, Result] = field(default_factory=dict)
    activated: datetime | None = None
    invoked: datetime | None = None
    succeeded: datetime | None = None
    evaluated: datetime | None = None
    failed: tuple[datetime, str, str] | None = None

    @property
    def compliance(self) -> str:
        """Of the rule: that of its worst resource."""
        found = {each.said.compliance for each in self.results.values()} - {NOT_APPLICABLE}
        if not found:
            return INSUFFICIENT_DATA
        return NON_COMPLIANT if NON_COMPLIANT in found else COMPLIANT


class Compliance:
    """Every rule's results, by region and name."""

    def __init__(self, setting: Setting, channels: Channels) -> None:
        self._setting = setting
        self._channels = channels
        self._rules: dict[tuple[str, str], Evaluated] = {}
        self._judged: list[Callable[[str, str, Key, Verdict], None]] = []
        self._changed: list[Callable[[str, Key], None]] = []
        for operation, answer in (
            ("DescribeComplianceByConfigRule", self._by_rule),
            ("DescribeComplianceByResource", self._by_resource),
            ("GetComplianceDetailsByConfigRule", self._details_of_rule),
            ("GetComplianceDetailsByResource", self._details_of_resource),
            ("GetComplianceSummaryByConfigRule", self._summary),
            ("DescribeConfigRuleEvaluationStatus", self._status),
            ("DeleteEvaluationResults", self._forget_results),
        ):
            setting.calls.answer("config", operation, answer)

    def when_judged(self, judged: Callable[[str, str, Key, Verdict], None]) -> None:
        """Have something told of each result: region, rule, resource, verdict."""
        self._judged.append(judged)

    def when_changed(self, changed: Callable[[str, Key], None]) -> None:
        """Have something told of each result that is another now, or gone: region, resource."""
        self._changed.append(changed)

    def of(self, region: str, rule: str) -> Evaluated:
        """A rule's results."""
        return self._rules.setdefault((region, rule), Evaluated())

    def forget(self, region: str, rule: str) -> None:
        """A rule is gone, and its results with it."""
        known = self._rules.pop((region, rule), Evaluated())
        self._tell_of_change(region, known.results)

    def by_resource(self, region: str) -> dict[Key, list[tuple[str, Result]]]:
        """What rules said of each resource, by the rule's name."""
        found: dict[Key, list[tuple[str, Result]]] = {}
        for (where, rule), known in self._rules.items():
            for key, result in known.results.items() if where == region else ():
                found.setdefault(key, []).append((rule, result))
        return found

    def record(
        self, region: str, rule: Any, key: Key, said: Verdict, *, ordered: datetime, invoked: datetime
    ) -> None:
        """Take in what a rule said; an older answer than the one that stands changes nothing."""
        known, now = self.of(region, rule.config_rule_name), self._setting.clock.now
        known.succeeded = known.evaluated = now
        old = known.results.get(key)
        if old is not None and ordered < old.ordered:
            return
        new = Result(said=said, ordered=ordered, recorded=now, invoked=invoked)
        known.results[key] = new
        for judged in self._judged:
            judged(region, rule.config_rule_name, key, said)
        before = old.said.compliance if old is not None else NOT_APPLICABLE
        if said.compliance == NOT_APPLICABLE:
            # With the moment it is of; whether Config keeps that, no page says.
            del known.results[key]
        if before != said.compliance:
            self._tell_of_change(region, (key,))
            self._setting.note("config", f"{key[1]} is {said.compliance} with {rule.config_rule_name}")
            tell = partial(self._tell, region, rule, key, new, old)
            self._setting.clock.after(_EVENT_SECONDS, tell, "AWS Config tells of compliance")

    def _tell_of_change(self, region: str, keys: Iterable[Key]) -> None:
        for key in keys:
            for changed in self._changed:
                changed(region, key)

    def _tell(self, region: str, rule: Any, key: Key, new: Result, old: Result | None) -> None:
        account, name = self._setting.account, rule.config_rule_name
        message = {
            "awsAccountId": account,
            "configRuleName": name,
            "configRuleARN": rule.config_rule_arn,
            "resourceType": key[0],
            "resourceId": key[1],
            "awsRegion": region,
            "newEvaluationResult": new.sent(name, key),
            "oldEvaluationResult": old.sent(name, key) if old is not None else None,
            "notificationCreationTime": iso_milliseconds(self._setting.clock.now),
            "messageType": "ComplianceChangeNotification",
            "recordVersion": "1.0",
        }
        said = new.said.compliance
        subject = f"{key[0]} {key[1]} is {said} with {name} in Account {account}"
        self._channels.tell(region, COMPLIANCE, subject, message)

    # ---- questions ----------------------------------------------------------------------------------

    def _by_rule(self, asked: Asked) -> dict[str, Any]:
        wanted = asked.parameters.get("ComplianceTypes")
        found = []
        for name in self._names(asked.region, asked.parameters.get("ConfigRuleNames")):
            known = self.of(asked.region, name)
            if not wanted or known.compliance in wanted:
                counted = _counted(known.results.values())
                found.append({"ConfigRuleName": name, "Compliance": _compliance(known.compliance, counted)})
        page, onward = _PAGES.page(found, asked.parameters)
        return {"ComplianceByConfigRules": page, **onward}

    def _by_resource(self, asked: Asked) -> dict[str, Any]:
        given, by_resource = asked.parameters, self.by_resource(asked.region)
        found = []
        for (kind, identity), results in by_resource.items():
            bad = sum(each.said.compliance == NON_COMPLIANT for _, each in results)
            compliance = NON_COMPLIANT if bad else COMPLIANT
            fits = given.get("ResourceType") in (None, kind) and given.get("ResourceId") in (None, identity)
            if fits and compliance in (given.get("ComplianceTypes") or (compliance,)):
                named = {"ResourceType": kind, "ResourceId": identity}
                found.append({**named, "Compliance": _compliance(compliance, bad)})
        page, onward = _PAGES.page(found, given)
        return {"ComplianceByResources": page, **onward}

    def _details_of_rule(self, asked: Asked) -> dict[str, Any]:
        (name,) = self._names(asked.region, [asked.parameters["ConfigRuleName"]])
        wanted = asked.parameters.get("ComplianceTypes")
        shown = [
            result.shown(name, key)
            for key, result in self.of(asked.region, name).results.items()
            if not wanted or result.said.compliance in wanted
        ]
        page, onward = _PAGES.page(shown, asked.parameters)
        return {"EvaluationResults": page, **onward}

    def _details_of_resource(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        key = (given.get("ResourceType", ""), given.get("ResourceId", ""))
        shown = [
            result.shown(rule, key)
            for rule, result in self.by_resource(asked.region).get(key, ())
            if result.said.compliance in (given.get("ComplianceTypes") or (result.said.compliance,))
        ]
        page, onward = _PAGES.page(shown, given)
        return {"EvaluationResults": page, **onward}

    def _summary(self, asked: Asked) -> dict[str, Any]:
        said = [self.of(asked.region, name).compliance for name in self._names(asked.region, None)]
        counted = {
            "CompliantResourceCount": _up_to(said.count(COMPLIANT), 25),
            "NonCompliantResourceCount": _up_to(said.count(NON_COMPLIANT), 25),
            "ComplianceSummaryTimestamp": self._setting.clock.now,
        }
        return {"ComplianceSummary": counted}

    def _status(self, asked: Asked) -> dict[str, Any]:
        rules = moto_state.backend("config", self._setting.account, asked.region).config_rules
        names = self._names(asked.region, asked.parameters.get("ConfigRuleNames"))
        found = [self._status_of(asked.region, rules[name]) for name in names]
        page, onward = _PAGES.page(found, asked.parameters)
        return {"ConfigRulesEvaluationStatus": page, **onward}

    def _status_of(self, region: str, rule: Any) -> Mapping[str, Any]:
        known = self.of(region, rule.config_rule_name)
        failed = known.failed
        shown = {
            "ConfigRuleName": rule.config_rule_name,
            "ConfigRuleArn": rule.config_rule_arn,
            "ConfigRuleId": rule.config_rule_id,
            "LastSuccessfulInvocationTime": known.succeeded,
            "LastFailedInvocationTime": failed[0] if failed else None,
            "LastErrorCode": failed[1] if failed else None,
            "LastErrorMessage": failed[2] if failed else None,
            "LastSuccessfulEvaluationTime": known.evaluated,
            "FirstActivatedTime": known.activated,
            "FirstEvaluationStarted": known.invoked is not None,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def _forget_results(self, asked: Asked) -> dict[str, Any]:
        (name,) = self._names(asked.region, [asked.parameters["ConfigRuleName"]])
        results = self.of(asked.region, name).results
        keys = list(results)
        results.clear()
        self._tell_of_change(asked.region, keys)
        return {}

    def _names(self, region: str, wanted: Iterable[str] | None) -> Iterator[str]:
        rules = moto_state.backend("config", self._setting.account, region).config_rules
        for name in wanted or sorted(rules):
            if name not in rules:
                raise Refused(
                    "NoSuchConfigRuleException",
                    f"The ConfigRule '{name}' provided in the request is invalid.",
                )
            yield name


def _compliance(kind: str, bad: int) -> dict[str, Any]:
    if kind != NON_COMPLIANT:
        return {"ComplianceType": kind}
    return {"ComplianceType": kind, "ComplianceContributorCount": _up_to(bad, 25)}


def _counted(results: Iterable[Result]) -> int:
    return sum(each.said.compliance == NON_COMPLIANT for each in results)


def _up_to(count: int, most: int) -> dict[str, Any]:
    return {"CappedCount": min(count, most), "CapExceeded": count > most}
