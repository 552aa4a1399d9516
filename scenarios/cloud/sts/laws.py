"""Which laws STS has."""

from scenarios.cloud.setting import Setting
from scenarios.cloud.sts.sessions import Sessions
from scenarios.cloud.sts.whoami import WhoAmI


def register(setting: Setting) -> None:
    """The laws of STS."""
    WhoAmI(setting)
    Sessions(setting)
