"""What is kept on disk comes back whole, or not at all: never from others, never from other sources."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scenarios.cloud.kernel import kept_on_disk
from scenarios.cloud.kernel.kept_on_disk import folder_of, read, state_of_sources, switched_off, write
from tests.house.imports import reached, within
from tests.project import PROJECT
from tests.scenarios.cloud.kernel.kept_folder import kept_in

CONTENT = b"what took long" * 100


@pytest.fixture
def folder(tmp_path):
    with kept_in(tmp_path / "cache" / "trailwarden") as here:
        yield here


def the_file(folder):
    (file,) = folder.iterdir()
    return file


def test_what_was_kept_is_read_by_whoever_asks_the_same(folder):
    assert read("this") is None

    write("this", CONTENT)

    assert (read("this"), read("that")) == (CONTENT, None)


def test_nobody_else_can_look_into_the_folder_or_the_file(folder):
    write("this", CONTENT)

    modes = [path.stat().st_mode & 0o777 for path in (folder.parent, folder, the_file(folder))]
    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("mode", [pytest.param(0o770, id="group"), pytest.param(0o707, id="everybody")])
def test_a_folder_that_others_can_write_is_left_alone(folder, mode):
    write("this", CONTENT)
    folder.chmod(mode)

    write("that", CONTENT)

    assert (read("this"), len(list(folder.iterdir()))) == (None, 1)


def test_a_file_that_others_can_write_is_left_alone(folder):
    write("this", CONTENT)
    the_file(folder).chmod(0o620)

    assert read("this") is None


@pytest.mark.parametrize("whose", ["folder", "file"])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give away a file")
def test_what_belongs_to_somebody_else_is_left_alone(folder, whose):
    write("this", CONTENT)
    os.chown({"folder": folder, "file": the_file(folder)}[whose], 65534, 65534)

    assert read("this") is None


@pytest.mark.parametrize("linked", ["folder", "file"])
def test_links_are_not_followed(folder, linked):
    write("this", CONTENT)
    one = folder if linked == "folder" else the_file(folder)
    elsewhere = folder.parent / "elsewhere"
    one.rename(elsewhere)
    one.symlink_to(elsewhere)

    assert read("this") is None


@pytest.mark.parametrize(
    "breaks",
    [
        pytest.param(lambda text: text[: len(text) // 2], id="half of it"),
        pytest.param(lambda text: b"", id="nothing"),
        pytest.param(lambda text: text[:-3] + b"!" + text[-2:], id="another byte"),
        pytest.param(lambda text: b"\x80" * len(text), id="something else"),
    ],
)
def test_a_broken_file_is_nothing_and_is_written_anew(folder, breaks):
    write("this", CONTENT)
    file = the_file(folder)
    file.write_bytes(breaks(file.read_bytes()))

    assert read("this") is None
    write("this", CONTENT)
    assert read("this") == CONTENT


def test_where_nothing_can_be_written_nothing_happens(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "trailwarden", tmp_path / "not" / "at" / "all", Path("/dev/null")):
        with kept_in(folder):
            write("this", CONTENT)
            assert read("this") is None


def test_a_write_that_fails_leaves_nothing_behind(folder, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with kept_in(folder):
        write("this", CONTENT)

    assert list(folder.iterdir()) == []


def test_what_was_not_used_for_longest_goes_and_what_is_not_ours_stays(folder):
    folder.mkdir(parents=True, mode=0o700)
    (folder / "letter.txt").write_bytes(b" " * 5000)
    with kept_in(folder, most_bytes=4000, most_files=3):
        for number, asked in enumerate("abc"):
            write(asked, os.urandom(1000))
            for file in folder.glob("*.kept"):
                os.utime(file, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns - 10**10))
            assert read("a") is not None, number
        write("d", os.urandom(1000))
        by_count = [read(asked) is not None for asked in "abcd"]
        write("e", os.urandom(3500))
        by_size = [read(asked) is not None for asked in "abcde"]

    assert by_count == [True, False, True, True]
    assert by_size == [False, False, False, False, True]
    assert (folder / "letter.txt").exists()


def test_switched_off_nothing_is_read_or_kept(folder):
    write("this", CONTENT)
    with switched_off():
        write("that", CONTENT)
        assert read("this") is None

    assert (read("this"), read("that")) == (CONTENT, None)


def test_a_setting_of_moto_is_another_input(folder, monkeypatch):
    write("this", CONTENT)
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

    assert read("this") is None


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"TRAILWARDEN_CACHE": "off", "XDG_CACHE_HOME": "/x"}, None),
        ({"TRAILWARDEN_CACHE": ""}, None),
        ({"TRAILWARDEN_CACHE": "/mine", "XDG_CACHE_HOME": "/x"}, Path("/mine")),
        ({"XDG_CACHE_HOME": "/x"}, Path("/x/trailwarden")),
        ({"XDG_CACHE_HOME": "x"}, Path.home() / ".cache/trailwarden"),
        ({}, Path.home() / ".cache/trailwarden"),
    ],
)
def test_where_it_is(variables, expected):
    assert folder_of(variables) == expected


# ---- sources ------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one small file in place of each source, older than this process."""
    for each in kept_on_disk.SOURCES:
        place = tmp_path / each if Path(each).suffix else tmp_path / each / "inner" / "module.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("A = 1\n")
    monkeypatch.setattr(kept_on_disk, "_LOADED", time.time_ns() + 3600 * 10**9)
    return tmp_path


