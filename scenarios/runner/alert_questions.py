"""The questions at the end of alerts, read back from the mail as a person pastes them, and their answers.

Whoever reads an alert pastes the command or the text. So both are taken from the mail's own lines: a text
that is malformed, or a log group that isn't there, is a failure of the scenario, whatever it is about.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from scenarios.cloud.world import World
from scenarios.queries.insights import MalformedQuery, QueryNotSimulated, Result
from scenarios.runner.words.questions import ANSWERED

MOST_ROWS = 4
_COMMAND = ["trailwarden", "query"]
_REFUSALS = (KeyError, MalformedQuery, QueryNotSimulated, ValueError)


@dataclass(frozen=True, slots=True)
class Pasted:
    """A question of a mail: the command's words, and the text in the line below it."""

    command: tuple[str, ...]
    text: str

    @property
    def name(self) -> str:
        """The question's name, with its value."""
        value = self._option("--set").partition("=")[2]
        return f"{self.command[2]} ({value})" if value else self.command[2]

    @property
    def since(self) -> str:
        """From when on."""
        return self._option("--since")

    @property
    def place(self) -> tuple[str, str]:
        """The region and the log group."""
        return self._option("--region"), self._option("--log-group")

    def asked(self, world: World) -> Result:
        """What it comes to now. Raises KeyError for a group that isn't there, and what the query raises."""
        since = datetime.fromisoformat(self.since)
        return world.logs.queries.at_once(*self.place, self.text, int(since.timestamp()) * 1000)

    def _option(self, name: str) -> str:
        place = self.command.index(name) if name in self.command else -1
        return self.command[place + 1] if place > 0 else ""


def pasted(text: str) -> Iterator[Pasted]:
    """The questions of a mail that stand in a log group."""
    lines = [line.strip() for line in text.splitlines()]
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith(" ".join(_COMMAND)) and "--log-group" in line:
            yield Pasted(tuple(shlex.split(line)), below)


def unanswerable(world: World) -> list[str]:
    """A sentence for each question of the mail that Logs Insights would refuse."""
    return [each for question in _questions(world) if (each := _refused(world, question))]


def _refused(world: World, question: Pasted) -> str:
    try:
        datetime.fromisoformat(question.since)
        world.logs.queries.askable(*question.place, question.text)
    except _REFUSALS as error:
        return _refusal(question, error)
    return ""


def _refusal(question: Pasted, error: Exception) -> str:
    why = f"there is no log group {error}" if isinstance(error, KeyError) else str(error)
    return f"an alert's question {question.name} can't be asked: {why}"


def answer_questions(world: World) -> None:
    """Add a line to the trace for each row of an answer, the first few, as the log group stands now."""
    for question in _questions(world):
        try:
            result = question.asked(world)
        except _REFUSALS as error:
            world.setting.note(ANSWERED, _refusal(question, error))
            continue
        for row in result.rows[:MOST_ROWS]:
            words = ", ".join(f"{name} {value}" for name, value in row.items())
            world.setting.note(ANSWERED, f"{question.name}: {words}", question=question.command[2], row=row)
        if len(result.rows) > MOST_ROWS:
            world.setting.note(ANSWERED, f"{question.name}: {len(result.rows) - MOST_ROWS} more rows")
        elif not result.rows:
            world.setting.note(ANSWERED, f"{question.name}: no rows")


def _questions(world: World) -> list[Pasted]:
    """Each text once, in the order of the mail; one that is asked again looks back from a later moment."""
    found: dict[str, Pasted] = {}
    for mail in world.topics.inbox:
        for each in pasted(mail.text):
            found.setdefault(each.text, each)
    return list(found.values())
