"""Keys that work no more, functions that are open: values in, a plan out."""

from unittest.mock import MagicMock

import pytest
from botocore.exceptions import ClientError

from chalicelib.events import api_call
from chalicelib.evidence.outsiders import EVERYBODY
from chalicelib.evidence.seen import Seen
from chalicelib.looking import Unseen
from chalicelib.remediation import Severity
from chalicelib.remediations import function_opened, key_deletion_scheduled
from chalicelib.remediations.function_opened import Opened, named_by
from chalicelib.remediations.key_deletion_scheduled import Key, look_at_policy
from chalicelib.remediations.key_deletion_scheduled import look as look_at_key
from chalicelib.settings import Settings

SETTINGS = Settings(topic_arn="t", ledger="l", values={})


def event(name, **parameters):
    (one,) = api_call(
        {
            "detail": {
                "eventID": "e",
                "eventTime": "2026-03-02T03:00:00Z",
                "eventSource": "s.amazonaws.com",
                "eventName": name,
                "recipientAccountId": "123456789012",
                "awsRegion": "us-east-1",
                "requestParameters": parameters,
            }
        }
    )
    return one


def plan_of(module, called, seen):
    return module.decide(called, seen, called.at, SETTINGS)


@pytest.mark.parametrize(
    ("state", "operations"),
    [
        ("PendingDeletion", ["cancel_key_deletion", "enable_key"]),
        ("PendingReplicaDeletion", ["cancel_key_deletion", "enable_key"]),
        ("Disabled", ["enable_key"]),
    ],
)
def test_a_key_works_again_whatever_was_done_to_it(state, operations):
    called = event("ScheduleKeyDeletion", keyId="k-1", pendingWindowInDays=7)

    plan = plan_of(key_deletion_scheduled, called, Seen(state=Key(id="k-1", state=state)))

    assert [each.operation for each in plan.calls] == operations
    assert all(each.undo is None for each in plan.calls)
    assert "--pending-window-in-days 7" in dict(plan.alerts[0].facts)["If meant, repeat with"]


class AsksKms:
    """A KMS that has no keys, and remembers which was asked for."""

    asked = ""

    def client(self, *_given):
        return self

    def get_key_policy(self, KeyId, **_more):  # noqa: N803
        self.asked = KeyId
        raise ClientError({"Error": {"Code": "NotFoundException"}}, "GetKeyPolicy")


def test_a_key_that_is_named_by_its_arn_is_looked_for_by_its_id():
    kms = AsksKms()

    seen = look_at_policy(kms, event("PutKeyPolicy", keyId="arn:aws:kms:us-east-1:9:key/k-1"), SETTINGS)

    assert (kms.asked, seen.nothing) == ("k-1", True)


@pytest.mark.parametrize(
    ("state", "works"),
    [("PendingDeletion", False), ("PendingReplicaDeletion", False), ("Disabled", False), ("Enabled", True)],
)
def test_a_primary_key_that_waits_for_its_replicas_works_no_more_either(state, works):
    kms = MagicMock()
    kms.client.return_value = kms
    kms.describe_key.return_value = {"KeyMetadata": {"KeyId": "k-1", "KeyState": state}}

    seen = look_at_key(kms, event("ScheduleKeyDeletion", keyId="k-1"), SETTINGS)

    assert seen.nothing is works


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"functionName": "orders"}, ("orders", "")),
        ({"functionName": "orders", "qualifier": "live"}, ("orders", "live")),
        ({"functionName": "arn:aws:lambda:us-east-1:1:function:orders"}, ("orders", "")),
        ({"functionName": "1:function:orders:live"}, ("orders", "live")),
        ({}, ("", "")),
    ],
)
def test_a_function_may_be_named_in_many_ways(given, named):
    assert named_by(event("AddPermission20150331v2", **given)) == named


def test_a_statement_is_removed_and_a_url_asks_for_a_sign_in():
    added = event("AddPermission20150331v2", functionName="orders", statementId="s", principal="*")
    by_statement = Opened(function="orders", qualifier="live", whom=(EVERYBODY,), statement="s")
    by_url = Opened(function="orders", qualifier="", whom=(EVERYBODY,), url="https://x.lambda-url.on.aws/")

    (removed,) = plan_of(function_opened, added, Seen(state=by_statement)).calls
    (signed,) = plan_of(function_opened, event("CreateFunctionUrlConfig"), Seen(state=by_url)).calls

    assert removed.parameters == {"FunctionName": "orders", "Qualifier": "live", "StatementId": "s"}
    assert signed.parameters == {"FunctionName": "orders", "AuthType": "AWS_IAM"}
    assert signed.undo.parameters == {"FunctionName": "orders", "AuthType": "NONE"}


@pytest.mark.parametrize("module", [function_opened, key_deletion_scheduled])
def test_what_could_not_be_read_is_told_as_grave_and_nothing_is_done(module):
    called = event(module.PATTERN["detail"]["eventName"][0], functionName="orders", keyId="k-1")

    plan = plan_of(module, called, Seen(unread=Unseen(why="denied", denied=True)))

    assert (plan.alerts[0].severity, plan.calls) == (Severity.HIGH, ())
