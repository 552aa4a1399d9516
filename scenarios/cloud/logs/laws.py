"""Registers the laws of CloudWatch Logs: how it behaves beyond what moto does."""

from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.logs.encryption import GroupEncryption
from scenarios.cloud.logs.linked import LinkedGroups
from scenarios.cloud.logs.service import Logs
from scenarios.cloud.oam.links import Links
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of CloudWatch Logs, which measures by the metrics of CloudWatch."""
    linked = LinkedGroups(setting, setting.laws[Links])
    setting.laws.add(Logs(setting, setting.laws[CloudWatch], GroupEncryption(setting), linked))
