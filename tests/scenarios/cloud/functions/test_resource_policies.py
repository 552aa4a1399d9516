"""A function's whole policy: put, read, deleted; what it allows and denies."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from tests.scenarios.cloud.small_worlds import (
    admin,
    arn,
    arrived,
    document,
    function,
    lets,
    permission,
    rule,
    world,
)

LOOK = arn("lambda", "function:look")
LETS_EVENTS = lets("events", "lambda:InvokeFunction", resource=LOOK)
DENIES = {**LETS_EVENTS, "Effect": "Deny"}
STANDING = {**function(), **rule(pattern={"source": ["theirs"]}, to="look")}


def put(cloud, *statements, **more):
    text = json.dumps(document(*statements))
    return admin(cloud, "lambda").put_resource_policy(ResourceArn=LOOK, Policy=text, **more)


def heard_of(cloud):
    entry = {"Source": "theirs", "DetailType": "told", "Detail": "{}"}
    before = len(arrived(cloud))
    admin(cloud, "events").put_events(Entries=[entry])
    cloud.run(10)
    return len(arrived(cloud)) - before


@pytest.mark.slow
def test_a_policy_that_is_put_lets_in_replaces_and_denies():
    with world(STANDING) as cloud:
        assert heard_of(cloud) == 0
        put(cloud, LETS_EVENTS)
        assert heard_of(cloud) == 1
        put(cloud, LETS_EVENTS, DENIES)
        assert heard_of(cloud) == 0


@pytest.mark.slow
def test_it_replaces_what_add_permission_added():
    with world({**STANDING, **permission("events")}) as cloud:
        assert heard_of(cloud) == 1
        put(cloud, lets("sns", "lambda:InvokeFunction", resource=LOOK))
        assert heard_of(cloud) == 0


def test_it_is_read_and_deleted_with_its_revision():
    with world(STANDING) as cloud:
        client = admin(cloud, "lambda")
        put_one = put(cloud, LETS_EVENTS)
        read = client.get_resource_policy(ResourceArn=LOOK)
        assert json.loads(read["Policy"])["Statement"] == [LETS_EVENTS]
        assert read["RevisionId"] == put_one["RevisionId"]

        stale = "00000000-0000-0000-0000-000000000000"
        with pytest.raises(ClientError, match="PreconditionFailed"):
            put(cloud, LETS_EVENTS, RevisionId=stale)
        with pytest.raises(ClientError, match="PreconditionFailed"):
            client.delete_resource_policy(ResourceArn=LOOK, RevisionId=stale)
        client.delete_resource_policy(ResourceArn=LOOK, RevisionId=read["RevisionId"])

        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            client.get_resource_policy(ResourceArn=LOOK)


@pytest.mark.slow
def test_a_template_has_it_too():
    policy = {"ResourceArn": {"Fn::GetAtt": ["look", "Arn"]}, "PolicyDocument": document(LETS_EVENTS)}
    with world({**STANDING, "P": {"Type": "AWS::Lambda::ResourcePolicy", "Properties": policy}}) as cloud:
        assert heard_of(cloud) == 1


@pytest.mark.slow
def test_what_lambda_refuses_of_it():
    wrong = {**LETS_EVENTS, "Efect": "Allow"}
    policy = {"ResourceArn": {"Fn::GetAtt": ["look", "Arn"]}, "PolicyDocument": document(wrong)}
    resources = {**function(), "P": {"Type": "AWS::Lambda::ResourcePolicy", "Properties": policy}}
    with pytest.raises(InvalidTemplate, match="Efect"), world(resources):
        pass
    with world(STANDING) as cloud:
        with pytest.raises(ClientError, match="InvalidParameterValueException"):
            put(cloud, wrong)
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            admin(cloud, "lambda").get_resource_policy(ResourceArn=arn("lambda", "function:gone"))
        with pytest.raises(NotSimulated, match="no unqualified function"):
            admin(cloud, "lambda").get_resource_policy(ResourceArn=f"{LOOK}:live")
