"""A remediation's beginning runs at once, and fails where there is work to do; or nothing of it is left."""

from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from scenarios.commands import new
from scenarios.commands.cli import main
from scenarios.packaging.start import KINDS, LONGEST, CannotStart, beginning, completed, put
from tests.project import PROJECT, copied, generated_and_tested, python
from tests.sample import in_turn

NAMES = {
    "event": "door_opened",
    "logs": "a_name_as_long_as_lambda_has_room_for_one_of_us",
    "schedule": "door_2_open",
    "topic": "key_made",
    "config": "door_unused",
}
# Those whose beginnings are run; what they are made of is one for all kinds.
RUN = dict(in_turn(NAMES.items(), of=5))
# The tests that walk over the catalogue.
WALKS = ("tests/scenarios/incidents/test_catalogue_walk.py", "tests/chalicelib/test_catalog.py")


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """A project with a beginning of each of these kinds."""
    project = copied(tmp_path_factory.mktemp("project"), *WALKS)
    for on, name in RUN.items():
        put(project, beginning(project, name, on))
    return project


def written(name):
    folder = "config_rules" if name == NAMES["config"] else "remediations"
    return f"chalicelib/{folder}/{name}.py", f"scenarios/incidents/{name}.py"


def test_every_kind_of_trigger_has_a_beginning():
    assert set(NAMES) == set(KINDS)
    assert max(map(len, NAMES.values())) == LONGEST


@pytest.mark.slow
def test_each_beginning_runs_and_only_its_incident_fails_with_what_comes_next(grown):
    """The near miss is silent, and the catalogue holds together: rows, policies, grants, handlers."""
    scenarios = [f"scenarios/incidents/{name}.py" for name in RUN.values()]

    ran = generated_and_tested(grown, *scenarios, *WALKS, "--junitxml=result.xml")

    cases = {case.get("name"): case for case in ET.parse(grown / "result.xml").iter("testcase")}
    failed = {name: case.find("failure") for name, case in cases.items() if len(case)}
    assert set(failed) == set(RUN.values()), ran.stdout
    for name, failure in failed.items():
        next_step = f"of {name} there came 'INFO: Next: let decide() say what"
        wrong = "it holds NON_COMPLIANT of it" if name == NAMES["config"] else next_step
        assert wrong in failure.text
        assert f"{name}.silent" in cases


@pytest.mark.slow
def test_what_is_written_is_in_this_projects_style(grown):
    files = [path for name in RUN.values() for path in written(name)] + ["app.py", "chalicelib/catalog.py"]

    assert python(grown, "-m", "ruff", "check", "--no-cache", *files).stdout == "All checks passed!\n"
    assert python(grown, "-m", "ruff", "format", "--no-cache", "--check", *files).returncode == 0


@pytest.mark.slow
def test_all_that_is_generated_is_brought_along():
    files = completed(PROJECT, beginning(PROJECT, "door_opened", "event"))

    pages = {path for path in files if path.endswith(".md")}  # the tables may stand in any
    assert set(files) - pages == {
        *written("door_opened"),
        "app.py",
        "chalicelib/catalog.py",
        ".chalice/config.json",
        ".chalice/fragment.json",
        ".chalice/policies/door_opened.json",
    }
    assert sum(files[page].count("| `door_opened` |") for page in pages) == 1
    assert not (PROJECT / "chalicelib/remediations/door_opened.py").exists()


@pytest.mark.slow
def test_what_the_stack_cannot_take_is_told_in_its_words():
    """A function called like a resource of the stack."""
    with pytest.raises(CannotStart, match=r"the stack can't be made with it: declared twice: Ledger"):
        completed(PROJECT, beginning(PROJECT, "ledger", "event"))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("DoorOpened", "'DoorOpened' is no name for a remediation: use small letters"),
        ("door__opened", "'door__opened' is no name"),
        ("2_doors", "'2_doors' is no name"),
        ("../door", "'../door' is no name"),
        ("", "'' is no name"),
        ("lambda", "'lambda' is a word of Python's own"),
        ("scenarios", "'scenarios' is in the path of every scenario"),
        ("incidents", "'incidents' is in the path of every scenario"),
        ("py", "'py' is in the path of every scenario"),
        ("x" * 48, "the name has 48 characters; Lambda leaves room for 47"),
        ("root_login", "'root_login' is taken: chalicelib/catalog.py lists it"),
        ("dead_letters", "'dead_letters' is taken: scenarios/incidents/dead_letters.py is there"),
        ("api_handler", "'api_handler' is taken: .chalice/policies/api_handler.json is there"),
    ],
)
def test_a_name_that_will_not_do_is_one_sentence_and_exit_2(name, sentence):
    result = CliRunner().invoke(main, ["new", "--on", "event", "--", name])

    assert result.exit_code == 2
    assert result.stderr.startswith(f"trailwarden: {sentence}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["door_opened"], "Missing option '--on'"),
        (["door_opened", "--on", "bell"], "Invalid value for '--on'"),
    ],
)
def test_what_wakes_it_must_be_said(arguments, sentence):
    result = CliRunner().invoke(main, ["new", *arguments])

    assert result.exit_code == 2
    assert result.stderr.startswith(f"trailwarden: {sentence}")


def test_elsewhere_than_in_a_checkout_nothing_can_begin(tmp_path):
    with pytest.raises(CannotStart, match=r"is no checkout of Trailwarden: app\.py is missing"):
        beginning(tmp_path, "door_opened", "event")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The command on two files of a folder, for what becomes of them."""
    (tmp_path / "app.py").write_text("as it was\n")
    monkeypatch.setattr(new, "PROJECT", tmp_path)
    monkeypatch.setattr(new, "beginning", lambda project, name, on: {"app.py": on, f"{name}.py": name})
    monkeypatch.setattr(new, "completed", lambda project, files: files)
    return tmp_path


def test_each_file_is_told_and_what_to_run_next(small):
    result = CliRunner().invoke(main, ["new", "door", "--on", "event"])

    assert result.exit_code == 0
    assert result.output.splitlines()[:4] == [
        "changed       app.py",
        "wrote         door.py",
        "",
        "Next: pytest scenarios -k door",
    ]
    assert (small / "door.py").read_text() == "door"


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(small):
    result = CliRunner().invoke(main, ["new", "door", "--on", "event", "--dry-run"])

    assert result.output.splitlines() == ["would change  app.py", "would write   door.py"]
    assert [path.name for path in small.iterdir()] == ["app.py"]
    assert (small / "app.py").read_text() == "as it was\n"


def test_what_fails_half_way_leaves_nothing_behind(tmp_path):
    (tmp_path / "app.py").write_text("as it was\n")

    with pytest.raises(FileNotFoundError):
        put(tmp_path, {"app.py": "new", "door.py": "new", "nowhere/door.py": "new"})

    assert (tmp_path / "app.py").read_text() == "as it was\n"
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]


def test_a_file_that_cannot_be_written_is_named_and_exits_with_2(small):
    (small / "door.py").mkdir()

    result = CliRunner().invoke(main, ["new", "door", "--on", "event"])

    assert result.exit_code == 2
    assert result.stderr == f"trailwarden: {small}/door.py: is a directory; nothing was written\n"
