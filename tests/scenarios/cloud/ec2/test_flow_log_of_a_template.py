"""A flow log of a template sees what its network sees; one that can't be made is loud under traffic."""

import gzip

import pytest

from scenarios.cloud.ec2.traffic import Connection, Traffic
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.log_files import asked, delivered, lets_in
from tests.scenarios.cloud.small_worlds import ACCOUNT, admin, bucket, lets, world

OUTSIDE = "198.51.100.7"
VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}}
SUBNET = {"Type": "AWS::EC2::Subnet", "Properties": {"CidrBlock": "10.1.0.0/24", "VpcId": {"Ref": "Net"}}}


def flow_log(**more):
    given = {
        "ResourceId": {"Ref": "Net"},
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": "arn:aws:s3:::tw-logs/flows/",
        "MaxAggregationInterval": 60,
        **more,
    }
    return {"Type": "AWS::EC2::FlowLog", "Properties": given, "DependsOn": ["Bucket"]}


def send(cloud):
    ec2 = admin(cloud, "ec2")
    subnet = next(each for each in ec2.describe_subnets()["Subnets"] if each["CidrBlock"] == "10.1.0.0/24")
    made = ec2.create_network_interface(SubnetId=subnet["SubnetId"])["NetworkInterface"]
    asked = Connection(source=OUTSIDE, target=made["PrivateIpAddress"], port=22)
    cloud.setting.laws[Traffic].send("us-east-1", [asked])


@pytest.mark.slow
def test_traffic_under_it_is_delivered():
    options = {"FileFormat": "plain-text", "HiveCompatiblePartitions": True, "PerHourPartition": False}
    parquet = flow_log(
        LogDestination="arn:aws:s3:::tw-logs/parquet/",
        DestinationOptions={**options, "FileFormat": "parquet"},
    )
    both = {"Flows": flow_log(DestinationOptions=options), "Parquet": parquet}
    with world({"Net": VPC, "Subnet": SUBNET, **bucket(), **both}) as cloud:
        by = lets("delivery.logs", "s3:PutObject", "s3:GetBucketAcl")
        lets_in(
            admin(cloud, "s3"),
            "tw-logs",
            {**by, "Resource": ["arn:aws:s3:::tw-logs", "arn:aws:s3:::tw-logs/*"]},
        )
        send(cloud)
        cloud.run(800)

        found = delivered(cloud, "tw-logs")
        of_parquet = {key: body for key, body in found.items() if key.endswith(".parquet")}
        texts = [gzip.decompress(body).decode() for key, body in found.items() if key not in of_parquet]
        assert any(f" {OUTSIDE} " in text and " REJECT OK" in text for text in texts)
        for key in found:
            folder = "parquet" if key in of_parquet else "flows"
            assert key.startswith(f"{folder}/AWSLogs/aws-account-id={ACCOUNT}/")
        sql = "SELECT srcaddr, action FROM vpc_flow_logs WHERE action <> '-'"
        assert asked(cloud, of_parquet, sql) == [(OUTSIDE, "REJECT")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        {"ResourceId": "vpc-1"},
        {"LogFormat": "${colour}"},
    ],
    ids=["no such network", "no such field"],
)
def test_one_that_can_not_be_made_is_loud_under_traffic(more):
    with (
        world({"Net": VPC, "Subnet": SUBNET, **bucket(), "Flows": flow_log(**more)}) as cloud,
        pytest.raises(NotSimulated, match="flow log of a template"),
    ):
        send(cloud)
