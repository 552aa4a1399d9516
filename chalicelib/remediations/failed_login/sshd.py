"""What sshd logs when a login fails, in the wordings of real hosts; typed, and hard to forge.

A line counts only if sshd wrote it: the program's name is read where syslog, rsyslog and journald put it, and
nowhere else. User names come from the attacker and may hold anything but a line break, also a forged
` from 192.0.2.1 port 22`; so an address is read only where sshd writes it, after the name: the last one. pam
writes it before the name: the first one. Host names (`UseDNS yes`) are not addresses; the same attempt logs
its address elsewhere.

Left out on purpose: `Failed publickey` and `Failed none`. An agent offers every key it has before the right
one, so they say nothing yet; what came of it is logged when the connection ends. And they end with the text
of a certificate that the caller made.

Source: OpenSSH's auth.c, auth2.c, packet.c; Linux-PAM's pam_unix.
https://github.com/openssh/openssh-portable
"""

import hashlib
import ipaddress
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from chalicelib.events import LogBatch

# sshd-session since OpenSSH 9.8, sshd-auth since 10.0.
_PROGRAM = r"(?:sshd|sshd-session|sshd-auth)"
_STAMP = (
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?"  # syslog: Mar  3 10:15:01
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*"  # rsyslog, journald: ISO 8601
    r"|[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+)"  # journald: Tue 2026-03-03 10:15:01 UTC
)
_WRITTEN_BY_SSHD = (
    re.compile(
        rf"(?:<\d{{1,3}}>)?(?:{_STAMP} (?P<host>\S+) )?{_PROGRAM}\[(?P<pid>\d+)\]: (?P<text>.*)", re.ASCII
    ),
    # RFC 5424
    re.compile(
        rf"(?:<\d{{1,3}}>)?1 \S+ (?P<host>\S+) {_PROGRAM} (?P<pid>\d+) \S+ (?:-|(?:\[[^\]]*\])+) "
        r"(?:\N{ZERO WIDTH NO-BREAK SPACE})?(?P<text>.*)",
        re.ASCII,
    ),
)
_REPEATED = re.compile(r"message repeated \d+ times: \[ ?(?P<text>.*)\]", re.ASCII)

_UNKNOWN = r"(?:(?:invalid|illegal) user )?"
_USER = r"(?P<user>.*)"  # as long as it can be, so that what follows is the last of its kind
_FROM = r" from (?P<address>\S+)"
_PORT = r" port \d+"
_LEAVING = r" (?:invalid|authenticating) user "
_PAM = r"(?:pam_\w+\(sshd:auth\): authentication failure|PAM \d+ more authentication failures?)"
_FAILURES = tuple(
    re.compile(wording, re.ASCII)
    for wording in (
        rf"Failed (?:password|keyboard-interactive/pam) for {_UNKNOWN}{_USER}{_FROM}{_PORT} ssh2",
        rf"(?:Invalid|Illegal) user {_USER}{_FROM}(?:{_PORT})?",
        rf"error: maximum authentication attempts exceeded for {_UNKNOWN}{_USER}{_FROM}{_PORT} ssh2",
        rf"(?:Connection (?:closed|reset) by|Disconnected from){_LEAVING}{_USER} (?P<address>\S+){_PORT}",
        rf"Disconnecting{_LEAVING}{_USER} (?P<address>\S+){_PORT}: Too many authentication failures",
        rf"error: PAM: Authentication failure for {_UNKNOWN}{_USER}{_FROM}",
        rf"User {_USER}{_FROM} not allowed because .*",
        rf"{_PAM}; (?:\w+=\S* )*?rhost=(?P<address>\S+)(?: +user=(?P<user>.*))?",
    )
)
_BEFORE_LOGIN = " [preauth]"

# What a subscription lets through: the wordings above, and little else. Its `?` terms mean "any of these".
PATTERN = " ".join(
    f'?"{term}"'
    for term in (
        "Failed password for",
        "Failed keyboard-interactive/pam for",
        "Invalid user",
        "invalid user",
        "Illegal user",
        "authenticating user",
        "maximum authentication attempts exceeded",
        "authentication failure",
        "Authentication failure for",
        "not allowed because",
    )
)

LONGEST_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailure:
    """One line about an attempt that failed. Host and process id tell one attempt from another."""

    line_id: str
    at: datetime
    host: str
    pid: str
    user: str
    address: str

    @property
    def attempt(self) -> str:
        """What all lines of one attempt have in common, besides the address."""
        return f"{self.host}[{self.pid}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailures:
    """All failures from one address in one batch of log lines, oldest first.

    `key` is a hash over the address and the ids of the lines. `region` is "": a subscription's payload
    doesn't tell it, and the function that reads it stands in the log group's own region.
    """

    key: str
    at: datetime
    account: str
    address: str
    failures: tuple[LoginFailure, ...]
    log_stream: str = ""
    region: str = ""
    principal: str = ""

    @property
    def since(self) -> datetime:
        """When the first of them was logged; `at` is the last."""
        return self.failures[0].at


def login_failures(batch: LogBatch) -> tuple[LoginFailures, ...]:
    """What the batch says of each address, in the order of the addresses' first lines."""
    by_address: dict[str, dict[str, LoginFailure]] = defaultdict(dict)
    for line in batch.lines:
        read = read_line(line.message)
        if read is None:
            continue
        by_address[read.address][line.id] = LoginFailure(
            line_id=line.id,
            at=line.at,
            host=(read.host or batch.log_stream)[:LONGEST_NAME],
            pid=read.pid,
            user=read.user[:LONGEST_NAME],
            address=read.address,
        )
    return tuple(_of_one(batch, address, lines) for address, lines in by_address.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """What a line about a failed login says; `host` is "" where the line has no header."""

    host: str
    pid: str
    user: str
    address: str


def read_line(message: str) -> ReadLine | None:
    """The failure that a line reports; None for every other line."""
    line = message.rstrip()
    header = next((found for form in _WRITTEN_BY_SSHD if (found := form.fullmatch(line))), None)
    if header is None:
        return None
    text = header["text"]
    repeated = _REPEATED.fullmatch(text)
    text = (repeated["text"] if repeated else text).removesuffix(_BEFORE_LOGIN)
    failure = next((found for wording in _FAILURES if (found := wording.fullmatch(text))), None)
    address = _address(failure["address"]) if failure else ""
    if failure is None or not address:
        return None
    return ReadLine(host=header["host"] or "", pid=header["pid"], user=failure["user"] or "", address=address)


def _of_one(batch: LogBatch, address: str, lines: dict[str, LoginFailure]) -> LoginFailures:
    failures = tuple(sorted(lines.values(), key=lambda failure: (failure.at, failure.line_id)))
    identity = "\n".join([address, *sorted(lines)])
    return LoginFailures(
        key=hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest(),
        at=failures[-1].at,
        account=batch.account,
        address=address,
        failures=failures,
        log_stream=batch.log_stream,
    )


def _address(text: str) -> str:
    """One spelling for each address, without zone; IPv4 inside IPv6 is IPv4; "" if it is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    inside = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(inside or address)
