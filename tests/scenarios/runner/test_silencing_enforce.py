"""Who is told when an administrator blinds Trailwarden, and what is done to it is put back: mode enforce."""

import pytest

from scenarios.runner.silencing import in_the_guide, quiet_world, tried
from tests.sample import ALL


@pytest.mark.skipif(not ALL, reason="it needs a world of its own: .ci/run tries it")
def test_what_the_guide_lists_is_told_in_enforce_unless_it_says_otherwise():
    with quiet_world(enforce=True) as world:
        untold = [pair for pair in in_the_guide() if not tried(world, pair)]

    assert untold == in_the_guide(enforced=True), "python -m scenarios.runner.silencing --write"
