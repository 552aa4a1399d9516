"""GetObject and listings with less work than a boto3 client does: a validation reads many small files.

botocore spends more processor time on a call than it takes to verify the file. Here a call is signed (AWS
Signature Version 4) and sent over a connection that each thread keeps. Only a plain, whole 200 is taken from
it: every other answer of S3 (redirects, throttling, errors) is left to the client, which handles it.

Source of the signature:
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import hmac
import io
import os
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from threading import Lock, local
from typing import Any, cast
from urllib.parse import quote, urlsplit

from botocore.httpsession import get_cert_path

from chalicelib.wording import size
from scenarios.validator.large_bodies import SMALL_BYTES, Room
from scenarios.validator.patience import PatientSocket, TooSlow
from scenarios.validator.source import MOST_BYTES, CouldNotRead

NO_BODY = sha256(b"").hexdigest()

_CONNECT_SECONDS, _READ_SECONDS = 5, 15
_MOST_HEADERS = 100
_LONGEST_LINE = 1 << 16
_LARGEST_PAGE_BYTES = 8 << 20  # a thousand keys of a kilobyte, percent-encoded, take half of it
_BUFFER_BYTES = 1 << 13
_METADATA = "x-amz-meta-"
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")

Answer = tuple[bytes, Mapping[str, str]]
_Connection = tuple[io.BufferedRWPair, PatientSocket]


class _Unexpected(Exception):
    """An answer that is not a plain, whole 200."""


class _TooLong(_Unexpected):
    """A body of more bytes than are wanted, or that does not say of how many."""


class SignedGet:
    """Reads objects with the endpoint, addressing style and credentials of an S3 client.

    Args:
        client: The S3 client.
        credentials: The session's credentials; they refresh themselves.
    """

    def __init__(self, client: Any, credentials: Any) -> None:
        self._client, self._credentials = client, credentials
        self._region = str(client.meta.region_name)
        self._bases: dict[str, tuple[str, str, str]] = {}
        self._kept = local()  # each thread's connections, by host
        self._room = Room()
        self._making_tls = Lock()
        self._tls: ssl.SSLContext | None = None

    @staticmethod
    def usable(credentials: Any) -> bool:
        """Say whether calls can be sent this way: signed, and not through a proxy."""
        return credentials is not None and not any(os.environ.get(name) for name in _PROXIES)

    def __call__(self, bucket: str, key: str, version: str = "") -> Answer | None:
        """An object's bytes and user metadata; None where the client should be asked instead.

        Raises TooSlow, as `listing` does.
        """
        if "//" in key or "/." in key:
            return None  # paths that are rewritten on their way
        scheme, host, above = self._base(bucket)
        query = f"versionId={quote(version, safe='~')}" if version else ""
        try:
            return self._ask(scheme, host, above + quote(key, safe="/~"), query, MOST_BYTES)
        except _TooLong:
            return None

    def listing(self, bucket: str, parameters: Mapping[str, str]) -> bytes | None:
        """A page of the bucket's listing; None where the client should be asked instead.

        Raises CouldNotRead where there is no end to a page.
        """
        scheme, host, above = self._base(bucket)
        query = "&".join(
            f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(parameters.items())
        )
        path = above.rstrip("/") or "/"
        try:
            answer = self._ask(scheme, host, path, query, _LARGEST_PAGE_BYTES)
        except _TooLong as error:  # the client would read it whole
            raise CouldNotRead(
                f"s3://{bucket} could not be listed: a page is larger than {size(_LARGEST_PAGE_BYTES)}"
            ) from error
        return answer and answer[0]

    def _ask(self, scheme: str, host: str, path: str, query: str, most: int) -> Answer | None:
        headers = signed_headers(
            self._credentials.get_frozen_credentials(), self._region, host, path, datetime.now(UTC), query
        )
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        target = f"{path}?{query}" if query else path
        request = f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n".encode()
        for fresh in (False, True):  # a kept connection may have been closed meanwhile
            try:
                stream, socket_ = self._stream(scheme, host, fresh=fresh)
                socket_.begin()
                stream.write(request)
                stream.flush()
                return self._answer(stream, socket_, most)
            except TooSlow:
                self._drop(host)
                if fresh or not socket_.kept:
                    raise
            except (OSError, ValueError):
                self._drop(host)
            except _TooLong:
                self._drop(host)
                raise
            except _Unexpected:
                self._drop(host)
                return None
        return None

    def _answer(self, stream: io.BufferedRWPair, socket_: PatientSocket, most: int) -> Answer:
        """Read one answer; a body of `most` bytes is _TooLong."""
        headers = _headers(stream)
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body: bytes | bytearray = _chunked_body(stream, most)
        elif (length := _length(headers, most)) <= SMALL_BYTES:
            body = _exactly(stream, length)
        else:
            body = self._room.body(length)
            socket_.begin()  # others took their time, not the server
            if stream.readinto(body) != length:
                raise ConnectionResetError
        socket_.kept = True
        if headers.get("connection", "").lower() == "close":
            stream.close()
        return cast("bytes", body), {
            name.removeprefix(_METADATA): value
            for name, value in headers.items()
            if name.startswith(_METADATA)
        }

    def _base(self, bucket: str) -> tuple[str, str, str]:
        """Scheme, host and path of a bucket, with its last slash, as the client would spell them."""
        if bucket not in self._bases:
            url = urlsplit(self._client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"}))
            self._bases[bucket] = (url.scheme, url.netloc, url.path.removesuffix("k"))
        return self._bases[bucket]

    def _stream(self, scheme: str, host: str, *, fresh: bool) -> _Connection:
        """This thread's connection to a host."""
        streams: dict[str, _Connection] = self._kept.__dict__.setdefault("streams", {})
        if fresh or host not in streams:
            where = urlsplit(f"{scheme}://{host}")
            name, port = where.hostname or "", where.port or (443 if scheme == "https" else 80)
            connection = socket.create_connection((name, port), _CONNECT_SECONDS)
            connection.settimeout(_READ_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if scheme == "https":
                connection = self._context().wrap_socket(connection, server_hostname=name)
            patient = PatientSocket(connection)
            streams[host] = (io.BufferedRWPair(patient, patient, _BUFFER_BYTES), patient)
        return streams[host]

    def _context(self) -> ssl.SSLContext:
        """What is trusted; read once, when it is needed first."""
        with self._making_tls:
            if self._tls is None:
                self._tls = ssl.create_default_context(
                    cafile=os.environ.get("AWS_CA_BUNDLE") or get_cert_path(verify=True)
                )
            return self._tls

    def _drop(self, host: str) -> None:
        kept = self._kept.__dict__.setdefault("streams", {}).pop(host, None)
        if kept:
            with suppress(OSError):  # it was broken
                kept[1].close()  # what is written and not sent yet is given up


def _headers(stream: io.BufferedRWPair) -> dict[str, str]:
    """The headers of a plain 200; OSError where the connection ends, else _Unexpected."""
    status = stream.readline(_LONGEST_LINE)
    if not status:
        raise ConnectionResetError
    headers: dict[str, str] = {}
    while (line := stream.readline(_LONGEST_LINE)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
        if len(headers) > _MOST_HEADERS:
            raise _Unexpected
    if status.split()[1:2] != [b"200"]:
        raise _Unexpected
    return headers


def _length(headers: Mapping[str, str], most: int) -> int:
    length = headers.get("content-length", "")
    if not length.isdigit() or int(length) >= most:
        raise _TooLong
    return int(length)


def _chunked_body(stream: io.BufferedRWPair, most: int) -> bytes:
    """S3 sends listings so. https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding."""
    body = bytearray()
    while True:
        length = int(stream.readline(_LONGEST_LINE).partition(b";")[0], 16)
        if length < 0 or len(body) + length >= most:
            raise _TooLong
        body += _exactly(stream, length)
        if stream.readline(_LONGEST_LINE) != b"\r\n":
            raise ConnectionResetError
        if not length:
            return bytes(body)


def _exactly(stream: io.BufferedRWPair, length: int) -> bytes:
    body = stream.read(length)
    if len(body) != length:
        raise ConnectionResetError
    return body


def signed_headers(  # noqa: PLR0917  # as many things are signed
    credentials: Any, region: str, host: str, path: str, now: datetime, query: str = ""
) -> dict[str, str]:
    """The headers that sign a GET without a body.

    Args:
        credentials: access_key, secret_key and token (or None).
        region: The bucket's region.
        host: As in the header `Host`.
        path: As it is sent, percent-encoded once.
        now: The time of signing, aware UTC.
        query: As it is sent: sorted by name, percent-encoded, without its question mark.
    """
    moment = f"{now:%Y%m%dT%H%M%SZ}"
    headers = {"x-amz-content-sha256": NO_BODY, "x-amz-date": moment}
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    names = ";".join(["host", *headers])
    lines = "".join(f"{name}:{value}\n" for name, value in {"host": host, **headers}.items())
    canonical = f"GET\n{path}\n{query}\n{lines}\n{names}\n{NO_BODY}"
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    key = _signing_key(credentials.secret_key, moment[:8], region)
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return headers


@lru_cache(maxsize=16)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
