"""sshd's lines about failed logins: which count, whom they name, and that nobody can be framed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.events import LogBatch, LogLine
from chalicelib.matching import LogPattern
from chalicelib.remediations.failed_login.sshd import (
    ACCEPTED,
    PASSWORD,
    PATTERN,
    WORDINGS,
    LoginFailures,
    ReadLine,
    login_failures,
    read_line,
)
from tests.sample import in_turn

HEADER = "Mar  3 10:15:01 web-1 sshd[2100]: "
PAM = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
PLAIN = "Failed password for root from 203.0.113.7 port 40122 ssh2"

FAILURES = [
    pytest.param(PLAIN, "root", id="password"),
    pytest.param(
        "Failed password for invalid user admin from 203.0.113.7 port 1 ssh2", "admin", id="password, unknown"
    ),
    pytest.param(
        "Failed keyboard-interactive/pam for root from 203.0.113.7 port 1 ssh2", "root", id="interactive"
    ),
    pytest.param("Invalid user admin from 203.0.113.7 port 40123", "admin", id="invalid user"),
    pytest.param("Invalid user admin from 203.0.113.7", "admin", id="invalid user, before OpenSSH 7.5"),
    pytest.param("Illegal user admin from 203.0.113.7", "admin", id="illegal user, before OpenSSH 4"),
    pytest.param(
        "Failed password for illegal user admin from 203.0.113.7 port 1 ssh2", "admin", id="password, illegal"
    ),
    pytest.param("Invalid user  from 203.0.113.7 port 40123", "", id="invalid user without a name"),
    pytest.param(f"{PAM}rhost=203.0.113.7  user=root", "root", id="pam"),
    pytest.param(f"{PAM}rhost=203.0.113.7 ", "", id="pam, unknown user"),
    pytest.param(
        "pam_sss(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7 "
        "user=ann",
        "ann",
        id="pam of sssd",
    ),
    pytest.param(
        "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= "
        "rhost=203.0.113.7  user=root",
        "root",
        id="pam, more of them",
    ),
    pytest.param("error: PAM: Authentication failure for root from 203.0.113.7", "root", id="pam's error"),
    pytest.param(
        "error: PAM: Authentication failure for illegal user admin from 203.0.113.7",
        "admin",
        id="pam's error, unknown",
    ),
    pytest.param(f"message repeated 2 times: [ {PLAIN}]", "root", id="repeated"),
    pytest.param(
        "message repeated 3 times: [ Invalid user admin from 203.0.113.7 port 1]",
        "admin",
        id="repeated, unknown",
    ),
    pytest.param(
        "error: maximum authentication attempts exceeded for root from 203.0.113.7 port 1 ssh2 [preauth]",
        "root",
        id="too many",
    ),
    pytest.param(
        "error: maximum authentication attempts exceeded for invalid user x from 203.0.113.7 port 1 ssh2 "
        "[preauth]",
        "x",
        id="too many, unknown",
    ),
    pytest.param(
        "Connection closed by authenticating user root 203.0.113.7 port 1 [preauth]", "root", id="closed"
    ),
    pytest.param(
        "Connection closed by invalid user oracle 203.0.113.7 port 1 [preauth]",
        "oracle",
        id="closed, unknown",
    ),
    pytest.param("Connection reset by invalid user pi 203.0.113.7 port 1 [preauth]", "pi", id="reset"),
    pytest.param(
        "Disconnected from authenticating user root 203.0.113.7 port 1 [preauth]", "root", id="disconnected"
    ),
    pytest.param(
        "Disconnected from invalid user test 203.0.113.7 port 1 [preauth]", "test", id="disconnected, unknown"
    ),
    pytest.param(
        "Disconnecting authenticating user root 203.0.113.7 port 1: Too many authentication failures "
        "[preauth]",
        "root",
        id="disconnecting",
    ),
    pytest.param(
        "User bob from 203.0.113.7 not allowed because not listed in AllowUsers", "bob", id="not allowed"
    ),
    pytest.param("Failed password for root from 203.0.113.7 port 1", "root", id="password, old sshd"),
    pytest.param("Failed password for root from 203.0.113.7", "root", id="password, without a port"),
    pytest.param("Failed keyboard-interactive for root from 203.0.113.7 port 1 ssh2", "root", id="Solaris"),
    pytest.param("Failed unknown for invalid user x from 203.0.113.7 port 1 ssh2", "x", id="unknown method"),
    pytest.param(
        "error: PAM: User not known to the underlying authentication module for illegal user bob from "
        "203.0.113.7",
        "bob",
        id="pam's error, user not known",
    ),
    pytest.param("error: PAM: Permission denied for bob from 203.0.113.7", "bob", id="pam's error, denied"),
    pytest.param(
        "error: PAM: authentication error for bob from 203.0.113.7 via 192.0.2.1", "bob", id="macOS, via"
    ),
    pytest.param(
        "error: PAM: unknown user for illegal user bob from 203.0.113.7", "bob", id="macOS, unknown user"
    ),
    pytest.param("ROOT LOGIN REFUSED FROM 203.0.113.7 port 1 [preauth]", "", id="root refused"),
    pytest.param(
        "error: Received disconnect from 203.0.113.7: 3: com.jcraft.jsch.JSchException: Auth fail [preauth]",
        "",
        id="a client that gives up",
    ),
]


@pytest.mark.parametrize(("text", "user"), FAILURES)
def test_every_wording_of_a_failure_is_read(text, user):
    read = read_line(HEADER + text)

    assert read
    assert (read.host, read.pid, read.user, read.address) == ("web-1", "2100", user, "203.0.113.7")
    assert read.speaks_of != ACCEPTED


@pytest.mark.parametrize(("text", "user"), FAILURES)
def test_the_subscription_lets_every_wording_through(text, user):
    assert LogPattern(PATTERN).matches(HEADER + text)


HEADERS = [
    pytest.param("Mar  3 10:15:01 web-1 sshd[2100]: ", id="syslog, day padded"),
    pytest.param("Mar 13 10:15:01 web-1 sshd[2100]: ", id="syslog"),
    pytest.param("<86>Mar 13 10:15:01 web-1 sshd[2100]: ", id="syslog with priority"),
    pytest.param("2026-03-03T10:15:01.123456+00:00 web-1 sshd[2100]: ", id="rsyslog, ISO 8601"),
    pytest.param("2026-03-03T10:15:01+0000 web-1 sshd[2100]: ", id="journald, short-iso"),
    pytest.param("Mar 03 10:15:01.123456 web-1 sshd[2100]: ", id="journald, short-precise"),
    pytest.param("Tue 2026-03-03 10:15:01 UTC web-1 sshd[2100]: ", id="journald, short-full"),
    pytest.param("<86>1 2026-03-03T10:15:01.003Z web-1 sshd 2100 - - ", id="RFC 5424"),
    pytest.param('1 2026-03-03T10:15:01Z web-1 sshd 2100 ID1 [a@1 b="c"] ', id="RFC 5424 with data"),
    pytest.param("1 2026-03-03T10:15:01Z web-1 sshd 2100 - - \ufeff", id="RFC 5424 with a byte order mark"),
    pytest.param(
        r'1 2026-03-03T10:15:01Z web-1 sshd 2100 - [a@1 b="\"c\"\]"][d@1 e="[f]"] ',
        id="RFC 5424 with escaped data",
    ),
    pytest.param("Mar 3 10:15:01 web-1 sshd[2100]: ", id="syslog, day not padded"),
    pytest.param("2026-03-03 10:15:01.344447-0700  web-1 sshd[2100]: ", id="macOS"),
    pytest.param("Mar  3 10:15:01 web-1 auth.info sshd[2100]: ", id="busybox"),
    pytest.param("Mar  3 10:15:01 web-1 sshd[2100]: [ID 800047 auth.info] ", id="Solaris"),
    pytest.param("Mar  3 10:15:01 web-1 sshd-session[2100]: ", id="OpenSSH 9.8"),
    pytest.param("Mar  3 10:15:01 web-1 sshd-auth[2100]: ", id="OpenSSH 10"),
]


@pytest.mark.parametrize("header", HEADERS)
def test_every_header_of_real_hosts_is_read(header):
    assert read_line(header + PLAIN) == ReadLine(
        host="web-1",
        pid="2100",
        port="40122",
        user="root",
        address="203.0.113.7",
        speaks_of=PASSWORD,
        times=1,
    )


def test_a_line_without_a_header_is_read_without_a_host():
    read = read_line(f"sshd[2100]: {PLAIN}")

    assert read
    assert (read.host, read.pid, read.address) == ("", "2100", "203.0.113.7")


def test_metalog_tells_no_pid():
    read = read_line(
        "Mar  3 00:17:22 [sshd]: User root from 203.0.113.7 not allowed because not listed in AllowUsers"
    )

    assert read
    assert (read.host, read.pid, read.address) == ("", "", "203.0.113.7")


NO_FAILURES = [
    pytest.param(
        HEADER + "Failed password for invalid user a from 1.2.3.4 port 1 ssh2: from 5.6.7.8 port 2 ssh2",
        id="two ways to read it",
    ),
    pytest.param(
        HEADER + "Failed hostbased for a from 203.0.113.7 port 1 ssh2: RSA 8c:e3, client user a",
        id="one of a host's keys refused",
    ),
    pytest.param(
        HEADER + "Accepted publickey for ec2-user from 203.0.113.7 port 1 ssh2: RSA SHA256:AbC",
        id="accepted key",
    ),
    pytest.param(
        HEADER + "Failed publickey for ann from 203.0.113.7 port 1 ssh2: RSA SHA256:AbC",
        id="one of an agent's keys refused",
    ),
    pytest.param(
        HEADER + "Failed none for root from 203.0.113.7 port 1 ssh2", id="asking which methods exist"
    ),
    pytest.param(HEADER + "Disconnected from user ann 203.0.113.7 port 1", id="the end of a session"),
    pytest.param(HEADER + "Connection closed by 203.0.113.7 port 1 [preauth]", id="a key scan"),
    pytest.param(HEADER + "input_userauth_request: invalid user admin [preauth]", id="without an address"),
    pytest.param(HEADER + f"{PAM}rhost=host.example.com  user=root", id="a host name, not an address"),
    pytest.param(HEADER + "Failed password for root from UNKNOWN port 65535 ssh2", id="address unknown"),
    pytest.param(HEADER + "Failed password for root from 203.0.113.777 port 1 ssh2", id="address impossible"),
    pytest.param(
        HEADER
        + "Disconnecting invalid user a 203.0.113.7 port 1: Change of username or service not allowed: "
        "(a,ssh-connection) -> (b 9.9.9.9 port 1: Too many authentication failures,ssh-connection) [preauth]",
        id="names in a reason",
    ),
    pytest.param(f"Mar  3 10:15:01 web-1 sudo[2100]: {PLAIN}", id="another program"),
    pytest.param(f"Mar  3 10:15:01 web-1 notsshd[2100]: {PLAIN}", id="a program that ends like sshd"),
    pytest.param(f"Mar  3 10:15:01 web-1 app[7]: {HEADER}{PLAIN}", id="sshd's line inside another's"),
    pytest.param(f"Mar  3 10:15:01 web-1 app[7]: sshd[2100]: {PLAIN}", id="sshd's name inside another's"),
    pytest.param(
        "Mar  3 10:15:01 web-1 sudo[9]: pam_unix(sudo:auth): authentication failure; logname=ann uid=1000 "
        "euid=0 tty=/dev/pts/0 ruser=ann rhost=203.0.113.7  user=ann",
        id="sudo's pam",
    ),
    pytest.param(f"{HEADER}\n{PLAIN}", id="two lines in one"),
    pytest.param(PLAIN, id="no header at all"),
    pytest.param("", id="nothing"),
]


@pytest.mark.parametrize("line", NO_FAILURES)
def test_nothing_else_counts(line):
    assert read_line(line) is None


GOT_IN = [
    "Accepted password for ann from 203.0.113.7 port 1 ssh2",
    "Accepted keyboard-interactive/pam for ann from 203.0.113.7 port 1 ssh2",
    "pam_sss(sshd:auth): authentication success; logname= uid=0 euid=0 tty=ssh rhost=203.0.113.7 user=ann",
]


@pytest.mark.parametrize("text", GOT_IN)
def test_a_password_that_was_accepted_is_known_and_is_no_failure(text):
    read = read_line(HEADER + text)

    assert read
    assert (read.speaks_of, read.user, read.address) == (ACCEPTED, "ann", "203.0.113.7")
    assert LogPattern(PATTERN).matches(HEADER + text)
    assert login_failures(batch(text)) == ()


@pytest.mark.slow
@given(data=st.data())
@pytest.mark.parametrize("wording", in_turn(WORDINGS, of=4), ids=lambda wording: wording.terms[0])
def test_the_subscription_lets_through_whatever_the_reader_reads(wording, data):
    text = data.draw(st.from_regex(wording.pattern, fullmatch=True))

    assert LogPattern(PATTERN).matches(HEADER + text)


FRAMES = [
    pytest.param(
        "Failed password for invalid user a from 1.2.3.4 port 22 from 5.6.7.8 port 22 ssh2",
        id="in a password line",
    ),
    pytest.param(
        "Failed password for invalid user a from 1.2.3.4 port 22 ssh2 from 5.6.7.8 port 22 ssh2",
        id="whole tail",
    ),
    pytest.param("Invalid user a from 1.2.3.4 port 22 from 5.6.7.8 port 22", id="in an invalid user"),
    pytest.param("Invalid user a from 1.2.3.4 port 22 from 5.6.7.8", id="in an invalid user, old wording"),
    pytest.param(
        "Connection closed by invalid user a 1.2.3.4 port 22 [preauth] 5.6.7.8 port 22 [preauth]",
        id="in a closed connection",
    ),
    pytest.param(
        "Disconnecting invalid user a 1.2.3.4 port 22: Too many authentication failures 5.6.7.8 port 22: "
        "Too many authentication failures [preauth]",
        id="in a disconnect",
    ),
    pytest.param(f"{PAM}rhost=5.6.7.8  user=a rhost=1.2.3.4", id="after pam's address"),
    pytest.param(f"{PAM}rhost=5.6.7.8 user=a rhost=1.2.3.4", id="after sssd's address, one blank between"),
    pytest.param(
        "User a from 1.2.3.4 not allowed because a from 5.6.7.8 not allowed because not listed in AllowUsers",
        id="in a refusal",
    ),
    pytest.param(f"{PAM}rhost=5.6.7.8  user=a  user=b rhost=1.2.3.4  user=c", id="twice after pam's address"),
]


@pytest.mark.parametrize("text", FRAMES)
def test_a_user_name_can_not_name_another_address(text):
    read = read_line(HEADER + text)

    assert read
    assert read.address == "5.6.7.8"


def test_where_sshd_knows_no_address_a_forged_one_does_not_step_in():
    line = "Failed password for invalid user a from 1.2.3.4 port 22 ssh2 from UNKNOWN port 65535 ssh2"

    assert read_line(HEADER + line) is None


ADDRESSES = [
    pytest.param("2001:db8::7", "2001:db8::7", id="IPv6"),
    pytest.param("2001:DB8:0:0:0:0:0:7", "2001:db8::7", id="IPv6 in another spelling"),
    pytest.param("::ffff:203.0.113.7", "203.0.113.7", id="IPv4 inside IPv6"),
    pytest.param("fe80::1%eth0", "fe80::1", id="IPv6 with a zone"),
]


@pytest.mark.parametrize(("written", "read"), ADDRESSES)
def test_an_address_has_one_spelling(written, read):
    line = read_line(f"{HEADER}Failed password for root from {written} port 1 ssh2")

    assert line
    assert line.address == read


# What sshd writes of a name: no control characters (it escapes them), anything else.
names = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60) | st.sampled_from(
    [
        "a from 1.2.3.4 port 22 ssh2",
        "1.2.3.4 port 22 [preauth]",
        "a] from 1.2.3.4 port 1 ssh2]",
        "rhost=1.2.3.4",
        " not allowed because ",
        "invalid user ",
    ]
)
templates = st.sampled_from(
    [
        "Failed password for invalid user {} from {} port 22 ssh2",
        "Failed keyboard-interactive/pam for {} from {} port 22 ssh2",
        "Invalid user {} from {} port 22",
        "Invalid user {} from {}",
        "Connection closed by invalid user {} {} port 22 [preauth]",
        "Disconnected from authenticating user {} {} port 22 [preauth]",
        "error: maximum authentication attempts exceeded for invalid user {} from {} port 22 ssh2 [preauth]",
        "message repeated 2 times: [ Failed password for invalid user {} from {} port 22 ssh2]",
    ]
)


@given(text=st.text(max_size=300))
def test_no_line_makes_the_reader_stumble(text):
    read_line(text)
    read_line(HEADER + text)


@pytest.mark.slow
@given(template=templates, name=st.lists(names, max_size=3).map(" ".join))
def test_whatever_the_user_is_called_the_address_is_the_one_sshd_wrote(template, name):
    read = read_line(HEADER + template.format(name, "5.6.7.8"))

    assert read
    assert read.address == "5.6.7.8"


@pytest.mark.slow
@given(name=st.lists(names, max_size=3).map(" ".join))
def test_whatever_the_user_is_called_pams_address_is_the_one_before_it(name):
    read = read_line(f"{HEADER}{PAM}rhost=5.6.7.8  user={name}")

    assert read
    assert read.address == "5.6.7.8"


START = datetime(2026, 3, 3, 10, 15, 1, tzinfo=UTC)


def batch(*messages: str, stream: str = "i-0abc") -> LogBatch:
    lines = tuple(
        LogLine(id=f"{number:056d}", at=START + timedelta(seconds=number), message=message)
        for number, message in enumerate(messages)
    )
    return LogBatch(account="111122223333", log_group="secure", log_stream=stream, lines=lines)


def failed(address: str, pid: int = 2100, user: str = "root") -> str:
    return f"Mar  3 10:15:01 web-1 sshd[{pid}]: Failed password for {user} from {address} port 1 ssh2"


def test_each_address_of_a_batch_is_one_event():
    first, second = login_failures(
        batch(failed("203.0.113.7"), failed("198.51.100.4"), failed("203.0.113.7", user="admin"))
    )

    assert (first.address, second.address) == ("203.0.113.7", "198.51.100.4")
    assert [line.user for line in first.lines] == ["root", "admin"]
    assert first.at == START + timedelta(seconds=2)
    assert first.since == START
    assert first.account == "111122223333"


def test_each_line_names_its_process():
    (event,) = login_failures(batch(failed("203.0.113.7", 1), failed("203.0.113.7", 2)))

    assert [line.process for line in event.lines] == ["web-1[1]", "web-1[2]"]


def test_a_batch_of_other_lines_is_no_event():
    assert login_failures(batch("Mar  3 10:15:01 web-1 systemd[1]: Started.", "")) == ()


def test_a_line_without_a_host_takes_the_streams_name():
    (event,) = login_failures(batch(f"sshd[7]: {PLAIN}"))

    assert event.lines[0].process == "i-0abc[7]"


def keys(events: tuple[LoginFailures, ...]) -> list[str]:
    return [event.key for event in events]


def test_the_key_is_the_same_for_the_same_lines_and_no_others():
    lines = batch(failed("203.0.113.7"), failed("203.0.113.7"), failed("198.51.100.4"))
    reordered = LogBatch(
        account=lines.account,
        log_group=lines.log_group,
        log_stream=lines.log_stream,
        lines=(lines.lines[1], lines.lines[0], lines.lines[2]),
    )

    assert keys(login_failures(lines)) == keys(login_failures(reordered))
    assert len(set(keys(login_failures(lines)))) == 2
    assert keys(login_failures(batch(failed("203.0.113.7"))))[0] not in keys(login_failures(lines))


def test_a_name_of_any_length_takes_little_room():
    (event,) = login_failures(batch(failed("203.0.113.7", user="x" * 10_000)))

    assert len(event.lines[0].user) == 64
