"""Somebody tries to get in: logins fail again and again, at sshd or at the console.

**sshd.** Hosts send /var/log/secure to a log group, and a subscription delivers the lines about failures, in
every wording of sshd. What counts is a wrong password, once, even if several lines speak of it; a connection
without a password counts once. A password that pam's first module refused and another accepted (SSSD, LDAP)
is no failure. When an address reaches the threshold within the window, even if lines arrive
late, twice or out of order, one alert names the address, the hosts, the users tried and the rate. For the
next hour there is no other alert about that address. Of many addresses in one log stream the first five are
reported one by one, then they are counted: who can write to a host's log can write any address there.

**The console.** A metric filter on the trail's log group counts failed sign-ins, an alarm watches the count.
An alarm only knows that there were many; when it goes off, we read the log events behind it and say who tried
and from where, with what second factor. If no log event can be found or read, the alarm is still reported,
with the reason.

What we leave alone: the address isn't blocked, and no user is locked out: otherwise an attacker could lock
others out by failing on purpose. Successful logins aren't counted, and addresses below the threshold aren't
reported. An attacker who can write to a host's log can also forge lines there.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import AlarmChange, LogBatch, Raw, alarm_change, log_batch, single
from chalicelib.evidence.alarm import GRANTS as ALARM_GRANTS
from chalicelib.evidence.log_events import Search, proving, text_of, unread
from chalicelib.ledger.ledger import ledger_of
from chalicelib.looking import Unseen
from chalicelib.references import NAMESPACE, TRAIL_GROUP
from chalicelib.remediation import (
    Alert,
    Asked,
    Flood,
    Grant,
    Plan,
    Quiet,
    Remediation,
    Severity,
    Sighting,
    Way,
)
from chalicelib.remediations.failed_login import console, sshd
from chalicelib.remediations.failed_login.attempts import attempts
from chalicelib.remediations.failed_login.bursts import Attempt, Burst, densest
from chalicelib.remediations.failed_login.console import SignInFailure, SignInFailures, read_failures
from chalicelib.remediations.failed_login.sshd import CONNECTION, LoginFailures, LoginLine, login_failures
from chalicelib.settings import Settings
from chalicelib.stack import LogAlarm, Parameter, log_group
from chalicelib.triggers import OnEvent, OnLogs
from chalicelib.wording import MOST_NAMED, most_first, number_of, some, span, when

NAME = "failed_login"
THRESHOLD = "FAILED_LOGIN_THRESHOLD"
WINDOW_SECONDS = "FAILED_LOGIN_WINDOW_SECONDS"
TRAIL_LOG_GROUP = "FAILED_LOGIN_TRAIL_GROUP"

THRESHOLD_PARAMETER = Parameter(
    name="FailedLoginThreshold",
    type="Number",
    default="5",
    minimum=2,
    description=(
        "So many failed SSH logins from one address within the window raise an alert: each wrong password "
        "counts, and each connection that ends without one."
    ),
)
WINDOW_PARAMETER = Parameter(
    name="FailedLoginWindowSeconds",
    type="Number",
    default="600",
    minimum=60,
    maximum=3600,
    description="The window in which failed SSH logins are counted.",
)
CONSOLE_PARAMETER = Parameter(
    name="ConsoleFailuresThreshold",
    type="Number",
    default="3",
    minimum=1,
    description="So many failed console sign-ins within five minutes raise an alert.",
)
SECURE_GROUP = "SecureGroup"
CONSOLE_FAILURES = LogAlarm(
    name="ConsoleFailures",
    log_group=TRAIL_GROUP,
    pattern=console.PATTERN,
    metric="ConsoleFailures",
    namespace=NAMESPACE,
    threshold=CONSOLE_PARAMETER.ref,
    period_seconds=300,
    description="Console sign-ins fail again and again; failed_login reports who and from where.",
)
ALARM_PATTERN = {
    "source": ["aws.cloudwatch"],
    "detail-type": ["CloudWatch Alarm State Change"],
    "resources": [{"Fn::GetAtt": ["ConsoleFailuresAlarm", "Arn"]}],
    "detail": {"state": {"value": ["ALARM"]}},
}
GRANTS = (
    *ALARM_GRANTS,
    Grant(
        action="logs:FilterLogEvents",
        resource="arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${TrailGroupName}:*",
        because="the trail's group may be one that was there before the stack",
    ),
)

QUIET_SECONDS = 3600
# The agent may bring lines of a day ago, after a host was cut off.
SIGHTINGS_KEPT = timedelta(days=2)
# A finding is one DynamoDB item of at most 400 KB, even if an attacker makes many attempts.
MOST_ATTEMPTS = 500
# So many addresses at one host are told one by one.
MOST_ONE_BY_ONE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """What the ledger knows of one address around an event. `more`: there were more than are kept."""

    attempts: tuple[Attempt, ...]
    more: bool = False
    could_not_read: Unseen | None = None


# ---- sshd ---------------------------------------------------------------------------------------


def parse_lines(raw: Raw) -> Iterable[LoginFailures]:
    """A subscription's log lines, one event for each address."""
    batch = log_batch(raw)
    return _readable_first(batch) if batch else ()


