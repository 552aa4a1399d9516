"""How files are tailed: rotation, several files, events of several lines, what is kept beyond a restart."""

from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

import pytest

from scenarios.cloud.agent.log_files import tailed_files
from scenarios.cloud.agent.tailing import MOST_BYTES, Tails
from scenarios.cloud.ec2.machine import Machine

START = datetime(2027, 3, 2, 9, tzinfo=UTC)
LOG = "/srv/shop.log"


class Host:
    """A machine with an agent that tails: time passes by `run`, `sent` are (path, message)."""

    def __init__(self, **entry):
        self.machine = Machine(instance="i-1", region="eu-west-1")
        self.files = self.machine.files
        self.entries = tuple(tailed_files([{"file_path": LOG, "log_group_name": "g"} | entry], "s"))
        self.memory, self.seconds, self.sent, self.runs = {}, 0.0, [], 0
        self.start()

    def start(self):
        """The agent starts, or starts again: what it was about to do is forgotten."""
        self.stop()
        run = self.runs

        def after(seconds, do, words):
            assert words.startswith("the agent ")
            if self.runs == run:
                heappush(self.due, (self.seconds + seconds, len(self.due), do))

        Tails(self.machine, self.entries, self.memory, after, self.take)

    def stop(self):
        self.runs += 1
        self.due = []

    def take(self, event):
        self.sent.append((event.path, event.message))
        event.state.remember(event.size)

    @property
    def now(self):
        return START + timedelta(seconds=self.seconds)

    def write(self, *lines, path=LOG, encoding="utf-8"):
        for line in lines:
            self.files.write(path, line, self.now, encoding=encoding)

    def run(self, seconds=10):
        until = self.seconds + seconds
        while self.due and self.due[0][0] <= until:
            self.seconds, _, do = heappop(self.due)
            do()
        self.seconds = until

    @property
    def messages(self):
        return [message for _, message in self.sent]


# ---- rotation -----------------------------------------------------------------------------------


def test_a_file_that_is_renamed_and_made_anew_loses_nothing_and_repeats_nothing():
    host = Host()
    host.write("one")
    host.run()
    host.write("two")
    host.files.rotate(LOG, LOG + ".1", host.now)
    host.write("three")
    host.run()

    assert host.messages == ["one", "two", "three"]


def test_what_is_written_to_the_renamed_file_after_it_was_let_go_is_lost():
    host = Host()
    host.write("one")
    host.run()
    host.files.rotate(LOG, LOG + ".1", host.now)
    host.run(2)
    host.write("late", path=LOG + ".1")
    host.run()

    assert host.messages == ["one"]


def test_a_path_that_takes_the_renamed_file_too_follows_the_newest():
    host = Host(file_path=LOG + "*")
    host.write("one")
    host.run()
    host.files.rotate(LOG, LOG + ".1", host.now)
    host.write("two")
    host.run()

    assert host.sent == [(LOG, "one"), (LOG, "two")]


def test_a_renamed_file_that_is_one_of_all_is_sent_again():
    host = Host(file_path=LOG + "*", publish_multi_logs=True)
    host.write("one")
    host.run()
    host.files.rotate(LOG, LOG + ".1", host.now)
    host.run()

    assert host.sent == [(LOG, "one"), (LOG + ".1", "one")]


def test_a_file_that_is_cut_is_read_from_the_beginning():
    host = Host()
    host.write("one", "two")
    host.run()
    host.files.truncate(LOG, host.now)
    host.run(1)
    host.write("three")
    host.run()

    assert host.messages == ["one", "two", "three"]


def test_a_cut_that_is_filled_up_before_the_agent_looks_goes_unnoticed():
    host = Host()
    host.write("one")
    host.run()
    host.files.truncate(LOG, host.now)
    host.write("three", "four")
    host.run()

    assert host.messages == ["one", "e", "four"]  # it goes on at the byte where it was


