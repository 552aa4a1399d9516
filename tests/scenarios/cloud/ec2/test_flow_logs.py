"""What is sent passes security groups and network ACLs, and flow logs say so where AWS delivers them."""

# ruff: noqa: E501 - a row a line

import gzip
import json
import re

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.ec2.firewalls import Asking, acl_lets, groups_let
from scenarios.cloud.ec2.traffic import Connection, Traffic
from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.service_logs.flows import read_vpc_flow
from tests.scenarios.cloud.log_files import asked, delivered, files
from tests.scenarios.cloud.small_worlds import ACCOUNT, admin, arn, queue, world

OUTSIDE = "198.51.100.7"
REGION = "us-east-1"
ALL_FIELDS = (
    "${version} ${srcaddr} ${dstaddr} ${dstport} ${action} ${tcp-flags} ${flow-direction} ${pkt-dstaddr}"
)


@pytest.fixture(scope="module")
def cloud():
    """A world with two servers, at 22 open to 198.51.100.0/24, and one to the other; a flow log of each kind."""
    with world(queue()) as made:
        ec2, iam = admin(made, "ec2"), admin(made, "iam")
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        one, other = (
            ec2.create_security_group(GroupName=name, Description="of a test", VpcId=vpc)["GroupId"]
            for name in ("one", "other")
        )
        rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
        ec2.authorize_security_group_ingress(
            GroupId=one, IpPermissions=[{**rule, "IpRanges": [{"CidrIp": "198.51.100.0/24"}]}]
        )
        ec2.authorize_security_group_ingress(
            GroupId=other, IpPermissions=[{**rule, "UserIdGroupPairs": [{"GroupId": one}]}]
        )
        subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
        made.addresses = []
        for group, subnet in zip((one, other), subnets, strict=True):
            interface = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]
            made.addresses.append(interface["PrivateIpAddress"])
        made.vpc, made.subnet = vpc, subnets[1]
        admin(made, "logs").create_log_group(logGroupName="flows")
        made.role = iam.create_role(RoleName="flows", AssumeRolePolicyDocument=trust())["Role"]["Arn"]
        allowed = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
        iam.put_role_policy(RoleName="flows", PolicyName="p", PolicyDocument=document(allowed))
        iam.create_role(RoleName="denied", AssumeRolePolicyDocument=trust())
        admin(made, "s3").create_bucket(Bucket="flows")
        to_group = {"LogGroupName": "flows", "DeliverLogsPermissionArn": made.role}
        made.flow_logs = [
            watch(made, LogFormat=ALL_FIELDS, **to_group),
            watch(made, LogDestinationType="s3", LogDestination="arn:aws:s3:::flows/here/"),
            watch(
                made, LogGroupName="elsewhere", DeliverLogsPermissionArn=made.role.replace("flows", "denied")
            ),
            watch(made, LogGroupName="made", DeliverLogsPermissionArn=made.role, TrafficType="REJECT"),
        ]
        yield made


def watch(made, **given):
    more = {"ResourceType": "VPC", "TrafficType": "ALL", "MaxAggregationInterval": 60, **given}
    return admin(made, "ec2").create_flow_logs(ResourceIds=[made.vpc], **more)["FlowLogIds"][0]


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def trust():
    service = {"Service": "vpc-flow-logs.amazonaws.com"}
    return document({"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"})


def send(cloud, source, target, port, **more):
    connection = Connection(source=source, target=target, port=port, **more)
    return cloud.setting.laws[Traffic].send(REGION, [connection])[0]


def lines(cloud, group):
    found = admin(cloud, "logs").filter_log_events(logGroupName=group)["events"]
    return [(each["logStreamName"], each["message"]) for each in found]


