"""What may be asked of alarms: putting, deleting, setting and describing them.

What CloudWatch refuses of one that is put stands in `validation.py`.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from scenarios.cloud.alarm_rules import name_of
from scenarios.cloud.alarms import INSUFFICIENT_DATA
from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudwatch.alarms.composites import dependants
from scenarios.cloud.cloudwatch.alarms.describe import (
    describe_alarms,
    describe_alarms_for_metric,
    kind_of,
    told_kinds,
)
from scenarios.cloud.cloudwatch.alarms.telling import Suppression
from scenarios.cloud.cloudwatch.alarms.words import INITIAL_REASON
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

Become = Callable[[str, Any, str, str, Mapping[str, Any]], None]
Configured = Callable[[str, Any, str, Any], None]
Held = Callable[[Any], Suppression | None]


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
        calls.check("cloudwatch", "PutCompositeAlarm", self._about_to_put)
        calls.after("cloudwatch", "PutCompositeAlarm", self._was_put)
        calls.check("cloudwatch", "DeleteAlarms", self._about_to_delete)
        calls.after("cloudwatch", "DeleteAlarms", self._were_deleted)

    def _alarms(self, region: str) -> dict[str, Any]:
        return moto_state.alarms(self._setting.account, region)

    def _remember(self, asked: Asked, *names: str) -> None:
        alarms = self._alarms(asked.region)
        self._before = {name: alarms[name] for name in names if name in alarms}

    # ---- putting --------------------------------------------------------------------------------

    def _about_to_put(self, asked: Asked) -> None:
        self._remember(asked, asked.parameters["AlarmName"])

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
        told = told_kinds(self._setting, asked)
        alarms = [each for each in self._alarms(asked.region).values() if kind_of(each) in told]
        return describe_alarms(alarms, asked.parameters, self._held)

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
