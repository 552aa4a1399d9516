"""Whom a policy lets in: everybody, strangers, or nobody from outside."""

import json

import pytest

from chalicelib.catalog import CATALOG
from chalicelib.evidence.outsiders import EVERYBODY, GRANTS, outsiders

OURS, TRUSTED, STRANGER = "123456789012", "210987654321", "999988887777"
OUR_ORGANIZATION = "o-exampleorg1"
GITHUB = "token.actions.githubusercontent.com"


def let_in(principal, effect="Allow", **more):
    statement = {"Effect": effect, "Principal": principal, "Action": "s3:GetObject", "Resource": "*", **more}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return outsiders(policy, (OURS, TRUSTED, OUR_ORGANIZATION))


def when(operator, key, *values):
    return let_in("*", Condition={operator: {key: list(values)}})


def trusts(issuer, **conditions):
    """A role that trusts who has a token of this issuer; `sub`: its conditions by operator."""
    asked = {
        operator: {f"{issuer}:{claim}": value for claim, value in claims.items()}
        for operator, claims in conditions.items()
    }
    return let_in({"Federated": f"arn:aws:iam::{OURS}:oidc-provider/{issuer}"}, Condition=asked)


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
    pytest.param(when("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com"), id="by any service"),
    pytest.param(when("StringEquals", "aws:ResourceOrgID", OUR_ORGANIZATION), id="about what is ours anyway"),
    pytest.param(when("StringEquals", "aws:PrincipalAccount", "${aws:PrincipalAccount}"), id="whoever it is"),
    pytest.param(when("IpAddress", "aws:SourceIp", "${aws:SourceIp}"), id="from wherever it is"),
    pytest.param(trusts(GITHUB), id="any repository of GitHub"),
    pytest.param(trusts(GITHUB, StringEquals={"aud": "sts.amazonaws.com"}), id="that asks for AWS"),
    pytest.param(trusts(GITHUB, StringLike={"sub": "repo:*"}), id="by a pattern"),
    pytest.param(trusts(GITHUB, StringLike={"sub": ["repo:octo/app:*", "*:main"]}), id="by one of two"),
    pytest.param(trusts(GITHUB, StringLike={"sub": "repo:octo*/app"}), id="whose name begins so"),
    pytest.param(trusts("cognito-identity.amazonaws.com"), id="any pool of identities"),
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
    pytest.param(when("StringEquals", "aws:PrincipalOrgID", OUR_ORGANIZATION), id="our organization"),
    pytest.param(
        when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", f"{OUR_ORGANIZATION}/r-1/ou-1/*"),
        id="a unit of it",
    ),
    pytest.param(when("StringEquals", "aws:SourceAccount", OURS), id="services, for us"),
    pytest.param(
        let_in(
            "*",
            Condition={
                "IpAddress": {"aws:SourceIp": "203.0.113.66/32"},
                "StringEquals": {"aws:PrincipalAccount": OURS},
            },
        ),
        id="us, from one address",
    ),
    pytest.param(
        let_in(
            "*",
            Condition={
                "StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:CallerAccount": OURS}
            },
        ),
        id="us, by a service",
    ),
    pytest.param(trusts(GITHUB, StringLike={"sub": "repo:octo/app:*"}), id="a repository"),
    pytest.param(trusts(GITHUB, StringEquals={"sub": "repo:octo/app:ref:refs/heads/main"}), id="a branch"),
    pytest.param(
        trusts("app.terraform.io", StringLike={"sub": "organization:octo:project:*:workspace:*"}),
        id="a workspace of Terraform",
    ),
    pytest.param(
        trusts("cognito-identity.amazonaws.com", StringEquals={"aud": "us-east-1:pool"}), id="one pool"
    ),
    pytest.param(trusts("oidc.eks.us-east-1.amazonaws.com/id/1"), id="a cluster of ours"),
    pytest.param(
        let_in({"Federated": f"arn:aws:iam::{OURS}:saml-provider/corp"}), id="the company's sign-in"
    ),
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
        (when("StringEquals", "aws:PrincipalAccount", OURS, STRANGER), STRANGER),
        (when("StringEquals", "aws:PrincipalOrgID", "o-evil"), "the organization o-evil"),
        (
            when("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", "o-evil/r-1/ou-1"),
            "the organization o-evil/r-1/ou-1",
        ),
        (when("StringEquals", "AWS:SourceVpce", "vpce-1"), "the network vpce-1"),
        (when("StringEquals", "aws:SourceVpc", "vpc-1"), "the network vpc-1"),
        (when("IpAddress", "aws:SourceIp", "203.0.113.66/32"), "the network 203.0.113.66/32"),
        (when("StringLike", "aws:userid", "AROAEVIL:me"), "the user id AROAEVIL:me"),
        (when("StringEquals", "aws:SourceAccount", STRANGER), STRANGER),
        (when("StringEquals", "s3:DataAccessPointAccount", STRANGER), STRANGER),
    ],
)
def test_a_stranger_is_named(found, who):
    assert found == (who,)


@pytest.mark.parametrize("name", ["administrator_made", "bucket_public", "function_opened"])
def test_who_asks_whether_somebody_is_an_outsider_may_ask_for_the_organization(name):
    (remediation,) = [each for each in CATALOG if each.name == name]

    assert set(GRANTS) <= set(remediation.grants)
    assert [grant.action for grant in GRANTS] == ["organizations:DescribeOrganization"]
