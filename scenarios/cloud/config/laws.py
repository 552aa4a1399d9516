"""Registers the laws of AWS Config: it records, which moto leaves out."""

from scenarios.cloud.config.channel import Channels
from scenarios.cloud.config.history import History
from scenarios.cloud.config.puts import Puts
from scenarios.cloud.config.recorder import Recorders
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of AWS Config."""
    recorders = setting.laws.add(Recorders(setting))
    setting.laws.add(Channels(setting, recorders))
    setting.laws.add(History(setting, recorders))
    Puts(setting).register()
    setting.laws.when_entered(recorders.begin)
