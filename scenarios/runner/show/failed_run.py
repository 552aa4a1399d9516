"""What is shown of a function's run that failed: its log, and the event it was given, to be tried again.

    │ [ERROR] KeyError: 'userName'
    │ Traceback (most recent call last):
    │   File "/var/task/app.py", line 12, in root_login
    │     who = event["detail"]["userName"]
    its event: trailwarden match '{"source": ["aws.signin"]}' '{"version": "0", ...}'

The printed command is whole: it can be pasted, and its last argument is the event.
"""

import base64
import gzip
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.wording import safe
from scenarios.cloud.setting import Moment

LONGEST_LINE = 1000
_ANY_PATTERN = "PATTERN"


def is_failed_run(moment: Moment) -> bool:
    """Whether a moment is a function's run that failed, with the event it was given."""
    return moment.kind == "failed" and "event" in moment.facts


def log_of(moment: Moment) -> Iterator[str]:
    """What the run wrote to its log: what the handler printed, then how it failed."""
    for written in moment.facts.get("log", ()):
        for line in written.split("\n"):
            words = line.lstrip(" ")
            yield " " * min(len(line) - len(words), 40) + safe(words, LONGEST_LINE)


def event_command(moment: Moment, timeline: Iterable[Moment], program: str) -> str:
    """The command that tries the run's event on a pattern: on that of the rule that sent it, if one did.

    `program`: how `trailwarden` is called from here.
    """
    event = moment.facts["event"]
    text = json.dumps(_readable(event))
    return f"{program} match {_pattern(moment, timeline)} {shlex.quote(text)}"


def _pattern(moment: Moment, timeline: Iterable[Moment]) -> str:
    event, function = moment.facts["event"], moment.facts.get("function")
    event_id = event.get("id") if isinstance(event, Mapping) else None
    for each in timeline:
        matched = each.kind == "matched" and event_id and each.facts.get("event_id") == event_id
        if matched and function in each.facts["targets"]:
            return shlex.quote(each.facts["pattern"])
    return _ANY_PATTERN


def _readable(event: Any) -> Any:
    """The event; of log events what Logs packed in it.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
    """
    try:
        packed = event["awslogs"]["data"]
        return json.loads(gzip.decompress(base64.b64decode(packed)))
    except (KeyError, TypeError, ValueError, OSError, EOFError):
        return event
