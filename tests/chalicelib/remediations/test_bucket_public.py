"""Who may come into a bucket, and what is put back: values in, a plan out."""

from dataclasses import replace

import pytest

from chalicelib.events import api_call
from chalicelib.evidence.outsiders import EVERYBODY
from chalicelib.evidence.seen import Seen
from chalicelib.looking import Unseen
from chalicelib.remediation import Severity
from chalicelib.remediations.bucket_public import (
    WHOLE_BLOCK,
    Access,
    AccountBlock,
    _set_to,
    decide,
    decide_on_account,
)
from chalicelib.settings import Settings

SETTINGS = Settings(topic_arn="t", ledger="l", values={})
NONE = dict.fromkeys(WHOLE_BLOCK, False)


def event(name="PutBucketPolicy", **more):
    (one,) = api_call(
        {
            "detail": {
                "eventID": "e",
                "eventTime": "2026-03-02T03:00:00Z",
                "eventSource": "s3.amazonaws.com",
                "eventName": name,
                "recipientAccountId": "123456789012",
                "awsRegion": "us-east-1",
                "requestParameters": {"bucketName": "invoices"},
                **more,
            }
        }
    )
    return one


def access(**more):
    return Access(**{"bucket": "invoices", "block": {}, "of_account": {}, **more})


OPEN = access(policy=(EVERYBODY,), acl=("READ to everybody",))


@pytest.mark.parametrize(
    ("found", "by"),
    [
        pytest.param(OPEN, 2, id="by both"),
        pytest.param(replace(OPEN, block={"RestrictPublicBuckets": True}), 1, id="the policy is held back"),
        pytest.param(
            replace(OPEN, of_account={"IgnorePublicAcls": True}), 1, id="the ACL is, by the account"
        ),
        pytest.param(
            replace(OPEN, block={"RestrictPublicBuckets": True}, of_account={"IgnorePublicAcls": True}),
            0,
            id="one by each",
        ),
        pytest.param(
            replace(OPEN, block={"BlockPublicPolicy": True, "BlockPublicAcls": True}),
            2,
            id="too late for both",
        ),
        pytest.param(access(policy=("999988887777",)), 0, id="a stranger"),
    ],
)
def test_what_makes_a_bucket_public(found, by):
    assert len(found.public_by) == by


def test_the_block_is_put_back_whole_and_comes_off_again_as_it_was():
    found = replace(OPEN, block={"BlockPublicAcls": True})

    (call,) = decide(event(), Seen(state=found), event().at, SETTINGS).calls

    assert call.parameters == {"Bucket": "invoices", "PublicAccessBlockConfiguration": WHOLE_BLOCK}
    assert call.undo.parameters["PublicAccessBlockConfiguration"] == {**NONE, "BlockPublicAcls": True}


@pytest.mark.parametrize(
    ("block", "of_account", "title", "fact"),
    [
        pytest.param({}, {}, "off", "all four settings are off", id="all"),
        pytest.param(
            {"BlockPublicAcls": True, "IgnorePublicAcls": False},
            {"BlockPublicPolicy": True},
            "partly off",
            "off: IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets; on: BlockPublicAcls",
            id="some",
        ),
    ],
)
def test_which_settings_of_block_public_access_are_off_is_told(block, of_account, title, fact):
    found = access(block=block, of_account=of_account)

    (alert,) = decide(event("PutBucketPublicAccessBlock"), Seen(state=found), event().at, SETTINGS).alerts

    assert alert.title == f"Bucket invoices has S3 Block Public Access {title}; nothing in it is public yet"
    assert dict(alert.facts)["Block Public Access"] == fact


def test_a_stranger_is_told_and_left_alone():
    plan = decide(event(), Seen(state=access(policy=("999988887777",))), event().at, SETTINGS)

    assert (plan.alerts[0].severity, plan.calls) == (Severity.HIGH, ())


def test_what_could_not_be_read_is_told_as_grave_and_nothing_is_done():
    plan = decide(event(), Seen(unread=Unseen(why="denied", denied=True)), event().at, SETTINGS)

    assert (plan.alerts[0].severity, plan.calls) == (Severity.HIGH, ())


ACCOUNT = "PutAccountPublicAccessBlock"


@pytest.mark.parametrize(
    ("now", "before", "wanted"),
    [
        pytest.param({}, WHOLE_BLOCK, WHOLE_BLOCK, id="taken away"),
        pytest.param(
            {"BlockPublicAcls": True},
            {**NONE, "BlockPublicPolicy": True},
            {**NONE, "BlockPublicAcls": True, "BlockPublicPolicy": True},
            id="what is set now stays",
        ),
        pytest.param({}, NONE, None, id="it was never set"),
        pytest.param({}, None, None, id="nobody knows"),
    ],
)
def test_the_accounts_block_is_put_back_as_it_was_known(now, before, wanted):
    found = Seen(state=AccountBlock(now=now, before=before))

    plan = decide_on_account(event(ACCOUNT), found, event().at, SETTINGS)

    assert plan.alerts[0].severity is Severity.HIGH
    assert [each.parameters["PublicAccessBlockConfiguration"] for each in plan.calls] == [wanted] * bool(
        wanted
    )
    by_hand = [fact for label, fact in plan.alerts[0].facts if label == "Switch all on with"]
    assert len(by_hand) == (not wanted)  # else the alert has the plan's own command


@pytest.mark.parametrize("first", ["PublicAccessBlockConfiguration", "publicAccessBlockConfiguration"])
@pytest.mark.parametrize("second", ["BlockPublicAcls", "blockPublicAcls"])
def test_a_record_says_what_it_set_in_either_spelling(first, second):
    call = event(ACCOUNT, requestParameters={first: {"xmlns": "http://s3", second: True}})

    assert _set_to(call) == {**NONE, "BlockPublicAcls": True}


def test_a_record_that_says_nothing_is_not_taken_for_one_that_set_nothing():
    assert _set_to(event(ACCOUNT, requestParameters={"accountId": "1"})) is None
