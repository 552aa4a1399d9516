"""Who may what across accounts, and what an organization leaves of it."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import ACCOUNT, HOME, admin, bucket, document, may, queue, world

OTHER = "999999999999"
ALLOW_ALL = may("*")


def user(account=OTHER, *statements):
    return Caller(
        kind=CallerKind.IAM_USER,
        account=account,
        arn=f"arn:aws:iam::{account}:user/alice",
        name="alice",
        policies=(document(*(statements or (ALLOW_ALL,))),),
    )


def to(principal, *actions, effect="Allow", resource="*", **more):
    return {
        "Effect": effect,
        "Principal": principal,
        "Action": list(actions),
        "Resource": resource,
        **more,
    }


def put_bucket_policy(each, *statements):
    admin(each, "s3").put_bucket_policy(Bucket="tw-logs", Policy=json.dumps(document(*statements)))


# ---- resource policies --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "allowed"),
    [
        pytest.param(user(OTHER), True, id="both sides allow"),
        pytest.param(user(OTHER, may("sqs:*")), False, id="the caller's own side says nothing"),
        pytest.param(user("888888888888"), False, id="the bucket's side says nothing"),
        pytest.param(user(ACCOUNT), True, id="within the account one side suffices"),
    ],
)
def test_a_bucket_of_another_account_takes_both_sides(caller, allowed):
    with world(bucket()) as each:
        put_bucket_policy(each, to({"AWS": f"arn:aws:iam::{OTHER}:root"}, "s3:GetObject"))
        decision = each.identity.judge(caller, "s3:GetObject", "arn:aws:s3:::tw-logs/k")

    assert decision.allowed is allowed


TABLE = f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/Games"


@pytest.mark.parametrize(
    ("resource", "action", "allowed"),
    [
        pytest.param(TABLE, "dynamodb:GetItem", True, id="the table"),
        pytest.param(f"{TABLE}/index/by-who", "dynamodb:Query", True, id="its index"),
        pytest.param(TABLE, "dynamodb:DeleteItem", False, id="another action"),
    ],
)
def test_a_tables_own_policy_lets_another_account_in(resource, action, allowed):
    with world(queue(by="")) as each:
        client = admin(each, "dynamodb")
        client.create_table(
            TableName="Games",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        lets = to({"AWS": OTHER}, "dynamodb:GetItem", "dynamodb:Query", resource=[TABLE, f"{TABLE}/index/*"])
        client.put_resource_policy(ResourceArn=TABLE, Policy=json.dumps(document(lets)))

        assert each.identity.judge(user(), action, resource).allowed is allowed


def test_a_secrets_own_policy_lets_another_account_in():
    with world(queue(by="")) as each:
        client = admin(each, "secretsmanager")
        secret = client.create_secret(Name="s", SecretString="x")["ARN"]
        denied = each.identity.judge(user(), "secretsmanager:GetSecretValue", secret)
        policy = document(to({"AWS": OTHER}, "secretsmanager:GetSecretValue"))
        client.put_resource_policy(SecretId=secret, ResourcePolicy=json.dumps(policy))
        allowed = each.identity.judge(user(), "secretsmanager:GetSecretValue", secret)

    assert not denied.allowed
    assert allowed.allowed


# ---- organizations ------------------------------------------------------------------------------


class Organization:
    """An organization of moto's that the world's account manages, with a member in an OU."""

    def __init__(self, each):
        self.client = admin(each, "organizations")
        with each.calls.muted():
            self.id = self.client.create_organization(FeatureSet="ALL")["Organization"]["Id"]
            self.root = self.client.list_roots()["Roots"][0]["Id"]
            self.unit = self.client.create_organizational_unit(ParentId=self.root, Name="u")[
                "OrganizationalUnit"
            ]["Id"]
            created = self.client.create_account(AccountName="m", Email="m@example.com")
            self.member = created["CreateAccountStatus"]["AccountId"]
            self.client.move_account(
                AccountId=self.member, SourceParentId=self.root, DestinationParentId=self.unit
            )
        self._calls = each.calls

    def attach(self, target, kind, *statements):
        with self._calls.muted():
            policy = self.client.create_policy(
                Content=json.dumps(document(*statements)), Description="", Name=f"p{target}", Type=kind
            )["Policy"]["PolicySummary"]["Id"]
            self.client.attach_policy(PolicyId=policy, TargetId=target)


SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
DENY_SQS = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}


def test_a_service_control_policy_binds_the_members_below_it_and_not_the_management_account():
    with world(queue(by="")) as each:
        organization = Organization(each)
        organization.attach(organization.unit, SCP, DENY_SQS)
        organization.attach(organization.root, SCP, {**DENY_SQS, "Action": "sns:*"})
        member, outsider, manager = user(organization.member), user(OTHER), user(ACCOUNT)

        def answers(action):
            return [each.identity.judge(who, action, "*").because for who in (member, manager, outsider)]

        denied, *free = answers("sqs:ListQueues")
        assert denied == "an explicit deny in a service control policy"
        assert free == ["an identity-based policy allows it"] * 2
        assert answers("sns:ListTopics")[0] == denied
        assert answers("s3:ListAllMyBuckets")[0] == free[0]


def test_an_account_a_unit_and_a_policy_are_named_by_their_arns():
    with world(queue(by="")) as each:
        organization = Organization(each)
        start = f"arn:aws:organizations::{ACCOUNT}"
        statements = (
            may("organizations:DescribeAccount", f"{start}:account/{organization.id}/{organization.member}"),
            may("organizations:ListChildren", f"{start}:ou/{organization.id}/*"),
            may("organizations:AttachPolicy", f"{start}:policy/{organization.id}/service_control_policy/*"),
        )
        clerk = each.client(each.user("clerk", policies=(document(*statements),)), "organizations")

        clerk.describe_account(AccountId=organization.member)
        clerk.list_children(ParentId=organization.unit, ChildType="ACCOUNT")
        for call in (
            lambda: clerk.describe_account(AccountId=ACCOUNT),
            lambda: clerk.list_children(ParentId=organization.root, ChildType="ACCOUNT"),
            lambda: clerk.attach_policy(PolicyId="p-FullAWSAccess", TargetId=organization.unit),
        ):
            with pytest.raises(ClientError, match="AccessDeniedException"):
                call()


def test_an_allow_is_missing_where_a_level_has_none():
    with world(queue(by="")) as each:
        organization = Organization(each)
        organization.attach(organization.unit, SCP, may("ec2:*"))
        with each.calls.muted():
            organization.client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=organization.unit)

        member = user(organization.member)
        assert each.identity.judge(member, "ec2:DescribeInstances", "*").allowed
        assert (
            "no service control policy allows" in each.identity.judge(member, "sqs:ListQueues", "*").because
        )


def test_a_resource_control_policy_binds_whoever_comes_to_a_members_resource():
    with world(queue(by="")) as each:
        organization = Organization(each)
        theirs = f"arn:aws:sqs:{HOME}:{organization.member}:q"
        organization.attach(
            organization.root,
            RCP,
            to(
                "*",
                "sqs:*",
                effect="Deny",
                Condition={"StringNotEquals": {"aws:PrincipalOrgID": organization.id}},
            ),
        )
        with each.calls.muted():
            moto_state.backend("sqs", organization.member, HOME).create_queue(
                "q", {}, Policy=json.dumps(document(to("*", "sqs:SendMessage")))
            )
        inside, outside = user(ACCOUNT), user(OTHER)

        assert each.identity.judge(inside, "sqs:SendMessage", theirs).allowed
        decision = each.identity.judge(outside, "sqs:SendMessage", theirs)
        assert decision.because == "an explicit deny in a resource control policy"


@pytest.mark.parametrize(
    ("operator", "pattern", "allowed"),
    [
        pytest.param("ForAnyValue:StringLike", "{id}/{root}/{unit}/*", True, id="below the unit"),
        pytest.param("ForAnyValue:StringLike", "{id}/{root}/", False, id="the root itself"),
        pytest.param("ForAnyValue:StringEquals", "{id}/{root}/{unit}/", True, id="in the unit"),
    ],
)
def test_where_a_principal_stands_in_its_organization_is_a_key(operator, pattern, allowed):
    with world(bucket()) as each:
        organization = Organization(each)
        path = pattern.format(id=organization.id, root=organization.root, unit=organization.unit)
        where = {operator: {"aws:PrincipalOrgPaths": path}}
        put_bucket_policy(each, to("*", "s3:GetObject", Condition=where))
        member = user(organization.member)

        assert each.identity.judge(member, "s3:GetObject", "arn:aws:s3:::tw-logs/k").allowed is allowed


@pytest.mark.parametrize(("source", "allowed"), [(ACCOUNT, True), (OTHER, False)])
def test_the_organization_that_a_service_acts_for_is_a_key(source, allowed):
    with world(bucket()) as each:
        organization = Organization(each)
        condition = {"StringEquals": {"aws:SourceOrgID": organization.id}}
        put_bucket_policy(each, to({"Service": "logs.amazonaws.com"}, "s3:PutObject", Condition=condition))
        decision = each.identity.service_may(
            "logs.amazonaws.com", "s3:PutObject", "arn:aws:s3:::tw-logs/k", {"aws:SourceAccount": source}
        )

    assert decision.allowed is allowed


# ---- keys in a call -----------------------------------------------------------------------------


def client_of(each, service, *statements):
    return each.client(each.identity.enrol(user(ACCOUNT, *statements)), service)


def test_a_call_is_judged_by_its_parameters_and_by_what_it_is_about():
    tagged = {**may("sqs:SendMessage"), "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
    with world({**queue("Blue", by=""), **queue("Red", by="")}) as each:
        urls = {name: f"https://sqs.{HOME}.amazonaws.com/{ACCOUNT}/{name}" for name in ("Blue", "Red")}
        admin(each, "sqs").tag_queue(QueueUrl=urls["Blue"], Tags={"team": "blue"})
        alice = client_of(each, "sqs", tagged)
        alice.send_message(QueueUrl=urls["Blue"], MessageBody="b")
        with pytest.raises(ClientError, match="not authorized"):
            alice.send_message(QueueUrl=urls["Red"], MessageBody="r")


def test_a_key_that_nobody_knows_is_loud():
    aged = {**may("s3:GetObject"), "Condition": {"NumericLessThan": {"s3:signatureAge": "1000"}}}
    with world(bucket()) as each, pytest.raises(NotSimulated, match="signatureAge"):
        client_of(each, "s3", aged).get_object(Bucket="tw-logs", Key="k")


# ---- services without rows ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        pytest.param([may("*")], True, id="everything"),
        pytest.param([may("ecs:*")], True, id="the service"),
        pytest.param(
            [may("ecs:DeleteCluster", "*"), may("s3:*", "arn:aws:s3:::b")], True, id="beside others"
        ),
        pytest.param([may("s3:*")], False, id="another service"),
        pytest.param([may("*"), {**may("ecs:Delete*"), "Effect": "Deny"}], False, id="a deny"),
        pytest.param([may("*", "arn:aws:s3:::b")], False, id="resources of another service"),
    ],
)
def test_a_policy_that_names_no_resource_decides_about_a_service_without_rows(statements, allowed):
    with world(queue(by="")) as each:
        clusters = client_of(each, "ecs", *statements)
        answer = pytest.raises(ClientError, match="ClusterNotFound" if allowed else "not authorized")
        with answer:
            clusters.delete_cluster(cluster="c")


def test_a_policy_that_names_a_resource_of_a_service_without_rows_is_loud():
    one = may("ecs:*", f"arn:aws:ecs:{HOME}:{ACCOUNT}:cluster/c")
    with world(queue(by="")) as each, pytest.raises(NotSimulated, match="cluster/c: no line says which"):
        client_of(each, "ecs", one).delete_cluster(cluster=one["Resource"])


@pytest.mark.slow
def test_accounts_that_were_made_at_one_moment_are_paged_through():
    with world(queue(by="")) as each:
        organizations = admin(each, "organizations")
        organizations.create_organization(FeatureSet="ALL")
        for name in ("a", "b", "c"):
            organizations.create_account(AccountName=name, Email=f"{name}@example.com")

        pages = organizations.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 2})
        names = [account["Name"] for page in pages for account in page["Accounts"]]

        assert names == ["master", "a", "b", "c"]
