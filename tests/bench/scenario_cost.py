"""What one more scenario costs in a run that has begun, in units of one PutItem on bare moto.

    python tests/bench/scenario_cost.py [ROUNDS]

The unit is measured in the same process, between the scenarios, so that the machine's mood changes no figure:
one DynamoDB PutItem through boto3 into moto alone, no world around it. Each figure is the median of its
rounds, in processor time. The first scenario of a process also imports moto and provisions the stack.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable

import boto3
from moto import mock_aws

from scenarios.runner.library import named
from scenarios.runner.run import run

FOUR = ("root_login", "table_deleted", "trail_digest", "failed_login")
PUTS = 60
MOST = {"median of the four": 50, "trail_digest": 400, "the first costs more by": 500}


def main(rounds: int = 7) -> None:
    """Measure and print."""
    scenarios = named(FOUR)
    first, second = (_seconds(lambda: run(scenarios[0])) for _ in range(2))
    for scenario in scenarios:  # imports and provisioning, paid once
        run(scenario)
    units: list[float] = []
    taken: dict[str, list[float]] = {scenario.name: [] for scenario in scenarios}
    for _ in range(rounds):
        for scenario in scenarios:
            units.append(_unit())
            taken[scenario.name].append(_seconds(lambda scenario=scenario: run(scenario)))
    unit = statistics.median(units)
    found = {name: statistics.median(seconds) for name, seconds in taken.items()}
    found["median of the four"] = statistics.median(found.values())
    found["the first costs more by"] = first - second
    _say(f"{'one PutItem on bare moto':<26}{unit * 1000:>8.2f} ms{1:>8} unit")
    for name, seconds in found.items():
        most = f"(at most {MOST[name]})" if name in MOST else ""
        _say(f"{name:<26}{seconds * 1000:>8.0f} ms{seconds / unit:>8.0f} units  {most}".rstrip())


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
    return statistics.median(put)


def _seconds(do: Callable[[], object]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    os.environ |= {"AWS_ACCESS_KEY_ID": "bare", "AWS_SECRET_ACCESS_KEY": "bare"}
    main(*map(int, sys.argv[1:2]))
