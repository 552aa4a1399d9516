"""What is gone is nothing to tell; what can't be read is."""

import pytest
from botocore.exceptions import ClientError

from chalicelib.events import api_call
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.seen import Seen, see
from chalicelib.looking import Unseen
from chalicelib.settings import Settings

SETTINGS = Settings(topic_arn="t", ledger="l", values={EXPECTED_TAG_KEY: "expected"})
# It names no credentials, so event history isn't asked.
RECORD = {
    "eventID": "e",
    "eventTime": "2026-03-02T03:00:00Z",
    "eventSource": "s3",
    "eventName": "PutBucketAcl",
}


def refused(*_):
    raise ClientError({"Error": {"Code": "NoSuchBucket", "Message": "no"}}, "GetBucketAcl")


def seen(**given):
    (event,) = api_call({"detail": RECORD})
    return see(None, event, SETTINGS, remediation="bucket_public", **given)


def test_what_is_gone_is_nothing_to_tell():
    assert seen(read=refused, gone=("NoSuchBucket",)) == Seen()


def test_what_cannot_be_read_is_told():
    assert "NoSuchBucket" in str(seen(read=refused).unread)


def test_a_record_that_names_nothing_is_told_and_nothing_is_read():
    found = seen(about=NOT_RECORDED, read=pytest.fail)

    assert "doesn't say" in str(found.unread)


def test_what_was_not_read_to_its_end_is_told():
    assert seen(read=lambda: Unseen(why="there are more")).unread == Unseen(why="there are more")


def test_tags_that_cannot_be_read_are_told_whatever_says_that_it_is_gone():
    found = seen(read=lambda: "public", gone=("NoSuchBucket",), tags=refused)

    assert "NoSuchBucket" in str(found.unread)
