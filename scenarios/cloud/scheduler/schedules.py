"""Schedules come due: Scheduler assumes the target's role and invokes the target, again where that fails.

It does so some time within the minute that the expression names, and somewhere within the flexible time
window if there is one. A schedule that was just made by its rate begins at once. A target that refuses is
tried again until the retry policy is exhausted; then the dead-letter queue gets what it should have taken.
AWS names no pace of these retries: here it doubles, from one second to a quarter of an hour.

Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html (60 seconds' precision),
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html,
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html (the role
is assumed in the name of the schedule's group)
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from scenarios.cloud.kernel import moto_events
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.moments import moment
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.scheduler.emitted import measure
from scenarios.cloud.scheduler.occurrences import Occurrences
from scenarios.cloud.scheduler.targets import Failure, Occasion, Targets
from scenarios.cloud.setting import Setting

# Within the minute; the rest of it is left for the way to where somebody counts.
_LATEST_SECOND: Final = 50
_LONGEST_PAUSE_SECONDS: Final = 900.0
_RETRIES, _AGE_SECONDS = 185, 86_400  # a retry policy's defaults
_Key = tuple[str, str, str]
"""Region, group and name of a schedule."""


class Schedules:
    """Every schedule of the account, in every region."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._targets = Targets(setting)
        self._turns: dict[_Key, int] = {}
        setting.calls.after("scheduler", "CreateSchedule", self._made)
        setting.calls.after("scheduler", "UpdateSchedule", self._changed)

    def start(self, _: Sequence[Stack]) -> None:
        """Start the schedules that are there."""
        for region in self._setting.regions:
            for schedule in moto_events.schedules(self._setting.account, region):
                self._begin((region, schedule.group_name, schedule.name), self._setting.clock.now)

    def _made(self, call: ApiCall) -> None:
        key, given = _key(call), call.parameters
        self._begin(key, call.moment)
        if given["ScheduleExpression"].startswith("rate(") and "StartDate" not in given:
            self._setting.clock.after(0, lambda: self._fire(key, call.moment), "first run")

    def _changed(self, call: ApiCall) -> None:
        key, schedule = _key(call), self._schedule(_key(call))
        if schedule is not None:
            # UpdateSchedule says all of a schedule again, and moto leaves this one as it was.
            schedule.action_after_completion = call.parameters.get("ActionAfterCompletion", "NONE")
        self._begin(key, call.moment)

    def _begin(self, key: _Key, since: datetime) -> None:
        """What an earlier form of the schedule had arranged is void."""
        self._turns[key] = self._turns.get(key, 0) + 1
        self._arrange(key, since, self._turns[key])

    def _arrange(self, key: _Key, since: datetime, turn: int) -> None:
        """Let it come due next time; each time arranges the one after it."""
        schedule = self._schedule(key)
        if schedule is None:
            return
        due = _occurrences(schedule).next_after(since)
        if due is None:
            return
        draw = self._setting.random(f"scheduler/{key[2]}")
        second = draw.uniform(0, _LATEST_SECOND)
        window = schedule.flexible_time_window
        if window["Mode"] == "FLEXIBLE":
            second += draw.uniform(0, 60 * int(window["MaximumWindowInMinutes"]))

        def come_due() -> None:
            if self._turns[key] == turn:
                self._fire(key, due)
                self._arrange(key, due, turn)

        self._setting.clock.at(due + timedelta(seconds=second), come_due, f"schedule {key[2]}")

    # ---- attempts ---------------------------------------------------------------------------------

    def _fire(self, key: _Key, due: datetime) -> None:
        schedule = self._schedule(key)
        if schedule is None or schedule.state != "ENABLED":
            return
        execution = self._setting.new_uuid(f"scheduler/{key[2]}/execution").replace("-", "")[:16]
        self._attempt(key, Occasion(schedule=schedule, region=key[0], due=due, execution=execution))

    def _attempt(self, key: _Key, occasion: Occasion) -> None:
        """Invoke the target; what was arranged for it holds although the schedule changes meanwhile."""
        group = occasion.schedule.group_name
        measure(self._setting, occasion.region, group, "InvocationAttemptCount")
        failure = self._targets.invoke(occasion)
        if failure is None:
            self._completed(key, occasion)
            return
        measure(self._setting, occasion.region, group, "TargetErrorCount")
        exhausted = self._exhausted(occasion)
        if exhausted:
            self._give_up(occasion, failure, exhausted)
            self._completed(key, occasion)
            return
        pause = min(2.0 ** (occasion.attempt - 1), _LONGEST_PAUSE_SECONDS)
        again = replace(occasion, attempt=occasion.attempt + 1)
        self._setting.clock.after(pause, lambda: self._attempt(key, again), f"schedule {key[2]} tries again")

    def _exhausted(self, occasion: Occasion) -> str:
        """Which limit of the retry policy forbids another try; "" where none does."""
        policy = occasion.schedule.target.get("RetryPolicy", {})
        if occasion.attempt > int(policy.get("MaximumRetryAttempts", _RETRIES)):
            return "MaximumRetryAttempts"
        oldest = occasion.due + timedelta(seconds=int(policy.get("MaximumEventAgeInSeconds", _AGE_SECONDS)))
        return "MaximumEventAgeInSeconds" if self._setting.clock.now > oldest else ""

    def _give_up(self, occasion: Occasion, failure: Failure, exhausted: str) -> None:
        schedule, region = occasion.schedule, occasion.region
        measure(self._setting, region, schedule.group_name, "InvocationDroppedCount")
        if "DeadLetterConfig" not in schedule.target:
            self._setting.note("undelivered", f"schedule {schedule.name}: {failure.code}")
            return
        kept = self._targets.keep(occasion, failure, exhausted)
        what = "InvocationsSentToDeadLetterCount" if kept else "InvocationsFailedToBeSentToDeadLetterCount"
        measure(self._setting, region, schedule.group_name, what)
        queue = schedule.target["DeadLetterConfig"]["Arn"].rpartition(":")[2]
        if kept:
            self._setting.note("kept", f"schedule {schedule.name}: {failure.code}; {queue} keeps it")
        else:
            self._setting.note("lost", f"schedule {schedule.name}: {failure.code}, and {queue} refused it")

    def _completed(self, key: _Key, occasion: Occasion) -> None:
        """A schedule that never comes due again is deleted if it says so."""
        schedule = self._schedule(key)
        if schedule is not occasion.schedule or schedule.action_after_completion != "DELETE":
            return
        if _occurrences(schedule).next_after(occasion.due) is None:
            moto_events.delete_schedule(self._setting.account, *key)

    def _schedule(self, key: _Key) -> Any | None:
        region, group, name = key
        every = moto_events.schedules(self._setting.account, region)
        return next((each for each in every if (each.group_name, each.name) == (group, name)), None)


def _key(call: ApiCall) -> _Key:
    return call.region, call.parameters.get("GroupName", "default"), call.parameters["Name"]


def _occurrences(schedule: Any) -> Occurrences:
    return Occurrences(
        schedule.schedule_expression,
        schedule.schedule_expression_timezone or "UTC",
        *(moment(each) if each is not None else None for each in (schedule.start_date, schedule.end_date)),
    )
