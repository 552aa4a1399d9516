"""A security group that nothing uses: no network interface has it, and no instance.

What we do: call it non-compliant. In mode `enforce` Config deletes it by AWS's own runbook, in `approve` once
somebody starts it. The runbook fails where something uses the group by then, or another group names it.

What we leave alone: each VPC's default group, which can't be deleted, and groups whose names the stack's
owner has listed. A group is judged minutes after it was made: in `enforce` it must be in use by then.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/ec2-security-group-attached-to-eni.html,
https://docs.aws.amazon.com/systems-manager-automation-runbooks/latest/userguide/automation-aws-delete-ec2-security-group.html
"""

from chalicelib.config_rule import Compliance, ConfigRule, Item, Mending, Parameters
from chalicelib.remediation import Grant, Severity
from chalicelib.settings import matches_any
from chalicelib.stack import Parameter

GROUP, INTERFACE, INSTANCE = "AWS::EC2::SecurityGroup", "AWS::EC2::NetworkInterface", "AWS::EC2::Instance"
KEPT = "keptNames"
KEPT_PARAMETER = Parameter(
    name="GroupUnusedKeptNames",
    type="CommaDelimitedList",
    default="none",
    description="Names of security groups that nothing need use, wildcards allowed.",
)


def evaluate(item: Item, parameters: Parameters) -> Compliance:
    """Whether anything has the group."""
    kept = [name.strip() for name in parameters.get(KEPT, "").split(",")]
    if item.name == "default" or matches_any(item.name, kept):
        return Compliance.not_applicable(f"{item.name} need not be in use")
    users = (*item.related(INTERFACE), *item.related(INSTANCE))
    if not users:
        return Compliance.non_compliant("no network interface and no instance has this group")
    return Compliance.compliant()


RULE = ConfigRule(
    name="group_unused",
    title="Every security group is in use",
    judges="each security group: a network interface or an instance has it",
    response="reports who left it unused; Config deletes it where its mode is `enforce`",
    page=__doc__ or "",
    types=(GROUP,),
    evaluate=evaluate,
    severity=Severity.LOW,
    matters=("relationships",),
    parameters={KEPT: KEPT_PARAMETER.joined},
    stack_parameters=(KEPT_PARAMETER,),
    mending=Mending(
        runbook="AWSConfigRemediation-DeleteUnusedSecurityGroup",
        resource="GroupId",
        undone="nothing: a group made anew has another id; its past has its rules and tags",
        grants=(
            Grant(
                action="ec2:DescribeSecurityGroups",
                resource="*",
                because="EC2's describe calls take no resource",
            ),
            Grant(
                action="ec2:DeleteSecurityGroup",
                resource="arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:security-group/*",
                because="which group nothing uses isn't known before",
            ),
        ),
    ),
)
