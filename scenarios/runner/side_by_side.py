"""Many runs at once: a world fills its process, so each job is a process of its own.

Reports come in the order they were asked for, and are what one process would have made of them.
"""

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import Faults
from scenarios.runner.run import Report, run
from scenarios.runner.scenario import Scenario

Rehearsal = tuple[Scenario, Faults]

# What is to be run, by position: actions are closures, which cannot travel between processes, so the children
# inherit them.
_asked: tuple[tuple[Rehearsal, ...], int, bool] = ((), 0, False)


def side_by_side(
    runs: Sequence[Rehearsal], seed: int, jobs: int, *, explained: bool = False
) -> Iterator[Report]:
    """Run all of these, `jobs` at a time. NotSimulated rises, as from one run."""
    global _asked  # noqa: PLW0603 - how children of a fork inherit what cannot be sent to them
    _asked = tuple(runs), seed, explained
    with multiprocessing.get_context("fork").Pool(jobs, leave_ctrl_c) as pool:
        for (scenario, _), (report, hole) in zip(runs, pool.imap(_run, range(len(runs))), strict=True):
            if hole is not None:
                raise NotSimulated(*hole)
            assert report is not None
            yield replace(report, scenario=scenario)


def leave_ctrl_c() -> None:
    """Ctrl-C reaches every process of a terminal; only the parent handles it, and ends the jobs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run(position: int) -> tuple[Report | None, tuple[str, str] | None]:
    runs, seed, explained = _asked
    scenario, faults = runs[position]
    try:
        report = run(scenario, seed=seed, faults=faults, explained=explained or None, answered=True)
    except NotSimulated as hole:
        return None, (hole.service, hole.what)
    return replace(report, scenario=replace(scenario, given=(), when=(), then=())), None