@pytest.mark.slow
def test_what_a_connection_leaves_in_the_logs(cloud):
    one, other = cloud.addresses
    arrived = [
        send(cloud, OUTSIDE, one, 22),
        send(cloud, OUTSIDE, one, 23),
        send(cloud, one, other, 22),
        send(cloud, OUTSIDE, other, 22),
        send(cloud, one, "203.0.113.9", 443),
        send(cloud, one, "169.254.169.254", 80),
    ]
    cloud.run(700)

    assert arrived == [True, False, True, False, True, True]
    found = {line for _, line in lines(cloud, "flows") if " - " not in line}
    form = ALL_FIELDS.replace("${", "").replace("}", "")
    seen = {
        tuple(
            read_vpc_flow(line, form)[name]
            for name in ("srcaddr", "dstaddr", "action", "flow-direction", "tcp-flags")
        )
        for line in found
        if read_vpc_flow(line, form)["dstport"] in ("22", "23", "443")
    }
    assert seen == {
        (OUTSIDE, one, "ACCEPT", "ingress", "3"),
        (OUTSIDE, one, "REJECT", "ingress", "2"),
        (OUTSIDE, other, "REJECT", "ingress", "2"),
        (one, other, "ACCEPT", "egress", "3"),
        (one, other, "ACCEPT", "ingress", "3"),
        (one, "203.0.113.9", "ACCEPT", "egress", "3"),
    }
    assert not any("169.254" in line for line in found)
    answers = [line for line in found if f" {one} {OUTSIDE} " in line]
    assert [read_vpc_flow(line, form)["tcp-flags"] for line in answers] == ["19"]


@pytest.mark.slow
def test_where_they_are_delivered(cloud):
    send(cloud, OUTSIDE, cloud.addresses[0], 23)
    cloud.run(700)
    s3 = admin(cloud, "s3")

    files = [each["Key"] for each in s3.list_objects_v2(Bucket="flows")["Contents"]]
    account = cloud.setting.account
    assert files[0].startswith(f"here/AWSLogs/{account}/vpcflowlogs/{REGION}/2026/")
    assert f"/{account}_vpcflowlogs_{REGION}_{cloud.flow_logs[1]}_2026" in files[0]
    text = gzip.decompress(s3.get_object(Bucket="flows", Key=files[-1])["Body"].read()).decode()
    head, *records = text.splitlines()
    assert head.startswith("version account-id interface-id srcaddr")
    assert any(record.endswith(" - NODATA") for record in records)
    assert {stream.rpartition("-")[2] for stream, _ in lines(cloud, "flows")} == {"all"}
    rejected = [line for stream, line in lines(cloud, "made") if stream.endswith("-reject")]
    assert any(" REJECT OK" in line for line in rejected)
    assert not any(" ACCEPT " in line for line in rejected)
    told = {each["FlowLogId"]: each for each in admin(cloud, "ec2").describe_flow_logs()["FlowLogs"]}
    states = [told[each]["DeliverLogsStatus"] for each in cloud.flow_logs]
    assert states == ["SUCCESS", "SUCCESS", "FAILED", "SUCCESS"]
    assert told[cloud.flow_logs[2]]["DeliverLogsErrorMessage"] == "Access error"


@pytest.mark.slow
def test_a_network_acl_refuses_the_answer_that_a_security_group_lets_out(cloud):
    ec2 = admin(cloud, "ec2")
    acl = next(each for each in ec2.describe_network_acls()["NetworkAcls"] if each["IsDefault"])[
        "NetworkAclId"
    ]
    entry = {"NetworkAclId": acl, "RuleNumber": 50, "Egress": True}
    ec2.create_network_acl_entry(
        **entry,
        Protocol="6",
        RuleAction="deny",
        CidrBlock="198.51.100.0/24",
        PortRange={"From": 1024, "To": 65535},
    )
    try:
        assert send(cloud, OUTSIDE, cloud.addresses[0], 22, source_port=40404)
        cloud.run(400)
    finally:
        ec2.delete_network_acl_entry(**entry)

    about = [line.split()[4] for _, line in lines(cloud, "flows") if " 40404 " in line]
    assert about == ["REJECT"]


# Of https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs-parquet.html, without partitions.
PARQUET_TABLE = (
    "CREATE EXTERNAL TABLE vpc_flow_logs_parquet (version int, srcaddr string, dstport int, protocol bigint, "
    "`end` bigint, action string, tcp_flags int) STORED AS PARQUET LOCATION 's3://x/'"
)


