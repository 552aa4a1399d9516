"""All layers of policies in one decision, each row with the page or the recording it stands on.

`bt`: what AWS answered when somebody tried boundaries beside resource policies, in 2021; the others are pages
below https://docs.aws.amazon.com/IAM/latest/UserGuide/ or https://docs.aws.amazon.com/organizations/latest/userguide/.
"""

from typing import Any

import pytest

from scenarios.cloud.authorization.policy import Limits, Principal, Request, decide
from scenarios.cloud.kernel.errors import NotSimulated

ACCOUNT, OTHER, MANAGEMENT = "111111111111", "222222222222", "999999999999"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s1"
APP = Principal(account=ACCOUNT, arn=SESSION, role_arn=ROLE)
DEV = Principal(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/dev")
BOB = Principal(
    account=ACCOUNT,
    arn=f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
    user_arn=f"arn:aws:iam::{ACCOUNT}:user/dev",
)
SNS = Principal(services=("sns.amazonaws.com",))
OBJECT = "arn:aws:s3:::own/key"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def deny(action: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


def to(arn: Any, **more: Any) -> dict[str, Any]:
    return policy(allow("s3:*", Principal={"AWS": arn}, **more))


def ask(who: Principal = APP, action: str = "s3:GetObject", owner: str = ACCOUNT, **context: Any) -> Request:
    return Request(
        principal=who,
        action=action,
        resource=OBJECT,
        resource_account=owner,
        context=context.get("context", {}),
        complete=True,
    )


YES, ELSE = policy(allow("s3:*")), policy(allow("ec2:*"))
ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"
THIS_ROLE = {"ArnEquals": {"aws:PrincipalArn": ROLE}}

# who, identity, boundary, session policies, resource policy, what comes out
WITHIN = [
    pytest.param(APP, ELSE, ELSE, None, to(ROLE), "no permissions boundary", id="bt: role, boundary silent"),
    pytest.param(APP, ELSE, YES, None, to(ROLE), "allow", id="bt: role named, boundary allows"),
    pytest.param(APP, YES, ELSE, None, to(ROLE), "no permissions boundary", id="bt: identity and role named"),
    pytest.param(APP, ELSE, ELSE, None, to(SESSION), "allow", id="bt: session named passes the boundary"),
    pytest.param(
        APP,
        ELSE,
        ELSE,
        None,
        to("*", Condition=THIS_ROLE),
        "allow",
        id="bt: everyone by condition",
    ),
    pytest.param(
        APP,
        ELSE,
        YES,
        None,
        to(ROOT_ARN, Condition=THIS_ROLE),
        "no identity-based policy",
        id="bt: an account only delegates",
    ),
    pytest.param(DEV, ELSE, ELSE, None, to(DEV.arn), "allow", id="boundaries: a user named passes both"),
    pytest.param(
        DEV,
        ELSE,
        policy(deny("s3:*")),
        None,
        to(DEV.arn),
        "deny in a permissions boundary",
        id="a Deny wins",
    ),
    pytest.param(APP, YES, None, [ELSE], None, "no session policy", id="session: the intersection"),
    pytest.param(APP, YES, None, [ELSE, YES], None, "allow", id="session: two policies are a union"),
    pytest.param(APP, policy(), None, [ELSE], to(SESSION), "allow", id="session: named itself, so added"),
    pytest.param(
        APP, policy(), None, [ELSE], to(ROLE), "no session policy", id="session: role named, limited"
    ),
    pytest.param(APP, policy(), None, [YES], to(ROLE), "allow", id="session: the role named, session allows"),
    pytest.param(BOB, YES, None, [], None, "no session policy", id="federated user without a policy"),
    pytest.param(BOB, policy(), None, [ELSE], to(BOB.arn), "allow", id="federated user named"),
    pytest.param(
        BOB,
        YES,
        None,
        [ELSE],
        to(BOB.user_arn),
        "no session policy",
        id="federated: his user, limited",
    ),
    pytest.param(
        BOB,
        YES,
        ELSE,
        [YES],
        to(BOB.user_arn),
        "no permissions boundary",
        id="federated: boundary limits",
    ),
]


@pytest.mark.parametrize(("who", "identity", "boundary", "session", "resource", "outcome"), WITHIN)
def test_within_an_account(who, identity, boundary, session, resource, outcome):  # noqa: PLR0917 - columns
    limits = Limits(boundary=boundary, session=session)
    decision = decide(ask(who), [identity], resource, limits=limits)

    assert decision.allowed == (outcome == "allow")
    assert decision.allowed or outcome in decision.because


ACROSS = [
    pytest.param(YES, None, to(ROLE), True, id="both sides"),
    pytest.param(YES, None, to(ROOT_ARN), True, id="the account is trusted, its policies decide"),
    pytest.param(YES, None, None, False, id="no resource policy"),
    pytest.param(policy(), None, to(ROLE), False, id="no identity policy"),
    pytest.param(policy(), None, to(SESSION), False, id="a session named: still both sides"),
    pytest.param(YES, ELSE, to(SESSION), False, id="the caller's boundary is silent"),
]


@pytest.mark.parametrize(("identity", "boundary", "resource", "allowed"), ACROSS)
def test_across_accounts_both_sides_must_allow(identity, boundary, resource, allowed):
    decision = decide(ask(owner=OTHER), [identity], resource, limits=Limits(boundary=boundary))

    assert decision.allowed is allowed


FULL = policy(allow())
NO_S3 = policy(deny("s3:*"))

# orgs_manage_policies_scps_evaluation: the levels from the root down
LEVELS = [
    pytest.param([[FULL], [FULL], [FULL]], "allow", id="an Allow at every level"),
    pytest.param([[FULL], [ELSE], [FULL]], "no service control policy", id="one level doesn't allow"),
    pytest.param([[], [FULL], [FULL]], "no service control policy", id="the root has none"),
    pytest.param([[FULL], [FULL, NO_S3], [FULL]], "deny in a service control", id="a Deny at one level"),
]


@pytest.mark.parametrize(("levels", "outcome"), LEVELS)
def test_service_control_policies_limit_the_principals_of_members(levels, outcome):
    limits = Limits(scps=levels, management_account=MANAGEMENT)
    decision = decide(ask(), [YES], limits=limits)

    assert decision.allowed == (outcome == "allow")
    assert decision.allowed or outcome in decision.because


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(
            Principal(account=MANAGEMENT, arn=f"arn:aws:iam::{MANAGEMENT}:user/adm"), id="management account"
        ),
        pytest.param(
            Principal(
                account=ACCOUNT,
                arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForConfig/s",
                role_arn=f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
            ),
            id="service-linked role",
        ),
    ],
)
def test_no_service_control_policy_limits_these(who):
    limits = Limits(scps=[[FULL, NO_S3]], management_account=MANAGEMENT)

    assert decide(ask(who, owner=who.account), [YES], limits=limits).allowed


