"""A faster way for a request through moto: the same responders get the same request and give the same answer.

Half of what a scenario costs is this way. Moto looks through all its services' URLs for each request, takes
werkzeug's test client to put it together, and asks six times for the name of each member of an answer.
Results that depend on moto's and botocore's code alone are computed once here; the responders are unchanged.
"""

import re
import string
import sys
from functools import cache, lru_cache
from io import BytesIO
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import unquote, urlparse
from uuid import UUID

import moto.backend_index as index
import moto.backends as moto_backends
import moto.core.botocore_stubber as stubber
import moto.core.parse as moto_parse
import moto.core.request as moto_request
import moto.core.serialize as moto_serialize
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.httpchecksum import AwsChunkedWrapper
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID, base_backend
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.exceptions import HTTPException
from moto.core.utils import get_equivalent_url_in_aws_domain
from moto.moto_api._internal import mock_random

from scenarios.cloud.kernel.moto_mends import Mend
from scenarios.cloud.kernel.single_members import single_member

# ---- who answers --------------------------------------------------------------------------------


class Way(NamedTuple):
    """What answers at a URL: the backend whose URLs moto reads first, and the responder's method."""

    backends: Any
    region: str
    answer: Any


_asked_alone: Any = stubber.BotocoreStubber.process_request


def _process_request(stub: Any, request: Any) -> Any:
    """What `BotocoreStubber.process_request` does, with the URL's way looked up once."""
    way = way_of(request.url.partition("?")[0])
    if way is None:
        return _asked_alone(stub, request)
    _ = way.backends[DEFAULT_ACCOUNT_ID][way.region]  # moto makes it here, before it asks the responder
    normalized = moto_request.normalize_request(request)
    try:
        return way.answer(normalized, normalized.raw_url, normalized.headers)
    except HTTPException as error:
        return error.code, error.get_headers(), error.get_body()


@lru_cache(maxsize=4096)
def way_of(url: str) -> Way | None:
    """The first service whose pattern and one of whose URLs match, as moto looks for it; None: ask moto."""
    parsed, _ = get_equivalent_url_in_aws_domain(url)
    clean = f"{parsed.scheme}://{parsed.netloc}{parsed.path}"
    for service, pattern in index.backend_url_patterns:
        if not pattern.match(clean):
            continue
        backends: Any = get_backend(service)  # type: ignore[call-overload,unused-ignore]  # one overload for each name
        if not isinstance(backends, BackendDict):
            return None
        region = "us-east-1" if "us-east-1" in backends[DEFAULT_ACCOUNT_ID] else "aws"
        for expression, answer in backends[DEFAULT_ACCOUNT_ID][region].urls.items():
            if re.match(expression, clean):
                return Way(backends, region, answer)
    return None


_LISTED: set[tuple[int, str]] = set()
_get_account: Any = BackendDict.__getitem__
_reset: Any = BackendDict.reset.__func__


def _of_account(backends: Any, account: str) -> Any:
    """A service's state in an account; that moto has it in the list of what it resets is asked once."""
    if (id(backends), account) in _LISTED:
        return dict.__getitem__(backends, account)
    found = _get_account(backends, account)
    _LISTED.add((id(backends), account))
    return found


_get_region: Any = AccountSpecificBackend.__getitem__


def _of_region(backends: Any, region: str) -> Any:
    """A service's state in a region; one that is there, at once."""
    found = dict.get(backends, region)
    return _get_region(backends, region) if found is None else found


def _reset_all(cls: Any) -> None:
    _reset(cls)
    begin()


def begin() -> None:
    """Begin anew: moto has reset its state, and must list again what services made meanwhile."""
    _LISTED.clear()


# ---- what it is asked with ----------------------------------------------------------------------

