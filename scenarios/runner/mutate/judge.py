"""Whether a scenario notices a change."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from scenarios.cloud.deployment import OneChange
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.runner.mutate.excuses import excuse
from scenarios.runner.mutate.mutants import Mutant, templates
from scenarios.runner.run import deployment_of, run
from scenarios.runner.scenario import Scenario


@dataclass(frozen=True, slots=True)
class MutantResult:
    """What became of a mutant: which scenario noticed it, if any; how many it met, and for how long.

    `excuse`: why it may survive; "" where it may not.
    """

    name: str
    killed_by: str
    met: int = 0
    seconds: float = 0.0
    excuse: str = ""

    @property
    def survived(self) -> bool:
        """No scenario noticed it."""
        return not self.killed_by

    def after(self, before: "MutantResult") -> "MutantResult":
        """With what the same mutant met before."""
        return replace(self, met=before.met + self.met, seconds=before.seconds + self.seconds)


def judge(mutant: Mutant, scenarios: Iterable[Scenario]) -> MutantResult:
    """Run the scenarios on the changed template, in this order, until one notices."""
    began = time.process_time()
    met = 0
    for scenario in scenarios:
        met += 1
        if killed_by := _noticed(mutant, scenario):
            return MutantResult(mutant.name, killed_by, met, time.process_time() - began)
    return MutantResult(mutant.name, "", met, time.process_time() - began, excuse(mutant))


def _noticed(mutant: Mutant, scenario: Scenario) -> str:
    """How the scenario noticed, "" when it did not."""
    deployment = deployment_of(scenario)
    text = getattr(deployment, mutant.of) or json.dumps(templates()[mutant.of])
    changed: Any = {mutant.of: mutant.applied_to(text)}
    if mutant.of == "template":
        changed["change"] = OneChange(of=text, resource=mutant.resource)
    try:
        report = run(scenario, deployment=replace(deployment, **changed), explained=False)
    except InvalidTemplate as error:
        return f"CloudFormation: {error}"
    except NotSimulated as error:
        return f"not simulated: {error}"
    return "" if report.passed else f"{scenario.name}: {report.failures[0]}"
