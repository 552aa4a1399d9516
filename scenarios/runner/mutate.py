"""Change the packaged template, one leaf at a time, and see whether a scenario notices.

A leaf that no scenario notices is not protected: it could break before a deploy, and people would learn of it
in the incident. Every survivor must be on the short list below with its reason, or the run fails.

    python -m scenarios.runner.mutate [--only TEXT ...] [--jobs N] [--minutes N] [--sample N] [--seed N]

First every scenario runs on the templates as they are, and what it touches is recorded (touches.py). A mutant
then meets the scenarios that touch what it changes, likeliest first, until one notices; those that touch
nothing of it can't notice, and are left out. A sample of the survivors, drawn from the seed, meets every
scenario all the same: one that is noticed there fails the run, for then the record was wrong.
"""

import argparse
import contextlib
import copy
import gc
import json
import multiprocessing
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from chalicelib.template.archive import archive
from chalicelib.template.host import host
from scenarios.cloud.authorization.wildcards import action_matches, matches
from scenarios.cloud.cloudformation.intrinsics import Intrinsics
from scenarios.cloud.cloudformation.schemas import schema_of
from scenarios.cloud.cloudformation.template import Template as StackTemplate
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.world import ACCOUNT, STACK_NAME, Deployment
from scenarios.runner.library import library
from scenarios.runner.run import deployment_of, run
from scenarios.runner.scenario import Scenario
from scenarios.runner.show.progress import progress
from scenarios.runner.side_by_side import leave_ctrl_c
from scenarios.runner.touches import PEOPLE, Touched, recording, references

Template = dict[str, Any]
Path = tuple[str | int, ...]

