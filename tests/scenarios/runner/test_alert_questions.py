"""The questions of alerts, read back from the mail: which are refused, and how the others are answered."""

from types import SimpleNamespace

import pytest

from scenarios.runner.alert_questions import MOST_ROWS, answer_questions, pasted, unanswerable
from tests.scenarios.cloud.logs.log_worlds import HOST, write
from tests.scenarios.cloud.small_worlds import HOME, group, world

COMMAND = (
    "    trailwarden query what-came-from-address --set address=203.0.113.9 --since 2026-03-02T02:00:00Z "
    f"--on-aws --log-group {HOST} --region {HOME}"
)
TEXT = '    filter ip = "203.0.113.9" | stats count(*) as calls by name | sort calls desc'


def mail(command=COMMAND, text=TEXT):
    return f"[HIGH] Something\n\nFinding x\n\nTo ask next:\n  What came?\n{command}\n{text}\n"


@pytest.fixture(scope="module")
def cloud():
    with world(group()) as cloud:
        lines = [f'{{"ip": "203.0.113.9", "name": "Call{number}"}}' for number in range(MOST_ROWS + 2)]
        write(cloud, *lines, '{"ip": "203.0.113.9", "name": "Call0"}', '{"ip": "::1", "name": "Other"}')
        cloud.run(1)
        yield cloud


def seen(cloud, *mails):
    """The world with these mails in its inbox."""
    notes = []
    setting = SimpleNamespace(note=lambda kind, words, **_facts: notes.append((kind, words)))
    inbox = [SimpleNamespace(text=text) for text in mails]
    return SimpleNamespace(logs=cloud.logs, setting=setting, topics=SimpleNamespace(inbox=inbox)), notes


def test_a_command_and_the_text_below_it_are_one_question():
    (found,) = pasted(mail())

    assert found.name == "what-came-from-address (203.0.113.9)"
    assert found.text == TEXT.strip()


def test_a_mail_without_a_log_group_has_none_to_ask():
    assert list(pasted(mail(command=COMMAND.partition(" --on-aws")[0]))) == []


@pytest.mark.parametrize(
    ("letter", "why"),
    [
        pytest.param(mail(), None, id="as it is"),
        pytest.param(mail(COMMAND.replace(HOST, "gone")), "there is no log group 'gone'", id="no such group"),
        pytest.param(mail(COMMAND.replace(HOME, "eu-west-9")), "there is no log group", id="another region"),
        pytest.param(mail(text="    filter ip = "), "can't be asked", id="half a query"),
        pytest.param(mail(text=""), "can't be asked", id="no text"),
    ],
)
def test_a_question_that_logs_insights_would_refuse_fails_the_scenario(cloud, letter, why):
    world, _ = seen(cloud, letter)

    found = unanswerable(world)

    assert (found == []) if why is None else (len(found) == 1 and why in found[0])


def test_answers_are_lines_of_the_timeline_each_question_once(cloud):
    world, notes = seen(cloud, mail(), mail(COMMAND.replace("02:00", "02:30")))

    answer_questions(world)

    assert {kind for kind, _ in notes} == {"answered"}
    assert notes[0][1] == "what-came-from-address (203.0.113.9): name Call0, calls 2"
    assert notes[-1][1] == "what-came-from-address (203.0.113.9): 2 more rows"
    assert len(notes) == MOST_ROWS + 1


def test_an_answer_without_rows_says_so(cloud):
    world, notes = seen(cloud, mail(text='    filter ip = "::2" | stats count(*) as calls by name'))

    answer_questions(world)

    assert notes == [("answered", "what-came-from-address (203.0.113.9): no rows")]


def test_a_question_that_is_refused_has_a_line_that_says_why(cloud):
    world, notes = seen(cloud, mail(COMMAND.replace(HOST, "gone")))

    answer_questions(world)

    assert [kind for kind, _ in notes] == ["answered"]
    assert "there is no log group 'gone'" in notes[0][1]
