"""What an item of each type holds, in one world that has one resource of each."""

import json
from urllib.parse import unquote

import pytest

from scenarios.cloud.config.recorder import Recorders
from scenarios.cloud.config.resource_types.all_types import TYPES
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.service_models import service_model
from tests.scenarios.cloud.config.recording_worlds import BUCKET, recording
from tests.scenarios.cloud.small_worlds import HOME, admin, document, function, queue, trail, world

KEY = {
    "Type": "AWS::KMS::Key",
    "Properties": {
        "KeyPolicy": document(
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        )
    },
}
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "TableName": "things",
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
}
BLOCK = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": False,
}


@pytest.fixture(scope="module")
def items():
    """The last item of every resource, by type, as they are sent."""
    resources = {"Key": KEY, "Table": TABLE, **function(), **queue()}
    with recording(resources) as each:
        ec2, iam, rds = admin(each, "ec2"), admin(each, "iam"), admin(each, "rds")
        group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
        wanted = {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1, "SecurityGroupIds": [group]}
        launched = ec2.run_instances(**wanted)["Instances"][0]
        ec2.create_tags(Resources=[launched["InstanceId"]], Tags=[{"Key": "app", "Value": "shop"}])
        iam.create_group(GroupName="people")
        policy = {
            "PolicyName": "p",
            "PolicyDocument": json.dumps(document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})),
        }
        arn = iam.create_policy(**policy)["Policy"]["Arn"]
        iam.create_user(UserName="somebody")
        iam.add_user_to_group(UserName="somebody", GroupName="people")
        iam.attach_user_policy(UserName="somebody", PolicyArn=arn)
        iam.put_user_policy(UserName="somebody", **policy)
        logs = admin(each, "logs")
        logs.create_log_group(logGroupName="flows")
        ec2.create_flow_logs(
            ResourceType="VPC",
            ResourceIds=[launched["VpcId"]],
            TrafficType="ALL",
            LogGroupName="flows",
            DeliverLogsPermissionArn=f"arn:aws:iam::{ACCOUNT}:role/Recorder",
        )
        admin(each, "s3control").put_public_access_block(
            AccountId=ACCOUNT, PublicAccessBlockConfiguration=BLOCK
        )
        rds.create_db_instance(
            PubliclyAccessible=True,
            DBInstanceIdentifier="shop",
            DBInstanceClass="db.t3.micro",
            Engine="mysql",
            AllocatedStorage=20,
            MasterUsername="u",
            MasterUserPassword="not-a-secret",
        )
        rds.create_db_snapshot(DBSnapshotIdentifier="shop-1", DBInstanceIdentifier="shop")
        each.run(1000)
        recorded = each.setting.laws[Recorders].of(HOME)
        return {kind: [item for item in recorded.present() if item.found.type == kind] for kind in TYPES}


def test_every_type_is_one_that_config_knows():
    known = service_model("config").shape_for("ResourceType").enum

    assert sorted(set(TYPES) - set(known)) == []


@pytest.mark.slow
def test_every_type_has_items(items):
    assert [kind for kind in TYPES if not items[kind] and kind != "AWS::CloudTrail::Trail"] == []
    for found in items.values():
        for item in found:
            json.dumps(item.sent())


def test_an_instance_names_its_network_volume_and_tags(items):
    (item,) = items["AWS::EC2::Instance"]
    sent = item.sent()

    assert sent["configuration"]["state"] == {"code": 16, "name": "running"}
    assert sent["configuration"]["monitoring"] == {"state": "disabled"}
    assert sent["configuration"]["securityGroups"][0].keys() == {"groupName", "groupId"}
    assert [one["name"] for one in sent["relationships"]] == [
        "Contains NetworkInterface",
        "Is associated with SecurityGroup",
        "Is contained in Subnet",
        "Is attached to Volume",
        "Is contained in Vpc",
    ]
    assert sent["tags"] == {"app": "shop"}


def test_an_interface_names_its_instance_and_groups(items):
    (item,) = items["AWS::EC2::NetworkInterface"]
    sent = item.sent()

    assert sent["configuration"]["groups"][0].keys() == {"groupName", "groupId"}
    assert sent["configuration"]["attachment"]["instanceId"].startswith("i-")
    assert [one["name"] for one in sent["relationships"]] == [
        "Is attached to Instance",
        "Is associated with SecurityGroup",
        "Is contained in Subnet",
        "Is contained in Vpc",
    ]


