"""The API of a stack, asked with requests signed by the caller's own AWS credentials.

Where it is: `--url`, or TRAILWARDEN_URL, or the output EndpointURL of the stack. A stack on this machine
(`chalice local`) asks for no credentials; there the name of the user signs. The AWS that `trailwarden serve`
serves has the stack's API on its own port, and the caller's credentials sign there, too.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
"""

import getpass
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from chalicelib.errors import AWS_ERRORS

OUTPUT = "EndpointURL"
_LOCAL = ("localhost", "127.0.0.1", "::1")
_REGION_OF_HOST = re.compile(r"\.execute-api\.([a-z0-9-]+)\.")
_SECONDS = 30
# Chalice's names of 404 and 409. Whatever else answers with 404 is not Trailwarden.
_SAYS_NO = ("NotFoundError", "ConflictError")


class ApiError(Exception):
    """The API could not be asked; the message is one sentence."""


class Refused(ApiError):
    """The API answered that it won't. `status`: HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class AnswerIsNo(Refused):
    """The API has looked, and there is nothing of the kind, or nothing that waits for it (404, 409)."""


class Api(Protocol):
    """How the commands ask: raises ApiError, Refused."""

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Ask; nothing is changed."""

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for something to be done."""


@dataclass(frozen=True, slots=True)
class SignedApi:
    """The API at a URL, through a boto3 session's credentials."""

    url: str
    session: Any = field(repr=False)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Ask; nothing is changed."""
        # As the signature has it: with %20, and in the order of the names.
        asked = urlencode(sorted((query or {}).items()), quote_via=quote)
        return self._asked("GET", f"{path}?{asked}" if asked else path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for something to be done."""
        return self._asked("POST", path, json.dumps(body).encode())

    def _asked(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - --help should not wait for it
        from botocore.httpsession import URLLib3Session  # noqa: PLC0415 - likewise

        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        request = AWSRequest(method=method, url=self.url.rstrip("/") + path, data=body, headers=headers)
        try:
            self._sign(request)
            answer = URLLib3Session(timeout=_SECONDS).send(request.prepare())
        except AWS_ERRORS as error:
            raise ApiError(f"{self.url} could not be asked: {error}") from error
        except ValueError as error:
            raise ApiError(f"{self.url!r} is no URL that can be asked: {error}") from error
        return _told(answer.status_code, answer.content)

    def _sign(self, request: Any) -> None:
        from botocore.auth import SigV4Auth  # noqa: PLC0415 - as above
        from botocore.credentials import Credentials  # noqa: PLC0415 - as above

        host = urlsplit(self.url).hostname or ""
        region = _REGION_OF_HOST.search(f".{host}.")
        credentials = self.session.get_credentials()
        if host in _LOCAL and not self._is_served():
            credentials = Credentials(_name_of(credentials), "not-a-secret")
        if credentials is None:
            raise ApiError("there are no AWS credentials to sign with")
        where = region[1] if region else self.session.region_name or "us-east-1"
        SigV4Auth(credentials, "execute-api", where).add_auth(request)

    def _is_served(self) -> bool:
        """Whether the clients of AWS ask where the API is: AWS_ENDPOINT_URL, or the profile's."""
        region = self.session.region_name or "us-east-1"
        endpoint = str(self.session.client("cloudformation", region_name=region).meta.endpoint_url)
        return urlsplit(endpoint).netloc == urlsplit(self.url).netloc


def url_of_stack(cloudformation: Any, stack: str) -> str:
    """Where a stack's API is; raises ApiError."""
    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except AWS_ERRORS as error:
        raise ApiError(
            f"the stack {stack} could not be read, and neither --url nor TRAILWARDEN_URL is given: {error}"
        ) from error
    for output in found.get("Outputs", ()):
        if output["OutputKey"] == OUTPUT:
            return _reachable(str(output["OutputValue"]), cloudformation.meta.endpoint_url)
    raise ApiError(f"the stack {stack} has no output {OUTPUT}")


def _reachable(url: str, endpoint: str) -> str:
    """The API's URL; a served AWS has it on its own port, below the stage."""
    served = urlsplit(endpoint).hostname in _LOCAL
    return endpoint.rstrip("/") + urlsplit(url).path if served else url


def _name_of(credentials: Any) -> str:
    """Who asks on one's own machine: a key that is a plain word says it; no real key ever goes there."""
    key = credentials.access_key if credentials else ""
    return key if re.fullmatch(r"[a-z][a-z0-9]{0,30}", key, re.ASCII) else _user()


def _user() -> str:
    """A name that a signature can hold in place of an access key."""
    return re.sub(r"[^A-Za-z0-9]", "", getpass.getuser()) or "somebody"


def _told(status: int, content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or not (200 <= status < 300 or status >= 400):
        raise ApiError(f"what answered there is not Trailwarden's API (HTTP {status})")
    if status >= 400:
        raise _refusal(status, answer)
    return answer


def _refusal(status: int, answer: Mapping[str, Any]) -> Refused:
    message = str(answer.get("Message") or answer.get("message") or f"HTTP {status}")
    code = answer.get("Code")
    # Chalice begins the message with the name of its own error.
    message = message.removeprefix(f"{code}: ")
    kind = AnswerIsNo if code in _SAYS_NO else Refused
    return kind(status, message)
