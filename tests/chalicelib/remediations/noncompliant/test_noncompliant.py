"""noncompliant: the change, its two items and what differs, the calls between them, and what is unread."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.config_rule import Item, Relation
from chalicelib.errors import MalformedEvent
from chalicelib.evidence import event_history
from chalicelib.looking import Unseen
from chalicelib.matching import EventPattern
from chalicelib.remediation import Severity
from chalicelib.remediations.noncompliant import PATTERN, decide
from chalicelib.remediations.noncompliant.by_the_hour import GivenUp, decide_by_the_hour
from chalicelib.remediations.noncompliant.change import compliance_change
from chalicelib.remediations.noncompliant.deeds import Deed, Wanted, deeds_of, region_of
from chalicelib.remediations.noncompliant.history import Course, course_of, what_differs
from chalicelib.remediations.noncompliant.later import as_text, decide_later, from_text, parse_later
from chalicelib.remediations.noncompliant.mending import LeftAlone, Remedy
from chalicelib.remediations.noncompliant.reading import Seen, blind, look, sightings
from chalicelib.remediations.noncompliant.told import BROUGHT, OWN_RULES, TOLD
from chalicelib.settings import Settings

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SETTINGS = Settings(
    topic_arn="", ledger="", values={OWN_RULES: "trailwarden-", TOLD: "restricted-*", BROUGHT: "yes"}
)
BAD = {
    "version": "0",
    "source": "aws.config",
    "detail-type": "Config Rules Compliance Change",
    "account": "123456789012",
    "region": "eu-west-1",
    "detail": {
        "resourceId": "i-1",
        "resourceType": "AWS::EC2::Instance",
        "awsRegion": "eu-west-1",
        "awsAccountId": "123456789012",
        "configRuleName": "trailwarden-monitoring_off",
        "configRuleARN": "arn:aws:config:eu-west-1:123456789012:config-rule/config-rule-abc123",
        "messageType": "ComplianceChangeNotification",
        "newEvaluationResult": {
            "evaluationResultIdentifier": {"orderingTimestamp": "2026-03-02T12:00:00.000Z"},
            "complianceType": "NON_COMPLIANT",
            "resultRecordedTime": "2026-03-02T12:00:30.500Z",
            "annotation": "detailed monitoring is disabled",
        },
    },
}
CHANGE = compliance_change(BAD)
DEED = Deed(
    id="e-1",
    at=NOON - timedelta(minutes=2),
    name="UnmonitorInstances",
    who="arn:aws:iam::123456789012:user/mallory",
    principal="arn:aws:iam::123456789012:user/mallory",
    address="203.0.113.66",
    about="i-1",
)
LEFT = LeftAlone(kind="AWS::EC2::Instance", id="i-1", why="Exceeded", last="FAILED: stop: no")


def changed(**detail):
    return {**BAD, "detail": {**BAD["detail"], **detail}}


def again(compliance="COMPLIANT"):
    new = {**BAD["detail"]["newEvaluationResult"], "complianceType": compliance}
    return changed(newEvaluationResult=new, oldEvaluationResult={"complianceType": "NON_COMPLIANT"})


def only(plan):
    (alert,) = plan.alerts
    return alert


def said(alert, label):
    return [fact for name, fact in alert.facts if name == label]


@pytest.mark.parametrize(
    ("event", "wakes"),
    [
        pytest.param(BAD, True, id="not compliant"),
        pytest.param(again(), True, id="compliant again"),
        pytest.param(again("NOT_APPLICABLE"), True, id="gone"),
        pytest.param(
            changed(newEvaluationResult={"complianceType": "COMPLIANT"}), False, id="compliant at once"
        ),
        pytest.param({**BAD, "source": "custom.config"}, False, id="somebody's own event"),
        pytest.param({**BAD, "detail-type": "Config Configuration Item Change"}, False, id="an item"),
    ],
)
def test_it_wakes_where_a_resource_becomes_bad_or_stops_being_so(event, wakes):
    assert EventPattern(PATTERN).matches(event) is wakes


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"detail": []},
        changed(newEvaluationResult=None),
        changed(configRuleName=""),
        changed(resourceId=7),
        changed(newEvaluationResult={"complianceType": "NON_COMPLIANT", "evaluationResultIdentifier": {}}),
    ],
)
def test_what_is_no_change_is_malformed(event):
    with pytest.raises(MalformedEvent):
        compliance_change(event)


def test_half_a_surrogate_pair_is_spelt_out_as_in_every_event():
    """DynamoDB and SQS take none, and the change is put off with all that Config says of it."""
    new = {**BAD["detail"]["newEvaluationResult"], "annotation": "named \ud800"}

    change = compliance_change(changed(resourceId="i-\ud800", newEvaluationResult=new))

    assert (change.id, change.why) == (r"i-\ud800", r"named \ud800")
    assert json.dumps(change.as_event(named=False), ensure_ascii=False).encode()


def test_it_is_put_off_and_comes_again_as_an_event_of_its_own():
    message = {"body": json.dumps(CHANGE.as_event(named=True))}

    (later,) = parse_later({"Records": [message]})

    assert later == replace(CHANGE, key=f"{CHANGE.key}/later", later=True, named=True)


def test_a_change_is_told_with_who_since_when_and_what_it_was():
    seen = Seen(
        captured=NOON,
        before=NOON - timedelta(days=3),
        changes=("configuration.monitoring.state: was enabled, is disabled",),
        deeds=(DEED,),
    )

    alert = only(decide(CHANGE, seen, NOON, SETTINGS))

    assert alert.severity is Severity.LOW  # the rule's own
    assert alert.title == "Instance i-1 is not compliant: trailwarden-monitoring_off"
    assert said(alert, "Why") == ["detailed monitoring is disabled"]
    assert said(alert, "Who") == [DEED.who]
    assert "UnmonitorInstances at 2026-03-02 11:58:00 UTC" in said(alert, "Call")[0]
    assert said(alert, "Before") == ["as it was from 2026-02-27 12:00:00 UTC, for 3 d"]
    assert said(alert, "Changed") == list(seen.changes)


def test_several_calls_are_all_told_and_none_is_accused():
    other = replace(DEED, id="e-2", who="arn:aws:iam::123456789012:user/bob", name="CreateTags")

    alert = only(decide(CHANGE, Seen(deeds=(DEED, other)), NOON, SETTINGS))

    assert said(alert, "Who") == [f"{DEED.who}, {other.who}, by one of these calls"]
    assert len(said(alert, "Call")) == 2


def test_what_is_not_known_or_could_not_be_read_is_told():
    unseen = Unseen(why="who made it so: LookupEvents: no", denied=True)

    unknown = only(decide(CHANGE, Seen(), NOON, SETTINGS))
    unread = only(decide(CHANGE, Seen(could_not_read=(unseen,)), NOON, SETTINGS))

    assert said(unknown, "Who") == ["no call is known (yet) that made it so"]
    assert "lookup-events" in said(unknown, "Look with")[0]
    assert "doesn't record its type" in said(unknown, "Before")[0]
    assert said(unread, "Could not look") == [unseen.why]


@pytest.mark.parametrize(
    ("rule", "told"), [("trailwarden-x", True), ("restricted-ssh", True), ("other", False)]
)
def test_only_the_stacks_rules_and_those_it_names_are_told_of(rule, told):

    class NoAws:
        def client(self, *_):
            raise LookupError

    change = replace(CHANGE, rule=rule)
    if told:
        with pytest.raises(LookupError):
            look(NoAws(), change, SETTINGS)
    else:
        assert decide(change, look(NoAws(), change, SETTINGS), NOON, SETTINGS).empty


def test_another_ones_rule_is_told_of_in_general_words():
    alert = only(decide(replace(CHANGE, rule="restricted-ssh", why=""), Seen(), NOON, SETTINGS))

    assert alert.severity is Severity.MEDIUM
    assert said(alert, "Why") == ["the rule gives no reason"]


@pytest.mark.parametrize(
    ("event", "words"),
    [(again(), "is compliant again"), (again("NOT_APPLICABLE"), "is gone, or no longer judged")],
)
def test_that_it_is_good_again_is_told_too(event, words):
    alert = only(decide(compliance_change(event), Seen(now="COMPLIANT", deeds=(DEED,)), NOON, SETTINGS))

    assert alert.severity is Severity.INFO
    assert words in alert.title


def test_what_changed_meanwhile_is_told():
    assert said(only(decide(CHANGE, Seen(now="COMPLIANT"), NOON, SETTINGS)), "By now") == ["COMPLIANT"]
    assert said(only(decide(CHANGE, Seen(now=""), NOON, SETTINGS)), "By now") == ["gone, or no longer judged"]
    assert said(only(decide(CHANGE, Seen(), NOON, SETTINGS)), "By now") == []


def test_how_it_is_mended_is_told_and_by_hand_how_to_start_it():
    by_itself = Remedy(runbook="AWS-StopEC2Instance", automatic=True, attempts=3, seconds=3600)

    alert = only(decide(CHANGE, Seen(remedy=by_itself), NOON, SETTINGS))
    by_hand = only(decide(CHANGE, Seen(remedy=replace(by_itself, automatic=False)), NOON, SETTINGS))

    assert said(alert, "Remediation") == ["AWS Config starts AWS-StopEC2Instance, up to 3 times within 1 h"]
    assert said(alert, "To mend it") == []
    assert "start-remediation-execution" in said(by_hand, "To mend it")[0]


def test_that_config_has_given_up_is_an_alert_of_its_own_unless_there_is_nothing_left_to_mend():
    remedy = Remedy(runbook="AWS-StopEC2Instance", automatic=True, attempts=3, seconds=3600)
    seen = Seen(given_up=LEFT, remedy=remedy, times=4)
    named = replace(CHANGE, named=True)

    first, later = decide(CHANGE, seen, NOON, SETTINGS), only(decide_later(named, seen, NOON, SETTINGS))

    assert said(only(first), "Given up") == ["AWS Config leaves it alone: Exceeded"]
    assert said(only(first), "How often") == ["4 times in 24 h"]
    assert later.severity is Severity.HIGH
    assert later.title == "AWS Config no longer mends Instance i-1: trailwarden-monitoring_off"
    assert said(later, "Last attempt") == ["FAILED: stop: no"]
    assert decide_later(named, replace(seen, now=""), NOON, SETTINGS).empty


def test_without_a_look_config_may_have_given_up():
    why = Unseen(why="throttled")

    alerts = decide_later(CHANGE, blind(CHANGE, why, SETTINGS), NOON, SETTINGS).alerts

    assert [each.severity for each in alerts] == [Severity.INFO, Severity.HIGH]


def test_later_only_what_was_not_told_before_is_told():
    named = replace(CHANGE, named=True)

    assert decide_later(CHANGE, Seen(), NOON, SETTINGS).empty
    assert decide_later(named, Seen(deeds=(DEED,)), NOON, SETTINGS).empty
    alert = only(decide_later(CHANGE, Seen(deeds=(DEED,)), NOON, SETTINGS))
    assert alert.title == "Instance i-1 was made not compliant by user/mallory"


@pytest.mark.parametrize(
    "seen", [Seen(), Seen(unfinished=True), Seen(unfinished=True, named=True), Seen(named=True)]
)
def test_a_retry_knows_whether_it_is_to_be_looked_at_again(seen):
    back = from_text(as_text(seen))

    assert back.unfinished == seen.unfinished
    assert not seen.unfinished or back.named == seen.named


def test_only_what_is_bad_is_counted():
    assert [each.subject for each in sightings(CHANGE)] == [CHANGE.subject]
    assert sightings(compliance_change(again())) == ()


def test_by_the_hour_each_given_up_resource_is_told_and_what_could_not_be_read():
    unseen = Unseen(why="no")

    plan = decide_by_the_hour(CHANGE, GivenUp(found=(("r", LEFT),), could_not_read=(unseen,)), NOON, SETTINGS)

    assert [each.severity for each in plan.alerts] == [Severity.HIGH, Severity.MEDIUM]
    assert decide_by_the_hour(CHANGE, GivenUp(), NOON, SETTINGS).empty


# ---- the past -----------------------------------------------------------------------------------


def item(at, **fields):
    return Item(
        type="AWS::EC2::Instance",
        id="i-1",
        account="123456789012",
        region="eu-west-1",
        captured=at,
        status="OK",
        **fields,
    )


def test_the_parts_that_matter_are_shown_and_others_not():
    before = item(NOON, configuration={"monitoring": {"state": "enabled"}, "type": "t2"}, tags={"a": "1"})
    now = item(
        NOON,
        configuration={"monitoring": {"state": "disabled"}, "type": "t3", "key": "k"},
        relations=(Relation(type="AWS::EC2::Volume", id="vol-1", words="Is attached to Volume"),),
    )
    course = Course(item=now, before=before)

    assert what_differs(course, ("configuration.monitoring",)) == (
        "configuration.monitoring.state: was enabled, is disabled",
    )
    assert what_differs(course) == (
        "configuration.key: was not there, is k",
        "configuration.monitoring.state: was enabled, is disabled",
        "configuration.type: was t2, is t3",
        "relationships: now also Is attached to Volume vol-1",
        "tags.a: was 1, is not there",
    )
    assert what_differs(Course(item=now)) == ()
    assert course.related == ("vol-1",)


def test_a_long_value_is_cut():
    course = Course(item=item(NOON, tags={"a": "x" * 500}), before=item(NOON, tags={"a": "y"}))

    (shown,) = what_differs(course)
    assert len(shown) < 150


class Unknown(Exception):
    """AWS Config has no item."""


class History:
    """GetResourceConfigHistory, a page for each answer."""

    class exceptions:  # noqa: N801 - as botocore spells it
        ResourceNotDiscoveredException = Unknown

    def __init__(self, *pages):
        self._pages = list(pages)
        self.asked = []

    def client(self, *_):
        return self

    def get_resource_config_history(self, **given):
        self.asked.append(dict(given))
        page = self._pages.pop(0)
        if page is None:
            raise Unknown
        onward = {"nextToken": "t"} if self._pages else {}
        return {"configurationItems": [as_answered(at) for at in page], **onward}


def as_answered(at):
    return {
        "resourceType": "AWS::EC2::Instance",
        "resourceId": "i-1",
        "configurationItemCaptureTime": at,
        "configurationItemStatus": "OK",
    }


def test_the_item_judged_is_found_by_whole_seconds_and_the_one_before_it_weeks_back():
    """A function's result has lost what lies behind the second."""
    judged, newer = NOON + timedelta(milliseconds=700), NOON + timedelta(seconds=1)
    earlier = NOON - timedelta(days=20)
    history = History([newer, judged], [], [earlier])

    course = course_of(history, CHANGE)

    assert (course.item.captured, course.before.captured) == (judged, earlier)
    assert [each.get("nextToken") for each in history.asked] == [None, "t", "t"]
    assert history.asked[0]["laterTime"] == NOON + timedelta(seconds=1)


