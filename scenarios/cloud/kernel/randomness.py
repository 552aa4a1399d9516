"""Randomness in a world: every id, jitter and key comes from its seed.

`uuid.uuid4`, `secrets` and most libraries draw from `os.urandom`; inside a world it
draws from the seed. The streams that the laws draw delays from have names,
so that a new draw in one law does not shift the others.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def stream(seed: int, name: str) -> random.Random:
    """A stream of random numbers that depends on nothing but the seed and its own name."""
    return random.Random(f"{seed}/{name}")


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let everything that asks the operating system for randomness get it from the seed."""
    source = stream(seed, "os.urandom")
    kept_state = random.getstate()
    kept_seed = random.Random.seed

    def seed_from_source(generator: random.Random, a: Any = None, version: int = 2) -> None:
        """A `random.Random()` without a seed would ask the operating system directly, not `os.urandom`."""
        kept_seed(generator, source.getrandbits(64) if a is None else a, version)

    kept: list[tuple[Any, str, Any]] = [(os, "urandom", os.urandom), (random, "_urandom", random._urandom)]  # type: ignore[attr-defined]  # noqa: SLF001 - SystemRandom keeps its own reference
    random.seed(seed)
    try:
        for owner, name, _ in kept:
            setattr(owner, name, source.randbytes)
        random.Random.seed = seed_from_source  # type: ignore[assignment,method-assign]  # mypy doubts that a function becomes a method
        yield
    finally:
        random.Random.seed = kept_seed  # type: ignore[method-assign]
        for owner, name, original in kept:
            setattr(owner, name, original)
        random.setstate(kept_state)


def fork() -> int:
    """`os.fork`, after which the child draws what its parent would draw: Python itself has it draw anew."""
    drawn = random.getstate()
    child = os.fork()
    if not child:
        random.setstate(drawn)
    return child
