"""Which laws a world has, and what goes on while they are in force."""

from contextlib import contextmanager

import pytest

from scenarios.cloud.kernel.errors import WorldError
from scenarios.cloud.kernel.laws import Laws


class Gravity:
    pass


class Tides:
    pass


def test_a_law_is_found_by_its_class():
    laws = Laws()
    gravity = laws.add(Gravity())

    assert laws[Gravity] is gravity


def test_a_law_that_is_asked_for_too_early_says_which():
    with pytest.raises(WorldError, match="Tides is asked for"):
        Laws()[Tides]


def test_what_holds_meanwhile_holds_while_the_laws_are_in_force_and_what_begins_is_given_the_stacks():
    log = []

    @contextmanager
    def hook():
        log.append("held")
        yield
        log.append("let go")

    laws = Laws()
    laws.meanwhile(hook())
    laws.when_entered(log.append)
    laws.when_entered(lambda _: log.append("second"))
    with laws.in_force():
        laws.begin(("a stack",))

    assert log == ["held", ("a stack",), "second", "let go"]
