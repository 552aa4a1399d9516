"""What a rule's function answers: items, deleted and too large ones, all there are, and what it refuses."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from freezegun import freeze_time

from chalicelib.config_items import item_of_api
from chalicelib.config_rule import Compliance
from chalicelib.config_rules.group_unused import RULE
from chalicelib.errors import MalformedEvent, NotAllowed
from chalicelib.runtime.evaluations import LATE, MOST_EVALUATIONS, TEST, NotEvaluated, evaluated
from tests.chalicelib.test_config_items import ANSWERED, MOMENT, SENT

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon():
    """Events come at noon, which is in time."""
    with freeze_time(NOON) as clock:
        yield clock


class Config:
    """AWS Config with a memory: what it was told; and what it has, by the operation asked."""

    class exceptions:  # noqa: N801 - as boto3 calls it
        class ResourceNotDiscoveredException(Exception):
            pass

    def __init__(self, *, history=(), selected=(), results=(), failed=(), error=None):
        self.told, self.asked = [], []
        self._history, self._selected, self._results = history, selected, results
        self._failed, self._error = failed, error

    def client(self, service):
        assert service == "config"
        return self

    def put_evaluations(self, **given):
        if self._error:
            raise self._error
        self.told.append(given)
        return {"FailedEvaluations": list(self._failed)}

    def get_resource_config_history(self, **given):
        self.asked.append(given)
        if self._history is None:
            raise self.exceptions.ResourceNotDiscoveredException
        return {"configurationItems": list(self._history)}

    def get_paginator(self, operation):
        pages = {
            "select_resource_config": [{"Results": [json.dumps(each)]} for each in self._selected],
            "get_compliance_details_by_config_rule": [{"EvaluationResults": list(self._results)}],
        }

        def paginate(**given):
            self.asked.append(given)
            return pages[operation]

        self.paginate = paginate
        return self

    @property
    def said(self):
        """Id and compliance of each evaluation it was told."""
        return [
            (each["ComplianceResourceId"], each["ComplianceType"])
            for given in self.told
            for each in given["Evaluations"]
        ]


def event(message, *, left=False, token="t-1", parameters='{"keptNames": "none"}'):
    return {
        "version": "1.0",
        "invokingEvent": json.dumps({"notificationCreationTime": "2026-03-02T12:00:00.000Z", **message}),
        "ruleParameters": parameters,
        "resultToken": token,
        "eventLeftScope": left,
        "configRuleName": "trailwarden-group_unused",
        "accountId": "123456789012",
    }


def change(**more):
    item = {**SENT, "relationships": [], **more}
    return {"messageType": "ConfigurationItemChangeNotification", "configurationItem": item}


def asked(raw, config, rule=RULE):
    return evaluated(rule, raw, None, aws=config)


def test_an_item_is_judged_and_the_result_carries_the_moment_of_the_item():
    config = Config()

    answer = asked(event(change()), config)

    assert answer == {"rule": "group_unused", "results": {"NON_COMPLIANT": 1}}
    (told,) = config.told
    assert told == {
        "Evaluations": [
            {
                "ComplianceResourceType": "AWS::EC2::SecurityGroup",
                "ComplianceResourceId": "sg-1",
                "ComplianceType": "NON_COMPLIANT",
                "Annotation": "no network interface and no instance has this group",
                "OrderingTimestamp": MOMENT,
            }
        ],
        "ResultToken": "t-1",
        "TestMode": False,
    }


def test_an_annotation_that_says_nothing_is_left_out():
    config = Config()

    asked(event(change(relationships=SENT["relationships"])), config)

    assert config.said == [("sg-1", "COMPLIANT")]
    assert "Annotation" not in config.told[0]["Evaluations"][0]


@pytest.mark.parametrize(
    ("message", "left"),
    [
        pytest.param(change(configurationItemStatus="ResourceDeleted", configuration=None), False, id="gone"),
        pytest.param(change(), True, id="left the scope"),
        pytest.param(change(resourceType="AWS::EC2::VPC"), False, id="another type"),
        pytest.param(
            change(configurationItemStatus="ResourceNotRecorded", configuration=None),
            False,
            id="not recorded",
        ),
    ],
)
def test_what_is_not_the_rules_business_is_not_applicable_and_the_rule_is_not_asked(message, left):
    config, rule = Config(), replace(RULE, evaluate=lambda *_: pytest.fail("asked"))

    asked(event(message, left=left), config, rule)

    assert config.said == [("sg-1", "NOT_APPLICABLE")]


def too_large(**more):
    names = ("resourceType", "resourceId", "awsRegion", "configurationItemCaptureTime")
    summary = {name: SENT[name] for name in names} | {"configurationItemStatus": "OK"} | more
    return {
        "messageType": "OversizedConfigurationItemChangeNotification",
        "configurationItemSummary": summary,
    }


def test_an_item_that_is_too_large_is_fetched_and_no_newer_one_in_its_place():
    """The API takes whole seconds, so more than the item asked for may come."""
    newer = {**ANSWERED, "configurationItemCaptureTime": MOMENT.replace(microsecond=900_000)}
    config = Config(history=[{**newer, "relationships": []}, ANSWERED])

    asked(event(too_large()), config)

    assert config.said == [("sg-1", "COMPLIANT")]
    assert config.asked[0]["laterTime"] == MOMENT.replace(second=12)


def test_a_deleted_one_is_not_fetched():
    config = Config()

    asked(event(too_large(configurationItemStatus="ResourceDeleted")), config)

    assert config.said == [("sg-1", "NOT_APPLICABLE")]
    assert config.asked == []


def test_one_that_the_history_has_not_is_no_result_but_an_error():
    config = Config(history=[])

    with pytest.raises(NotEvaluated, match="history has no item of sg-1"):
        asked(event(too_large()), config)
    assert config.told == []


LATER = MOMENT + timedelta(minutes=2)
GONE_SINCE = {**ANSWERED, "configurationItemCaptureTime": LATER, "configurationItemStatus": "ResourceDeleted"}
USED_SINCE = {**ANSWERED, "configurationItemCaptureTime": LATER}
USED_BEFORE = {**ANSWERED, "configurationItemCaptureTime": MOMENT - timedelta(minutes=2)}


@pytest.mark.parametrize(
    ("history", "says", "at"),
    [
        pytest.param([GONE_SINCE], "NOT_APPLICABLE", LATER, id="gone since"),
        pytest.param([USED_SINCE], "COMPLIANT", LATER, id="mended since"),
        pytest.param([USED_BEFORE], "NON_COMPLIANT", MOMENT, id="history is behind"),
        pytest.param([], "NON_COMPLIANT", MOMENT, id="an empty page"),
        pytest.param(None, "NON_COMPLIANT", MOMENT, id="no longer kept"),
    ],
)
def test_a_late_event_is_answered_by_the_newest_item_at_its_own_moment(noon, history, says, at):
    config = Config(history=history)
    noon.tick(LATE + timedelta(seconds=1))

    asked(event(change()), config)

    assert config.asked == [{"resourceType": "AWS::EC2::SecurityGroup", "resourceId": "sg-1", "limit": 1}]
    (told,) = config.told[0]["Evaluations"]
    assert (told["ComplianceType"], told["OrderingTimestamp"]) == (says, at)


def test_so_is_one_that_was_too_large_to_send(noon):
    config = Config(history=[USED_SINCE, {**ANSWERED, "relationships": []}])
    noon.tick(LATE + timedelta(seconds=1))

    asked(event(too_large()), config)

    assert config.said == [("sg-1", "COMPLIANT")]


@pytest.mark.parametrize(
    ("later", "more", "left"),
    [
        pytest.param(LATE, {}, False, id="in time"),
        pytest.param(timedelta(hours=3), {}, True, id="left the scope"),
        pytest.param(
            timedelta(hours=3), {"configurationItemStatus": "ResourceNotRecorded"}, False, id="not recorded"
        ),
    ],
)
def test_history_is_not_asked_without_need(noon, later, more, left):
    config = Config(history=[GONE_SINCE])
    noon.tick(later)

    asked(event(change(**more), left=left), config)

    assert config.asked == []


def result(identity):
    qualifier = {"ResourceType": "AWS::EC2::SecurityGroup", "ResourceId": identity}
    return {"EvaluationResultIdentifier": {"EvaluationResultQualifier": qualifier}}


def test_every_so_often_all_are_judged_and_those_that_are_gone_are_taken_back():
    rows = [{**ANSWERED, "resourceId": each, "relationships": []} for each in ("sg-1", "sg-2")]
    rows = [{**row, "configurationItemCaptureTime": "2026-03-01T00:00:00.000Z"} for row in rows]
    config = Config(selected=rows, results=[result("sg-2"), result("sg-3")])

    asked(event({"messageType": "ScheduledNotification"}), config)

    assert config.said == [
        ("sg-1", "NON_COMPLIANT"),
        ("sg-2", "NON_COMPLIANT"),
        ("sg-3", "NOT_APPLICABLE"),
    ]
    assert {each["OrderingTimestamp"] for each in config.told[0]["Evaluations"]} == {NOON}
    assert config.asked[0]["Expression"].endswith("WHERE resourceType = 'AWS::EC2::SecurityGroup'")
    assert config.asked[1] == {"ConfigRuleName": "trailwarden-group_unused"}


def test_a_rule_may_look_by_itself():
    item = {**ANSWERED, "configurationItemCaptureTime": "2026-03-01T00:00:00.000Z"}
    rule = replace(RULE, every="One_Hour", look=lambda _aws, parameters: [item_of_api(item)])
    config = Config()

    asked(event({"messageType": "ScheduledNotification"}), config, rule)

    assert config.said == [("sg-1", "COMPLIANT")]


def test_results_are_handed_over_a_hundred_at_a_time():
    rows = [{**ANSWERED, "resourceId": f"sg-{number}"} for number in range(MOST_EVALUATIONS + 1)]
    rows = [{**row, "configurationItemCaptureTime": "2026-03-01T00:00:00.000Z"} for row in rows]
    config = Config(selected=rows)

    asked(event({"messageType": "ScheduledNotification"}), config)

    assert [len(given["Evaluations"]) for given in config.told] == [MOST_EVALUATIONS, 1]


def test_a_trial_is_told_as_a_trial():
    config = Config()

    asked(event(change(), token=TEST), config)

    assert config.told[0]["TestMode"] is True


def test_what_config_does_not_take_is_an_error_that_names_it():
    config = Config(failed=[{"ComplianceResourceId": "sg-1"}])

    with pytest.raises(NotEvaluated, match="did not take 1 results: sg-1"):
        asked(event(change()), config)


def test_a_refused_call_is_told_as_everywhere():
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutEvaluations")

    with pytest.raises(NotAllowed, match="group_unused: PutEvaluations: no"):
        asked(event(change()), Config(error=denied))


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"invokingEvent": None},
        {"invokingEvent": "{"},
        {"invokingEvent": "[]", "resultToken": "t"},
        {"invokingEvent": "[" * 100_000, "resultToken": "t"},
        {**event(change()), "resultToken": ""},
        {**event(change()), "resultToken": None},
        {**event(change()), "ruleParameters": "[]"},
        event({"messageType": "ConfigurationSnapshotDeliveryCompleted"}),
        event({"messageType": "ConfigurationItemChangeNotification"}),
        event(change(), parameters="x"),
        {"invokingEvent": '{"messageType": "ScheduledNotification"}', "resultToken": "t"},
    ],
)
def test_what_config_did_not_send_is_malformed_and_told_to_nobody(raw):
    config = Config()

    with pytest.raises(MalformedEvent):
        asked(raw, config)
    assert config.told == []


def test_what_the_rule_itself_fails_on_rises_and_nothing_is_told():
    def fails(_item, _parameters) -> Compliance:
        raise KeyError("monitoring")

    config = Config()

    with pytest.raises(KeyError, match="monitoring"):
        asked(event(change()), config, replace(RULE, evaluate=fails))
    assert config.told == []
