"""EC2: instances, what they are made of, and networks."""

from functools import partial

from scenarios.cloud.iam.rows import DenialStyle, Permissions, Place
from scenarios.cloud.kernel.errors import NotSimulated

_LINES = """
Describe*                       =                         *
DescribeImageAttribute                  =                 image(ImageId)
DescribeSnapshotAttribute               =                 snapshot(SnapshotId)
DescribeVolumeAttribute                 =                 volume(VolumeId)
DescribeVpcAttribute                    =                 vpc(VpcId)
DescribeSecurityGroupReferences         =                 security_group(GroupId[])
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
ModifyInstanceAttribute         =                         security_group(Groups[])
ModifyInstanceMetadataOptions   =                         instance(InstanceId)
DescribeInstanceAttribute       =                         instance(InstanceId)
RunInstances                    =                         instance(=*)
RunInstances                    =                         network_interface(=*)
RunInstances                    =                         volume(=*)
RunInstances                    =                         image(ImageId)
RunInstances                    =                         subnet(SubnetId=*)
RunInstances -SecurityGroupIds  =                         security_group(=*)
RunInstances                    =                         security_group(SecurityGroupIds[])
RunInstances +KeyName           =                         key_pair(KeyName)
RunInstances +IamInstanceProfile iam:PassRole             unknown(IamInstanceProfile)
RunInstances +LaunchTemplate    =                         unknown(LaunchTemplate)
AssociateIamInstanceProfile     =                         instance(InstanceId)
AssociateIamInstanceProfile     iam:PassRole              unknown(IamInstanceProfile)
CreateSecurityGroup             =                         security_group(=*)
CreateSecurityGroup +VpcId      =                         vpc(VpcId)
DeleteSecurityGroup             =                         security_group(GroupId)
AuthorizeSecurityGroupIngress   =                         security_group(GroupId)
AuthorizeSecurityGroupEgress    =                         security_group(GroupId)
RevokeSecurityGroupIngress      =                         security_group(GroupId)
RevokeSecurityGroupEgress       =                         security_group(GroupId)
ModifySecurityGroupRules        =                         security_group(GroupId)
CreateTags                      =                         ec2_resource(Resources[])
DeleteTags                      =                         ec2_resource(Resources[])
CreateSnapshot                  =                         snapshot(=*)
CreateSnapshot                  =                         volume(VolumeId)
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
CreateKeyPair                   =                         key_pair(KeyName)
ImportKeyPair                   =                         key_pair(KeyName)
DeleteKeyPair +KeyName          =                         key_pair(KeyName)
CreateFlowLogs                  =                         flow_log(=*)
CreateFlowLogs                  =                         ec2_resource(ResourceIds[])
CreateFlowLogs +DeliverLogsPermissionArn iam:PassRole     role(DeliverLogsPermissionArn)
DeleteFlowLogs                  =                         flow_log(FlowLogIds[])
CreateVpc                       =                         vpc(=*)
DeleteVpc                       =                         vpc(VpcId)
CreateSubnet                    =                         subnet(=*)
CreateSubnet                    =                         vpc(VpcId)
DeleteSubnet                    =                         subnet(SubnetId)
ModifySubnetAttribute           =                         subnet(SubnetId)
CreateInternetGateway           =                         internet_gateway(=*)
AttachInternetGateway           =                         internet_gateway(InternetGatewayId)
AttachInternetGateway           =                         vpc(VpcId)
DetachInternetGateway           =                         internet_gateway(InternetGatewayId)
DetachInternetGateway           =                         vpc(VpcId)
CreateRoute                     =                         route_table(RouteTableId)
DeleteRoute                     =                         route_table(RouteTableId)
ReplaceRoute                    =                         route_table(RouteTableId)
CreateRouteTable                =                         route_table(=*)
CreateRouteTable                =                         vpc(VpcId)
CreateNetworkAcl                =                         network_acl(=*)
CreateNetworkAcl                =                         vpc(VpcId)
CreateNetworkAclEntry           =                         network_acl(NetworkAclId)
ReplaceNetworkAclEntry          =                         network_acl(NetworkAclId)
DeleteNetworkAclEntry           =                         network_acl(NetworkAclId)
"""


_WITHOUT_ACCOUNT = {"image", "snapshot"}

_EC2_PREFIXES = {
    "i": "instance",
    "sg": "security-group",
    "vol": "volume",
    "snap": "snapshot",
    "ami": "image",
    "subnet": "subnet",
    "vpc": "vpc",
    "eni": "network-interface",
    "igw": "internet-gateway",
    "rtb": "route-table",
    "acl": "network-acl",
    "fl": "vpc-flow-log",
}


def _ec2(kind: str, place: Place, identifier: str) -> str:
    """Something of EC2's; images and snapshots are known without an account."""
    account = "" if kind in _WITHOUT_ACCOUNT else place.account
    return f"arn:aws:ec2:{place.region}:{account}:{kind}/{identifier}"


def _ec2_resource(place: Place, identifier: str) -> str:
    """Something of EC2's whose kind its id tells, as in CreateTags."""
    kind = _EC2_PREFIXES.get(identifier.partition("-")[0])
    if kind is None:
        raise NotSimulated("ec2", f"the id {identifier!r}")
    return _ec2(kind, place, identifier)


_KINDS = {
    "instance": "instance",
    "security_group": "security-group",
    "volume": "volume",
    "snapshot": "snapshot",
    "image": "image",
    "subnet": "subnet",
    "vpc": "vpc",
    "network_interface": "network-interface",
    "internet_gateway": "internet-gateway",
    "route_table": "route-table",
    "network_acl": "network-acl",
    "flow_log": "vpc-flow-log",
    "key_pair": "key-pair",
}


PERMISSIONS = Permissions(
    prefix="ec2",
    denial=DenialStyle(
        code="UnauthorizedOperation",
        status=403,
        opening="You are not authorized to perform this operation. ",
    ),
    lines=_LINES,
    kinds={
        **{name: partial(_ec2, kind) for name, kind in _KINDS.items()},
        "ec2_resource": _ec2_resource,
    },
)
