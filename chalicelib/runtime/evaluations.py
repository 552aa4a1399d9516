"""The way of a rule's event: read the item, evaluate it, hand the result to AWS Config.

Config invokes a rule's function with an item, with the summary of one that is too large to send (that item is
read by the API), or with nothing but the time, for a rule that is asked every so often. A resource that is
gone, or left the rule's scope, is NOT_APPLICABLE without asking the rule. Each result carries the moment its
item was captured.

An event that is late, since Lambda delivers it again or has kept it, shows the resource as it was then. No
page says that Config leaves out the result of an older item; so the resource is judged by its newest one:
what is gone by then is not called non-compliant, and Config doesn't try to mend it.

What can't be judged raises: Lambda tries again, and then it is a dead letter. Nothing is told here. A result
that changes is an event, and `resource_noncompliant` tells of that.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html,
https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_lambda-functions.html,
https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules-delete.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html (OrderingTimestamp),
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html (Lambda's retries)
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from chalicelib.aws import Aws
from chalicelib.config_items import item_of_api, item_sent, items_selected
from chalicelib.config_rule import Compliance, ConfigRule, Item, Parameters
from chalicelib.errors import MalformedEvent, RemediationError, in_own_words
from chalicelib.events import moment

log = Logger(service="trailwarden")
AWS = Aws()  # clients are made when first asked for, and kept while the function is warm

TEST = "TESTMODE"  # the token of a trial: Config checks the results, and keeps none
MOST_EVALUATIONS = 100
# The API takes whole seconds, and items are captured between them.
_NEXT_SECOND = timedelta(seconds=1)
# Config invokes a function within a second, and Lambda's first retry comes a minute later.
LATE = timedelta(seconds=30)
_Key = tuple[str, str]
"""Type and id of a resource."""


class NotEvaluated(RemediationError):
    """Config did not take a result, or has not the item that it asks about. Trying again may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What Config asks. `at`: when it asked; `left`: the resource left the rule's scope."""

    kind: str
    at: datetime
    message: Mapping[str, Any]
    parameters: Parameters
    token: str
    rule: str
    left: bool

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Question":
        """What Lambda was handed; raises MalformedEvent."""
        message = _object(raw, "invokingEvent")
        given = _object(raw, "ruleParameters") if raw.get("ruleParameters") else {}
        token, rule = raw.get("resultToken"), raw.get("configRuleName")
        if not isinstance(token, str) or not token:
            raise MalformedEvent("resultToken is missing: AWS Config did not send this")
        return cls(
            kind=str(message.get("messageType")),
            at=moment(message.get("notificationCreationTime"), "an event of AWS Config"),
            message=message,
            parameters={str(name): str(value) for name, value in given.items()},
            token=token,
            rule=str(rule or ""),
            left=raw.get("eventLeftScope") is True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a rule says of a resource, and when that was so."""

    key: _Key
    at: datetime
    said: Compliance

    def as_evaluation(self) -> dict[str, Any]:
        """As PutEvaluations takes it, which takes no annotation that is empty."""
        kind, identity = self.key
        told = {"Annotation": self.said.annotation} if self.said.annotation else {}
        return {
            "ComplianceResourceType": kind,
            "ComplianceResourceId": identity,
            "ComplianceType": self.said.type.value,
            "OrderingTimestamp": self.at,
            **told,
        }


def evaluated(rule: ConfigRule, raw: Mapping[str, Any], _context: Any, aws: Aws = AWS) -> dict[str, Any]:
    """Answer what Config asks about a rule of this region; returns how many resources are what.

    Raises MalformedEvent, and the errors of chalicelib.errors for what AWS refuses.
    """
    with in_own_words(remediation=rule.name):
        question = Question.read(raw)
        results = list(_results(rule, question, aws))
        _hand_over(question, results, aws)
    counted = dict(Counter(each.said.type for each in results))
    log.info("evaluated", extra={"rule": rule.name, "results": counted, "test": question.token == TEST})
    return {"rule": rule.name, "results": counted}


def _results(rule: ConfigRule, question: Question, aws: Aws) -> Iterator[Result]:
    match question.kind:
        case "ConfigurationItemChangeNotification":
            sent = item_sent(question.message.get("configurationItem"))
            yield _judged(rule, question, _up_to_date(sent, question, aws))
        case "OversizedConfigurationItemChangeNotification":
            whole = _whole(question.message.get("configurationItemSummary"), aws)
            yield _judged(rule, question, _up_to_date(whole, question, aws))
        case "ScheduledNotification":
            yield from _of_all(rule, question, aws)
        case other:
            raise MalformedEvent(f"a rule's function is not asked about {other}")


def _judged(rule: ConfigRule, question: Question, item: Item) -> Result:
    key = (item.type, item.id)
    if item.is_deleted:
        said = Compliance.not_applicable("the resource is gone")
    elif question.left or item.type not in rule.types:
        said = Compliance.not_applicable("the rule is not about this resource")
    elif not item.is_recorded:
        said = Compliance.not_applicable("AWS Config doesn't record resources of this type")
    else:
        said = rule.evaluate(item, question.parameters)
    return Result(key=key, at=item.captured, said=said)


def _up_to_date(item: Item, question: Question, aws: Aws) -> Item:
    """The resource's newest item where the event is late, be it gone by then; else the item itself.

    Of a type that isn't recorded the API shows nothing, and that the resource left the rule's scope is said
    of this very item.
    """
    if datetime.now(UTC) - question.at <= LATE or question.left or not item.is_recorded:
        return item
    client = aws.client("config")
    try:
        answer = client.get_resource_config_history(resourceType=item.type, resourceId=item.id, limit=1)
    except client.exceptions.ResourceNotDiscoveredException:  # no longer kept, so nothing newer is known
        return item
    return max((item, *map(item_of_api, answer["configurationItems"])), key=lambda each: each.captured)


def _whole(summary: Any, aws: Aws) -> Item:
    """The item that was too large to send, by the API; the summary will do for a deleted one.

    Raises NotEvaluated where Config hasn't got it, which its history may be about to.
    """
    said = item_sent(summary)
    if said.is_deleted:
        return said
    answer = aws.client("config").get_resource_config_history(
        resourceType=said.type, resourceId=said.id, laterTime=said.captured + _NEXT_SECOND, limit=10
    )
    found = [item_of_api(each) for each in answer["configurationItems"]]
    until_then = [each for each in found if each.captured <= said.captured]
    if not until_then:
        raise NotEvaluated(f"AWS Config's history has no item of {said.id} from {said.captured}")
    return max(until_then, key=lambda each: each.captured)


# ---- every so often -----------------------------------------------------------------------------


def _of_all(rule: ConfigRule, question: Question, aws: Aws) -> Iterator[Result]:
    """Each resource there is; then those that have a result and are gone, which nobody else clears."""
    items = rule.look(aws, question.parameters) if rule.look else _recorded(rule.types, aws)
    there: set[_Key] = set()
    for item in items:
        there.add((item.type, item.id))
        said = rule.evaluate(item, question.parameters)
        yield Result(key=(item.type, item.id), at=question.at, said=said)
    for key in _with_results(question.rule, aws):
        if key not in there:
            gone = Compliance.not_applicable("the resource is gone")
            yield Result(key=key, at=question.at, said=gone)


def _recorded(types: Iterable[str], aws: Aws) -> Iterator[Item]:
    client = aws.client("config")
    for kind in types:
        for page in client.get_paginator("select_resource_config").paginate(Expression=items_selected(kind)):
            for row in page["Results"]:
                yield item_of_api(json.loads(row))


def _with_results(rule: str, aws: Aws) -> Iterator[_Key]:
    pages = aws.client("config").get_paginator("get_compliance_details_by_config_rule")
    for page in pages.paginate(ConfigRuleName=rule):
        for each in page["EvaluationResults"]:
            qualifier = each["EvaluationResultIdentifier"]["EvaluationResultQualifier"]
            yield qualifier["ResourceType"], qualifier["ResourceId"]


# ---- handing over -------------------------------------------------------------------------------


def _hand_over(question: Question, results: Sequence[Result], aws: Aws) -> None:
    for first in range(0, len(results), MOST_EVALUATIONS):
        some = results[first : first + MOST_EVALUATIONS]
        answer = aws.client("config").put_evaluations(
            Evaluations=[each.as_evaluation() for each in some],
            ResultToken=question.token,
            TestMode=question.token == TEST,
        )
        if failed := answer.get("FailedEvaluations"):
            names = ", ".join(each["ComplianceResourceId"] for each in failed[:5])
            raise NotEvaluated(f"AWS Config did not take {len(failed)} results: {names}")


def _object(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(raw[name])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise MalformedEvent(f"{name} can't be read: AWS Config did not send this") from error
    if not isinstance(found, Mapping):
        raise MalformedEvent(f"{name} does not hold an object")
    return found
