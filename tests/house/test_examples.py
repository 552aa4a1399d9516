"""Code that stands in no module keeps up with the house: what `trailwarden new` writes, what the guide says.

Whether it works is rehearsed elsewhere, in copies of the project; here it is only executed, which is quick.
"""

import sys
from types import ModuleType

import pytest

from chalicelib.config_rule import ConfigRule
from chalicelib.remediation import Remediation
from scenarios.packaging.start import KINDS, beginning
from scenarios.runner.scenario import Scenario
from tests.docs.snippets import put_together
from tests.project import PROJECT

GUIDE = "docs/writing-a-remediation.md"
FILES = {on: beginning(PROJECT, "door_opened", on) for on in KINDS} | {
    "the guide": put_together(GUIDE, (PROJECT / GUIDE).read_text())
}


def executed(text, path, monkeypatch):
    """What the module of that text binds."""
    module = ModuleType(path.removesuffix(".py").replace("/", "."))
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look their module up
    exec(compile(text, path, "exec"), vars(module))
    return vars(module)


@pytest.mark.parametrize("example", FILES)
def test_the_two_modules_of_an_example_can_be_imported(example, monkeypatch):
    module, scenario = sorted(path for path in FILES[example] if path.count("/") == 2)

    bound = executed(FILES[example][module], module, monkeypatch)
    made = bound.get("REMEDIATION") or bound["RULE"]
    told = executed(FILES[example][scenario], scenario, monkeypatch)["SCENARIOS"]

    assert isinstance(made, ConfigRule if example == "config" else Remediation)
    assert all(isinstance(each, Scenario) for each in told)
    assert {each.name.partition(".")[0] for each in told} == {made.name}
