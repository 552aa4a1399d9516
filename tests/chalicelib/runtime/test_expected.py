"""What expected principals change, before and after CloudTrail's event history knows their call."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from freezegun import freeze_time

from chalicelib.events import ApiCallEvent, Tick, api_call
from chalicelib.ledger.entries import entry_of
from chalicelib.remediation import Outcome, Plan
from chalicelib.runtime.expected import Pending, is_known, overdue, pending_of, waiting
from tests.chalicelib.runtime.house import ACCOUNT, NOON, REGION, Remedy, Stubborn, alert, built

BOT = f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"
RECORD = {
    "eventID": "e-1",
    "eventTime": "2026-03-02T12:00:00Z",
    "eventName": "StopLogging",
    "eventSource": "cloudtrail.amazonaws.com",
    "awsRegion": REGION,
    "recipientAccountId": ACCOUNT,
    "userIdentity": {"type": "IAMUser", "arn": BOT},
}
(CALL,) = api_call({"detail": RECORD})
PENDING = Pending(source="cloudtrail.amazonaws.com", name="StopLogging", change={"logging": False})


class History:
    """AWS whose event history holds these records."""

    def __init__(self, *records) -> None:
        self.records, self.asked = records, []

    def client(self, service, region):
        assert (service, region) == ("cloudtrail", REGION)
        return self

    def lookup_events(self, LookupAttributes):  # noqa: N803 - boto3's name
        (wanted,) = LookupAttributes
        self.asked.append(wanted["AttributeValue"])
        found = [each for each in self.records if each["eventID"] == wanted["AttributeValue"]]
        return {"Events": [{"CloudTrailEvent": json.dumps(each)} for each in found]}


def entry(call: ApiCallEvent = CALL, pending=PENDING, outcome=Outcome.SUPPRESSED):
    return entry_of("remedy", call, Plan.nothing(), outcome, facts=pending.as_text())


def test_a_change_is_what_differs_and_is_put_over_whatever_is_good_by_then():
    change = Pending.between(CALL, '{"logging": true, "prefix": "a"}', '{"logging": false, "prefix": "a"}')

    assert change == PENDING
    assert json.loads(change.over('{"logging": true, "prefix": "b"}')) == {"logging": False, "prefix": "b"}
    assert json.loads(change.over("")) == {"logging": False}


def test_an_entry_waits_until_it_is_settled():
    assert pending_of(entry()) == PENDING
    assert pending_of(entry(outcome=Outcome.REFUSED)) is None
    assert pending_of(replace(entry(), facts="{}")) is None


def test_the_oldest_is_asked_first_and_ten_at_most():
    many = [entry(replace(CALL, key=str(n), at=NOON + timedelta(minutes=n))) for n in reversed(range(12))]

    assert [each.event_key for each, _ in waiting(many)] == [str(n) for n in range(10)]


@pytest.mark.parametrize(
    ("change", "known"),
    [
        pytest.param({}, True, id="this very call"),
        pytest.param({"eventID": "e-2"}, False, id="another one"),
        pytest.param({"eventName": "StartLogging"}, False, id="under its id, another call"),
        pytest.param({"eventTime": "2026-03-02T11:00:00Z"}, False, id="at another time"),
        pytest.param({"userIdentity": {"type": "IAMUser", "arn": f"{BOT}-2"}}, False, id="by somebody else"),
        pytest.param({"errorCode": "AccessDenied"}, False, id="refused"),
        pytest.param({"eventSource": "glue.amazonaws.com"}, False, id="of another service"),
        pytest.param({"recipientAccountId": "999988887777"}, False, id="in another account"),
        pytest.param({"awsRegion": "eu-west-3"}, False, id="in another region"),
    ],
)
def test_event_history_must_hold_this_very_call(change, known):
    assert is_known(History({**RECORD, **change}), entry(), PENDING) == known


def test_after_twenty_minutes_it_should_be_there():
    assert not overdue(entry(), NOON + timedelta(minutes=20))
    assert overdue(entry(), NOON + timedelta(minutes=21))


class Keeper(Remedy):
    """Remembers what it sees where it is expected, as one JSON object."""

    def way(self, trigger):
        return replace(super().way(trigger), remembers=self._remembers)

    def _remembers(self, event, facts, expected):
        return json.dumps(facts) if expected else None


TICK = Tick(key="rule@then", at=NOON, account=ACCOUNT, region=REGION)


@pytest.fixture
def house(monkeypatch):
    with built() as house:
        monkeypatch.setattr(house, "settings", replace(house.settings, ignored_principals=(BOT,)))
        yield house


@contextmanager
def at_minute(minutes):
    """So many minutes after the call."""
    with freeze_time(NOON + timedelta(minutes=minutes)):
        yield


class Aws(Stubborn):
    """The house's AWS, with an event history."""

    def __init__(self, history) -> None:
        super().__init__()
        self._history = history

    def client(self, service, region=""):
        return self._history if service == "cloudtrail" else super().client(service, region)


def looks(house, remedy, history, minutes):
    """The hourly look, so many minutes after the call."""
    event = replace(TICK, key=f"rule@{minutes}", at=NOON + timedelta(minutes=minutes))
    with at_minute(minutes):
        return house.handle(remedy, event, aws=Aws(history))


@pytest.mark.slow
def test_a_call_is_good_once_event_history_knows_it(house):
    remedy = Keeper(Plan.alert(alert()), facts={"logging": False})
    with at_minute(0):
        first = house.handle(remedy, CALL)

    early = looks(house, remedy, History(), 5)
    kept_early = house.ledger.remembered("remedy")
    late = looks(house, remedy, History(RECORD), 65)

    assert (first, early, kept_early) == (Outcome.SUPPRESSED, Outcome.NOTHING, "")
    assert late is Outcome.TOLD
    assert json.loads(house.ledger.remembered("remedy")) == {"logging": False}


@pytest.mark.slow
def test_a_call_that_event_history_does_not_know_is_reported_and_never_good(house):
    remedy = Keeper(Plan.nothing(), facts={"logging": False})
    with at_minute(0):
        house.handle(remedy, CALL)

    for minutes in (60, 120):
        looks(house, remedy, History(), minutes)
    with at_minute(120):
        subjects = [message.subject for message in house.mail]

    assert house.ledger.remembered("remedy") == ""
    assert subjects == ["CRITICAL: Somebody woke a function of Trailwarden's with a forged event"]
