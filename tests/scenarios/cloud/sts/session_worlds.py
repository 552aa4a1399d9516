"""A role to assume, a user to assume it, and clients that sign with what calls hand out."""

import json
from contextlib import contextmanager

import boto3
import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud import small_worlds as small

TARGET = f"arn:aws:iam::{ACCOUNT}:role/target"
MAY_SEND = {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"], "Resource": "*"}
MAY_LIST = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}
MAY_ASSUME = {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}


def trusting(who, *actions, condition=None):
    role = small.role("target", "lambda", MAY_SEND, MAY_LIST)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": who},
        "Action": list(actions or ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")),
        **({"Condition": condition} if condition else {}),
    }
    role["target"]["Properties"]["AssumeRolePolicyDocument"] = small.document(statement)
    return role


EVERYBODY_HERE = f"arn:aws:iam::{ACCOUNT}:root"


@contextmanager
def stage(*more, trust=EVERYBODY_HERE, condition=None):
    resources = small.queue(by="") | trusting(trust, condition=condition)
    for each in more:
        resources |= each
    with small.world(resources) as world:
        yield world


def ann(world, *statements):
    return world.client(world.user("ann", policies=(small.document(*(statements or (MAY_ASSUME,))),)), "sts")


def signed(credentials, service="sqs"):
    return boto3.client(
        service,
        region_name=small.HOME,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
    )


def assume(sts, **more):
    return sts.assume_role(RoleArn=TARGET, RoleSessionName="s-1", **more)["Credentials"]


def refused(call, *arguments, **parameters):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    return caught.value.response["Error"]


def mallory(world, *policies):
    iam = world.client(world.user("admin"), "iam")
    iam.create_user(UserName="mallory")
    for number, policy in enumerate(policies):
        iam.put_user_policy(UserName="mallory", PolicyName=f"p{number}", PolicyDocument=json.dumps(policy))
    return iam, iam.create_access_key(UserName="mallory")["AccessKey"]
