"""Calls of the function's own role are held against the plans that made them."""

from dataclasses import replace

import pytest

from chalicelib.events import api_call
from chalicelib.ledger.entries import entry_of
from chalicelib.remediation import Call, CallProgress, Outcome, Plan, Severity
from chalicelib.runtime.own import alert as own_alert
from chalicelib.runtime.own import holder
from tests.chalicelib.runtime.house import ACCOUNT, REGION, Happening, Remedy, alert, built

ROLE = f"arn:aws:iam::{ACCOUNT}:role/remedy-role"
DONE, BEGUN = CallProgress.DONE, CallProgress.BEGUN


def call(service, operation, **parameters) -> Call:
    return Call(service=service, operation=operation, parameters=parameters, account=ACCOUNT, region=REGION)


def record(source, name, parameters):
    (event,) = api_call(
        {
            "detail": {
                "eventID": f"own-{name}",
                "eventTime": "2026-03-02T12:00:01Z",
                "eventName": name,
                "eventSource": f"{source}.amazonaws.com",
                "awsRegion": REGION,
                "recipientAccountId": ACCOUNT,
                "requestParameters": parameters,
                "userIdentity": {
                    "type": "AssumedRole",
                    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/remedy-role/x",
                    "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE}},
                },
            }
        }
    )
    return event


STOP = call("cloudtrail", "stop_logging", Name="audit")
START = replace(call("cloudtrail", "start_logging", Name="audit"), undo=STOP)
STARTED = record("cloudtrail", "StartLogging", {"name": "audit"})
STOPPED = record("cloudtrail", "StopLogging", {"name": "audit"})


def finding(*calls, progress=DONE):
    entry = entry_of("remedy", Happening(), Plan(calls=calls), Outcome.ACTED)
    return replace(entry, progress=dict.fromkeys(range(len(calls)), progress) if progress else {})


@pytest.mark.parametrize(
    ("made", "told"),
    [
        pytest.param(START, STARTED, id="plain"),
        pytest.param(
            call("s3", "put_bucket_lifecycle_configuration", Bucket="logs", LifecycleConfiguration={}),
            record(
                "s3", "PutBucketLifecycle", {"bucketName": "logs", "LifecycleConfiguration": {"Rule": []}}
            ),
            id="a name of S3's own",
        ),
        pytest.param(
            call("s3", "put_public_access_block", Bucket="logs"),
            record("s3", "PutBucketPublicAccessBlock", {"bucketName": "logs", "publicAccessBlock": ""}),
            id="another",
        ),
        pytest.param(
            call("s3", "put_bucket_policy", Bucket="logs", Policy='{"Statement": [], "Version": "1"}'),
            record(
                "s3",
                "PutBucketPolicy",
                {"bucketName": "logs", "bucketPolicy": {"Version": "1", "Statement": []}},
            ),
            id="a policy",
        ),
        pytest.param(
            call("lambda", "put_function_concurrency", FunctionName="f", ReservedConcurrentExecutions=5),
            record(
                "lambda",
                "PutFunctionConcurrency20171031",
                {"functionName": "f", "reservedConcurrentExecutions": 5},
            ),
            id="a dated name",
        ),
        pytest.param(
            call("cloudwatch", "enable_alarm_actions", AlarmNames=["a"]),
            record("monitoring", "EnableAlarmActions", {"alarmNames": ["a"]}),
            id="another name of a service",
        ),
        pytest.param(
            call("logs", "put_retention_policy", logGroupName="g", retentionInDays=1),
            record("logs", "PutRetentionPolicy", None),
            id="a record without parameters",
        ),
    ],
)
def test_a_call_is_held_by_the_plan_that_made_it(made, told):
    assert holder(told, [finding(made)]) == finding(made)
    assert holder(told, [finding(made, progress=BEGUN)])
    assert holder(told, [finding(made, progress=None)]) is None
    assert holder(told, [finding(made, progress=CallProgress.DROPPED)]) is None


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(STOPPED, id="the undo of a call that nobody undid"),
        pytest.param(record("cloudtrail", "StartLogging", {"name": "another"}), id="about another trail"),
        pytest.param(record("glue", "StartLogging", {"name": "audit"}), id="of another service"),
    ],
)
def test_a_call_is_held_by_no_other_plan(told):
    assert holder(told, [finding(START)]) is None


def test_another_policy_is_another_call():
    ours = finding(call("s3", "put_bucket_policy", Bucket="logs", Policy='{"Statement": []}'))
    theirs = record(
        "s3", "PutBucketPolicy", {"bucketName": "logs", "bucketPolicy": {"Statement": [{"Effect": "Allow"}]}}
    )

    assert holder(theirs, [ours]) is None


def test_an_undo_is_held_once_it_has_begun():
    assert holder(STOPPED, [finding(START, progress=CallProgress.UNDOING)])


def test_the_alert_is_critical_and_names_role_and_session():
    one = own_alert(STOPPED)

    assert one.severity is Severity.CRITICAL
    assert {ROLE, f"arn:aws:sts::{ACCOUNT}:assumed-role/remedy-role/x"} <= {fact for _, fact in one.facts}


# ---- the runtime ---------------------------------------------------------------------------------


@pytest.fixture
def house():
    with built() as house:
        house.aws.__dict__["_identity"] = {
            "Account": ACCOUNT,
            "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/remedy-role/remedy",
        }
        yield house


def test_a_call_of_ours_is_recorded(house):
    house.ledger.store(finding(START))

    assert house.handle(Remedy(Plan.alert(alert())), STARTED) is Outcome.SUPPRESSED
    assert house.mail == []


@pytest.mark.slow
@pytest.mark.parametrize("ignored", [(), ("*",)], ids=["", "whomever settings name"])
def test_a_call_that_no_plan_holds_is_told_and_handled_like_anybodys(house, ignored):
    house.ledger.store(finding(START))

    ended = house.handle(Remedy(Plan.alert(alert())), STOPPED, ignored_principals=ignored)

    assert ended is Outcome.TOLD
    assert [each.subject.partition(":")[0] for each in house.mail] == ["CRITICAL", "HIGH"]
    assert "no plan of it holds: StopLogging" in house.mail[0].text


@pytest.mark.slow
def test_a_plan_that_acted_lately_is_found_however_many_came_after_it(house):
    old = replace(finding(START), at=Happening().at.replace(year=2025))
    house.ledger.store(old)
    house.ledger.may_act(old, Happening().at, 1)
    for number in range(3):
        house.ledger.store(entry_of("remedy", Happening(key=str(number)), Plan.alert(alert()), Outcome.TOLD))

    assert holder(STARTED, house.ledger.lately_acting("remedy", 2)) == old


def test_what_was_planned_in_answer_to_a_call_has_not_made_it():
    answered = replace(finding(START, progress=BEGUN), event_key=STARTED.key)

    assert holder(STARTED, [answered]) is None
    assert holder(STARTED, [finding(START, progress=BEGUN)]) is not None
