"""Whatever text comes from outside, in whichever field, it forges no line of any alert on any channel.

Every way of every remediation decides on events and facts whose every text is hostile; so do the alerts of
the runtime's own.
"""

import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from ipaddress import IPv4Address
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from chalicelib import own_calls
from chalicelib.catalog import CATALOG, find
from chalicelib.counting import COUNTING
from chalicelib.events import Actor
from chalicelib.ledger.entries import entry_of
from chalicelib.looking import Unseen
from chalicelib.remediation import Outcome, Plan
from chalicelib.remediations.cis_alarms import CIS_CONTROLS
from chalicelib.remediations.noncompliant.tampering import CALLS
from chalicelib.remediations.stack_changed.promise import Part, Place
from chalicelib.remediations.table_deleted.backups import Backup
from chalicelib.remediations.trail_digest.objects import CREATED, DELETED, MARKED
from chalicelib.remediations.trail_validation import SUM, Forged
from chalicelib.runtime import tampering
from chalicelib.runtime.asking import Asking, asked_of
from chalicelib.runtime.channels import Telling, finding_of, notification_of
from chalicelib.runtime.forged import Forgery
from chalicelib.runtime.notify import message_of, subject_of
from chalicelib.seal import Noticed, Oddity
from chalicelib.settings import Settings
from chalicelib.trail.settings.settings import TrailSettings
from scenarios.cloud.securityhub.findings import complaints
from tests.chalicelib.runtime.house import ACCOUNT, NOON, REGION, Happening, creates

FRAMED = "arn:aws:iam::1:user/framed"
HOSTILE = (
    f"x\nWho: {FRAMED}\r\nFrom: {FRAMED}\u2028Agent: {FRAMED}\u2029\x85\x0b\x0c\x1b[2J\x9b31m\u202e\u200b\x00"
    f"{' ' * 90}Who: {FRAMED}{chr(0x3164) * 40}Who: {FRAMED} \u2016 Who: {FRAMED} <!channel> "
    "``` To undo it: rm"
)
PRODUCT = f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default"


