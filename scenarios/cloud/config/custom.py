"""Custom rules: a Lambda function is invoked with an event, and answers with PutEvaluations.

Items that are too large to send come as a summary, and the function reads them by the API. A deleted item, or
one that left the rule's scope, is the function's to call NOT_APPLICABLE.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html,
https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_lambda-functions.html
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.config.changes import diff_of
from scenarios.cloud.config.channel import LARGEST_BYTES, Channels
from scenarios.cloud.config.compliance import Compliance
from scenarios.cloud.config.items import Item
from scenarios.cloud.config.managed.verdicts import Verdict
from scenarios.cloud.config.resource_types.view import SERVICE
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.deliveries import Event
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.moments import iso_milliseconds
from scenarios.cloud.setting import Setting

_MOST_EVALUATIONS: Final = 100


@dataclass(frozen=True, slots=True)
class _Run:
    """What a result token stands for."""

    region: str
    rule: str
    invoked: datetime


class Custom:
    """Invokes the functions of custom rules, and takes their answers."""

    def __init__(self, setting: Setting, channels: Channels, compliance: Compliance) -> None:
        self._setting = setting
        self._channels = channels
        self._compliance = compliance
        self._runs: dict[str, _Run] = {}
        setting.calls.answer("config", "PutEvaluations", self._put)

    def on_item(self, region: str, rule: Any, item: Item, before: Item | None, *, left: bool) -> None:
        """Run a rule on an item."""
        message: dict[str, Any] = {
            "configurationItemDiff": diff_of(item, before) if before is not None else None,
            "configurationItem": item.sent(),
            "notificationCreationTime": iso_milliseconds(self._setting.clock.now),
            "messageType": "ConfigurationItemChangeNotification",
            "recordVersion": "1.3",
        }
        if len(json.dumps(message)) > LARGEST_BYTES:
            message = self._channels.oversized(region, item, message)
        self._invoke(region, rule, message, left=left)

    def on_schedule(self, region: str, rule: Any, message: Mapping[str, Any] | None = None) -> None:
        """Run a rule by the clock, or because of a snapshot."""
        scheduled = {
            "awsAccountId": self._setting.account,
            "notificationCreationTime": iso_milliseconds(self._setting.clock.now),
            "messageType": "ScheduledNotification",
            "recordVersion": "1.0",
        }
        self._invoke(region, rule, message or scheduled, left=False)

    def newest_token(self, region: str, rule: str) -> str:
        """The last token that a rule's function was handed, for who reads the function's memory."""
        return [token for token, run in self._runs.items() if (run.region, run.rule) == (region, rule)][-1]

    def _invoke(self, region: str, rule: Any, message: Mapping[str, Any], *, left: bool) -> None:
        now, recorder = self._setting.clock.now, self._role(region)
        token = hashlib.sha256(self._setting.new_uuid("config.token").encode()).hexdigest()
        self._runs[token] = _Run(region, rule.config_rule_name, now)
        event = {
            "version": "1.0",
            "invokingEvent": json.dumps(message),
            "ruleParameters": json.dumps(rule.input_parameters_dict),
            "resultToken": token,
            "eventLeftScope": left,
            "executionRoleArn": recorder,
            "configRuleArn": rule.config_rule_arn,
            "configRuleName": rule.config_rule_name,
            "configRuleId": rule.config_rule_id,
            "accountId": self._setting.account,
        }
        known = self._compliance.of(region, rule.config_rule_name)
        known.invoked = now
        refusal = self._setting.deliveries.hand_over(
            rule.source.source_identifier, Event(content=event), by=SERVICE, source=rule.config_rule_arn
        )
        if refusal is not None:
            known.failed = (now, "AccessDenied", refusal.because)
            self._setting.note("config", f"{rule.config_rule_name} could not be invoked: {refusal.because}")

    def _role(self, region: str) -> str:
        recorders = moto_state.backend("config", self._setting.account, region).recorders.values()
        return next((each.role_arn for each in recorders), "")

    def _put(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        evaluations = given.get("Evaluations", [])
        if len(evaluations) > _MOST_EVALUATIONS:
            raise Refused(
                "InvalidParameterValueException",
                f"Evaluations can have at most {_MOST_EVALUATIONS} members.",
            )
        if given.get("TestMode"):
            return {"FailedEvaluations": []}
        run = self._runs.get(given["ResultToken"])
        if run is None or run.region != asked.region:
            raise Refused("InvalidResultTokenException", "The specified ResultToken is invalid.")
        rules = moto_state.backend("config", self._setting.account, run.region).config_rules
        rule = rules.get(run.rule)
        if rule is None:
            raise Refused(
                "NoSuchConfigRuleException",
                f"The ConfigRule '{run.rule}' provided in the request is invalid.",
            )
        for each in evaluations:
            self._compliance.record(
                run.region,
                rule,
                (each["ComplianceResourceType"], each["ComplianceResourceId"]),
                Verdict(each["ComplianceType"], each.get("Annotation", "")),
                ordered=each["OrderingTimestamp"],
                invoked=run.invoked,
            )
        return {"FailedEvaluations": []}
