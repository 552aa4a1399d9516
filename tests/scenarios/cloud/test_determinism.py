"""One seed, one trace, byte for byte: in fresh processes, whatever their hash seed and time zone."""

import json
import os
import subprocess
import sys

import pytest

from tests.project import PROJECT
from tests.sample import ALL, in_turn
from tests.scenarios.cloud import telling
from tests.shared import made_once

INCIDENTS = PROJECT / "scenarios" / "incidents"

FURTHER_SEEDS = ("root_login", "failed_login", "table_deleted")


def modules():
    """Those that hold scenarios; of those that tell nothing under a further seed, a sample."""
    found = sorted(path.stem for path in INCIDENTS.glob("*.py") if "SCENARIOS" in path.read_text())
    return [*FURTHER_SEEDS, *in_turn((each for each in found if each not in FURTHER_SEEDS), of=20, in_ci=3)]


def begun(*seeds, **environment):
    """Begin to tell the first scenario of each of the modules, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", telling.__name__, json.dumps([modules(), FURTHER_SEEDS, seeds])],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return map(json.loads, out.splitlines())


def traces(told):
    """What was told, by seed and name."""
    found = {}
    for each in told:
        found.setdefault(each["seed"], {})[each["name"]] = each["trace"]
    return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The first of each module on two machines as unlike as can be, and a few under another seed, too.

    At a desk the first of these machines is this process, with all that it has run before.
    """

    def made():
        unlike = {"TZ": "Asia/Kathmandu", "LANG": "tr_TR.UTF-8", "AWS_REGION": "eu-north-1"}
        there = begun(1, PYTHONHASHSEED="4242", **unlike)
        if ALL:
            here = traces(ended(begun(1, 2, PYTHONHASHSEED="0", TZ="UTC")))
        else:
            here = traces(telling.told(modules(), FURTHER_SEEDS, (1, 2)))
        found = {"here": here[1], "another seed": here[2], "there": traces(ended(there))[1]}
        return json.dumps(found)

    return json.loads(made_once(tmp_path_factory, "traces_of_two_machines", made))


@pytest.mark.slow
def test_every_scenario_is_told(runs):
    names = set(runs["here"])

    assert {"root_login", "table_deleted"} <= names
    assert all(runs["here"].values())
    assert names == set(runs["there"])


@pytest.mark.slow
def test_one_seed_gives_one_trace_wherever_it_runs(runs):
    unlike = {
        name: next(pair for pair in zip(trace, runs["there"][name], strict=False) if pair[0] != pair[1])
        for name, trace in runs["here"].items()
        if trace != runs["there"][name]
    }

    assert unlike == {}


@pytest.mark.slow
def test_another_seed_gives_another_trace(runs):
    again = runs["another seed"]

    assert set(again) == set(FURTHER_SEEDS)
    assert [name for name, trace in again.items() if trace == runs["here"][name]] == []
