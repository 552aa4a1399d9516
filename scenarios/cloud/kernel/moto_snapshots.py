"""Moto's whole state at one moment, from which worlds start, in this process and in later ones.

It is a pickle. What it copies to itself (functions, classes, keys, regular expressions), and moto's
registries, stays one object in all copies, and has a number in there. To outlive the process, each of these
needs a name by which another process finds the same; where one has none, the state can't outlive it.
"""

import copyreg
import io
import pickle
import re
import sys
import threading
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType, NoneType
from typing import Any, Self
from weakref import WeakValueDictionary

from moto.core.base_backend import BackendDict
from moto.moto_api._internal import mock_random

from scenarios.cloud.kernel.moto_hooks import forget_instances

# Deep copies make new locks; a lock has no state worth copying.
copyreg.pickle(type(threading.RLock()), lambda _: (threading.RLock, ()))
copyreg.pickle(type(threading.Lock()), lambda _: (threading.Lock, ()))
copyreg.pickle(threading.Condition, lambda _: (threading.Condition, ()))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Moto's whole state at one moment; `restore` installs a fresh copy of it, as often as asked.

    `backends`: of each there is its registry, account and region, in the order of `state`.
    """

    backends: tuple[tuple[Any, str, str], ...]
    state: "_Kept"
    random: Any

    @classmethod
    def taken(cls) -> Self:
        """As it is now."""
        live = {
            (backends, account, region): backend
            for backends in BackendDict._instances  # noqa: SLF001 - moto offers no way to enumerate
            for account, regions in backends.items()
            for region, backend in regions.items()
        }
        keeper = _Keeper(io.BytesIO(), (backends for backends, _, _ in live))
        return cls(tuple(live), keeper.kept(list(live.values())), mock_random.getstate())

    def restore(self) -> None:
        """Replace moto's state by a copy of this one."""
        BackendDict.reset()
        for (backends, account, region), backend in zip(self.backends, self.state.copy(), strict=True):
            dict.__setitem__(backends[account], region, backend)
            if backends.service_name == "lambda":
                _index_functions(backend)
        mock_random.setstate(self.random)
        forget_instances()

    # ---- between processes ----------------------------------------------------------------------

    def named(self) -> tuple[Any, ...] | None:
        """The same as plain texts and numbers; None where something in it has no name outside of here."""
        shared = [_name_of(each) for each in self.state.shared]
        backends = [(_name_of(registry), account, region) for registry, account, region in self.backends]
        if None in shared or None in [name for name, _, _ in backends]:
            return None
        return shared, backends, self.state.text, self.random

    @classmethod
    def of_names(cls, named: tuple[Any, ...]) -> Self:
        """What `named` told, here. Raises ImportError or AttributeError where a name is nobody's."""
        shared, backends, text, random = named
        registries = tuple((_found(name), account, region) for name, account, region in backends)
        return cls(registries, _Kept(text, [_found(name) for name in shared]), random)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Objects kept as text, from which a copy is read; that takes a tenth of what `copy.deepcopy` takes."""

    text: bytes
    shared: list[Any]

    def copy(self) -> list[Any]:
        reader: Any = pickle.Unpickler(io.BytesIO(self.text))  # noqa: S301 - written below
        reader.persistent_load = self.shared.__getitem__
        copied: list[Any] = reader.load()
        return copied


class _Keeper(pickle.Pickler):
    def __init__(self, text: io.BytesIO, shared: Iterable[Any]) -> None:
        super().__init__(text, pickle.HIGHEST_PROTOCOL)
        self._text = text
        self.shared: list[Any] = []
        self._numbers: dict[int, int] = {}
        for each in shared:
            self._share(each)

    def kept(self, objects: list[Any]) -> _Kept:
        """Write the objects."""
        if models := sys.modules.get("moto.ssm.models"):
            models.ParameterDict.__reduce__ = _parameters_reduced
        self.dump(objects)
        return _Kept(self._text.getvalue(), self.shared)

    def persistent_id(self, each: Any) -> int | None:
        """Pickle asks of every object: the number of one that is shared; None for one that is copied."""
        if type(each) in _PLAIN:
            return None
        if id(each) not in self._numbers and _copied_to_itself(each):
            self._share(each)
        return self._numbers.get(id(each))

    def reducer_override(self, each: Any) -> Any:
        """Pickle asks how to copy what it doesn't know; what was in it is put in again behind it."""
        return (WeakValueDictionary, ()) if isinstance(each, WeakValueDictionary) else NotImplemented

    def _share(self, each: Any) -> None:
        self._numbers.setdefault(id(each), len(self.shared))
        self.shared.append(each)


