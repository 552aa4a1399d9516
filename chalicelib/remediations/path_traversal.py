"""Somebody tries to get out of a web server's folder: `../../etc/passwd`, spelt in whichever way.

Access logs go to a log group, which the stack's parameter `PathTraversalGroup` names: of an Application Load
Balancer, of API Gateway, CloudFront or WAF, or in the Common Log Format. Every ten minutes we ask it for
requests with two dots in a row, also encoded, encoded twice or more, overlong or of full width, and read each
as a careless server would, also one that takes `../` out once. One alert names each client, what it asked
for, and how it was answered: HIGH where the server answered 2xx, MEDIUM where it refused, or where the log
doesn't say, as WAF's doesn't of what it allows.

What stays silent: dots within a name (`v1..v2`), a `..` in plain text that stays below the root, as old
clients and crawlers send it, and one step up in a parameter (`next=../basket`). `PathTraversalExpected` names
addresses that try by order.

If the log group can't be asked, or its lines can't be read, that is an alert. API Gateway logs the path only
where the format of its access log has `$context.path`.

What we leave alone: the client. WAF blocks such requests; the alert says with which rules.

Sources: https://owasp.org/www-community/attacks/Path_Traversal,
https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import unquote_to_bytes

from chalicelib.aws import Aws
from chalicelib.events import Tick, single, tick
from chalicelib.evidence.access_logs import READABLE, REQUESTS
from chalicelib.evidence.log_query import (
    HOUR_SECONDS,
    Question,
    Row,
    ask,
    cannot_see,
    count_of,
    grants,
    number,
    source_facts,
)
from chalicelib.looking import Unseen
from chalicelib.remediation import Alert, Plan, Quiet, Remediation, Severity, Way
from chalicelib.settings import Settings
from chalicelib.stack import Parameter
from chalicelib.triggers import OnSchedule
from chalicelib.wording import number_of, safe, some

NAME = "path_traversal"
GROUP, EXPECTED = (f"PATH_TRAVERSAL_{each}" for each in ("GROUP", "EXPECTED"))
CONDITION = "HasPathTraversal"
WINDOW = timedelta(minutes=20)  # a load balancer's file comes up to five minutes after the request, and waits
MOST_REQUESTS = 2000
MOST_ONE_BY_ONE = 5
LONGEST_URL = 120
MOST_LAYERS = 5  # of encoding; each costs an attacker a server that decodes once more

GROUP_PARAMETER = Parameter(
    name="PathTraversalGroup",
    default="none",
    description="An existing log group with access logs; none switches path_traversal off.",
)
EXPECTED_PARAMETER = Parameter(
    name="PathTraversalExpected",
    type="CommaDelimitedList",
    default="",
    description="Addresses that try it by order, such as a scanner's: no alert.",
    pattern=r"[0-9.]+|[0-9a-fA-F:]+",
    constraint="Addresses, without wildcards.",
)

# The digits behind a percent sign may be encoded themselves: %%32%65 becomes %2e, and this a dot.
_DOT = (
    r"(\.|%(25)*(2|%(25)*32)(e|%(25)*[46]5)|%(25)*c0%(25)*ae|%(25)*(f0%(25)*80|e0)%(25)*80%(25)*ae"
    r"|%(25)*ef%(25)*bc%(25)*8e|%(25)*u(002|ff0)e)"
)
_TRIED = (
    f"{REQUESTS} | filter url like /(?i){_DOT}{{2}}/ or args like /(?i){_DOT}{{2}}/ "
    "| stats count(*) as requests by client, code, action, url, args "
    f"| sort requests desc | limit {MOST_REQUESTS}"
)
# UTF-8 forbids more bytes than a character needs; a decoder that takes them reads these as `.`, `/`, `\\`.
_OVERLONG: Final[Mapping[bytes, bytes]] = {
    b"\xc0\xae": b".",
    b"\xe0\x80\xae": b".",
    b"\xf0\x80\x80\xae": b".",
    b"\xc0\xaf": b"/",
    b"\xe0\x80\xaf": b"/",
    b"\xf0\x80\x80\xaf": b"/",
    b"\xc1\x9c": b"\\",
    b"\xe0\x81\x9c": b"\\",
}
# Some servers take the full width of a character for the character: a best fit.
_WIDE: Final[Mapping[bytes, bytes]] = {
    "\N{FULLWIDTH FULL STOP}".encode(): b".",
    "\N{FULLWIDTH SOLIDUS}".encode(): b"/",
    "\N{FULLWIDTH REVERSE SOLIDUS}".encode(): b"\\",
}
_DISGUISED: Final = {**_OVERLONG, **_WIDE}
DISGUISED: Final = "its dots or slashes are overlong UTF-8, or of full width"
STRIPPED: Final = "it climbs once ../ was taken out of it"
_UNICODE: Final = re.compile(r"%u([0-9a-fA-F]{4})")
_WANTED: Final = re.compile(
    r"(etc/(passwd|shadow|hosts)|proc/self|(win|boot)\.ini|web-inf|\.aws/credentials|\.env\b|\.(ssh|git)/)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One request, so many times; `why`: what shows that it means to get out; `code`: 0 for none."""

    client: str
    url: str
    code: int
    requests: int
    why: str
    blocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """All that tried; `readable` as a `port_scan` has it, `more`: there were too many."""

    tried: tuple[Tried, ...] = ()
    more: bool = False
    readable: bool = True
    could_not_read: Unseen | None = None


