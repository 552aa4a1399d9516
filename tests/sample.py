"""How much of what is exhaustive is tried: a sample at a desk, all of it where TRAILWARDEN_ALL is set.

`.ci/run` sets it, so nothing lands that was held against a sample alone.
"""

import os
import time

ALL = bool(os.environ.get("TRAILWARDEN_ALL"))
# What is too much for one `.ci/run` has its turn over days; TRAILWARDEN_DAY chooses another day's part.
TODAY = int(os.environ.get("TRAILWARDEN_DAY") or time.time() // 86_400)


def sample(every, of):
    """Each `of`th of these, from the first; all of them in `.ci/run`."""
    return list(every) if ALL else list(every)[::of]


def days_part(every, parts, *, day=TODAY):
    """One of so many parts of these: in `.ci/run` the day's, so that each has its turn; else the first."""
    return list(every)[(day % parts if ALL else 0) :: parts]
