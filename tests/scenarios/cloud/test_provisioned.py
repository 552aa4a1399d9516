"""A world that an earlier process provisioned is the one that this process would provision, byte for byte."""

import json
import os
import subprocess
import sys

import pytest

from scenarios.cloud import provisioned, provisioning
from scenarios.cloud.deployment import Deployment
from scenarios.cloud.kernel import kept_on_disk
from scenarios.cloud.world import World
from tests.project import PROJECT
from tests.scenarios.cloud.kernel.kept_folder import kept_in

# Another account's archive, an existing trail, further regions and parameters, AWS Config's rules.
KINDS = [
    "trail_stopped.archive_account",
    "root_login.existing_trail",
    "table_deleted.elsewhere",
    "noncompliant",
]

# Each scenario under a seed, and, in a world that is in memory by then, under another one with faults.
_TELLS = """
import hashlib, json, sys
from pathlib import Path
from scenarios.cloud import provisioned
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.runner.library import named
from scenarios.runner.run import run
from tests.scenarios.cloud.kernel.kept_folder import kept_in

read, found = provisioned.read, []
def noting(deployment):
    found.append(read(deployment))
    return found[-1]
provisioned.read = noting
told = {}
with kept_in(Path(sys.argv[1])):
    for scenario in named(sys.argv[2:]):
        for seed, faults in ((1, "none"), (7, "throttled")):
            report = run(scenario, seed=seed, faults=PROFILES[faults])
            told.setdefault(scenario.name, []).append(
                [f"{each.at} {each.kind} {each.words} {each.facts} {each.cause}" for each in report.timeline]
                + [*report.failures]
            )
print(json.dumps({"told": told, "read": [each is not None for each in found]}))
"""


def tells(folder, names):
    """What a fresh process tells of these scenarios, and which of their worlds it found on disk."""
    done = subprocess.run(
        [sys.executable, "-c", _TELLS, folder, *names],
        cwd=PROJECT,
        env={**os.environ, "PYTHONHASHSEED": "random"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_world_from_disk_is_the_same_as_one_from_memory_and_one_made_anew(tmp_path):
    made = tells(tmp_path, KINDS)
    read = tells(tmp_path, KINDS[::-1])

    assert made["read"] == [False] * (len(KINDS) + 1)  # one has a spoke, and the home's stack is made first
    assert read["read"] == [True] * len(KINDS)
    assert read["told"] == made["told"]
    assert all(first != other for first, other in made["told"].values())


# ---- what is kept -------------------------------------------------------------------------------


def deployment(*, queues, name="Q"):
    resources = {f"{name}{number}": {"Type": "AWS::SQS::Queue"} for number in range(queues)}
    return Deployment(
        template=json.dumps({"Metadata": {"Long": "x" * 100_000 * (queues > 1)}, "Resources": resources})
    )


def queues_in(wanted):
    """The queues of a deployment's world, provisioned anew or read."""
    kept, provisioning._KEPT = provisioning._KEPT, {}
    try:
        with World(wanted) as made:
            admin = made.client(made.user("ann"), "sqs")
            return admin.list_queues().get("QueueUrls"), made.home.resources
    finally:
        provisioning._KEPT = kept


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What is read of the disk, and whether anything was there."""
    noted, read = [], provisioned.read

    def noting(text):
        found = read(text)
        noted.append(found is not None)
        return found

    monkeypatch.setattr(provisioned, "read", noting)
    with kept_in(tmp_path):
        yield noted


def test_a_deployment_is_read_where_it_was_kept_and_no_other(asked):
    one, other = deployment(queues=2), deployment(queues=2, name="P")

    first = queues_in(one)
    again = queues_in(one)
    queues_in(other)

    assert asked == [False, True, False]
    assert first == again
    assert len(first[0]) == 2


def test_what_is_small_is_made_anew(asked, tmp_path):
    queues_in(deployment(queues=1))

    assert queues_in(deployment(queues=1))[0]
    assert (asked, list(tmp_path.iterdir())) == ([False, False], [])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"not a pickle", id="no pickle"),
        pytest.param(b"\x80\x05K\x01.", id="another object"),
    ],
)
def test_what_cannot_be_read_is_made_anew_and_replaced(asked, monkeypatch, content):
    one = deployment(queues=2)
    first = queues_in(one)
    kept_on_disk.write(repr(provisioning.kept_as(one)), content)

    assert queues_in(one) == first
    assert queues_in(one) == first
    assert asked == [False, False, True]


def test_a_state_that_cannot_be_told_is_not_kept(asked, tmp_path):
    one = deployment(queues=2)
    named = provisioned.Snapshot.named
    provisioned.Snapshot.named = lambda _: None
    try:
        queues_in(one)
    finally:
        provisioned.Snapshot.named = named

    assert list(tmp_path.iterdir()) == []
