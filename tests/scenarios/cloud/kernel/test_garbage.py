"""The garbage collector looks seldom while a world lasts, and as before once it is over."""

import gc

import pytest

from scenarios.cloud.kernel import garbage


def test_it_looks_less_often_inside_and_as_before_outside():
    waits = gc.get_threshold()  # pytest with scenarios has it wait already
    try:
        gc.set_threshold(700, 10, 10)
        with garbage.can_wait():
            inside = gc.get_threshold()

        assert inside > gc.get_threshold() == (700, 10, 10)
    finally:
        gc.set_threshold(*waits)


@pytest.mark.parametrize("on", [True, False])
def test_where_it_was_off_it_stays_off(on):
    (gc.enable if on else gc.disable)()
    try:
        with garbage.is_off():
            inside = gc.isenabled()

        assert (inside, gc.isenabled()) == (False, on)
    finally:
        gc.enable()


def test_what_is_left_alone_is_looked_at_no_more(monkeypatch):
    monkeypatch.setattr(garbage, "_TIMES", iter((1, 2, 3)))
    found = [["kept"]]
    try:
        garbage.leave_alone()

        assert all(each is not found for each in gc.get_objects())
    finally:
        gc.unfreeze()


def test_what_is_loaded_is_looked_at_no_more_and_the_collector_goes_on():
    try:
        with garbage.loading():
            inside, found = gc.isenabled(), [["loaded"]]

        assert (inside, gc.isenabled()) == (False, True)
        assert all(each is not found for each in gc.get_objects())
    finally:
        gc.unfreeze()
