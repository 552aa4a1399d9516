"""A flood's counts, without a table: which alert is sent, what it says of those that were not."""

from dataclasses import replace

import pytest

from chalicelib.ledger.floods import LONGEST_VALUE, MOST_TITLES, PERIOD, Floods, heard, joined
from chalicelib.ledger.ledger import LEASE_SECONDS
from chalicelib.remediation import Asked, Flood
from tests.chalicelib.runtime.house import NOON, alert, built, later

ONE = Flood(subject="refused:mallory", most=1)
MORE = Flood(subject="done:mallory", most=3, factor=2)


def course(flood, count, *, every_seconds=1, sent=True):
    """Which of so many alerts are sent, and the wave after them; `sent`: SNS takes them."""
    wave, speaking = None, []
    for number in range(1, count + 1):
        now = later(number * every_seconds)
        place = joined(wave, alert(f"the {number}."), flood, f"e-{number}", now)
        wave = place.wave
        if place.speaks:
            speaking.append(number)
            wave = heard(wave, place.wave, now) if sent else wave
    return speaking, wave


@pytest.mark.parametrize(
    ("flood", "sent"),
    [
        pytest.param(ONE, [1, 10, 100], id="refused calls: one, then each tenfold"),
        pytest.param(MORE, [1, 2, 3, 6, 12, 24, 48, 96], id="others: some, then each doubling"),
    ],
)
def test_the_first_few_are_sent_and_then_the_count(flood, sent):
    speaking, wave = course(flood, 120)

    assert speaking == sent
    assert (wave.count, wave.told) == (120, sent[-1])


def test_an_alert_that_sns_did_not_take_is_sent_by_the_next_when_its_lease_is_over():
    speaking, wave = course(ONE, 120, sent=False)

    assert speaking == [1, 1 + LEASE_SECONDS, 1 + 2 * LEASE_SECONDS]
    assert wave.told == 0


def test_a_retry_speaks_for_its_own_place_and_is_not_counted_twice():
    _, wave = course(ONE, 1, sent=False)

    place = joined(wave, alert("the 1."), ONE, "e-1", later(2))

    assert place.speaks
    assert (place.wave.count, place.folded, place.titles) == (1, 0, ())


def test_what_was_folded_is_told_with_the_next_one_sent():
    _, wave = course(ONE, 9)

    place = joined(wave, alert("the 10."), ONE, "e-10", later(10))

    assert place.speaks
    assert place.folded == 8
    assert place.titles == tuple(f"the {number}." for number in range(2, 10))


def test_a_flood_goes_on_after_an_hour_and_is_spoken_of_then():
    _, wave = course(ONE, 5)

    late = joined(wave, alert("late"), ONE, "late", later(1) + PERIOD)
    over = joined(
        heard(late.wave, late.wave, later(2) + PERIOD), alert("new"), ONE, "new", later(9) + 2 * PERIOD
    )

    assert (late.speaks, late.folded) == (True, 4)
    assert (over.speaks, over.wave.count) == (True, 1)


def test_titles_are_few_and_those_that_joined_while_one_was_sent_stay():
    _, wave = course(ONE, 500)
    assert len(wave.titles) == MOST_TITLES

    place = joined(None, alert("first"), ONE, "e-1", NOON)
    second = joined(place.wave, alert("second"), ONE, "e-2", NOON).wave

    assert heard(second, place.wave, NOON).titles == ("second",)
    assert heard(second, place.wave, NOON).untold == 1


@pytest.mark.slow
def test_the_ledger_gives_back_what_it_was_given():
    with built() as house:
        floods = Floods(house.ledger, "remedy")
        places = [floods.join(alert(f"the {n}."), ONE, f"e-{n}", later(n)) for n in range(3)]
        leased = list(floods.left_over(later(3)))
        floods.told(places[0], later(4))

        (left,) = floods.left_over(later(5))
        beside = list(floods.left_over(later(6)))
        (again,) = floods.left_over(later(5 + LEASE_SECONDS))

    assert leased == []  # the first is about to be sent
    assert beside == []  # the hourly look is about to send the rest, and runs twice
    assert again.folded == 2  # it died before
    assert [place.speaks for place in places] == [True, False, False]
    assert (left.wave.count, left.wave.told, left.folded) == (3, 1, 2)
    assert left.titles == ("the 1.", "the 2.")


def test_a_count_that_another_changed_meanwhile_is_read_again():
    with built() as house:
        floods = Floods(house.ledger, "remedy")
        floods.join(alert("first"), ONE, "e-1", NOON)
        read = Floods._read
        raced = []

        def race(self, subject):
            wave = read(self, subject)
            if not raced:
                raced.append(subject)
                floods.join(alert("other"), ONE, "e-2", NOON)
            return wave

        racing = type("Racing", (Floods,), {"_read": race})(house.ledger, "remedy")
        place = racing.join(alert("third"), ONE, "e-3", NOON)

    assert place.wave.count == 3
    assert replace(place.wave, turn=0).titles == ("first", "other", "third")


class SendsAgain:
    """A DynamoDB client that hears no answer to a conditional write: botocore makes the call once more."""

    def __init__(self, real):
        self._real = real

    def __getattr__(self, name):
        return getattr(self._real, name)

    def put_item(self, **asked):
        if "ConditionExpression" in asked:
            self._real.put_item(**asked)
        return self._real.put_item(**asked)


def test_a_write_whose_answer_was_lost_is_the_same_write_and_no_others():
    with built() as house:
        floods = Floods(replace(house.ledger, client=SendsAgain(house.ledger.client)), "remedy")
        place, second = (floods.join(alert(title), ONE, title, NOON) for title in ("first", "second"))
        floods.told(place, later(1))

        (left,) = floods.left_over(later(2))

    assert (place.wave.count, second.wave.count) == (1, 2)
    assert (left.folded, left.titles) == (1, ("second",))


def test_a_flood_keeps_the_questions_that_fit_all_of_it():
    ann, bob, key = (Asked("what-did-principal-do", who) for who in ("ann", "bob", "k" * 500))
    refused = Asked("what-was-refused")
    wave = None
    for number, asks in enumerate([(ann, refused, key), (bob, refused, key), (refused, key, ann)]):
        wave = joined(wave, alert("a knock"), MORE, f"e-{number}", later(number), asks=asks).wave

    assert wave.asks[0] == refused
    assert [len(each.value) for each in wave.asks[1:]] == [LONGEST_VALUE]


def test_the_questions_are_kept_in_the_table():
    ann = Asked("what-did-principal-do", "ann")
    with built() as house:
        floods = Floods(house.ledger, "remedy")
        floods.join(alert("a knock"), ONE, "e-1", NOON, (ann,))

        assert floods.join(alert("a knock"), ONE, "e-2", NOON, (ann,)).wave.asks == (ann,)
