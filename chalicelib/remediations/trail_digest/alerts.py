"""What a look at the trail came to, in the words of the person on call."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType

from chalicelib.remediation import Alert, Asked, Quiet, Severity
from chalicelib.remediations.trail_digest.audit import MOST_LOGS, Audit, TrailFault
from chalicelib.trail.integrity.findings import IntegrityFinding, What
from chalicelib.wording import aws_command, number_of, when

WEEK, DAY = 7 * 24 * 3600, 24 * 3600

_FORGED = "A CloudTrail digest is not one that CloudTrail signed"
_TOLD: Mapping[What, tuple[Severity, str]] = MappingProxyType(
    {
        What.LOG_MODIFIED: (Severity.CRITICAL, "A CloudTrail log file was modified"),
        What.LOG_MALFORMED: (Severity.CRITICAL, "A CloudTrail log file was replaced by something else"),
        What.LOG_DELETED: (Severity.CRITICAL, "A CloudTrail log file was deleted"),
        What.LOG_ADDED: (Severity.CRITICAL, "A log file was added that no CloudTrail digest names"),
        What.LOG_OVERWRITTEN: (Severity.HIGH, "A CloudTrail log file was overwritten"),
        What.DIGEST_MODIFIED: (Severity.CRITICAL, "A CloudTrail digest was modified"),
        What.DIGEST_MALFORMED: (Severity.CRITICAL, "A CloudTrail digest was replaced by something else"),
        What.DIGEST_UNSIGNED: (Severity.CRITICAL, "A CloudTrail digest was uploaded again, unsigned"),
        What.DIGEST_MOVED: (Severity.CRITICAL, "A CloudTrail digest was moved or copied"),
        What.DIGEST_DELETED: (Severity.CRITICAL, "A CloudTrail digest was deleted"),
        What.DIGEST_MISSING: (Severity.HIGH, "CloudTrail digests are missing"),
        What.DIGEST_OVERWRITTEN: (Severity.HIGH, "A CloudTrail digest was overwritten"),
        What.CHAIN_BROKEN: (Severity.CRITICAL, "The chain of CloudTrail digests is broken"),
        What.ALGORITHM_REFUSED: (Severity.CRITICAL, _FORGED),
        What.KEY_UNKNOWN: (Severity.CRITICAL, _FORGED),
        What.GAP: (Severity.MEDIUM, "CloudTrail was off for a while, unexplained"),
        What.UNDIGESTED: (
            Severity.MEDIUM,
            "CloudTrail log files lie in a gap, and no digest can prove them",
        ),
    }
)
_FAULTY: Mapping[TrailFault, tuple[Severity, str, str]] = MappingProxyType(
    {
        TrailFault.TRAIL_GONE: (Severity.CRITICAL, "The CloudTrail trail was deleted", "DeleteTrail"),
        TrailFault.BUCKET_GONE: (Severity.CRITICAL, "The CloudTrail bucket was deleted", "DeleteBucket"),
        TrailFault.STOPPED: (Severity.CRITICAL, "CloudTrail logging is switched off", "StopLogging"),
        TrailFault.NOT_VALIDATING: (Severity.HIGH, "CloudTrail log file validation is off", "UpdateTrail"),
        TrailFault.REDIRECTED: (Severity.CRITICAL, "The trail delivers to another bucket", "UpdateTrail"),
    }
)
_LOUDNESS = tuple(Severity)
# Twelve hours before and after: people on call tend to search too short a time.
_AROUND = timedelta(hours=12)

_AFTER_TAMPERING = """\
Digests don't say who did it. Look in the trail's data events for this bucket, if it records them, or in the \
bucket's server access logs.
Keep every version as it is: they are evidence. Let only CloudTrail write to the bucket. What the \
hours concerned held may still be in event history (90 days) or in the trail's log group."""
_AFTER_SILENCE = """\
Look whether logging is on and whether CloudTrail may write to the bucket (bucket policy, KMS key).
If both are well, somebody deleted what was delivered: look at the versions in the bucket."""
_AFTER_GAP = """\
What happened in between is in no log file. Event history holds management events of the last 90 days, also \
while a trail is off: look there."""
_NOT_TOLD = """\
This is no finding, but the trail was not found sound either: until this is mended, that is unknown.
For an access denied, look at the policies of this function, the bucket, and the key that encrypts it."""


def alerts_of(audit: Audit, trail_arn: str, region: str) -> Iterator[Alert]:
    """One alert for each finding, one for the rest, one for what could not be looked at.

    Each is quiet about the same thing afterwards, since the same hours are looked at again.
    """
    for fault, detail in audit.faults:
        yield _fault_told(fault, detail, trail_arn)
    for finding in audit.findings:
        yield _finding_told(finding, trail_arn, region)
    if audit.left_out:
        yield _rest_told(audit, trail_arn)
    if audit.could_not_read:
        yield _could_not_read(audit, trail_arn)
    if audit.unverified:
        yield _unverified_told(audit, trail_arn)


def _finding_told(finding: IntegrityFinding, trail_arn: str, region: str) -> Alert:
    severity, title = _TOLD[finding.what]
    return Alert(
        severity=severity,
        title=title,
        facts=(
            ("What", finding.sentence),
            *_evidence(finding),
            ("Who", "not known from the bucket"),
            ("Trail", trail_arn),
            ("Look with", _look_command(finding, trail_arn, region)),
        ),
        advice=_advice(finding.what),
        # Hashed, because a key alone may be longer than what the ledger can name an item by.
        quiet=Quiet(subject=_subject(finding.what.name, finding.identity), seconds=WEEK),
        asks=_asks(trail_arn),
    )


