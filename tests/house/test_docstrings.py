"""The examples in docstrings do what they say."""

import doctest
from importlib import import_module

import pytest

from tests.project import PROJECT

WITH_EXAMPLES = [
    ".".join(path.relative_to(PROJECT).with_suffix("").parts)
    for room in ("chalicelib", "scenarios")
    for path in sorted((PROJECT / room).rglob("*.py"))
    if ">>> " in path.read_text()
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_do_what_they_say(name, capsys):
    result = doctest.testmod(import_module(name))

    assert result.attempted > 0
    assert result.failed == 0, capsys.readouterr().out
