"""Prints all that a reader is shown of scenarios, for a process that is asked whether it tells the same.

python -m tests.scenarios.cloud.telling '[["root_login", "failed_login"], ["root_login"], [1, 2]]'
"""

import importlib
import json
import sys

from scenarios.runner.run import run


def told(modules, further, seeds):
    """For the first scenario of each of these modules: seed, name, and its trace.

    The first seed is for all of them; under further seeds a few run again.
    """
    for module in modules:
        scenario = importlib.import_module(f"scenarios.incidents.{module}").SCENARIOS[0]
        for seed in seeds if module in further else seeds[:1]:
            report = run(scenario, seed=seed)
            trace = [
                f"{each.at.isoformat()} {each.kind} {each.words} {each.facts}" for each in report.timeline
            ]
            yield {"seed": seed, "name": scenario.name, "trace": trace}


if __name__ == "__main__":
    for each in told(*json.loads(sys.argv[1])):
        sys.stdout.write(f"{json.dumps(each)}\n")
