"""The runbooks that AWS owns: each does what its page says, under a role with what its page asks for."""

import pytest

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.ssm.automation import owned
from tests.scenarios.cloud.agent.host_worlds import launch
from tests.scenarios.cloud.small_worlds import (
    admin,
    arn,
    bucket,
    lets,
    may,
    queue,
    refusal,
    role,
    topic,
    world,
)
from tests.scenarios.cloud.ssm.automation.runbook_worlds import ROLE, look, statuses

OPEN = {"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
SSH, RDP = {**OPEN, "FromPort": 22, "ToPort": 22}, {**OPEN, "FromPort": 3389, "ToPort": 3389}
INSIDE = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}


def mends(actions, *resources):
    return world(
        {**role("mends", "ssm", may(actions)), **{name: v for r in resources for name, v in r.items()}}
    )


def runs(each, name, seconds=120, **given):
    """Run a runbook under the role of the world; the execution."""
    parameters = {"AutomationAssumeRole": [ROLE], **{key: [value] for key, value in given.items()}}
    started = admin(each, "ssm").start_automation_execution(DocumentName=name, Parameters=parameters)
    each.run(seconds)
    return look(each, started["AutomationExecutionId"])


def group(each, *permissions):
    """A security group with these ingress rules."""
    client = admin(each, "ec2")
    vpc = client.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = client.create_security_group(GroupName="web", Description="d", VpcId=vpc)["GroupId"]
    if permissions:
        client.authorize_security_group_ingress(GroupId=made, IpPermissions=list(permissions))
    return made


def ports(each, group_id, way="IpPermissions"):
    (found,) = admin(each, "ec2").describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    return sorted(each.get("FromPort", -1) for each in found[way])


def succeeded(execution):
    assert execution["AutomationExecutionStatus"] == "Success", execution.get("FailureMessage")
    return True


@pytest.mark.slow
def test_ssh_and_rdp_are_closed_and_the_rest_stays():
    with mends("ec2:RevokeSecurityGroupIngress") as each:
        web = group(each, SSH, RDP, INSIDE)

        assert succeeded(runs(each, "AWS-DisablePublicAccessForSecurityGroup", GroupId=web))
        assert ports(each, web) == [443]


@pytest.mark.slow
def test_rules_open_to_everybody_go_and_the_rest_stays():
    with mends(["ec2:DescribeSecurityGroups", "ec2:RevokeSecurityGroupIngress"]) as each:
        web = group(each, SSH, INSIDE)
        name = "AWSConfigRemediation-RemoveUnrestrictedSourceIngressRules"

        assert succeeded(runs(each, name, SecurityGroupId=web))
        assert succeeded(runs(each, name, SecurityGroupId=web))
        assert ports(each, web) == [443]


@pytest.mark.slow
def test_a_closed_group_has_no_rules():
    actions = [
        "ec2:DescribeSecurityGroups",
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
    ]
    with mends(actions) as each:
        web = group(each, SSH)

        assert succeeded(runs(each, "AWS-CloseSecurityGroup", SecurityGroupId=web))
        assert (ports(each, web), ports(each, web, "IpPermissionsEgress")) == ([], [])


@pytest.mark.slow
def test_an_unused_group_is_deleted_and_the_default_one_is_not():
    """https://docs.aws.amazon.com/systems-manager-automation-runbooks/latest/userguide/automation-aws-delete-ec2-security-group.html."""
    name = "AWSConfigRemediation-DeleteUnusedSecurityGroup"
    with mends(["ec2:DescribeSecurityGroups", "ec2:DeleteSecurityGroup"]) as each:
        web, client = group(each), admin(each, "ec2")
        (default,) = client.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])[
            "SecurityGroups"
        ]

        deleted, kept = runs(each, name, GroupId=web), runs(each, name, GroupId=default["GroupId"])
        assert statuses(deleted)[-1] == ("VerifySecurityGroupDeleted", "Success")
        assert [step for step, _ in statuses(kept)] == ["GetGroupName", "VerifyGroupName"]
        assert refusal(client.describe_security_groups, GroupIds=[web]) == "InvalidGroup.NotFound"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("AWS-StopEC2Instance", "running", "stopped"),
        ("AWS-TerminateEC2Instance", "running", "terminated"),
        ("AWS-StartEC2Instance", "stopped", "running"),
        ("AWS-RestartEC2Instance", "running", "running"),
    ],
)
def test_an_instance_comes_to_its_state(name, before, after):
    actions = [f"ec2:{verb}Instances" for verb in ("Start", "Stop", "Terminate")]
    with mends([*actions, "ec2:DescribeInstanceStatus"]) as each:
        machine = launch(each)
        if before == "stopped":
            admin(each, "ec2").stop_instances(InstanceIds=[machine.instance])
            each.run(120)

        assert succeeded(runs(each, name, seconds=400, InstanceId=machine.instance))
        assert each.instances.state(machine) == after


