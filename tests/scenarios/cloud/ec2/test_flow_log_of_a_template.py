"""A flow log of a template only stands: traffic that it would have to tell of is loud."""

import pytest

from scenarios.cloud.ec2.traffic import Connection, Traffic
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import admin, world

FLOW_LOG = {"Type": "AWS::EC2::FlowLog", "Properties": {"ResourceId": "vpc-1", "ResourceType": "VPC"}}


def test_traffic_under_it_is_loud():
    with world({"Flows": FLOW_LOG}) as cloud:
        subnet = admin(cloud, "ec2").describe_subnets()["Subnets"][0]["SubnetId"]
        made = admin(cloud, "ec2").create_network_interface(SubnetId=subnet)["NetworkInterface"]
        asked = Connection(source="198.51.100.7", target=made["PrivateIpAddress"], port=22)

        with pytest.raises(NotSimulated, match="flow log of a template"):
            cloud.setting.laws[Traffic].send("us-east-1", [asked])