def state_now(project):
    return state_of_sources.__wrapped__(project)


SOME = sorted({*kept_on_disk.SOURCES} - {"scenarios/__init__.py"})


@pytest.mark.parametrize("source", SOME)
def test_another_source_is_another_name(project, source):
    file = project / source if Path(source).suffix else project / source / "inner" / "module.py"
    states = [state_now(project)]
    times = file.stat().st_atime_ns, file.stat().st_mtime_ns
    file.write_text("A = 2\n")
    states.append(state_now(project))
    os.utime(file, ns=times)  # as a copy may keep them
    states.append(state_now(project))
    if not Path(source).suffix:
        file.with_name("more.json").write_text("{}")
        states.append(state_now(project))

    assert None not in states
    assert len(set(states)) == len(states)


def test_unchanged_sources_and_what_is_compiled_of_them_are_the_same_name(project):
    before = state_now(project)
    (project / "scenarios/cloud/__pycache__").mkdir()
    (project / "scenarios/cloud/__pycache__/module.pyc").write_text("")

    assert state_now(project) == before is not None


def test_another_place_or_library_or_interpreter_is_another_name(project, tmp_path_factory, monkeypatch):
    site = tmp_path_factory.mktemp("site")
    (site / "moto-5.2.5.dist-info").mkdir()
    libraries = kept_on_disk._libraries()
    assert any(each.name.startswith("moto-") for folder in libraries for each in folder.glob("*.dist-info"))
    states = [state_now(project)]
    monkeypatch.setattr(kept_on_disk, "_libraries", lambda: {site})
    states.append(state_now(project))
    (site / "moto-5.2.5.dist-info").rename(site / "moto-5.2.6.dist-info")
    states.append(state_now(project))
    monkeypatch.setattr(sys, "version", "another")
    states.append(state_now(project))
    states.append(state_now(shutil.copytree(project, tmp_path_factory.mktemp("elsewhere") / "copy")))

    assert None not in states
    assert len(set(states)) == 5


def test_sources_that_changed_since_the_process_began_are_not_spoken_for(project, monkeypatch):
    monkeypatch.setattr(kept_on_disk, "_LOADED", time.time_ns() + 59 * 10**9)
    assert state_now(project) is None

    monkeypatch.setattr(kept_on_disk, "_LOADED", time.time_ns() + 61 * 10**9)
    assert state_now(project) is not None


def test_a_project_that_lacks_a_source_is_not_spoken_for(project):
    (project / "scenarios/files.py").unlink()

    assert state_now(project) is None


@pytest.mark.slow
def test_every_module_of_ours_that_a_world_imports_or_that_packages_the_stack_is_a_source():
    parts = ("world", "services", "cloudformation.transform", "cloudformation.sam_transform")
    starts = (*(f"scenarios.cloud.{each}" for each in parts), "scenarios.packaging.sam", "app")
    imported = {each for start in starts for each in reached(start)}
    ours = {each for each in imported if each.partition(".")[0] in ("scenarios", "chalicelib", "app")}
    covered = [each.removesuffix(".py").replace("/", ".") for each in kept_on_disk.SOURCES]

    assert {each for each in ours if not any(within(each, one) for one in covered)} == {"scenarios"}
    assert "scenarios/__init__.py" in kept_on_disk.SOURCES
    assert all((PROJECT / each).exists() for each in kept_on_disk.SOURCES)


# ---- many processes -----------------------------------------------------------------------------

_WRITES = """
import sys
from pathlib import Path
from tests.scenarios.cloud.kernel.kept_folder import kept_in
from scenarios.cloud.kernel.kept_on_disk import read, write
with kept_in(Path(sys.argv[1])):
    for turn in range(60):
        content = bytes([turn]) * 200_000
        write("this", content)
        found = read("this")
        assert found is not None and len(set(found)) == 1 and len(found) == 200_000
"""


@pytest.mark.slow
def test_many_processes_write_and_read_at_once(tmp_path):
    begun = [
        subprocess.Popen([sys.executable, "-c", _WRITES, tmp_path / "cache"], cwd=PROJECT) for _ in range(4)
    ]

    assert [each.wait(60) for each in begun] == [0] * 4
    assert len(list((tmp_path / "cache").iterdir())) == 1
