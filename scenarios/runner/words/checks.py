"""What a scenario may expect: alerts in the inbox, findings in the ledger, the account's own state."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.catalog import CATALOG
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.ledger import Ledger
from chalicelib.remediation import Outcome, Severity
from chalicelib.wording import number_of
from scenarios.cloud.sns.topics import Mail
from scenarios.cloud.world import World
from scenarios.runner.scenario import Check
from scenarios.runner.words.spelling import did_you_mean

# Kinds of trace lines that mean an event, a message or a line of a log went nowhere.
LOST = ("lost", "undelivered")


def alert(
    remediation: str,
    severity: str,
    *says: str,
    times: int = 1,
    subject: str = "",
    without: Iterable[str] = (),
) -> Check:
    """An alert of this remediation, this severity and these words has come, so many times.

    `without`: words that must not stand in it.
    """
    _severity(severity)
    unsaid = tuple(without)

    def judge(world: World) -> str | None:
        mine = [message for message in alerts(world) if message.attributes["remediation"] == remediation]
        right = [message for message in mine if _fits(message, severity, says, subject)]
        if not times <= len(right) <= times * (1 + _extra(world)):
            seen = "; ".join(f"{message.subject!r}" for message in mine) or "none at all"
            return (
                f"{len(right)} instead of {times}; of {remediation} there came {seen}{_nearest(mine, says)}"
            )
        leaked = [word for word in unsaid for message in right if word in message.text]
        return f"it says {leaked[0]!r}, which it must not" if leaked else None

    parts = [
        f": {', '.join(says)}" if says else "",
        f", subject {subject!r}" if subject else "",
        f", without {', '.join(unsaid)}" if unsaid else "",
        f" ({times} times)" if times != 1 else "",
    ]
    return Check(f"{remediation} tells {severity}{''.join(parts)}", _about(remediation, judge), counts=True)


def heard_of(remediation: str, severity: str, *says: str, subject: str = "") -> Check:
    """At least one alert of this remediation, this severity and these words has come."""
    _severity(severity)

    def judge(world: World) -> str | None:
        mine = [message for message in alerts(world) if message.attributes["remediation"] == remediation]
        if any(_fits(message, severity, says, subject) for message in mine):
            return None
        seen = "; ".join(f"{message.subject!r}" for message in mine) or "none at all"
        return f"of {remediation} there came {seen}{_nearest(mine, says)}"

    said = f": {', '.join(says)}" if says else ""
    return Check(
        f"{remediation} tells {severity}{said}, once or more often", _about(remediation, judge), counts=True
    )


def _about(remediation: str, judge: Callable[[World], str | None]) -> Callable[[World], str | None]:
    """The same, but of a mistyped name it says so: that nothing came of it would hold whatever happens."""

    def known(world: World) -> str | None:
        names = [each.name for each in CATALOG]
        if remediation in names:
            return judge(world)
        offer = did_you_mean(remediation, names) or "trailwarden catalog lists all"
        return f"there is no remediation {remediation!r}; {offer}"

    return known


def _severity(severity: str) -> None:
    """Raises ValueError where there is no such severity."""
    if severity not in list(Severity):
        raise ValueError(f"there is no severity {severity!r}; there are {', '.join(Severity)}")


def in_time(check: Check, *, late: Check) -> Check:
    """What holds where CloudTrail is in time, and what where a fault profile has its records late."""

    def judge(world: World) -> str | None:
        return (late if world.setting.faults.late_seconds else check).judge(world)

    return Check(f"{check.words} (where CloudTrail is late: {late.words})", judge, counts=check.counts)


def unless_it_dies(check: Check) -> Check:
    """What holds unless another fault than the scenario's own has a try fail."""

    def judge(world: World) -> str | None:
        dies = world.setting.faults.crash_at or world.one_fault.struck
        return None if dies else check.judge(world)

    return Check(f"{check.words} (unless the first try dies)", judge, counts=check.counts)


def _extra(world: World) -> int:
    """How often a profile may repeat an alert: a crash between telling and noting it sends one alert more."""
    return 1 if world.setting.faults.tells_again else 0


def _fits(message: Mail, severity: str, says: Iterable[str], subject: str) -> bool:
    return (
        message.attributes["severity"] == severity
        and subject in message.subject
        and all(word in message.text for word in says)
    )


def _nearest(messages: list[Mail], says: Iterable[str]) -> str:
    missing = [[word for word in says if word not in message.text] for message in messages]
    return f"; not said: {min(missing, key=len)}" if any(missing) else ""


def alerts(world: World) -> list[Mail]:
    """The inbox, without what CloudWatch itself sent."""
    return [message for message in world.topics.inbox if "remediation" in message.attributes]


def no_more_alerts_than(most: int, *, of: str = "") -> Check:
    """The person on call has read so many alerts of ours, or `of` one remediation, and no more."""

    def judge(world: World) -> str | None:
        found = [
            message.subject for message in alerts(world) if of in ("", message.attributes["remediation"])
        ]
        too_many = len(found) > most * (1 + _extra(world))
        return f"there came {len(found)}: {'; '.join(found)}" if too_many else None

    whose = f" of {of}" if of else ""
    words = f"no alert{whose}" if most == 0 else f"at most {number_of(most, 'alert')}{whose}"
    return Check(words, _about(of, judge) if of else judge, counts=True)


