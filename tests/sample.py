"""How much of what is exhaustive is tried: a sample at a desk, all of it where TRAILWARDEN_ALL is set.

`.ci/run` sets it, so nothing lands that was held against a sample alone.
"""

import os
import time

ALL = bool(os.environ.get("TRAILWARDEN_ALL"))
WHOLE = os.environ.get("TRAILWARDEN_ALL") == "whole"
# What is too much for one run has its turn over days; TRAILWARDEN_DAY chooses another day's part.
# All processes of a run read it, as one may go on past midnight.
TODAY = int(os.environ.get("TRAILWARDEN_DAY") or time.time() // 86_400)
os.environ["TRAILWARDEN_DAY"] = str(TODAY)


def sample(every, of):
    """Each `of`th of these, from the first; all of them in `.ci/run`."""
    return list(every) if ALL else list(every)[::of]


def in_turn(every, of, *, in_ci=1, day=TODAY):
    """Each `of`th of these, others each day, so that each has its turn at a desk too.

    In `.ci/run` each `in_ci`th: all, unless that many take minutes. TRAILWARDEN_ALL=whole leaves none out.
    For rows that are alike: the same test under each fault profile, the same rule for each operation.
    """
    step = 1 if WHOLE else in_ci if ALL else of
    return list(every)[day % step :: step]


def without_a_turn(items, of, *, day=TODAY):
    """Of a run's tests those marked slow that are left out this day; each `of`th has its turn (`in_turn`)."""
    slow = [item for item in items if item.get_closest_marker("slow")]
    runs = set(in_turn(slow, of, day=day))
    return [item for item in slow if item not in runs]
