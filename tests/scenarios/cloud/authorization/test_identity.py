import json
from datetime import UTC, datetime

import pytest

from scenarios.cloud.authorization.denied import UnusableCredentials
from scenarios.cloud.authorization.identity import Identity
from scenarios.cloud.kernel.caller import Caller, CallerKind
from tests.scenarios.cloud.small_worlds import (
    ACCOUNT,
    HOME,
    admin,
    arn,
    bucket,
    document,
    function,
    lets,
    may,
    permission,
    queue,
    role,
    topic,
    world,
)

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/reader"
HEARD = arn("sqs", "Heard")
ALERTS = arn("sns", "Alerts")


def user(name, **more):
    return Caller(
        kind=CallerKind.IAM_USER,
        account=ACCOUNT,
        arn=f"arn:aws:iam::{ACCOUNT}:user/{name}",
        name=name,
        **more,
    )


def session(role_name, session_name="s"):
    return Caller(
        kind=CallerKind.ASSUMED_ROLE,
        account=ACCOUNT,
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/{session_name}",
        name=role_name,
        session=session_name,
    )


# ---- who is who ---------------------------------------------------------------------------------


@pytest.fixture
def directory():
    return Identity(ACCOUNT, HOME, {})


def signing(directory, caller):
    key = caller.access_key_id
    return directory.caller(key, NOW, secret=directory.secret_of(key))


@pytest.mark.parametrize(
    ("caller", "key", "principal"),
    [
        pytest.param(user("alice"), "AKIA", "AIDA", id="a user"),
        pytest.param(session("reader"), "ASIA", "AROA", id="a session of a role"),
        pytest.param(
            Caller(kind=CallerKind.ROOT, account=ACCOUNT, arn=ROOT), "AKIA", ACCOUNT, id="the root user"
        ),
    ],
)
def test_whoever_is_enrolled_signs_with_a_key_that_names_them(directory, caller, key, principal):
    known = directory.enrol(caller)

    assert signing(directory, known) == known
    assert known.access_key_id.startswith(key)
    assert len(known.access_key_id) == 20
    assert known.principal_id.startswith(principal)
    assert known.principal_id.endswith(":s") == (caller.kind is CallerKind.ASSUMED_ROLE)


def test_one_arn_has_one_key_in_every_world(directory):
    again = Identity(ACCOUNT, "eu-west-1", {})

    assert directory.enrol(user("alice")).access_key_id == again.enrol(user("alice")).access_key_id
    assert directory.enrol(user("alice")).access_key_id != directory.enrol(user("bob")).access_key_id


def test_who_comes_back_from_elsewhere_is_the_same_with_the_new_address(directory):
    first = directory.enrol(user("alice", source_ip="192.0.2.1"))
    second = directory.enrol(user("alice", source_ip="192.0.2.2"))

    assert first.access_key_id == second.access_key_id
    assert signing(directory, first).source_ip == "192.0.2.2"


def test_a_key_of_ones_own_is_kept(directory):
    assert directory.enrol(user("alice", access_key_id="AKIAOWN")).access_key_id == "AKIAOWN"


def test_a_key_that_nobody_has_is_unusable(directory):
    with pytest.raises(UnusableCredentials, match="invalid"):
        directory.caller("AKIANOBODY", NOW, secret="x")


# ---- what a caller may --------------------------------------------------------------------------


def attach(each, *statements):
    """A managed policy of the account's own, attached to the role."""
    iam = admin(each, "iam")
    policy = iam.create_policy(PolicyName="attached", PolicyDocument=json.dumps(document(*statements)))
    iam.attach_role_policy(RoleName="reader", PolicyArn=policy["Policy"]["Arn"])


