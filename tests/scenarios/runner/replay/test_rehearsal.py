"""Events are handled with the same outcome whether the calls made for each go the whole way or not."""

import pytest

from scenarios.runner.replay.at_once import AnsweredAtOnce
from scenarios.runner.replay.ours import Ours
from scenarios.runner.replay.rehearsal import Rehearsal

ACCOUNT = "111122223333"
OURS = Ours(
    trail_arn=f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit",
    parameters={"TableDeletedMode": "enforce"},
)


def event(number, source, name, detail_type="AWS API Call via CloudTrail", **more):
    detail = {
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/mallory",
            "accountId": ACCOUNT,
        },
        "eventTime": f"2026-03-02T03:{number:02}:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "eventID": f"id-{number}",
        "recipientAccountId": ACCOUNT,
        **more,
    }
    return {
        "version": "0",
        "id": f"id-{number}",
        "source": f"aws.{source}",
        "account": ACCOUNT,
        "time": detail["eventTime"],
        "region": "us-east-1",
        "resources": [],
        "detail-type": detail_type,
        "detail": detail,
    }


def root(number, **more):
    return event(
        number,
        "signin",
        "ConsoleLogin",
        "AWS Console Sign In via CloudTrail",
        eventType="AwsConsoleSignIn",
        userIdentity={"type": "Root", "accountId": ACCOUNT},
        responseElements={"ConsoleLogin": "Success"},
        **more,
    )


EVENTS = [
    *(root(number) for number in range(20, 40)),  # so many that the last ones are quiet
    event(8, "dynamodb", "DeleteTable", requestParameters={"tableName": "orders"}),
    event(9, "cloudtrail", "StopLogging", requestParameters={"name": "audit"}),
    event(10, "iam", "SetDefaultPolicyVersion", requestParameters={"policyArn": "x"}),
    root(20),  # once more
    root(11, userAgent="\x1b[31m\ninjected", sourceIPAddress="ü" * 300),
]


def handled(*, quick):
    with Rehearsal(OURS, quick=quick) as rehearsal:
        return [rehearsal.handle(each) for each in EVENTS]


@pytest.mark.slow
def test_the_outcome_is_that_of_the_whole_simulated_aws():
    whole = handled(quick=False)

    assert handled(quick=True) == whole
    assert {name for each in whole for name in each.fired} == {
        "root_login",
        "table_deleted",
        "trail_stopped",
        "administrator_made",
        "cis_alarms",
    }
    outcomes = [str(outcome) for each in whole for outcome in each.fired.values()]
    assert "quiet" in outcomes
    assert whole[-2].fired == {}  # the one that came once more


@pytest.mark.parametrize(
    ("message", "taken"),
    [
        pytest.param({"Subject": "HIGH: as usual"}, True, id="a usual subject"),
        pytest.param({"Subject": "two\nlines"}, False, id="a subject of two lines"),
        pytest.param({"Subject": "x" * 100}, False, id="a subject that is too long"),
        pytest.param({"Message": "x" * 300_000}, False, id="a text that is too long"),
        pytest.param({"TopicArn": "arn:aws:sns:us-east-1:1:other"}, False, id="another topic"),
        pytest.param({"MessageAttributes": {}}, False, id="other attributes"),
    ],
)
def test_only_a_message_like_one_that_sns_took_is_taken_at_once(message, taken):
    calls = Registered()
    AnsweredAtOnce(calls)
    usual = {
        "TopicArn": "arn:aws:sns:us-east-1:1:alerts",
        "Subject": "HIGH: first",
        "Message": "text",
        "MessageAttributes": {"severity": {"DataType": "String", "StringValue": "HIGH"}},
    }
    calls.made["Publish"](Call(usual))

    assert calls.which["Publish"](usual | message) is taken


class Call:
    """A call that was made, as a law is told of it."""

    def __init__(self, parameters):
        self.parameters = parameters


class Registered:
    """Stands for a world's setting and its calls, and keeps what is registered, by operation."""

    def __init__(self):
        self.calls = self
        self.made, self.which = {}, {}

    def after(self, _, operation, after):
        self.made[operation] = after

    def in_place_of_everything(self, _, operation, which, __):
        self.which[operation] = which
