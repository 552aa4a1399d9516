"""A snapshot goes on as the play would have gone on."""

import multiprocessing
import random

import pytest

from scenarios.cloud.kernel.fault_points import FaultPoint
from scenarios.runner.walk.snapshots import Snapshots, Told


def _drawn_next() -> tuple[str, str]:
    """What a snapshot draws next, and what the play does; in a process that has no threads."""
    told: list[Told] = []
    random.seed(7)
    with Snapshots(1, told.append).open() as snapshots:
        if snapshots.go_on_with(FaultPoint.parse("1.1.hang")):
            snapshots.end(broken=[str(random.random())])
    return told[0].broken[0], str(random.random())


@pytest.mark.slow
def test_a_snapshot_draws_what_the_play_would_have_drawn():
    with multiprocessing.get_context("fork").Pool(1) as pool:
        in_the_snapshot, in_the_play = pool.apply(_drawn_next)

    assert in_the_snapshot == in_the_play