def made(kind: Any, **given: Any) -> Any:  # noqa: PLR0911 - one for each kind of type
    """A value of this type, every text in it hostile; `given`: a dataclass's fields that have to be right."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(
            **{one.name: made(hints[one.name]) for one in fields(kind) if one.name not in given}, **given
        )
    origin, of = get_origin(kind), get_args(kind)
    if is_dataclass(origin):  # such as Seen[Opened]: its one variable is the state
        return made(origin, state=made(of[0]), **given)
    if origin in (Union, types.UnionType):
        return made(next(each for each in of if each is not type(None)), **given)
    if origin is tuple:
        return tuple(made(each) for each in of if each is not ...)
    if origin in (list, Sequence):
        return [made(of[0])]
    if origin in (dict, Mapping):
        return {HOSTILE: HOSTILE}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    plain = {str: HOSTILE, int: 3, bool: True, datetime: NOON, timedelta: timedelta(days=7), Any: HOSTILE}
    return {**plain, IPv4Address: IPv4Address("10.0.0.5")}.get(kind)


TRAIL_ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/Trail"
SETTINGS = Settings(
    topic_arn="t",
    ledger="ledger",
    overruled=(HOSTILE,),
    values={
        "BACKUP_MISSING_HOURS": "26",
        "BACKUP_MISSING_KEPT": "7",
        "BACKUP_MISSING_REGIONS": REGION,
        "BACKUP_MISSING_ROLE": "role",
        "CONFIG_RULES_OWN": "trailwarden-",
        "CIS_THRESHOLD": "1",
        "DNS_TUNNEL_GROUP": "app",
        "DNS_TUNNEL_NAMES": "2",
        "CIS_TRAIL_GROUP": "trail",
        "ERROR_BURST_GROUP": "app",
        "ERROR_BURST_PATTERN": "ERROR",
        "FAILED_LOGIN_THRESHOLD": "1",
        "FAILED_LOGIN_TRAIL_GROUP": "trail",
        "FAILED_LOGIN_WINDOW_SECONDS": "600",
        "INSTANCE_STATES_TOLD": "running",
        "PATH_TRAVERSAL_GROUP": "app",
        "PORT_SCAN_GROUP": "app",
        "PORT_SCAN_HOSTS": "2",
        "PORT_SCAN_PORTS": "2",
        "STACK_CHANGED_STACK": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/trailwarden/1",
        "SURGE_OF_ERRORS_FAILURES": "2",
        "SURGE_OF_ERRORS_GROUP": "app",
        "SURGE_OF_ERRORS_REFUSALS": "2",
        "TRAIL_DIGEST_TRAIL_ARN": TRAIL_ARN,
        "TRAIL_VALIDATION_TRAIL_ARN": TRAIL_ARN,
        "TRAIL_STOPPED_TRAIL_ARN": TRAIL_ARN,
        "TRAIL_STOPPED_BUCKET": "logs",
        "TRAIL_STOPPED_BUCKET_IS": "own",
        "TRAIL_STOPPED_GROUP": "trail",
    },
)
UNSEEN = Unseen(why=HOSTILE, denied=True)
RULE = Part(logical_id="RootLoginTrigger1", type="AWS::Events::Rule", physical_id=HOSTILE)
PLACE = Place(stack_id=SETTINGS.values["STACK_CHANGED_STACK"])
FAILED = {"error_code": "AccessDenied"}
DONE = {"error_code": "", "error_message": ""}
STOPPED = TrailSettings(trail=True, logging=False, bucket=HOSTILE, log_role=HOSTILE)
GOOD = TrailSettings(trail=True, logging=True, bucket="logs", log_role="role")
TABLE = {"parameters": {"tableName": HOSTILE}, "response": {"tableDescription": {"tableId": HOSTILE}}}
BEFORE = {"now": STOPPED, "good": GOOD, "could_not_read": ()}
SUMMED = {
    "verdict": "not sound",
    "since": HOSTILE,
    "until": HOSTILE,
    "kinds": {HOSTILE: 2},
    "findings": [{"sentence": HOSTILE}],
    "untold": [HOSTILE],
    "digests": 1,
    "logs": 1,
    "id": HOSTILE,
}
OF_INSTANCE = made(Actor, arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/role/i-0123456789abcdef0")
AVAILABLE = made(Backup, status="AVAILABLE")
MISSED = next(control for control in CIS_CONTROLS if control.missed[1] and not control.alerted_by)
COUNTED = next(control for control in CIS_CONTROLS if not control.alerted_by and not control.sources)


def case(remediation, decide, event=None, facts=None, **more):
    """`event`, `facts`: the fields that have to be right, or the facts if they are no dataclass."""
    return pytest.param(
        remediation, decide, event or {}, facts, id=more.get("id", "") or f"{remediation}, {decide}"
    )


CASES = [
    case("root_login", "decide", DONE),
    case("table_deleted", "decide", {**DONE, **TABLE}, {"newest": (AVAILABLE,), "could_not_read": None}),
    case("table_deleted", "decide", {**DONE, **TABLE}, id="no backups"),
    case("table_deleted", "decide", {**FAILED, **TABLE}, id="an attempt at a table"),
    case("trail_digest", "decide_on_trail"),
    case("trail_digest", "decide_on_object", {"what": DELETED, "deletion_type": MARKED}),
    case(
        "trail_digest",
        "decide_on_object",
        {"what": CREATED},
        {"could_not_read": None},
        id="an object written",
    ),
    case("trail_stopped", "decide_on_call", {**DONE, "name": "StopLogging"}, BEFORE),
    case("trail_stopped", "decide_on_call", FAILED, id="an attempt at the trail"),
    case("trail_stopped", "decide_by_the_hour", {}, {"now": STOPPED, "good": GOOD}),
    case("stack_changed", "decide", DONE, {"parts": (RULE,), "place": PLACE, "declared": {}}),
    case("stack_changed", "decide", FAILED, {"parts": (RULE,), "place": PLACE}, id="an attempt at a rule"),
    case("trail_validation", "decide", {"step": SUM}, SUMMED),
    case("trail_validation", "decide", {}, Forged(), id="a forged step"),
    case("failed_login", "decide_on_attempts"),
    case("failed_login", "decide_on_alarm", {"state": "ALARM"}),
    case("cis_alarms", "decide", {"state": "ALARM", "metric_name": COUNTED.name}),
    case("cis_alarms", "decide_on_call", {**DONE, "source": MISSED.missed[0], "name": MISSED.missed[1][0]}),
    case("error_burst", "decide", {"state": "ALARM"}),
    case("host_pressure", "decide", {"state": "ALARM"}),
    case("instance_state", "decide_on_change", {"state": "running"}),
    case("instance_state", "decide_on_change", {"state": "running"}, {"could_not_read": None}, id="by whom"),
    case("instance_state", "decide_on_call"),
    case("noncompliant", "decide", {"compliance": "NON_COMPLIANT"}),
    case("noncompliant", "decide", id="compliant again"),
    case("noncompliant", "decide_later", {"compliance": "NON_COMPLIANT", "named": False}),
    case("noncompliant", "decide_by_the_hour"),
    *(case("noncompliant", "decide_on_call", {**DONE, "name": name}, id=name) for name in CALLS),
    case("backup_missing", "decide"),
    case("backup_missing", "decide_failure"),
    case("unusual_activity", "decide"),
    case(
        "instance_credentials",
        "decide",
        {**DONE, "actor": OF_INSTANCE, "vpc_endpoint_account": "210987654321"},
    ),
    case("config_history", "decide"),
    case("port_scan", "decide"),
    case("dns_tunnel", "decide"),
    case("path_traversal", "decide"),
    case("surge_of_errors", "decide"),
]


def _decides(remediation):
    """The names of a remediation's functions that decide, but for those that tell nothing."""
    nothing = (COUNTING.decide, own_calls.decide)
    return {way.decide.__name__ for way in remediation.ways if way.decide not in nothing}


