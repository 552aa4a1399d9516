"""What `make test` leaves out for a day has its turn on another one, and no quick test is ever left out."""

from dataclasses import dataclass

import pytest

from tests import sample


@dataclass(frozen=True)
class Item:
    number: int
    slow: bool

    def get_closest_marker(self, name):
        assert name == "slow"
        return pytest.mark.slow if self.slow else None


ITEMS = [Item(number, slow=number % 3 == 0) for number in range(30)]
SLOW = [item for item in ITEMS if item.slow]


@pytest.fixture(autouse=True)
def desk(monkeypatch):
    monkeypatch.setattr(sample, "ALL", False)
    monkeypatch.setattr(sample, "WHOLE", False)


def test_each_slow_test_has_its_turn_on_one_of_the_days_and_quick_ones_on_each():
    days = [sample.without_a_turn(ITEMS, of=4, day=20_000 + day) for day in range(4)]

    assert all(item.slow for left_out in days for item in left_out)
    assert sorted(item.number for left_out in days for item in set(SLOW) - set(left_out)) == [
        item.number for item in SLOW
    ]


def test_all_run_where_no_part_is_asked_for():
    assert sample.without_a_turn(ITEMS, of=1) == []


def test_all_run_before_anything_lands(monkeypatch):
    monkeypatch.setattr(sample, "ALL", True)

    assert sample.without_a_turn(ITEMS, of=4) == []
