"""`trailwarden run --faults walk`: what it says while it walks."""

import pytest

from scenarios.commands.walk import time_left


@pytest.mark.parametrize(
    ("share", "says"), [(0, ""), (0.25, "; at most 3 h left"), (0.5, "; at most 1 h left"), (1, "")]
)
def test_how_long_it_goes_on_is_told_from_what_is_done(share, says):
    assert time_left(3600, share) == says
