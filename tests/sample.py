"""How much of what is exhaustive is tried: a sample at a desk, all of it where TRAILWARDEN_ALL is set.

`.ci/run` sets it, so nothing lands that was held against a sample alone.
"""

import os

ALL = bool(os.environ.get("TRAILWARDEN_ALL"))


def sample(every, of):
    """Each `of`th of these, from the first; all of them in `.ci/run`."""
    return list(every) if ALL else list(every)[::of]
