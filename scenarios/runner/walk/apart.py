"""A walk in a process of its own, for a caller that has threads, such as a worker of pytest-xdist.

A forked process has the thread that forked and no other, and so may take snapshots.
"""

import multiprocessing
import os
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.runner.scenario import Scenario
from scenarios.runner.walk.walk import Walk, walk


def walk_apart(scenario: Scenario, *, seed: int = 1, **more: Any) -> Walk:
    """As `walk`, which takes `more`. Raises NotSimulated, and WorldError where the process dies."""
    processes = multiprocessing.get_context("fork")
    reading, writing = processes.Pipe(duplex=False)
    child = processes.Process(target=_walk, args=(writing, scenario, seed, more))
    child.start()
    writing.close()
    try:
        walked, hole = reading.recv()
    except EOFError:
        raise WorldError(f"the walk of {scenario.name} ended without a word") from None
    finally:
        child.join()
    if hole is not None:
        raise NotSimulated(*hole)
    result: Walk = replace(walked, scenario=scenario)
    return result


def jobs_here() -> int:
    """How many points at a time: one in each of pytest-xdist's workers, else one for each processor."""
    return 1 if "PYTEST_XDIST_WORKER" in os.environ else os.cpu_count() or 1


def _walk(writing: Connection, scenario: Scenario, seed: int, more: dict[str, Any]) -> None:
    hole, walked = None, None
    try:
        walked = walk(scenario, seed=seed, **more)
    except NotSimulated as error:
        hole = error.service, error.what
    if walked is not None:  # actions are closures, and can't travel
        walked = replace(walked, scenario=replace(scenario, given=(), when=(), then=()))
    writing.send((walked, hole))