def test_a_bucket_has_its_settings_beside_its_configuration(items):
    found = next(item.found for item in items["AWS::S3::Bucket"] if item.found.id == BUCKET)

    assert (found.zone, found.name) == ("Regional", BUCKET)
    acl = json.loads(found.supplementary["AccessControlList"])
    assert [one["permission"] for one in acl["grantList"]] == ["FullControl"]
    assert found.supplementary["BucketPolicy"] == {"policyText": None}
    assert found.supplementary["BucketVersioningConfiguration"]["status"] == "Off"


def test_the_accounts_block_has_the_accounts_id(items):
    (item,) = items["AWS::S3::AccountPublicAccessBlock"]

    assert item.found.id == ACCOUNT
    assert item.found.configuration == {
        f"{name[0].lower()}{name[1:]}": value for name, value in BLOCK.items()
    }


def test_a_user_has_its_groups_and_policies_and_no_region(items):
    (item,) = items["AWS::IAM::User"]
    found = item.found

    assert (item.region, found.name, found.id[:4]) == ("global", "somebody", "AIDA")
    assert [one.words for one in found.relations] == [
        "Is attached to Group",
        "Is attached to CustomerManagedPolicy",
    ]
    document_of = found.configuration["userPolicyList"][0]["policyDocument"]
    assert json.loads(unquote(document_of))["Statement"][0]["Action"] == "s3:*"


def test_a_function_shows_neither_environment_nor_code(items):
    (item,) = items["AWS::Lambda::Function"]
    found = item.found

    assert "environment" not in found.configuration
    assert found.configuration["handler"] == "nowhere.look"
    assert found.relations[0].name == "lookRole"


def test_keys_tables_and_queues_have_their_settings(items):
    key = items["AWS::KMS::Key"][0].found
    table = items["AWS::DynamoDB::Table"][0].found
    waiting = items["AWS::SQS::Queue"][0].found

    assert key.supplementary["KeyRotationStatus"] is False
    assert key.configuration["keyManager"] == "CUSTOMER"
    assert table.configuration["tableStatus"] == "ACTIVE"
    assert "itemCount" not in table.configuration
    assert waiting.id.startswith("https://")
    assert not any(name.startswith("Approximate") for name in waiting.configuration)
    assert waiting.configuration["VisibilityTimeout"] == 30


def test_a_state_of_one_word_stands_in_an_object_and_newer_types_have_milliseconds(items):
    volume = items["AWS::EC2::Volume"][0].found
    network = items["AWS::EC2::VPC"][0].found
    subnet = items["AWS::EC2::Subnet"][0].found
    table = items["AWS::DynamoDB::Table"][0].found
    key = items["AWS::KMS::Key"][0].found

    assert volume.configuration["state"] == {"value": "in-use"}
    assert network.configuration["state"] == subnet.configuration["state"] == {"value": "available"}
    assert isinstance(table.configuration["creationDateTime"], int)
    assert isinstance(key.configuration["creationDate"], int)
    assert key.configuration["awsaccountId"] == ACCOUNT


def test_networks_name_their_lists_and_tables(items):
    network = items["AWS::EC2::VPC"][0].found
    subnet = items["AWS::EC2::Subnet"][0].found

    assert {one.words for one in network.relations} >= {"Contains NetworkAcl", "Contains RouteTable"}
    assert "Is attached to NetworkAcl" in {one.words for one in subnet.relations}


def test_a_database_that_anybody_may_reach_says_so(items):
    (item,) = items["AWS::RDS::DBInstance"]

    assert item.found.configuration["publiclyAccessible"] is True
    assert item.found.configuration["storageEncrypted"] is False


@pytest.mark.slow
def test_a_world_without_a_recorder_asks_nothing_for_config():
    with world(trail()) as each:
        admin(each, "ec2").create_security_group(GroupName="g", Description="d")
        each.run(1000)

        assert not each.setting.laws[Recorders].of(HOME).items