def alarm_mail(alarm: str) -> Check:
    """CloudWatch itself has sent mail through the alert topic: this alarm went off."""

    def judge(world: World) -> str | None:
        name, topic = (world.home.resources[each].physical_id for each in (alarm, "AlertTopic"))
        for message in world.topics.inbox:
            by_an_alarm = message.sender == "cloudwatch.amazonaws.com" and message.topic_arn == topic
            if by_an_alarm and json.loads(message.text)["AlarmName"] == name:
                return None
        return f"no message of {alarm} came"

    return Check(f"the alarm {alarm} notifies the alert topic", judge)


def went_off(alarm: str, *, notifies: str = "") -> Check:
    """The alarm of this logical id has gone off, and has notified the topic of that one."""

    def judge(world: World) -> str | None:
        resources = world.home.resources
        done = f"action {resources[notifies].physical_id}" if notifies else "to ALARM"
        with world.calls.muted():
            found = world.client(world.user("reader"), "cloudwatch").describe_alarm_history(
                AlarmName=resources[alarm].physical_id
            )["AlarmHistoryItems"]
        said = [each["HistorySummary"] for each in found]
        return None if any(done in each for each in said) else f"its history: {'; '.join(said) or 'none'}"

    told = f" and notifies {notifies}" if notifies else ""
    return Check(f"the alarm {alarm} goes off{told}", judge)


def outcome(remediation: str, wanted: Outcome, times: int = 1) -> Check:
    """The ledger holds so many findings of this remediation with this outcome."""

    def judge(world: World) -> str | None:
        found = [finding.outcome for finding in findings(world, remediation)]
        if found.count(wanted) == times:
            return None
        return f"the ledger holds {[str(each) for each in found] or 'nothing'}"

    return Check(
        f"the ledger holds {remediation}: {wanted}{'' if times == 1 else f' ({times} times)'}",
        _about(remediation, judge),
        counts=True,
    )


def findings(world: World, remediation: str) -> list[LedgerEntry]:
    """What the ledger holds about a remediation, newest first."""
    with world.calls.muted():
        client = world.client(world.user("reader"), "dynamodb")
        return Ledger(client, world.home.resources["Ledger"].physical_id).newest(remediation, 100)


def kept(count: int, *says: str) -> Check:
    """The dead-letter queue holds so many events, and these words stand in each."""

    def judge(world: World) -> str | None:
        bodies = world.queues.bodies(world.home.resources["DeadLetters"].attributes["Arn"])
        struck = world.one_fault.point if world.one_fault.struck else None
        # Each delivery of a duplicate fails on its own.
        copies = 2 if world.setting.faults.duplicates or (struck and struck.comes_twice) else 1
        if not count <= len(bodies) <= count * copies:
            return f"it holds {len(bodies)}"
        silent = [body for body in bodies if not all(word in body for word in says)]
        return f"it holds {silent[0][:300]}" if silent else None

    return Check(
        f"the dead-letter queue keeps {number_of(count, 'event')}"
        + (f" ({', '.join(says)})" if says else ""),
        judge,
    )


def undelivered(why: str, times: int) -> Check:
    """EventBridge could not deliver so many events, for this reason."""

    def judge(world: World) -> str | None:
        found = [moment.words for moment in world.setting.trace if moment.kind == "undelivered"]
        copies = 2 if world.setting.faults.duplicates else 1
        right = [words for words in found if why in words]
        wrong = len(right) != len(found) or not times <= len(found) <= times * copies
        return f"it could not deliver {len(found)}: {'; '.join(found)}" if wrong else None

    return Check(f"EventBridge could not deliver {number_of(times, 'event')} ({why})", judge)


def nothing_lost() -> Check:
    """No event, message or log line went nowhere."""

    def judge(world: World) -> str | None:
        gone = [moment.words for moment in world.setting.trace if moment.kind in LOST]
        return gone[0] if gone else None

    return Check("no event, message or log line is lost", judge)


def nothing_denied(*, but: Iterable[str] = ()) -> Check:
    """No function of the stack asked for something that it may not do, `but` these actions."""
    known = tuple(but)

    def judge(world: World) -> str | None:
        denied = [moment.words for moment in world.setting.trace if moment.kind == "denied"]
        return next((words for words in denied if not words.endswith(known)), None)

    said = f" but {', '.join(known)}" if known else ""
    return Check(f"no function is denied a call{said}", judge)


def state(words: str, judge: Callable[[Any], str | None], service: str, region: str = "") -> Check:
    """The account's own state, read by a boto3 client of that service."""

    def with_client(world: World) -> str | None:
        with world.calls.muted():
            return judge(world.client(world.user("reader"), service, region))

    return Check(words, with_client)
