"""failed_login: attempts are counted rightly, and alerts say who and from where."""

import base64
import gzip
import json
import shlex
from datetime import timedelta
from itertools import permutations

import boto3
import pytest
from botocore.exceptions import ClientError
from freezegun import freeze_time

from chalicelib.aws import Aws
from chalicelib.errors import MalformedEvent
from chalicelib.events import alarm_change
from chalicelib.evidence import log_events as log_evidence
from chalicelib.ledger.ledger import Ledger
from chalicelib.matching import EventPattern, LogPattern
from chalicelib.remediation import Alert, Outcome, Plan, Severity
from chalicelib.remediations import failed_login
from chalicelib.remediations.failed_login import (
    ALARM_PATTERN,
    MOST_ATTEMPTS,
    NAME,
    REMEDIATION,
    SIGHTINGS_KEPT,
    Attempts,
    decide_on_alarm,
    decide_on_attempts,
    look_for_attempts,
    look_for_failures,
    parse_lines,
    sightings,
)
from chalicelib.remediations.failed_login import console as console_failures
from chalicelib.remediations.failed_login.bursts import Attempt
from chalicelib.remediations.failed_login.console import SignInFailure, SignInFailures
from chalicelib.remediations.failed_login.sshd import LoginFailures
from chalicelib.runtime.notify import message_of
from tests.chalicelib.remediations.cloudtrail_records import (
    ACCOUNT,
    ADDRESS,
    ALICE,
    ROOT,
    at,
    console_login,
    facts_of,
    only,
    settings,
)
from tests.moto_alone import moto_alone

START = at("2026-03-03T10:15:00")
NOW = at("2026-03-03T10:21:00")
GROUP = "trail"
SEARCH = log_evidence.Search(group=GROUP, pattern=console_failures.PATTERN, since=START, until=NOW)
HEADER = "Mar  3 10:15:00 web-1 sshd[7]: "
LEFT = f"Connection closed by authenticating user ann {ADDRESS} port 1 [preauth]"
ALARM_ARN = f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:ConsoleFailures"


def configured(threshold=5, window_seconds=300):
    return settings(
        FAILED_LOGIN_THRESHOLD=str(threshold),
        FAILED_LOGIN_WINDOW_SECONDS=str(window_seconds),
        FAILED_LOGIN_TRAIL_GROUP=GROUP,
    )


def line(second: float, pid: int, *, user="root", address=ADDRESS, host="web-1", identity="") -> dict:
    moment = START + timedelta(seconds=second)
    return {
        "id": identity or f"{int(second * 1000):048d}{pid:08d}",
        "timestamp": int(moment.timestamp() * 1000),
        "message": f"Mar  3 10:15:00 {host} sshd[{pid}]: "
        f"Failed password for {user} from {address} port 1 ssh2",
    }


def delivered(*lines: dict) -> dict:
    body = {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": "secure",
        "logStream": "i-0abc",
        "subscriptionFilters": ["f"],
        "logEvents": list(lines),
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(body).encode())).decode()}}


def one(*lines: dict) -> LoginFailures:
    (event,) = parse_lines(delivered(*lines))
    return event


def known(*seconds: float, user="root", host="web-1") -> Attempts:
    return Attempts(
        attempts=tuple(
            Attempt(process=f"web-1[{number}]", at=START + timedelta(seconds=second), host=host, user=user)
            for number, second in enumerate(seconds)
        )
    )


def decided(event, facts, **about) -> Plan:
    return decide_on_attempts(event, facts, NOW, configured(**about))


def test_below_the_threshold_nothing_is_told():
    assert decided(one(line(3, 3)), known(0, 1, 2, 3)).empty


def test_at_the_threshold_one_alert_names_address_host_users_count_and_rate():
    alert = only(decided(one(line(60, 4)), known(0, 15, 30, 45, 60)))

    assert alert.severity is Severity.MEDIUM
    assert alert.title == f"5 failed SSH logins from {ADDRESS} in 1 min"
    assert facts_of(alert) == {
        "From": ADDRESS,
        "Hosts": "web-1",
        "Users tried": "root",
        "Attempts": "5 in 1 min (5.0 a minute); told from 5 in 5 min",
        "First": "2026-03-03 10:15:00 UTC",
        "Last": "2026-03-03 10:16:00 UTC",
        "Known from": "text in the log group secure; whoever may write there can name anybody",
        "Account": ACCOUNT,
    }
    assert alert.quiet
    assert (alert.quiet.subject, alert.quiet.seconds) == (ADDRESS, 3600)


