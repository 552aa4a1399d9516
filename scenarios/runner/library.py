"""Finding scenarios: whatever a module in `scenarios/incidents` lists as SCENARIOS."""

import difflib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from chalicelib.catalog import CATALOG
from scenarios import incidents
from scenarios.runner.scenario import Scenario


class UnknownScenario(LookupError):
    """No scenario has this name; the message offers those that look like it."""


@lru_cache(maxsize=1)
def library() -> tuple[Scenario, ...]:
    """Every scenario there is: in the catalogue's order, what belongs to no remediation last.

    Raises ValueError when two have the same name: a failure could not be told from the other's.
    """
    order = {remediation.name: place for place, remediation in enumerate(CATALOG)}
    modules = [module for module in iter_modules(incidents.__path__) if not module.ispkg]
    names = [module.name for module in modules if not module.name.startswith("_")]  # __main__ is the command
    names.sort(key=lambda name: (order.get(name, len(order)), name))
    found: dict[str, Scenario] = {}
    for name in names:
        for scenario in getattr(import_module(f"scenarios.incidents.{name}"), "SCENARIOS", ()):
            if scenario.name in found:
                raise ValueError(f"two scenarios are called {scenario.name}")
            found[scenario.name] = scenario
    return tuple(found.values())


def named(names: Sequence[str]) -> tuple[Scenario, ...]:
    """The scenarios of these names, each once, as asked; `table_deleted*` stands for all that begin so.

    Raises UnknownScenario.
    """
    chosen: dict[str, Scenario] = {}
    for name in names:
        right = [scenario for scenario in library() if fnmatchcase(scenario.name, name)]
        if not right:
            raise UnknownScenario(_unknown(name))
        chosen |= {scenario.name: scenario for scenario in right}
    return tuple(chosen.values())


def _unknown(name: str) -> str:
    names = [scenario.name for scenario in library()]
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    offer = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(names)}"
    return f"there is no scenario called {name!r}; {offer}"
