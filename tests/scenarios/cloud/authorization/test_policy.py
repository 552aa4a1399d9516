"""IAM's decision over one request: AWS's rules as tables, each with the page it stands on.

All pages are under https://docs.aws.amazon.com/IAM/latest/UserGuide/ unless they say otherwise.
"""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.cloud.authorization.policy import MalformedPolicy, Principal, Request, decide
from scenarios.cloud.authorization.wildcards import matches
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.errors import NotSimulated

ACCOUNT, OTHER = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/warden"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/warden/i-1"
WARDEN = Principal(account=ACCOUNT, arn=SESSION, role_arn=ROLE)
ALICE = Principal(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/alice")
ROOT = Principal(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root")
EVENTS = Principal(services=("events.amazonaws.com",))
LOGS = Principal(services=("logs.amazonaws.com", "logs.eu-west-1.amazonaws.com"))

TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
GROUP = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:trail"


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def ask(
    action: str = "sns:Publish", resource: str = TOPIC, who: Principal = WARDEN, **context: Any
) -> Request:
    return Request(principal=who, action=action, resource=resource, context=context.get("context", {}))


def identity_allows(statement: dict[str, Any], request: Request, version: str = "2012-10-17") -> bool:
    return decide(request, [policy(statement, version=version)]).allowed


def resource_allows(statement: dict[str, Any], request: Request) -> bool:
    return decide(request, [], policy(statement)).allowed


# reference_policies_elements_action, _notaction, _resource, _notresource
MEANT = [
    pytest.param(allow("sns:Publish", TOPIC), ask(), id="action and resource spelled out"),
    pytest.param(allow("SNS:publish", TOPIC), ask(), id="the case of an action does not matter"),
    pytest.param(allow(["sqs:*", "sns:Pub*"], TOPIC), ask(), id="one action of a list, with a wildcard"),
    pytest.param(allow("sns:P?blish"), ask(), id="a question mark is one character"),
    pytest.param(allow("*"), ask(), id="star is every action of every service"),
    pytest.param({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, ask(), id="NotAction"),
    pytest.param({"Effect": "Allow", "Action": "sns:*", "NotResource": TABLE}, ask(), id="NotResource"),
    pytest.param(allow("sns:*", [TABLE, TOPIC]), ask(), id="one resource of a list"),
    pytest.param(allow("sns:*", "arn:aws:sns:*:*:alerts"), ask(), id="wildcards for region and account"),
    pytest.param(allow("sns:*", "arn:aws:sns:*"), ask(), id="a last star reaches over colons"),
    pytest.param(allow("sns:*", TOPIC[:-2] + "??"), ask(), id="question marks in a resource"),
    pytest.param(
        allow("ec2:DescribeInstances"), ask("ec2:DescribeInstances", "*"), id="no resource, so only star"
    ),
    pytest.param(
        allow("logs:*", GROUP + ":*"),
        ask("logs:PutLogEvents", GROUP + ":log-stream:a"),
        id="streams of a group",
    ),
]

NOT_MEANT = [
    pytest.param(allow("sns:Subscribe"), ask(), id="another action"),
    pytest.param(allow("sns:P?ublish"), ask(), id="a question mark is not no character"),
    pytest.param(allow("sns:*", TOPIC.upper()), ask(), id="the case of a resource matters"),
    pytest.param(allow("sns:*", TOPIC + "-2"), ask(), id="another topic with the same start"),
    pytest.param({"Effect": "Allow", "NotAction": "sns:*", "Resource": "*"}, ask(), id="NotAction names it"),
    pytest.param(
        {"Effect": "Allow", "Action": "sns:*", "NotResource": TOPIC}, ask(), id="NotResource names it"
    ),
    pytest.param(
        allow("ec2:*", "arn:aws:ec2:*"),
        ask("ec2:DescribeInstances", "*"),
        id="no resource needs star, not an ARN",
    ),
    pytest.param(
        allow("logs:*", GROUP + ":*"), ask("logs:DeleteLogGroup", GROUP), id="a group is not its streams"
    ),
    pytest.param(
        allow("dynamodb:Query", TABLE),
        ask("dynamodb:Query", TABLE + "/index/by-day"),
        id="a table is not its index",
    ),
]


@pytest.mark.parametrize(("statement", "request_"), MEANT)
def test_an_allow_that_means_the_request_allows_it(statement, request_):
    assert identity_allows(statement, request_)


@pytest.mark.parametrize(("statement", "request_"), NOT_MEANT)
def test_what_no_allow_means_is_denied(statement, request_):
    decision = decide(request_, [policy(statement)])

    assert not decision.allowed
    assert decision.because == f"no identity-based policy allows the {request_.action} action"
    assert decision.statement is None


@pytest.mark.parametrize(
    ("pattern", "resource"),
    [
        pytest.param(
            "arn:aws:logs:*:*:log-group:a*z", f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:a:b:z", id="star"
        ),
        pytest.param("arn:aws:logs:?:1:log-group:a?z", "arn:aws:logs:e:1:log-group:a:z", id="question mark"),
    ],
)
def test_a_wildcard_inside_a_segment_that_would_need_a_colon_is_left_undecided(pattern, resource):
    with pytest.raises(NotSimulated, match="inside a segment"):
        identity_allows(allow("logs:*", pattern), ask("logs:PutLogEvents", resource))


# reference_policies_elements_principal: what an Allow in a resource's policy grants by itself
GRANTED_BY_RESOURCE = [
    pytest.param("*", WARDEN, id="everyone"),
    pytest.param({"AWS": "*"}, WARDEN, id="everyone, the long form"),
    pytest.param({"AWS": ROLE}, WARDEN, id="a role means its sessions"),
    pytest.param({"AWS": SESSION}, WARDEN, id="the session itself"),
    pytest.param({"AWS": [ALICE.arn, ROLE]}, ALICE, id="one of a list"),
    pytest.param({"Service": "events.amazonaws.com"}, EVENTS, id="a service"),
    pytest.param(
        {"AWS": ROLE, "Service": ["sns.amazonaws.com", "events.amazonaws.com"]}, EVENTS, id="of both kinds"
    ),
    pytest.param({"Service": "logs.eu-west-1.amazonaws.com"}, LOGS, id="a service by its regional name"),
    pytest.param("*", EVENTS, id="everyone is services too"),
    pytest.param({"AWS": ACCOUNT}, ROOT, id="the account means its root user"),
]

NOT_GRANTED_BY_RESOURCE = [
    pytest.param({"AWS": ROLE + "2"}, WARDEN, id="another role"),
    pytest.param({"AWS": SESSION + "2"}, WARDEN, id="another session of the role"),
    pytest.param({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, WARDEN, id="the account leaves it to the identity"),
    pytest.param({"AWS": ACCOUNT}, ALICE, id="the account by its number, likewise"),
    pytest.param({"AWS": ACCOUNT}, EVENTS, id="an account has no services"),
    pytest.param({"Service": "sns.amazonaws.com"}, EVENTS, id="another service"),
    pytest.param({"Service": "logs.us-east-1.amazonaws.com"}, LOGS, id="the service of another region"),
    pytest.param({"Service": "events.amazonaws.com"}, WARDEN, id="a role is no service"),
]


@pytest.mark.parametrize(("principal", "who"), GRANTED_BY_RESOURCE)
def test_a_resource_can_allow_without_any_identity_policy(principal, who):
    assert resource_allows(allow(Principal=principal), ask(who=who))


@pytest.mark.parametrize(("principal", "who"), NOT_GRANTED_BY_RESOURCE)
def test_a_principal_that_is_not_meant_gets_nothing_from_the_resource(principal, who):
    assert not resource_allows(allow(Principal=principal), ask(who=who))


@pytest.mark.parametrize(
    "principal",
    [
        pytest.param("*", id="everyone"),
        pytest.param({"AWS": ACCOUNT}, id="the account: everybody in it"),
        pytest.param({"AWS": ROLE}, id="the role"),
    ],
)
def test_a_deny_in_the_resources_policy_wins(principal):
    decision = decide(ask(), [policy(allow())], policy(deny(Principal=principal, Sid="Nobody")))

    assert not decision.allowed
    assert decision.because == "an explicit deny in a resource-based policy"
    assert decision.statement == "Nobody"


# reference_policies_evaluation-logic-cross-account, .../kms/latest/developerguide/key-policies,
# id_roles_update-role-trust-policy
BOTH_SIDES = [
    # action, principal of the resource's policy (None: no policy), identity allows, same account, answer
    pytest.param("sns:Publish", None, True, True, True, id="same account: identity suffices"),
    pytest.param("sns:Publish", ROLE, False, True, True, id="same account: resource suffices"),
    pytest.param("sns:Publish", ACCOUNT, True, True, True, id="same account: account and identity"),
    pytest.param("sns:Publish", None, True, False, False, id="across accounts: identity alone"),
    pytest.param("sns:Publish", ROLE, False, False, False, id="across accounts: resource alone"),
    pytest.param("sns:Publish", "*", False, False, False, id="across accounts: even when everyone may"),
    pytest.param("sns:Publish", ROLE, True, False, True, id="across accounts: both"),
    pytest.param("sns:Publish", ACCOUNT, True, False, True, id="across accounts: the account and both"),
    pytest.param("kms:Decrypt", None, True, True, False, id="key: never by identity alone"),
    pytest.param("kms:Decrypt", ALICE.arn, True, True, False, id="key: its policy names somebody else"),
    pytest.param("kms:Decrypt", ACCOUNT, True, True, True, id="key: account delegates to identity"),
    pytest.param("kms:Decrypt", ACCOUNT, False, True, False, id="key: account delegates, identity silent"),
    pytest.param("kms:Decrypt", ROLE, False, True, True, id="key: its policy names the role"),
    pytest.param("kms:ListKeys", None, True, True, True, id="key: no key, no key policy"),
    pytest.param("sts:AssumeRole", None, True, True, False, id="trust: never by identity alone"),
    pytest.param("sts:AssumeRole", ACCOUNT, True, True, True, id="trust: account and identity"),
    pytest.param("sts:AssumeRole", ACCOUNT, False, True, False, id="trust: account alone"),
    pytest.param("sts:AssumeRole", ROLE, False, True, True, id="trust: names the principal"),
    pytest.param("sts:AssumeRole", ROLE, False, False, False, id="trust: in another account needs both"),
]


RESOURCES = {"sns:Publish": TOPIC, "kms:Decrypt": KEY, "kms:ListKeys": "*", "sts:AssumeRole": ROLE}


@pytest.mark.parametrize(("action", "principal", "identity", "same_account", "answer"), BOTH_SIDES)
def test_which_side_must_allow(action, principal, identity, same_account, answer):
    identity_policies = [policy(allow(action))] if identity else []
    of_resource = None if principal is None else policy(allow(action, Principal={"AWS": principal}))

    decision = decide(
        ask(action, RESOURCES[action]), identity_policies, of_resource, same_account=same_account
    )

    assert decision.allowed is answer


def test_a_trust_policy_has_no_resource_and_means_the_role_it_is_attached_to():
    lambda_ = Principal(services=("lambda.amazonaws.com",))
    trust = policy(
        {"Effect": "Allow", "Principal": {"Service": lambda_.services[0]}, "Action": "sts:AssumeRole"}
    )

    assert decide(ask("sts:AssumeRole", ROLE, lambda_), [], trust).allowed
    assert decide(ask("sts:AssumeRole", ROLE, EVENTS), [], trust).because == (
        "no role trust policy allows the sts:AssumeRole action"
    )


def test_identity_policies_do_not_help_a_service():
    decision = decide(ask(who=EVENTS), [policy(allow())], None)

    assert not decision.allowed
    assert decision.because == "no resource-based policy allows the sns:Publish action"


def test_the_root_user_needs_no_policy():
    assert decide(ask(who=ROOT), []).allowed
    assert not decide(ask("kms:Decrypt", KEY, ROOT), [], policy(allow(Principal={"AWS": ROLE}))).allowed


def test_a_bucket_policy_cannot_lock_the_root_user_out_of_itself():
    bucket, nobody = "arn:aws:s3:::trail", policy(deny(Principal="*"))

    assert decide(ask("s3:DeleteBucketPolicy", bucket, ROOT), [], nobody).allowed
    assert not decide(ask("s3:DeleteBucketPolicy", bucket, WARDEN), [policy(allow())], nobody).allowed
    assert not decide(ask("s3:DeleteBucket", bucket, ROOT), [], nobody).allowed


ARN_RULE = f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/table_deleted"

# reference_policies_elements_condition_operators
HOLDS = [
    pytest.param("StringEquals", "aws:SourceAccount", ACCOUNT, {"aws:SourceAccount": ACCOUNT}, id="equal"),
    pytest.param(
        "StringEquals", "AWS:sourceaccount", ACCOUNT, {"aws:SourceAccount": ACCOUNT}, id="a key's case"
    ),
    pytest.param(
        "StringEquals", "aws:SourceAccount", ["1", ACCOUNT], {"aws:SourceAccount": ACCOUNT}, id="one of"
    ),
    pytest.param("StringEquals", "sns:Protocol", "a${*}", {"sns:Protocol": "a*"}, id="an escaped star"),
    pytest.param(
        "StringEqualsIgnoreCase", "sns:Protocol", "HTTPS", {"sns:Protocol": "https"}, id="ignore case"
    ),
    pytest.param("StringNotEquals", "sns:Protocol", ["http", "sms"], {"sns:Protocol": "https"}, id="none of"),
    pytest.param("StringNotEquals", "sns:Protocol", "http", {}, id="an absent key is not equal"),
    pytest.param("StringLike", "sns:Endpoint", "*@example.com", {"sns:Endpoint": "a@example.com"}, id="like"),
    pytest.param(
        "StringNotLike", "sns:Endpoint", "*@example.com", {"sns:Endpoint": "a@b.org"}, id="not like"
    ),
    pytest.param("ArnEquals", "aws:SourceArn", ARN_RULE, {"aws:SourceArn": ARN_RULE}, id="an ARN"),
    pytest.param(
        "ArnEquals", "aws:SourceArn", "arn:aws:*:*:*:rule/*", {"aws:SourceArn": ARN_RULE}, id="ArnEquals*"
    ),
    pytest.param("ArnLike", "aws:SourceArn", ARN_RULE[:-7] + "*", {"aws:SourceArn": ARN_RULE}, id="ArnLike"),
    pytest.param(
        "ArnNotEquals", "aws:SourceArn", ARN_RULE + "2", {"aws:SourceArn": ARN_RULE}, id="another ARN"
    ),
    pytest.param(
        "ArnNotLike", "aws:SourceArn", "arn:aws:s3:::*", {"aws:SourceArn": ARN_RULE}, id="not like an ARN"
    ),
    pytest.param("Bool", "aws:SecureTransport", "true", {}, id="TLS unless said otherwise"),
    pytest.param("Bool", "aws:SecureTransport", False, {"aws:SecureTransport": False}, id="false is false"),
    pytest.param("Bool", "aws:ViaAWSService", "FALSE", {}, id="false in capitals"),
    pytest.param("Null", "aws:SourceArn", "true", {}, id="absent"),
    pytest.param("Null", "aws:SourceArn", False, {"aws:SourceArn": ARN_RULE}, id="present"),
    pytest.param("StringEqualsIfExists", "s3:x-amz-acl", "private", {}, id="IfExists, absent"),
    pytest.param("BoolIfExists", "aws:SecureTransport", "true", {}, id="IfExists, present"),
    pytest.param("StringEquals", "aws:PrincipalArn", ROLE, {}, id="a session's principal ARN is its role's"),
    pytest.param("StringEquals", "aws:PrincipalAccount", ACCOUNT, {}, id="the principal's account"),
    pytest.param("Bool", "aws:PrincipalIsAWSService", "false", {}, id="a role is no service"),
    pytest.param(
        "StringLike",
        "kms:EncryptionContext:aws:cloudtrail:arn",
        "*",
        {"kms:EncryptionContext:aws:cloudtrail:arn": "a"},
        id="encryption context",
    ),
]

DOES_NOT_HOLD = [
    pytest.param("StringEquals", "aws:SourceAccount", OTHER, {"aws:SourceAccount": ACCOUNT}, id="another"),
    pytest.param("StringEquals", "aws:SourceAccount", ACCOUNT, {}, id="an absent key equals nothing"),
    pytest.param("StringEquals", "sns:Protocol", "HTTPS", {"sns:Protocol": "https"}, id="a value's case"),
    pytest.param(
        "StringEquals", "sns:Protocol", "http*", {"sns:Protocol": "https"}, id="star is a letter here"
    ),
    pytest.param(
        "StringNotEquals", "sns:Protocol", ["http", "https"], {"sns:Protocol": "https"}, id="any of"
    ),
    pytest.param(
        "StringLike", "sns:Endpoint", "*@example.com", {"sns:Endpoint": "a@example.com.org"}, id="like"
    ),
    pytest.param("StringLike", "sns:Endpoint", "*", {}, id="absent is not like anything"),
    pytest.param("StringNotLike", "sns:Endpoint", "*@b.org", {"sns:Endpoint": "a@b.org"}, id="not like"),
    pytest.param(
        "ArnLike", "aws:SourceArn", "arn:aws:events:*:rule:x:y", {"aws:SourceArn": ARN_RULE}, id="by part"
    ),
    pytest.param("ArnLike", "aws:SourceArn", "arn:aws:s3:::*", {"aws:SourceArn": "trail"}, id="not an ARN"),
    pytest.param("ArnEquals", "aws:SourceArn", ARN_RULE, {}, id="an absent ARN"),
    pytest.param("ArnNotEquals", "aws:SourceArn", ARN_RULE, {"aws:SourceArn": ARN_RULE}, id="not this ARN"),
    pytest.param("Bool", "aws:SecureTransport", "true", {"aws:SecureTransport": False}, id="plain HTTP"),
    pytest.param("Bool", "aws:PrincipalIsAWSService", "true", {}, id="a role is no service"),
    pytest.param("Null", "aws:SourceArn", "true", {"aws:SourceArn": ARN_RULE}, id="present"),
    pytest.param("Null", "aws:SourceArn", "false", {}, id="absent"),
    pytest.param(
        "StringEqualsIfExists", "s3:x-amz-acl", "private", {"s3:x-amz-acl": "public-read"}, id="IfExists"
    ),
    pytest.param("StringEquals", "aws:PrincipalArn", SESSION, {}, id="not the session's ARN"),
    pytest.param(
        "StringEquals",
        "aws:PrincipalServiceName",
        "events.amazonaws.com",
        {},
        id="a role has no service name",
    ),
]


def conditional(operator: str, key: str, value: Any) -> dict[str, Any]:
    return allow(Condition={operator: {key: value}})


@pytest.mark.parametrize(("operator", "key", "value", "context"), HOLDS)
def test_a_condition_that_holds_lets_the_allow_stand(operator, key, value, context):
    assert identity_allows(conditional(operator, key, value), ask(context=context))


@pytest.mark.parametrize(("operator", "key", "value", "context"), DOES_NOT_HOLD)
def test_a_condition_that_does_not_hold_takes_the_allow_away(operator, key, value, context):
    assert not identity_allows(conditional(operator, key, value), ask(context=context))


def test_all_operators_and_all_keys_must_hold():
    both = allow(
        Principal={"Service": "events.amazonaws.com"},
        Condition={
            "ArnEquals": {"aws:SourceArn": ARN_RULE},
            "StringEquals": {
                "aws:SourceAccount": ACCOUNT,
                "aws:PrincipalServiceName": "events.amazonaws.com",
            },
        },
    )
    whole = {"aws:SourceArn": ARN_RULE, "aws:SourceAccount": ACCOUNT}

    assert resource_allows(both, ask(who=EVENTS, context=whole))
    for missing in whole:
        partly = {key: value for key, value in whole.items() if key != missing}
        assert not resource_allows(both, ask(who=EVENTS, context=partly))


def test_a_key_that_the_request_brings_is_known():
    leading = conditional("StringEquals", "dynamodb:LeadingKeys", "alice")

    assert identity_allows(leading, ask(context={"dynamodb:LeadingKeys": "alice"}))
    assert not identity_allows(leading, ask(context={"dynamodb:LeadingKeys": "bob"}))
    with pytest.raises(NotSimulated, match="LeadingKeys"):
        identity_allows(leading, ask())


# None of these may be silently true or false.
UNKNOWN = [
    pytest.param(conditional("StringMatches", "aws:SourceAccount", "1"), "StringMatches", id="an operator"),
    pytest.param(
        conditional("ForSomeValues:StringEquals", "aws:SourceAccount", "a"), "ForSomeValues", id="a set"
    ),
    pytest.param(
        conditional("ForAllValues:StringEquals", "dynamodb:LeadingKeys", "a"),
        "dynamodb:LeadingKeys",
        id="a key of several values",
    ),
    pytest.param(
        conditional("NullIfExists", "aws:SourceArn", "true"), "NullIfExists", id="Null with IfExists"
    ),
    pytest.param(conditional("StringEquals", "aws:RequestedRegion", "x"), "aws:RequestedRegion", id="a key"),
    pytest.param(conditional("Null", "ec2:Region", "true"), "ec2:Region", id="a key's mere absence"),
    pytest.param(
        conditional("StringEqualsIfExists", "aws:ResourceTag/a", "1"), "aws:ResourceTag/a", id="a tag"
    ),
    pytest.param(conditional("StringEquals", "sns:Endpoint", "${saml:sub}"), "saml:sub", id="a variable"),
    pytest.param(allow(resource="arn:aws:sns:*:*:${saml:sub}"), "saml:sub", id="a variable in a resource"),
    pytest.param(conditional("ArnLike", "aws:PrincipalArn", "*"), "fewer than six", id="an ARN of no parts"),
]


@pytest.mark.parametrize(("statement", "named"), UNKNOWN)
def test_what_is_not_known_is_named_aloud(statement, named):
    with pytest.raises(NotSimulated, match=re.escape(named)):
        identity_allows(statement, ask(context={"sns:Endpoint": "a"}))


@pytest.mark.parametrize(
    ("principal", "named"),
    [
        pytest.param({"Principal": {"CanonicalUser": "79a5"}}, "CanonicalUser", id="canonical user"),
        pytest.param({"Principal": {"AWS": "somebody"}}, "somebody", id="a bare name"),
    ],
)
def test_a_principal_that_is_not_known_is_named_aloud(principal, named):
    with pytest.raises(NotSimulated, match=named):
        resource_allows(allow(**principal), ask())


def test_an_unknown_condition_is_heard_even_when_another_one_fails():
    condition = {"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}

    with pytest.raises(NotSimulated, match="aws:SourceIp"):
        identity_allows(allow(Condition=condition), ask())


def test_what_another_statement_says_of_other_requests_does_not_matter():
    unknown = {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}
    other_action = allow("ec2:*", Condition=unknown)
    other_principal = allow(Principal={"AWS": ALICE.arn}, Condition=unknown)

    assert decide(ask(), [policy(other_action, allow("sns:Publish"))], policy(other_principal)).allowed


def test_before_2012_a_policy_has_no_variables_only_dollars():
    odd = "arn:aws:sns:eu-west-1:1:${aws:username}"

    assert identity_allows(allow(resource=odd), ask(resource=odd), version="2008-10-17")
    assert identity_allows(
        conditional("StringEquals", "sns:Endpoint", "${*}"),
        ask(context={"sns:Endpoint": "${*}"}),
        version="2008-10-17",
    )


# reference_policies_grammar
MALFORMED = [
    pytest.param("{", "no JSON", id="cut off"),
    pytest.param({"Version": "2012-10-17"}, "no Statement", id="no statement"),
    pytest.param(
        policy({"Effect": "allow", "Action": "*", "Resource": "*"}), "Effect", id="effect in lower case"
    ),
    pytest.param(policy({"Effect": "Allow", "Resource": "*"}), "Action", id="no action"),
    pytest.param(policy({"Effect": "Allow", "Action": "*"}), "Resource", id="no resource"),
    pytest.param(policy(allow(NotAction="s3:*")), "Action", id="action and NotAction"),
    pytest.param(policy(allow(Principal="*")), "Principal", id="a principal in an identity policy"),
    pytest.param(policy("Allow"), "no object", id="a statement of one word"),
]


@pytest.mark.parametrize(("document", "wrong"), MALFORMED)
def test_a_document_that_aws_would_not_store_is_refused(document, wrong):
    with pytest.raises(MalformedPolicy, match=wrong):
        decide(ask(), [document])


@pytest.mark.parametrize(
    "principal",
    [
        pytest.param({}, id="none"),
        pytest.param({"Principal": "alice"}, id="a bare name"),
        pytest.param({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"}}, id="a wildcard in an ARN"),
        pytest.param(
            {"Principal": {"AWS": f"arn:aws-gov:iam::{ACCOUNT}:root"}}, id="a partition there is not"
        ),
    ],
)
def test_a_resource_policy_needs_a_principal_without_wildcards(principal):
    with pytest.raises(MalformedPolicy, match=r"(?i)principal"):
        resource_allows(allow(**principal), ask())


def test_text_and_parsed_documents_and_single_statements_are_read_alike():
    document = policy(allow("sns:Publish"))

    assert decide(ask(), [json.dumps(document)]) == decide(ask(), [document])
    assert decide(ask(), [{**document, "Statement": allow("sns:Publish")}]) == decide(ask(), [document])


def test_the_statement_that_decided_is_named_by_sid_or_by_place():
    places = policy(allow("sqs:*"), allow("sns:*"), deny("sns:Delete*", Sid="Keep"))

    assert decide(ask(), [places]).statement == 1
    assert decide(ask("sns:DeleteTopic"), [places]).statement == "Keep"
    assert decide(ask("sns:DeleteTopic"), [places]).because == "an explicit deny in an identity-based policy"


def test_a_caller_becomes_its_principal():
    session = Caller(kind=CallerKind.ASSUMED_ROLE, account=ACCOUNT, arn=SESSION, name="warden", session="i-1")
    service = Caller(kind=CallerKind.AWS_SERVICE, account=ACCOUNT, service="events.amazonaws.com")
    user = Caller(kind=CallerKind.IAM_USER, account=ACCOUNT, arn=ALICE.arn, name="alice")

    assert [Principal.of(caller) for caller in (session, service, user)] == [WARDEN, EVENTS, ALICE]


ACTIONS = st.sampled_from(["sns:Publish", "sns:*", "*", "sqs:SendMessage", "s?s:P*"])
STATEMENTS = st.builds(
    lambda effect, action, resource: {"Effect": effect, "Action": action, "Resource": resource},
    st.sampled_from(["Allow", "Deny"]),
    ACTIONS,
    st.sampled_from([TOPIC, TABLE, "*", "arn:aws:sns:*"]),
)


@pytest.mark.slow
@given(st.lists(STATEMENTS, min_size=1, max_size=5), st.randoms())
def test_a_deny_always_wins_wherever_it_stands(statements, random):
    shuffled = [*statements, deny("sns:Publish", TOPIC)]
    random.shuffle(shuffled)

    assert not decide(ask(), [policy(*shuffled)]).allowed
    assert not decide(ask(), [policy(statement) for statement in shuffled]).allowed
    assert not decide(ask(), [], policy(*({**statement, "Principal": "*"} for statement in shuffled))).allowed


@given(st.lists(STATEMENTS, max_size=5), STATEMENTS)
def test_one_more_allow_never_takes_anything_away(statements, more):
    before = decide(ask(), [policy(*statements)]).allowed

    after = decide(ask(), [policy(*statements, {**more, "Effect": "Allow"})]).allowed

    assert after >= before


def glob(pattern: str, text: str) -> bool:
    """The textbook's matcher, one character at a time."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return glob(pattern[1:], text) or (bool(text) and glob(pattern, text[1:]))
    return bool(text) and pattern[0] in {"?", text[0]} and glob(pattern[1:], text[1:])


@given(st.text("a:*?.[\n$", max_size=8), st.text("a:*?.[\n$", max_size=8))
def test_wildcards_match_as_the_textbook_has_it(pattern, text):
    assert matches(pattern, text) == glob(pattern, text)


# ---- asked before -------------------------------------------------------------------------------


def test_the_same_question_is_answered_anew_when_a_key_has_another_value():
    statement = allow(Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})

    def from_region(region: str | None) -> bool:
        def answer(key: str) -> str | None:
            return region if key == "aws:requestedregion" else None

        request = Request(principal=WARDEN, action="sns:Publish", resource=TOPIC, ask=answer)
        return decide(request, [policy(statement)]).allowed

    asked = ["eu-west-1", "us-east-1", "eu-west-1", None, "eu-west-1"]

    assert [from_region(region) for region in asked] == [True, False, True, False, True]


def test_the_same_question_is_answered_anew_when_a_policy_has_changed():
    document = policy(allow("sns:*"))
    before = decide(ask(), [document], None)
    document["Statement"].append(deny("sns:Publish"))

    assert before.allowed
    assert not decide(ask(), [document], None).allowed
    assert not decide(ask(), [policy(allow("sns:*"))], policy(deny(Principal="*"))).allowed
    assert decide(ask(), [policy(allow("sns:*"))], None).allowed
