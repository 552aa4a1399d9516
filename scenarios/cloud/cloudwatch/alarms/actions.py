"""What an alarm does when its state changes. An action is an ARN, which says what to do.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/UsingAlarmActions.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
"""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from scenarios.cloud.cloudwatch.alarms.telling import Change, Place, lambda_event, long_name, notification
from scenarios.cloud.kernel import moto_ec2, moto_state
from scenarios.cloud.kernel.deliveries import Event, Notification
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.setting import Setting

SERVICE = "cloudwatch.amazonaws.com"
LAMBDA_PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"

Act = Callable[[Any, str], str | None]
"""What a service does for an alarm: (alarm, action ARN) -> why it could not, or None."""

_EC2 = re.compile(r"arn:aws[a-z-]*:automate:[a-z0-9-]+:ec2:(stop|terminate|reboot|recover)")
_SWF = re.compile(
    r"arn:aws[a-z-]*:swf:[a-z0-9-]+:\d{12}:action/actions/AWS_EC2\.InstanceId\."
    r"(Stop|Terminate|Reboot|Recover)/1\.0"
)


def ec2_action(arn: str) -> str:
    """`stop`, `terminate`, `reboot`, `recover`, or "" for any other action."""
    found = _EC2.fullmatch(arn) or _SWF.fullmatch(arn)
    return found[1].lower() if found else ""


class Actions:
    """Carries out what alarms are told to do."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._taught: dict[str, Act] = {}
        self.scaled: Callable[[str], None] = lambda _: None  # told of regions where a policy was carried out
        self._cooled: dict[str, datetime] = {}  # until when a scaling policy rests

    def teach(self, service: str, act: Act) -> None:
        """Have a service carry out the actions whose ARNs name it."""
        self._taught[service] = act

    def run(self, region: str, alarm: Any, change: Change) -> list[tuple[str, str | None]]:
        """The actions of the state it changed to; returns each with why it failed, or None."""
        if not alarm.actions_enabled:
            return []
        actions = {
            "ALARM": alarm.alarm_actions,
            "OK": alarm.ok_actions,
            "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
        }[change.after]
        outcomes = []
        for action in actions or ():
            why = self._act(region, alarm, action, change)
            if why:
                self._setting.note("lost", f"the alarm {alarm.name} could not reach {action} ({why})")
            outcomes.append((action, why))
        return outcomes

    def _act(self, region: str, alarm: Any, action: str, change: Change) -> str | None:
        place = Place(self._setting.account, region)
        if ":sns:" in action:
            mail = Notification(
                subject=f'{change.after}: "{alarm.name}" in {long_name(region)}'[:100],
                text=json.dumps(notification(place, alarm, change)),
            )
            return self._hand_over(action, mail, SERVICE, alarm)
        if ":lambda:" in action:
            event = Event(content=lambda_event(place, alarm, change))
            return self._hand_over(action, event, LAMBDA_PRINCIPAL, alarm)
        if act := self._taught.get(action.split(":")[2]):
            return act(alarm, action)
        if ":autoscaling:" in action:
            return self._scale(region, alarm, action)
        raise NotSimulated("cloudwatch", f"the alarm action {action} of {alarm.name}")

    def _scale(self, region: str, alarm: Any, action: str) -> str | None:
        """Run a scaling policy, and again each minute while the alarm stays as it is; cooldowns hold.

        Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scaling-cooldowns.html
        """
        policy = moto_ec2.scaling_policy(action, self._setting.account, region)
        if policy is None:
            return "NO_RESOURCE"
        if policy.policy_type != "SimpleScaling":
            raise NotSimulated("autoscaling", f"the {policy.policy_type} policy of {alarm.name}")
        state, now = alarm.state_value, self._setting.clock.now

        def again() -> None:
            known = moto_state.alarms(self._setting.account, region).get(alarm.name)
            if known is not None and known is alarm and known.state_value == state and known.actions_enabled:
                self._scale(region, alarm, action)

        self._setting.clock.after(60, again, "a scaling policy again")
        if self._cooled.get(action, now) > now:
            return None
        self._cooled[action] = now + timedelta(seconds=int(policy.cooldown))
        self._setting.note("alarm", f"{alarm.name} acts: {policy.name} of {policy.auto_scaling_group_name}")
        policy.execute()
        self.scaled(region)
        return None

    def _hand_over(self, action: str, payload: object, by: str, alarm: Any) -> str | None:
        refusal = self._setting.deliveries.hand_over(action, payload, by=by, source=alarm.alarm_arn)
        return str(refusal.missing) if refusal is not None else None
