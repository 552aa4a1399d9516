"""GetObject without what a client does around it: a validation is tens of thousands of small files.

botocore spends a millisecond of processor time on each call, which is more than it takes to verify the file.
Here the call is signed by botocore's own signer and sent over kept connections, some six times as fast. Only
a plain 200 is taken from it: whatever else S3 answers (redirects, throttling, errors) is left to the client,
which knows what to do.
"""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import get_cert_path
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from scenarios.validator.source import MOST_BYTES

_METADATA = "x-amz-meta-"
_OK = 200


class SignedGet:
    """Reads objects with the endpoint, addressing style and credentials of an S3 client.

    Args:
        client: The S3 client.
        credentials: The session's credentials; they refresh themselves.
        connections: How many connections are kept.
    """

    def __init__(self, client: Any, credentials: Any, connections: int) -> None:
        self._client, self._credentials = client, credentials
        self._region = client.meta.region_name
        self._bases: dict[str, str] = {}
        self._pool = PoolManager(
            maxsize=connections,
            timeout=Timeout(connect=5, read=20),
            ca_certs=os.environ.get("AWS_CA_BUNDLE") or get_cert_path(verify=True),
        )

    @staticmethod
    def usable(credentials: Any) -> bool:
        """Say whether calls can be sent this way: signed, and not through a proxy."""
        proxied = any(
            os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
        )
        return credentials is not None and not proxied

    def __call__(self, bucket: str, key: str) -> tuple[bytes, Mapping[str, str]] | None:
        """The object's bytes and user metadata; None where the client should be asked instead."""
        if "//" in key or "/." in key:
            return None  # paths that are rewritten on their way
        request = AWSRequest(method="GET", url=self._base(bucket) + quote(key, safe="/~"))
        S3SigV4Auth(self._credentials.get_frozen_credentials(), "s3", self._region).add_auth(request)
        try:
            answer = self._pool.request(
                "GET",
                str(request.url),
                headers=dict(request.headers.items()),
                preload_content=False,
                redirect=False,
                retries=False,
            )
            try:
                body = answer.read(MOST_BYTES, decode_content=False)
                whole = len(body) < MOST_BYTES
            finally:
                answer.release_conn()
        except HTTPError:
            return None
        if answer.status != _OK or not whole or len(body) != int(answer.headers.get("content-length", -1)):
            return None
        named = ((name.lower(), value) for name, value in answer.headers.items())
        return body, {
            name.removeprefix(_METADATA): value for name, value in named if name.startswith(_METADATA)
        }

    def _base(self, bucket: str) -> str:
        """The URL of a bucket, with its last slash, as the client would spell it."""
        if bucket not in self._bases:
            url = urlsplit(self._client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"}))
            self._bases[bucket] = f"{url.scheme}://{url.netloc}{url.path.removesuffix('k')}"
        return self._bases[bucket]
