"""IAM's rows for EC2: instances, what they are made of, and networks."""

from scenarios.cloud.authorization.reference import listed_kind
from scenarios.cloud.authorization.rows import Arn, Asking, ContextKey, DenialStyle, Permissions, Place
from scenarios.cloud.ec2.ids import resource_type
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated

_LINES = """
Describe*                       =                         *
DescribeImageAttribute                  =                 image(ImageId)
DescribeSnapshotAttribute               =                 snapshot(SnapshotId)
DescribeVolumeAttribute                 =                 volume(VolumeId)
DescribeVpcAttribute                    =                 vpc(VpcId)
DescribeSecurityGroupReferences         =                 security-group(GroupId[])
DescribeCapacityBlockExtensionOfferings =                 unknown(CapacityReservationId)
DescribeClientVpnAuthorizationRules     =                 unknown(ClientVpnEndpointId)
DescribeClientVpnConnections            =                 unknown(ClientVpnEndpointId)
DescribeClientVpnRoutes                 =                 unknown(ClientVpnEndpointId)
DescribeClientVpnTargetNetworks         =                 unknown(ClientVpnEndpointId)
DescribeFleetHistory                    =                 unknown(FleetId)
DescribeFleetInstances                  =                 unknown(FleetId)
DescribeFpgaImageAttribute              =                 unknown(FpgaImageId)
DescribeSpotFleetInstances              =                 unknown(SpotFleetRequestId)
DescribeSpotFleetRequestHistory         =                 unknown(SpotFleetRequestId)
DescribeVpcEndpointServicePermissions   =                 unknown(ServiceId)
GetConsoleOutput                =                         instance(InstanceId)
GetPasswordData                 =                         instance(InstanceId)
GetEbsEncryptionByDefault       =                         *
EnableEbsEncryptionByDefault    =                         *
DisableEbsEncryptionByDefault   =                         *
StartInstances                  =                         instance(InstanceIds[])
StopInstances                   =                         instance(InstanceIds[])
RebootInstances                 =                         instance(InstanceIds[])
TerminateInstances              =                         instance(InstanceIds[])
MonitorInstances                =                         instance(InstanceIds[])
UnmonitorInstances              =                         instance(InstanceIds[])
ModifyInstanceAttribute         =                         instance(InstanceId)
ModifyInstanceAttribute         =                         security-group(Groups[])
ModifyInstanceMetadataOptions   =                         instance(InstanceId)
DescribeInstanceAttribute       =                         instance(InstanceId)
RunInstances                    =                         instance(=*)
RunInstances                    =                         network-interface(=*)
RunInstances                    =                         volume(=*)
RunInstances                    =                         image(ImageId)
RunInstances                    =                         subnet(SubnetId=*)
RunInstances -SecurityGroupIds  =                         security-group(=*)
RunInstances                    =                         security-group(SecurityGroupIds[])
RunInstances +KeyName           =                         key-pair(KeyName)
RunInstances +IamInstanceProfile iam:PassRole             unknown(IamInstanceProfile)
RunInstances +LaunchTemplate    =                         unknown(LaunchTemplate)
AssociateIamInstanceProfile     =                         instance(InstanceId)
AssociateIamInstanceProfile     iam:PassRole              unknown(IamInstanceProfile)
CreateSecurityGroup             =                         security-group(=*)
CreateSecurityGroup +VpcId      =                         vpc(VpcId)
DeleteSecurityGroup             =                         security-group(GroupId)
ModifyNetworkInterfaceAttribute =                         network-interface(NetworkInterfaceId)
ModifyNetworkInterfaceAttribute +Groups =                 security-group(Groups[])
AuthorizeSecurityGroupIngress   =                         security-group(GroupId)
AuthorizeSecurityGroupEgress    =                         security-group(GroupId)
RevokeSecurityGroupIngress      =                         security-group(GroupId)
RevokeSecurityGroupEgress       =                         security-group(GroupId)
ModifySecurityGroupRules        =                         security-group(GroupId)
CreateManagedPrefixList         =                         prefix-list(=*)
ModifyManagedPrefixList         =                         prefix-list(PrefixListId)
GetManagedPrefixListEntries     =                         prefix-list(PrefixListId)
CreateTags                      =                         ec2_resource(Resources[])
DeleteTags                      =                         ec2_resource(Resources[])
CreateSnapshot                  =                         snapshot(=*)
CreateSnapshot                  =                         volume(VolumeId)
CreateSnapshot +TagSpecifications ec2:CreateTags          snapshot(=*)
CreateSnapshots                 =                         instance(InstanceSpecification.InstanceId)
CreateSnapshots                 =                         snapshot(=*)
CreateSnapshots                 =                         volume(=*)
DeleteSnapshot                  =                         snapshot(SnapshotId)
ModifySnapshotAttribute         =                         snapshot(SnapshotId)
ResetSnapshotAttribute          =                         snapshot(SnapshotId)
CreateVolume                    =                         volume(=*)
DeleteVolume                    =                         volume(VolumeId)
AttachVolume                    =                         volume(VolumeId)
AttachVolume                    =                         instance(InstanceId)
DetachVolume                    =                         volume(VolumeId)
DetachVolume +InstanceId        =                         instance(InstanceId)
CreateImage                     =                         instance(InstanceId)
CreateImage                     =                         image(=*)
CreateImage                     =                         snapshot(=*)
DeregisterImage                 =                         image(ImageId)
ModifyImageAttribute            =                         image(ImageId)
CreateKeyPair                   =                         key-pair(KeyName)
ImportKeyPair                   =                         key-pair(KeyName)
DeleteKeyPair +KeyName          =                         key-pair(KeyName)
CreateFlowLogs                  =                         vpc-flow-log(=*)
CreateFlowLogs                  =                         ec2_resource(ResourceIds[])
CreateFlowLogs +DeliverLogsPermissionArn iam:PassRole     role(DeliverLogsPermissionArn)
DeleteFlowLogs                  =                         vpc-flow-log(FlowLogIds[])
CreateVpc                       =                         vpc(=*)
DeleteVpc                       =                         vpc(VpcId)
CreateSubnet                    =                         subnet(=*)
CreateSubnet                    =                         vpc(VpcId)
DeleteSubnet                    =                         subnet(SubnetId)
ModifySubnetAttribute           =                         subnet(SubnetId)
CreateInternetGateway           =                         internet-gateway(=*)
AttachInternetGateway           =                         internet-gateway(InternetGatewayId)
AttachInternetGateway           =                         vpc(VpcId)
DetachInternetGateway           =                         internet-gateway(InternetGatewayId)
DetachInternetGateway           =                         vpc(VpcId)
CreateRoute                     =                         route-table(RouteTableId)
DeleteRoute                     =                         route-table(RouteTableId)
ReplaceRoute                    =                         route-table(RouteTableId)
CreateRouteTable                =                         route-table(=*)
CreateRouteTable                =                         vpc(VpcId)
CreateNetworkAcl                =                         network-acl(=*)
CreateNetworkAcl                =                         vpc(VpcId)
CreateNetworkAclEntry           =                         network-acl(NetworkAclId)
ReplaceNetworkAclEntry          =                         network-acl(NetworkAclId)
DeleteNetworkAclEntry           =                         network-acl(NetworkAclId)
"""