def test_as_many_over_a_longer_time_are_not_told():
    assert decided(one(line(400, 4)), known(0, 100, 200, 300, 400)).empty


def test_many_names_are_cut_but_counted():
    attempts = tuple(
        Attempt(process=f"web-1[{number}]", at=START, host=f"web-{number}", user=f"user-{number:02d}")
        for number in range(14)
    )

    facts = facts_of(only(decided(one(line(0, 3)), Attempts(attempts=attempts, more=True))))

    assert facts["Users tried"].endswith("user-09 and 4 more")
    assert facts["Attempts"].startswith("14 or more in 0 s")


def test_a_user_name_can_forge_no_line_of_the_alert():
    facts = known(0, 1, 2, 3, 4, user="root\nFrom: 192.0.2.1")

    lines = message_of(only(decided(one(line(4, 4)), facts)), "f", Outcome.TOLD).splitlines()

    assert [text for text in lines if text.startswith("From:")] == [f"From:        {ADDRESS}"]


def test_each_line_is_a_sighting_by_its_log_events_id():
    first, second = sightings(one(line(0, 7, user="ann"), line(1, 8)))

    assert first.subject == ADDRESS
    assert first.id == line(0, 7)["id"]
    assert first.at == START
    assert first.detail == {
        "process": "web-1[7]",
        "host": "web-1",
        "port": "1",
        "user": "ann",
        "speaks_of": "password",
        "times": "1",
    }
    assert second.detail["process"] == "web-1[8]"


def test_a_control_message_is_no_event():
    raw = {"messageType": "CONTROL_MESSAGE"}
    packed = base64.b64encode(gzip.compress(json.dumps(raw).encode())).decode()

    assert parse_lines({"awslogs": {"data": packed}}) == ()


MALFORMED = [
    pytest.param({}, id="empty"),
    pytest.param([], id="a list"),
    pytest.param(7, id="a number"),
    pytest.param({"awslogs": None}, id="no data"),
    pytest.param({"detail": {"alarmName": "a"}}, id="an alarm without an envelope"),
    pytest.param(
        {
            "source": "aws.cloudwatch",
            "detail-type": "CloudWatch Alarm State Change",
            "detail": {"alarmName": "a"},
        },
        id="an alarm without state",
    ),
]


@pytest.mark.parametrize("raw", MALFORMED)
def test_what_can_not_be_read_is_told_as_malformed(raw):
    with pytest.raises(MalformedEvent):
        tuple(REMEDIATION.way_of(raw).parse(raw))


