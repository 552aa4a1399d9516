"""Registers the laws of the CloudWatch agent: how it behaves beyond what moto does."""

from scenarios.cloud.agent.agents import Agents
from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.ec2.instances import Instances
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The agents on EC2's instances, which feed CloudWatch and Logs."""
    laws = setting.laws
    agents = laws.add(Agents(setting, laws[Instances], laws[CloudWatch]))
    laws.when_stacks_change(agents.know)