def _ec2_resource(place: Place, identifier: str) -> str:
    """Something of EC2's whose kind its id tells, as in CreateTags."""
    kind = listed_kind("ec2", resource_type(identifier))
    if kind is None:
        raise NotSimulated("ec2", f"the id {identifier!r}")
    return kind(place, identifier)


def _creates(asking: Asking, _name: str) -> str | None:
    """The call that makes what it tags; CreateTags makes nothing."""
    return None if asking.operation == "CreateTags" else asking.operation


def _tags(arn: Arn) -> dict[str, str]:
    return dict(moto_state.backend("ec2", arn.account, arn.region).tags.get(arn.rest.rpartition("/")[2], {}))


PERMISSIONS = Permissions(
    prefix="ec2",
    denial=DenialStyle(
        code="UnauthorizedOperation",
        status=403,
        opening="You are not authorized to perform this operation. ",
    ),
    lines=_LINES,
    kinds={
        "ec2_resource": _ec2_resource,
    },
    context=(
        ContextKey(key="ec2:Region", value=lambda asking, _name: asking.place.region),
        ContextKey(key="ec2:CreateAction", value=_creates),
        ContextKey(key="ec2:InstanceType", parameter="InstanceType"),
        ContextKey(key="ec2:InstanceProfile", parameter="IamInstanceProfile.Arn"),
        ContextKey(key="ec2:MetadataHttpTokens", parameter="MetadataOptions.HttpTokens"),
        ContextKey(key="ec2:MetadataHttpEndpoint", parameter="MetadataOptions.HttpEndpoint"),
        ContextKey(key="ec2:Tenancy", parameter="Placement.Tenancy", default="default"),
        ContextKey(key="ec2:EbsOptimized", parameter="EbsOptimized", default="false"),
    ),
    tags_of=_tags,
)