def test_a_deleted_file_is_forgotten():
    host = Host()
    host.write("one")
    host.run()
    host.files.remove(LOG)
    host.run()
    host.write("two")
    host.run()

    assert host.messages == ["one", "two"]
    assert host.memory == {LOG: 4}


def test_the_newest_file_is_followed_and_the_others_stay_open():
    host = Host(file_path="/srv/*.log")
    host.write("a1", path="/srv/a.log")
    host.run()
    host.write("b1", path="/srv/b.log")
    host.run()
    host.write("a2", path="/srv/a.log")
    host.run()

    assert host.messages == ["a1", "b1", "a2"]


def test_auto_removal_deletes_a_file_once_a_newer_one_is_there():
    host = Host(file_path="/srv/*.log", auto_removal=True)
    host.write("a", path="/srv/a.log")
    host.run()
    host.write("b", path="/srv/b.log")
    host.run()

    assert (host.messages, host.files.paths()) == (["a", "b"], ["/srv/b.log"])


# ---- restarts -----------------------------------------------------------------------------------


def test_after_a_restart_the_agent_goes_on_where_it_was():
    host = Host()
    host.write("one", "two")
    host.run(3)  # "two" isn't complete
    host.start()
    host.write("three")
    host.run()

    assert host.messages == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(["new"], ["a long line", "new"], id="shorter: from its beginning"),
        pytest.param(["longer than the old one"], ["a long line", "the old one"], id="longer"),
    ],
)
def test_a_file_that_is_renamed_while_the_agent_is_down_is_told_by_its_path_and_size_alone(after, expected):
    host = Host()
    host.write("a long line")
    host.run()
    host.stop()
    host.files.rotate(LOG, LOG + ".1", host.now)
    host.write(*after)
    host.start()
    host.run()

    assert host.messages == expected


# ---- events of several lines --------------------------------------------------------------------

TRACE = ["12:00 failed", "  at line 1", "", "\tat line 2"]


def test_lines_that_begin_with_a_blank_belong_to_the_one_before():
    host = Host()
    host.write(*TRACE, "12:01 fine")
    host.run()

    assert host.messages == ["\n".join(TRACE), "12:01 fine"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(
            {"multi_line_start_pattern": "^BEGIN"}, ["x", "BEGIN a\nb", "BEGIN c"], id="by a pattern"
        ),
        pytest.param(
            {"multi_line_start_pattern": "{timestamp_format}", "timestamp_format": "%H:%M"},
            ["x\nBEGIN a\nb\nBEGIN c"],
            id="by the format's time, which no line has",
        ),
        pytest.param(
            {"multi_line_start_pattern": "{timestamp_format}"},
            ["x\nBEGIN a\nb\nBEGIN c"],
            id="without a format",
        ),
    ],
)
def test_what_begins_an_event_is_the_configurations(said, expected):
    host = Host(**said)
    host.write("x", "BEGIN a", "b", "BEGIN c")
    host.run()

    assert host.messages == expected


def test_an_event_is_complete_after_five_seconds():
    host = Host()
    host.write("one")
    host.run(4)
    host.write("  more")
    host.run(4)
    host.write("  too late")
    host.run()

    assert host.messages == ["one\n  more", "  too late"]


def test_an_event_that_is_too_large_ends_with_a_word_that_says_so():
    host = Host()
    host.write("x" * (MOST_BYTES + 1), "y" * MOST_BYTES)
    host.run()

    cut, whole = host.messages
    assert (len(cut), cut[-16:], len(whole)) == (MOST_BYTES, "xx[Truncated...]", MOST_BYTES)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        pytest.param("iso-8859-1", "grüezi", id="the file's"),
        pytest.param("utf-8", "gr�ezi", id="another"),
    ],
)
def test_lines_are_read_in_the_encoding_that_is_said(encoding, expected):
    host = Host(encoding=encoding)
    host.write("grüezi", encoding="iso-8859-1")
    host.run()

    assert host.messages == [expected]
