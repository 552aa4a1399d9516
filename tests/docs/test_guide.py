"""The guide's remediation is put together from its own blocks, in a copy of the project, and rehearsed there.

Which file a block belongs to stands above it: see `snippets.put_together`.
"""

import inspect
import re
from importlib import import_module
from pkgutil import iter_modules

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main
from scenarios.runner import words
from scenarios.runner.show.report import LABELS
from tests.docs.snippets import blocks, commands, put_together
from tests.docs.worked import TODAYS, worked
from tests.project import PROJECT, generated_and_tested, python

PAGE = "docs/writing-a-remediation.md"
TEXT = (PROJECT / PAGE).read_text()
NAME = "port_opened"
MODULE, SCENARIO = f"chalicelib/remediations/{NAME}.py", f"scenarios/incidents/{NAME}.py"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return worked(tmp_path_factory.mktemp("guide"), PAGE, TEXT, NAME, "event")


def test_the_guide_writes_the_two_files_that_new_begins():
    assert set(put_together(PAGE, TEXT)) == {MODULE, SCENARIO}
    assert f"trailwarden new {NAME} --on event" in TEXT


@pytest.mark.skipif(PAGE not in TODAYS, reason="the other guide has its turn today")
def test_what_the_guide_builds_notices_tells_acts_and_stays_silent(project):
    """Noticed and told; revoked in enforce, and the undo restores; a near miss and a rule that is gone."""
    ran = generated_and_tested(project, SCENARIO, "-vv")

    passed = re.findall(rf"::{NAME}\W*(\w*) PASSED", ran.stdout)
    assert passed == ["", "enforced", "silent", "gone"], ran.stdout


@pytest.mark.slow
def test_what_the_guide_builds_is_in_this_projects_style(project):
    checked = python(project, "-m", "ruff", "check", "--no-cache", MODULE, SCENARIO, "app.py")

    assert checked.stdout == "All checks passed!\n"
    assert python(project, "-m", "ruff", "format", "--no-cache", "--check", MODULE, SCENARIO).returncode == 0


def test_the_guides_remediation_is_not_in_the_catalogue_yet():
    """Once it is, this page must be held against the real one."""
    assert not (PROJECT / MODULE).exists()


def test_what_the_guide_says_that_match_prints_is_what_it_prints():
    (block,) = (each for each in blocks(PAGE, TEXT) if each.language == "console")
    (command,) = commands(PAGE, f"```console\n{block.text}\n```\n")

    result = CliRunner().invoke(main, list(command.words[1:]))

    printed = block.text.partition("'\nevent pattern")[2]
    assert result.output == f"event pattern{printed}\n"


def test_the_lines_the_guide_tells_to_look_for_are_the_timelines_own():
    section = TEXT.partition("## 9. When it stays silent")[2].partition("Why a pattern")[0]
    rows, _, sentence = section.partition("\nA line ")
    named = {*re.findall(r"^\| `([^`]+)`", rows, re.MULTILINE), *re.findall(r"`([a-z ]+)`", sentence)}

    assert {"action", "noticed", "did", "error"} <= named
    assert named - {label for label, _ in LABELS.values()} == set()


def said_words():
    """The words of given, when and then: what the modules of `words` offer, and the methods of actors."""
    for module in iter_modules(words.__path__):
        there = import_module(f"{words.__name__}.{module.name}")
        for name, word in vars(there).items():
            own = getattr(word, "__module__", "") == there.__name__ and not name.startswith("_")
            returned = str(inspect.signature(word).return_annotation) if inspect.isfunction(word) else ""
            if own and (inspect.isclass(word) or re.search(r"\.(Given|Action|Check)\b", returned)):
                yield name


def test_the_guide_lists_every_word():
    section = TEXT.partition("### The words")[2].partition("\n## ")[0]
    listed = {word for code in re.findall(r"`([^`]+)`", section) for word in re.findall(r"\w+", code)}
    offered = set(said_words())

    assert {"table", "Actor", "arrives", "alert", "WatchedHost", "nothing_is_weaker"} <= offered
    assert offered - listed == set()
