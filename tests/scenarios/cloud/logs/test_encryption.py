"""A log group with a key of its own is read as long as the key lets CloudWatch Logs decrypt."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import InvalidTemplate
from tests.scenarios.cloud import small_worlds as small

GROUP = "shop/web"
ARN = f"arn:aws:logs:{small.HOME}:123456789012:log-group:{GROUP}"
ADMINISTERED = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Action": "kms:*",
    "Resource": "*",
}


def for_logs(region=small.HOME, of=ARN, actions=("kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*")):
    """The statement that AWS's page asks for."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region}.amazonaws.com"},
        "Action": list(actions),
        "Resource": "*",
        "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": of}},
    }


def encrypted(*statements):
    policy = {"Version": "2012-10-17", "Statement": [ADMINISTERED, *statements]}
    given = {"LogGroupName": GROUP, "KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}
    return {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}},
        "Group": {"Type": "AWS::Logs::LogGroup", "DependsOn": ["Key"], "Properties": given},
    }


def lines(world, **user):
    """What somebody finds in the group, by both ways of asking."""
    world.logs.write(small.HOME, GROUP, "web-1", [(world.clock.now, "ERROR: 400")])
    logs = world.client(world.user("alice", **user), "logs")
    found = logs.filter_log_events(logGroupName=GROUP)["events"]
    assert logs.get_log_events(logGroupName=GROUP, logStreamName="web-1")["events"]
    return [each["message"] for each in found]


def test_whoever_may_read_the_group_needs_no_right_to_the_key():
    reads = small.document(small.may(["logs:FilterLogEvents", "logs:GetLogEvents"]))
    with small.world(encrypted(for_logs())) as world:
        assert lines(world, policies=(reads,)) == ["ERROR: 400"]


CLOSED = [
    pytest.param([], id="nothing for Logs"),
    pytest.param([for_logs(region="eu-west-1")], id="another region's Logs"),
    pytest.param([for_logs(of=f"{ARN}2")], id="another group"),
    pytest.param([for_logs(actions=["kms:Encrypt*"])], id="encrypting alone"),
]


@pytest.mark.parametrize("statements", CLOSED)
def test_a_key_that_does_not_let_logs_decrypt_closes_the_group_to_everybody(statements):
    with small.world(encrypted(for_logs())) as world:
        policy = json.dumps(small.document(ADMINISTERED, *statements))
        key = world.home.resources["Key"].physical_id
        world.client(world.user("alice"), "kms").put_key_policy(KeyId=key, Policy=policy)
        with pytest.raises(ClientError) as refused:
            lines(world)

    error = refused.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert error["Message"].endswith(f"is not allowed to be used with LogGroup '{ARN}'")


@pytest.mark.slow
@pytest.mark.parametrize("statements", CLOSED)
def test_a_group_takes_no_key_that_does_not_let_logs_use_it(statements):
    says = f"does not exist or is not allowed to be used with LogGroup '{ARN}'"
    with pytest.raises(InvalidTemplate, match=says), small.world(encrypted(*statements)):
        pass
    with small.world(small.queue(by="")) as world:
        kms, logs = (world.client(world.user("alice"), service) for service in ("kms", "logs"))
        policy = json.dumps(small.document(ADMINISTERED, *statements))
        key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
        with pytest.raises(ClientError, match=says):
            logs.create_log_group(logGroupName=GROUP, kmsKeyId=key)
        logs.create_log_group(logGroupName=GROUP)
        with pytest.raises(ClientError, match=says):
            logs.associate_kms_key(logGroupName=GROUP, kmsKeyId=key)


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        pytest.param("filter_log_events", {}, id="a search"),
        pytest.param("get_log_events", {"logStreamName": "web-1"}, id="a stream"),
    ],
)
def test_a_key_that_is_disabled_closes_the_group(operation, more):
    with small.world(encrypted(for_logs())) as world:
        lines(world)
        key = world.home.resources["Key"].physical_id
        world.client(world.user("alice"), "kms").disable_key(KeyId=key)
        logs = world.client(world.user("alice"), "logs")

        with pytest.raises(ClientError, match="AccessDeniedException"):
            getattr(logs, operation)(logGroupName=GROUP, **more)


def test_what_is_not_there_is_told_by_the_search():
    with small.world(encrypted(for_logs())) as world:
        logs = world.client(world.user("alice"), "logs")
        with pytest.raises(logs.exceptions.ResourceNotFoundException):
            logs.filter_log_events(logGroupName="nowhere")
