"""`trailwarden run --plot`: an alarm's metric, threshold, states and messages, drawn over time."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main
from scenarios.incidents.root_login import SCENARIO as ROOT_LOGIN
from scenarios.runner.run import run
from scenarios.runner.show.plot import draw


def trailwarden(*arguments):
    return CliRunner().invoke(main, arguments)


@pytest.mark.slow
def test_where_the_log_paths_time_went_is_told_for_each_alarm():
    result = trailwarden("run", "root_login")

    (row,) = [line for line in result.stdout.splitlines() if line.startswith("  RootUsageAlarm ")]
    assert row.split() == ["RootUsageAlarm", "00:00", "01:15", "01:15"]


@pytest.mark.slow
def test_the_picture_shows_metric_threshold_states_and_messages(tmp_path):
    picture = tmp_path / "alarms.svg"

    result = trailwarden("run", "root_login", "cis_alarms", "--plot", str(picture))

    drawn = picture.read_text()
    assert result.exit_code == 0
    assert "2 alarms drawn" in result.stderr
    for words in (
        "root_login: RootUsageAlarm",
        "cis_alarms: IAMChangesAlarm",
        "Trailwarden/trailwarden RootUsage (Sum, 300 s)",
        "threshold 1",
        "ALARM",
        "message left",
    ):
        assert words in drawn


@pytest.mark.slow
def test_the_same_run_draws_the_same_picture(tmp_path):
    report = run(ROOT_LOGIN)

    pictures = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for picture in pictures:
        draw([report], picture)

    assert pictures[0].read_bytes() == pictures[1].read_bytes()


@pytest.mark.slow
def test_a_png_is_one(tmp_path):
    picture = tmp_path / "alarms.png"

    result = trailwarden("run", "root_login", "--plot", str(picture))

    assert result.exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG\r\n")


REFUSED = [
    pytest.param(("root_login", "--plot", "a.pdf"), "--plot writes .png or .svg, not 'a.pdf'", id="neither"),
    pytest.param(("table_deleted", "--plot", "a.png"), "no alarm went off", id="nothing to draw"),
    pytest.param(("root_login", "--plot", "missing/a.png"), "missing/a.png", id="a folder that isn't there"),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED)
def test_what_cannot_be_drawn_is_one_sentence_and_exits_with_2(arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    result = trailwarden("run", *arguments)

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(Path(tmp_path).iterdir())
