"""IAM's rows for CloudFormation: stacks."""

from scenarios.cloud.authorization.rows import QUERY, Permissions, Place

_LINES = """
CreateStack                     =                         stack(StackName)
UpdateStack                     =                         stack(StackName)
CreateStack +RoleARN            iam:PassRole              role(RoleARN)
UpdateStack +RoleARN            iam:PassRole              role(RoleARN)
ContinueUpdateRollback          =                         stack(StackName)
ContinueUpdateRollback +RoleARN iam:PassRole              role(RoleARN)
RollbackStack                   =                         stack(StackName)
RollbackStack +RoleARN          iam:PassRole              role(RoleARN)
SetStackPolicy                  =                         stack(StackName)
GetStackPolicy                  =                         stack(StackName)
ListExports                     =                         *
ListImports                     =                         *
CreateChangeSet                 =                         stack(StackName)
CreateChangeSet +RoleARN        iam:PassRole              role(RoleARN)
DescribeChangeSet +StackName    =                         stack(StackName)
DescribeChangeSet -StackName    =                         stack_of_change_set(ChangeSetName)
ExecuteChangeSet +StackName     =                         stack(StackName)
ExecuteChangeSet -StackName     =                         stack_of_change_set(ChangeSetName)
DeleteChangeSet +StackName      =                         stack(StackName)
DeleteChangeSet -StackName      =                         stack_of_change_set(ChangeSetName)
ListChangeSets                  =                         stack(StackName)
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


def _stack_of_change_set(place: Place, _: str) -> str:
    """A change set named by its ARN alone, which doesn't say of which stack it is: any stack is asked about.

    AWS asks about that one stack; who may use one stack's change sets gives its name here, too.
    """
    return f"arn:aws:cloudformation:{place.region}:{place.account}:stack/*/*"


PERMISSIONS = Permissions(
    prefix="cloudformation",
    denial=QUERY,
    lines=_LINES,
    kinds={"stack": _stack, "stack_of_change_set": _stack_of_change_set},
)
