"""IAM's rows for Systems Manager: parameters, documents, and commands to instances."""

from scenarios.cloud.authorization.rows import JSON, Arn, ContextKey, Permissions, Place
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.ssm.arns import document_arn

_LINES = """
DescribeInstanceInformation     =                         *
DescribeParameters              =                         *
ListDocuments                   =                         *
ListCommands                    =                         *
ListCommandInvocations          =                         *
GetCommandInvocation            =                         *
CancelCommand                   =                         *
DescribeSessions                =                         *
GetParameter                    =                         parameter(Name)
GetParameters                   =                         parameter(Names[])
GetParametersByPath             =                         parameter(Path)
GetParameterHistory             =                         parameter(Name)
PutParameter                    =                         parameter(Name)
LabelParameterVersion           =                         parameter(Name)
DeleteParameter                 =                         parameter(Name)
DeleteParameters                =                         parameter(Names[])
SendCommand                     =                         document(DocumentName)
SendCommand +InstanceIds        =                         ssm_instance(InstanceIds[])
SendCommand +Targets            =                         unknown(Targets)
SendCommand +ServiceRoleArn     iam:PassRole              role(ServiceRoleArn)
StartSession                    =                         ssm_instance(Target)
StartSession                    =                         document(DocumentName=SSM-SessionManagerRunShell)
GetDocument                     =                         document(Name)
DescribeDocument                =                         document(Name)
CreateDocument                  =                         document(Name)
UpdateDocument                  =                         document(Name)
DeleteDocument                  =                         document(Name)
ModifyDocumentPermission        =                         document(Name)
UpdateDocumentDefaultVersion    =                         document(Name)
ListDocumentVersions            =                         document(Name)
StartAutomationExecution        =                         document(DocumentName)
StartAutomationExecution        =                         automation-execution(=*)
GetAutomationExecution          =                         automation-execution(AutomationExecutionId)
StopAutomationExecution         =                         automation-execution(AutomationExecutionId)
SendAutomationSignal            =                         automation-execution(AutomationExecutionId)
DescribeAutomationStepExecutions =                        automation-execution(AutomationExecutionId)
DescribeAutomationExecutions    =                         *
"""


def _parameter(place: Place, name: str) -> str:
    """A parameter by ARN or name, with or without a leading slash and a `:VERSION` or `:LABEL`."""
    if name.startswith("arn:"):
        return name
    bare = name.removeprefix("/").partition(":")[0]
    return f"arn:aws:ssm:{place.region}:{place.account}:parameter/{bare}"


def _ssm_instance(place: Place, instance: str) -> str:
    """A machine of EC2's, or one from elsewhere that Systems Manager manages."""
    service, kind = ("ssm", "managed-instance") if instance.startswith("mi-") else ("ec2", "instance")
    return f"arn:aws:{service}:{place.region}:{place.account}:{kind}/{instance}"


def _tags(arn: Arn) -> dict[str, str] | None:
    """The tags of a parameter or a document; those of instances are EC2's."""
    kind, _, name = arn.rest.partition("/")
    kept = {"parameter": "Parameter", "document": "Document"}.get(kind)
    if kept is None:
        return None
    return moto_state.ssm_tags(arn.account, arn.region, kept, name)


PERMISSIONS = Permissions(
    prefix="ssm",
    denial=JSON,
    lines=_LINES,
    kinds={
        "parameter": _parameter,
        "document": document_arn,
        "ssm_instance": _ssm_instance,
    },
    context=(
        ContextKey(key="ssm:Overwrite", parameter="Overwrite", default="false"),
        ContextKey(key="ssm:Recursive", parameter="Recursive", default="false"),
        ContextKey(key="ssm:Policies", parameter="Policies"),
        ContextKey(key="ssm:DocumentVersion", parameter="DocumentVersion"),
    ),
    tags_of=_tags,
)
