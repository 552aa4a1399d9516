"""`trailwarden doctor`, from the command line to the exit code."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from scenarios.cloud.world import World
from scenarios.commands import doctor
from scenarios.commands.cli import main
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario

HOME = "us-east-1"
TRAIL = "arn:aws:cloudtrail:us-east-1:123456789012:trail/trailwarden-trail"


@pytest.fixture
def world():
    """The packaged stack, just deployed."""
    scenario = Scenario(name="doctor", title="nothing happens", when=(), then=())
    with World(deployment_of(scenario)) as each:
        yield each


@pytest.fixture
def clients(world):
    alice = world.user("alice")
    return lambda service, region="": world.client(alice, service, region)


def examined(clients, capsys, **options):
    code = doctor.run(clients, HOME, "trailwarden", **{"fix": False, "yes": False, "form": "text", **options})
    return code, capsys.readouterr()


@pytest.mark.slow
def test_all_well_is_told_and_exits_with_0(clients, capsys):
    code, told = examined(clients, capsys)

    assert code == 0
    assert told.out.startswith("OK (")
    assert told.out.splitlines()[-1].endswith(" well")
    assert told.err == ""


@pytest.mark.slow
def test_what_is_unwatched_exits_with_1_and_is_mended_on_request(clients, capsys):
    clients("cloudtrail").stop_logging(Name="trailwarden-trail")

    code, told = examined(clients, capsys)
    assert code == 1
    assert "the trail doesn't log" in told.out

    code, told = examined(clients, capsys, fix=True, yes=True)
    assert code == 0
    assert told.err.splitlines() == [
        f"the trail doesn't log: nothing is written down, and no rule hears of any call [{TRAIL}]",
        f"  in account 123456789012: aws cloudtrail start-logging --name {TRAIL} --region us-east-1",
        "  done",
    ]
    assert "the trail logs and delivers" in told.out


@pytest.mark.slow
def test_json_is_one_object_a_finding(clients, capsys):
    clients("cloudtrail").stop_logging(Name="trailwarden-trail")

    code, told = examined(clients, capsys, form="json")
    [finding] = [each for each in map(json.loads, told.out.splitlines()) if each["standing"] == "unwatched"]

    assert code == 1
    assert set(finding) == {"standing", "severity", "what", "where", "mend", "fixable", "source"}
    assert (finding["severity"], finding["fixable"]) == ("CRITICAL", True)


def test_fix_without_a_terminal_wants_yes():
    result = CliRunner().invoke(main, ["doctor", "--fix", "--region", HOME])

    assert result.exit_code == 2
    assert "--yes" in result.stderr


def test_a_profile_that_is_not_there_is_one_sentence():
    result = CliRunner().invoke(main, ["doctor", "--profile", "nobody", "--region", HOME])

    assert result.exit_code == 2
    assert result.stderr == "trailwarden: The config profile (nobody) could not be found\n"


def test_without_a_region_it_asks_for_one():
    result = CliRunner().invoke(main, ["doctor"])

    assert result.exit_code == 2
    assert "--region names the home region" in result.stderr


@pytest.mark.slow
def test_no_credentials_is_something_that_could_not_be_told():
    result = CliRunner().invoke(main, ["doctor", "--region", HOME], env={"AWS_EC2_METADATA_DISABLED": "true"})

    assert result.exit_code == 2
    assert "Unable to locate credentials" in result.stdout


@pytest.mark.slow
def test_it_holds_no_simulated_aws():
    code = (
        "import sys, scenarios.commands.doctor; print([n for n in ('moto', 'freezegun') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=dict(os.environ)
    )

    assert done.stdout == "[]\n"
