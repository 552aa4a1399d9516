r"""Intrinsic functions of the States Language: `States.Format('Hello {}', $.name)`.

    >>> evaluate("States.Format('Hello {}', $.name)", lambda path: "Ann")
    'Hello Ann'

Source: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.json_paths import InvalidPath
from scenarios.cloud.kernel.json_paths import check as check_path
from scenarios.cloud.stepfunctions.errors import StateError

_TOKEN = re.compile(
    r"\s*(?:(?P<call>States\.\w+)\s*\(|(?P<text>'(?:[^'\\]|\\.)*')|(?P<path>\$\$?(?:[.\[](?:[^,()\s\[]|\[[^\]]*\])*)?)"
    r"|(?P<word>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|(?P<sign>[(),]))"
)
Look = Callable[[str], Any]
_LONGEST_LIST: Final = 1000


def check(text: str) -> None:
    """Raises InvalidPath for what is no call of an intrinsic function."""
    _parsed(text)


def evaluate(text: str, look: Look, new_uuid: Callable[[], str] | None = None) -> Any:
    """What a call comes to. `look`: what finds a path's value.

    Raises:
        StateError: States.IntrinsicFailure, for arguments that a function doesn't take.
        NotSimulated: a random number.
    """
    return _value(_parsed(text), look, new_uuid)


@lru_cache(maxsize=512)
def _parsed(text: str) -> Any:
    node, at = _node(text, 0)
    if text[at:].strip() or node[0] != "call":
        raise InvalidPath(text)
    return node


def _node(text: str, at: int) -> tuple[tuple[Any, ...], int]:
    found = _TOKEN.match(text, at)
    if found is None or found["sign"]:
        raise InvalidPath(text)
    if found["call"]:
        if found["call"] not in _FUNCTIONS and found["call"] not in _OTHERS:
            raise InvalidPath(text)
        arguments, at = _arguments(text, found.end())
        return ("call", found["call"], arguments), at
    if found["text"] is not None:
        return ("value", re.sub(r"\\(.)", _unescaped, found["text"][1:-1])), found.end()
    if found["path"]:
        check_path(found["path"].removeprefix("$") if found["path"].startswith("$$") else found["path"])
        return ("path", found["path"]), found.end()
    return ("value", json.loads(found["word"])), found.end()


def _unescaped(found: re.Match[str]) -> str:
    """A quote behind a backslash is a quote; braces stay marked until a template is filled."""
    return found[0] if found[1] in "{}" else found[1]


def _arguments(text: str, at: int) -> tuple[tuple[Any, ...], int]:
    found, arguments = _TOKEN.match(text, at), []
    if found is not None and found["sign"] == ")":
        return (), found.end()
    while True:
        node, at = _node(text, at)
        arguments.append(node)
        found = _TOKEN.match(text, at)
        if found is None or found["sign"] not in (",", ")"):
            raise InvalidPath(text)
        at = found.end()
        if found["sign"] == ")":
            return tuple(arguments), at


def _value(node: tuple[Any, ...], look: Look, new_uuid: Callable[[], str] | None) -> Any:
    kind = node[0]
    if kind == "value":
        return node[1]
    if kind == "path":
        return look(node[1])
    name, arguments = node[1], [_value(each, look, new_uuid) for each in node[2]]
    if name in _OTHERS:
        return _other(name, new_uuid)
    try:
        return _FUNCTIONS[name](*arguments)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        raise StateError(
            "States.IntrinsicFailure", f"{name} doesn't take these arguments: {error}"
        ) from error


def _other(name: str, new_uuid: Callable[[], str] | None) -> str:
    if name == "States.UUID" and new_uuid is not None:
        return new_uuid()
    raise NotSimulated("states", f"the intrinsic function {name}")


def _format(template: str, *values: Any) -> str:
    parts = re.split(r"(?<!\\)\{\}", template)
    if len(parts) - 1 != len(values):
        raise ValueError("as many values as {} are needed")
    texts = [each if isinstance(each, str) else json.dumps(each, separators=(",", ":")) for each in values]
    filled = parts[0] + "".join(text + part for text, part in zip(texts, parts[1:], strict=True))
    return re.sub(r"\\([{}])", r"\1", filled)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("an array is needed")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a string is needed")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number is needed")
    return round(value)


def _partition(values: Any, size: Any) -> list[list[Any]]:
    step = _whole(size)
    if step < 1:
        raise ValueError("a positive size is needed")
    return [_list(values)[at : at + step] for at in range(0, len(values), step)]


def _range(first: Any, last: Any, step: Any) -> list[int]:
    begin, end, by = _whole(first), _whole(last), _whole(step)
    found = range(begin, end + (1 if by > 0 else -1), by)
    if len(found) > _LONGEST_LIST:
        raise ValueError(f"at most {_LONGEST_LIST} elements")
    return list(found)


def _unique(values: Any) -> list[Any]:
    found: list[Any] = []
    for each in _list(values):
        if each not in found:
            found.append(each)
    return found


def _merge(one: Any, other: Any, deep: Any) -> dict[str, Any]:
    if deep is not False:
        raise ValueError("only a shallow merge is supported")
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        raise TypeError("objects are needed")
    return {**one, **other}


def _hash(data: Any, algorithm: Any) -> str:
    known = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return hashlib.new(known[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _decoded(text: Any) -> str:
    try:
        return base64.b64decode(_text(text), validate=True).decode()
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _split(text: Any, separators: Any) -> list[str]:
    """At each of the characters; empty parts are left out."""
    parts = re.split(f"[{re.escape(_text(separators))}]", _text(text)) if separators else [_text(text)]
    return [each for each in parts if each]


_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "States.Array": lambda *values: list(values),
    "States.ArrayContains": lambda values, value: value in _list(values),
    "States.ArrayGetItem": lambda values, place: _list(values)[_whole(place)],
    "States.ArrayLength": lambda values: len(_list(values)),
    "States.ArrayPartition": _partition,
    "States.ArrayRange": _range,
    "States.ArrayUnique": _unique,
    "States.Base64Decode": _decoded,
    "States.Base64Encode": lambda text: base64.b64encode(_text(text).encode()).decode(),
    "States.Format": _format,
    "States.Hash": _hash,
    "States.JsonMerge": _merge,
    "States.JsonToString": lambda value: json.dumps(value, separators=(",", ":")),
    "States.MathAdd": lambda one, other: _whole(one) + _whole(other),
    "States.StringSplit": _split,
    "States.StringToJson": lambda text: json.loads(_text(text)),
}
_OTHERS: Final = ("States.UUID", "States.MathRandom")