@pytest.fixture
def aws(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with moto_alone():
        made = Aws(boto3.Session(region_name="eu-west-1"))
        made.client("dynamodb").create_table(
            TableName="ledger",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield made


def handled(aws: Aws, *lines: dict, **about) -> list[Alert]:
    """What the runtime does with a batch: note, look, decide."""
    told: list[Alert] = []
    for event in parse_lines(delivered(*lines)):
        ledger = Ledger(aws.client("dynamodb"), "ledger")
        ledger.note(NAME, sightings(event), SIGHTINGS_KEPT)
        told += decided(event, look_for_attempts(aws, event, configured(**about)), **about).alerts
    return told


def test_attempts_add_up_over_invocations(aws):
    told = [handled(aws, line(10 * number, number)) for number in range(5)]

    assert [len(alerts) for alerts in told] == [0, 0, 0, 0, 1]


def test_a_second_delivery_counts_nothing_twice(aws):
    told = [handled(aws, line(10, 1), line(20, 2)) for _ in range(5)]

    assert not any(told)


@pytest.mark.slow
def test_a_connection_without_a_password_counts_once_over_all_its_batches(aws):
    told = [handled(aws, {**line(number, 7), "message": f"{HEADER}{LEFT}"}) for number in range(9)]

    assert not any(told)


@pytest.mark.slow
def test_every_wrong_password_of_one_connection_counts(aws):
    told = [handled(aws, line(number, 7)) for number in range(5)]

    assert [len(alerts) for alerts in told] == [0, 0, 0, 0, 1]


def test_an_attempt_is_told_with_the_user_that_another_of_its_lines_names(aws):
    nameless = {**line(0, 7), "message": f"{HEADER}ROOT LOGIN REFUSED FROM {ADDRESS} port 1"}
    named = {**line(1, 7), "message": f"{HEADER}{LEFT}"}

    (alert,) = handled(aws, nameless, named, threshold=1)

    assert facts_of(alert)["Users tried"] == "ann"
    assert facts_of(alert)["First"] == "2026-03-03 10:15:00 UTC"


def test_one_process_id_on_two_hosts_is_two_attempts(aws):
    lines = [line(number, 7, host=f"web-{number}") for number in range(5)]

    (alert,) = handled(aws, *lines)

    assert facts_of(alert)["Hosts"] == "web-0, web-1, web-2, web-3, web-4"


def test_every_address_counts_for_itself(aws):
    lines = [line(number, number, address=f"203.0.113.{number}") for number in range(5)]

    assert handled(aws, *lines) == []


@pytest.mark.parametrize("order", list(permutations((0, 140, 299))), ids=str)
def test_late_and_out_of_order_batches_count_like_any_other(aws, order):
    told = [handled(aws, line(second, second), threshold=3) for second in order]

    assert [len(alerts) for alerts in told] == [0, 0, 1]


def test_a_late_batch_fills_a_window_that_is_long_past(aws):
    handled(aws, line(0, 0), line(100, 1), threshold=3)
    handled(aws, line(4000, 4), threshold=3)

    (alert,) = handled(aws, line(50, 2), threshold=3)

    assert facts_of(alert)["Last"] == "2026-03-03 10:16:40 UTC"


def test_a_batch_that_spans_two_windows_is_looked_at_in_both(aws):
    told = handled(aws, *(line(second, second) for second in (0, 10, 20, 1000)), threshold=3)

    assert len(told) == 1
    assert facts_of(told[0])["Attempts"].startswith("3 in 20 s")


@pytest.mark.slow
def test_a_flood_is_cut_to_what_a_finding_can_hold(aws):
    event = one(*(line(number / 10, number) for number in range(MOST_ATTEMPTS + 20)))
    Ledger(aws.client("dynamodb"), "ledger").note(NAME, sightings(event), SIGHTINGS_KEPT)

    facts = look_for_attempts(aws, event, configured())

    assert len(facts.attempts) == MOST_ATTEMPTS
    assert facts.more
    assert len(only(decided(event, facts)).title) < 100


def alarm(state="ALARM", **detail) -> dict:
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "account": ACCOUNT,
        "region": "eu-west-1",
        "time": "2026-03-03T10:20:00Z",
        "resources": [ALARM_ARN],
        "detail": {
            "alarmName": "ConsoleFailures",
            "state": {
                "value": state,
                "reason": "Threshold Crossed",
                "timestamp": "2026-03-03T10:20:00.000+0000",
            },
            "configuration": {"metrics": [{"metricStat": {"period": 300}}]},
            **detail,
        },
    }


def failure(number=0, *, who="IAM user alice of account 1", root=False, address=ADDRESS, mfa="no"):
    return SignInFailure(
        event_id=f"e-{number}",
        at=START + timedelta(seconds=number),
        who=who,
        root=root,
        address=address,
        mfa=mfa,
        reason="Failed authentication",
    )


def about_alarm(facts: SignInFailures, raw: dict | None = None) -> Alert:
    return only(decide_on_alarm(alarm_change(raw or alarm()), facts, NOW, configured()))


def test_an_alarms_alert_says_who_and_from_where():
    found = (failure(0), failure(1), failure(2, who="IAM user bob of account 1", address="198.51.100.4"))

    alert = about_alarm(SignInFailures(found=found))

    assert alert.title == f"3 failed console sign-ins, 2 for IAM user alice of account 1 from {ADDRESS}"
    assert [fact for label, fact in alert.facts if label == "Who"] == [
        f"IAM user alice of account 1 from {ADDRESS}: 2, MFA used: no (Failed authentication)",
        "IAM user bob of account 1 from 198.51.100.4: 1, MFA used: no (Failed authentication)",
    ]
    assert facts_of(alert)["First"] == "2026-03-03 10:15:00 UTC"
    assert facts_of(alert)["Went off"] == "2026-03-03 10:20:00 UTC"
    assert alert.severity is Severity.MEDIUM


def test_root_among_them_is_told_louder():
    found = (failure(0), failure(1, who="root of account 1", root=True))

    assert about_alarm(SignInFailures(found=found)).severity is Severity.HIGH


def test_a_reading_that_broke_off_is_told_with_what_it_found():
    alert = about_alarm(SignInFailures(found=(failure(0),), more=True, could_not_read="too busy"))

    assert alert.title.startswith("1 or more failed console sign-ins")
    assert facts_of(alert)["Not all"] == "the rest could not be read: too busy"


UNSAID = [
    pytest.param(SignInFailures(), "no failed sign-in was found in the log", id="nothing found"),
    pytest.param(
        SignInFailures(could_not_read="not authorized"), "could not be read: not authorized", id="denied"
    ),
]


@pytest.mark.parametrize(("facts", "words"), UNSAID)
def test_an_alarm_that_can_not_say_who_says_so(facts, words):
    alert = about_alarm(facts)

    assert alert.title == "Console sign-ins fail, who and from where could not be found"
    assert facts_of(alert)["Who"].startswith(words)
    command = shlex.split(facts_of(alert)["Look with"])
    assert command[:5] == ["aws", "logs", "filter-log-events", "--log-group-name", GROUP]
    assert command[6:] == [
        failed_login.CONSOLE_FAILURES.pattern,
        *("--start-time", str(int(at("2026-03-03T10:00:00").timestamp()) * 1000)),
        *("--end-time", str(int(at("2026-03-03T10:25:00").timestamp()) * 1000)),
        *("--region", "eu-west-1"),
    ]


def test_many_actors_are_cut_but_counted():
    found = tuple(failure(number, who=f"IAM user u{number:02d}") for number in range(12))

    alert = about_alarm(SignInFailures(found=found, more=True))

    assert sum(label == "Who" for label, _ in alert.facts) == 10
    assert facts_of(alert)["And"] == "2 or more others"
    assert alert.title.startswith("12 or more failed")


def test_an_alarm_that_goes_back_to_ok_is_not_told():
    plan = decide_on_alarm(alarm_change(alarm("OK")), SignInFailures(), NOW, configured())

    assert plan.empty


def test_an_alarm_is_no_sighting():
    assert REMEDIATION.way_of(alarm()).sightings is None
    assert REMEDIATION.way_of(delivered()).sightings is sightings


FAILED = {"mfa": "No", "result": "Failure", "userIdentity": {**ALICE, "arn": None}}


def record(number: int, second: float, **about) -> dict:
    moment = START + timedelta(seconds=second)
    raw = console_login(
        **{**FAILED, **about}, eventID=f"e-{number}", eventTime=f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    )
    return {"timestamp": int(moment.timestamp() * 1000), "message": json.dumps(raw["detail"])}


def logged(aws: Aws, *records: dict) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=list(records))


