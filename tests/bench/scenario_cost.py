"""What one more scenario costs in a run that has begun, in units of one PutItem on bare moto.

    python tests/bench/scenario_cost.py [ROUNDS] [--hold]

The unit is measured in the same process, between the scenarios: one DynamoDB PutItem through boto3 into moto
alone, no world around it. Each figure is the least of its rounds, in processor time, since whatever else the
machine does only adds to it. Even so a busy machine moves the figures by a third or more. So calls of Python
functions are counted as well: they are the same everywhere.

The first scenario of a process also imports moto, and has the stack provisioned, or reads what an earlier
process made of it. Both are measured, in processes of their own that share a folder: empty, then filled.

A scenario that does more costs more, so each one's calls of AWS's API are counted too, and what one of them
costs, with its share of all else. That is what is held: each remediation looks by the hour whether a flood
left something over, so every further one adds calls to each scenario that lasts longer, as trail_digest does.

`--hold` exits with 1 where a figure is above what is held: in units half as much again as was reached, in
calls of functions a sixth more. Time is measured up to three times before that is said.
"""

import argparse
import cProfile
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryDirectory

import boto3
from moto import mock_aws

from scenarios.cloud.kernel import garbage, kept_on_disk
from scenarios.runner.library import named
from scenarios.runner.run import run
from scenarios.runner.scenario import Scenario

PUTS = 60
MEDIAN = "median of the four"
EMPTY, FILLED = "the first, nothing kept", "the first, stack kept"  # beyond the second of the same process
WANTED = {MEDIAN: 50, "trail_digest": 400, FILLED: 500}


@dataclass(frozen=True)
class Held:
    """The most that a call of AWS may cost in a scenario: in units, and in calls of Python functions."""

    units: float
    calls: int


HELD = {
    "root_login": Held(6.0, 3700),
    "table_deleted": Held(6.6, 4100),
    "failed_login": Held(3.8, 2800),
    "trail_digest": Held(4.1, 2900),
}
# Calls of Python functions; its time, measured few times, moves by half and more.
FIRST_HELD = {EMPTY: 1_700_000, FILLED: 285_000}


def main() -> None:
    """Measure, print, and hold."""
    parser = argparse.ArgumentParser(description="what one more scenario costs, in PutItems on bare moto")
    parser.add_argument("rounds", type=int, nargs="?", default=7, help="of which the least counts (7)")
    parser.add_argument("--hold", action="store_true", help="exit with 1 where something costs too much")
    parser.add_argument("--first", choices=("calls", "seconds"), help="only measure the first scenario")
    options = parser.parse_args()
    scenarios = {name: named([name])[0] for name in HELD}
    if options.first:
        kept_on_disk._LONG_ENOUGH = 0  # also where a source has just been changed
        measured = {"calls": _calls, "seconds": _seconds}[options.first]
        with garbage.can_wait():
            first, second = (measured(lambda: run(scenarios["root_login"])) for _ in range(2))
        _say(f"{first - second}")
        return
    firsts = _firsts("seconds", times=3)
    with garbage.can_wait():  # as whoever runs many scenarios does
        for scenario in scenarios.values():  # imports and provisioning, paid once
            run(scenario)
        asked = {name: _aws_calls(scenario) for name, scenario in scenarios.items()}
        for _ in range(3 if options.hold else 1):
            over = _too_slow(_units(scenarios, options.rounds, firsts, asked), asked)
            if not over:
                break
        calls = {
            name: _calls(lambda scenario=scenario: run(scenario)) for name, scenario in scenarios.items()
        }
    for name, count in calls.items():
        each = count / asked[name]
        over += [f"{name}, in calls"] if each > HELD[name].calls else []
        told = f"{each:.0f} for a call of AWS (held: {HELD[name].calls})"
        _say(f"{name:<26}{count / 1000:>8.0f} thousand calls, {told}")
    for name, count in _firsts("calls", times=1).items():
        over += [f"{name}, in calls"] if count > FIRST_HELD[name] else []
        _say(f"{name:<26}{count / 1000:>8.0f} thousand calls (held: {FIRST_HELD[name] // 1000})")
    if options.hold and over:
        _say(f"costs more than is held: {'; '.join(over)}")
        sys.exit(1)


def _too_slow(units: dict[str, float], asked: dict[str, int]) -> list[str]:
    """What costs more units than are held."""
    return [name for name, held in HELD.items() if units[name] / asked[name] > held.units]


def _units(
    scenarios: dict[str, Scenario], rounds: int, firsts: dict[str, float], asked: dict[str, int]
) -> dict[str, float]:
    """Each figure in units, printed; `firsts`: seconds that the first scenario took beyond the second."""
    units: list[float] = []
    taken: dict[str, list[float]] = {name: [] for name in scenarios}
    for _ in range(rounds):
        for name, scenario in scenarios.items():
            units.append(_unit())
            taken[name].append(_seconds(lambda scenario=scenario: run(scenario)))
    unit = min(units)
    found = {name: min(seconds) for name, seconds in taken.items()}
    middle = sorted(found.values())[1:3]
    found |= {MEDIAN: sum(middle) / 2} | firsts
    _say(f"{'one PutItem on bare moto':<26}{unit * 1000:>8.2f} ms{1:>8} unit")
    for name, seconds in found.items():
        line = f"{name:<26}{seconds * 1000:>8.0f} ms{seconds / unit:>8.0f} units"
        line += f" (wanted: {WANTED[name]})" if name in WANTED else ""
        if name in asked:
            each = f"{seconds / unit / asked[name]:.1f} units each (held: {HELD[name].units})"
            line += f"; {asked[name]} calls of AWS, {each}"
        _say(line)
    return {name: seconds / unit for name, seconds in found.items()}


def _aws_calls(scenario: Scenario) -> int:
    """How many calls of AWS's API are made in it, by people and functions; what is set up before is none."""
    made: list[int] = []
    run(scenario, before_leaving=lambda world: made.append(world.calls._sequence))
    return made[0]


def _unit() -> float:
    """Seconds of one PutItem, without a world."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="bare",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        put = [
            _seconds(lambda number=number: client.put_item(TableName="bare", Item={"id": {"S": str(number)}}))
            for number in range(PUTS)
        ]
    return sorted(put)[PUTS // 2]


def _seconds(do: Callable[[], object]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


def _calls(do: Callable[[], object]) -> int:
    """How many Python functions are called; built-in ones left out."""
    profile = cProfile.Profile(builtins=False)
    profile.runcall(do)
    return sum(entry.callcount for entry in profile.getstats())


def _firsts(what: str, *, times: int) -> dict[str, float]:
    """Calls or seconds of the first scenario of a process beyond its second: the least of so many."""
    asked = [sys.executable, __file__, "--first", what]
    found: dict[str, float] = {}
    for _ in range(times):
        with TemporaryDirectory() as folder:
            for name in (EMPTY, FILLED):
                told = subprocess.run(
                    asked,
                    env={**os.environ, kept_on_disk.VARIABLE: folder},
                    capture_output=True,
                    check=True,
                    text=True,
                )
                found[name] = min(float(told.stdout), found.get(name, float("inf")))
    return found


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ |= {"AWS_ACCESS_KEY_ID": "bare", "AWS_SECRET_ACCESS_KEY": "bare"}
    main()