_from_primitives: Any = moto_request.Request.from_primitives.__func__
# What botocore does not encode in a path, and what it leaves of a query.
_PLAIN_URL = re.compile(r"(https?://[A-Za-z0-9.:-]+)(/(?!/)[A-Za-z0-9%/._~-]*)(?:\?([A-Za-z0-9%/._~=&+-]*))?")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_ENVIRON = {
    "SCRIPT_NAME": "",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.version": (1, 0),
    "wsgi.multithread": False,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


@cache
def _server(url: str) -> dict[str, str]:
    parsed = urlparse(url)
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    return {
        "SERVER_NAME": parsed.hostname or "",
        "SERVER_PORT": str(port),
        "HTTP_HOST": parsed.netloc,
        "wsgi.url_scheme": parsed.scheme,
    }


def _request(cls: Any, method: str, url: str, headers: Any, body: Any = None) -> Any:
    """A request as moto has it; one that botocore wrote plainly, at once."""
    where = _PLAIN_URL.fullmatch(url)
    if where is None:
        return _from_primitives(cls, method, url, headers, body)
    if isinstance(body, AwsChunkedWrapper):
        body = body.read()
    data = body.encode() if isinstance(body, str) else body if body is not None else b""
    if not isinstance(data, bytes | bytearray):
        return _from_primitives(cls, method, url, headers, body)
    server, path, query = where.groups()
    environ: dict[str, Any] = {
        **_ENVIRON,
        **_server(server),
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote(path).encode().decode("latin-1"),  # as WSGI has it
        "QUERY_STRING": query or "",
        "REQUEST_URI": path,
        "RAW_URI": path,
        "wsgi.errors": sys.stderr,
        "wsgi.input": BytesIO(data),
    }
    preserved = {}
    for key, value in headers.items():
        name = moto_request.environ_key_for_header(key)
        told = value.decode() if isinstance(value, bytes) else str(value)
        environ[name] = f"{environ[name]}, {told}" if name in environ and name != "HTTP_HOST" else told
        if moto_request.should_preserve_original_header_name(key):
            preserved[name] = key
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    if data:
        environ["CONTENT_LENGTH"] = str(len(data))
    elif environ.get("CONTENT_TYPE", "").startswith(FORMS):  # werkzeug reads a form in it
        return _from_primitives(cls, method, url, headers, body)
    environ.setdefault("CONTENT_LENGTH", "0")
    environ[moto_request.PRESERVED_HEADER_NAMES_ENVIRON_KEY] = preserved
    return cls(environ)


_parse_structure: Any = moto_parse.BaseJSONParser._parse_structure  # noqa: SLF001


def _parsed(parser: Any, shape: Any, value: Any) -> Any:
    """A structure in a request."""
    single = single_member(shape, value)
    if single is None:
        return _parse_structure(parser, shape, value)
    name, member, inner = single
    parsed = parser.MAP_TYPE()
    parsed[name] = parser._parse_shape(member, inner)  # noqa: SLF001
    return parsed


# ---- what it answers with -----------------------------------------------------------------------

_possible_keys: Any = moto_serialize.XFormedAttributePicker.get_possible_keys


def _keys_of_member(picker: Any, context: Any) -> Any:
    """Under which names a member of an answer may stand: they depend on its shape and the object's class."""
    kind, shape = type(context.obj), context.shape
    if (
        shape is None
        or hasattr(context.obj, "Meta")
        or picker.alias_providers is not moto_serialize.DEFAULT_ALIAS_PROVIDERS
    ):
        return _possible_keys(picker, context)
    kept: Any = vars(shape).setdefault("_possible_keys", {})
    known = context.key, kind, getattr(shape, "parent", None) is not None
    if known not in kept:
        kept[known] = tuple(dict.fromkeys(_possible_keys(picker, context)))
    return kept[known]


_get_value: Any = moto_serialize.ResponseSerializer.get_value


def _member_of(serializer: Any, value: Any, key: str, shape: Any) -> Any:
    """A member of an answer; of a plain dictionary, without a description of what is looked for."""
    if type(value) is not dict or not _looks_plainly(serializer):
        return _get_value(serializer, value, key, shape)
    if key in value:
        return value[key]
    names = vars(shape).get("_possible_keys", {}).get((key, dict, getattr(shape, "parent", None) is not None))
    if names is None:  # what is asked for the first time
        return _get_value(serializer, value, key, shape)
    return next((value[name] for name in names if name in value), None)


_structure: Any = moto_serialize.ResponseSerializer._serialize_type_structure  # noqa: SLF001


def _serialize_structure(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """A structure; of a dictionary with one key, such as DynamoDB's values, the members that it may be."""
    if type(value) is not dict or len(value) != 1 or not _looks_plainly(serializer):
        _structure(serializer, serialized, value, shape, key)
        return
    wrapper = serializer.MAP_TYPE() if key else serialized
    (name,) = value
    for member in _named(serializer, shape).get(name, ()):
        serializer._serialize_structure_member(wrapper, value, shape.members[member], member)  # noqa: SLF001
    if key:
        serializer._default_serialize(serialized, wrapper, shape, key)  # noqa: SLF001


def _looks_plainly(serializer: Any) -> bool:
    picker = serializer._value_picker  # noqa: SLF001
    return (
        type(picker) is moto_serialize.XFormedAttributePicker
        and picker.alias_providers is moto_serialize.DEFAULT_ALIAS_PROVIDERS
        and not picker.response_transformers
    )


def _named(serializer: Any, shape: Any) -> dict[str, list[str]]:
    """Which members of a structure may stand in a dictionary under a name, in the structure's order."""
    kept: dict[str, list[str]] | None = vars(shape).get("_named")
    if kept is None:
        kept = {}
        for member, of_member in shape.members.items():
            of_member.parent = shape
            context = moto_serialize.AttributePickerContext(obj={}, key=member, shape=of_member)
            for name in _keys_of_member(serializer._value_picker, context):  # noqa: SLF001
                kept.setdefault(name, []).append(member)
        vars(shape)["_named"] = kept
    return kept


# ---- ids ----------------------------------------------------------------------------------------


def _random_string(
    source: Any,
    length: int = 20,
    include_digits: bool = True,  # noqa: FBT001, FBT002 - as moto has it
    lower_case: bool = False,  # noqa: FBT001, FBT002
) -> str:
    """As moto draws it, letter by letter, without asking for each what may be chosen from."""
    pool = string.ascii_letters + (string.digits if include_digits else "")
    drawn: list[str] = []
    size = len(pool)
    # As `random.choice` draws: the upper six bits of four bytes, again where they lie behind the pool's end.
    while missing := length - len(drawn):
        tops = source.getrandbits(32 * missing).to_bytes(4 * missing, "little")[3::4]
        drawn += [pool[top >> 2] for top in tops if top >> 2 < size]
    text = "".join(drawn)
    return text.lower() if lower_case else text


_registry_made: Any = BackendDict.__init__
_numbers = count(1)


def _made_undrawn(backends: Any, *told: Any, **named: Any) -> None:
    """Made where moto's module is imported, with a number: the first world must not draw more than others."""
    kept = base_backend.uuid4
    base_backend.uuid4 = lambda: UUID(int=next(_numbers))
    try:
        _registry_made(backends, *told, **named)
    finally:
        base_backend.uuid4 = kept


# ---- signatures ---------------------------------------------------------------------------------

_canonical_request: Any = SigV4Auth.canonical_request
_signature: Any = SigV4Auth.signature
_OF_HEADERS = (SigV4Auth, S3SigV4Auth)


def _unread(auth: Any, request: Any) -> str:
    """The signature itself is never read here; the key and the time stand beside it in the header."""
    return "" if type(auth) in _OF_HEADERS else str(_canonical_request(auth, request))


def _unsigned(auth: Any, string_to_sign: str, request: Any) -> str:
    return "0" * 64 if type(auth) in _OF_HEADERS else str(_signature(auth, string_to_sign, request))


SHORTER: tuple[Mend, ...] = (
    (stubber.BotocoreStubber, "process_request", _process_request),
    (BackendDict, "__getitem__", _of_account),
    (BackendDict, "__init__", _made_undrawn),
    (AccountSpecificBackend, "__getitem__", _of_region),
    (BackendDict, "reset", classmethod(_reset_all)),
    (moto_backends, "_import_backend", cache(moto_backends._import_backend)),  # noqa: SLF001
    (moto_request.Request, "from_primitives", classmethod(_request)),
    (moto_parse.BaseJSONParser, "_parse_structure", _parsed),
    (moto_serialize.XFormedAttributePicker, "get_possible_keys", _keys_of_member),
    (moto_serialize.ResponseSerializer, "get_value", _member_of),
    (moto_serialize.ResponseSerializer, "_serialize_type_structure", _serialize_structure),
    (type(mock_random), "get_random_string", _random_string),
    (SigV4Auth, "canonical_request", _unread),
    (SigV4Auth, "signature", _unsigned),
)
