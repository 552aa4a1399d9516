"""A cache for work that botocore repeats, with the same result, for every session and client.

A run makes dozens of sessions and clients, because functions share none. Most of what they cost is the same
data read into the same objects: the handlers every session begins with, a service's model and methods, its
rules for endpoints. All of it depends on botocore's files alone, never on the caller, the region
or the settings. Credentials, configuration, a client's own handlers and retries do depend on those: botocore
still makes them for each client. A contract test compares such a client with one that botocore made alone.
"""

import copy
import inspect
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import FunctionType
from typing import Any

import botocore.client
import botocore.endpoint
import botocore.handlers
import botocore.hooks
import botocore.httpsession
import botocore.loaders
import botocore.parsers
import botocore.regions
import botocore.session
import botocore.useragent
import botocore.utils
from botocore.configprovider import EnvironmentProvider
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import DataNotFoundError
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.model import ServiceModel
from botocore.utils import EVENT_ALIASES
from botocore.validate import ParamValidator

from scenarios.cloud.kernel.kept_clients import create_client, handed_out_again, is_of_library
from scenarios.cloud.kernel.plain_parameters import validated
from scenarios.cloud.kernel.replaced import replaced
from scenarios.cloud.kernel.single_members import single_member

# Private names of botocore's: its types don't know them.
_Trie: Any = botocore.hooks._PrefixTrie  # type: ignore[attr-defined]  # noqa: SLF001
_NodeList: Any = botocore.hooks.NodeList
_hooks: Any = botocore.hooks
_Creator: Any = botocore.client.ClientCreator
_Session: Any = botocore.session.Session
_Aliaser: Any = EventAliaser
_http: Any = botocore.httpsession.URLLib3Session
_agents: Any = botocore.useragent
_regions: Any = botocore.regions
_Variable: Any = EnvironmentProvider

_register_builtin_handlers = _Session._register_builtin_handlers  # noqa: SLF001
_create_methods = _Creator._create_methods  # noqa: SLF001
_create_name_mapping = _Creator._create_name_mapping  # noqa: SLF001
_new_aliaser = _Aliaser.__init__
_alias = _Aliaser._alias_event_name  # noqa: SLF001
_Loader: Any = botocore.loaders.Loader
_create_loader = botocore.loaders.create_loader


@contextmanager
def work_done_once() -> Iterator[None]:
    """Inside, sessions and clients share what would be the same for each."""
    shared: tuple[tuple[Any, str, Any], ...] = (
        (_Aliaser, "__init__", _begin_aliaser),
        (_Aliaser, "__copy__", _copy_aliaser),
        (_Aliaser, "_alias_event_name", _aliased),
        (_Trie, "__copy__", _copy_trie),
        (_hooks, "accepts_kwargs", _takes_any),
        (_Session, "_register_builtin_handlers", _builtin_handlers),
        (_Session, "get_scoped_config", _scoped_config),
        (_Variable, "provide", _variable),
        (_Session, "create_client", create_client),
        (ParamValidator, "validate", validated),
        (botocore.parsers, "DEFAULT_TIMESTAMP_PARSER", _moment),
        (_JSONParser, "_handle_structure", _structure_read),
        (_Creator, "_load_service_model", _load_service_model),
        (_Creator, "_create_methods", _methods),
        (_Creator, "_create_name_mapping", _name_mapping),
        (_regions, "EndpointProvider", _endpoint_provider),
        (_http, "_get_ssl_context", _no_ssl_context),
        (botocore.endpoint, "get_environ_proxies", _no_proxies),
        (botocore.utils, "get_environ_proxies", _no_proxies),
        (_agents, "sanitize_user_agent_string_component", _sanitized),
        (botocore.session, "create_loader", shared_loader),
    )
    with replaced(shared), handed_out_again():
        yield


_JSONParser: Any = botocore.parsers.BaseJSONParser
_handle_structure: Any = _JSONParser._handle_structure  # noqa: SLF001


def _structure_read(parser: Any, shape: Any, value: Any) -> Any:
    """A structure in an answer."""
    single = single_member(shape, value)
    if single is None:
        return _handle_structure(parser, shape, value)
    name, member, inner = single
    return {name: parser._parse_shape(member, inner)}  # noqa: SLF001


# ---- botocore's data ----------------------------------------------------------------------------

_FILES: dict[Any, Any] = {}
_MODELS: dict[tuple[str, int], tuple[Any, ServiceModel]] = {}
_METHODS: dict[int, tuple[ServiceModel, Mapping[str, Any]]] = {}
_NAMES: dict[int, tuple[ServiceModel, Mapping[str, str]]] = {}
_PROVIDERS: dict[tuple[int, int, frozenset[str]], tuple[Any, Any, EndpointProvider]] = {}