# What may survive, by a regular expression on the mutant's name, and why. `excuse` knows two more kinds.
ALLOWED: dict[str, str] = {
    r"(RestAPI|APIHandler|ApiHandler)": (
        "API Gateway is not simulated; routes, their authorisation and their handler are held by "
        "tests/chalicelib/http/test_routes.py and tests/chalicelib/template/test_template.py"
    ),
    r"Resources\.(WatchForward[2-6]|Function(Errors|Throttles)\d+Alarm|LostAlarm)\.": (
        "the same once for each rule of stack_changed or for each function, as one scenario shows of one of "
        "them; tests/chalicelib/template/test_second_way.py holds that none is left out"
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
    of: str = "template"  # or "spoke", "before" (the archive), "host": the field of a `Deployment`

    @property
    def name(self) -> str:
        """For people and for the list of what may survive."""
        where = ".".join(str(part) for part in self.path)
        of = {"template": "", "before": "archive "}.get(self.of, f"{self.of} ")
        return f"{self.kind} {of}{where}: {self.what}"

    @property
    def resource(self) -> str:
        """The logical id of what it changes."""
        return str(self.path[1])

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
        alike = [key for key, each in known.items() if key != name and each["Type"] == kind]
        alike.sort(key=lambda key: _unlikely(known[key], known[name]))
        if alike:
            return {"Fn::GetAtt": [alike[0], attribute]} if attribute else {"Ref": alike[0]}
    return NEVER


def _unlikely(other: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[bool, bool]:
    """What makes a slip that tells little: it is there under another condition, or has the same value."""
    return other.get("Condition") != own.get("Condition"), other.get("Default") == own.get("Default")


def _actions(node: Any, path: Path) -> Iterator[Mutant]:
    """Each action of each statement of every policy in this part of the template."""
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


# ---- which scenarios, in which order ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A scenario's run on the templates as they are: what it touched, the seconds it took, what failed."""

    touched: Touched
    seconds: float
    failures: tuple[str, ...] = ()


def record(scenario: Scenario) -> Recorded:
    """Run a scenario unchanged, and see what it touches."""
    found: list[Touched] = []
    began = time.process_time()
    with recording() as heard:
        report = run(
            scenario, before_leaving=lambda world: found.append(heard.touched(world.stacks.values()))
        )
    return Recorded(touched=found[0], seconds=time.process_time() - began, failures=report.failures)


def concerned(mutant: Mutant, recorded: Mapping[str, Recorded]) -> list[Scenario]:
    """The scenarios that touch what the mutant changes, likeliest first.

    The order: scenarios in which the role or service of the changed statement asked for one of its actions;
    those in which the changed alarm, or the filter's alarm, went off; those that name the resource; those
    that name the most of what it refers to, such as a permission's rule and function; those called like it;
    and the fast ones first.
    """
    stated = _stated(mutant)
    stem = mutant.resource.lower()
    refers = references(_templates()[mutant.of]["Resources"][mutant.resource])

    def rank(scenario: Scenario) -> tuple[int, bool, bool, int, bool, float]:
        known = recorded[scenario.name]
        asked = {action for who, action in known.touched.asked if _means(stated, who, action)}
        return (
            -len(asked),
            mutant.resource not in known.touched.alarmed,
            mutant.resource not in known.touched.named,
            -len(refers & known.touched.named),
            not stem.startswith(scenario.name.split(".", 1)[0].replace("_", "")),
            known.seconds,
        )

    near = [
        each
        for each in library()
        if each.name in recorded and has(mutant, each) and _touches(mutant, recorded[each.name].touched)
    ]
    return sorted(near, key=rank)


def _means(stated: Iterable[tuple[str, str]], who: str, action: str) -> bool:
    """Whether a statement's actions, wildcards among them, are about this one of theirs."""
    return any(who == named and action_matches(pattern, action) for named, pattern in stated)


def has(mutant: Mutant, scenario: Scenario) -> bool:
    """Whether the scenario deploys what the mutant changes."""
    match mutant.of:
        case "spoke":
            return bool(scenario.spokes)
        case "before":
            return mutant.resource in scenario.before.get("Resources", {})
        case "template":
            return _chosen(mutant.path, deployment_of(scenario))
        case _:
            return True


def _chosen(path: Path, deployment: Deployment) -> bool:
    """Whether a place in the template is part of the stack under these parameters: conditions decide that."""
    conditions = _conditions(deployment.parameters, deployment.home)
    node: Any = _templates()["template"]
    for part, after in zip(path, (*path[1:], None), strict=True):
        if isinstance(node, str):
            break  # in a text that holds references
        node = node[part]
        if part == path[1] and "Condition" in node and not conditions.holds(node["Condition"], str(part)):
            return False
        if part == "Fn::If" and after in (1, 2) and (after == 1) != conditions.holds(node[0], "Fn::If"):
            return False
    return True


@lru_cache(maxsize=128)
def _conditions(parameters: tuple[tuple[str, str], ...], home: str) -> Intrinsics:
    """What the template's conditions come to."""
    return StackTemplate(
        _templates()["template"],
        region=home,
        account=ACCOUNT,
        stack_name=STACK_NAME,
        stack_id="none",
        parameters=dict(parameters),
    ).intrinsics


def _touches(mutant: Mutant, touched: Touched) -> bool:
    """A role and a function count only by their own names: the role was judged, or the function ran."""
    kind = _templates()[mutant.of]["Resources"][mutant.resource]["Type"]
    by_name = kind in {"AWS::IAM::Role", "AWS::Lambda::Function"}
    near = touched.named | touched.alarmed
    return mutant.resource in (near if by_name else near | touched.joined)


def _stated(mutant: Mutant) -> set[tuple[str, str]]:
    """The roles, the services and people, and the actions, that the changed statement is about.

    A change that lies in no statement is about all of the policy.
    """
    resources = _templates()[mutant.of]["Resources"]
    statement, _ = _statement_of(mutant)
    statements = [statement] if statement else []
    if not statements:
        document = resources[mutant.resource].get("Properties", {}).get("PolicyDocument", {})
        statements = document.get("Statement", [])
    roles = {mutant.resource, *(references(resources[mutant.resource]) & set(resources))}
    return {
        (who, action)
        for statement in statements
        for action in _actions_of(statement, mutant)
        for who in roles | _named_by(statement.get("Principal"))
        if isinstance(action, str)
    }


def _statement_of(mutant: Mutant) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """The statement that a mutant changes, and all of its document; empty where it lies in none."""
    node: Any = _templates()[mutant.of]
    for part in mutant.path:
        if isinstance(node, str):
            break  # in a text that holds references
        above, node = node, node[part]
        if isinstance(node, dict) and "Effect" in node:
            return node, above
    return {}, []


def _named_by(principal: Any) -> set[str]:
    """Whom a statement of a resource's policy names, beside roles of the stack; nobody in a role's own."""
    if not isinstance(principal, dict):
        return {PEOPLE} if principal else set()
    return set(_listed(principal, "Service")) | ({PEOPLE} if "AWS" in principal else set())


def _actions_of(statement: Mapping[str, Any], mutant: Mutant) -> list[Any]:
    every = _listed(statement, "Action")
    if mutant.kind == "action" and mutant.path[-2] == "Action" and len(every) > 1:
        return [every[int(mutant.path[-1])]]
    return every


def _listed(node: Any, name: str) -> list[Any]:
    """A member of a policy that may be one or several."""
    value = node.get(name, []) if isinstance(node, dict) else []
    return value if isinstance(value, list) else [value]


@cache
def _templates() -> Mapping[str, Template]:
    """Each template that is changed, by the field of a `Deployment` that holds it."""
    deployment = deployment_of(library()[0])
    return {
        "template": json.loads(deployment.template),
        "spoke": json.loads(deployment.spoke),
        "before": archive(),
        "host": json.loads(json.dumps(host())),
    }


def every_mutant() -> list[Mutant]:
    """Every change to every template, in the templates' own order."""
    return [replace(mutant, of=of) for of, template in _templates().items() for mutant in mutants(template)]


# ---- running ------------------------------------------------------------------------------------


def _is_allowed_twice(mutant: Mutant) -> bool:
    """A part of a statement, each of whose actions another one of the document allows more widely."""
    resources = _templates()[mutant.of]["Resources"]
    statement, document = _statement_of(mutant)
    if statement.get("Effect") != "Allow":
        return False
    listed = [each for each in document if each is not statement and "Condition" not in each]
    text = _arn_text(statement.get("Resource"), resources)
    return bool(text) and all(
        any(
            each["Effect"] == "Allow"
            and action in _listed(each, "Action")
            and matches(_arn_text(each.get("Resource"), resources), text)
            for each in listed
        )
        for action in _actions_of(statement, mutant)
    )


def _arn_text(resource: Any, resources: Mapping[str, Any]) -> str:
    """A statement's resource as text with references in it, a table's ARN spelled out; "" for a list."""
    text = resource.get("Fn::Sub") if isinstance(resource, dict) else resource
    if not isinstance(text, str):
        return ""
    name = text.removeprefix("${").removesuffix(".Arn}")
    if resources.get(name, {}).get("Type") != "AWS::DynamoDB::Table":
        return text
    return f"arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/${{{name}}}"


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
    text = getattr(deployment, mutant.of) or json.dumps(_templates()[mutant.of])
    changed: Any = {mutant.of: json.dumps(mutant.apply(json.loads(text)))}
    try:
        report = run(scenario, deployment=replace(deployment, **changed))
    except InvalidTemplate as error:
        return f"CloudFormation: {error}"
    except NotSimulated as error:
        return f"not simulated: {error}"
    return "" if report.passed else f"{scenario.name}: {report.failures[0]}"


def excuse(mutant: Mutant) -> str:
    """Why this mutant may survive; "" when it may not."""
    kinds = ((_ONLY_A_NAME, _is_only_a_name), (_ALLOWED_TWICE, _is_allowed_twice))
    return _allowed(mutant.name) or next((why for why, holds in kinds if holds(mutant)), "")


def _allowed(name: str) -> str:
    return next((reason for pattern, reason in ALLOWED.items() if re.search(pattern, name)), "")


_ALLOWED_TWICE = "another statement of the same policy allows the same for more resources"
_ONLY_A_NAME = (
    "a resource's own name, which keeps stacks of one account apart: what needs the resource refers to it, "
    "and a world has one stack"
)


def _is_only_a_name(mutant: Mutant) -> bool:
    """The stack's name in a property that identifies the resource, and is spelled nowhere else."""
    if mutant.what != "not ${AWS::StackName}" or mutant.path[2] != "Properties":
        return False
    template = _templates()[mutant.of]
    resource = template["Resources"][mutant.resource]
    schema = schema_of(resource["Type"]) or {}
    if f"/properties/{mutant.path[3]}" not in schema.get("primaryIdentifier", ()):
        return False
    spelled = resource["Properties"][str(mutant.path[3])].get("Fn::Sub")
    return isinstance(spelled, str) and json.dumps(template).count(json.dumps(spelled)[1:-1]) == 1


def main() -> int:
    """Judge every mutant; exit 1 when one survives that may not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
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
    with progress() as line, multiprocessing.get_context("fork").Pool(options.jobs, leave_ctrl_c) as pool:
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
    survivors = [mutant for mutant, verdict in zip(chosen, verdicts, strict=True) if verdict.survived]
    sample = random.Random(options.seed).sample(survivors, min(options.sample, len(survivors)))
    everyone = _all(sample, recorded, options.jobs, everyone=True)
    return _report(verdicts, everyone, time.monotonic() - began)


def _record_by_number(number: int) -> Recorded:
    return record(library()[number])


_WORK: list[Mutant] = []
_RECORDED: dict[str, Recorded] = {}
_NOTICED: dict[tuple[str, str], str] = {}
_IN_A_ROW = 8


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
    _WORK[:] = chosen
    _RECORDED.clear()
    _RECORDED.update(recorded)
    verdicts: list[MutantResult] = []
    began = time.monotonic()
    judge_one = _by_everyone if everyone else _by_number
    with progress() as line, multiprocessing.get_context("fork").Pool(jobs, leave_ctrl_c) as pool:
        judged = pool.imap(judge_one, range(len(chosen)), chunksize=1 if everyone or until else _IN_A_ROW)
        with contextlib.suppress(KeyboardInterrupt):
            for verdict in judged:
                verdicts.append(verdict)
                line.say(_progress(verdicts, len(chosen), time.monotonic() - began))
                if until and time.monotonic() > until:
                    break
    return verdicts


def _progress(verdicts: list[MutantResult], total: int, seconds: float) -> str:
    """`killed 12 / 40, 850 in all, 9 min left`."""
    killed = sum(not verdict.survived for verdict in verdicts)
    left = seconds / len(verdicts) * (total - len(verdicts))
    return f"killed {killed} / {len(verdicts)}, {total} in all, {left / 60:.0f} min left"


def _by_number(number: int) -> MutantResult:
    """Mutants hold functions, which can't be sent to a worker; their numbers can.

    A scenario that noticed one change to a resource is tried first on the next change of its kind.
    """
    mutant = _WORK[number]
    about = mutant.resource, mutant.kind
    order = concerned(mutant, _RECORDED)
    order.sort(key=lambda scenario: scenario.name != _NOTICED.get(about))
    if _allowed(mutant.name):
        order = order[:1]  # provisioned and run once; a second scenario would say no more
    verdict = _tidily(mutant, order)
    _NOTICED[about] = verdict.killed_by.partition(":")[0]
    return verdict


def _by_everyone(number: int) -> MutantResult:
    mutant = _WORK[number]
    return _tidily(mutant, [scenario for scenario in library() if has(mutant, scenario)])


def _tidily(mutant: Mutant, scenarios: list[Scenario]) -> MutantResult:
    """Judge, and throw away what it left: a changed template is not used again."""
    gc.disable()
    try:
        return judge(mutant, scenarios)
    finally:
        gc.enable()
        gc.collect()


def _report(verdicts: list[MutantResult], everyone: list[MutantResult], seconds: float) -> int:
    survivors = [verdict for verdict in verdicts if verdict.survived]
    wrong = [verdict for verdict in survivors if not verdict.excuse]
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


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
