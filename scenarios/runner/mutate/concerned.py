"""Which scenarios a mutant meets, and in which order."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scenarios.cloud.authorization.wildcards import action_matches
from scenarios.cloud.cloudformation.intrinsics import Intrinsics
from scenarios.cloud.cloudformation.template import Template as StackTemplate
from scenarios.cloud.deployment import ACCOUNT, STACK_NAME, Deployment
from scenarios.runner.library import library
from scenarios.runner.mutate.alike import function_of
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
    that name the most of what it refers to, such as a statement's rule and function; those called like it;
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

    def rank(scenario: Scenario) -> tuple[int, bool, bool, int, bool, float]:
        known = recorded[scenario.name]
        return (
            -len(asked[scenario.name]),
            mutant.resource not in known.touched.alarmed,
            mutant.resource not in known.touched.named,
            -len(refers & known.touched.named),
            not _is_called_like(scenario, mutant),
            known.seconds,
        )

    return sorted(near, key=rank)


def shared_out(
    met: Iterable[tuple[Mutant, list[Scenario]]], recorded: Mapping[str, Recorded]
) -> list[tuple[Mutant, list[Scenario]]]:
    """Mutants that are alike, with the scenarios that each meets: each scenario meets one of them.

    That is the mutant that it is called like, else the one whose function did most in it.
    """
    alike = sorted(met, key=lambda pair: -len(pair[1]))
    nearest: dict[str, tuple[tuple[bool, int], str]] = {}
    for mutant, scenarios in alike:
        role = f"{function_of(mutant.resource)}Role"
        for each in scenarios:
            deeds = sum(who == role for who, _ in recorded[each.name].touched.asked)
            near = _is_called_like(each, mutant), deeds
            if each.name not in nearest or near > nearest[each.name][0]:
                nearest[each.name] = near, mutant.name
    return [
        (mutant, [each for each in scenarios if nearest[each.name][1] == mutant.name])
        for mutant, scenarios in alike
    ]


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