@pytest.fixture
def at_the_alarm():
    """CloudWatch Logs takes lines of the last 14 days."""
    with freeze_time(NOW.replace(tzinfo=None)):
        yield


def looked(aws: Aws) -> SignInFailures:
    return look_for_failures(aws, alarm_change(alarm()), configured())


@pytest.mark.slow
def test_the_log_events_behind_the_alarm_are_read(at_the_alarm, aws):
    hidden = {"type": "IAMUser", "accountId": ACCOUNT, "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}
    logged(
        aws,
        record(1, 0, errorMessage="Failed authentication"),
        record(2, 10, userIdentity=ROOT, mfa=None),
        record(3, 20, userIdentity=hidden, sourceIPAddress="198.51.100.4"),
        record(4, 30, result="Success"),
        record(1, 40),
        {"timestamp": int(NOW.timestamp() * 1000), "message": "not a record"},
    )

    facts = looked(aws)

    assert [(one.who, one.address, one.mfa, one.root) for one in facts.found] == [
        (f"root of account {ACCOUNT}", ADDRESS, "not recorded", True),
        (f"a user name that does not exist in account {ACCOUNT}", "198.51.100.4", "no", False),
        (f"IAM user alice of account {ACCOUNT}", ADDRESS, "no", False),
    ]
    assert not facts.more


def test_only_the_alarms_period_and_cloudtrails_delay_are_read(at_the_alarm, aws):
    alarm_second = 5 * 60
    logged(aws, record(1, alarm_second - 300 - 900 - 60), record(2, alarm_second - 300 - 900), record(3, 0))

    assert [one.event_id for one in looked(aws).found] == ["e-2", "e-3"]


def test_a_log_without_end_is_cut_but_told(at_the_alarm, aws, monkeypatch):
    monkeypatch.setattr(log_evidence, "MOST_KEPT", 3)
    logged(aws, *(record(number, number) for number in range(5)))

    facts = looked(aws)

    assert len(facts.found) == 3
    assert facts.more


class Logs:
    """A log group that answers as many empty pages as asked for, as a busy one may."""

    def __init__(self, pages: int) -> None:
        self.pages = pages

    def get_paginator(self, operation: str) -> "Logs":
        return self

    def paginate(self, **parameters: object) -> list[dict]:
        return [{"events": []}] * self.pages


READS = [
    pytest.param(log_evidence.MOST_PAGES, False, id="as many pages as are read"),
    pytest.param(log_evidence.MOST_PAGES + 1, True, id="one more"),
]


@pytest.mark.parametrize(("pages", "more"), READS)
def test_a_busy_log_is_not_read_without_end(pages, more):
    facts = console_failures.read_failures(Logs(pages), SEARCH)

    assert facts == SignInFailures(more=more)


def test_a_log_group_that_is_gone_does_not_silence_the_alarm(aws):
    assert looked(aws).could_not_read.why == f"there is no log group {GROUP}"


class Denied:
    """An AWS that refuses every reading."""

    def client(self, service: str) -> "Denied":
        return self

    def get_paginator(self, operation: str) -> "Denied":
        return self

    def paginate(self, **parameters: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "FilterLogEvents")


def test_a_reading_that_is_refused_does_not_silence_the_alarm():
    assert looked(Denied()).could_not_read.why.endswith("(FilterLogEvents: no)")


METRIC = [
    pytest.param(record(1, 0)["message"], True, id="failure, as most records say it"),
    pytest.param(
        record(1, 0, errorMessage="Failed authentication")["message"], True, id="and with a message"
    ),
    pytest.param(
        record(1, 0, result=None, errorMessage="No username found in supplied account")["message"],
        True,
        id="message only",
    ),
    pytest.param(record(1, 0, userIdentity=ROOT)["message"], True, id="root's"),
    pytest.param(record(1, 0, result="Success")["message"], False, id="success"),
    pytest.param(record(1, 0, eventName="CheckMfa", result="Failure")["message"], False, id="another event"),
    pytest.param("ConsoleLogin Failure", False, id="a plain line"),
]


@pytest.mark.parametrize(("message", "counts"), METRIC)
def test_the_metric_counts_every_shape_of_failure_and_nothing_else(message, counts):
    assert LogPattern(failed_login.CONSOLE_FAILURES.pattern).matches(message) is counts


def resolved() -> dict:
    return {**ALARM_PATTERN, "resources": [ALARM_ARN]}


def test_the_rule_lets_this_alarms_alarm_through_and_no_other_change():
    rule = EventPattern(resolved())

    assert rule.matches(alarm())
    assert not rule.matches(alarm("OK"))
    assert not rule.matches({**alarm(), "resources": [f"{ALARM_ARN}2"]})


def test_it_reads_one_log_group_and_can_only_tell():
    *alarms, group = (grant.action for grant in REMEDIATION.grants)

    assert group == "logs:FilterLogEvents"
    assert alarms == ["cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"]
    assert not REMEDIATION.acts


def test_readable_lines_are_handled_before_the_unreadable_one_rises():
    guess = "Mar  2 03:00:00 bastion sshd[2101]: Failed password for root from 203.0.113.7 port 40122 ssh2"
    good = {"id": "7" * 56, "timestamp": 1_772_420_400_000, "message": guess}
    body = {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": "secure",
        "logStream": "i-1",
        "logEvents": [{"id": "8" * 56, "message": "no time"}, good],
    }
    data = base64.b64encode(gzip.compress(json.dumps(body).encode())).decode()
    events = iter(parse_lines({"awslogs": {"data": data}}))

    assert next(events).address == "203.0.113.7"
    with pytest.raises(MalformedEvent, match="no timestamp"):
        next(events)
