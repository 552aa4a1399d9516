"""IAM's rows for Step Functions: machines and executions."""

from scenarios.cloud.authorization.rows import JSON, Arn, Permissions, Place
from scenarios.cloud.kernel import moto_state

_LINES = """
ListStateMachines               =                         *
ListActivities                  =                         *
SendTaskSuccess                 =                         *
SendTaskFailure                 =                         *
SendTaskHeartbeat               =                         *
CreateStateMachine              =                         statemachine(name)
CreateStateMachine              iam:PassRole              role(roleArn)
UpdateStateMachine              =                         statemachine(stateMachineArn)
UpdateStateMachine +roleArn     iam:PassRole              role(roleArn)
DescribeStateMachine            =                         statemachine(stateMachineArn)
DeleteStateMachine              =                         statemachine(stateMachineArn)
PublishStateMachineVersion      =                         statemachine(stateMachineArn)
ListStateMachineVersions        =                         statemachine(stateMachineArn)
ListStateMachineAliases         =                         statemachine(stateMachineArn)
StartExecution                  =                         statemachine(stateMachineArn)
StartSyncExecution              =                         statemachine(stateMachineArn)
ListExecutions                  =                         statemachine(stateMachineArn)
DescribeExecution               =                         run(executionArn)
StopExecution                   =                         run(executionArn)
GetExecutionHistory             =                         run(executionArn)
DescribeStateMachineForExecution =                        run(executionArn)
"""


def _run(place: Place, arn: str) -> str:
    """An execution, whose ARN names its machine too."""
    if arn.startswith("arn:"):
        return arn
    return f"arn:aws:states:{place.region}:{place.account}:execution:{arn}:{arn}"


def _tags(arn: Arn) -> dict[str, str]:
    return moto_state.tags_by_arn("stepfunctions", arn.account, arn.region, arn.text)


PERMISSIONS = Permissions(prefix="states", denial=JSON, lines=_LINES, kinds={"run": _run}, tags_of=_tags)
