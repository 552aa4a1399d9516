"""What each call switches off, and what switches it on again: values in, a plan out."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from chalicelib.catalog import CATALOG
from chalicelib.events import api_call
from chalicelib.evidence.seen import Seen
from chalicelib.looking import Unseen
from chalicelib.remediations.detector_disabled import DECLARED_CALLS, UNDOING, _counts, decide, look
from chalicelib.remediations.detector_disabled.reading import GONE, ON_AGAIN, Off, kept_shorter
from chalicelib.remediations.detector_disabled.watchers import DELETES, SUSPENDS, TELLS, WATCHERS
from chalicelib.settings import Settings
from scenarios.packaging.dangerous_calls import watchers

SETTINGS = Settings(topic_arn="t", ledger="l", values={})
GUARDDUTY, MACIE = "guardduty.amazonaws.com", "macie2.amazonaws.com"
CONFIG, EC2 = "config.amazonaws.com", "ec2.amazonaws.com"
UNDOS = {each.operation for each in (*DECLARED_CALLS, *UNDOING.calls)}


def event(source, name, **parameters):
    (one,) = api_call(
        {
            "detail": {
                "eventID": "e",
                "eventTime": "2026-03-02T03:00:00Z",
                "eventSource": source,
                "eventName": name,
                "recipientAccountId": "123456789012",
                "awsRegion": "us-east-1",
                "requestParameters": parameters,
            }
        }
    )
    return one


def decided(key, seen, **parameters):
    called = event(*key, **parameters)
    return decide(called, seen, called.at, SETTINGS)


@pytest.mark.parametrize("key", [*SUSPENDS, *DELETES], ids=" ".join)
def test_what_is_off_is_switched_on_again_by_a_declared_call(key):
    (call,) = decided(key, Seen(state=Off(id="d-1"))).calls

    assert f"{call.service}.{call.operation}" in {each.operation for each in DECLARED_CALLS}
    assert call.undo is None or f"{call.undo.service}.{call.undo.operation}" in UNDOS
    assert call.lost == WATCHERS[key].lost


def test_a_deleted_detector_comes_back_empty_and_that_is_said_before():
    (call,) = decided((GUARDDUTY, "DeleteDetector"), Seen(state=Off())).calls

    assert (call.parameters, call.undo) == ({"Enable": True}, None)
    assert "findings" in call.lost


@pytest.mark.parametrize("key", WATCHERS, ids=" ".join)
def test_each_of_its_calls_wakes_it(key):
    source, name = key

    assert "detector_disabled" in watchers(CATALOG, source.partition(".")[0], name)


@pytest.mark.parametrize("key", TELLS, ids=" ".join)
def test_what_cannot_come_back_is_told(key):
    plan = decided(key, Seen(state=Off()))

    assert (len(plan.alerts), plan.calls) == (1, ())


@pytest.mark.parametrize("key", WATCHERS, ids=" ".join)
def test_what_could_not_be_read_is_told_as_grave_and_nothing_is_done(key):
    plan = decided(key, Seen(unread=Unseen(why="denied", denied=True)))

    assert (plan.alerts[0].severity, plan.calls) == (WATCHERS[key].severity, ())


@pytest.mark.parametrize(("action", "counts"), [("ARCHIVE", True), ("NOOP", False), (None, False)])
def test_a_filter_counts_where_it_archives(action, counts):
    assert _counts(event(GUARDDUTY, "CreateFilter", action=action)) is counts


@pytest.mark.parametrize("by_now", [ON_AGAIN, GONE])
@pytest.mark.parametrize("key", [*SUSPENDS, *DELETES], ids=" ".join)
def test_what_is_not_off_any_more_was_off_and_is_told_as_gravely_with_nothing_left_to_do(key, by_now):
    plan = decided(key, Seen(state=Off(by_now=by_now)))

    assert plan.alerts[0].severity is WATCHERS[key].severity
    assert plan.alerts[0].title == f"{WATCHERS[key].was}, and is {by_now} by now"
    assert WATCHERS[key].was
    assert plan.calls == ()


class Answers:
    """A client of any service that gives the same answer to every question; an error is raised."""

    def __init__(self, answered):
        self.answered = answered

    def __getattr__(self, _operation):
        def ask(**_given):
            if isinstance(self.answered, Exception):
                raise self.answered
            return self.answered

        return ask


def refused(code, message=""):
    return ClientError({"Error": {"Code": code, "Message": message}}, "Get")


class Services:
    """The service that is asked answers this; CloudTrail's event history knows nothing."""

    def __init__(self, answered):
        self.answered = answered

    def client(self, service, _region=""):
        return Answers({"Events": []} if service == "cloudtrail" else self.answered)


def status_of(recording, name="default"):
    return {"ConfigurationRecordersStatus": [{"name": name, "recording": recording}]}


