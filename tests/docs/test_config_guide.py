"""The worked rule of AWS Config is put together from its page's own blocks, in a copy of the project."""

import re

import pytest

from tests.docs.snippets import blocks, put_together
from tests.docs.worked import TODAYS, worked
from tests.project import PROJECT, generated_and_tested, python

PAGE = "docs/config-rules.md"
TEXT = (PROJECT / PAGE).read_text()
NAME = "bucket_versions"
MODULE, SCENARIO = f"chalicelib/config_rules/{NAME}.py", f"scenarios/incidents/{NAME}.py"
RUN = f"from scenarios.commands.cli import main\nmain(['run', '{NAME}', '--trace'], standalone_mode=False)"

THE_RULES_TURN = pytest.mark.skipif(PAGE not in TODAYS, reason="the other guide has its turn today")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return worked(tmp_path_factory.mktemp("rule"), PAGE, TEXT, NAME, "config")


@pytest.fixture(scope="module")
def printed(project):
    """What its tests print, and then its run."""
    return generated_and_tested(project, SCENARIO, "-vv", then=RUN).stdout


def test_the_page_writes_the_two_files_that_new_begins():
    assert set(put_together(PAGE, TEXT)) == {MODULE, SCENARIO}
    assert f"trailwarden new {NAME} --on config" in TEXT
    assert not (PROJECT / MODULE).exists()


@pytest.mark.slow
@THE_RULES_TURN
def test_the_worked_rule_judges_tells_is_mended_and_stays_silent(printed):
    assert re.findall(rf"::{NAME}\W*(\w*) PASSED", printed) == ["", "enforced", "silent"], printed


@pytest.mark.slow
@THE_RULES_TURN
def test_what_the_page_says_that_run_prints_is_what_it_prints(printed):
    (block,) = (each for each in blocks(PAGE, TEXT) if each.language == "text")

    assert [line for line in block.text.splitlines() if line not in printed] == []


@pytest.mark.slow
def test_the_worked_rule_is_in_this_projects_style(project):
    checked = python(project, "-m", "ruff", "check", "--no-cache", MODULE, SCENARIO, "app.py")

    assert checked.stdout == "All checks passed!\n"
    assert python(project, "-m", "ruff", "format", "--no-cache", "--check", MODULE, SCENARIO).returncode == 0
