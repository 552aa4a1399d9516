"""Registers the laws of CloudFormation: how it behaves beyond what moto does."""

from scenarios.cloud.cloudformation.change_sets import ChangeSets
from scenarios.cloud.cloudformation.custom_resources import CustomResources
from scenarios.cloud.cloudformation.loud import OnlyStanding
from scenarios.cloud.cloudformation.operations import Operations
from scenarios.cloud.cloudformation.policies import Policies
from scenarios.cloud.cloudformation.recovery import Recovery
from scenarios.cloud.cloudformation.stacks import Stacks
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of CloudFormation."""
    stacks = setting.laws.add(Stacks(setting))
    setting.laws.add(CustomResources(setting))
    operations = setting.laws.add(Operations(setting, stacks))
    ChangeSets(setting, stacks, operations)
    Recovery(setting, stacks, operations)
    Policies(setting, stacks)
    setting.laws.when_entered(stacks.start)
    OnlyStanding(setting)
