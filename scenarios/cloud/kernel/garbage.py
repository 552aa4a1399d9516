"""Python's garbage collector during a simulation: it runs seldom, and skips objects that will stay.

Moto and botocore are a million objects. Looking through them took a quarter of what a scenario costs, and a
fifth of what the first one of a process does. Reference counts free nearly all that a run drops.
"""

import gc
import itertools
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = (100_000, 20, 20)
_TIMES = itertools.count(1)


@contextmanager
def can_wait() -> Iterator[None]:
    """Inside, the collector runs less often; the garbage meanwhile is some tens of megabytes.

    Where it ends, the collector looks through all that was made inside. So a run of many scenarios stays
    inside for all of them: most garbage of one scenario is freed before it is looked through.
    """
    kept = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*kept)


@contextmanager
def is_off() -> Iterator[None]:
    """Inside, the collector is off: for code that makes many objects and drops few."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def loading() -> Iterator[None]:
    """Inside, modules are loaded, which stay: the collector is off, and never looks through them.

    Nothing else is begun before: what is no longer needed by then would stay as well.
    """
    with is_off():
        yield
    gc.freeze()


def leave_alone() -> None:
    """Have the collector skip, from now on, all that is loaded: it will stay.

    Each further deployment loads more: so it is done each time twice as many have been made. The first time
    there is next to no garbage among it.
    """
    times = next(_TIMES)
    if times & (times - 1):
        return
    if times > 1:
        gc.collect()
    gc.freeze()
