"""IAM's rows for CloudFormation: stacks."""

from scenarios.cloud.authorization.rows import QUERY, Permissions

_LINES = """
DescribeStacks +StackName       =                         stack(StackName,=*)
DescribeStacks -StackName       =                         *
ListStackResources              =                         stack(StackName,=*)
DescribeStackResources          =                         stack(StackName,=*)
GetTemplate +StackName          =                         stack(StackName,=*)
DeleteStack                     =                         stack(StackName,=*)
DeleteStack +RoleARN            iam:PassRole              role(RoleARN)
UpdateTerminationProtection     =                         stack(StackName,=*)
"""


PERMISSIONS = Permissions(
    prefix="cloudformation",
    denial=QUERY,
    lines=_LINES,
)