@pytest.mark.parametrize(
    ("source", "name", "parameters", "answered", "seen"),
    [
        (GUARDDUTY, "UpdateDetector", {"enable": False}, {"Status": "DISABLED"}, ""),
        (GUARDDUTY, "UpdateDetector", {"enable": False}, {"Status": "ENABLED"}, ON_AGAIN),
        (GUARDDUTY, "UpdateDetector", {"enable": False}, refused("BadRequestException"), GONE),
        (GUARDDUTY, "UpdateDetector", {"enable": True}, {"Status": "ENABLED"}, None),
        (GUARDDUTY, "UpdateDetector", {"enable": True}, refused("BadRequestException"), None),
        (GUARDDUTY, "UpdateDetector", {}, {"Status": "ENABLED"}, None),
        (GUARDDUTY, "UpdateDetector", {}, {"Status": "DISABLED"}, ""),
        (GUARDDUTY, "DeleteDetector", {}, {"DetectorIds": []}, ""),
        (GUARDDUTY, "DeleteDetector", {}, {"DetectorIds": ["new"]}, ON_AGAIN),
        (CONFIG, "StopConfigurationRecorder", {}, status_of(recording=False), ""),
        (CONFIG, "StopConfigurationRecorder", {}, status_of(recording=True), ON_AGAIN),
        (CONFIG, "StopConfigurationRecorder", {}, status_of(recording=True, name="another"), GONE),
        (EC2, "DisableEbsEncryptionByDefault", {}, {"EbsEncryptionByDefault": True}, ON_AGAIN),
        (MACIE, "UpdateMacieSession", {"status": "PAUSED"}, {"status": "PAUSED"}, ""),
        (MACIE, "UpdateMacieSession", {"status": "PAUSED"}, {"status": "ENABLED"}, ON_AGAIN),
        (MACIE, "UpdateMacieSession", {"status": "PAUSED"}, refused("AccessDenied", "is not enabled"), GONE),
        (MACIE, "UpdateMacieSession", {"status": "ENABLED"}, {"status": "ENABLED"}, None),
    ],
)
def test_what_a_call_switched_off_is_told_whatever_is_now(source, name, parameters, answered, seen):
    given = {"detectorId": "d", "configurationRecorderName": "default", **parameters}

    found = look(Services(answered), event(source, name, **given), SETTINGS)

    assert found.unread is None
    assert (found.state.by_now if found.state else None) == seen


class History:
    """Event history with one page of calls: (name, hour, days), the newest first."""

    def __init__(self, *calls):
        self._calls = calls

    def client(self, service, region):
        assert (service, region) == ("cloudtrail", "us-east-1")
        return self

    def lookup_events(self, **asked):
        wanted = asked["LookupAttributes"][0]["AttributeValue"]
        since = asked.get("StartTime", datetime(2026, 1, 1, tzinfo=UTC))
        found = [
            (name, datetime(2026, 3, 2, hour, tzinfo=UTC), days)
            for name, hour, days in self._calls
            if name == wanted
        ]
        return {"Events": [recorded(*each) for each in found if since <= each[1] <= asked["EndTime"]]}


def recorded(name, at, days):
    detail = {
        "eventID": f"{at}",
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "config.amazonaws.com",
        "eventName": name,
        "recipientAccountId": "123456789012",
        "awsRegion": "us-east-1",
        "requestParameters": {"retentionPeriodInDays": days},
        **({} if days else {"errorCode": "AccessDenied"}),
    }
    return {"CloudTrailEvent": json.dumps(detail)}


PUT, DELETED = "PutRetentionConfiguration", "DeleteRetentionConfiguration"
UNKNOWN = "not in event history; 2557 days where nobody set it"


@pytest.mark.parametrize(
    ("days", "calls", "before"),
    [
        pytest.param(30, (), UNKNOWN, id="nothing is known of before"),
        pytest.param(30, ((PUT, 1, 365),), "365 days", id="shorter"),
        pytest.param(365, ((PUT, 1, 30),), None, id="longer"),
        pytest.param(30, ((PUT, 1, 30),), None, id="the same"),
        pytest.param(2557, (), None, id="the longest, without a look"),
        pytest.param(60, ((PUT, 2, 90), (PUT, 1, 30)), "90 days", id="the newest counts"),
        pytest.param(365, ((PUT, 2, None), (PUT, 1, 400)), "400 days", id="a refused one does not"),
        pytest.param(365, ((DELETED, 2, 1), (PUT, 1, 30)), "2557 days", id="the longest since a deletion"),
        pytest.param(365, ((PUT, 2, 30), (DELETED, 1, 1)), None, id="a deletion before that"),
        pytest.param(365, ((PUT, 4, 30),), UNKNOWN, id="a later one is not before"),
        pytest.param("30", (), "", id="a number of days that can't be read"),
    ],
)
def test_items_of_config_are_kept_for_a_shorter_time(days, calls, before):
    found = kept_shorter(History(*calls), event("config.amazonaws.com", PUT, retentionPeriodInDays=days))

    (alert,) = decided(("config.amazonaws.com", PUT), Seen(state=found)).alerts if found else (None,)
    assert (dict(alert.facts).get("Before", "") if alert else None) == before
