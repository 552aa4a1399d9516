"""Registers the laws of EC2: how it behaves beyond what moto does."""

from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.ec2 import monitoring
from scenarios.cloud.ec2.alarm_actions import AlarmActions
from scenarios.cloud.ec2.flow_logs import FlowLogs
from scenarios.cloud.ec2.found_by_address import FoundByAddress
from scenarios.cloud.ec2.instances import Instances
from scenarios.cloud.ec2.resource_events import ResourceEvents
from scenarios.cloud.ec2.security_groups import SecurityGroups
from scenarios.cloud.ec2.traffic import Traffic
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of EC2: its instances are measured by CloudWatch, whose alarms act on them."""
    cloudwatch = setting.laws[CloudWatch]
    instances = setting.laws.add(Instances(setting, cloudwatch.store))
    setting.laws.add(ResourceEvents(setting))
    act = AlarmActions(setting, instances).act
    for service in ("automate", "swf"):
        cloudwatch.actions.teach(service, act)
    setting.laws.add(SecurityGroups(setting))
    setting.laws.add(Traffic(setting, setting.laws.add(FlowLogs(setting))))
    setting.laws.add(FoundByAddress(setting))
    monitoring.register(setting)
