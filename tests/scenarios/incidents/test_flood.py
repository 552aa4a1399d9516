"""A flood of deletions: each is a finding, each is told or counted, none is lost; mails stay few."""

from tests.bench.flood import flooded


def test_three_hundred_deletions_in_a_minute_are_told_or_counted_and_none_is_lost():
    found = flooded(300)

    assert found.outcomes == {"told": 14, "quiet": 286}
    # Ten one by one, then the 20th, 40th, 80th, 160th; the rest by the hour.
    assert len(found.subjects) == 14 + 1
    assert found.counted == 300
    assert found.lost == 0
    assert found.writes <= 7 * 300