def test_a_resource_control_policy_limits_even_root_and_strangers():
    limits = Limits(rcps=[[FULL_FOR_ALL], [FULL_FOR_ALL, DENIED_TO_ALL]], management_account=MANAGEMENT)
    root = Principal(account=ACCOUNT, arn=ROOT_ARN)
    stranger = Principal(account=MANAGEMENT, arn=f"arn:aws:iam::{MANAGEMENT}:user/adm")

    assert "resource control policy" in decide(ask(root), [], limits=limits).because
    assert not decide(ask(stranger), [YES], to("*"), limits=limits).allowed


def test_a_resource_control_policy_leaves_other_services_and_the_management_account_alone():
    limits = Limits(rcps=[[FULL_FOR_ALL, DENIED_TO_ALL]], management_account=MANAGEMENT)
    manager = Principal(account=MANAGEMENT, arn=f"arn:aws:iam::{MANAGEMENT}:user/adm")

    assert decide(ask(DEV, "ec2:StopInstances"), [ELSE], limits=limits).allowed
    assert decide(ask(manager, owner=MANAGEMENT), [YES], limits=limits).allowed


FULL_FOR_ALL = policy(allow(Principal="*"))
DENIED_TO_ALL = policy(deny(Principal="*"))


def test_who_am_i_is_answered_whatever_is_denied():
    assert decide(ask(action="sts:GetCallerIdentity"), [policy(deny())]).allowed


