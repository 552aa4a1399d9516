"""The changes: each leaf of the packaged templates, one at a time."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from chalicelib.template.archive import archive
from chalicelib.template.host import host
from scenarios.runner.library import library
from scenarios.runner.run import deployment_of

Template = dict[str, Any]
Path = tuple[str | int, ...]

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

    def applied_to(self, text: str) -> str:
        """The template with the change, as JSON text."""
        template = json.loads(text)
        self.change(template)
        return json.dumps(template)


@cache
def templates() -> Mapping[str, Template]:
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
    return [replace(mutant, of=of) for of, template in templates().items() for mutant in mutants(template)]


def mutants(template: Template) -> Iterator[Mutant]:
    """Every change there is to make, in the template's own order."""
    for logical_id, resource in template["Resources"].items():
        base: Path = ("Resources", logical_id)
        yield from _references(template, resource.get("Properties", {}), (*base, "Properties"))
        match resource["Type"]:
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
        alike = [
            key
            for key, each in known.items()
            if key != name and each["Type"] == kind and not _may_the_same(each, known[name])
        ]
        alike.sort(key=lambda key: _unlikely(known[key], known[name]))
        if alike:
            return {"Fn::GetAtt": [alike[0], attribute]} if attribute else {"Ref": alike[0]}
    return NEVER


def _may_the_same(other: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Whether both are roles with the same rights: it makes no difference which of them is named."""
    return own["Type"] == "AWS::IAM::Role" and other.get("Properties") == own.get("Properties")


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
