"""Registers the laws of CloudTrail: how it behaves beyond what moto does."""

from scenarios.cloud.cloudtrail.trail import CloudTrail
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of CloudTrail."""
    trail = setting.laws.add(CloudTrail(setting))
    setting.laws.meanwhile(moto_hooks.answers_before_moto(trail.history.answer))
    setting.laws.when_entered(trail.start)
