"""Schedules come due: Scheduler assumes the target's role and puts an event on the bus.

It does so some time within the minute that the expression names. A schedule that was just made by its rate
begins at once. What the role may not do is not done; where the target's retry policy lets Scheduler try
again, that is NotSimulated.

Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html (60 seconds' precision),
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html (PutEvents),
https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html (the role
is assumed in the name of the schedule's group)
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.deliveries import AssumedRole, Event
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.scheduler.validation import SERVICE
from scenarios.cloud.schedules import Schedule
from scenarios.cloud.setting import Setting

# Within the minute; the rest of it is left for the way to where somebody counts.
_LATEST_SECOND: Final = 50


class Schedules:
    """Every schedule of the account, in every region."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._turns: dict[tuple[str, str], int] = {}
        setting.calls.after("scheduler", "CreateSchedule", self._made)
        setting.calls.after("scheduler", "UpdateSchedule", self._changed)

    def start(self, _: Sequence[Stack]) -> None:
        """Start the schedules that are there."""
        for region in self._setting.regions:
            for schedule in moto_state.schedules(self._setting.account, region):
                self._begin(schedule.name, region, self._setting.clock.now)

    def _made(self, call: ApiCall) -> None:
        name = call.parameters["Name"]
        self._begin(name, call.region, call.moment)
        if call.parameters["ScheduleExpression"].startswith("rate("):
            self._setting.clock.after(0, lambda: self._fire(name, call.region, call.moment), "first run")

    def _changed(self, call: ApiCall) -> None:
        self._begin(call.parameters["Name"], call.region, call.moment)

    def _begin(self, name: str, region: str, since: datetime) -> None:
        """What an earlier form of the schedule had arranged is void."""
        self._turns[region, name] = self._turns.get((region, name), 0) + 1
        self._arrange(name, region, since, self._turns[region, name])

    def _arrange(self, name: str, region: str, since: datetime, turn: int) -> None:
        """Let it come due next time; each time arranges the one after it."""
        schedule = self._schedule(name, region)
        due = Schedule(schedule.schedule_expression).next_after(since) if schedule is not None else None
        if due is None:
            return
        second = self._setting.random(f"scheduler/{name}").uniform(0, _LATEST_SECOND)

        def come_due() -> None:
            if self._turns[region, name] == turn:
                self._fire(name, region, due)
                self._arrange(name, region, due, turn)

        self._setting.clock.at(due + timedelta(seconds=second), come_due, f"schedule {name}")

    def _fire(self, name: str, region: str, due: datetime) -> None:
        schedule = self._schedule(name, region)
        if schedule is None or schedule.state != "ENABLED":
            return
        target = schedule.target
        refusal = self._setting.deliveries.hand_over(
            target["Arn"],
            Event(content=self._event(schedule, region, due)),
            by=AssumedRole(arn=target["RoleArn"], service=SERVICE),
            source=schedule.arn.replace(":schedule/", ":schedule-group/").rpartition("/")[0],
        )
        if refusal is None:
            return
        if target["RetryPolicy"]["MaximumRetryAttempts"]:
            raise NotSimulated("scheduler", f"another try of {name}, whose target refused: {refusal.because}")
        self._setting.note("undelivered", f"schedule {name}: {refusal.missing}")

    def _event(self, schedule: Any, region: str, due: datetime) -> dict[str, Any]:
        named = schedule.target["EventBridgeParameters"]
        return {
            "version": "0",
            "id": self._setting.new_uuid("scheduler.id"),
            "detail-type": named["DetailType"],
            "source": named["Source"],
            "account": self._setting.account,
            "time": f"{due:%Y-%m-%dT%H:%M:%SZ}",
            "region": region,
            "resources": [schedule.arn],
            "detail": json.loads(schedule.target.get("Input") or "{}"),
        }

    def _schedule(self, name: str, region: str) -> Any | None:
        every = moto_state.schedules(self._setting.account, region)
        return next((each for each in every if each.name == name), None)
