"""Modules that functions share hold nothing that a function could change and another could see."""

import dataclasses
import dis
import enum
import importlib
import os
import re
import typing
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GenericAlias,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    ModuleType,
    UnionType,
    WrapperDescriptorType,
)

import botocore.config
import pytest

from chalicelib.trail.integrity import public_keys
from scenarios.cloud.functions.runtime_environment import DEPLOYED, UNCHANGING

HARMLESS = (
    *(str, bytes, int, float, complex, type(None), type(...), re.Pattern),
    *(date, datetime, time, timedelta, tzinfo),
    *(GenericAlias, UnionType, typing.TypeVar, type(typing.Any), type(typing.Mapping)),
    *(MemberDescriptorType, GetSetDescriptorType, WrapperDescriptorType, BuiltinFunctionType, enum.Enum),
    type(vars(dataclasses)["_HAS_DEFAULT_FACTORY"]),
    botocore.config.Config,  # a client merges it with its own, and changes neither
)

# Which function first asked makes no difference to what these keep.
FOLLOWS_FROM_WHAT_IS_ASKED = (public_keys._load,)


def ours(name: str) -> bool:
    return name.split(".", 1)[0] in DEPLOYED


def changing(module: ModuleType) -> Iterator[str]:
    """What of a module could change, each with why."""
    for name, value in vars(module).items():
        if not (name.startswith("__") and name.endswith("__")):
            yield from (f"{module.__name__}.{name}: {why}" for why in _why(value, module.__name__))


def _why(value: object, module: str) -> Iterator[str]:
    match value:
        case ModuleType():
            if ours(value.__name__) and value.__name__ not in UNCHANGING:
                yield f"the module {value.__name__} may change"
        case FunctionType():
            yield from _why_function(value, module)
        case type():
            yield from _why_class(value, module)
        case _ if value is os.environ:
            return  # each function has variables of its own in it
        case _ if not isinstance(value, HARMLESS) and getattr(value, "__module__", "") != "typing":
            parts = _parts(value)
            if parts is None:
                yield f"a {type(value).__name__}"
            for part in parts or ():
                yield from _why(part, module)


def _parts(value: object) -> Iterable[object] | None:
    """What something is made of that can't change itself; None for anything else."""
    match value:
        case tuple() | frozenset():
            return value
        case MappingProxyType():
            return tuple(value.values())
        case staticmethod() | classmethod():
            return (value.__func__,)
        case property():
            return (value.fget, value.fset, value.fdel)
        case cached_property():  # what it found is kept by the instance
            return (value.func,)
    return _parts_of_other(value)


def _parts_of_other(value: object) -> Iterable[object] | None:
    """The same of what keeps what it found, and of an instance that never changes."""
    if any(value is each for each in FOLLOWS_FROM_WHAT_IS_ASKED):
        return (value.__wrapped__,)
    if dataclasses.is_dataclass(value) and type(value).__dataclass_params__.frozen:
        return (type(value), *(getattr(value, each.name) for each in dataclasses.fields(value)))
    return None


def _elsewhere(value: FunctionType | type, module: str) -> Iterator[str]:
    """Of what another module made: that one must be unchanging, too."""
    if ours(value.__module__) and value.__module__ not in UNCHANGING:
        yield f"it is of {value.__module__}, which may change"


def _why_function(function: FunctionType, module: str) -> Iterator[str]:
    if function.__module__ != module:
        yield from _elsewhere(function, module)
        return
    if _stores(function.__code__):
        yield "it assigns a global"
    for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield from _why(default, module)
    if vars(function).keys() - {"__wrapped__", "__dataclass_params__"}:
        yield "it has attributes of its own"


def _why_class(kind: type, module: str) -> Iterator[str]:
    if kind.__module__ != module:
        yield from _elsewhere(kind, module)
        return
    for name, value in vars(kind).items():
        # What enum, abc and dataclasses keep there for themselves.
        its_makers = name == "_abc_impl" or (name.startswith("_") and name.endswith("_"))
        if not its_makers or (isinstance(value, FunctionType) and value.__module__ == module):
            yield from (f"{name}: {why}" for why in _why(value, module))


def _stores(code: CodeType) -> bool:
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return any(
        each.opname in {"STORE_GLOBAL", "DELETE_GLOBAL"} for each in dis.get_instructions(code)
    ) or any(map(_stores, inner))


@pytest.mark.parametrize("name", sorted(UNCHANGING))
def test_a_module_that_functions_share_holds_nothing_that_could_change(name):
    assert list(changing(importlib.import_module(name))) == []


CHANGING = [
    "from functools import lru_cache\n@lru_cache\ndef _load(der): ...",
    "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass K:\n    of: dict\nONE = K({})",
    "from dataclasses import dataclass\n@dataclass\nclass K:\n    of: str\nONE = K('')",
    "KNOWN = {}",
    "class Seen:\n    names = []",
    "def count(seen=[]): ...",
    "last = None\ndef remember(what):\n    global last\n    last = what",
    "from functools import lru_cache\n@lru_cache\ndef squared(x): return x * x",
    "import chalicelib.warden as warden",
    "from chalicelib.runtime.answer import answer",
    "import logging\nlog = logging.getLogger('x')",
]


@pytest.mark.parametrize("source", CHANGING)
def test_what_could_change_is_noticed(source):
    module = ModuleType("chalicelib.new")
    exec(source, vars(module))

    assert list(changing(module))
