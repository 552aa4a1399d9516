"""Registers the laws of Step Functions: executions go through their states, which moto leaves out."""

from scenarios.cloud.setting import Setting
from scenarios.cloud.stepfunctions.service import StepFunctions


def register(setting: Setting) -> None:
    """The laws of Step Functions."""
    setting.laws.add(StepFunctions(setting))