@pytest.mark.parametrize(
    ("inline", "attached", "allowed", "because"),
    [
        pytest.param([], [], False, "no identity-based policy allows", id="no policy"),
        pytest.param([may("sqs:SendMessage", HEARD)], [], True, "identity-based", id="an inline policy"),
        pytest.param(
            [may("sqs:SendMessage", f"{HEARD}-not")],
            [],
            False,
            "no identity-based policy allows",
            id="a policy for another queue",
        ),
        pytest.param([], [may("sqs:*")], True, "identity-based", id="an attached policy"),
        pytest.param(
            [may("sqs:*")],
            [{"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "*"}],
            False,
            "an explicit deny in an identity-based policy",
            id="an attached policy that denies",
        ),
    ],
)
def test_a_session_may_what_its_roles_policies_say(inline, attached, allowed, because):
    with world({**queue(by=""), **role("reader", "lambda", *inline)}) as each:
        if attached:
            attach(each, *attached)
        decision = each.identity.judge(session("reader"), "sqs:SendMessage", HEARD)

    assert decision.allowed is allowed
    assert because in decision.because


def test_a_managed_policy_of_aws_counts_for_the_role_that_has_it():
    reader = role("reader", "lambda")
    reader["reader"]["Properties"]["ManagedPolicyArns"] = [
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    ]
    stream = arn("logs", "log-group:g:log-stream:s")
    with world(reader) as each:
        assert each.identity.judge(session("reader"), "logs:PutLogEvents", stream).allowed
        assert not each.identity.judge(session("reader"), "logs:DeleteLogStream", stream).allowed


def test_a_session_of_a_role_that_is_gone_may_nothing():
    with world(queue(by="")) as each:
        assert not each.identity.judge(session("reader"), "sqs:SendMessage", HEARD).allowed


def test_a_policy_taken_away_counts_from_then_on():
    with world(role("reader", "lambda", may("sqs:*"))) as each:
        before = each.identity.judge(session("reader"), "sqs:SendMessage", HEARD).allowed
        admin(each, "iam").delete_role_policy(RoleName="reader", PolicyName="p")

        assert (before, each.identity.judge(session("reader"), "sqs:SendMessage", HEARD).allowed) == (
            True,
            False,
        )


# ---- what hangs on resources --------------------------------------------------------------------

KEY_POLICY = document(
    {
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "kms:*",
        "Resource": "*",
    },
    {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["kms:Decrypt"],
        "Resource": "*",
    },
)
KEY = {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": KEY_POLICY}}}
ONLY_CLOUDTRAIL = {
    "Policy": {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": {"Ref": "Bucket"},
            "PolicyDocument": document(
                lets("cloudtrail", "s3:PutObject", resource={"Fn::Sub": "${Bucket.Arn}/AWSLogs/*"})
            ),
        },
    }
}
SOURCE = {"aws:SourceArn": arn("events", "rule/watch"), "aws:SourceAccount": ACCOUNT}


@pytest.mark.parametrize(
    ("standing", "service", "action", "resource", "allowed"),
    [
        pytest.param(queue(), "events", "sqs:SendMessage", HEARD, True, id="a queue's policy"),
        pytest.param(queue(), "sns", "sqs:SendMessage", HEARD, False, id="a queue, another service"),
        pytest.param(queue(), "events", "sqs:ReceiveMessage", HEARD, False, id="a queue, another action"),
        pytest.param(queue(by=""), "events", "sqs:SendMessage", HEARD, False, id="a queue without a policy"),
        pytest.param(topic(), "events", "sqs:SendMessage", HEARD, False, id="a queue that is not there"),
        pytest.param(topic("events"), "events", "sns:Publish", ALERTS, True, id="a topic's policy"),
        pytest.param(topic(), "events", "sns:Publish", ALERTS, False, id="a topic's own default"),
        pytest.param(
            {**bucket(), **ONLY_CLOUDTRAIL},
            "cloudtrail",
            "s3:PutObject",
            "arn:aws:s3:::tw-logs/AWSLogs/1",
            True,
            id="a bucket's policy",
        ),
        pytest.param(
            {**bucket(), **ONLY_CLOUDTRAIL},
            "cloudtrail",
            "s3:PutObject",
            "arn:aws:s3:::tw-logs/else",
            False,
            id="a bucket's policy for another prefix",
        ),
        pytest.param(
            {**function(), **permission("events", SourceArn=arn("events", "rule/watch"))},
            "events",
            "lambda:InvokeFunction",
            arn("lambda", "function:look"),
            True,
            id="a function's permission for this rule",
        ),
        pytest.param(
            {**function(), **permission("events", SourceArn=arn("events", "rule/other"))},
            "events",
            "lambda:InvokeFunction",
            arn("lambda", "function:look"),
            False,
            id="a function's permission for another rule",
        ),
        pytest.param(
            {**function(), **permission("events", SourceAccount="999999999999")},
            "events",
            "lambda:InvokeFunction",
            arn("lambda", "function:look"),
            False,
            id="a function's permission for another account",
        ),
        pytest.param(
            function(),
            "events",
            "lambda:InvokeFunction",
            arn("lambda", "function:look"),
            False,
            id="a function without a permission",
        ),
    ],
)
def test_a_service_may_what_the_resource_itself_says(standing, service, action, resource, allowed):
    with world(standing) as each:
        decision = each.identity.service_may(f"{service}.amazonaws.com", action, resource, SOURCE)

    assert decision.allowed is allowed


@pytest.mark.parametrize(
    ("action", "allowed"),
    [("kms:Decrypt", True), ("kms:GenerateDataKey", False)],
    ids=["granted", "not granted"],
)
def test_a_key_says_which_services_may_use_it(action, allowed):
    with world(KEY) as each:
        key = each.home.resources["Key"].attributes["Arn"]

        assert each.identity.service_may("events.amazonaws.com", action, key, {}).allowed is allowed


@pytest.mark.parametrize(
    ("statements", "key_policy", "allowed"),
    [
        pytest.param([may("kms:Decrypt")], KEY_POLICY, True, id="the key leaves it to the account"),
        pytest.param([], KEY_POLICY, False, id="and the role has no policy"),
        pytest.param(
            [may("kms:Decrypt")],
            document(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": ROOT},
                    "Action": "kms:Put*",
                    "Resource": "*",
                }
            ),
            False,
            id="the key does not",
        ),
    ],
)
def test_a_key_must_agree(statements, key_policy, allowed):
    key = {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": key_policy}}}
    with world({**key, **role("reader", "lambda", *statements)}) as each:
        key_arn = each.home.resources["Key"].attributes["Arn"]

        assert each.identity.judge(session("reader"), "kms:Decrypt", key_arn).allowed is allowed


def test_logs_answers_to_its_regional_name_as_well():
    statement = lets("logs", "sqs:SendMessage")
    statement["Principal"] = {"Service": f"logs.{HOME}.amazonaws.com"}
    policy = {"Queues": [{"Ref": "Heard"}], "PolicyDocument": document(statement)}
    standing = {**queue(by=""), "Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": policy}}
    with world(standing) as each:
        assert each.identity.service_may("logs.amazonaws.com", "sqs:SendMessage", HEARD, {}).allowed


def test_a_bus_says_who_may_put_events_on_it():
    with world(topic()) as each:
        bus = arn("events", "event-bus/default")
        request = ("sns.amazonaws.com", "events:PutEvents", bus, {})
        assert not each.identity.service_may(*request).allowed

        statement = {**lets("sns", "events:PutEvents", resource=bus), "Sid": "s"}
        admin(each, "events").put_permission(Policy=json.dumps(document(statement)))

        assert each.identity.service_may(*request).allowed


# ---- roles that services assume -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("trusted", "statements", "allowed"),
    [
        pytest.param("events", [may("sqs:SendMessage")], True, id="trusted and granted"),
        pytest.param("lambda", [may("sqs:SendMessage")], False, id="not trusted"),
        pytest.param("events", [], False, id="not granted"),
    ],
)
def test_a_role_works_for_the_service_it_trusts_and_for_what_it_is_granted(trusted, statements, allowed):
    with world({**queue(by=""), **role("reader", trusted, *statements)}) as each:
        decision = each.identity.role_may(ROLE_ARN, "events.amazonaws.com", "sqs:SendMessage", HEARD)

    assert decision.allowed is allowed


def test_a_role_that_is_gone_works_for_nobody():
    with world(queue(by="")) as each:
        assert not each.identity.role_may(ROLE_ARN, "events.amazonaws.com", "sqs:SendMessage", HEARD).allowed
