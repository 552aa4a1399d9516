"""The command: record, judge in several processes, report."""

import argparse
import contextlib
import gc
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

import click

import scenarios.runner.mutate as about
from scenarios.cloud.kernel import kept_on_disk
from scenarios.runner.library import library
from scenarios.runner.mutate.alike import alike
from scenarios.runner.mutate.concerned import Recorded, concerned, has, in_turns, record
from scenarios.runner.mutate.excuses import excuse
from scenarios.runner.mutate.judge import MutantResult, judge
from scenarios.runner.mutate.mutants import Mutant, every_mutant
from scenarios.runner.scenario import Scenario
from scenarios.runner.show.progress import progress
from scenarios.runner.side_by_side import leave_ctrl_c


def main() -> int:
    """Judge every mutant; exit 1 when one survives that may not."""
    parser = argparse.ArgumentParser(prog="mutate", description=(about.__doc__ or "").splitlines()[0])
    only = "only mutants whose name holds one of these"
    parser.add_argument("--only", nargs="+", default=[""], metavar="TEXT", help=only)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--sample", type=int, default=10, help="how many survivors meet every scenario (10)")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so many, and say what is known")
    options = parser.parse_args()
    chosen = [mutant for mutant in every_mutant() if any(text in mutant.name for text in options.only)]
    began = time.monotonic()
    gc.freeze()  # the workers are forked: what is loaded by now is common to them, and not looked through
    recorded: dict[str, Recorded] = {}
    with (
        progress(every_seconds=60) as line,
        multiprocessing.get_context("fork").Pool(options.jobs, leave_ctrl_c) as pool,
    ):
        known = pool.imap(_record_by_number, range(len(library())), chunksize=1)
        for scenario, each in zip(library(), known, strict=True):
            recorded[scenario.name] = each
            line.say(f"{len(recorded)} of {len(library())} scenarios run unchanged")
    for name, each in recorded.items():
        if each.failures:
            sys.stderr.write(f"{name} fails on the template as it is; mend that first\n")
            return 2
    if options.minutes:  # mutants of one resource stand together; a part of them should be of all
        random.Random(options.seed).shuffle(chosen)
    verdicts = _all(
        chosen, recorded, options.jobs, until=began + 60 * options.minutes if options.minutes else 0
    )
    if len(verdicts) < len(chosen):
        sys.stdout.write(f"stopped: {len(verdicts)} of {len(chosen)} mutants judged so far\n")
        return max(_report(verdicts, [], time.monotonic() - began), 2)
    left = {verdict.name for verdict in verdicts if verdict.survived}
    survivors = [mutant for mutant in chosen if mutant.name in left]
    sample = random.Random(options.seed).sample(survivors, min(options.sample, len(survivors)))
    everyone = _all(sample, recorded, options.jobs, everyone=True)
    return _report(verdicts, everyone, time.monotonic() - began)


def _record_by_number(number: int) -> Recorded:
    return record(library()[number])


_WORK: list[list[Mutant]] = []
_RECORDED: dict[str, Recorded] = {}
_NOTICED: dict[tuple[str, str], str] = {}
_IN_A_ROW = 16
_RUNS_OF_ALIKE = 300


def _all(
    chosen: list[Mutant],
    recorded: Mapping[str, Recorded],
    jobs: int,
    *,
    everyone: bool = False,
    until: float = 0,
) -> list[MutantResult]:
    """Judge them in forked workers, several of one resource in a row.

    `everyone`: by all scenarios. `until`: stop then (monotonic seconds), with those judged so far. Ctrl-C
    stops as well.
    """
    _WORK[:] = [[mutant] for mutant in chosen] if everyone else _groups(chosen)
    _RECORDED.clear()
    _RECORDED.update(recorded)
    verdicts: list[MutantResult] = []
    began = time.monotonic()
    judge_one = _by_everyone if everyone else _by_number
    with (
        kept_on_disk.switched_off(),  # nobody asks for a mutant's stack again
        progress(every_seconds=60) as line,
        multiprocessing.get_context("fork").Pool(jobs, leave_ctrl_c) as pool,
    ):
        judged = pool.imap_unordered(
            judge_one, range(len(_WORK)), chunksize=1 if everyone or until else _IN_A_ROW
        )
        with contextlib.suppress(KeyboardInterrupt):
            for those in judged:
                verdicts += those
                for verdict in filter(_wrong, [] if everyone else those):
                    line.gone()
                    click.echo(f"survived: {verdict.name} ({verdict.met} scenarios)", err=True)
                line.say(_progress(verdicts, len(chosen), time.monotonic() - began))
                if until and time.monotonic() > until:
                    break
    return verdicts


