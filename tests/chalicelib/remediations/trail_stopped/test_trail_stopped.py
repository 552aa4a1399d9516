"""trail_stopped: who, what exactly, and the way back; a weakened trail never becomes the baseline."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.events import Tick
from chalicelib.looking import Unseen
from chalicelib.remediation import Severity
from chalicelib.remediations.trail_stopped import (
    ARN,
    BUCKET,
    CHANGES,
    GROUP,
    OWNER,
    REMEDIATION,
    concerns,
    decide_by_the_hour,
    decide_on_call,
    look_at_call,
    place_of,
    remember_by_the_hour,
    remember_call,
)
from chalicelib.remediations.trail_stopped.alerts import Seen, undelivered
from chalicelib.remediations.trail_stopped.restore import restore
from chalicelib.trail.description import TrailStatus
from chalicelib.trail.settings.reader import TrailResources
from chalicelib.trail.settings.settings import TrailSettings, canonical, weaker
from tests.chalicelib.remediations.cloudtrail_records import (
    ACCOUNT,
    ADDRESS,
    ALICE,
    NOW,
    delivered,
    facts_of,
    only,
    settings,
    typed,
)

TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
PLACE = TrailResources(trail_arn=TRAIL, bucket="logs", log_group="audit-group")
CONFIGURED = settings(**{ARN: TRAIL, BUCKET: "logs", GROUP: "audit-group", OWNER: "own"})
TICK = Tick(key="t", at=NOW, account=ACCOUNT, region="us-east-1")
GOOD = TrailSettings(
    trail=True,
    logging=True,
    bucket="logs",
    prefix="",
    multi_region=True,
    global_events=True,
    validating=True,
    log_group="arn:aws:logs:us-east-1:1:log-group:audit-group:*",
    log_role="arn:aws:iam::1:role/delivery",
    topic="",
    kms_key="",
    selectors="",
    bucket_there=True,
    policy='{"Statement":[]}',
    versioning="Enabled",
    notification=canonical({"EventBridgeConfiguration": {"on": True}}),
    group_there=True,
    retention=365,
)


def call(name="StopLogging", source="cloudtrail", **detail):
    return delivered(
        "AWS API Call via CloudTrail",
        f"aws.{source}",
        **{
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "userIdentity": ALICE,
            "requestParameters": {"name": TRAIL},
            **detail,
        },
    )


def seen(good=GOOD, **now):
    return Seen(now=replace(good, **now), good=good, recorded=True, home="us-east-1")


def calls_of(**now):
    facts = seen(**now)
    return restore(weaker(facts.good, facts.now), facts.good, facts.now, PLACE)


def made(calls):
    return [(each.operation, dict(each.parameters)) for each in calls]


# ---- whose business it is -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("detail", "ours"),
    [
        pytest.param({"requestParameters": {"name": TRAIL}}, True, id="by ARN"),
        pytest.param({"requestParameters": {"name": "audit"}}, True, id="by name"),
        pytest.param({"requestParameters": {"trailName": "audit"}}, True, id="as selectors name it"),
        pytest.param({"requestParameters": {"name": "other"}}, False, id="another's"),
        pytest.param(
            {"requestParameters": {"name": "audit"}, "awsRegion": "eu-west-1"}, False, id="of another region"
        ),
        pytest.param(
            {"requestParameters": None, "errorMessage": f"not authorized on resource: {TRAIL}"},
            True,
            id="refused",
        ),
        pytest.param(
            {"requestParameters": None, "errorMessage": "no"}, False, id="refused, of nobody knows what"
        ),
    ],
)
def test_only_our_trail_is_our_business(detail, ours):
    assert concerns(typed(call(**detail)), PLACE) == ours


def test_an_archive_accounts_bucket_is_not_watched_from_here():
    place = place_of(settings(**{**CONFIGURED.values, OWNER: "archive"}))

    assert place.bucket == ""
    assert not concerns(typed(call("PutBucketPolicy", "s3")), place)
    assert concerns(typed(call("DeleteLogGroup", "logs")), place)


def test_another_trails_event_is_looked_at_no_further():
    event = typed(call(requestParameters={"name": "other"}))

    assert look_at_call(None, event, CONFIGURED) is None
    assert decide_on_call(event, None, NOW, CONFIGURED).empty
    assert remember_call(event, None, True) is None


# ---- what is reported ---------------------------------------------------------------------------------


def test_a_stop_is_told_with_who_where_what_and_the_way_back():
    plan = decide_on_call(typed(call()), seen(logging=False), NOW, CONFIGURED)

    alert = only(plan)
    facts = facts_of(alert)
    assert alert.severity is Severity.CRITICAL
    assert alert.title == "Logging of the audit trail audit was stopped"
    assert (facts["Who"], facts["From"], facts["Logging"]) == (ALICE["arn"], ADDRESS, "on -> off")
    assert "delete-item --table-name ledger" in facts["If it was meant, forget the old state with"]
    assert made(plan.calls) == [("start_logging", {"Name": TRAIL})]
    assert plan.calls[0].undo.operation == "stop_logging"


def test_a_stop_that_was_taken_back_already_is_told_less_loudly():
    alert = only(decide_on_call(typed(call()), seen(), NOW, CONFIGURED))

    assert alert.severity is Severity.MEDIUM
    assert alert.title == "No weaker by now: Logging of the audit trail audit was stopped"


def test_a_change_that_weakened_nothing_is_told_as_low():
    assert only(decide_on_call(typed(call("UpdateTrail")), seen(), NOW, CONFIGURED)).severity is Severity.LOW


def test_a_call_on_the_bucket_that_changes_no_setting_of_ours_is_not_told():
    assert decide_on_call(typed(call("PutBucketTagging", "s3")), seen(), NOW, CONFIGURED).empty


@pytest.mark.parametrize(
    ("code", "severity"), [("AccessDenied", Severity.MEDIUM), ("TrailNotFoundException", Severity.LOW)]
)
def test_an_attempt_is_told_by_who_stopped_it(code, severity):
    event = typed(call(errorCode=code, errorMessage=f"no, on resource: {TRAIL}"))

    plan = decide_on_call(event, look_at_call(None, event, CONFIGURED), NOW, CONFIGURED)

    assert only(plan).severity is severity
    assert plan.calls == ()


def test_what_the_hourly_look_finds_is_told_once_a_day():
    alert = only(decide_by_the_hour(TICK, seen(validating=False), NOW, CONFIGURED))

    assert alert.title == "The audit trail audit is weaker than it should be: log file validation"
    assert alert.quiet.seconds == 86_400


def test_another_weakness_is_another_alert():
    subjects = {
        only(decide_by_the_hour(TICK, seen(**now), NOW, CONFIGURED)).quiet.subject
        for now in ({"validating": False}, {"logging": False}, {"validating": False, "logging": False})
    }

    assert len(subjects) == 3


def test_a_sound_trail_needs_no_word():
    assert decide_by_the_hour(TICK, seen(), NOW, CONFIGURED).empty


def test_what_could_not_be_looked_at_is_told():
    blind = replace(seen(), could_not_read=(Unseen(why="GetBucketPolicy: no"),))

    assert only(decide_by_the_hour(TICK, blind, NOW, CONFIGURED)).severity is Severity.MEDIUM


def test_every_call_on_the_bucket_that_a_record_names_is_one_we_know():
    """PutBucketLifecycle is what CloudTrail calls PutBucketLifecycleConfiguration, and so on."""
    from scenarios.cloud.services import REGISTRY

    puts = ("PutBucketLifecycleConfiguration", "PutObjectLockConfiguration", "PutPublicAccessBlock")
    puts += (
        "PutBucketNotificationConfiguration",
        "PutBucketPolicy",
        "PutBucketVersioning",
        "DeletePublicAccessBlock",
    )

    assert {REGISTRY.records["s3"].event_name(operation) for operation in puts} <= set(CHANGES)


# ---- the way back ---------------------------------------------------------------------------------


def test_a_deleted_trail_is_made_anew_as_it_was_and_started():
    calls = calls_of(trail=False)

    (create, start) = calls
    assert create.parameters == {
        "Name": "audit",
        "S3BucketName": "logs",
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "EnableLogFileValidation": True,
        "CloudWatchLogsLogGroupArn": GOOD.log_group,
        "CloudWatchLogsRoleArn": GOOD.log_role,
    }
    assert create.already == ("TrailAlreadyExistsException",)
    assert start.operation == "start_logging"


def test_a_trail_made_anew_gets_its_selectors_before_it_starts():
    good = replace(GOOD, selectors=canonical([{"ReadWriteType": "WriteOnly"}]))

    calls = restore(weaker(good, replace(good, trail=False)), good, replace(good, trail=False), PLACE)

    assert [each.operation for each in calls] == ["create_trail", "put_event_selectors", "start_logging"]


def test_one_update_takes_back_all_and_undoes_itself():
    (update,) = calls_of(validating=False, log_group="", prefix="x")

    assert update.parameters == {
        "Name": TRAIL,
        "S3KeyPrefix": "",
        "EnableLogFileValidation": True,
        "CloudWatchLogsLogGroupArn": GOOD.log_group,
        "CloudWatchLogsRoleArn": GOOD.log_role,
    }
    assert update.undo.parameters["CloudWatchLogsLogGroupArn"] == ""


@pytest.mark.parametrize(
    ("good", "kind"),
    [
        pytest.param("", "EventSelectors", id="the default"),
        pytest.param(
            canonical([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]),
            "AdvancedEventSelectors",
            id="advanced",
        ),
    ],
)
def test_selectors_come_back_in_their_own_kind(good, kind):
    was = replace(GOOD, selectors=good)
    now = replace(GOOD, selectors=canonical([{"ReadWriteType": "ReadOnly"}]))

    (call_,) = restore(weaker(was, now), was, now, PLACE)

    assert set(call_.parameters) == {"TrailName", kind}
    assert call_.undo.parameters["EventSelectors"] == [{"ReadWriteType": "ReadOnly"}]


def test_the_bucket_comes_before_the_trail_and_logging_last():
    calls = calls_of(logging=False, validating=False, policy="", group_there=False)

    assert [each.operation for each in calls] == [
        "put_bucket_policy",
        "create_log_group",
        "put_retention_policy",
        "update_trail",
        "start_logging",
    ]


def test_eventbridge_comes_back_and_nobody_elses_notification_goes():
    topics = [{"TopicArn": "arn:t", "Events": ["s3:ObjectCreated:*"]}]

    (put,) = calls_of(notification=canonical({"TopicConfigurations": topics}))

    assert put.parameters["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {},
        "TopicConfigurations": topics,
    }
    assert put.undo.parameters["NotificationConfiguration"] == {"TopicConfigurations": topics}


def test_what_was_not_there_is_undone_by_deleting_it():
    (put,) = calls_of(policy="")

    assert put.undo.operation == "delete_bucket_policy"


@pytest.mark.parametrize(
    ("good", "now", "back"),
    [
        pytest.param(365, 1, ("put_retention_policy", 365), id="shortened"),
        pytest.param(0, 1, ("delete_retention_policy", None), id="no longer for ever"),
    ],
)
def test_a_groups_retention_comes_back(good, now, back):
    was, became = replace(GOOD, retention=good), replace(GOOD, retention=now)

    (found,) = restore(weaker(was, became), was, became, PLACE)

    assert (found.operation, found.parameters.get("retentionInDays")) == back
    assert found.undo.parameters["retentionInDays"] == now


def test_a_group_that_is_made_anew_has_its_retention_taken_back_too():
    was, became = replace(GOOD, retention=365), replace(GOOD, group_there=False, retention=0)

    made, kept = restore(weaker(was, became), was, became, PLACE)

    assert (made.undo.operation, kept.undo.operation) == ("delete_log_group", "delete_retention_policy")


def test_what_a_bucket_can_never_lose_again_is_said_before():
    became = replace(GOOD, versioning="")

    (put,) = restore(weaker(GOOD, became), GOOD, became, PLACE)

    assert put.undo is None
    assert put.lost == "that the bucket had no versioning: S3 can't take it away again"


def test_a_deleted_bucket_is_not_created_again():
    gone = seen(bucket_there=False, logging=False)

    plan = decide_on_call(typed(call("DeleteBucket", "s3")), gone, NOW, CONFIGURED)

    assert plan.calls == ()
    assert "not created again" in only(plan).advice


def test_every_call_belongs_to_the_trails_account_and_region():
    calls = calls_of(trail=False, policy="", group_there=False)

    assert {(each.account, each.region) for each in calls} == {(ACCOUNT, "us-east-1")}


def test_what_restoring_needs_is_granted_and_only_for_acting():
    acting = {grant.action.partition(":")[2] for grant in REMEDIATION.grants if grant.acting}
    calls = calls_of(trail=False, group_there=False) + calls_of(policy="", versioning="", logging=False)

    needed = {each.operation.title().replace("_", "") for each in calls}
    assert needed <= acting


# ---- the last good state --------------------------------------------------------------------------


def test_a_sound_trail_is_remembered_with_what_could_not_be_seen_this_time():
    state = remember_by_the_hour(TICK, seen(lock='{"a":1}', policy=None), False)

    assert TrailSettings.from_text(state) == replace(GOOD, lock='{"a":1}')


def test_a_weaker_trail_is_never_remembered():
    assert remember_by_the_hour(TICK, seen(logging=False), False) is None


def test_a_call_is_remembered_only_where_it_was_expected():
    event = typed(call("UpdateTrail"))

    assert remember_call(event, seen(validating=False), False) is None
    assert remember_call(event, seen(validating=False), True) is not None


def test_what_somebody_else_changed_meanwhile_does_not_slip_in():
    state = remember_call(typed(call("UpdateTrail")), seen(validating=False, logging=False), True)

    found = TrailSettings.from_text(state)
    assert replace(GOOD, validating=False) == found.over(GOOD)
    assert found.logging is None


def test_of_two_expected_calls_neither_says_again_what_the_other_one_changed():
    now = seen(validating=False, policy="{}")
    states = [remember_call(typed(call(name)), now, True) for name in ("UpdateTrail", "PutBucketPolicy")]
    trail, bucket = (TrailSettings.from_text(state) for state in states)

    assert (trail.validating, trail.policy) == (False, None)
    assert (bucket.validating, bucket.policy) == (None, "{}")


def test_an_expected_call_that_failed_changed_nothing():
    event = typed(call("UpdateTrail", errorCode="AccessDenied"))

    assert remember_call(event, seen(validating=False), True) is None


# ---- what does not arrive ---------------------------------------------------------------------------

LATELY, LONG_AGO = NOW - timedelta(minutes=20), NOW - timedelta(hours=3)


@pytest.mark.parametrize(
    ("status", "names", "severity"),
    [
        pytest.param({}, (), None, id="all arrives"),
        pytest.param(
            {"delivery_error": "AccessDenied", "delivered_at": LONG_AGO},
            ("log files",),
            Severity.CRITICAL,
            id="log files",
        ),
        pytest.param({"delivery_error": "x", "delivered_at": LATELY}, (), None, id="an error that is over"),
        pytest.param({"digest_error": "x", "digest_at": LATELY}, (), None, id="digests come by the hour"),
        pytest.param({"digest_error": "x"}, ("digests",), Severity.HIGH, id="never a digest"),
        pytest.param(
            {"log_group_error": "x", "log_group_at": LONG_AGO, "delivery_error": "y"},
            ("log files", "lines for its log group"),
            Severity.CRITICAL,
            id="the gravest first",
        ),
        pytest.param({"delivery_error": "x", "logging": False}, (), None, id="a stopped trail"),
    ],
)
def test_what_the_trail_can_not_deliver_is_told_once_a_day(status, names, severity):
    missing = undelivered(TrailStatus(**{"logging": True, **status}), NOW)

    assert tuple(each.what for each in missing) == names
    plan = decide_by_the_hour(TICK, replace(seen(), missing=missing), NOW, CONFIGURED)
    assert plan.empty is (not names)
    if names:
        told = only(plan)
        assert told.severity is severity
        assert told.title == f"The audit trail audit can't deliver: {', '.join(names)}"
        assert told.quiet.seconds == 24 * 3600


def test_a_status_that_could_not_be_read_is_no_delivery_that_fails():
    assert undelivered(None, NOW) == ()