def question(now: datetime, settings: Settings, text: str = "") -> Question:
    """Which requests had two dots in a row; or another text over the same log."""
    return Question(group=settings.text(GROUP), text=text or _TRIED, since=now - WINDOW, until=now)


def look(aws: Aws, event: Tick, settings: Settings) -> Requests:
    """Ask the access logs."""
    logs = aws.client("logs")
    answer = ask(logs, question(event.at, settings))
    if answer.could_not_read:
        return Requests(could_not_read=answer.could_not_read)
    if not answer.rows and answer.scanned:
        known = count_of(logs, question(event.at, settings, READABLE), "known")
        if isinstance(known, Unseen):
            return Requests(could_not_read=known)
        return Requests(readable=known > 0)
    expected = settings.names(EXPECTED)
    found = (_tried(row) for row in answer.rows if row.get("client", "") not in expected)
    return Requests(tried=tuple(each for each in found if each.why), more=len(answer.rows) == MOST_REQUESTS)


def blind(_event: Tick, why: Unseen, _settings: Settings) -> Requests:
    """What is known without a look."""
    return Requests(could_not_read=why)


def decide(event: Tick, facts: Requests, _now: datetime, settings: Settings) -> Plan:
    """Tell of each client, those that were answered first; and of what can't be seen."""
    clients: dict[str, list[Tried]] = {}
    for each in facts.tried:
        clients.setdefault(each.client, []).append(each)
    ordered = sorted(clients.items(), key=lambda item: (not _answered(item[1]), -_count(item[1])))
    alerts = [_of_one(client, tried, event, settings) for client, tried in ordered[:MOST_ONE_BY_ONE]]
    if len(ordered) > MOST_ONE_BY_ONE:
        alerts.append(_of_more(ordered[MOST_ONE_BY_ONE:], event, settings, more=facts.more))
    return Plan.alert(*alerts, *_unseen(facts, event, settings))


def _tried(row: Row) -> Tried:
    args = row.get("args", "")
    url = f"{row.get('url', '')}{f'?{args}' if args not in ('', '-') else ''}"
    return Tried(
        client=row.get("client", ""),
        url=url,
        code=number(row, "code"),
        requests=number(row, "requests"),
        why=gets_out(url),
        blocked=row.get("action") == "BLOCK",
    )


# ---- reading a request as a careless server would ------------------------------------------------


def gets_out(url: str) -> str:
    """What shows that a request means to leave its folder, in words; "" where nothing does.

    A `..` that was encoded does by itself; one in plain text does where it climbs above the root, where it
    climbs two steps in a parameter, or with the name of a file that attackers are after.
    """
    rest = url.partition("://")[2].partition("/")[2] if "://" in url else url
    path, _, query = rest.partition("?")
    return _of_part(path, lowest=0) or next(
        (why for each in query.split("&") if (why := _of_value(each))), ""
    )


def _of_value(pair: str) -> str:
    """Of a parameter; one layer of encoding is how forms send it, and hides nothing."""
    name, sign, value = pair.partition("=")
    plain, disguised = _decoded(value if sign else name)
    return DISGUISED if disguised and _climbs(plain) else _of_part(plain, lowest=-1)


def _of_part(text: str, *, lowest: int) -> str:
    """Of a path, or of a value that may climb as far as `lowest`."""
    if not _climbs(text):
        return _hidden(text)
    if _WANTED.search(text) is not None:
        return "it climbs to a file that attackers are after"
    return "it climbs above the root" if _depth(text) < lowest else ""


def _hidden(text: str) -> str:
    """How two dots were hidden; "" where there are none, however often it is decoded."""
    layers = 0
    for _ in range(MOST_LAYERS):
        if _climbs(text.replace("../", "").replace("..\\", "")):
            return STRIPPED
        plain, disguised = _decoded(text)
        if plain == text:
            return ""
        text, layers = plain, layers + 1
        if _climbs(text):
            if disguised:
                return DISGUISED
            return "its dots or slashes are encoded" + (f" {layers} times" if layers > 1 else "")
    return ""


def _decoded(text: str) -> tuple[str, bool]:
    """The text with one layer of encoding less, and whether it had characters that only some servers read."""
    data = unquote_to_bytes(
        _UNICODE.sub(lambda found: chr(int(found[1], 16)), text).encode("utf-8", "replace")
    )
    plain = data
    for long, short in _DISGUISED.items():
        plain = plain.replace(long, short)
    return plain.decode("utf-8", "replace"), plain != data