def shared_loader(search_path: str | None = None) -> botocore.loaders.Loader:
    """A session's loader of botocore's data; each file is read once for all sessions."""
    loader = _create_loader(search_path)
    loader.__class__ = _SharedLoader
    loader._cache = _FILES  # type: ignore[attr-defined]  # noqa: SLF001 - where its methods keep what they found
    return loader


@contextmanager
def data_read_once() -> Iterator[None]:
    """Sessions that are made inside read botocore's data with those of worlds, whenever they are used."""
    with replaced(((botocore.session, "create_loader", shared_loader),)):
        yield


class _SharedLoader(_Loader):  # type: ignore[misc]  # botocore has no types for it
    """Looks for the one service that is asked for, where botocore lists the files of all four hundred."""

    @botocore.loaders.instance_cache
    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        """As botocore's. Raises UnknownServiceError."""
        if not self._is_there(service_name, type_name):  # then botocore names those that are
            return super().load_service_model(service_name, type_name, api_version)
        version = api_version or self.determine_latest_version(service_name, type_name)
        model = self.load_data(f"{service_name}/{version}/{type_name}")
        self._extras_processor.process(model, self._find_extras(service_name, type_name, version))
        return model

    def _is_there(self, service_name: str, type_name: str) -> bool:
        try:
            return "/" not in service_name and bool(self.list_api_versions(service_name, type_name))
        except DataNotFoundError:
            return False


def _load_service_model(creator: Any, service_name: str, api_version: str | None = None) -> ServiceModel:
    """One model for one text of it, which is kept so that no other text can have its id."""
    text = creator._loader.load_service_model(service_name, "service-2", api_version=api_version)  # noqa: SLF001
    if (service_name, id(text)) not in _MODELS:
        _MODELS[service_name, id(text)] = text, ServiceModel(_for_clients(text), service_name=service_name)
    return _MODELS[service_name, id(text)][1]


def _for_clients(text: Any) -> Any:
    """A service's text whose paths clients may change: a call of S3 takes the bucket out of its own path.

    Whoever serves S3 reads the same file, and needs the paths as they were.
    """
    operations = {
        name: {**each, "http": dict(each.get("http", {}))} for name, each in text["operations"].items()
    }
    return {**text, "operations": operations}


def _methods(creator: Any, model: ServiceModel) -> dict[str, Any]:
    """A client's methods; what handlers add to them, they add to a copy."""
    if id(model) not in _METHODS:
        _METHODS[id(model)] = model, _create_methods(creator, model)
    return dict(_METHODS[id(model)][1])


def _name_mapping(creator: Any, model: ServiceModel) -> dict[str, str]:
    if id(model) not in _NAMES:
        _NAMES[id(model)] = model, _create_name_mapping(creator, model)
    return dict(_NAMES[id(model)][1])


def _endpoint_provider(
    ruleset_data: Any, partition_data: Any, excluded_params: Any = None
) -> EndpointProvider:
    """A service's rules for endpoints, read once; they answer by their parameters alone."""
    known = id(ruleset_data), id(partition_data), frozenset(excluded_params or ())
    if known not in _PROVIDERS:
        made: Any = EndpointProvider
        provider = made(ruleset_data, partition_data, excluded_params)
        _PROVIDERS[known] = ruleset_data, partition_data, provider
    return _PROVIDERS[known][2]


def _moment(value: Any) -> Any:
    """A time in an answer; a text is read once."""
    return _read_moment(value) if type(value) is str else _parse_timestamp(value)


_parse_timestamp = botocore.utils.parse_timestamp
_read_moment = lru_cache(maxsize=4096)(_parse_timestamp)
_sanitized = lru_cache(maxsize=4096)(_agents.sanitize_user_agent_string_component)


def _no_ssl_context(_: Any) -> None:
    """Nothing is ever sent from inside a world; outside, urllib3 would make a context when it connects."""


def _no_proxies(_: str) -> dict[str, str]:
    """No proxy passes on what is never sent."""
    return {}


