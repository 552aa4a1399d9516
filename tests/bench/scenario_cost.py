"""What one more scenario costs in a run that has begun, in units of one PutItem on bare moto.

    python tests/bench/scenario_cost.py [ROUNDS] [--hold]

The unit is measured in the same process, between the scenarios: one DynamoDB PutItem through boto3 into moto
alone, no world around it. Each figure is the least of its rounds, in processor time, since whatever else the
machine does only adds to it. Even so a busy machine moves the figures by a third or more. So calls of Python
functions are counted as well: they are the same everywhere. The first scenario of a process also imports moto
and provisions the stack.

A scenario that does more costs more, so each one's calls of AWS's API are counted too, and what one of them
costs, with its share of all else.

`--hold` exits with 1 where a figure is above what is held: in units half as much again as was reached, in
calls a sixth more. Time is measured up to three times before that is said.
"""

import argparse
import cProfile
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import boto3
from moto import mock_aws

from scenarios.cloud.kernel import garbage
from scenarios.runner.library import named
from scenarios.runner.run import run
from scenarios.runner.scenario import Scenario

PUTS = 60
MEDIAN, FIRST = "median of the four", "the first costs more by"
WANTED = {MEDIAN: 50, "trail_digest": 400, FIRST: 500}


@dataclass(frozen=True)
class Held:
    """The most that a scenario may cost: in units, and in thousands of calls of Python functions."""

    units: int
    calls: int


HELD = {
    "root_login": Held(105, 124),  # each of CIS's alarms says that it is OK, once
    "table_deleted": Held(90, 101),
    "failed_login": Held(175, 230),
    "trail_digest": Held(1350, 1880),
}
# The first one is measured once, so there is more room.
HELD_UNITS = {**{name: held.units for name, held in HELD.items()}, MEDIAN: 145, FIRST: 1300}


def main() -> None:
    """Measure, print, and hold."""
    parser = argparse.ArgumentParser(description="what one more scenario costs, in PutItems on bare moto")
    parser.add_argument("rounds", type=int, nargs="?", default=7, help="of which the least counts (7)")
    parser.add_argument("--hold", action="store_true", help="exit with 1 where something costs too much")
    options = parser.parse_args()
    scenarios = {name: named([name])[0] for name in HELD}
    with garbage.can_wait():  # as whoever runs many scenarios does
        first, second = (_seconds(lambda: run(scenarios["root_login"])) for _ in range(2))
        for scenario in scenarios.values():  # imports and provisioning, paid once
            run(scenario)
        for _ in range(3 if options.hold else 1):
            units = _units(scenarios, options.rounds, first - second)
            over = [name for name, most in HELD_UNITS.items() if units[name] > most]
            if not over:
                break
        calls = {
            name: _calls(lambda scenario=scenario: run(scenario)) for name, scenario in scenarios.items()
        }
    over += [f"{name}, in calls" for name, held in HELD.items() if calls[name] > held.calls * 1000]
    for name, count in calls.items():
        _say(f"{name:<26}{count / 1000:>8.0f} thousand calls (held: {HELD[name].calls})")
    if options.hold and over:
        _say(f"costs more than is held: {'; '.join(over)}")
        sys.exit(1)


def _units(scenarios: dict[str, Scenario], rounds: int, more: float) -> dict[str, float]:
    """Each figure in units, printed; `more`: seconds that the first scenario took beyond the second."""
    asked = {name: _aws_calls(scenario) for name, scenario in scenarios.items()}
    units: list[float] = []
    taken: dict[str, list[float]] = {name: [] for name in scenarios}
    for _ in range(rounds):
        for name, scenario in scenarios.items():
            units.append(_unit())
            taken[name].append(_seconds(lambda scenario=scenario: run(scenario)))
    unit = min(units)
    found = {name: min(seconds) for name, seconds in taken.items()}
    middle = sorted(found.values())[1:3]
    found |= {MEDIAN: sum(middle) / 2, FIRST: more}
    _say(f"{'one PutItem on bare moto':<26}{unit * 1000:>8.2f} ms{1:>8} unit")
    for name, seconds in found.items():
        wanted = f", wanted: {WANTED[name]}" if name in WANTED else ""
        held = f"(held: {HELD_UNITS[name]}{wanted})"
        if name in asked:
            held += f"; {asked[name]} calls of AWS, {seconds / unit / asked[name]:.1f} units each"
        _say(f"{name:<26}{seconds * 1000:>8.0f} ms{seconds / unit:>8.0f} units  {held}")
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


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ |= {"AWS_ACCESS_KEY_ID": "bare", "AWS_SECRET_ACCESS_KEY": "bare"}
    main()
