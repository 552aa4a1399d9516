"""Registers the laws of AWS Config: it records and evaluates, which moto leaves out."""

from scenarios.cloud.config.channel import Channels
from scenarios.cloud.config.history import History
from scenarios.cloud.config.judged import JudgedResources
from scenarios.cloud.config.puts import Puts
from scenarios.cloud.config.recorder import Recorders
from scenarios.cloud.config.rules import Rules
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of AWS Config."""
    recorders = setting.laws.add(Recorders(setting))
    channels = setting.laws.add(Channels(setting, recorders))
    rules = setting.laws.add(Rules(setting, recorders, channels))
    setting.laws.add(JudgedResources(setting, recorders, rules.compliance))
    setting.laws.add(History(setting, recorders))
    Puts(setting).register()
    setting.laws.when_entered(recorders.begin)
    setting.laws.when_entered(rules.begin)
