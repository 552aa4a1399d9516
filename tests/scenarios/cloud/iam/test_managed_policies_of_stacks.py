"""Policies of AWS that a template attaches."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.small_worlds import admin, document, world

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
TRUSTS_ITS_ACCOUNT = document(
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
)


def stack():
    role = {
        "RoleName": "reader",
        "AssumeRolePolicyDocument": TRUSTS_ITS_ACCOUNT,
        "ManagedPolicyArns": [READ_ONLY],
    }
    group = {"GroupName": "readers", "ManagedPolicyArns": [READ_ONLY]}
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Group": {"Type": "AWS::IAM::Group", "Properties": group},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "photos"}},
    }


@pytest.fixture(scope="module")
def cloud():
    with world(stack()) as each:
        yield each


def test_a_role_may_what_the_policy_allows_and_no_more(cloud):
    assumed = admin(cloud, "sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/reader", RoleSessionName="reads"
    )["Credentials"]
    s3 = cloud.setting.session.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )

    assert s3.list_objects_v2(Bucket="photos")["KeyCount"] == 0
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket="photos", Key="k", Body=b"")


def test_it_is_attached_under_its_own_arn(cloud):
    iam = admin(cloud, "iam")
    attached = [
        iam.list_attached_role_policies(RoleName="reader")["AttachedPolicies"],
        iam.list_attached_group_policies(GroupName="readers")["AttachedPolicies"],
    ]

    assert attached == [[{"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": READ_ONLY}]] * 2


def test_a_stack_that_attached_it_can_be_deleted(cloud):
    cloudformation = admin(cloud, "cloudformation")
    made = {
        name: {"Type": each["Type"], "Properties": {**each["Properties"]}} for name, each in stack().items()
    }
    made["Role"]["Properties"]["RoleName"], made["Group"]["Properties"]["GroupName"] = "other", "others"
    del made["Bucket"]
    cloudformation.create_stack(
        StackName="other",
        TemplateBody=json.dumps({"Resources": made}),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloud.run(120)
    before = [role["RoleName"] for role in admin(cloud, "iam").list_roles()["Roles"]]
    cloudformation.delete_stack(StackName="other")
    cloud.run(120)

    after = [role["RoleName"] for role in admin(cloud, "iam").list_roles()["Roles"]]
    assert set(before) - set(after) == {"other"}
