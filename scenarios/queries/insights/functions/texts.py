"""Functions of texts; what is absent, a map or a list makes the answer absent."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_plus

from scenarios.queries.errors import MalformedQuery
from scenarios.queries.insights.functions.function import Function
from scenarios.queries.insights.regexes import compiled
from scenarios.queries.insights.switches import Switches
from scenarios.queries.insights.values import Values, number_of

_MOST = 100
_REFERENCE = re.compile(r"\$(\d)|\\(\d)|\\\\")


def functions(values: Values, switches: Switches) -> dict[str, Function]:
    """By name."""
    of = _Maker(values)
    return {
        "isempty": Function(lambda value: int(not values.text(value)), 1, 1),
        "isblank": Function(lambda value: int(not (values.text(value) or "").strip()), 1, 1),
        "concat": Function(_concat(values, skips_null=switches.concat_skips_null), 1, _MOST),
        "ltrim": of.texts(str.lstrip, 1, 2),
        "rtrim": of.texts(str.rstrip, 1, 2),
        "trim": of.texts(str.strip, 1, 2),
        "strlen": of.texts(len, 1),
        "toupper": of.texts(str.upper, 1),
        "tolower": of.texts(str.lower, 1),
        "substr": Function(_substr(values), 2, 3),
        "replace": of.texts(_replaced, 3),
        "regexreplace": of.texts(_regex_replaced, 3),
        "regex_replace": of.texts(_regex_replaced, 3),
        "strcontains": Function(_contains(values, folds=switches.strcontains_folds_case), 2, 3),
        "startswith": of.texts(lambda text, start: int(text.startswith(start)), 2),
        "endswith": of.texts(lambda text, end: int(text.endswith(end)), 2),
        "urlencode": of.texts(lambda text: quote(text, safe="", errors="replace"), 1),
        "urldecode": of.texts(unquote_plus, 1),
        "base64encode": of.texts(lambda text: base64.b64encode(_bytes(text)).decode(), 1),
        "base64decode": of.texts(_of_base64, 1),
        "split": of.texts(lambda text, by: text.split(by) if by else list(text), 2),
        "hextoascii": of.texts(_of_hex, 1),
        "md5": of.texts(lambda text: hashlib.md5(_bytes(text), usedforsecurity=False).hexdigest(), 1),
        "sha256": of.texts(lambda text: hashlib.sha256(_bytes(text)).hexdigest(), 1),
        "messagesize": of.texts(lambda text: len(_bytes(text)), 1),
    }


class _Maker:
    def __init__(self, values: Values) -> None:
        self._text = values.plain_text

    def texts(self, call: Callable[..., Any], least: int, most: int = 0) -> Function:
        text = self._text

        def on_texts(*values: Any) -> Any:
            found = [text(value) for value in values]
            return None if None in found else call(*found)

        return Function(on_texts, least, most or least)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _concat(values: Values, *, skips_null: bool) -> Callable[..., str | None]:
    def concat(*parts: Any) -> str | None:
        found = [values.plain_text(part) for part in parts]
        if None in found and not skips_null:
            return None
        return "".join(part for part in found if part is not None)

    return concat


def _substr(values: Values) -> Callable[..., str | None]:
    def substr(value: Any, start: Any, *length: Any) -> str | None:
        text, begin = values.plain_text(value), number_of(start)
        count = number_of(length[0]) if length else None
        if text is None or begin is None or (length and count is None):
            return None
        begin = max(0, int(begin))
        return text[begin:] if count is None else text[begin : begin + max(0, int(count))]

    return substr


def _contains(values: Values, *, folds: bool) -> Callable[..., int | None]:
    def contains(value: Any, part: Any, fold: Any = None) -> int | None:
        text, wanted = values.plain_text(value), values.plain_text(part)
        if text is None or wanted is None:
            return None
        if folds and fold is True:
            return int(wanted.lower() in text.lower())
        return int(wanted in text)

    return contains


def _replaced(text: str, old: str, new: str) -> str:
    return text.replace(old, new) if old else text


def _regex_replaced(text: str, pattern: str, replacement: str) -> str | None:
    r"""RE2 writes a group as \1; `$1` is taken too. A group that isn't there, or found nothing, is empty."""
    found = _regex(pattern)
    if found is None:
        return None

    def replaced(match: re.Match[str]) -> str:
        def group(reference: re.Match[str]) -> str:
            number = reference[1] or reference[2]
            if number is None:
                return "\\"
            return (match[int(number)] or "") if int(number) <= found.groups else ""

        return _REFERENCE.sub(group, replacement)

    return found.sub(replaced, text)


@lru_cache(maxsize=64)
def _regex(pattern: str) -> re.Pattern[str] | None:
    try:
        return compiled(pattern)
    except MalformedQuery:
        return None


def _of_base64(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return None


def _of_hex(text: str) -> str | None:
    try:
        return bytes.fromhex(text.lower().removeprefix("0x")).decode("ascii", errors="replace")
    except ValueError:
        return None
