"""What one more scenario costs in a run that has begun: the median over the four incidents of the demo.

    python tests/bench/scenario_cost.py

The peer is entering and leaving an empty world: freezing time, starting moto, copying the account's state.
"""

import statistics
import sys
import time

from scenarios.cloud.world import World
from scenarios.runner.library import named
from scenarios.runner.run import deployment_of, run

RUNS = 7
FOUR = ("root_login", "table_deleted", "trail_digest", "failed_login")


def main() -> None:
    scenarios = named(FOUR)
    for scenario in scenarios:  # imports and provisioning, paid once
        run(scenario)
    empty = statistics.median(_empty(scenarios[0]) for _ in range(RUNS))
    sys.stdout.write(f"{'an empty world':<20}{empty * 1000:>8.0f} ms\n")
    medians = []
    for scenario in scenarios:
        medians.append(statistics.median(run(scenario).wall_seconds for _ in range(RUNS)))
        sys.stdout.write(f"{scenario.name:<20}{medians[-1] * 1000:>8.0f} ms{medians[-1] / empty:>8.1f} x\n")
    median = statistics.median(medians)
    sys.stdout.write(f"{'median of the four':<20}{median * 1000:>8.0f} ms{median / empty:>8.1f} x\n")


def _empty(scenario) -> float:
    began = time.perf_counter()
    with World(deployment_of(scenario)):
        pass
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