def _readable_first(batch: LogBatch) -> Iterator[LoginFailures]:
    """The batch's events; then, if a line can't be read, its error, so that the queue keeps the batch."""
    yield from login_failures(batch)
    if batch.unreadable:
        raise batch.unreadable


def sightings(event: LoginFailures) -> Sequence[Sighting]:
    """Each line, by its log event's id, so that a second delivery counts nothing twice."""
    return tuple(
        Sighting(
            subject=event.address,
            id=line.line_id,
            at=line.at,
            detail={
                "process": line.process,
                "host": line.host,
                "port": line.port,
                "user": line.user,
                "speaks_of": line.speaks_of,
                "times": str(line.times),
            },
        )
        for line in event.lines
    )


def look_for_attempts(aws: Aws, event: LoginFailures, settings: Settings) -> Attempts:
    """What else the ledger knows of the address."""
    window = timedelta(seconds=settings.number(WINDOW_SECONDS))
    ledger = ledger_of(aws, settings)
    return _attempts(ledger.sightings(NAME, event.address, event.since - window, event.at + window), event.at)


def blind_to_attempts(event: LoginFailures, why: Unseen, _settings: Settings) -> Attempts:
    """What the lines themselves say; how many there were before is not known."""
    known = tuple(attempts(event.lines, MOST_ATTEMPTS)[:MOST_ATTEMPTS])
    return Attempts(attempts=known, more=True, could_not_read=why)


def decide_on_attempts(event: LoginFailures, facts: Attempts, _now: datetime, settings: Settings) -> Plan:
    """Tell an address that reached the threshold."""
    threshold, seconds = settings.number(THRESHOLD), settings.number(WINDOW_SECONDS)
    mine = frozenset(line.process for line in event.lines)
    burst = densest(facts.attempts, timedelta(seconds=seconds), mine)
    if burst is None or (len(burst.attempts) < threshold and not facts.could_not_read):
        return Plan.nothing()
    limit = f"{threshold} in {span(timedelta(seconds=seconds))}"
    return Plan.alert(_burst_alert(event, burst, limit, facts))


def _attempts(seen: Iterable[Sighting], around: datetime) -> Attempts:
    """What the lines come to; of too many attempts the nearest."""
    lines = (
        LoginLine(
            line_id=one.id,
            at=one.at,
            address=one.subject,
            process=one.detail.get("process", one.id),
            host=one.detail.get("host", ""),
            port=one.detail.get("port", ""),
            user=one.detail.get("user", ""),
            speaks_of=one.detail.get("speaks_of", CONNECTION),
            times=int(one.detail.get("times", "1")),
        )
        for one in seen
    )
    nearest = sorted(
        attempts(lines, MOST_ATTEMPTS + 1), key=lambda attempt: (abs(attempt.at - around), attempt.process)
    )
    kept = sorted(nearest[:MOST_ATTEMPTS], key=lambda attempt: (attempt.at, attempt.process))
    return Attempts(attempts=tuple(kept), more=len(nearest) > MOST_ATTEMPTS)


def _burst_alert(event: LoginFailures, burst: Burst, limit: str, facts: Attempts) -> Alert:
    count = f"{len(burst.attempts)}{' or more' if facts.more else ''}"
    unknown = (("Before that", f"not known: {facts.could_not_read}"),) if facts.could_not_read else ()
    lasted = span(burst.last - burst.first)
    return Alert(
        severity=Severity.MEDIUM,
        title=f"{count} failed SSH logins from {event.address} in {lasted}",
        facts=(
            ("From", event.address),
            ("Hosts", some(burst.hosts)),
            ("Users tried", some(burst.users) or "not recorded"),
            ("Attempts", f"{count} in {lasted} ({burst.a_minute:.1f} a minute); told from {limit}"),
            ("First", when(burst.first)),
            ("Last", when(burst.last)),
            *unknown,
            text_of(event.log_group),
            ("Account", event.account or "not recorded"),
        ),
        advice=_AFTER_BURST,
        quiet=Quiet(subject=event.address, seconds=QUIET_SECONDS),
        # Addresses are cheap, and who can write to a host's log can write any there; not which stream it is.
        flood=Flood(subject=event.log_stream, most=MOST_ONE_BY_ONE),
        asks=(Asked("what-came-from-address", event.address),),
    )


# ---- the console --------------------------------------------------------------------------------


def look_for_failures(aws: Aws, alarm: AlarmChange, settings: Settings) -> SignInFailures:
    """What is behind the alarm, from the trail's log group."""
    return read_failures(aws.client("logs"), _search(alarm, settings))


def blind_to_failures(_alarm: AlarmChange, why: Unseen, _settings: Settings) -> SignInFailures:
    """What is known without a look."""
    return SignInFailures(more=True, could_not_read=why)


def decide_on_alarm(alarm: AlarmChange, facts: SignInFailures, _now: datetime, settings: Settings) -> Plan:
    """Tell an alarm that went off."""
    return Plan.alert(_alarm_alert(alarm, facts, settings)) if alarm.state == "ALARM" else Plan.nothing()


