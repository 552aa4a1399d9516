"""What a look finds of a group that somebody joined, however many policies it has, and while they change."""

import json

import pytest
from botocore.exceptions import ClientError

from chalicelib.events import api_call
from chalicelib.evidence.powers import EVERYTHING
from chalicelib.remediations.administrator_made.reading import MOST_POLICIES, look
from chalicelib.settings import Settings

SETTINGS = Settings(topic_arn="t", ledger="l", values={})
ALL = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
NOTHING = {"Statement": []}


class Iam:
    """A group `admins` with these inline and managed policies, in pages of ten, and alice in it."""

    def __init__(self, inline=(), managed=(), holders=(), missing=()):
        self.inline, self.managed, self.holders = dict(inline), dict(managed), holders
        self.read, self.missing = 0, missing

    def client(self, *_):
        return self

    def get_paginator(self, operation):
        listed = {
            "list_groups_for_user": (
                "Groups",
                [{"GroupName": "admins"}] if "admins" not in self.missing else [],
            ),
            "list_attached_user_policies": ("AttachedPolicies", []),
            "list_group_policies": ("PolicyNames", list(self.inline)),
            "list_attached_group_policies": (
                "AttachedPolicies",
                [{"PolicyArn": each} for each in self.managed],
            ),
            "list_entities_for_policy": ("PolicyUsers", [{"UserName": each} for each in self.holders]),
        }
        kept, found = listed[operation]
        none = {kept: [], "PolicyRoles": [], "PolicyGroups": []}
        if operation in ("list_groups_for_user", "list_attached_user_policies") and "alice" in self.missing:
            self._found(None)
        pages = [{**none, kept: found[first : first + 10]} for first in range(0, len(found), 10)]
        return type("Paginator", (), {"paginate": staticmethod(lambda **_: [none, *pages])})

    def list_groups_for_user(self, **asked):
        return self._found(None if asked["UserName"] in self.missing else {})

    def list_group_policies(self, **asked):
        return self._found(None if asked["GroupName"] in self.missing else {})

    def get_user_policy(self, **asked):
        return self._found(None if asked["UserName"] in self.missing else {})

    def get_role_policy(self, **_):
        return self._found(None)

    def get_group_policy(self, **asked):
        return {"PolicyDocument": self._found(self.inline[asked["PolicyName"]])}

    def get_policy(self, **_):
        return {"Policy": {"DefaultVersionId": "v1"}}

    def get_policy_version(self, **asked):
        return {"PolicyVersion": {"Document": self._found(self.managed[asked["PolicyArn"]])}}

    def _found(self, document):
        self.read += 1
        document = document.pop(0) if isinstance(document, list) else document
        if document is None:
            raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "gone"}}, "GetGroupPolicy")
        return document

    def lookup_events(self, **_):
        return {"Events": []}


def looked_at(iam, name="AddUserToGroup", **parameters):
    (called,) = api_call(
        {
            "detail": {
                "eventID": "e",
                "eventTime": "2026-03-02T03:00:00Z",
                "eventSource": "iam.amazonaws.com",
                "eventName": name,
                "recipientAccountId": "123456789012",
                "awsRegion": "us-east-1",
                "userIdentity": {"type": "IAMUser", "userName": "mallory", "accessKeyId": "AKIA1"},
                "requestParameters": parameters or {"userName": "alice", "groupName": "admins"},
            }
        }
    )
    return look(iam, called, SETTINGS)


def numbered(count, document=NOTHING, name="p{}"):
    return {name.format(index): document for index in range(count)}


@pytest.mark.parametrize(
    "iam",
    [
        pytest.param(Iam(inline={**numbered(30), "last": ALL}), id="the 31st inline policy"),
        pytest.param(Iam(managed={**numbered(19, name="arn:{}"), "arn:last": ALL}), id="the 20th attached"),
        pytest.param(Iam(inline={"gone": None, "last": ALL}), id="behind one that is gone"),
        pytest.param(Iam(managed={"arn:gone": None, "arn:last": ALL}), id="behind a deleted one"),
        pytest.param(Iam(managed={"arn:last": [None, ALL]}), id="whose version is another by now"),
    ],
)
def test_a_group_makes_an_administrator_by_any_of_its_policies(iam):
    found = looked_at(iam)

    assert found.state.allows == (EVERYTHING,)
    assert found.unread is None


def test_a_group_without_rights_makes_nobody_one():
    assert looked_at(Iam(inline=numbered(30), managed=numbered(3, name="arn:{}"))).nothing