@pytest.mark.slow
def test_in_parquet_sql_reads_the_same_records_by_the_hour(cloud):
    admin(cloud, "s3").create_bucket(Bucket="parquet")
    options = {"FileFormat": "parquet", "HiveCompatiblePartitions": True, "PerHourPartition": True}
    made = watch(
        cloud,
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::parquet",
        LogFormat=f"{ALL_FIELDS} ${{protocol}} ${{log-status}}",
        DestinationOptions=options,
    )
    assert not send(cloud, "203.0.113.9", cloud.addresses[0], 2222)
    cloud.run(60 + 600 + 10)
    admin(cloud, "ec2").delete_flow_logs(FlowLogIds=[made])

    found = delivered(cloud, "parquet")
    start = rf"AWSLogs/aws-account-id={ACCOUNT}/aws-service=vpcflowlogs/aws-region={REGION}"
    name = rf"{ACCOUNT}_vpcflowlogs_{REGION}_{made}_\d{{8}}T\d{{4}}Z_\w{{8}}\.log\.parquet"
    day = r"year=\d{4}/month=\d\d/day=\d\d/hour=\d\d"
    assert found
    assert all(re.fullmatch(f"{start}/{day}/{name}", key) for key in found)
    sql = "SELECT srcaddr, dstport, protocol, action FROM {} WHERE action <> '-'"
    row = ("203.0.113.9", "2222", "6", "REJECT")
    assert asked(cloud, found, sql.format("vpc_flow_logs")) == [row]
    assert asked(cloud, found, sql.format("vpc_flow_logs_parquet"), PARQUET_TABLE) == [row]
    empty = "SELECT DISTINCT srcaddr, dstport FROM vpc_flow_logs WHERE log_status = 'NODATA'"
    assert asked(cloud, found, empty) == [("-", None)]


def test_nobody_is_there(cloud):
    with pytest.raises(WorldError, match="neither"):
        send(cloud, OUTSIDE, "203.0.113.9", 22)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (
            {
                "LogDestinationType": "kinesis-data-firehose",
                "LogDestination": "arn:aws:firehose:us-east-1:1:deliverystream/x",
                "DeliverCrossAccountRole": "arn:aws:iam::1:role/x",
            },
            "another account's stream",
        ),
        ({"DestinationOptions": {"FileFormat": "parquet"}, "LogGroupName": "x"}, "Parquet"),
        ({"LogFormat": "${colour}", "LogGroupName": "x"}, "no field colour"),
    ],
)
def test_what_is_not_delivered_is_loud(cloud, given, what):
    with pytest.raises(NotSimulated, match=what):
        watch(cloud, DeliverLogsPermissionArn=cloud.role, **given)