def _climbs(text: str) -> bool:
    return ".." in _steps(text)


def _steps(text: str) -> list[str]:
    """Its steps; a parameter to a step (`..;x`) and a byte 0 end it, as some servers have it."""
    return [re.split(r"[;\x00]", each)[0] for each in re.split(r"[/\\]", text)]


def _depth(text: str) -> int:
    """The lowest that it gets; below 0 is above the root."""
    depth = lowest = 0
    for each in _steps(text):
        if each == "..":
            depth -= 1
            lowest = min(lowest, depth)
        elif each not in ("", "."):
            depth += 1
    return lowest


# ---- alerts --------------------------------------------------------------------------------------


def _answered(tried: Iterable[Tried]) -> bool:
    return any(200 <= each.code < 300 for each in tried)


def _count(tried: Iterable[Tried]) -> int:
    return sum(each.requests for each in tried)


def _of_one(client: str, tried: list[Tried], event: Tick, settings: Settings) -> Alert:
    answered = [each for each in tried if _answered([each])]
    shown = sorted(answered or tried, key=lambda each: -each.requests)
    outcome, times = _outcome(tried), number_of(_count(tried), "time")
    return Alert(
        severity=Severity.HIGH if answered else Severity.MEDIUM,
        title=f"Path traversal: {client or 'somebody'} tried it {times}, {outcome}",
        facts=(
            ("From", client or "not recorded"),
            ("Asked for", some([_shown(each) for each in shown])),
            ("Shown by", some(list(dict.fromkeys(each.why for each in shown)))),
            ("Answered 2xx", str(_count(answered))),
            *source_facts(question(event.at, settings), event),
        ),
        advice=_ADVICE,
        quiet=Quiet(subject=f"{client} {outcome}", seconds=HOUR_SECONDS),
    )


def _outcome(tried: list[Tried]) -> str:
    if _answered(tried):
        return "and was answered"
    known = all(each.code or each.blocked for each in tried)
    return "and was refused" if known else "and the log does not say how it was answered"


def _shown(tried: Tried) -> str:
    how = tried.code or ("blocked" if tried.blocked else "no status")
    return f"{safe(tried.url, LONGEST_URL)} ({how})"


def _of_more(clients: list[tuple[str, list[Tried]]], event: Tick, settings: Settings, *, more: bool) -> Alert:
    answered = any(_answered(tried) for _, tried in clients)
    return Alert(
        severity=Severity.HIGH if answered else Severity.MEDIUM,
        title=f"Path traversal: {number_of(len(clients), 'other client', or_more=more)} tried it",
        facts=(
            ("From", some([f"{client} ({_count(tried)})" for client, tried in clients])),
            *source_facts(question(event.at, settings), event),
        ),
        advice=_ADVICE,
        quiet=Quiet(subject="more", seconds=HOUR_SECONDS),
    )


def _unseen(facts: Requests, event: Tick, settings: Settings) -> Iterator[Alert]:
    group, asked = settings.text(GROUP), question(event.at, settings)
    if facts.could_not_read:
        title = f"The access logs in {group} could not be asked who tries to leave a folder"
        yield cannot_see(title, str(facts.could_not_read), Severity.HIGH, asked, event)
    elif not facts.readable:
        title = f"The access logs in {group} can't be read: a traversal would not be seen"
        why = "no line of the last minutes is of a form that we know, with a client's address"
        yield cannot_see(title, why, Severity.MEDIUM, asked, event)
    elif facts.more:
        title = f"More requests with two dots are in {group} than can be looked at"
        why = f"{MOST_REQUESTS} different ones were; what was asked for least often was not"
        yield cannot_see(title, why, Severity.MEDIUM, asked, event)


_ADVICE = """\
Ask for one of these with curl --path-as-is. If a file comes that should not, take the server off the \
network, and renew every secret that it could read. AWSManagedRulesCommonRuleSet and \
AWSManagedRulesLinuxRuleSet of WAF block such requests."""

REMEDIATION = Remediation(
    name=NAME,
    title="A request tries a path traversal: to leave a web server's folder",
    woken_by="every ten minutes, where `PathTraversalGroup` names a log group with access logs",
    response="reports which client asked for what, and how it was answered",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnSchedule(expression="rate(10 minutes)", condition=CONDITION),
            parse=single(tick),
            look=look,
            decide=decide,
            blind=blind,
        ),
    ),
    grants=grants(GROUP_PARAMETER.name),
    settings={GROUP: GROUP_PARAMETER.ref, EXPECTED: EXPECTED_PARAMETER.joined},
    parameters=(GROUP_PARAMETER, EXPECTED_PARAMETER),
    conditions={CONDITION: GROUP_PARAMETER.isnt("none")},
    controls=("ATT&CK T1190", "ATT&CK T1083"),
)