_PLAIN = frozenset((str, int, float, bool, NoneType, bytes, tuple, list, dict, set))  # most of all there is


def _copied_to_itself(each: Any) -> bool:
    if isinstance(each, (type, FunctionType, BuiltinFunctionType, ModuleType, weakref.ref, property)):
        return True
    deepcopy = getattr(type(each), "__deepcopy__", None)
    return deepcopy is not None and deepcopy(each, {}) is each


def _parameters_reduced(parameters: Any) -> tuple[Any, ...]:
    """How SSM's parameters are copied: moto's own defaultdict takes other arguments than a plain one."""
    made = type(parameters), (parameters.account_id, parameters.region_name)
    return (*made, vars(parameters), None, iter(parameters.items()))


def _index_functions(lambdas: Any) -> None:
    """A copied WeakValueDictionary goes on pointing at the originals."""
    storage = lambdas._lambdas  # noqa: SLF001
    storage._arns.clear()  # noqa: SLF001
    for versions in storage._functions.values():  # noqa: SLF001
        latest = versions["latest"]
        storage._arns[latest.function_arn] = latest  # noqa: SLF001


# ---- names --------------------------------------------------------------------------------------

_Name = tuple[str, str, Any]
_LOCAL = ".<locals>."


def _name_of(each: Any) -> _Name | None:
    """By which another process finds what is the same there; None where it would find nothing, or another."""
    if isinstance(each, BackendDict):
        module = each.backend.__module__
        names = [name for name, value in vars(sys.modules[module]).items() if value is each]
        return ("attribute", module, names[0]) if names else None
    if isinstance(each, re.Pattern):
        return "pattern", each.pattern, each.flags
    if isinstance(each, ModuleType):
        return ("module", each.__name__, "") if sys.modules.get(each.__name__) is each else None
    if not isinstance(each, (type, FunctionType, BuiltinFunctionType)):
        return None
    name = "attribute", str(each.__module__), each.__qualname__
    try:
        found = _found(name)
    except (ImportError, AttributeError):
        return None
    return name if found is each or _is_twin(found, each) else None


def _is_twin(found: Any, function: Any) -> bool:
    """Whether a function made anew of its code does what another one does that was made of the same code."""
    return (
        type(found) is type(function) is FunctionType
        and _LOCAL in function.__qualname__
        and found.__code__ is function.__code__
        and found.__globals__ is function.__globals__
        and not (function.__defaults__ or function.__kwdefaults__ or vars(function))
    )


def _found(name: _Name) -> Any:
    kind, first, second = name
    if kind == "pattern":
        return re.compile(first, second)
    module = import_module(first)
    if kind == "module":
        return module
    outer, _, inner = second.partition(_LOCAL)
    found: Any = module
    for part in outer.split("."):
        found = getattr(found, part)
    return _local(found, second) if inner else found


def _local(function: Any, name: str) -> FunctionType:
    """A function that another one makes each time it runs, made of its code."""
    known: tuple[Any, ...] = function.__code__.co_consts
    codes = [each for each in known if isinstance(each, CodeType) and each.co_qualname == name]
    if len(codes) != 1 or codes[0].co_freevars:
        raise AttributeError(f"no function is {name}, or more than one, or one that knows who made it")
    return FunctionType(codes[0], function.__globals__, codes[0].co_name)
