"""What may be asked of alarms: putting, deleting, setting and describing them, with CloudWatch's refusals.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from scenarios.cloud.alarm_rules import CompositeRule, InvalidAlarmRule, name_of
from scenarios.cloud.alarms import INSUFFICIENT_DATA
from scenarios.cloud.calls import Asked
from scenarios.cloud.cloudwatch.alarms.action_checks import check_composite_alarm, check_metric_alarm
from scenarios.cloud.cloudwatch.alarms.composites import dependants, named
from scenarios.cloud.cloudwatch.alarms.describe import describe_alarms, describe_alarms_for_metric
from scenarios.cloud.cloudwatch.alarms.telling import Suppression
from scenarios.cloud.cloudwatch.alarms.words import INITIAL_REASON
from scenarios.cloud.cloudwatch.metrics import queries
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

Become = Callable[[str, Any, str, str, Mapping[str, Any]], None]
Configured = Callable[[str, Any, str, Any], None]
Held = Callable[[Any], Suppression | None]

MOST_DELETED = 100


class AlarmRequests:
    """Answers for alarms. `become` changes a state; `configured` hears of create, update and delete.

    `held` tells what holds a composite's actions back.
    """

    def __init__(self, setting: Setting, become: Become, configured: Configured, held: Held) -> None:
        self._setting = setting
        self._become = become
        self._configured = configured
        self._held = held
        self._before: dict[str, Any] = {}
        calls = setting.calls
        calls.answer("cloudwatch", "SetAlarmState", self._set_alarm_state)
        calls.answer("cloudwatch", "DescribeAlarms", self._describe_alarms)
        calls.answer("cloudwatch", "DescribeAlarmsForMetric", self._describe_for_metric)
        calls.check("cloudwatch", "PutMetricAlarm", self._about_to_put)
        calls.after("cloudwatch", "PutMetricAlarm", self._was_put)
        calls.check("cloudwatch", "PutCompositeAlarm", self._about_to_put_composite)
        calls.after("cloudwatch", "PutCompositeAlarm", self._was_put)
        calls.check("cloudwatch", "DeleteAlarms", self._about_to_delete)
        calls.after("cloudwatch", "DeleteAlarms", self._were_deleted)

    def _alarms(self, region: str) -> dict[str, Any]:
        return moto_hooks.alarms(self._setting.account, region)

    def _remember(self, asked: Asked, *names: str) -> None:
        alarms = self._alarms(asked.region)
        self._before = {name: alarms[name] for name in names if name in alarms}

    # ---- putting --------------------------------------------------------------------------------

    def _about_to_put(self, asked: Asked) -> None:
        parameters = asked.parameters
        self._remember(asked, parameters["AlarmName"])
        if "Metrics" in parameters:
            queries.check_alarm(parameters)
        if "ThresholdMetricId" in parameters:
            raise NotSimulated("cloudwatch", f"anomaly detection in the alarm {parameters['AlarmName']}")
        check_metric_alarm(parameters, asked.region)

    def _about_to_put_composite(self, asked: Asked) -> None:
        """The rule must be one, and name alarms that are there."""
        parameters = asked.parameters
        self._remember(asked, parameters["AlarmName"])
        alarms = self._alarms(asked.region)
        missing = [each for each in _children(parameters["AlarmRule"]) if named(alarms, each) is None]
        if missing:
            raise Refused(
                "ValidationError",
                f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule "
                "do not exist",
            )
        periods = {"ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"}
        suppressor = parameters.get("ActionsSuppressor", "")
        if suppressor and not periods <= parameters.keys():
            raise Refused("ValidationError", f"ActionsSuppressor needs {' and '.join(sorted(periods))}")
        if suppressor and named(alarms, suppressor) is None:
            raise Refused("ValidationError", f"The ActionsSuppressor {suppressor} does not exist")
        check_composite_alarm(parameters, asked.region)

    def _was_put(self, call: ApiCall) -> None:
        """A new alarm begins without data; one that is updated keeps its state."""
        name = call.parameters["AlarmName"]
        alarm, before = self._alarms(call.region)[name], self._before.pop(name, None)
        if before is None:
            set_state(alarm, INSUFFICIENT_DATA, INITIAL_REASON, self._setting.clock.now)
        else:
            alarm.state_value, alarm.state_reason = before.state_value, before.state_reason
            alarm.state_reason_data = before.state_reason_data
            alarm.state_updated_timestamp = before.state_updated_timestamp
        self._configured(call.region, alarm, "create" if before is None else "update", before)

    # ---- the rest -------------------------------------------------------------------------------

    def _about_to_delete(self, asked: Asked) -> None:
        """At most one composite at a time, and nothing that a composite, which stays, depends on."""
        names, alarms = asked.parameters["AlarmNames"], self._alarms(asked.region)
        if len(names) > MOST_DELETED:
            raise Refused("ValidationError", f"At most {MOST_DELETED} alarms can be deleted at once")
        if sum(name in alarms and alarms[name].rule is not None for name in names) > 1:
            raise Refused("ValidationError", "At most one composite alarm can be deleted at once")
        _check_none_is_needed(names, alarms)
        self._remember(asked, *names)

    def _were_deleted(self, call: ApiCall) -> None:
        gone, self._before = self._before, {}
        for alarm in gone.values():
            self._configured(call.region, alarm, "delete", None)

    def _set_alarm_state(self, asked: Asked) -> dict[str, Any]:
        """Like a real change, until the next evaluation."""
        name = asked.parameters["AlarmName"]
        alarm = self._alarms(asked.region).get(name)
        if alarm is None:
            raise Refused("ResourceNotFound", f"Alarm {name} does not exist", 404)
        try:
            data = json.loads(asked.parameters.get("StateReasonData", "{}"))
        except ValueError as error:
            raise Refused("InvalidFormat", "StateReasonData is no JSON") from error
        if asked.parameters["StateValue"] != alarm.state_value:
            state, reason = asked.parameters["StateValue"], asked.parameters["StateReason"]
            self._become(asked.region, alarm, state, reason, data)
        return {}

    def _describe_alarms(self, asked: Asked) -> dict[str, Any]:
        return describe_alarms(self._alarms(asked.region).values(), asked.parameters, self._held)

    def _describe_for_metric(self, asked: Asked) -> dict[str, Any]:
        return describe_alarms_for_metric(self._alarms(asked.region).values(), asked.parameters)


def set_state(
    alarm: Any, state: str, reason: str, now: datetime, data: Mapping[str, Any] = MappingProxyType({})
) -> None:
    """Write a state into moto's model of an alarm."""
    alarm.state_value = state
    alarm.state_reason = reason
    alarm.state_reason_data = json.dumps(dict(data)) if data else "{}"
    alarm.state_updated_timestamp = now.replace(tzinfo=None)


