"""Registers the laws of Systems Manager: how it behaves beyond what moto does."""

from scenarios.cloud.agent import laws as agent
from scenarios.cloud.setting import Setting
from scenarios.cloud.ssm.automation.service import Automation
from scenarios.cloud.ssm.parameter_events import ParameterEvents


def register(setting: Setting) -> None:
    """The laws of Systems Manager, and of the agent that it installs."""
    setting.laws.add(ParameterEvents(setting))
    setting.laws.add(Automation(setting))
    agent.register(setting)
