"""Change the packaged template, one leaf at a time, and see whether a scenario notices.

What no scenario notices, no scenario protects: it could break on the way to the account and
nobody would know before the incident. Every survivor stands on the short list below with
its reason, or the run fails.

    python -m scenarios.runner.mutate [--only TEXT] [--jobs N]
"""

import argparse
import copy
import gc
import json
import multiprocessing
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.world import Deployment
from scenarios.runner.library import library
from scenarios.runner.run import deployment_of, run
from scenarios.runner.scenario import Scenario
from scenarios.runner.show.progress import progress
from scenarios.runner.side_by_side import leave_ctrl_c

Template = dict[str, Any]
Path = tuple[str | int, ...]

# What may survive, by a regular expression on the mutant's name, and why.
ALLOWED: dict[str, str] = {
    r"(RestAPI|APIHandler|ApiHandler)": (
        "API Gateway is not simulated; routes, their authorisation and their handler are held by "
        "tests/chalicelib/http/test_routes.py and tests/chalicelib/template/test_template.py"
    ),
    r"TableDeletedActingPolicy.*Statement.0": (
        "the same policy lets table_deleted query every table, to restore it; the ledger is one of them"
    ),
}

NEVER = "mutant"
PSEUDO = {"AWS::AccountId": "999999999999", "AWS::Region": "xx-mutant-1", "AWS::Partition": "aws-mutant"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: `kind`, where, and what it does to a copy of the template."""

    kind: str
    path: Path
    what: str
    change: Callable[[Template], None]
    of: str = "template"  # or "spoke", the other field of a `Deployment`

    @property
    def name(self) -> str:
        """For people and for the list of what may survive."""
        where = ".".join(str(part) for part in self.path)
        return f"{self.kind} {'' if self.of == 'template' else self.of + ' '}{where}: {self.what}"

    def apply(self, template: Template) -> Template:
        """A changed copy."""
        changed = copy.deepcopy(template)
        self.change(changed)
        return changed


def mutants(template: Template) -> Iterator[Mutant]:
    """Every change there is to make, in the template's own order."""
    for logical_id, resource in template["Resources"].items():
        base: Path = ("Resources", logical_id)
        yield from _references(template, resource.get("Properties", {}), (*base, "Properties"))
        match resource["Type"]:
            case "AWS::Lambda::Permission":
                yield Mutant("permission", base, "removed", _remove(base))
            case "AWS::Events::Rule":
                pattern = resource["Properties"].get("EventPattern", {})
                yield from _leaves(pattern, (*base, "Properties", "EventPattern"))
            case "AWS::Logs::MetricFilter" | "AWS::Logs::SubscriptionFilter":
                path = (*base, "Properties", "FilterPattern")
                yield Mutant("filter", path, "matches nothing", _put(path, f'"{NEVER}"'))
            case "AWS::Lambda::Function":
                yield from _function(resource, base)
        yield from _actions(resource.get("Properties", {}), (*base, "Properties"))


def _function(resource: Template, base: Path) -> Iterator[Mutant]:
    path = (*base, "Properties", "Handler")
    yield Mutant("handler", path, NEVER, _put(path, f"app.{NEVER}"))
    variables = resource["Properties"].get("Environment", {}).get("Variables", {})
    for name, value in variables.items():
        path = (*base, "Properties", "Environment", "Variables", name)
        yield Mutant("variable", path, "removed", _remove(path))
        if isinstance(value, str):
            yield Mutant("variable", path, "another value", _put(path, f"{value}1"))


def _leaves(node: Any, path: Path) -> Iterator[Mutant]:
    """Scalars of an event pattern; what is a reference is changed as one."""
    if isinstance(node, dict):
        if any(key == "Ref" or key.startswith("Fn::") for key in node):
            return
        for key, value in node.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _leaves(value, (*path, index))
    else:
        yield Mutant("pattern", path, f"{node!r} changed", _put(path, f"{node}-{NEVER}"))


def _references(template: Template, node: Any, path: Path) -> Iterator[Mutant]:
    if isinstance(node, list):
        for index, value in enumerate(node):
            yield from _references(template, value, (*path, index))
        return
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        here = (*path, key)
        if key == "Ref":
            yield Mutant("reference", here, f"not {value}", _put(path, _instead(template, value)))
        elif key == "Fn::GetAtt":
            yield Mutant(
                "reference", here, f"not {value}", _put(path, _instead(template, value[0], value[1]))
            )
        elif key == "Fn::Sub":
            yield from _substitutions(value, here)
        else:
            yield from _references(template, value, here)
        if key == "Fn::Sub" and isinstance(value, list):
            yield from _references(template, value[1], (*here, 1))


def _substitutions(value: Any, path: Path) -> Iterator[Mutant]:
    text, at = (value, path) if isinstance(value, str) else (value[0], (*path, 0))
    for number, found in enumerate(re.finditer(r"\$\{([^}]+)\}", text)):
        changed = text[: found.start()] + PSEUDO.get(found[1], NEVER) + text[found.end() :]
        yield Mutant("reference", (*at, f"#{number}"), f"not {found[0]}", _put(at, changed))


def _instead(template: Template, name: str, attribute: str = "") -> Any:
    """Something else of the same kind where there is one: a typo rarely names nothing at all."""
    if name in PSEUDO:
        return PSEUDO[name]
    for section in ("Resources", "Parameters"):
        known = template.get(section, {})
        if name not in known:
            continue
        kind = known[name]["Type"]
        other = next((key for key, each in known.items() if key != name and each["Type"] == kind), None)
        if other is not None:
            return {"Fn::GetAtt": [other, attribute]} if attribute else {"Ref": other}
    return NEVER


def _actions(node: Any, path: Path) -> Iterator[Mutant]:
    """Each action of each statement of whatever is a policy here."""
    if isinstance(node, list):
        for index, value in enumerate(node):
            yield from _actions(value, (*path, index))
    elif isinstance(node, dict):
        if "Effect" in node and "Action" in node:
            yield from _statement(node, path)
        for key, value in node.items():
            yield from _actions(value, (*path, key))


def _statement(statement: Template, path: Path) -> Iterator[Mutant]:
    actions = statement["Action"]
    if isinstance(actions, str) or len(actions) == 1:
        yield Mutant("action", path, f"{statement['Effect']} {actions} removed", _remove(path))
        return
    for index, action in enumerate(actions):
        rest = [each for each in actions if each != action]
        where = (*path, "Action", index)
        yield Mutant(
            "action", where, f"{statement['Effect']} {action} removed", _put((*path, "Action"), rest)
        )


def _put(path: Path, value: Any) -> Callable[[Template], None]:
    def change(template: Template) -> None:
        node: Any = template
        for part in path[:-1]:
            node = node[part]
        node[path[-1]] = value

    return change


def _remove(path: Path) -> Callable[[Template], None]:
    def change(template: Template) -> None:
        node: Any = template
        for part in path[:-1]:
            node = node[part]
        del node[path[-1]]

    return change


# ---- running ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant: who noticed it, or nobody."""

    name: str
    killed_by: str

    @property
    def survived(self) -> bool:
        """Nobody noticed."""
        return not self.killed_by


def judge(mutant: Mutant, scenarios: Iterable[Scenario]) -> Verdict:
    """Run the scenarios on the changed template until one notices."""
    concerned = [each for each in scenarios if mutant.of == "template" or each.spokes]
    ordered = _likeliest_first(mutant, concerned)
    # What may survive is provisioned and run once; a second scenario would say no more.
    for scenario in ordered[:1] if allowed(mutant.name) else ordered:
        deployment = deployment_of(scenario)
        changed = json.dumps(mutant.apply(json.loads(getattr(deployment, mutant.of))))
        try:
            report = run(scenario, deployment=_with(deployment, mutant.of, changed))
        except InvalidTemplate as error:
            return Verdict(mutant.name, f"CloudFormation: {error}")
        except NotSimulated as error:
            return Verdict(mutant.name, f"not simulated: {error}")
        if not report.passed:
            return Verdict(mutant.name, f"{scenario.name}: {report.failures[0]}")
    return Verdict(mutant.name, "")


def _with(deployment: Deployment, which: str, text: str) -> Deployment:
    return replace(deployment, spoke=text) if which == "spoke" else replace(deployment, template=text)


def _likeliest_first(mutant: Mutant, scenarios: Iterable[Scenario]) -> list[Scenario]:
    """The scenarios whose name shares most with the changed resource's, so that most mutants die early."""
    where = str(mutant.path[1]).lower()

    def distance(scenario: Scenario) -> tuple[int, str]:
        stem = scenario.name.split(".", 1)[0].replace("_", "")
        return (0 if where.startswith(stem) else 1, "")

    return sorted(scenarios, key=distance)


def allowed(name: str) -> str:
    """Why this survivor may survive; "" when it may not."""
    return next((reason for pattern, reason in ALLOWED.items() if re.search(pattern, name)), "")


def main() -> int:
    """Judge every mutant; exit 1 when one survives that may not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="only mutants whose name holds this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    scenarios = list(library())
    deployment = deployment_of(scenarios[0])
    every = [
        *mutants(json.loads(deployment.template)),
        *(replace(mutant, of="spoke") for mutant in mutants(json.loads(deployment.spoke))),
    ]
    chosen = [mutant for mutant in every if options.only in mutant.name]
    unbroken = [report for report in map(run, scenarios) if not report.passed]
    if unbroken:
        sys.stderr.write(f"{unbroken[0].scenario.name} fails on the template as it is; mend that first\n")
        return 2
    began = time.monotonic()
    verdicts = list(_all(chosen, scenarios, options.jobs))
    return _report(verdicts, time.monotonic() - began)


def _all(chosen: list[Mutant], scenarios: list[Scenario], jobs: int) -> Iterator[Verdict]:
    """Judge them in forked workers: each inherits what has been imported and provisioned so far."""
    gc.freeze()
    _WORK.update(enumerate(chosen))
    _SCENARIOS.extend(scenarios)
    killed = 0
    with progress() as line, multiprocessing.get_context("fork").Pool(jobs, leave_ctrl_c) as pool:
        for done, verdict in enumerate(pool.imap(_judge_by_number, range(len(chosen)), chunksize=2), start=1):
            killed += not verdict.survived
            line.say(f"{done} of {len(chosen)} mutants, {killed} killed")
            yield verdict


_WORK: dict[int, Mutant] = {}
_SCENARIOS: list[Scenario] = []


def _judge_by_number(number: int) -> Verdict:
    """Mutants hold functions, which can't be sent to a worker; their numbers can."""
    return judge(_WORK[number], _SCENARIOS)


def _report(verdicts: list[Verdict], seconds: float) -> int:
    survivors = [verdict for verdict in verdicts if verdict.survived]
    wrong = [verdict for verdict in survivors if not allowed(verdict.name)]
    for verdict in wrong:
        sys.stdout.write(f"SURVIVED {verdict.name}\n")
    excused: dict[str, int] = {}
    for verdict in survivors:
        if reason := allowed(verdict.name):
            excused[reason] = excused.get(reason, 0) + 1
    for reason, count in excused.items():
        sys.stdout.write(f"{count} may survive: {reason}\n")
    killed = len(verdicts) - len(survivors)
    sys.stdout.write(f"killed {killed} / {len(verdicts)}, {len(wrong)} unexplained, in {seconds:.0f} s\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