# operator, value of the policy, value of the request (None: absent), whether it holds
OPERATORS = [
    pytest.param("NumericLessThan", "10", "9.5", True, id="less"),
    pytest.param("NumericLessThanEquals", "10", "10", True, id="at most"),
    pytest.param("NumericGreaterThan", "10", "10", False, id="not more"),
    pytest.param("NumericGreaterThanEquals", "10", "a", False, id="no number"),
    pytest.param("NumericEquals", "10", "10.0", True, id="the same number"),
    pytest.param("NumericNotEquals", "10", None, True, id="negated and absent"),
    pytest.param("DateLessThan", "2026-03-02T03:00:00Z", "2026-03-02T02:59:59Z", True, id="before"),
    pytest.param("DateGreaterThan", "2026-03-02", "1772420400", True, id="seconds since 1970"),
    pytest.param("DateEquals", "2026-03-02T03:00:00Z", "2026-03-02T04:00:00+01:00", True, id="same moment"),
    pytest.param("DateEquals", "whenever", "2026-03-02T03:00:00Z", False, id="no date"),
    pytest.param("IpAddress", "203.0.113.0/24", "203.0.113.7", True, id="in the network"),
    pytest.param("IpAddress", "203.0.113.7", "203.0.113.8", False, id="another address"),
    pytest.param("IpAddress", "2001:db8::/32", "2001:db8::1", True, id="IPv6"),
    pytest.param("IpAddress", "2001:db8::/32", "203.0.113.7", False, id="IPv4 is in no IPv6 network"),
    pytest.param("NotIpAddress", "203.0.113.0/24", None, True, id="not in, and absent"),
    pytest.param("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True, id="the same bytes"),
    pytest.param("BinaryEquals", "QmluYXJ5", "?", False, id="no base 64"),
    pytest.param("StringNotEqualsIgnoreCase", "A", "a", False, id="case ignored, negated"),
    pytest.param("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True, id="all: each fits"),
    pytest.param("ForAllValues:StringEquals", ["a"], ["a", "b"], False, id="all: one doesn't"),
    pytest.param("ForAllValues:StringEquals", ["a"], None, True, id="all: absent holds"),
    pytest.param("ForAllValues:StringNotEquals", ["a"], ["b", "a"], False, id="all, negated"),
    pytest.param("ForAnyValue:StringLike", ["o-1/*"], ["x", "o-1/r/ou/"], True, id="any: one fits"),
    pytest.param("ForAnyValue:StringEquals", ["a"], None, False, id="any: absent fails"),
    pytest.param("ForAnyValue:StringNotEquals", ["a"], None, False, id="any, negated: absent fails"),
    pytest.param("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True, id="any, negated: one is other"),
    pytest.param("ForAnyValue:StringEqualsIfExists", ["a"], None, True, id="any, if it exists"),
]


@pytest.mark.parametrize(("operator", "wanted", "found", "holds"), OPERATORS)
def test_an_operator_compares_as_documented(operator, wanted, found, holds):
    context = {} if found is None else {"x:key": found}
    document = policy(allow("s3:*", Condition={operator: {"x:key": wanted}}))

    assert decide(ask(context=context), [document]).allowed is holds


# reference_policies_variables
VARIABLES = [
    pytest.param("arn:aws:s3:::own/${aws:username}", "arn:aws:s3:::own/dev", DEV, True, id="filled in"),
    pytest.param("arn:aws:s3:::own/${aws:username}", "arn:aws:s3:::own/eve", DEV, False, id="another's"),
    pytest.param("arn:aws:s3:::own/${aws:username}", "arn:aws:s3:::own/app", APP, False, id="no name"),
    pytest.param(
        "arn:aws:s3:::own/${aws:username, 'guest'}", "arn:aws:s3:::own/guest", APP, True, id="with a default"
    ),
    pytest.param("arn:aws:s3:::own/${*}", "arn:aws:s3:::own/*", DEV, True, id="an escape is no variable"),
]


@pytest.mark.parametrize(("pattern", "resource", "who", "allowed"), VARIABLES)
def test_a_policy_variable_stands_for_the_callers_own_value(pattern, resource, who, allowed):
    request = Request(principal=who, action="s3:GetObject", resource=resource, complete=True)

    assert decide(request, [policy(allow("s3:*") | {"Resource": pattern})]).allowed is allowed


def test_a_star_in_a_name_is_no_wildcard():
    starry = Principal(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/*")
    document = policy(allow("s3:*") | {"Resource": "arn:aws:s3:::own/${aws:username}"})

    assert not decide(
        Request(principal=starry, action="s3:GetObject", resource="arn:aws:s3:::own/anything"), [document]
    ).allowed


def test_a_variable_with_several_values_is_not_guessed():
    document = policy(allow("s3:*") | {"Resource": "arn:aws:s3:::own/${aws:TagKeys}"})

    with pytest.raises(NotSimulated, match="several values"):
        decide(ask(context={"aws:TagKeys": ["a", "b"]}), [document])


# reference_policies_elements_notprincipal
SPARED = [
    pytest.param(DEV, [DEV.arn, ROOT_ARN], True, id="user and account"),
    pytest.param(DEV, [DEV.arn], False, id="the user without the account"),
    pytest.param(APP, [ROLE, SESSION, ROOT_ARN], True, id="role, session and account"),
    pytest.param(APP, [ROLE, ROOT_ARN], False, id="the session is missing"),
    pytest.param(SNS, [ROOT_ARN], False, id="a service that isn't named"),
]


@pytest.mark.parametrize(("who", "named", "spared"), SPARED)
def test_a_deny_with_notprincipal_spares_whoever_is_named_in_full(who, named, spared):
    resource = policy(allow("s3:*", Principal="*"), deny("s3:*", NotPrincipal={"AWS": named}))

    assert decide(ask(who), [YES], resource).allowed is spared


def test_notprincipal_can_name_a_service():
    resource = policy(
        allow("s3:*", Principal="*"), deny("s3:*", NotPrincipal={"Service": "sns.amazonaws.com"})
    )

    assert decide(ask(SNS), [], resource).allowed
    assert not decide(ask(DEV), [YES], resource).allowed


def test_a_role_made_again_is_not_the_one_that_was_trusted():
    old, new = "AROAEXAMPLEOLD", "AROAEXAMPLENEW"
    who = Principal(account=ACCOUNT, arn=SESSION, role_arn=ROLE, unique_id=new)

    assert not decide(ask(who), [], to(old)).allowed
    assert decide(ask(who), [], to(new)).allowed


def test_an_identity_provider_may_be_trusted():
    federated = Principal(provider="accounts.google.com")
    trust = policy(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": "accounts.google.com"},
        }
    )
    request = Request(principal=federated, action="sts:AssumeRoleWithWebIdentity", resource=ROLE)

    assert decide(request, [], trust).allowed
    assert not decide(
        Request(principal=Principal(provider="login.example"), action=request.action, resource=ROLE),
        [],
        trust,
    ).allowed
