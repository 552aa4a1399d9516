"""An instance runs without detailed monitoring: its metrics come every five minutes, not every minute.

What we do: call it non-compliant. In mode `enforce` Config stops it by AWS's own runbook, in `approve` once
somebody starts that. Who wants monitoring switched on instead has AWS-ConfigureCloudWatchOnEC2Instance.

What we leave alone: instances that don't run, since they have no metrics.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/ec2-instance-detailed-monitoring-enabled.html,
https://docs.aws.amazon.com/systems-manager-automation-runbooks/latest/userguide/automation-aws-stopec2instance.html
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.config_rule import Compliance, ConfigRule, Item, Mending, Parameters
from chalicelib.remediation import Grant, Severity

INSTANCE = "AWS::EC2::Instance"
_RUNS = ("pending", "running")
_DESCRIBES = "EC2's describe calls take no resource"


def evaluate(item: Item, _parameters: Parameters) -> Compliance:
    """Whether an instance that runs has detailed monitoring."""
    state = _within(item.configuration, "state").get("name")
    if state not in _RUNS:
        return Compliance.not_applicable(f"the instance is {state}")
    monitoring = _within(item.configuration, "monitoring").get("state")
    if monitoring not in ("enabled", "pending"):
        return Compliance.non_compliant(f"detailed monitoring is {monitoring}")
    return Compliance.compliant()


def _within(configuration: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = configuration.get(name)
    return found if isinstance(found, Mapping) else {}


RULE = ConfigRule(
    name="monitoring_off",
    title="Every instance that runs has detailed monitoring",
    judges="each instance that runs: detailed monitoring is on",
    response="reports who launched it so or switched it off; Config stops it where its mode is `enforce`",
    page=__doc__ or "",
    types=(INSTANCE,),
    evaluate=evaluate,
    severity=Severity.LOW,
    matters=("configuration.monitoring", "configuration.state"),
    mending=Mending(
        runbook="AWS-StopEC2Instance",
        resource="InstanceId",
        undone=(
            "aws ec2 start-instances; what was in memory and on instance store volumes is gone, and so is a "
            "public address that is no Elastic IP"
        ),
        grants=(
            Grant(action="ec2:DescribeInstances", resource="*", because=_DESCRIBES),
            Grant(action="ec2:DescribeInstanceStatus", resource="*", because=_DESCRIBES),
            Grant(
                action="ec2:StopInstances",
                resource="arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/*",
                because="which instance runs without monitoring isn't known before",
            ),
        ),
    ),
)
