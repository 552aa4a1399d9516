"""What sshd's lines come to: each wrong password once, and nobody who got in."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.events import LogBatch, LogLine
from chalicelib.remediations.failed_login.attempts import attempts
from chalicelib.remediations.failed_login.sshd import LoginLine, login_failures

START = datetime(2026, 3, 3, 10, 15, tzinfo=UTC)
WHO = "203.0.113.7"
MOST = 100


def logged(*texts: str, pid: int = 7, second: float = 0.0) -> list[LoginLine]:
    """The lines that one sshd wrote, a millisecond between them."""
    batch = LogBatch(
        account="111122223333",
        log_group="secure",
        log_stream="web-1",
        lines=tuple(
            LogLine(
                id=f"{pid}-{second}-{number}",
                at=START + timedelta(seconds=second, milliseconds=number),
                message=f"Mar  3 10:15:00 web-1 sshd[{pid}]: {text}",
            )
            for number, text in enumerate(texts)
        ),
    )
    return [line for event in login_failures(batch) for line in event.lines]


def password(user: str = "root", port: int = 1) -> str:
    return f"Failed password for {user} from {WHO} port {port} ssh2"


def pam(module: str = "unix", user: str = "root", what: str = "failure") -> str:
    return (
        f"pam_{module}(sshd:auth): authentication {what}; logname= uid=0 euid=0 tty=ssh ruser= rhost={WHO}"
        f"  user={user}"
    )


def accepted(user: str = "root", port: int = 1) -> str:
    return f"Accepted password for {user} from {WHO} port {port} ssh2"


MORE = f"PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost={WHO}  user=root"
INVALID = f"Invalid user x from {WHO} port 1"
CLOSED = f"Connection closed by invalid user x {WHO} port 1 [preauth]"
TOO_MANY = f"error: maximum authentication attempts exceeded for root from {WHO} port 1 ssh2 [preauth]"
ERROR = f"error: PAM: Authentication failure for root from {WHO}"
INTERACTIVE = f"Failed keyboard-interactive/pam for root from {WHO} port 1 ssh2"

CONNECTIONS = [
    pytest.param([password()], 1, id="a password"),
    pytest.param([password()] * 6, 6, id="six passwords in one connection"),
    pytest.param([pam(), password()], 1, id="pam and sshd write of one password"),
    pytest.param([pam("unix"), pam("sss"), password()], 1, id="two modules refuse one password"),
    pytest.param([ERROR, INTERACTIVE], 1, id="sshd writes twice of one password"),
    pytest.param([pam(), password(), password(), password(), MORE], 3, id="pam sums up"),
    pytest.param([pam(), MORE], 3, id="only pam writes"),
    pytest.param([f"message repeated 3 times: [ {password()}]"], 3, id="syslog sums up"),
    pytest.param(
        [password(), f"message repeated 5 times: [ {password()}]", TOO_MANY], 6, id="until sshd ends it"
    ),
    pytest.param([INVALID, CLOSED], 1, id="no password"),
    pytest.param([INVALID, password("invalid user x"), CLOSED], 1, id="one password of an unknown user"),
    pytest.param([pam(), pam("sss", what="success"), accepted()], 0, id="another module accepts"),
    pytest.param([pam(), accepted()], 0, id="another module accepts, and says nothing"),
    pytest.param([pam(user="ann"), accepted("root")], 1, id="somebody else is accepted"),
    pytest.param([password(), password(), accepted()], 2, id="guessed at last"),
    pytest.param([f"message repeated 999999999 times: [ {password()}]"], MOST, id="more than anybody reads"),
]


@pytest.mark.parametrize(("texts", "expected"), CONNECTIONS)
def test_a_connection_counts_its_wrong_passwords(texts, expected):
    assert len(attempts(logged(*texts), MOST)) == expected


def test_a_success_without_a_failure_is_not_even_kept():
    assert logged(pam("sss", what="success"), accepted()) == []


def test_connections_of_one_process_are_told_apart_by_their_ports():
    lines = [
        line for port in range(20) for line in logged(f"Invalid user u from {WHO} port {port}", second=port)
    ]

    assert len(attempts(lines, MOST)) == 20


def test_a_process_id_that_comes_back_is_another_connection():
    lines = [*logged(pam(), second=0), *logged(pam(), accepted(), second=3600)]

    assert len(attempts(lines, MOST)) == 1


def test_two_processes_are_two_connections():
    assert len(attempts([*logged(CLOSED, pid=1), *logged(CLOSED, pid=2)], MOST)) == 2


def test_an_attempt_names_the_user_that_another_line_of_its_connection_names():
    (attempt,) = attempts(logged(f"ROOT LOGIN REFUSED FROM {WHO} port 1", password("ann")), MOST)

    assert (attempt.user, attempt.host, attempt.process) == ("ann", "web-1", "web-1[7]")


@given(seed=st.integers(0, 2**32))
def test_neither_the_order_of_lines_nor_a_second_delivery_changes_the_count(seed):
    lines = [*logged(pam(), password(), password(), TOO_MANY), *logged(INVALID, CLOSED, pid=8, second=1)]
    shuffled = random.Random(seed).sample(lines, len(lines))

    assert attempts(shuffled, MOST) == attempts(lines, MOST)
    assert len(attempts(lines, MOST)) == 3