_get_scoped_config = _Session.get_scoped_config
_environment: Any = os.environ
_PROFILES = tuple(map(_environment.encodekey, ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")))


def _scoped_config(session: Any) -> Any:
    """What a profile says: nothing where files have none, and nobody asks for one."""
    if (
        session._profile_map == {}  # noqa: SLF001 - None until the files were read
        and session._session_instance_vars.get("profile") is None  # noqa: SLF001
        and _environment._data.keys().isdisjoint(_PROFILES)  # noqa: SLF001 - asked fifty times for a client
    ):
        return {}
    return _get_scoped_config(session)


_provide = _Variable.provide
_encoded = lru_cache(maxsize=1024)(_environment.encodekey)


def _variable(provider: Any) -> Any:
    """A variable's value. Most are not set, which `os.environ` takes four calls to say."""
    if provider._env is _environment and _encoded(provider._name) not in _environment._data:  # noqa: SLF001
        return None
    return _provide(provider)


# ---- handlers of events -------------------------------------------------------------------------

_ALIASES: dict[str, str] = {}
_ALIASED_PARTS = frozenset(part for old in EVENT_ALIASES for part in old.split("."))
_BUILTIN: list[tuple[list[Any], HierarchicalEmitter]] = []


def _begin_aliaser(aliaser: Any, event_emitter: Any, event_aliases: Any = None) -> None:
    """What botocore's own aliases make of an event's name is kept for all who use these."""
    _new_aliaser(aliaser, event_emitter, event_aliases)
    if event_aliases is None:
        aliaser._alias_name_cache = _ALIASES  # noqa: SLF001


def _aliased(aliaser: Any, event_name: str) -> str:
    """Most names hold no part of any alias: for these the aliases are not tried one by one."""
    known: dict[str, str] = aliaser._alias_name_cache  # noqa: SLF001
    if event_name not in known:
        if _ALIASED_PARTS.isdisjoint(event_name.split(".")) and aliaser._event_aliases is EVENT_ALIASES:  # noqa: SLF001
            known[event_name] = event_name
        else:
            _alias(aliaser, event_name)
    return known[event_name]


def _copy_aliaser(aliaser: Any) -> Any:
    copied = _Aliaser(copy.copy(aliaser._emitter), aliaser._event_aliases)  # noqa: SLF001
    copied._alias_name_cache = aliaser._alias_name_cache  # noqa: SLF001
    return copied


_accepts_kwargs: Any = _hooks.accepts_kwargs


def _takes_any(handler: Any) -> Any:
    """Whether a handler takes any keyword: a plain function's code says it."""
    function = getattr(handler, "__func__", handler)
    if type(function) is not FunctionType or hasattr(function, "__signature__"):
        return _accepts_kwargs(handler)
    return function.__code__.co_flags & inspect.CO_VARKEYWORDS


def _copy_trie(trie: Any) -> Any:
    """As botocore copies it, but the nodes stay the same until one of the two changes them."""
    copied = _SharedTrie()
    copied._root = trie._root  # noqa: SLF001
    trie.__class__ = _SharedTrie
    trie._mine = {}  # noqa: SLF001
    return copied


class _SharedTrie(_Trie):  # type: ignore[misc]  # botocore has no types for it
    """A trie that shares its nodes with others, and copies a node before it changes it."""

    changes = 0  # how often it was changed since it was copied
    of_others = True  # whether somebody else than a library registered here

    def __init__(self) -> None:
        super().__init__()
        self._root: dict[str, Any]
        self._mine: dict[int, dict[str, Any]] = {}
        self.of_others = False

    def append_item(self, key: str, value: Any, section: int = 1) -> None:
        """As botocore's."""
        self.changes += 1
        self.of_others = self.of_others or not is_of_library(value)
        node = self._root = self._own(self._root)
        for part in key.split("."):
            known = node["children"].get(part, {"chunk": part, "children": {}, "values": None})
            node["children"][part] = node = self._own(known)
        if node["values"] is None:
            node["values"] = _NodeList([], [], [])
        node["values"][section].append(value)

    def remove_item(self, key: str, value: Any) -> None:
        """As botocore's."""
        self.changes, self.of_others = self.changes + 1, True
        self._root = _copy_node(self._root)
        super().remove_item(key, value)

    def _own(self, node: dict[str, Any]) -> dict[str, Any]:
        if id(node) not in self._mine:
            values = node["values"]
            node = {
                "chunk": node["chunk"],
                "children": dict(node["children"]),
                "values": values and type(values)(*map(list, values)),
            }
            self._mine[id(node)] = node
        return node


def _copy_node(node: Mapping[str, Any]) -> dict[str, Any]:
    values = node["values"]
    return {
        "chunk": node["chunk"],
        "children": {chunk: _copy_node(child) for chunk, child in node["children"].items()},
        "values": values and type(values)(*map(list, values)),
    }


def _builtin_handlers(session: Any, events: Any) -> None:
    """Give a session the handlers every session begins with, as a copy of those the first one registered."""
    emitter = events._emitter  # noqa: SLF001
    if type(emitter) is not HierarchicalEmitter or emitter._handlers._root["children"]:  # type: ignore[attr-defined]  # noqa: SLF001
        _register_builtin_handlers(session, events)
        return
    if not _BUILTIN or _BUILTIN[0][0] != botocore.handlers.BUILTIN_HANDLERS:
        _register_builtin_handlers(session, events)
        _BUILTIN[:] = [(list(botocore.handlers.BUILTIN_HANDLERS), copy.copy(emitter))]
        return
    vars(emitter).update(vars(copy.copy(_BUILTIN[0][1])))
