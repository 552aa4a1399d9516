"""The alerts about a trail whose settings were changed: who, what exactly, how to go on."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.events import ApiCallEvent, Tick
from chalicelib.evidence.call import call_facts, failure_fact
from chalicelib.ledger.ledger import state_key
from chalicelib.ledger.table import in_shell
from chalicelib.looking import Unseen
from chalicelib.remediation import Alert, Call, Flood, Quiet, Severity
from chalicelib.trail.description import TrailStatus
from chalicelib.trail.settings.reader import TrailResources
from chalicelib.trail.settings.settings import Difference, TrailSettings
from chalicelib.wording import aws_command, when, whole

DAY = 24 * 3600
AN_HOUR = timedelta(hours=1)
_REFUSED = ("AccessDenied", "UnauthorizedOperation", "NotAuthorized")

_DONE = {
    "StopLogging": "Logging of the audit trail {trail} was stopped",
    "DeleteTrail": "The audit trail {trail} was deleted",
    "UpdateTrail": "The audit trail {trail} was changed",
    "PutEventSelectors": "What the audit trail {trail} records was changed",
    "DeleteBucket": "The bucket of the audit trail {trail} was deleted",
    "DeleteLogGroup": "The log group of the audit trail {trail} was deleted",
}
_PLACES = {"s3.amazonaws.com": "bucket", "logs.amazonaws.com": "log group"}
# These are never harmless, even if the settings are right again by now.
_NEVER_HARMLESS = ("StopLogging", "DeleteTrail", "DeleteBucket", "DeleteBucketPolicy", "DeleteLogGroup")
# What a call can come to where that could not be seen; HIGH for the others.
_WORST = {
    **dict.fromkeys(
        ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors", "DeleteBucket"), Severity.CRITICAL
    ),
    **dict.fromkeys(("PutBucketEncryption", "DeleteBucketEncryption", "PutRetentionPolicy"), Severity.MEDIUM),
}

_ASK = """\
Ask the caller whether this was meant. If the caller is unknown, disable their credentials first: \
somebody who stops a trail is about to do something else."""
_FOUND_BY_LOOKING = """\
This was found by looking, not by an event: either the event was lost, or the trail no longer recorded the \
change. Look in event history, which needs no trail, who was active."""
_GAP = """\
What was done between the stop and the start is in no log file. Event history still holds its management \
events, for 90 days."""
_NEW_CHAIN = """\
A trail that is created again begins a new chain of digests. Those of the old chain stay valid. Between the \
two is a gap, and nothing can prove that it is empty."""
_BUCKET_GONE = """\
The bucket is not created again by itself: its name may belong to somebody else by now. Make one, give it \
the policy that CloudTrail needs, and point the trail at it."""
_NOT_DELIVERED = """\
Look at the policies of the bucket, of its key, and of the role under which CloudTrail writes to the log \
group; and at those of your organization, which are recorded in its management account only."""
_ATTEMPT = """\
This call changed nothing. Ask the caller what they wanted; if the caller is unknown, look at what else \
these credentials did."""


class Output(StrEnum):
    """What a trail delivers."""

    LOG_FILES = "log files"
    DIGESTS = "digests"
    LINES = "lines for its log group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """What does not arrive, CloudTrail's `error`, and when one arrived last.

    `last` is a time as an alert has it, or `never`.
    """

    what: Output
    severity: Severity
    error: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The result of a look: the settings `now`, those compared with (`good`), and what could not be read.

    `recorded`: `good` comes from the ledger, and not from the stack's promise alone. `home`: the function's
    own region, where the ledger is. `missing`: what does not arrive, the gravest first.
    """

    now: TrailSettings
    good: TrailSettings
    recorded: bool
    could_not_read: tuple[Unseen, ...] = ()
    home: str = ""
    missing: tuple[Undelivered, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that an alert is written from. `ledger`: the table's name.

    `unknown`: settings that the event's call may have made weaker, that could not be read, and of which the
    event itself doesn't say enough.
    """

    seen: Seen
    differences: Sequence[Difference]
    calls: Sequence[Call]
    place: TrailResources
    ledger: str
    unknown: tuple[str, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """The settings that are weaker."""
        return frozenset(each.field for each in self.differences)


def changed(event: ApiCallEvent, case: Case) -> Alert:
    """Somebody changed the trail, its bucket or its log group. Severity: that of the gravest difference."""
    severity, outlook = _outlook(event, case)
    return Alert(
        severity=severity,
        title=outlook.format(_title(event, case.place)),
        facts=(*_call_facts(event, case.place), *_compared(case), *_commands(case)),
        advice="\n".join((_ASK, *_advice(case), *([_GAP] if event.name == "StopLogging" else []))),
    )


def _outlook(event: ApiCallEvent, case: Case) -> tuple[Severity, str]:
    """How grave it is, and the title around what was done; what could not be seen counts as done."""
    grave = [each.severity for each in case.differences]
    if case.seen.could_not_read:
        worst = max([*grave, worst_of(event)], key=list(Severity).index)
        return worst, "{}; not all that it left could be seen"
    if grave:
        return grave[0], "{}"
    harmless = Severity.MEDIUM if event.name in _NEVER_HARMLESS else Severity.LOW
    return harmless, "No weaker by now: {}"


def worst_of(event: ApiCallEvent) -> Severity:
    """The gravest that a call of this name can be."""
    return _WORST.get(event.name, Severity.HIGH)


def found(tick: Tick, case: Case) -> Alert:
    """The hourly look found it weaker than it was; reported once a day as long as it stays so."""
    what = ", ".join(dict.fromkeys(each.label.lower() for each in case.differences))
    return Alert(
        severity=case.differences[0].severity,
        title=f"The audit trail {case.place.trail_name} is weaker than it should be: {what}",
        facts=(
            ("Trail", case.place.trail_arn),
            ("Found", when(tick.at)),
            *_compared(case),
            *_commands(case),
        ),
        advice="\n".join((_FOUND_BY_LOOKING, *_advice(case))),
        quiet=Quiet(subject=_subject(case.differences), seconds=DAY),
    )


def unseen(case: Case) -> Alert:
    """A setting could not be read. Without an alert it would look as if all were well."""
    return Alert(
        severity=Severity.HIGH if any(each.denied for each in case.seen.could_not_read) else Severity.MEDIUM,
        title=f"Could not look at every setting of the audit trail {case.place.trail_name}",
        facts=(
            ("Trail", case.place.trail_arn),
            *(("Could not", each.why) for each in case.seen.could_not_read),
        ),
        advice="A bucket policy that denies looking hides what else was changed.",
        quiet=Quiet(subject="UNSEEN", seconds=DAY),
    )


def undelivered(status: TrailStatus | None, now: datetime) -> tuple[Undelivered, ...]:
    """What the trail can't deliver, the gravest first.

    CloudTrail keeps the last error; it is over for what has come through since within the usual time.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
    """
    if status is None or not status.logging:
        return ()
    deliveries = (
        (Output.LOG_FILES, Severity.CRITICAL, status.delivery_error, status.delivered_at, AN_HOUR),
        (Output.DIGESTS, Severity.HIGH, status.digest_error, status.digest_at, 2 * AN_HOUR),
        (Output.LINES, Severity.HIGH, status.log_group_error, status.log_group_at, AN_HOUR),
    )
    return tuple(
        Undelivered(what=what, severity=severity, error=error, last=when(last) if last else "never")
        for what, severity, error, last, usual in deliveries
        if error and (last is None or now - last > usual)
    )


def not_delivered(tick: Tick, case: Case) -> Alert:
    """CloudTrail can't deliver; reported once a day as long as it stays so."""
    missing = case.seen.missing
    names = ", ".join(each.what for each in missing)
    status = aws_command(
        "cloudtrail", "get-trail-status", {"--name": case.place.trail_arn, "--region": case.place.region}
    )
    return Alert(
        severity=missing[0].severity,
        title=f"The audit trail {case.place.trail_name} can't deliver: {names}",
        facts=(
            ("Trail", case.place.trail_arn),
            ("Found", when(tick.at)),
            *((each.what.capitalize(), f"{each.error}; the last came: {each.last}") for each in missing),
            ("Look with", whole(status)),
        ),
        advice=_NOT_DELIVERED,
        quiet=Quiet(subject=f"UNDELIVERED:{names}", seconds=DAY),
    )


def attempted(event: ApiCallEvent, place: TrailResources) -> Alert:
    """A call that AWS refused, or that failed."""
    refused = any(code in event.error_code for code in _REFUSED)
    why = "AWS refused" if refused else "it failed"
    return Alert(
        severity=Severity.MEDIUM if refused else Severity.LOW,
        title=f"An attempt at the audit trail {place.trail_name} ({event.name}): {why}",
        facts=(
            *_call_facts(event, place),
            failure_fact(event),
        ),
        advice=_ATTEMPT if refused else "",
        # Anybody may be refused, as often as they like; it never counts among what succeeded.
        flood=Flood(subject=f"refused:{event.principal}"),
    )


def _title(event: ApiCallEvent, place: TrailResources) -> str:
    where = _PLACES.get(event.source, "trail")
    words = _DONE.get(event.name, f"The {where} of the audit trail {{trail}} was changed ({event.name})")
    return words.format(trail=place.trail_name)


def _call_facts(event: ApiCallEvent, place: TrailResources) -> Iterator[tuple[str, str]]:
    yield "Trail", place.trail_arn
    yield "Call", event.name
    yield from call_facts(event)


def _compared(case: Case) -> Iterator[tuple[str, str]]:
    for each in case.differences:
        yield each.label, f"{each.was} -> {each.became}"
    if not case.seen.recorded:
        yield "Compared with", "what the stack promises; no good state was recorded yet"
    for unread in case.seen.could_not_read:
        yield "Could not look", unread.why
    if case.unknown:
        yield "Not restored", f"what could not be seen: {', '.join(case.unknown)}"


def _commands(case: Case) -> Iterator[tuple[str, str]]:
    """These are facts, not advice: a fact stays on one line, even if a name in it is malicious."""
    if case.differences:
        key = in_shell(state_key("trail_stopped"))
        options = {"--table-name": case.ledger, "--key": key, "--region": case.seen.home}
        yield "If it was meant, forget the old state with", aws_command("dynamodb", "delete-item", options)


def _advice(case: Case) -> Iterator[str]:
    if "bucket_there" in case.fields:
        yield _BUCKET_GONE
    elif "trail" in case.fields:
        yield _NEW_CHAIN


def _subject(differences: Sequence[Difference]) -> str:
    text = json.dumps([(each.field, each.now) for each in differences])
    return f"WEAKER:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
