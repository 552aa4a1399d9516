"""A network interface has no security group: nothing filters what reaches it.

EC2 gives each interface the default group where nobody names one. One without any is AWS's own, such as that
of a Network Load Balancer or of a NAT gateway, or was made so by a service.

What we do: call it non-compliant. In mode `enforce` Config runs the function that a parameter names, by a
runbook of ours, in `approve` once somebody starts that. The function is yours: it is handed the interface's
id, and what it may do is its own role's business.

What we leave alone: which group it should be.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-lamb.html
"""

from chalicelib.config_rule import Compliance, ConfigRule, Item, Parameters, by_a_function
from chalicelib.remediation import Severity
from chalicelib.stack import Parameter

NAME = "eni_ungrouped"
INTERFACE = "AWS::EC2::NetworkInterface"
FUNCTION_PARAMETER = Parameter(
    name="EniUngroupedFunction",
    default="none",
    description="A Lambda function of yours, by name, that is run on interfaces without a security group.",
    pattern="[a-zA-Z0-9_-]{1,64}",
    constraint="A function's name, without its ARN.",
)


def evaluate(item: Item, _parameters: Parameters) -> Compliance:
    """Whether the interface has a group."""
    groups = item.configuration.get("groups")
    if isinstance(groups, list) and groups:
        return Compliance.compliant()
    kind = item.configuration.get("interfaceType", "interface")
    return Compliance.non_compliant(f"no security group filters what reaches this {kind}")


RULE = ConfigRule(
    name=NAME,
    title="Every network interface has a security group",
    judges="each network interface: it has a security group",
    response="reports who made it so; Config runs a function of yours where its mode is `enforce`",
    page=__doc__ or "",
    types=(INTERFACE,),
    evaluate=evaluate,
    severity=Severity.MEDIUM,
    matters=("configuration.groups",),
    stack_parameters=(FUNCTION_PARAMETER,),
    mending=by_a_function(NAME, FUNCTION_PARAMETER),
)