def test_of_a_type_that_is_not_recorded_there_is_no_past():
    assert course_of(History(None), CHANGE) == Course()


class Trail:
    """LookupEvents: what it has by name. `paused`: how often there was a pause between two questions."""

    def __init__(self, monkeypatch, **by_name):
        self._by_name = by_name
        self.asked = []
        self.paused = 0
        monkeypatch.setattr(event_history.time, "sleep", self._pauses)

    def _pauses(self, _seconds):
        self.paused += 1

    def client(self, _service, region):
        self.region = region
        return self

    def lookup_events(self, **given):
        self.asked.append(given)
        name = given["LookupAttributes"][0]["AttributeValue"]
        return {"Events": self._by_name.get(name.replace("-", "_"), [])}


def record(key, *, minutes=-1, read_only="false", resources=(), **more):
    said_in = {
        "eventID": key,
        "eventTime": (NOON + timedelta(minutes=minutes)).isoformat(),
        "eventSource": "ec2.amazonaws.com",
        "eventName": "UnmonitorInstances",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/mallory"},
        **more,
    }
    return {"ReadOnly": read_only, "CloudTrailEvent": json.dumps(said_in), "Resources": list(resources)}


WANTED = Wanted(
    region="eu-west-1",
    kind="AWS::EC2::Instance",
    id="i-1",
    name="web",
    related=("vol-1",),
    since=NOON - timedelta(hours=1),
    until=NOON,
)


