"""The fifteen log metric filters of the CIS AWS Foundations benchmark, section 4, as data.

Each pattern is the benchmark's text, character for character: Security Hub's controls CloudWatch.1 to 14
compare it, so what is wrong with a pattern (4.4 and 4.5 don't ask for the event source, 4.6 misses failures
without its message) is made good where the alarm is reported, not here. Calls that a pattern misses, though
they change the same thing, are watched by an event rule beside the alarms (`missed`). The thresholds and the
period are the benchmark's too: one match within five minutes.

Sources: CIS AWS Foundations Benchmark 1.5, 4.1 to 4.15;
https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chalicelib.references import NAMESPACE, TRAIL_GROUP
from chalicelib.stack import LogAlarm, Parameter

PERIOD_SECONDS = 300
TOPIC = "CisTopic"  # the topic that the alarms notify
THRESHOLD_PARAMETER = Parameter(
    name="CisThreshold",
    type="Number",
    default="1",
    minimum=1,
    description="So many matches within five minutes raise a CIS alarm; the benchmark asks for 1.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CisControl:
    """One recommendation: its number, Security Hub's control ("" where there is none), what it counts.

    `title` is what an alert says happened. `missed`: the event source of calls that do the like and that the
    pattern doesn't name, and their names. `sources`: the event sources that are meant where the pattern
    doesn't ask for them; empty where it asks, or where any will do. `changes`: it is about something that was
    changed, so a call that AWS refused is none. `alerted_by`: the remediation that reports all of it instead;
    `elsewhere`: the one that reports calls of this name. `also_notifies`: further topics that its alarm
    notifies.
    """

    number: str
    hub: str
    name: str
    title: str
    pattern: str
    sources: tuple[str, ...] = ()
    missed: tuple[str, tuple[str, ...]] = ("", ())
    changes: bool = True
    alerted_by: str = ""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    also_notifies: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """`CIS 4.4, Security Hub CloudWatch.4`."""
        return f"CIS {self.number}" + (f", Security Hub {self.hub}" if self.hub else "")

    @property
    def alarm(self) -> LogAlarm:
        """Its metric filter and its alarm, on the trail's log group."""
        return LogAlarm(
            name=self.name,
            log_group=TRAIL_GROUP,
            pattern=self.pattern,
            metric=self.name,
            namespace=NAMESPACE,
            threshold=THRESHOLD_PARAMETER.ref,
            period_seconds=PERIOD_SECONDS,
            description=f"{self.title} ({self.label}); {self.alerted_by or 'cis_alarms'} reports who.",
            notifies=(TOPIC, *self.also_notifies),
            tells_its_end=() if self.alerted_by else (TOPIC,),
        )


def _named(*names: str) -> str:
    """`{($.eventName=A)||($.eventName=B)}`, as the benchmark writes 4.4."""
    return "{" + "||".join(f"($.eventName={name})" for name in names) + "}"


def _spaced(names: Iterable[str], *, tight: bool = False) -> str:
    """`{ ($.eventName = A) || ($.eventName = B) }`, as it writes the others."""
    return "{ " + " || ".join(f"($.eventName = {name})" for name in names) + ("}" if tight else " }")


def _of(source: str, names: Iterable[str], form: str = "($.eventName = {})", between: str = " || ") -> str:
    """`{ ($.eventSource = S) && ((...) || (...)) }`."""
    return f"{{ ($.eventSource = {source}) && (" + between.join(form.format(name) for name in names) + ") }"


_EC2 = ("ec2.amazonaws.com",)

