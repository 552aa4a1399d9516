"""Security Hub and the chat say what the mail says: what reached them without the fault reaches them."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from chalicelib.ledger.entries import LedgerEntry
from scenarios.runner.walk.course import Course, MadeCall
from scenarios.runner.walk.invariants.acts import SAYS
from scenarios.runner.walk.invariants.alert_names import finding_of
from scenarios.runner.walk.invariants.trouble import excused

_OURS = "trailwarden/"
_NAMED = re.compile(r"#-?\d+$")  # others count many


def each_channel_says_the_same(without: Course, with_fault: Course) -> Iterator[str]:
    """Each alert of a finding that there is with the fault too has reached each channel.

    What may be otherwise: that another alert is sent in its place (`quiet`), and all of it where Lambda may
    give the event up and people were told so (`excused`). A channel takes nothing about a finding that there
    is not, but for what the mail says too: without a ledger each try tells, and there is no finding.
    """
    before, after = _told(without), _told(with_fault)
    for channel, alert in sorted(before.keys() - after.keys()):
        entry, index = _of(alert, with_fault)
        if entry and index not in entry.quiet and not excused(without, with_fault, entry.remediation):
            yield f"{alert} has not reached {channel}"
    mailed = {finding_of(mail) for mail in with_fault.alerts()}
    for channel, alert in sorted(after.keys() - before.keys()):
        if _of(alert, with_fault)[0] is None and alert.rpartition("#")[0] not in mailed:
            yield f"{channel} got {alert}, and there is no such finding"


def _told(course: Course) -> Counter[tuple[str, str]]:
    """How often each channel took each alert, `finding#index`."""
    return Counter(each for call in course.calls if not call.error for each in _sayings(call))


def _sayings(call: MadeCall) -> Iterator[tuple[str, str]]:
    if call.operation == SAYS:
        ids = (str(each["Id"]).removeprefix(_OURS) for each in call.parameters["Findings"])
        yield from (("Security Hub", each) for each in ids if _NAMED.search(each))
    elif call.operation == "Publish":
        thread = _thread_of(str(call.parameters["Message"]))
        if _NAMED.search(thread):
            yield "the chat", thread


def _thread_of(message: str) -> str:
    """The thread of a custom notification of Amazon Q; "" for any other message."""
    try:
        said: Any = json.loads(message)
    except ValueError:
        return ""
    return str(said.get("metadata", {}).get("threadId", "")) if isinstance(said, dict) else ""


def _of(alert: str, course: Course) -> tuple[LedgerEntry | None, int]:
    finding, _, index = alert.rpartition("#")
    return course.finding(finding), int(index)
