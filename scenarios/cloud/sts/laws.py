"""Registers the laws of STS: how it behaves beyond what moto does."""

from scenarios.cloud.setting import Setting
from scenarios.cloud.sts.sessions import Sessions
from scenarios.cloud.sts.whoami import WhoAmI


def register(setting: Setting) -> None:
    """The laws of STS."""
    WhoAmI(setting)
    Sessions(setting)
