"""When a line of a service's log says that it happened, and which lines of a file are its head.

Sources: the pages of the formats.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from scenarios.service_logs.flows import GLOBAL_ACCELERATOR, VPC_FLOW_FIELDS

_FLOW: Final = re.compile(r"\d+ \S+ \S+(?: \S+){7} (\d{10}) \d{10} \S+ \S+\s*$")
_ACCELERATOR: Final = re.compile(r"\d\.\d \d{12} \S+(?: \S+){10} (\d{10}) \d{10} ")
_ISO: Final = re.compile(
    r"(?:(?:https?|h2|grpcs|wss?) |tls \S+ |\d\.\d )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?) "
)
_TABS: Final = re.compile(r"(\d{4}-\d\d-\d\d)\t(\d\d:\d\d:\d\d)\t")
_BRACKETS: Final = re.compile(r"\S+ \S+ (?:\S+ )?\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] ")
_HEADS: Final = (
    (frozenset(each.name for each in VPC_FLOW_FIELDS), "start"),
    (frozenset(each.name for each in GLOBAL_ACCELERATOR.fields), "start_time"),
)

Clock = Callable[[str], int]
"""Milliseconds since the epoch for a line; 0 where it says nothing."""


def clock_of(head: str) -> Clock | None:
    """How the lines below this one tell their time, where it is the head of a file of flow logs.

    None: it is no head. CloudFront's head is told by `is_comment`.
    """
    names = head.split()
    start = next((start for known, start in _HEADS if known.issuperset(names)), None)
    if len(names) < 2 or start is None:
        return None
    if start not in names:
        return lambda _line: 0
    place = names.index(start)

    def of(line: str) -> int:
        words = line.split()
        text = words[place] if len(words) > place else ""
        return int(text) * 1000 if text.isascii() and text.isdigit() and len(text) <= 10 else 0

    return of


def is_comment(line: str) -> bool:
    """Whether it is one of the two lines that a file of CloudFront begins with."""
    return line.startswith(("#Version: ", "#Fields: "))


def time_of(line: str) -> int:
    """When it happened, in milliseconds since the epoch; 0 where the line is of no format that says so."""
    flow = _FLOW.match(line) or _ACCELERATOR.match(line)
    if flow:
        return int(flow[1]) * 1000
    iso = _ISO.match(line)
    if iso:
        return _milliseconds(iso[1])
    tabs = _TABS.match(line)
    if tabs:
        return _milliseconds(f"{tabs[1]}T{tabs[2]}")
    brackets = _BRACKETS.match(line)
    return _of_brackets(brackets[1]) if brackets else 0


@lru_cache(maxsize=4096)
def _milliseconds(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


@lru_cache(maxsize=4096)
def _of_brackets(text: str) -> int:
    try:
        return round(datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").timestamp() * 1000)
    except ValueError:
        return 0
