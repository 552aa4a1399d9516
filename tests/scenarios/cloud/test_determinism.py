"""One seed, one trace, byte for byte: in fresh processes, whatever their hash seed and time zone."""

import json
import os
import subprocess
import sys

import pytest

from tests.project import PROJECT

# Prints a line for each scenario of each module that has any, or for the first of each: its name, and all
# that a reader is shown of it.
TELL = """
import importlib, json, pkgutil, sys
from scenarios import incidents
from scenarios.runner.run import run

seed, most = int(sys.argv[1]), int(sys.argv[2])
for found in sorted(pkgutil.iter_modules(incidents.__path__), key=lambda each: each.name):
    path = f"{incidents.__path__[0]}/{found.name}.py"
    if found.ispkg or "SCENARIOS" not in open(path).read():
        continue
    for scenario in importlib.import_module(f"scenarios.incidents.{found.name}").SCENARIOS[:most]:
        report = run(scenario, seed=seed)
        trace = [f"{each.at.isoformat()} {each.kind} {each.words} {each.facts}" for each in report.timeline]
        print(json.dumps({"name": scenario.name, "trace": trace}))
"""


def told(seed, most=1000, **environment):
    """Begin to tell all scenarios, or the first so many of each module, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", TELL, str(seed), str(most)],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def traces(process):
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return {each["name"]: each["trace"] for each in map(json.loads, out.splitlines())}


@pytest.fixture(scope="module")
def runs():
    """The first of each module on two machines as unlike as can be, and one more under another seed."""
    began = {
        "here": told(1, most=1, PYTHONHASHSEED="0", TZ="UTC"),
        "there": told(
            1, most=1, PYTHONHASHSEED="4242", TZ="Asia/Kathmandu", LANG="tr_TR.UTF-8", AWS_REGION="eu-north-1"
        ),
        "another seed": told(2, most=1, PYTHONHASHSEED="0", TZ="UTC"),
    }
    return {name: traces(process) for name, process in began.items()}


def test_every_scenario_is_told(runs):
    names = set(runs["here"])

    assert {"root_login", "table_deleted"} <= names
    assert all(runs["here"].values())
    assert names == set(runs["there"])


def test_one_seed_gives_one_trace_wherever_it_runs(runs):
    unlike = {
        name: next(pair for pair in zip(trace, runs["there"][name], strict=False) if pair[0] != pair[1])
        for name, trace in runs["here"].items()
        if trace != runs["there"][name]
    }

    assert unlike == {}


def test_another_seed_gives_another_trace(runs):
    same = [name for name, trace in runs["another seed"].items() if trace == runs["here"][name]]

    assert same == []
