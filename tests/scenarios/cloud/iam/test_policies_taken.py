"""What IAM takes as a policy, moto's refusals mended; the document that is kept stays as it was written."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.small_worlds import VERSION, admin, queue, world

SAYS = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
TRUSTS = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
ROOT = "arn:aws:iam::123456789012:root"


def where(operator, key, value):
    return {**SAYS, "Condition": {operator: {key: value}}}


TAKEN = {
    "no version": {"Statement": [SAYS]},
    "the version of 2008": {"Version": "2008-10-17", "Statement": [SAYS]},
    "one statement": {"Version": VERSION, "Statement": SAYS},
    "an Id": {"Version": VERSION, "Id": "a policy", "Statement": [SAYS]},
    "an empty Sid": {"Statement": [{**SAYS, "Sid": ""}]},
    "NotAction": {"Statement": [{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}]},
    "NotResource": {"Statement": [{"Effect": "Deny", "Action": "*", "NotResource": ["arn:aws:s3:::b"]}]},
    "a boolean": {"Statement": [where("Bool", "aws:SecureTransport", True)]},
    "a number": {"Statement": [where("NumericLessThan", "aws:MultiFactorAuthAge", 300)]},
    "numbers": {"Statement": [where("NumericEquals", "s3:max-keys", [10, "20"])]},
    "seconds since 1970": {"Statement": [where("DateGreaterThan", "aws:CurrentTime", 1767225600)]},
    "a set": {"Statement": [where("ForAllValues:StringEqualsIfExists", "aws:TagKeys", ["a"])]},
    "no condition": {"Statement": [{**SAYS, "Condition": {}}]},
    "a variable's default": {"Statement": [{**SAYS, "Resource": "arn:aws:sqs:*:*:${aws:username, 'x'}"}]},
}
TRUSTED = {
    "no version": {"Statement": [TRUSTS]},
    "one statement": {"Version": VERSION, "Statement": TRUSTS},
    "an account": {"Statement": [{**TRUSTS, "Principal": {"AWS": "123456789012"}}]},
    "lists": {
        "Statement": [
            {**TRUSTS, "Principal": {"AWS": ["123456789012", ROOT], "Service": ["a.amazonaws.com"]}}
        ]
    },
    "everybody": {"Statement": [{**TRUSTS, "Principal": "*"}]},
    "another action of STS": {"Statement": [{**TRUSTS, "Action": ["sts:AssumeRole", "sts:SetContext"]}]},
    "a provider": {"Statement": [{**TRUSTS, "Principal": {"Federated": "cognito-identity.amazonaws.com"}}]},
}


@pytest.fixture(scope="module")
def iam():
    with world(queue(by="")) as each:
        client = admin(each, "iam")
        client.create_user(UserName="u")
        client.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUSTED["no version"]))
        yield client


@pytest.mark.parametrize("form", TAKEN)
def test_a_policy_that_iam_takes_is_kept_as_it_was_written(iam, form):
    written = json.dumps(TAKEN[form])
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=written)
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=written)

    assert iam.get_role_policy(RoleName="r", PolicyName="p")["PolicyDocument"] == TAKEN[form]


@pytest.mark.parametrize("form", TRUSTED)
def test_a_role_is_made_with_a_trust_policy_that_iam_takes(iam, form):
    name = form.replace(" ", "-")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUSTED[form]))

    assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == TRUSTED[form]


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param("no JSON", id="no JSON"),
        pytest.param("{}", id="no statement"),
        pytest.param(json.dumps({"Statement": [{**TRUSTS, "Resource": "*"}]}), id="a resource"),
        pytest.param(
            json.dumps({"Statement": [{**TRUSTS, "Action": "s3:GetObject"}]}), id="not STS's action"
        ),
    ],
)
def test_no_role_is_made_with_a_trust_policy_that_iam_refuses(iam, refused):
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.create_role(RoleName="untrusted", AssumeRolePolicyDocument=refused)
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=refused)


def test_a_managed_policy_must_be_of_the_version_of_2012(iam):
    old = [json.dumps(TAKEN[form]) for form in ("no version", "the version of 2008")]
    arn = iam.create_policy(PolicyName="m", PolicyDocument=json.dumps(TAKEN["an Id"]))["Policy"]["Arn"]

    for document in old:
        with pytest.raises(ClientError, match="must be version 2012-10-17 or greater"):
            iam.create_policy(PolicyName="old", PolicyDocument=document)
        with pytest.raises(ClientError, match="must be version 2012-10-17 or greater"):
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)


@pytest.mark.parametrize("form", TRUSTED)
def test_a_trust_policy_that_iam_takes(iam, form):
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=json.dumps(TRUSTED[form]))

    assert iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"] == TRUSTED[form]


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param({"Version": "2012-10-18", "Statement": [SAYS]}, id="another version"),
        pytest.param({"Statement": [where("NumericLessThan", "s3:max-keys", {})]}, id="an object as a value"),
        pytest.param({"Statement": [where("SmallerThan", "s3:max-keys", 1)]}, id="no such operator"),
    ],
)
def test_a_policy_that_iam_refuses(iam, refused):
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=json.dumps(refused))
