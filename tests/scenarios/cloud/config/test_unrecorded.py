"""Of a type that isn't recorded Config says that a resource was made, or deleted, and no more."""

import json
from types import SimpleNamespace

import pytest

from scenarios.cloud.config.unrecorded import seen_in
from tests.scenarios.cloud.config.recording_worlds import EVERYTHING, history, ids, mails, only, recording
from tests.scenarios.cloud.small_worlds import admin

GROUP, INTERFACE = "AWS::EC2::SecurityGroup", "AWS::EC2::NetworkInterface"
ROLE = "arn:aws:iam::123456789012:role/Recorder"


def made(each, name="web"):
    return admin(each, "ec2").create_security_group(GroupName=name, Description="d")["GroupId"]


@pytest.mark.slow
def test_it_is_told_that_one_was_made_and_deleted_and_nothing_of_what_it_was():
    with recording(group=only(INTERFACE)) as each:
        config = admin(each, "config")
        group = made(each)
        each.run(300)
        admin(each, "ec2").authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
        )
        each.run(300)
        there = ids(each, GROUP)
        (base,) = config.batch_get_resource_config(
            resourceKeys=[{"resourceType": GROUP, "resourceId": group}]
        )["baseConfigurationItems"]
        queried = config.select_resource_config(Expression="SELECT resourceId")["Results"]
        counted = config.get_discovered_resource_counts()["totalDiscoveredResources"]
        admin(each, "ec2").delete_security_group(GroupId=group)
        each.run(300)
        items = history(each, GROUP, group)
        told = [(subject, message) for subject, message in mails(each) if group in subject]

    assert [item["configurationItemStatus"] for item in items] == [
        "ResourceDeletedNotRecorded",
        "ResourceNotRecorded",
    ]
    assert {"configuration", "availabilityZone", "resourceName"} & items[1].keys() == set()
    assert (items[1]["tags"], items[1]["relationships"]) == ({}, [])
    assert base["configurationItemStatus"] == "ResourceNotRecorded"
    assert there == [group]
    assert (queried, counted) == ([], 0)
    kinds = [message["configurationItemDiff"]["changeType"] for _, message in told]
    assert kinds == ["CREATE", "DELETE"]
    assert told[0][1]["configurationItem"]["configuration"] is None


@pytest.mark.slow
def test_one_that_is_recorded_from_now_on_is_discovered_and_a_recorded_one_may_be_deleted_unrecorded():
    with recording(group=only(INTERFACE)) as each:
        config, group = admin(each, "config"), made(each)
        each.run(300)

        def record(chosen):
            put = {"name": "default", "roleARN": ROLE, "recordingGroup": chosen}
            config.put_configuration_recorder(ConfigurationRecorder=put)

        record({"allSupported": True})
        admin(each, "ec2").create_tags(Resources=[group], Tags=[{"Key": "k", "Value": "v"}])
        each.run(300)
        record({"allSupported": False, "resourceTypes": [INTERFACE]})
        admin(each, "ec2").delete_security_group(GroupId=group)
        each.run(300)
        items = history(each, GROUP, group, chronologicalOrder="Forward")

    assert [item["configurationItemStatus"] for item in items] == [
        "ResourceNotRecorded",
        "ResourceDiscovered",
        "ResourceDeletedNotRecorded",
    ]
    assert json.loads(items[1]["configuration"])["groupName"] == "web"


@pytest.mark.slow
def test_where_everything_is_recorded_nothing_is_told_of_so():
    with recording(group=EVERYTHING) as each:
        group = made(each)
        each.run(300)
        (item,) = history(each, GROUP, group)

    assert item["configurationItemStatus"] == "ResourceDiscovered"


@pytest.mark.parametrize(
    ("operation", "parameters", "response", "seen"),
    [
        pytest.param(
            "ec2.RunInstances",
            {},
            {"Instances": [{"InstanceId": "i-1", "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1"}]}]},
            [("AWS::EC2::Instance", "i-1", False, ""), (INTERFACE, "eni-1", False, "")],
            id="a launch makes an interface too",
        ),
        pytest.param(
            "ec2.TerminateInstances",
            {"InstanceIds": ["i-1", "i-2"]},
            {},
            [("AWS::EC2::Instance", "i-1", True, ""), ("AWS::EC2::Instance", "i-2", True, "")],
            id="several at once",
        ),
        pytest.param(
            "s3.CreateBucket",
            {"Bucket": "b", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}},
            {},
            [("AWS::S3::Bucket", "b", False, "eu-west-1")],
            id="a bucket, in the region that it names",
        ),
        pytest.param(
            "lambda.DeleteFunction",
            {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:look"},
            None,
            [("AWS::Lambda::Function", "look", True, "")],
            id="a function by its ARN",
        ),
        pytest.param(
            "rds.CreateDBInstance",
            {"DBInstanceIdentifier": "shop"},
            {"DBInstance": {"DbiResourceId": "db-1"}},
            [("AWS::RDS::DBInstance", "db-1", False, "")],
            id="a database, whose id is not its name",
        ),
        pytest.param("ec2.StopInstances", {"InstanceIds": ["i-1"]}, {}, [], id="neither made nor deleted"),
        pytest.param("iam.CreateUser", {"UserName": "u"}, {}, [], id="IAM stands in no region"),
    ],
)
def test_the_calls_say_what_was_made_or_deleted(operation, parameters, response, seen):
    service, name = operation.split(".")
    call = SimpleNamespace(service=service, operation=name, parameters=parameters, response=response)

    assert [(one.type, one.id, one.is_deleted, one.region) for one in seen_in(call)] == seen
