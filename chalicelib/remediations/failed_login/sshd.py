"""What sshd logs when a login fails, in the wordings of real hosts; typed, and hard to forge.

A line counts only if sshd wrote it: the program's name is read where syslog, rsyslog, journald, busybox and
macOS put it, and nowhere else. User names come from the attacker and may hold anything but a line break, also
a forged ` from 192.0.2.1 port 22`; so an address is read only where sshd writes it, after the name: the last
one. pam writes it before the name: the first one. Host names (`UseDNS yes`) are not addresses; the same
attempt logs its address elsewhere. A line that can be read in two ways names no address.

Logins that succeed are read too: what pam's first module refused, its next one may accept, and then nobody
failed. `failed_login.attempts` counts.

Left out on purpose: `Failed publickey`, `Failed hostbased` and `Failed none`. An agent offers every key it
has before the right one, so they say nothing yet; what came of it is logged when the connection ends. And
they end with text that the caller made.

Source: OpenSSH's auth.c, auth2.c, auth-pam.c, packet.c; Linux-PAM's pam_unix.
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
    r"(?:[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)?"  # syslog: Mar  3 10:15:01
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*"  # rsyslog, journald, macOS: ISO 8601
    r"|[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+)"  # journald: Tue 2026-03-03 10:15:01 UTC
)
_PRIORITY = r"(?:<\d{1,3}>)?"
_HOST = r"(?P<host>[^\s\[\]]*[^\s\[\]:])"  # and no program: `app[7]:`
_FACILITY = r"(?:\w+\.\w+ )?"  # busybox: auth.info
_OLD_PAM = r"(?:\(pam_unix\))?"  # before Linux-PAM 0.99
_SOLARIS = r"(?:\[ID \d+ \w+\.\w+\] )?"
_DATA = r'(?:-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)'  # RFC 5424: a quoted value may hold brackets
_WRITTEN_BY_SSHD = (
    re.compile(
        rf"{_PRIORITY}(?:{_STAMP} {{1,2}}(?:{_HOST} {{1,2}})?{_FACILITY})?"
        rf"{_PROGRAM}{_OLD_PAM}\[(?P<pid>\d+)\]: {_SOLARIS}(?P<text>.*)",
        re.ASCII,
    ),
    # metalog, which tells no pid
    re.compile(rf"{_STAMP} (?:{_HOST} )?\[{_PROGRAM}\]:? (?P<text>.*)", re.ASCII),
    # RFC 5424
    re.compile(
        rf"{_PRIORITY}1 \S+ {_HOST} {_PROGRAM} (?P<pid>\d+) \S+ {_DATA} "
        r"(?:\N{ZERO WIDTH NO-BREAK SPACE})?(?P<text>.*)",
        re.ASCII,
    ),
)
_REPEATED = re.compile(r"message repeated (?P<times>\d{1,9}) times: \[ ?(?P<text>.*)\]", re.ASCII)

_UNKNOWN = r"(?:(?:invalid|illegal) user )?"
_USER = r"(?P<user>.*)"  # as long as it can be, so that what follows is the last of its kind
_FROM = r" from (?P<address>\S+)"
_PORT = r" port (?P<port>\d+)"
_PERHAPS_PORT = rf"(?:{_PORT})?"
_LEAVING = r" (?:invalid|authenticating) user "
_RHOST = r"; (?:\w+=\S* )*?rhost=(?P<address>\S+)(?: +user=(?P<user>.*))?"

# What a line speaks of. A pam module's own line is called by the module.
PASSWORD = "password"  # a wrong password  # noqa: S105 - it is none
PAM_UNIX = "pam_unix"
PAM_ERROR = "pam"  # the same, as sshd hears it from pam
CONNECTION = "connection"  # somebody who was not let in
ACCEPTED = "accepted"  # somebody who was


@dataclass(frozen=True, slots=True)
class Wording:
    """One kind of line. Every line that `pattern` reads holds one of `terms`: the subscription's."""

    speaks_of: str
    terms: tuple[str, ...]
    pattern: re.Pattern[str]


def _wording(speaks_of: str, pattern: str, *terms: str) -> Wording:
    return Wording(speaks_of, terms, re.compile(pattern, re.ASCII))