def _progress(verdicts: list[MutantResult], total: int, seconds: float) -> str:
    """`killed 12 / 40, 850 in all, 9 min left`."""
    killed = sum(not verdict.survived for verdict in verdicts)
    left = seconds / len(verdicts) * (total - len(verdicts))
    return f"killed {killed} / {len(verdicts)}, {total} in all, {left / 60:.0f} min left"


def _groups(chosen: Iterable[Mutant]) -> list[list[Mutant]]:
    """Those that are alike together, where the first of them stands."""
    groups: dict[tuple[str, ...], list[Mutant]] = {}
    for mutant in chosen:
        groups.setdefault(alike(mutant), []).append(mutant)
    return list(groups.values())


def _by_number(number: int) -> list[MutantResult]:
    """Mutants hold functions, which can't be sent to a worker; their numbers can.

    Of mutants that are alike, once one is noticed the others are as good as that. Those that may survive are
    not tried where others may not.
    """
    alike_ones = _WORK[number]
    tried = {each.name: MutantResult(each.name, "", excuse=excuse(each)) for each in alike_ones}
    unexcused = [each for each in alike_ones if not tried[each.name].excuse]
    met = [(each, concerned(each, _RECORDED)) for each in unexcused or alike_ones[:1]]
    for mutant, order in in_turns(met, _RECORDED, _RUNS_OF_ALIKE):
        verdict = tried[mutant.name] = _judged(mutant, order).after(tried[mutant.name])
        if not verdict.survived:
            seconds = sum(each.seconds for each in tried.values())
            # Those that were tried before it too: a scenario just never asks that function.
            others = (name for name in tried if name != mutant.name)
            killed_by = f"{verdict.killed_by} (of {mutant.name})"
            return [replace(verdict, seconds=seconds), *(MutantResult(name, killed_by) for name in others)]
    return list(tried.values())


def _judged(mutant: Mutant, order: list[Scenario]) -> MutantResult:
    """A scenario that noticed one change to a resource is tried first on the next change of its kind."""
    about = mutant.resource, mutant.kind
    order.sort(key=lambda scenario: scenario.name != _NOTICED.get(about))
    if excuse(mutant):
        order = order[:1]  # provisioned and run once; a second scenario would say no more
    verdict = _tidily(mutant, order)
    _NOTICED[about] = verdict.killed_by.partition(":")[0]
    return verdict


def _by_everyone(number: int) -> list[MutantResult]:
    (mutant,) = _WORK[number]
    return [_tidily(mutant, [scenario for scenario in library() if has(mutant, scenario)])]


def _tidily(mutant: Mutant, scenarios: list[Scenario]) -> MutantResult:
    """Judge, and throw away what it left: a changed template is not used again."""
    gc.disable()
    try:
        return judge(mutant, scenarios)
    finally:
        gc.enable()
        gc.collect()


def _wrong(verdict: MutantResult) -> bool:
    """It survived, and may not."""
    return verdict.survived and not verdict.excuse


def _report(verdicts: list[MutantResult], everyone: list[MutantResult], seconds: float) -> int:
    survivors = [verdict for verdict in verdicts if verdict.survived]
    wrong = [verdict for verdict in verdicts if _wrong(verdict)]
    missed = [verdict for verdict in everyone if not verdict.survived]
    for verdict in wrong:
        sys.stdout.write(f"SURVIVED {verdict.name} ({verdict.met} scenarios)\n")
    for verdict in missed:
        sys.stdout.write(
            f"MISSED {verdict.name}: no scenario touches it, yet it is noticed by {verdict.killed_by}\n"
        )
    for reason, count in Counter(verdict.excuse for verdict in survivors if verdict.excuse).items():
        sys.stdout.write(f"{count} may survive: {reason}\n")
    killed = len(verdicts) - len(survivors)
    each = sum(verdict.seconds for verdict in verdicts) / max(len(verdicts), 1)
    sys.stdout.write(
        f"killed {killed} / {len(verdicts)}, {len(wrong)} unexplained, in {seconds:.0f} s,"
        f" {each:.1f} processor seconds each;"
        f" {len(everyone) - len(missed)} of {len(everyone)} survivors survive every scenario\n"
    )
    return 1 if wrong or missed else 0