def test_a_bucket_that_lets_no_delivery_in_has_no_flow_log(cloud):
    admin(cloud, "s3").create_bucket(Bucket="closed")
    user = cloud.user(
        "nobody", policies=[json.loads(document({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}))]
    )
    answer = cloud.client(user, "ec2").create_flow_logs(
        ResourceIds=[cloud.vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::closed",
    )

    assert answer["FlowLogIds"] == []
    assert "Access Denied for LogDestination: closed" in answer["Unsuccessful"][0]["Error"]["Message"]
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        admin(cloud, "s3").get_bucket_policy(Bucket="closed")


@pytest.mark.slow
def test_a_deleted_flow_log_ends(cloud):
    gone = watch(cloud, LogGroupName="gone", DeliverLogsPermissionArn=cloud.role, TrafficType="ACCEPT")
    admin(cloud, "ec2").delete_flow_logs(FlowLogIds=[gone])
    cloud.run(400)

    groups = admin(cloud, "logs").describe_log_groups()["logGroups"]
    assert "gone" not in [each["logGroupName"] for each in groups]


# ---- firewalls -----------------------------------------------------------------------------------

ENTRIES = [
    {"RuleNumber": 200, "Egress": False, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"},
    {
        "RuleNumber": 100,
        "Egress": False,
        "Protocol": "6",
        "RuleAction": "deny",
        "CidrBlock": "198.51.100.0/24",
        "PortRange": {"From": 22, "To": 22},
    },
]


@pytest.mark.parametrize(
    ("address", "port", "protocol", "lets"),
    [(OUTSIDE, 22, 6, False), (OUTSIDE, 23, 6, True), (OUTSIDE, 22, 17, True), ("203.0.113.1", 22, 6, True)],
)
def test_the_first_entry_of_a_network_acl_that_fits_decides(address, port, protocol, lets):
    asking = Asking(address=address, port=port, protocol=protocol)

    assert acl_lets(ENTRIES, asking, egress=False) is lets
    assert acl_lets(ENTRIES, asking, egress=True) is False


RULES = {
    "of another version": ({"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}, False),
    "everything": ({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, True),
    "another port": (
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 90, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        False,
    ),
    "a range": (
        {"IpProtocol": "tcp", "FromPort": 20, "ToPort": 25, "IpRanges": [{"CidrIp": "198.51.100.7/32"}]},
        True,
    ),
    "another protocol": (
        {"IpProtocol": "udp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        False,
    ),
    "a group": (
        {"IpProtocol": "6", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": "sg-1"}]},
        True,
    ),
    "another group": (
        {"IpProtocol": "6", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": "sg-2"}]},
        False,
    ),
}


@pytest.mark.parametrize(("rule", "lets"), RULES.values(), ids=RULES)
def test_a_rule_of_a_security_group(rule, lets):
    asking = Asking(address=OUTSIDE, port=22, protocol=6, groups=frozenset({"sg-1"}))

    assert groups_let([rule], asking) is lets
    with pytest.raises(NotSimulated, match="prefix list"):
        groups_let([{**rule, "IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-1"}]}], asking)


STREAM = arn("firehose", "deliverystream/flows")
TO_STREAM = {"LogDestinationType": "kinesis-data-firehose", "LogDestination": STREAM}


def to_stream(cloud, client):
    return client.create_flow_logs(
        ResourceIds=[cloud.subnet], ResourceType="Subnet", TrafficType="ALL", **TO_STREAM
    )


@pytest.mark.slow
def test_firehose_gets_a_record_for_each_line_while_the_stream_has_its_tag(cloud):
    ec2, firehose, s3 = (admin(cloud, each) for each in ("ec2", "firehose", "s3"))
    refused = to_stream(cloud, ec2)["Unsuccessful"][0]["Error"]["Message"]
    s3.create_bucket(Bucket="streamed")
    trusted = trust().replace("vpc-flow-logs", "firehose")
    role = admin(cloud, "iam").create_role(RoleName="stream", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    admin(cloud, "iam").put_role_policy(
        RoleName="stream",
        PolicyName="p",
        PolicyDocument=document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
    )
    firehose.create_delivery_stream(
        DeliveryStreamName="flows",
        ExtendedS3DestinationConfiguration={
            "BucketARN": "arn:aws:s3:::streamed",
            "RoleARN": role,
            "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 5},
        },
    )
    only_ec2 = [json.loads(document({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}))]
    nobody = cloud.client(cloud.user("nobody", policies=only_ec2), "ec2")
    denied = to_stream(cloud, nobody)["Unsuccessful"][0]["Error"]["Message"]
    made = to_stream(cloud, ec2)["FlowLogIds"][0]

    send(cloud, OUTSIDE, cloud.addresses[1], 22)
    cloud.run(1300)

    assert (refused, "Access Denied" in denied) == (f"LogDestination: {STREAM} does not exist.", True)
    text = "".join(files(cloud, "streamed").values())
    records = [json.loads("{" + each) for each in text.split("{")[1:]]
    assert any(f" {OUTSIDE} {cloud.addresses[1]} " in each["message"] for each in records)

    firehose.untag_delivery_stream(DeliveryStreamName="flows", TagKeys=["LogDeliveryEnabled"])
    cloud.run(1300)
    told = {each["FlowLogId"]: each["DeliverLogsStatus"] for each in ec2.describe_flow_logs()["FlowLogs"]}
    assert told[made] == "FAILED"