CIS_CONTROLS = (
    CisControl(
        number="4.1",
        hub="CloudWatch.2",
        name="UnauthorizedAPICalls",
        title="Calls were refused for lack of permission",
        changes=False,
        pattern='{ ($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*") }',
    ),
    CisControl(
        number="4.2",
        hub="CloudWatch.3",
        name="NoMFAConsoleSignin",
        title="A console sign-in without MFA",
        changes=False,
        pattern='{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
        '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
    ),
    CisControl(
        number="4.3",
        hub="CloudWatch.1",
        name="RootUsage",
        title="The root user did something",
        changes=False,
        elsewhere={"ConsoleLogin": "root_login"},
        # By CloudWatch itself: what silences our functions does not silence this.
        also_notifies=("AlertTopic",),
        pattern='{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS'
        ' && $.eventType != "AwsServiceEvent" }',
    ),
    CisControl(
        number="4.4",
        hub="CloudWatch.4",
        name="IAMChanges",
        title="IAM policies were changed",
        sources=("iam.amazonaws.com",),
        missed=(
            "iam.amazonaws.com",
            (
                "SetDefaultPolicyVersion",
                "UpdateAssumeRolePolicy",
                "AddUserToGroup",
                "PutUserPermissionsBoundary",
                "DeleteUserPermissionsBoundary",
                "PutRolePermissionsBoundary",
                "DeleteRolePermissionsBoundary",
            ),
        ),
        pattern=_named(
            "DeleteGroupPolicy",
            "DeleteRolePolicy",
            "DeleteUserPolicy",
            "PutGroupPolicy",
            "PutRolePolicy",
            "PutUserPolicy",
            "CreatePolicy",
            "DeletePolicy",
            "CreatePolicyVersion",
            "DeletePolicyVersion",
            "AttachRolePolicy",
            "DetachRolePolicy",
            "AttachUserPolicy",
            "DetachUserPolicy",
            "AttachGroupPolicy",
            "DetachGroupPolicy",
        ),
    ),
    CisControl(
        number="4.5",
        hub="CloudWatch.5",
        name="CloudTrailCfgChanges",
        title="CloudTrail's configuration was changed",
        sources=("cloudtrail.amazonaws.com",),
        missed=(
            "cloudtrail.amazonaws.com",
            (
                "PutEventSelectors",
                "PutInsightSelectors",
                "UpdateEventDataStore",
                "DeleteEventDataStore",
                "StopEventDataStoreIngestion",
                "RegisterOrganizationDelegatedAdmin",
                "DeregisterOrganizationDelegatedAdmin",
            ),
        ),
        pattern=_spaced(("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging")),
    ),
    CisControl(
        number="4.6",
        hub="CloudWatch.6",
        name="ConsoleSigninFailures",
        title="Console sign-ins failed",
        changes=False,
        alerted_by="failed_login",
        pattern='{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
    ),
    CisControl(
        number="4.7",
        hub="CloudWatch.7",
        name="DisableOrDeleteCMK",
        title="A KMS key was disabled or scheduled for deletion",
        missed=(
            "kms.amazonaws.com",
            ("DeleteImportedKeyMaterial",),
        ),
        pattern=_of("kms.amazonaws.com", ("DisableKey", "ScheduleKeyDeletion")),
    ),
    CisControl(
        number="4.8",
        hub="CloudWatch.8",
        name="S3BucketPolicyChanges",
        title="S3 bucket policies were changed",
        missed=(
            "s3.amazonaws.com",
            (
                "PutBucketPublicAccessBlock",
                "DeleteBucketPublicAccessBlock",
                "PutAccountPublicAccessBlock",
                "DeleteAccountPublicAccessBlock",
                "PutBucketOwnershipControls",
                "DeleteBucketOwnershipControls",
                "PutAccessPointPolicy",
                "DeleteAccessPointPolicy",
            ),
        ),
        pattern=_of(
            "s3.amazonaws.com",
            (
                "PutBucketAcl",
                "PutBucketPolicy",
                "PutBucketCors",
                "PutBucketLifecycle",
                "PutBucketReplication",
                "DeleteBucketPolicy",
                "DeleteBucketCors",
                "DeleteBucketLifecycle",
                "DeleteBucketReplication",
            ),
        ),
    ),
    CisControl(
        number="4.9",
        hub="CloudWatch.9",
        name="AWSConfigChanges",
        title="AWS Config's recording was changed",
        missed=(
            "config.amazonaws.com",
            (
                "DeleteConfigurationRecorder",
                "AssociateResourceTypes",
                "DisassociateResourceTypes",
                "DeleteConfigRule",
                "PutRetentionConfiguration",
            ),
        ),
        pattern=_of(
            "config.amazonaws.com",
            (
                "StopConfigurationRecorder",
                "DeleteDeliveryChannel",
                "PutDeliveryChannel",
                "PutConfigurationRecorder",
            ),
            "($.eventName={})",
            "||",
        ),
    ),
    CisControl(
        number="4.10",
        hub="CloudWatch.10",
        name="SecurityGroupChanges",
        title="Security groups were changed",
        sources=_EC2,
        missed=(
            "ec2.amazonaws.com",
            ("ModifySecurityGroupRules",),
        ),
        pattern=_spaced(
            (
                "AuthorizeSecurityGroupIngress",
                "AuthorizeSecurityGroupEgress",
                "RevokeSecurityGroupIngress",
                "RevokeSecurityGroupEgress",
                "CreateSecurityGroup",
                "DeleteSecurityGroup",
            ),
            tight=True,
        ),
    ),
    CisControl(
        number="4.11",
        hub="CloudWatch.11",
        name="NACLChanges",
        title="Network ACLs were changed",
        sources=_EC2,
        pattern=_spaced(
            (
                "CreateNetworkAcl",
                "CreateNetworkAclEntry",
                "DeleteNetworkAcl",
                "DeleteNetworkAclEntry",
                "ReplaceNetworkAclEntry",
                "ReplaceNetworkAclAssociation",
            )
        ),
    ),
    CisControl(
        number="4.12",
        hub="CloudWatch.12",
        name="NetworkGWChanges",
        title="Network gateways were changed",
        sources=_EC2,
        missed=(
            "ec2.amazonaws.com",
            (
                "CreateEgressOnlyInternetGateway",
                "DeleteEgressOnlyInternetGateway",
                "CreateNatGateway",
                "DeleteNatGateway",
                "CreateVpnGateway",
                "DeleteVpnGateway",
                "AttachVpnGateway",
                "DetachVpnGateway",
                "CreateTransitGateway",
                "DeleteTransitGateway",
                "CreateTransitGatewayVpcAttachment",
                "DeleteTransitGatewayVpcAttachment",
            ),
        ),
        pattern=_spaced(
            (
                "CreateCustomerGateway",
                "DeleteCustomerGateway",
                "AttachInternetGateway",
                "CreateInternetGateway",
                "DeleteInternetGateway",
                "DetachInternetGateway",
            )
        ),
    ),
    CisControl(
        number="4.13",
        hub="CloudWatch.13",
        name="RouteTableChanges",
        title="Route tables were changed",
        sources=_EC2,
        missed=(
            "ec2.amazonaws.com",
            (
                "AssociateRouteTable",
                "EnableVgwRoutePropagation",
                "DisableVgwRoutePropagation",
                "CreateTransitGatewayRoute",
                "DeleteTransitGatewayRoute",
            ),
        ),
        pattern=_spaced(
            (
                "CreateRoute",
                "CreateRouteTable",
                "ReplaceRoute",
                "ReplaceRouteTableAssociation",
                "DeleteRouteTable",
                "DeleteRoute",
                "DisassociateRouteTable",
            )
        ),
    ),
    CisControl(
        number="4.14",
        hub="CloudWatch.14",
        name="VPCChanges",
        title="VPCs were changed",
        sources=_EC2,
        missed=(
            "ec2.amazonaws.com",
            (
                "AssociateVpcCidrBlock",
                "DisassociateVpcCidrBlock",
                "DeleteFlowLogs",
            ),
        ),
        pattern=_spaced(
            (
                "CreateVpc",
                "DeleteVpc",
                "ModifyVpcAttribute",
                "AcceptVpcPeeringConnection",
                "CreateVpcPeeringConnection",
                "DeleteVpcPeeringConnection",
                "RejectVpcPeeringConnection",
                "AttachClassicLinkVpc",
                "DetachClassicLinkVpc",
                "DisableVpcClassicLink",
                "EnableVpcClassicLink",
            )
        ),
    ),
    CisControl(
        number="4.15",
        hub="",
        name="AWSOrganizationsChanges",
        title="The organization was changed",
        missed=(
            "organizations.amazonaws.com",
            (
                "CloseAccount",
                "EnableAWSServiceAccess",
                "DisableAWSServiceAccess",
                "RegisterDelegatedAdministrator",
                "DeregisterDelegatedAdministrator",
                "PutResourcePolicy",
                "DeleteResourcePolicy",
            ),
        ),
        pattern=_of(
            "organizations.amazonaws.com",
            (
                "AcceptHandshake",
                "AttachPolicy",
                "CreateAccount",
                "CreateOrganizationalUnit",
                "CreatePolicy",
                "DeclineHandshake",
                "DeleteOrganization",
                "DeleteOrganizationalUnit",
                "DeletePolicy",
                "DetachPolicy",
                "DisablePolicyType",
                "EnablePolicyType",
                "InviteAccountToOrganization",
                "LeaveOrganization",
                "MoveAccount",
                "RemoveAccountFromOrganization",
                "UpdatePolicy",
                "UpdateOrganizationalUnit",
            ),
            '($.eventName = "{}")',
        ),
    ),
)

_BY_METRIC = {control.name: control for control in CIS_CONTROLS}
_BY_CALL = {(control.missed[0], name): control for control in CIS_CONTROLS for name in control.missed[1]}


def missed_calls() -> dict[str, tuple[str, ...]]:
    """What the patterns miss: the calls of each event source, for an event rule."""
    sources: dict[str, tuple[str, ...]] = {}
    for source, name in _BY_CALL:
        sources[source] = (*sources.get(source, ()), name)
    return sources


def control_of_call(source: str, name: str) -> CisControl | None:
    """The control that a call missed by the patterns belongs to; None for any other call."""
    return _BY_CALL.get((source, name))


def control_of(metric_name: str) -> CisControl | None:
    """The control whose alarm watches this metric; None for any other alarm's."""
    return _BY_METRIC.get(metric_name)