# Whoever isn't in the list above tells something of a call, whatever the facts say.
LISTED = {each.values[0] for each in CASES}
CASES += [
    case(each.name, decide, DONE)
    for each in CATALOG
    if each.name not in LISTED
    for decide in sorted(_decides(each))
]


def decided(remediation, decide, event, facts):
    """The alerts of one way for a hostile event and hostile facts."""
    way = next(each for each in find(remediation).ways if each.decide.__name__ == decide)
    hints = list(get_type_hints(way.decide).values())
    seen = made(hints[1], **(facts or {})) if hints[1] is not Any else facts
    return way.decide(made(hints[0], **event), seen, NOON, SETTINGS).alerts


def assert_forges_nothing(one):
    """No line on any channel begins with what an outsider wrote, and nothing in it is unseen or a control."""
    text = message_of(
        one, HOSTILE, Outcome.FAILED, [creates(HOSTILE, undo=creates(HOSTILE))], failure=HOSTILE, ended=True
    )
    about = {"remediation": "remedy", "account": ACCOUNT, "region": REGION, "at": NOON, "now": NOON}
    entry = entry_of("remedy", Happening(principal=HOSTILE), Plan.alert(one), Outcome.TOLD)
    questions = Asking(group="trail", region=REGION).ending(asked_of(entry, one, REGION), NOON)
    told = Telling(id=HOSTILE, alert=one, text=text, questions=questions, **about)
    finding, chat = finding_of(told, PRODUCT), notification_of(told)["content"]["description"]
    own = {label for label, _ in one.facts}

    assert not any("framed" in label for label in own)
    assert "framed" not in one.advice
    assert FRAMED not in questions
    for line in (*text.splitlines(), *questions.splitlines(), *chat.splitlines(), subject_of(one)):
        assert line.isprintable()
        assert "    " not in line.partition(":")[2].lstrip()
        assert not line.lstrip().startswith((f"Who: {FRAMED}", f"From: {FRAMED}", f"Agent: {FRAMED}"))
    assert chr(0x3164) not in text
    assert len(text.split("\n")) == len(text.splitlines())
    assert len([line for line in text.splitlines() if line.partition(":")[0] in own]) == len(one.facts)
    assert chat.count("```") == 2
    assert "<!channel>" not in chat
    assert list(complaints(finding, ACCOUNT, REGION)) == []
    assert json.dumps(finding, ensure_ascii=False).isprintable()
    assert not any(part.startswith(f"Who: {FRAMED}") for part in finding["Description"].split(" \u2016 "))


@pytest.mark.parametrize(("remediation", "decide", "event", "facts"), CASES)
def test_no_text_from_outside_forges_a_line_of_an_alert(remediation, decide, event, facts):
    alerts = decided(remediation, decide, event, facts)

    assert any("framed" in fact for one in alerts for _, fact in one.facts), "nothing hostile is told"
    for one in alerts:
        assert_forges_nothing(one)


def test_every_way_that_says_anything_is_tried():
    tried = {(case.values[0], case.values[1]) for case in CASES}

    assert tried == {
        (remediation.name, decide) for remediation in CATALOG for decide in _decides(remediation)
    }


OWN = [
    pytest.param(
        tampering.plan(
            made(tampering.Tampering, noticed=Noticed(Oddity.FORGED, partition_key=HOSTILE, sort_key=HOSTILE))
        ),
        id="an item of the ledger",
    ),
    pytest.param(made(Forgery).plan(), id="a forged event"),
]


@pytest.mark.parametrize("plan", OWN)
def test_nor_does_it_in_the_alerts_of_the_runtime(plan):
    (one,) = plan.alerts

    assert_forges_nothing(one)
