"""Which scenarios a mutant meets, and in which order."""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scenarios.cloud.authorization.wildcards import action_matches
from scenarios.cloud.cloudformation.intrinsics import Intrinsics
from scenarios.cloud.cloudformation.template import Template as StackTemplate
from scenarios.cloud.deployment import ACCOUNT, STACK_NAME, Deployment
from scenarios.runner.library import library
from scenarios.runner.mutate.alike import whose
from scenarios.runner.mutate.mutants import Mutant, Path, templates
from scenarios.runner.mutate.statements import actions_of, is_of_a_role, stated_by, statement_of
from scenarios.runner.mutate.touches import Touched, recording, references
from scenarios.runner.run import deployment_of, run
from scenarios.runner.scenario import Scenario


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
    called like it; those that name the most of what it refers to, such as a statement's rule and function;
    and the fast ones first. What a role's own policy says of an action matters only where the role asked
    for it, and what a resource's policy says of one only where anybody did: other scenarios are left out.
    """
    stated = stated_by(mutant)
    statement, _ = statement_of(mutant)
    refers = references(statement or templates()[mutant.of]["Resources"][mutant.resource])

    near = [
        each
        for each in library()
        if each.name in recorded and has(mutant, each) and _touches(mutant, recorded[each.name].touched)
    ]
    every = {each.name: recorded[each.name].touched.asked for each in near}
    asked = {
        name: {action for who, action in those if _means(stated, who, action)}
        for name, those in every.items()
    }
    if is_of_a_role(mutant):
        near = [each for each in near if asked[each.name]]
    elif statement and "AssumeRolePolicyDocument" not in mutant.path:
        patterns = actions_of(statement, mutant)
        near = [each for each in near if _is_asked(patterns, every[each.name])]

    def rank(scenario: Scenario) -> tuple[int, bool, bool, bool, int, float]:
        known = recorded[scenario.name]
        return (
            -len(asked[scenario.name]),
            mutant.resource not in known.touched.alarmed,
            mutant.resource not in known.touched.named,
            not _is_called_like(scenario, mutant),
            -len(refers & known.touched.named),
            known.seconds,
        )

    return sorted(near, key=rank)


def in_turns(
    met: Iterable[tuple[Mutant, list[Scenario]]], recorded: Mapping[str, Recorded], most: int
) -> Iterator[tuple[Mutant, list[Scenario]]]:
    """Mutants that are alike, each with scenarios that it may meet.

    At first each scenario meets the nearest of them, then the next ones, until so many runs are spoken for.
    """
    alike = sorted(met, key=lambda pair: -len(pair[1]))
    nearest: dict[str, list[tuple[tuple[bool, bool, bool, int], str]]] = {}
    for mutant, scenarios in alike:
        for each in scenarios:
            near = _nearness(mutant, each, recorded[each.name].touched)
            nearest.setdefault(each.name, []).append((near, mutant.name))
    order = {name: [mutant for _, mutant in sorted(those, reverse=True)] for name, those in nearest.items()}
    runs = turn = 0
    while turn == 0 or runs < most:
        given = [
            (mutant, [each for each in scenarios if order[each.name][turn : turn + 1] == [mutant.name]])
            for mutant, scenarios in alike
        ]
        yield from ((mutant, those) for mutant, those in given if those)
        spoken_for = sum(len(those) for _, those in given)
        if not spoken_for:
            return
        runs, turn = runs + spoken_for, turn + 1


def _nearness(mutant: Mutant, scenario: Scenario, touched: Touched) -> tuple[bool, bool, bool, int]:
    """How near a scenario is to what a mutant is about: by its name, by a call, by what the function did."""
    role = f"{whose(mutant)}Role"
    # `'CreateBackup' changed`, `'aws.ec2' changed`; `not AlertKey`, `not ['Ledger', 'Arn']`, `not ${Ledger}`
    changed = mutant.what.removesuffix(" changed").strip("'")
    refers_to = re.findall(r"\w+", mutant.what.removeprefix("not "))[:1]
    service, called = changed.removeprefix("aws.").partition(".")[0], f":{changed}"
    return (
        _is_called_like(scenario, mutant),
        not touched.by_people.isdisjoint(refers_to),
        changed in touched.called
        or not touched.named.isdisjoint(refers_to)
        or any(action.startswith(f"{service}:") or action.endswith(called) for _, action in touched.asked),
        sum(who == role for who, _ in touched.asked),
    )


def _is_called_like(scenario: Scenario, mutant: Mutant) -> bool:
    """`root_login.degrees` is called like `RootLoginRole`."""
    stem = scenario.name.split(".", 1)[0].replace("_", "")
    return mutant.resource.lower().startswith(stem)


def _is_asked(patterns: Iterable[str], asked: Iterable[tuple[str, str]]) -> bool:
    """Whether anybody asked for one of these actions, wildcards among them."""
    actions = {action for _, action in asked}
    return any(action_matches(pattern, action) for pattern in patterns for action in actions)


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
    node: Any = templates()["template"]
    for part, after in zip(path, (*path[1:], None), strict=True):
        if isinstance(node, str):
            break  # in a text that holds references
        node = node[part]
        if part == path[1] and "Condition" in node and not conditions.holds(node["Condition"], str(part)):
            return False
        if part == "Fn::If" and after in (1, 2) and (after == 1) != conditions.holds(node[0], "Fn::If"):
            return False
    return True


@lru_cache(maxsize=512)
def _conditions(parameters: tuple[tuple[str, str], ...], home: str) -> Intrinsics:
    """What the template's conditions come to."""
    return StackTemplate(
        templates()["template"],
        region=home,
        account=ACCOUNT,
        stack_name=STACK_NAME,
        stack_id="none",
        parameters=dict(parameters),
    ).intrinsics


def _touches(mutant: Mutant, touched: Touched) -> bool:
    """A role and a function count only by their own names: the role was judged, or the function ran."""
    kind = templates()[mutant.of]["Resources"][mutant.resource]["Type"]
    by_name = kind in {"AWS::IAM::Role", "AWS::Lambda::Function"}
    near = touched.named | touched.alarmed
    return mutant.resource in (near if by_name else near | touched.joined)
