"""IAM's rows for CloudFormation: stacks."""

from scenarios.cloud.authorization.rows import QUERY, Permissions, Place

_LINES = """
CreateStack                     =                         stack(StackName)
ValidateTemplate                =                         *
GetTemplateSummary +StackName   =                         stack(StackName)
GetTemplateSummary -StackName   =                         *
ListStacks                      =                         *
DescribeStackResource           =                         stack(StackName)
DescribeStacks +StackName       =                         stack(StackName)
DescribeStacks -StackName       =                         *
DescribeStackEvents             =                         stack(StackName)
ListStackResources              =                         stack(StackName)
DescribeStackResources          =                         stack(StackName)
GetTemplate +StackName          =                         stack(StackName)
DeleteStack                     =                         stack(StackName)
DeleteStack +RoleARN            iam:PassRole              role(RoleARN)
UpdateTerminationProtection     =                         stack(StackName)
"""


def _stack(place: Place, name: str) -> str:
    """A stack by its id, which is its ARN, or by its name: then any stack of that name is asked about."""
    if name.startswith("arn:"):
        return name
    return f"arn:aws:cloudformation:{place.region}:{place.account}:stack/{name}/*"


PERMISSIONS = Permissions(
    prefix="cloudformation",
    denial=QUERY,
    lines=_LINES,
    kinds={"stack": _stack},
)
