"""Resources of types that a recorder leaves out: Config captures that one was made or deleted, and no more.

It is told like any change, and its item holds nothing: no configuration, relations or tags. Rules don't see
it, queries don't find it; ListDiscoveredResources names it. The calls say which resource it is, since nothing
of it is described.

No page says whether such an item is in history files (here it isn't), and whether a region that leaves out
the global types hears of IAM's (here it doesn't). What a call makes or deletes on its way and doesn't name,
such as the network interface of an instance that is terminated, is not seen.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html (what isn't recorded),
https://docs.aws.amazon.com/config/latest/developerguide/querying-AWS-resources.html#query-limitations,
https://docs.aws.amazon.com/config/latest/APIReference/API_ListDiscoveredResources.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scenarios.cloud.authorization.paths import walk
from scenarios.cloud.config.items import Found
from scenarios.cloud.config.resource_types import ec2, others, s3
from scenarios.cloud.kernel.caller import ApiCall

# Operation: types, each with the path to its ids in the answer, or else in the parameters.
_MADE: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("ec2", "RunInstances"): {
        ec2.INSTANCE: "Instances[].InstanceId",
        ec2.INTERFACE: "Instances[].NetworkInterfaces[].NetworkInterfaceId",
        ec2.VOLUME: "Instances[].BlockDeviceMappings[].Ebs.VolumeId",
    },
    ("ec2", "CreateNetworkInterface"): {ec2.INTERFACE: "NetworkInterface.NetworkInterfaceId"},
    ("ec2", "CreateSecurityGroup"): {ec2.GROUP: "GroupId"},
    ("ec2", "CreateVolume"): {ec2.VOLUME: "VolumeId"},
    ("ec2", "CreateVpc"): {ec2.VPC: "Vpc.VpcId"},
    ("ec2", "CreateSubnet"): {ec2.SUBNET: "Subnet.SubnetId"},
    ("ec2", "CreateFlowLogs"): {ec2.FLOW_LOG: "FlowLogIds[]"},
    ("s3", "CreateBucket"): {s3.BUCKET: "Bucket"},
    ("lambda", "CreateFunction"): {others.FUNCTION: "FunctionName"},
    ("kms", "CreateKey"): {others.KEY: "KeyMetadata.KeyId"},
    ("dynamodb", "CreateTable"): {others.TABLE: "TableName"},
    ("cloudtrail", "CreateTrail"): {others.TRAIL: "Name"},
    ("sns", "CreateTopic"): {others.TOPIC: "TopicArn"},
    ("sqs", "CreateQueue"): {others.QUEUE: "QueueUrl"},
    ("rds", "CreateDBInstance"): {others.DATABASE: "DBInstance.DbiResourceId"},
    ("rds", "CreateDBSnapshot"): {others.DATABASE_SNAPSHOT: "DBSnapshot.DBSnapshotIdentifier"},
}
_DELETED: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("ec2", "TerminateInstances"): {ec2.INSTANCE: "InstanceIds[]"},
    ("ec2", "DeleteNetworkInterface"): {ec2.INTERFACE: "NetworkInterfaceId"},
    ("ec2", "DeleteSecurityGroup"): {ec2.GROUP: "GroupId"},
    ("ec2", "DeleteVolume"): {ec2.VOLUME: "VolumeId"},
    ("ec2", "DeleteVpc"): {ec2.VPC: "VpcId"},
    ("ec2", "DeleteSubnet"): {ec2.SUBNET: "SubnetId"},
    ("ec2", "DeleteFlowLogs"): {ec2.FLOW_LOG: "FlowLogIds[]"},
    ("s3", "DeleteBucket"): {s3.BUCKET: "Bucket"},
    ("lambda", "DeleteFunction"): {others.FUNCTION: "FunctionName"},
    ("dynamodb", "DeleteTable"): {others.TABLE: "TableName"},
    ("cloudtrail", "DeleteTrail"): {others.TRAIL: "Name"},
    ("sns", "DeleteTopic"): {others.TOPIC: "TopicArn"},
    ("sqs", "DeleteQueue"): {others.QUEUE: "QueueUrl"},
    ("rds", "DeleteDBInstance"): {others.DATABASE: "DBInstance.DbiResourceId"},
    ("rds", "DeleteDBSnapshot"): {others.DATABASE_SNAPSHOT: "DBSnapshot.DBSnapshotIdentifier"},
}
# Functions and trails may be named by their ARN.
_BY_NAME: Final[Mapping[str, str]] = {others.FUNCTION: ":", others.TRAIL: "/"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A resource that a call has made or deleted. `region`: "" for the one of the call."""

    type: str
    id: str
    is_deleted: bool
    region: str = ""

    @property
    def found(self) -> Found:
        """What its item holds."""
        return Found(type=self.type, id=self.id, arn="", zone="", configuration={})


def seen_in(call: ApiCall) -> Iterator[Seen]:
    """The resources that a call has made or deleted, whose ids it names."""
    operation = (call.service, call.operation)
    for table, is_deleted in ((_MADE, False), (_DELETED, True)):
        for kind, path in table.get(operation, {}).items():
            said = {**call.parameters, **(call.response or {})}
            for identity in walk(path, said):
                if isinstance(identity, str) and identity:
                    short = identity.rpartition(_BY_NAME[kind])[2] if kind in _BY_NAME else identity
                    yield Seen(type=kind, id=short, is_deleted=is_deleted, region=_region_of(call, said))


def _region_of(call: ApiCall, said: Mapping[str, Any]) -> str:
    """Where a bucket is made, which the call itself says."""
    if call.operation != "CreateBucket":
        return ""
    return str(said.get("CreateBucketConfiguration", {}).get("LocationConstraint") or "us-east-1")
