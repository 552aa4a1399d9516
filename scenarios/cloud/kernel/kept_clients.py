"""Clients that functions make, kept from world to world: making one costs as much as a call with it.

Each cold start makes its clients anew, under the same role and with the same settings as in the world
before. A client that was given back is handed out again where botocore would make its twin: same service,
region, key and configuration, by a session on which only libraries registered handlers. Within a world nobody
gets a client that somebody else has. Nobody gets one on which anything was changed, that has retries to its
account, or that remembers answers: those are thrown away when their world ends.
"""

import os
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import botocore.session
from botocore.config import Config
from botocore.retries.standard import RetryHandler

from scenarios.cloud.kernel.isolation import ABOUT_AWS

_Session: Any = botocore.session.Session
_create_client: Any = _Session.create_client
_environ: Any = os.environ
_REMEMBER = frozenset({"s3"})  # where buckets are
_LIBRARIES = ("boto3.", "botocore.", "aws_lambda_powertools.shared.")
_OF_THIS_WORLD = frozenset({b"AWS_LAMBDA_LOG_STREAM_NAME"})  # no client looks at it
_OF_EVERY_CALL = {"use_ssl": True, "region_name": None, "config": None}
_MOST_KEPT = 1024


class _Kept(NamedTuple):
    """A client, and how it was when it was made."""

    client: Any
    quota: Any
    changes: int
    attributes: frozenset[str]


_free: dict[Hashable, list[_Kept]] = {}
_lent: list[tuple[Hashable, _Kept]] = []


def is_of_library(handler: Any) -> bool:
    """Whether a handler of events is a library's, and so the same for every session."""
    return module_of(handler).startswith(_LIBRARIES)


def module_of(handler: Any) -> str:
    """Where the code of a handler of events stands."""
    function = handler.func if isinstance(handler, partial) else handler
    return getattr(function, "__module__", None) or str(type(function).__module__)


@contextmanager
def handed_out_again() -> Iterator[None]:
    """Inside, sessions hand out clients that were given back; those of now are given back at the end."""
    global _lent  # noqa: PLW0603 - a world within a world has its own
    outer, _lent = _lent, []
    try:
        yield
    finally:
        room = _MOST_KEPT - sum(map(len, _free.values()))
        for key, kept in [each for each in _lent if _is_untouched(each[1])][:room]:
            _free.setdefault(key, []).append(kept)
        _lent = outer


def create_client(session: Any, service_name: str, **asked: Any) -> Any:
    """As botocore's `Session.create_client`."""
    key = _key(session, service_name, asked)
    if key is None:
        return _create_client(session, service_name, **asked)
    free = _free.get(key)
    if free:
        kept = free.pop()
    else:
        client = _create_client(session, service_name, **asked)
        quota = _quota_of(client)
        if quota is None:
            return client
        kept = _Kept(client, quota, _trie(client.meta.events).changes, frozenset(vars(client)))
    _lent.append((key, kept))
    return kept.client


def _key(session: Any, service_name: str, asked: dict[str, Any]) -> Hashable:
    """What all clients have in common that are twins; None where one can't be kept."""
    given = {name for name, value in asked.items() if value is not None and name not in _OF_EVERY_CALL}
    handlers = _trie(session._events)  # noqa: SLF001
    if (
        given
        or asked.get("use_ssl", True) is not True
        or service_name in _REMEMBER
        or session._client_config is not None  # noqa: SLF001
        or getattr(handlers, "of_others", True)
    ):
        return None
    variables = {
        name: value
        for name, value in _environ._data.items()  # noqa: SLF001 - told as it is, in one go
        if name.startswith(ABOUT_AWS) and name not in _OF_THIS_WORLD
    }
    credentials = session._credentials  # noqa: SLF001 - None until the first client
    if credentials is None:
        if b"AWS_ACCESS_KEY_ID" not in variables:
            return None
    elif credentials.method != "env" or credentials.access_key.encode() != variables.get(
        b"AWS_ACCESS_KEY_ID"
    ):
        return None
    config = asked.get("config")
    options = vars(config)["_user_provided_options"] if isinstance(config, Config) else config
    return (
        service_name,
        asked.get("region_name"),
        repr(options),
        handlers.changes,
        repr(session._session_instance_vars),  # noqa: SLF001
        (session.user_agent_name, session.user_agent_version, session.user_agent_extra),
        frozenset(variables.items()),
    )


def _trie(events: Any) -> Any:
    return events._emitter._handlers  # noqa: SLF001


def _quota_of(client: Any) -> Any | None:
    """What a client may still spend on retries; None where it counts them in another way."""
    event = f"needs-retry.{client.meta.service_model.service_id.hyphenize()}"
    for handler in _trie(client.meta.events).prefix_search(event):
        retries = getattr(handler, "__self__", None)
        if isinstance(retries, RetryHandler):
            within: Any = retries
            return within._retry_quota._quota  # noqa: SLF001
    return None


def _is_untouched(kept: _Kept) -> bool:
    quota, client = kept.quota, kept.client
    return bool(
        quota.available_capacity == quota._max_capacity  # noqa: SLF001
        and _trie(client.meta.events).changes == kept.changes
        and vars(client).keys() == kept.attributes
    )