def _asks(trail_arn: str) -> tuple[Asked, ...]:
    return (Asked("what-was-done-to", trail_arn.rpartition("/")[2]),)


def _evidence(finding: IntegrityFinding) -> Iterator[tuple[str, str]]:
    if finding.key:
        yield "Object", f"s3://{finding.bucket}/{finding.key}"
    if finding.since and finding.until:
        yield "Between", f"{when(finding.since)} and {when(finding.until)}"
    if finding.expected:
        yield "Expected", finding.expected
    if finding.found:
        yield "Found", finding.found


def _look_command(finding: IntegrityFinding, trail_arn: str, region: str) -> str:
    if finding.what in (What.GAP, What.UNDIGESTED):
        return _who_command("StopLogging", trail_arn, finding)
    if finding.what is What.DIGEST_MISSING:
        home = _home(trail_arn)
        return aws_command("cloudtrail", "get-trail-status", {"--name": trail_arn, "--region": home})
    options = {"--bucket": finding.bucket, "--prefix": finding.key, "--region": region}
    return aws_command("s3api", "list-object-versions", options)


def _who_command(event_name: str, trail_arn: str, finding: IntegrityFinding | None = None) -> str:
    options = {
        "--lookup-attributes": f"AttributeKey=EventName,AttributeValue={event_name}",
        "--region": _home(trail_arn),
    }
    if finding and finding.since and finding.until:
        options["--start-time"] = f"{finding.since - _AROUND:%Y-%m-%dT%H:%M:%SZ}"
        options["--end-time"] = f"{finding.until + _AROUND:%Y-%m-%dT%H:%M:%SZ}"
    return aws_command("cloudtrail", "lookup-events", options)


def _advice(what: What) -> str:
    if what is What.DIGEST_MISSING:
        return _AFTER_SILENCE
    return _AFTER_GAP if what in (What.GAP, What.UNDIGESTED) else _AFTER_TAMPERING


def _fault_told(fault: TrailFault, detail: str, trail_arn: str) -> Alert:
    severity, title, call = _FAULTY[fault]
    return Alert(
        severity=severity,
        title=title,
        facts=(
            ("What", f"{fault}: {detail}"),
            ("Trail", trail_arn),
            ("Who did it", f"look with: {_who_command(call, trail_arn)}"),
        ),
        advice=_AFTER_GAP if fault in (TrailFault.STOPPED, TrailFault.TRAIL_GONE) else "",
        quiet=Quiet(subject=_subject(fault.name, detail), seconds=DAY),
        asks=_asks(trail_arn),
    )


def _rest_told(audit: Audit, trail_arn: str) -> Alert:
    count = sum(number for _, number in audit.left_out)
    kinds = [what for what, _ in audit.left_out]
    severity = max((_TOLD[what][0] for what in kinds), key=_LOUDNESS.index)
    return Alert(
        severity=severity,
        title=f"{number_of(count, 'more finding')} in the CloudTrail trail",
        facts=(
            *((f"{number} x", what.value) for what, number in audit.left_out),
            ("Told one by one", f"{len(audit.findings)}, the newest"),
            ("Trail", trail_arn),
        ),
        advice="So much at once is an intruder wiping the trail, or somebody moving it. Find out which.",
        quiet=Quiet(subject=_subject("REST", str(audit.left_out)), seconds=DAY),
    )


def _could_not_read(audit: Audit, trail_arn: str) -> Alert:
    count = len(audit.could_not_read) + audit.more_not_read
    things = number_of(count, "thing")
    return Alert(
        severity=Severity.HIGH if any(each.denied for each in audit.could_not_read) else Severity.MEDIUM,
        title=f"Could not find out whether the CloudTrail trail is sound: {things} could not be looked at",
        facts=(
            *(("Could not", each.why) for each in audit.could_not_read),
            *((("And", f"{audit.more_not_read} more"),) if audit.more_not_read else ()),
            ("Looked at", f"{number_of(audit.digests, 'digest')}, {number_of(audit.logs, 'log file')}"),
            ("Trail", trail_arn),
        ),
        advice=_NOT_TOLD,
        # Each hour brings new object names; the alert is that reading fails.
        quiet=Quiet(subject="UNTOLD", seconds=DAY),
    )


def _unverified_told(audit: Audit, trail_arn: str) -> Alert:
    return Alert(
        severity=Severity.LOW,
        title=f"{audit.unverified} CloudTrail log files stayed unverified",
        facts=(
            ("Why", f"one run reads {MOST_LOGS} log files, newest first, and there were {audit.logs}"),
            ("Trail", trail_arn),
        ),
        advice="The oldest of them were the newest in an earlier run. If this is reported day after day, let "
        "`aws cloudtrail validate-logs` run beside this.",
        quiet=Quiet(subject="UNVERIFIED", seconds=DAY),
    )


def _subject(kind: str, identity: str) -> str:
    return f"{kind}:{hashlib.sha256(identity.encode(errors='surrogatepass')).hexdigest()[:32]}"


def _home(trail_arn: str) -> str:
    return trail_arn.split(":")[3]
