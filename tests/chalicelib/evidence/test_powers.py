"""What of a policy makes its holder an administrator."""

import json

import pytest

from chalicelib.evidence.powers import EVERYTHING, powers

OWN = "arn:aws:iam::*:user/${aws:username}"


def of(action, resource="*", effect="Allow", **more):
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return powers({"Version": "2012-10-17", "Statement": statement})


def all_but(*actions):
    return powers(json.dumps({"Statement": [{"Effect": "Allow", "NotAction": actions, "Resource": "*"}]}))


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(of("*"), id="everything"),
        pytest.param(of(["s3:GetObject", "*:*"]), id="in a list, in another spelling"),
        pytest.param(of("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), id="with MFA"),
        pytest.param(of("*", "arn:aws:*"), id="any ARN"),
        pytest.param(all_but("aws-portal:*"), id="all but the bills"),
    ],
)
def test_everything(found):
    assert found == (EVERYTHING,)


@pytest.mark.parametrize(
    ("found", "power"),
    [
        (of("iam:PutUserPolicy"), "iam:PutUserPolicy of anybody"),
        (of("IAM:attachrole*"), "iam:AttachRolePolicy of anybody"),
        (of("iam:CreateAccessKey", "arn:aws:iam::123456789012:user/*"), "iam:CreateAccessKey of anybody"),
        (of("iam:*"), "iam:SetDefaultPolicyVersion of anybody"),
        (of("sts:*"), "sts:AssumeRole of any role"),
        (of("sts:AssumeRole", "arn:aws:iam::*:role/*"), "sts:AssumeRole of any role"),
        (of("iam:CreateAccessKey", "arn:aws:iam::123456789012:user/a*e"), "iam:CreateAccessKey of anybody"),
        (of("iam:CreateAccessKey", "arn:aws:iam::123456789012:*?"), "iam:CreateAccessKey of anybody"),
        (of("iam:CreateAccessKey", "arn:aws:iam::1:user/${aws:username}*"), "iam:CreateAccessKey of anybody"),
        (of("iam:PutUserPolicy", OWN), f"iam:PutUserPolicy of {OWN}"),
        (
            of(["s3:*", "iam:Attach*"], "arn:aws:iam::1:role/app"),
            "iam:AttachRolePolicy of arn:aws:iam::1:role/app",
        ),
        (of("*", "arn:aws:iam::1:policy/app"), "iam:CreatePolicyVersion of arn:aws:iam::1:policy/app"),
    ],
)
def test_as_good_as_everything(found, power):
    assert power in found
    assert EVERYTHING not in found


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(of("s3:*"), id="another service"),
        pytest.param(of("iam:Get*"), id="to read"),
        pytest.param(of("*", effect="Deny"), id="denied"),
        pytest.param(of("*", "arn:aws:s3:::logs"), id="one resource"),
        pytest.param(of("iam:CreateAccessKey", OWN), id="for oneself"),
        pytest.param(of("iam:UpdateAssumeRolePolicy", "arn:aws:iam::1:role/app"), id="whom one role trusts"),
        pytest.param(of("*", ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]), id="everything for one bucket"),
        pytest.param(of("*", "arn:aws:s3:::*"), id="everything for every bucket"),
        pytest.param(of("sts:AssumeRole", "arn:aws:iam::123456789012:role/reader"), id="one role"),
        pytest.param(all_but("iam:*", "sts:*"), id="a power user"),
        pytest.param(powers("no JSON"), id="no JSON"),
        pytest.param(powers({"Statement": ["odd"]}), id="odd"),
        pytest.param(powers(None), id="nothing"),
    ],
)
def test_no_administrator(found):
    assert found == ()
