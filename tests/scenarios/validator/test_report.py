"""Progress on a terminal and none in a pipe; counts in words."""

import sys
from datetime import UTC, datetime

import pytest

from chalicelib.trail.integrity.findings import IntegrityFinding, What
from scenarios.validator.report import Progress, Text, describe, summary
from scenarios.validator.tally import Tally


def tally(**counts):
    return Tally(**counts)


def finding(what):
    return IntegrityFinding(
        what=what, bucket="b", key="k", since=None, until=None, sentence="it \x1b[31m was\nso"
    )


@pytest.mark.parametrize(
    ("whats", "more", "code", "verdict"),
    [
        pytest.param([], {}, 0, "sound", id="nothing"),
        pytest.param([What.GAP], {}, 0, "sound", id="a notice"),
        pytest.param([What.LOG_UNREADABLE], {}, 2, "could not tell", id="unreadable"),
        pytest.param([], {"problems": ["no listing"]}, 2, "could not tell", id="a problem"),
        pytest.param([What.LOG_ADDED, What.LOG_UNREADABLE], {}, 1, "not sound", id="broken and unreadable"),
        pytest.param([], {"interrupted": True}, 130, "could not tell", id="interrupted"),
        pytest.param([What.LOG_ADDED], {"interrupted": True}, 130, "not sound", id="broken and interrupted"),
    ],
)
def test_the_exit_code_and_the_verdict(whats, more, code, verdict):
    told = tally(**more)
    for what in whats:
        told.finding(finding(what))

    assert (told.exit_code, told.verdict) == (code, verdict)


def test_progress_says_rate_and_remaining_time():
    told = tally(logs=1200, digests=24, days=1, days_asked=5)

    assert describe(told, 10.0) == "1,200 log files, 24 digests, 120 log files a second, about 40 s left"
    assert describe(tally(), 0.0) == "0 log files, 0 digests, 0 log files a second"


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_progress_is_shown_a_few_times_a_second_on_a_terminal_only(terminal, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    moments = iter([0.0, 0.0, 0.0, 0.1, 0.3])
    progress = Progress(lambda: next(moments))

    for _ in range(3):
        progress.show(tally(logs=7))
    progress.erase()

    assert capsys.readouterr().err.count("7 log files") == (2 if terminal else 0)


def test_what_somebody_named_an_object_can_not_move_the_cursor(capsys):
    Text(verbose=False).finding(finding(What.LOG_ADDED))

    (line,) = capsys.readouterr().out.splitlines()
    assert "\x1b" not in line


def test_the_summary_names_the_span_and_what_stayed_unverified():
    at = datetime(2024, 1, 1, tzinfo=UTC)

    told = tally(logs=3, logs_unverifiable=1, oldest=at, newest=at, days=3, days_asked=1200, interrupted=True)

    lines = summary(told).splitlines()

    assert "from 2024-01-01T00:00:00Z to 2024-01-01T00:00:00Z" in lines[0]
    assert lines[1].endswith("; 1 could not be verified")
    assert lines[3] == (
        "Verdict        could not tell, interrupted after 3 of 1,200 days: the rest was not looked at"
    )
