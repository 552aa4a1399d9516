"""Whom a policy lets in: everybody, strangers, or nobody from outside."""

import json

import pytest

from chalicelib.evidence.outsiders import EVERYBODY, outsiders

OURS, TRUSTED, STRANGER = "123456789012", "210987654321", "999988887777"


def let_in(principal, effect="Allow", **more):
    statement = {"Effect": effect, "Principal": principal, "Action": "s3:GetObject", "Resource": "*", **more}
    return outsiders(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), (OURS, TRUSTED))


def when(operator, key, *values):
    return let_in("*", Condition={operator: {key: list(values)}})


EVERYBODY_ROWS = [
    pytest.param(let_in("*"), id="everybody"),
    pytest.param(let_in({"AWS": "*"}), id="everybody with an account"),
    pytest.param(let_in({"AWS": [f"arn:aws:iam::{OURS}:root", "*"]}), id="in a list"),
    pytest.param(when("StringLike", "aws:PrincipalOrgID", "o-*"), id="any organization"),
    pytest.param(when("StringEqualsIfExists", "aws:SourceVpce", "vpce-1"), id="if there is one"),
    pytest.param(when("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "o-1/r-1"), id="all of none"),
    pytest.param(when("StringNotEquals", "aws:PrincipalAccount", STRANGER), id="all but one"),
    pytest.param(when("StringEquals", "aws:RequestedRegion", "us-east-1"), id="a key that names nobody"),
    pytest.param(when("Bool", "aws:SecureTransport", "true"), id="over TLS"),
    pytest.param(when("IpAddress", "aws:SourceIp", "0.0.0.0/0"), id="any address"),
    pytest.param(when("IpAddress", "aws:SourceIp", "198.51.100.0/24", "::/0"), id="one of them is any"),
    pytest.param(when("IpAddress", "aws:SourceIp", "0.0.0.0/1", "128.0.0.0/1"), id="in two halves"),
    pytest.param(when("NotIpAddress", "aws:SourceIp", "198.51.100.0/24"), id="all other addresses"),
    pytest.param(when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:*"), id="any topic"),
    pytest.param(
        outsiders(json.dumps({"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": OURS}}}), (OURS,)),
        id="all but us",
    ),
]
CLOSED_ROWS = [
    pytest.param(let_in({"AWS": f"arn:aws:iam::{OURS}:user/alice"}), id="a user of ours"),
    pytest.param(let_in({"AWS": [OURS, TRUSTED]}), id="accounts that are known"),
    pytest.param(let_in({"Service": "cloudfront.amazonaws.com"}), id="a service"),
    pytest.param(let_in("*", effect="Deny"), id="denied"),
    pytest.param(when("StringEquals", "aws:PrincipalOrgID", "o-1"), id="our organization"),
    pytest.param(when("StringEquals", "AWS:SourceVpce", "vpce-1"), id="one network"),
    pytest.param(when("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", "o-1/r-1"), id="any of some"),
    pytest.param(when("IpAddress", "aws:SourceIp", "198.51.100.0/24"), id="our addresses"),
    pytest.param(when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{OURS}:role/*"), id="our roles"),
    pytest.param(outsiders("no JSON", (OURS,)), id="no JSON"),
    pytest.param(outsiders('{"Statement": ["odd"]}', (OURS,)), id="odd"),
]


@pytest.mark.parametrize("found", EVERYBODY_ROWS)
def test_what_lets_everybody_in(found):
    assert found == (EVERYBODY,)


@pytest.mark.parametrize("found", CLOSED_ROWS)
def test_what_lets_nobody_in_from_outside(found):
    assert found == ()


@pytest.mark.parametrize(
    ("found", "who"),
    [
        (let_in({"AWS": f"arn:aws:iam::{STRANGER}:root"}), f"arn:aws:iam::{STRANGER}:root"),
        (let_in({"AWS": [OURS, STRANGER]}), STRANGER),
        (let_in({"CanonicalUser": "79a59df9"}), "79a59df9"),
        (when("StringEquals", "aws:PrincipalAccount", STRANGER), STRANGER),
    ],
)
def test_a_stranger_is_named(found, who):
    assert found == (who,)
