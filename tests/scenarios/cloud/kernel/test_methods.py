"""The methods of a dataclass are compiled once for all processes, and are those that Python makes."""

import dataclasses
from contextlib import suppress

import pytest

from scenarios.cloud.kernel import methods
from scenarios.cloud.kernel.methods import compiled_once
from tests.scenarios.cloud.kernel.kept_folder import kept_in


def made():
    return dataclasses.make_dataclass(
        "Seen", [("at", int), ("by", str, "nobody")], frozen=True, order=True, slots=True
    )


def told(kind):
    """What a class made of a text could do otherwise."""
    one, other = kind(1), kind(2, by="mallory")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.at = 3
    return (
        repr(one),
        one < other,
        one == kind(1),
        hash(one) == hash((1, "nobody")),
        dataclasses.astuple(other),
    )


def test_what_a_process_compiled_the_next_one_runs(tmp_path, monkeypatch):
    alone = told(made())
    monkeypatch.setattr(methods, "_compiled", {})
    with kept_in(tmp_path), compiled_once("this"):
        assert told(made()) == alone

    monkeypatch.setattr(methods, "_compiled", {})
    monkeypatch.setattr(methods, "compile", None, raising=False)
    with kept_in(tmp_path):
        with compiled_once("this"):
            assert told(made()) == alone
        with compiled_once("that"):
            assert told(made()) == alone


def test_outside_python_compiles_as_ever():
    with suppress(ImportError), compiled_once("this"):
        assert vars(dataclasses)["exec"] is methods.execute
        raise ImportError

    assert "exec" not in vars(dataclasses)
