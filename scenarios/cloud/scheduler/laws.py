"""Registers the laws of EventBridge Scheduler: schedules come due, which moto leaves out."""

from scenarios.cloud.scheduler.schedules import Schedules
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of EventBridge Scheduler."""
    schedules = setting.laws.add(Schedules(setting))
    setting.laws.when_entered(schedules.start)
