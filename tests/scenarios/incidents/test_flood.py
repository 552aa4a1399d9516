"""A flood of deletions: each is a finding, each is told or counted, none is lost; mails stay few."""

import pytest

from tests.bench.flood import flooded
from tests.sample import ALL

# Of so many, so many are told at once: ten one by one, then the 20th, 40th, 80th, 160th; others by the hour.
DELETIONS, TOLD = (300, 14) if ALL else (60, 12)


@pytest.mark.slow
def test_hundreds_of_deletions_in_a_minute_are_told_or_counted_and_none_is_lost():
    found = flooded(DELETIONS)

    assert found.outcomes == {"told": TOLD, "quiet": DELETIONS - TOLD}
    assert len(found.subjects) == TOLD + 1
    assert found.counted == DELETIONS
    assert found.lost == 0
    assert DELETIONS < found.writes <= 6 * DELETIONS
