"""`trailwarden package`: what is written, linted and said; the wheels are left out, they need a network."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main
from scenarios.packaging import lambda_package, sam


def trailwarden(*arguments):
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def offline(monkeypatch):
    """A zip without wheels, and a checkout whose generated files are left as they are."""
    build = lambda_package.build_zip
    monkeypatch.setattr(lambda_package, "build_zip", lambda target: build(target, lambda into: None))
    monkeypatch.setattr(sam, "regenerate", list)


@pytest.mark.slow
@pytest.mark.usefixtures("offline")
def test_the_files_are_written_linted_and_the_next_commands_told(tmp_path, monkeypatch):
    """Cfn-lint itself is run on these templates by the tests of packaging: it takes seconds."""
    out, linted = tmp_path / "new" / "out", []
    monkeypatch.setattr(lambda_package, "lint", lambda paths: linted.extend(paths.values()) or [])

    result = trailwarden("package", str(out))

    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == [
        "archive.json",
        "config-rules.json",
        "deployment.zip",
        "host.json",
        "sam.json",
        "spoke.json",
    ]
    assert sorted(linted) == sorted(out.iterdir())
    assert "linted      clean, before and after the transform" in result.stdout
    assert f"aws cloudformation package --template-file {out}/sam.json" in result.stdout
    assert "--capabilities CAPABILITY_IAM --parameter-overrides AlertEmail=" in result.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("offline")
def test_a_finding_is_told_and_exits_with_1(tmp_path, monkeypatch):
    monkeypatch.setattr(lambda_package, "lint", lambda paths: ["sam.json: Resources/X: E3012 is wrong"])

    result = trailwarden("package", str(tmp_path))

    assert result.exit_code == 1
    assert "sam.json: Resources/X: E3012 is wrong" in result.stdout
    assert "aws cloudformation" not in result.stdout
    assert result.stderr == "trailwarden: 1 finding; do not deploy this\n"


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            ["--stage", "qa", "OUT"], "there is no stage 'qa'; .chalice/config.json has", id="stage"
        ),
        pytest.param(["--stage", "local", "OUT"], "the stage 'local' runs on the simulated AWS", id="local"),
        pytest.param(["FILE"], "Invalid value for 'OUT': Directory 'FILE' is a file.", id="a file"),
        pytest.param(["FILE/OUT"], "FILE/OUT: not a directory", id="below a file"),
        pytest.param([], "Missing argument 'OUT'.", id="nowhere"),
        pytest.param([""], "OUT is empty", id="an empty name"),
    ],
)
def test_bad_usage_is_one_sentence_and_exits_with_2(arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("FILE").touch()

    result = trailwarden("package", *arguments)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"trailwarden: {sentence}")
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.usefixtures("offline")
def test_wheels_that_cannot_be_had_are_one_sentence(tmp_path, monkeypatch):
    def no_network(_target):
        raise lambda_package.CannotBuild("the wheels for Lambda could not be fetched: no such host")

    monkeypatch.setattr(lambda_package, "build_zip", no_network)

    result = trailwarden("package", str(tmp_path))

    assert result.exit_code == 2
    assert result.stderr == "trailwarden: the wheels for Lambda could not be fetched: no such host\n"