def test_more_policies_than_are_read_are_told_as_not_looked_at():
    iam = Iam(inline={**numbered(MOST_POLICIES), "last": ALL})

    found = looked_at(iam)

    assert found.state is None
    assert f"more than {MOST_POLICIES} policies" in str(found.unread)
    assert iam.read <= MOST_POLICIES + 1


def test_what_was_found_among_the_first_is_told_however_many_there_are():
    some = {"Statement": {"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*"}}

    found = looked_at(Iam(inline={**numbered(MOST_POLICIES - 1), "some": some, **numbered(20, name="q{}")}))

    assert found.state.allows == ("iam:PutUserPolicy of anybody",)


@pytest.mark.parametrize("missing", [{"alice"}, {"admins"}])
def test_a_user_or_a_group_that_is_not_there_under_its_name_is_told(missing):
    """Who renames them after the call would go unseen."""
    found = looked_at(Iam(inline={"all": ALL}, missing=missing))

    assert "deleted or renamed" in str(found.unread)


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        pytest.param("AttachUserPolicy", {"policyArn": "arn:all"}, True, id="attached"),
        pytest.param("AttachUserPolicy", {"policyArn": "arn:none"}, False, id="attached, harmless"),
        pytest.param("AttachUserPolicy", {"policyArn": "arn:gone"}, False, id="attached, deleted"),
        pytest.param("PutUserPolicy", {"policyDocument": json.dumps(ALL)}, True, id="written"),
        pytest.param("PutUserPolicy", {"policyDocument": json.dumps(NOTHING)}, False, id="written, harmless"),
        pytest.param("PutUserPolicy", {}, True, id="written, and the record doesn't say what"),
    ],
)
def test_a_renamed_user_is_told_where_the_call_gave_something(name, given, told):
    iam = Iam(managed={"arn:all": ALL, "arn:none": NOTHING, "arn:gone": None}, missing={"alice"})

    found = looked_at(iam, name, userName="alice", policyName="p", **given)

    assert (found.unread is not None) is told


def test_who_holds_a_policy_is_listed_to_the_last_page():
    """The first page of them may be empty."""
    holders = tuple(f"user-{index}" for index in range(25))

    found = looked_at(
        Iam(managed={"arn:p": ALL}, holders=holders),
        "SetDefaultPolicyVersion",
        policyArn="arn:p",
        versionId="v1",
    )

    assert len(found.state.whom) == 25


class Roles:
    """A role that strangers may assume by now, and what CloudTrail's event history knows of it."""

    def __init__(self, *known, ill=False):
        self.known, self.ill = known, ill

    def client(self, *_):
        return self

    def get_role(self, **_):
        return {"Role": {"AssumeRolePolicyDocument": trusts("999988887777")}}

    def describe_organization(self):
        raise ClientError({"Error": {"Code": "AWSOrganizationsNotInUseException"}}, "DescribeOrganization")

    def list_role_tags(self, **_):
        return {"Tags": []}

    def lookup_events(self, LookupAttributes, **_):  # noqa: N803 - boto3's name
        if self.ill:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "LookupEvents")
        (asked,) = LookupAttributes
        return {
            "Events": [
                {"CloudTrailEvent": json.dumps(each)}
                for each in self.known
                if each["eventName"] == asked["AttributeValue"]
            ]
        }


def trusts(account):
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}}


def wrote(name, at, role="app", key="policyDocument"):
    return {
        "eventID": at,
        "eventTime": f"2026-03-01T{at}:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "recipientAccountId": "123456789012",
        "awsRegion": "us-east-1",
        "requestParameters": {"roleName": role, key: f"of {at}"},
    }


ANEW = "UpdateAssumeRolePolicy"
MADE = ("CreateRole", "12:00", "app", "assumeRolePolicyDocument")


@pytest.mark.parametrize(
    ("aws", "name", "before"),
    [
        pytest.param(Roles(wrote(*MADE), wrote(ANEW, "11:00")), ANEW, "of 12:00", id="made since"),
        pytest.param(Roles(wrote(*MADE), wrote(ANEW, "13:00")), ANEW, "of 13:00", id="changed since"),
        pytest.param(Roles(wrote(ANEW, "13:00", "another")), ANEW, "", id="another role"),
        pytest.param(Roles(), ANEW, "", id="longer ago"),
        pytest.param(Roles(ill=True), ANEW, "", id="history can't be asked"),
        pytest.param(Roles(wrote(ANEW, "13:00")), "CreateRole", "", id="a new role"),
    ],
)
def test_whom_a_role_trusted_before_is_known_from_event_history(aws, name, before):
    found = looked_at(aws, name, roleName="app").state

    assert (found.before, found.allows) == (before, ("arn:aws:iam::999988887777:root may assume it",))
