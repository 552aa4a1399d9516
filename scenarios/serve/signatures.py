"""Whether a signature was made with the key's secret, of the request that came: `--verify-signatures`.

The date is not held against the clock: a client signs by its own, and the world's may have been moved on.
When a presigned URL ends is the world's question (`aws.Aws`).

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html;
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html; Version 2,
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

import base64
import hashlib
import hmac
import re
from urllib.parse import parse_qsl, quote, unquote

from scenarios.serve.bodies import Unpacked
from scenarios.serve.messages import HttpRequest
from scenarios.serve.signed import ALGORITHM, Signed

_UNSIGNED = "UNSIGNED-PAYLOAD"
_EMPTY = hashlib.sha256(b"").hexdigest()
_SPACES = re.compile(r" +")
# Parameters of S3's that Version 2 signs as a part of the resource.
_SUBRESOURCES = frozenset(
    [
        "acl",
        "cors",
        "delete",
        "lifecycle",
        "location",
        "logging",
        "notification",
        "partNumber",
        "policy",
        "requestPayment",
        "restore",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
    ]
)


def is_right(request: HttpRequest, said: Signed, secret: str, chunks: Unpacked | None = None) -> bool:
    """Whether this secret makes this signature, and those of the chunks."""
    if said.version == 2:
        made = _signed_with("sha1", secret.encode(), _text_of_version_2(request, said))
        return hmac.compare_digest(base64.b64encode(made).decode(), said.signature)
    if "host" not in said.headers:
        return False
    key = _signing_key(secret, said)
    text = "\n".join((ALGORITHM, _written_at(request), _scope(said), _hash(_canonical(request, said))))
    made_4 = _signed_with("sha256", key, text).hex()
    if not hmac.compare_digest(made_4, said.signature):
        return False
    return _body_is(request) and (chunks is None or _chunks_are_right(request, said, key, chunks))


def _body_is(request: HttpRequest) -> bool:
    """Whether the body is the one whose hash was signed, where one was."""
    told = request.headers.get("x-amz-content-sha256", "")
    if len(told) != len(_EMPTY):
        return True
    return hmac.compare_digest(told, hashlib.sha256(request.body).hexdigest())


def _signing_key(secret: str, said: Signed) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (said.day, said.region, said.service, "aws4_request"):
        key = _signed_with("sha256", key, part)
    return key


def _signed_with(kind: str, key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), kind).digest()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _scope(said: Signed) -> str:
    return f"{said.day}/{said.region}/{said.service}/aws4_request"


def _written_at(request: HttpRequest) -> str:
    """The time as it was written, in a header or in the URL."""
    return request.headers.get("x-amz-date") or request.asked.get("X-Amz-Date", "")


def _canonical(request: HttpRequest, said: Signed) -> str:
    headers = "".join(
        f"{name}:{_SPACES.sub(' ', request.headers.get(name, '').strip())}\n" for name in said.headers
    )
    names = ";".join(said.headers)
    path, query = _path(request, said), _query(request)
    return "\n".join((request.method, path, query, headers, names, _payload(request, said)))


def _path(request: HttpRequest, said: Signed) -> str:
    """As it came for S3; quoted once more for all others."""
    path = request.path or "/"
    return quote(unquote(path), safe="/~") if said.service == "s3" else quote(path, safe="/~")


def _query(request: HttpRequest) -> str:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    quoted = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in quoted if name != "X-Amz-Signature")


def _payload(request: HttpRequest, said: Signed) -> str:
    told = request.headers.get("x-amz-content-sha256")
    if told is not None:
        return told
    if said.presigned and said.service == "s3":
        return _UNSIGNED
    return hashlib.sha256(request.body).hexdigest()


def _chunks_are_right(request: HttpRequest, said: Signed, key: bytes, chunks: Unpacked) -> bool:
    """Each chunk's signature goes on from the one before it; the first from the request's."""
    kind = request.headers.get("x-amz-content-sha256", "")
    if not kind.startswith(f"STREAMING-{ALGORITHM}-PAYLOAD"):
        return True
    before, beginning = said.signature, (f"{ALGORITHM}-PAYLOAD", _written_at(request), _scope(said))
    for chunk in chunks.chunks:
        text = "\n".join((*beginning, before, _EMPTY, hashlib.sha256(chunk.data).hexdigest()))
        before = _signed_with("sha256", key, text).hex()
        if not hmac.compare_digest(before, chunk.signature):
            return False
    return True


def _text_of_version_2(request: HttpRequest, said: Signed) -> str:
    until = int(said.until.timestamp()) if said.until else 0
    amz = sorted((name, value) for name, value in request.headers.items() if name.startswith("x-amz-"))
    token = [("x-amz-security-token", said.token)] if said.token else []
    headers = "".join(f"{name}:{value}\n" for name, value in sorted([*amz, *token]))
    told = (request.headers.get("content-md5", ""), request.headers.get("content-type", ""))
    asked = sorted((name, value) for name, value in request.asked.items() if name in _SUBRESOURCES)
    subresources = "&".join(f"{name}={value}" if value else name for name, value in asked)
    resource = request.path + (f"?{subresources}" if subresources else "")
    return "\n".join((request.method, *told, str(until), headers + resource))