def _search(alarm: AlarmChange, settings: Settings) -> Search:
    return Search.behind(alarm, settings.text(TRAIL_LOG_GROUP), console.PATTERN)


def _alarm_alert(alarm: AlarmChange, facts: SignInFailures, settings: Settings) -> Alert:
    return Alert(
        severity=_alarm_severity(facts),
        title=_alarm_title(facts),
        facts=(
            *_who_and_from_where(facts),
            ("Alarm", alarm.name),
            ("Went off", when(alarm.at)),
            ("Because", alarm.reason or "not recorded"),
            ("Account", alarm.account or "not recorded"),
            *_known_from(facts, settings),
            ("Look with", _search(alarm, settings).command(alarm.region)),
        ),
        advice=_AFTER_ALARM if facts.found else "",
        asks=(Asked("who-signed-in"),),
    )


def _alarm_severity(facts: SignInFailures) -> Severity:
    """Root's are graver, and may be among what could not be read."""
    root = any(failure.root for failure in facts.found)
    return Severity.HIGH if root or facts.could_not_read else Severity.MEDIUM


def _alarm_title(facts: SignInFailures) -> str:
    if not facts.found:
        return "Console sign-ins fail, who and from where could not be found"
    (who, address), most = most_first((failure.who, failure.address) for failure in facts.found)[0]
    count = number_of(len(facts.found), "failed console sign-in", or_more=facts.more)
    whose = "all" if most == len(facts.found) and not facts.more else f"{most}"
    return f"{count}, {whose} for {who} from {address or 'an unknown address'}"


def _who_and_from_where(facts: SignInFailures) -> Iterator[tuple[str, str]]:
    if facts.could_not_read:
        yield unread("Who", facts.could_not_read, after_some=bool(facts.found))
    elif not facts.found:
        yield "Who", "no failed sign-in was found in the log for the alarm's time"
    if not facts.found:
        return
    groups = most_first((failure.who, failure.address) for failure in facts.found)
    for (who, address), _ in groups[:MOST_NAMED]:
        yield "Who", _group_in_words([one for one in facts.found if (one.who, one.address) == (who, address)])
    if len(groups) > MOST_NAMED or facts.more:
        yield "And", number_of(max(0, len(groups) - MOST_NAMED), "other", or_more=facts.more)
    yield "First", when(facts.found[0].at)
    yield "Last", when(facts.found[-1].at)


def _known_from(facts: SignInFailures, settings: Settings) -> Iterator[tuple[str, str]]:
    if facts.found:
        yield text_of(settings.text(TRAIL_LOG_GROUP))
        yield "Prove it with", proving(facts.found[0].event_id, facts.found[0].region)


def _group_in_words(failures: Sequence[SignInFailure]) -> str:
    one = failures[0]
    mfa = "/".join(sorted({failure.mfa for failure in failures}))
    reasons = "/".join(sorted({failure.reason for failure in failures if failure.reason}))
    told = f"{one.who} from {one.address or 'an unknown address'}: {len(failures)}, MFA used: {mfa}"
    return f"{told} ({reasons})" if reasons else told


_AFTER_BURST = """\
Look whether a login from this address succeeded: `Accepted` in the hosts' logs, sessions in `last`.
If you don't know this address, close port 22 to it, and to the world if it is open to the world."""
_AFTER_ALARM = """\
Ask the named users whether this was them. Look whether a sign-in from these addresses succeeded.
Start with the users without MFA: give them an MFA device, or delete their password."""

REMEDIATION = Remediation(
    name=NAME,
    title="Logins fail again and again",
    woken_by="sshd's failures in a log group; failed console sign-ins",
    response="reports the address, hosts, users and rate; for the alarm, who is behind the count",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnLogs(log_group=SECURE_GROUP, pattern=sshd.PATTERN),
            parse=parse_lines,
            look=look_for_attempts,
            decide=decide_on_attempts,
            sightings=sightings,
            sightings_kept=SIGHTINGS_KEPT,
            blind=blind_to_attempts,
        ),
        Way(
            on=OnEvent(pattern=ALARM_PATTERN),
            parse=single(alarm_change),
            look=look_for_failures,
            decide=decide_on_alarm,
            blind=blind_to_failures,
        ),
        COUNTING,
    ),
    grants=GRANTS,
    settings={
        THRESHOLD: THRESHOLD_PARAMETER.ref,
        WINDOW_SECONDS: WINDOW_PARAMETER.ref,
        TRAIL_LOG_GROUP: TRAIL_GROUP,
    },
    parameters=(THRESHOLD_PARAMETER, WINDOW_PARAMETER, CONSOLE_PARAMETER),
    alarms=(CONSOLE_FAILURES,),
    resources={SECURE_GROUP: log_group({"Fn::Sub": "${AWS::StackName}/secure"})},
    outputs={"SecureGroupName": {"Value": {"Ref": SECURE_GROUP}}},
    controls=("CIS 4.6", "Security Hub CloudWatch.6", "ATT&CK T1110"),
)
