"""AWS::MSK: clusters, which stand with their ARN; a scenario says what is produced to them.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_MSK.html
"""

from collections.abc import Mapping
from typing import Final

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, only_told
from scenarios.cloud.cloudformation.resources.shapes import Document, Inert, Shape, Text, Whole

_BROKERS: Final = "nobody speaks to its brokers"
_NAME: Final = Text(pattern=r"[a-zA-Z0-9-]{1,64}")
CLUSTER = Shape(
    fields={
        **{
            name: Inert(because=_BROKERS)
            for name in (
                *("ClientAuthentication", "ConfigurationInfo", "CurrentVersion", "EncryptionInfo"),
                *("EnhancedMonitoring", "LoggingInfo", "OpenMonitoring", "Rebalancing", "StorageMode"),
                *("Tags", "ZookeeperAccess"),
            )
        },
        "BrokerNodeGroupInfo": Inert(because=_BROKERS, form=Document()),
        "ClusterName": _NAME,
        "KafkaVersion": Inert(because=_BROKERS, form=Text()),
        "NumberOfBrokerNodes": Inert(because=_BROKERS, form=Whole(low=1)),
    },
    required=("BrokerNodeGroupInfo", "ClusterName", "KafkaVersion", "NumberOfBrokerNodes"),
)
SERVERLESS = Shape(
    fields={
        "ClientAuthentication": Inert(because=_BROKERS),
        "ClusterName": _NAME,
        "Tags": Inert(because=_BROKERS),
        "VpcConfigs": Inert(because=_BROKERS),
    },
    required=("ClientAuthentication", "ClusterName", "VpcConfigs"),
)


def create_cluster(order: Order) -> Identity:
    """Name a cluster; its ARN ends in an id."""
    digits = order.site.suffix(order.logical_id, 32).lower()
    number = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))
    arn = order.site.arn("kafka", f"cluster/{order.properties['ClusterName']}/{number}-1")
    return Identity(ref=arn, attributes={"Arn": arn})


_delete_cluster = only_told("kafka", "DeleteCluster", "ClusterArn")

KINDS: Mapping[str, Kind] = {
    "AWS::MSK::Cluster": Kind(shape=CLUSTER, create=create_cluster, delete=_delete_cluster),
    "AWS::MSK::ServerlessCluster": Kind(shape=SERVERLESS, create=create_cluster, delete=_delete_cluster),
}
