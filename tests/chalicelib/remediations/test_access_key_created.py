"""Whose key it is, and what is done about it: values in, a plan out."""

import pytest
from botocore.exceptions import ClientError

from chalicelib.events import api_call
from chalicelib.evidence.seen import Seen
from chalicelib.looking import Unseen
from chalicelib.remediation import Severity
from chalicelib.remediations.access_key_created import ROOT, Key, decide, is_own, key_of, look, user_of
from chalicelib.settings import Settings

SETTINGS = Settings(topic_arn="t", ledger="l", values={})
KEY = "AKIAIOSFODNN7EXAMPLE"


def event(identity, name="CreateAccessKey", parameters=None, response=None):
    (one,) = api_call(
        {
            "detail": {
                "eventID": "e",
                "eventTime": "2026-03-02T03:00:00Z",
                "eventSource": "iam.amazonaws.com",
                "eventName": name,
                "recipientAccountId": "123456789012",
                "awsRegion": "us-east-1",
                "userIdentity": identity,
                "requestParameters": parameters,
                "responseElements": response,
            }
        }
    )
    return one


MALLORY = {"type": "IAMUser", "userName": "mallory"}
A_ROLE = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"userName": "backup"}}}
MADE = {"accessKey": {"userName": "backup", "accessKeyId": KEY, "status": "Active"}}


class Iam:
    """The user backup is called something else by now."""

    def client(self, *_):
        return self

    def list_access_keys(self, **_):
        raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "no"}}, "ListAccessKeys")

    def lookup_events(self, **_):
        return {"Events": []}


@pytest.mark.parametrize(
    ("response", "told"), [(MADE, "deleted or renamed"), (None, "doesn't say which key")], ids=["user", "key"]
)
def test_a_key_that_cannot_be_looked_for_is_told(response, told):
    made = event(MALLORY, parameters={"userName": "backup"}, response=response)

    plan = decide(made, look(Iam(), made, SETTINGS), made.at, SETTINGS)

    assert told in dict(plan.alerts[0].facts)["Could not look"]
    assert (plan.alerts[0].severity, plan.calls) == (Severity.HIGH, ())


@pytest.mark.parametrize(
    ("made", "user", "own"),
    [
        pytest.param(event(MALLORY, parameters={"userName": "backup"}), "backup", False, id="for another"),
        pytest.param(event(MALLORY, parameters={"userName": "mallory"}), "mallory", True, id="by their name"),
        pytest.param(event(MALLORY), "mallory", True, id="for nobody named"),
        pytest.param(event(MALLORY, response=MADE), "backup", False, id="the answer names another"),
        pytest.param(
            event(A_ROLE, parameters={"userName": "backup"}), "backup", False, id="a role's namesake"
        ),
        pytest.param(event({"type": "Root"}), ROOT, False, id="root"),
        pytest.param(event({"type": "AssumedRoot"}), ROOT, False, id="a session of root's"),
        pytest.param(
            event({"type": "Root"}, parameters={"userName": "backup"}), "backup", False, id="by root"
        ),
    ],
)
def test_whose_key_it_is(made, user, own):
    assert (user_of(made), is_own(made)) == (user, own)


def test_a_key_is_deactivated_and_can_be_switched_on_again():
    made = event(MALLORY, parameters={"userName": "backup"}, response=MADE)

    (call,) = decide(made, Seen(state=Key(id=KEY, user="backup")), made.at, SETTINGS).calls

    assert call.parameters == {"UserName": "backup", "AccessKeyId": key_of(made), "Status": "Inactive"}
    assert call.undo.parameters == {**call.parameters, "Status": "Active"}


@pytest.mark.parametrize("name", ["CreateAccessKey", "UpdateAccessKey"])
def test_roots_key_is_told_with_the_steps_and_nobody_acts(name):
    made = event({"type": "Root"}, name, response={"accessKey": {"accessKeyId": KEY}})

    plan = decide(made, Seen(state=Key(id=KEY, user=ROOT)), made.at, SETTINGS)

    assert (plan.alerts[0].severity, plan.calls) == (Severity.CRITICAL, ())
    assert "sts assume-root" in plan.alerts[0].advice


def test_what_could_not_be_read_is_told_as_grave_and_nothing_is_done():
    made = event(MALLORY, parameters={"userName": "backup"}, response=MADE)

    plan = decide(made, Seen(unread=Unseen(why="denied", denied=True)), made.at, SETTINGS)

    assert (plan.alerts[0].severity, plan.calls) == (Severity.HIGH, ())