def test_calls_that_change_it_count_and_neither_reads_nor_refusals_nor_later_ones(monkeypatch):
    trail = Trail(
        monkeypatch,
        i_1=[
            record("reads", read_only="true"),
            record("refused", errorCode="AccessDenied"),
            record("later", minutes=1),
            {"CloudTrailEvent": "{"},
            record("older", minutes=-5),
            record("newer"),
        ],
    )

    assert [each.id for each in deeds_of(trail, WANTED)] == ["newer", "older"]
    assert [each["StartTime"] for each in trail.asked] == [WANTED.since] * 2  # by id and by name


def test_a_name_alone_counts_only_with_the_type(monkeypatch):
    ours = {"ResourceType": "AWS::EC2::Instance", "ResourceName": "web"}
    theirs = {"ResourceType": "AWS::DynamoDB::Table", "ResourceName": "web"}
    trail = Trail(monkeypatch, web=[record("theirs", resources=[theirs]), record("ours", resources=[ours])])

    assert [each.id for each in deeds_of(trail, WANTED)] == ["ours"]


def test_where_no_call_names_it_those_count_that_name_what_came_or_left(monkeypatch):
    trail = Trail(monkeypatch, vol_1=[record("attached")])

    (deed,) = deeds_of(trail, WANTED)

    assert (deed.id, deed.about) == ("attached", "vol-1")
    assert deeds_of(Trail(monkeypatch), WANTED) == ()


def test_event_history_is_asked_for_a_few_names_one_after_another(monkeypatch):
    trail = Trail(monkeypatch)

    deeds_of(trail, replace(WANTED, related=("vol-1", "vol-2", "vol-3")))

    assert (len(trail.asked), trail.paused) == (4, 3)


def test_iam_stands_in_no_region():
    assert region_of("AWS::IAM::User", "eu-west-1") == "us-east-1"
    assert region_of("AWS::EC2::Instance", "eu-west-1") == "eu-west-1"