@pytest.mark.slow
def test_a_bucket_is_closed_encrypted_and_versioned():
    actions = ["s3:PutBucketPublicAccessBlock", "s3:GetBucketPublicAccessBlock"]
    with mends([*actions, "s3:PutEncryptionConfiguration", "s3:PutBucketVersioning"], bucket("shop")) as each:
        client = admin(each, "s3")
        assert succeeded(runs(each, "AWS-DisableS3BucketPublicReadWrite", S3BucketName="shop"))
        block = client.get_public_access_block(Bucket="shop")["PublicAccessBlockConfiguration"]
        name = "AWSConfigRemediation-ConfigureS3BucketPublicAccessBlock"
        assert succeeded(runs(each, name, BucketName="shop", BlockPublicAcls="false"))
        loosened = client.get_public_access_block(Bucket="shop")["PublicAccessBlockConfiguration"]
        assert succeeded(runs(each, "AWS-EnableS3BucketEncryption", BucketName="shop"))
        assert succeeded(runs(each, "AWS-ConfigureS3BucketVersioning", BucketName="shop"))

        assert set(block.values()) == {True}
        assert (loosened["BlockPublicAcls"], loosened["IgnorePublicAcls"]) == (False, True)
        encryption = client.get_bucket_encryption(Bucket="shop")["ServerSideEncryptionConfiguration"]["Rules"]
        assert encryption[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        assert client.get_bucket_versioning(Bucket="shop")["Status"] == "Enabled"


def trail_bucket():
    statements = [
        lets("cloudtrail", "s3:GetBucketAcl", resource="arn:aws:s3:::tw-logs"),
        lets("cloudtrail", "s3:PutObject", resource="arn:aws:s3:::tw-logs/*"),
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    policy = {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document}
    return {**bucket(), "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": policy}}


@pytest.mark.slow
def test_a_trail_is_created_and_logs_and_validates():
    actions = [f"cloudtrail:{each}" for each in ("CreateTrail", "StartLogging", "UpdateTrail", "GetTrail")]
    with mends(actions, trail_bucket()) as each:
        created = runs(each, "AWS-EnableCloudTrail", TrailName="main", S3BucketName="tw-logs")
        name = "AWSConfigRemediation-EnableCloudTrailLogFileValidation"

        assert succeeded(created)
        assert succeeded(runs(each, name, TrailName="main"))
        client = admin(each, "cloudtrail")
        assert client.get_trail_status(Name="main")["IsLogging"]
        assert client.get_trail(Name="main")["Trail"]["LogFileValidationEnabled"]


def test_a_message_is_published():
    with mends("sns:Publish", topic("ssm")) as each:
        given = {"TopicArn": arn("sns", "Alerts"), "Message": "mended"}

        assert succeeded(runs(each, "AWS-PublishSNSNotification", **given))
        assert [mail.text for mail in each.topics.inbox] == ["mended"]


@pytest.mark.slow
def test_a_snapshot_is_made_and_deleted():
    with mends(["ec2:CreateSnapshot", "ec2:DescribeSnapshots", "ec2:DeleteSnapshot"]) as each:
        client = admin(each, "ec2")
        volume = client.create_volume(Size=1, AvailabilityZone="us-east-1a")["VolumeId"]
        made = runs(each, "AWS-CreateSnapshot", VolumeId=volume)
        (snapshot,) = made["Outputs"]["createSnapshot.SnapshotId"]

        assert succeeded(made)
        assert succeeded(runs(each, "AWS-DeleteSnapshot", SnapshotId=snapshot))
        assert refusal(client.describe_snapshots, SnapshotIds=[snapshot]) == "InvalidSnapshot.NotFound"


@pytest.mark.slow
def test_a_key_rotates_and_passwords_are_long():
    actions = ["kms:EnableKeyRotation", "kms:GetKeyRotationStatus", "iam:UpdateAccountPasswordPolicy"]
    with mends(actions) as each:
        key = admin(each, "kms").create_key()["KeyMetadata"]["KeyId"]

        assert succeeded(runs(each, "AWSConfigRemediation-EnableKeyRotation", KeyId=key))
        assert succeeded(runs(each, "AWSConfigRemediation-SetIAMPasswordPolicy", MinimumPasswordLength="20"))
        policy = admin(each, "iam").get_account_password_policy()["PasswordPolicy"]
        assert (policy["MinimumPasswordLength"], policy["RequireSymbols"]) == (20, True)


@pytest.mark.slow
def test_a_runbook_of_aws_is_described_and_one_that_is_not_written_down_is_loud():
    with world(queue()) as each:
        client = admin(each, "ssm")
        found = client.get_document(Name="AWS-StopEC2Instance")
        about = client.describe_document(Name="AWS-StopEC2Instance")["Document"]

        assert found["Content"] == owned.content("AWS-StopEC2Instance")
        assert (about["Owner"], about["DocumentType"]) == ("Amazon", "Automation")
        with pytest.raises(NotSimulated, match="the owner amazon"):
            client.list_documents(Filters=[{"Key": "Owner", "Values": ["Amazon"]}])
        with pytest.raises(NotSimulated, match="AWS-UpdateLinuxAmi"):
            client.start_automation_execution(DocumentName="AWS-UpdateLinuxAmi")


def test_every_page_is_named_and_every_step_can_be_run():
    for name in owned.names():
        first = owned.content(name).splitlines()[0]
        assert first.startswith(
            "# Written from https://docs.aws.amazon.com/systems-manager-automation-runbooks/"
        )
        scripts = [each.inputs["Script"] for each in owned.runbook(name).steps if "Script" in each.inputs]
        assert set(scripts) <= owned.SCRIPTS.keys()
    assert ACCOUNT not in "".join(map(owned.content, owned.names()))


@pytest.mark.slow
def test_a_command_to_an_instance_that_is_not_there_is_refused_and_to_one_that_runs_is_loud():
    with world(queue()) as each:
        client, machine = admin(each, "ssm"), launch(each)
        given = {"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["ls"]}}

        assert (
            refusal(client.send_command, InstanceIds=["i-0123456789abcdef0"], **given) == "InvalidInstanceId"
        )
        with pytest.raises(NotSimulated, match="AWS-RunShellScript"):
            client.send_command(InstanceIds=[machine.instance], **given)
