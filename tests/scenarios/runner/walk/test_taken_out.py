"""What protects an account, taken out one at a time: the walk notices each, at the point named here."""

import shutil
from dataclasses import dataclass

import pytest

from scenarios.cloud.functions.runtime_environment import PROJECT
from scenarios.runner.library import named
from scenarios.runner.walk.walk import walk_one
from tests.sample import in_turn
from tests.scenarios.runner.walk.of_function import point_of


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A part of the product: where it stands, what stands there without it, and which point tells.

    `point`: as `point_of` reads it.
    """

    what: str
    path: str
    text: str
    without: str
    scenario: str
    point: str
    says: frozenset[str]

    def __str__(self):
        return self.what

    def out_of(self, folder):
        """A copy of the product without it."""
        shutil.copy(PROJECT / "app.py", folder)
        shutil.copytree(PROJECT / "chalicelib", folder / "chalicelib")
        file = folder / "chalicelib" / self.path
        whole = file.read_text()
        assert whole.count(self.text) == 1, f"{self.path} reads otherwise now"
        file.write_text(whole.replace(self.text, self.without))
        return folder


def part(what, path, **more):
    return Taken(what=what, path=path, **more)


_SENDS = "            try:\n                said = self.voice.say("
_ACTS = "            entry, error = self._acted(entry, event)\n"
PARTS = [
    part(
        "the claim",
        "ledger/claims.py",
        text="    if not taken.written:\n        if taken.other",
        without="    if False:\n        if taken.other",
        scenario="root_login",
        point="RootLogin 1.7.meanwhile",
        says={"no alert is sent twice", "a second delivery changes nothing"},
    ),
    part(
        "send, then mark as sent",
        "runtime/answer.py",
        text=_SENDS,
        without=f"            entry = self._marked(entry, mark, index)\n{_SENDS}",
        scenario="root_login",
        point="RootLogin 1.5.crash-after",
        says={"each alert is sent", "the ledger tells the truth"},
    ),
    part(
        "act, then tell",
        "runtime/answer.py",
        text=_ACTS,
        without=f"            entry = self._tell(entry)\n{_ACTS}",
        scenario="table_deleted.enforced",
        point="TableDeleted 2.2.crash-after",
        says={"the ledger tells the truth"},
    ),
    part(
        "act, then note it as done",
        "runtime/execute.py",
        text="ledger.did(entry, index, CallProgress.BEGUN)",
        without="ledger.did(entry, index, CallProgress.DONE)",
        scenario="table_deleted.enforced",
        point="TableDeleted 2.12.crash-after",
        says={"the ledger tells the truth", "the end is the same or told"},
    ),
    part(
        "a plan that waited is held against fresh facts",
        "runtime/fresh.py",
        text="    wanted += [call for call in also if call not in wanted]\n",
        without="    return entry\n",
        scenario="trail_stopped.bucket",
        point="TrailStopped 2.19.crash-after",
        says={"nothing is done twice"},
    ),
    part(
        "the hour's cap",
        "runtime/gate.py",
        text="        if self._ledger.may_act(entry, now, most):\n",
        without="        if True:\n",
        scenario="table_deleted.capped",
        point="TableDeleted 1.2.crash-after",
        says={"no remediation acts more often than its cap"},
    ),
    part(
        "the loop guard",
        "runtime/answer.py",
        text='        return ":role/" in principal and principal == self.aws.role\n',
        without="        return False\n",
        scenario="trail_stopped.bucket",
        point="TrailStopped 1.2.crash-after",
        says={"no function answers itself"},
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("part", in_turn(PARTS, of=len(PARTS), in_ci=2), ids=str)
def test_what_is_taken_out_is_noticed(part, tmp_path):
    (scenario,) = named([part.scenario])
    point = point_of(scenario, part.point)

    _, whole = walk_one(scenario, point)
    _, without = walk_one(scenario, point, code=part.out_of(tmp_path))

    assert whole == []
    assert {sentence.partition(":")[0] for sentence in without} >= part.says