def _children(rule: str) -> tuple[str, ...]:
    """The alarms that a rule names; refuses what is no rule, in the frame of CloudWatch's words."""
    if rule != rule.strip():
        raise Refused(
            "ValidationError", "AlarmRule must not contain leading or trailing whitespace or be null"
        )
    try:
        return CompositeRule(rule).children
    except InvalidAlarmRule as error:
        raise Refused(
            "ValidationError", f"Error in AlarmRule [{error.reason} at char {error.position}]"
        ) from error


def _check_none_is_needed(names: Sequence[str], alarms: Mapping[str, Any]) -> None:
    """Refuse to delete what a composite's rule names, where the composite stays, or is the very same."""
    needed = [name for name in names if not set(dependants(alarms.values(), name)) <= set(names) - {name}]
    if needed:
        on = "it" if len(needed) == 1 else "them"
        raise Refused(
            "ValidationError",
            f"Cannot delete {','.join(needed)} as there are composite alarm(s) depending on {on}.",
        )
    for alarm in alarms.values():
        if alarm.rule is None or alarm.name in names or not alarm.actions_suppressor:
            continue
        suppressor = name_of(alarm.actions_suppressor)
        if suppressor in names:  # whether CloudWatch refuses it, or lets go of the actions, is unconfirmed
            raise NotSimulated("cloudwatch", f"deleting {suppressor}, which suppresses {alarm.name}")