WORDINGS = (
    _wording(
        PASSWORD,
        rf"Failed (?:password|keyboard-interactive(?:/\w+)?|unknown) for {_UNKNOWN}{_USER}{_FROM}"
        rf"{_PERHAPS_PORT}(?: ssh[12])?",
        "Failed password for",
        "Failed keyboard-interactive",
        "Failed unknown for",
    ),
    _wording(
        CONNECTION, rf"(?:Invalid|Illegal) user {_USER}{_FROM}{_PERHAPS_PORT}", "Invalid user", "Illegal user"
    ),
    _wording(
        CONNECTION,
        rf"error: maximum authentication attempts exceeded for {_UNKNOWN}{_USER}{_FROM}{_PORT} ssh2",
        "maximum authentication attempts exceeded",
    ),
    _wording(
        CONNECTION,
        rf"(?:Connection (?:closed|reset) by|Disconnected from){_LEAVING}{_USER} (?P<address>\S+){_PORT}",
        "invalid user",
        "authenticating user",
    ),
    _wording(
        CONNECTION,
        rf"Disconnecting{_LEAVING}{_USER} (?P<address>\S+){_PORT}: Too many authentication failures",
        "Too many authentication failures",
    ),
    _wording(
        PAM_ERROR,
        # What pam_strerror says: https://github.com/linux-pam/linux-pam/blob/master/libpam/pam_strerror.c
        r"error: PAM: (?:[Aa]uthentication (?:failure|error)|Permission denied"
        r"|User not known to the underlying authentication module|[Uu]nknown user"
        rf"|Have exhausted maximum number of retries for service) for {_UNKNOWN}{_USER}{_FROM}(?: via \S+)?",
        "error: PAM: ",
    ),
    _wording(CONNECTION, rf"User {_USER}{_FROM} not allowed because .*", "not allowed because"),
    _wording(
        CONNECTION, rf"ROOT LOGIN REFUSED FROM (?P<address>\S+){_PERHAPS_PORT}", "ROOT LOGIN REFUSED FROM"
    ),
    _wording(
        CONNECTION,
        rf"(?:error: )?Received disconnect from (?P<address>\S+?){_PERHAPS_PORT}: ?\d+: (?:.*: )?Auth fail",
        "Auth fail",
    ),
    _wording(
        PAM_UNIX,
        rf"(?:(?P<module>pam_\w+)\(sshd:auth\): )?authentication failure{_RHOST}",
        "authentication failure",
    ),
    _wording(
        PAM_UNIX,
        rf"PAM (?P<times>\d{{1,9}}) more authentication failures?{_RHOST}",
        "more authentication failure",
    ),
    _wording(
        ACCEPTED,
        rf"Accepted (?:password|keyboard-interactive(?:/\w+)?) for {_USER}{_FROM}{_PORT} ssh2",
        "Accepted password for",
        "Accepted keyboard-interactive",
    ),
    _wording(ACCEPTED, rf"pam_\w+\(sshd:auth\): authentication success{_RHOST}", "authentication success"),
)
_BEFORE_LOGIN = " [preauth]"
# After `ssh2` sshd may tell more of how somebody tried: what follows is then the caller's own text, or it is
# all part of a name.
_UNCLEAR = re.compile(r" port \d+ ssh[12]:(?: |$)", re.ASCII)

# What a subscription lets through: the wordings above, and little else. Its `?` terms mean "any of these".
PATTERN = " ".join(f'?"{term}"' for wording in WORDINGS for term in wording.terms)

LONGEST_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginLine:
    """One line about an attempt that failed, or about one that succeeded.

    `process`: host and process id. `port`: the caller's, "" where the line doesn't tell. `speaks_of`:
    PASSWORD, PAM_ERROR, CONNECTION, ACCEPTED or a pam module's name. `times`: for how many such lines it
    stands.
    """

    line_id: str
    at: datetime
    process: str
    host: str
    port: str
    user: str
    address: str
    speaks_of: str
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailures:
    """All lines about one address in one batch of log lines, oldest first; one of them at least is a failure.

    `key` is a hash over the address and the ids of the lines. `region` is "": a subscription's payload
    doesn't tell it, and the function that reads it stands in the log group's own region.
    """

    key: str
    at: datetime
    account: str
    address: str
    lines: tuple[LoginLine, ...]
    log_group: str = ""
    log_stream: str = ""
    region: str = ""
    principal: str = ""

    @property
    def since(self) -> datetime:
        """When the first of them was logged; `at` is the last."""
        return self.lines[0].at


def login_failures(batch: LogBatch) -> tuple[LoginFailures, ...]:
    """What the batch says of each address that failed, in the order of the addresses' first lines."""
    by_address: dict[str, dict[str, LoginLine]] = defaultdict(dict)
    for line in batch.lines:
        read = read_line(line.message)
        if read is None:
            continue
        host = (read.host or batch.log_stream)[:LONGEST_NAME]
        by_address[read.address][line.id] = LoginLine(
            line_id=line.id,
            at=line.at,
            process=f"{host}[{read.pid}]",
            host=host,
            port=read.port,
            user=read.user[:LONGEST_NAME],
            address=read.address,
            speaks_of=read.speaks_of,
            times=read.times,
        )
    return tuple(
        _of_one(batch, address, lines)
        for address, lines in by_address.items()
        if any(line.speaks_of != ACCEPTED for line in lines.values())
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """What a line about a login says; `host` and `pid` are "" where the line doesn't tell them.

    The rest is as in a LoginLine.
    """

    host: str
    pid: str
    port: str
    user: str
    address: str
    speaks_of: str
    times: int


def read_line(message: str) -> ReadLine | None:
    """What a line says of a login that failed or succeeded; None for every other line."""
    line = message.rstrip()
    header = next((found for form in _WRITTEN_BY_SSHD if (found := form.fullmatch(line))), None)
    if header is None:
        return None
    told = header.groupdict()
    repeated = _REPEATED.fullmatch(told["text"])
    text = (repeated["text"] if repeated else told["text"]).removesuffix(_BEFORE_LOGIN)
    for wording in WORDINGS:
        if found := wording.pattern.fullmatch(text):
            break
    else:
        return None
    said = found.groupdict()
    address, user = _address(said["address"]), said.get("user") or ""
    if not address or _UNCLEAR.search(user):
        return None
    return ReadLine(
        host=told["host"] or "",
        pid=told.get("pid") or "",
        port=said.get("port") or "",
        user=user,
        address=address,
        speaks_of=said.get("module") or wording.speaks_of,
        times=int(repeated["times"] if repeated else said.get("times") or 1),
    )


def _of_one(batch: LogBatch, address: str, lines: dict[str, LoginLine]) -> LoginFailures:
    ordered = tuple(sorted(lines.values(), key=lambda line: (line.at, line.line_id)))
    identity = "\n".join([address, *sorted(lines)])
    return LoginFailures(
        key=hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest(),
        at=ordered[-1].at,
        account=batch.account,
        address=address,
        lines=ordered,
        log_group=batch.log_group,
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
