"""Which mutants are alike: the same change to what every function of the stack is given by the same lines.

Each remediation gets a function, a role, keys and rules. Most of what they say is generated alike for all of
them, and serves code that all of them share. A scenario that notices a change to one of these speaks for the
others.
"""

import json
import re
from functools import cache
from typing import Any

from scenarios.runner.mutate.mutants import Mutant, templates

# Tests hold that each name is one that AWS records, and each call of the catalogue wakes who watches for it.
_NAMES_OF_CALLS = frozenset(("eventName", "eventSource", "source"))
_ONE_BY_ONE = frozenset(
    ("pattern", "handler", "filter")
)  # kinds of mutants that are each a remediation's own


def alike(mutant: Mutant) -> tuple[str, ...]:
    """What mutants have in common of which one is judged for all.

    They change the same leaf of the same statement, or of the same property, once each one's remediation is
    left out of its words; what else the resource says may differ. So do the names of calls, or of services,
    in one list of a pattern. A mutant that is like no other has its name here.
    """
    for names in _NAMES_OF_CALLS.intersection(mutant.path):
        return (mutant.of, mutant.resource, names, repr(mutant.path[: mutant.path.index(names)]))
    if listed := _in_a_list(mutant):
        return listed
    resource = templates()[mutant.of]["Resources"][mutant.resource]
    own = function_of(mutant.resource)
    if mutant.kind in _ONE_BY_ONE or not own:
        return (mutant.name,)
    unit, leaf = _unit(resource, mutant)
    words = (
        mutant.of,
        mutant.kind,
        resource["Type"],
        json.dumps(unit, sort_keys=True),
        repr(leaf),
        mutant.what,
    )
    return tuple(_without(own, each) for each in words)


def whose(mutant: Mutant) -> str:
    """The function that a mutant is about; "" where it is about no one's alone."""
    listed = _listed(mutant)
    return listed[0] if listed else function_of(mutant.resource)


def _in_a_list(mutant: Mutant) -> tuple[str, ...]:
    """For one of a list, or of variables, that name something of each function: what they say of every one.

    () where there is no such list.
    """
    listed = _listed(mutant)
    if listed is None:
        return ()
    where, (own, said, number) = mutant.path[2:], listed
    what = _without(own, mutant.what)
    return (mutant.of, mutant.resource, repr(where[:number]), said, repr(where[number + 1 :]), what)


def _listed(mutant: Mutant) -> tuple[str, str, int] | None:
    """The function that the innermost such item names, what it says without that name, its place."""
    where, node = mutant.path[2:], templates()[mutant.of]["Resources"][mutant.resource]
    lists: list[tuple[int, Any, list[Any]]] = []
    for number, part in enumerate(where):
        if isinstance(node, str):
            break  # in a text that holds references
        if isinstance(node, list):
            lists.append((number, node[int(part)], node))
        elif where[number - 1 : number] == ("Variables",):
            lists.append((number, {part: node[part]}, [{name: value} for name, value in node.items()]))
        node = node[part]
    for number, item, items in reversed(lists):
        own, said = _anonymous(item)
        if own and sum(_anonymous(each)[1] == said for each in items) > 1:
            return own, said, number
    return None


def _unit(resource: Any, mutant: Mutant) -> tuple[Any, tuple[Any, ...]]:
    """What is changed as a whole, and the leaf's place: a policy's statement, a variable, else a property."""
    where = mutant.path[2:]
    depth = 4 if where[:3] == ("Properties", "Environment", "Variables") else 2
    node = unit = resource
    for number, part in enumerate(where, 1):
        if isinstance(node, str):
            break  # in a text that holds references
        node = node[part]
        if isinstance(node, dict) and "Effect" in node:
            return node, where[number:]
        if number <= depth:
            unit = node
    return unit, where


@cache
def _functions() -> tuple[str, ...]:
    """The logical ids of the functions, the longest first."""
    resources = templates()["template"]["Resources"].items()
    names = (name for name, resource in resources if resource["Type"] == "AWS::Lambda::Function")
    return tuple(sorted(names, key=len, reverse=True))


def function_of(logical_id: str) -> str:
    """Whose resource it is, by the start of its name; "" where it is nobody's alone."""
    return next((name for name in _functions() if logical_id.startswith(name)), "")


def _anonymous(item: Any) -> tuple[str, str]:
    """The function that an item of a list names, "" where it names none; and the item without that name."""
    words = json.dumps(item)
    own = next((name for name in _functions() if name in words), "")
    return own, _without(own, words) if own else words


def _without(function: str, words: str) -> str:
    """The same words of every function: `RootLoginRole`, `root_login` and `ROOTLOGIN` are the first's own."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", function).lower()
    return words.replace(function, "*").replace(snake, "*").replace(function.upper(), "*")
