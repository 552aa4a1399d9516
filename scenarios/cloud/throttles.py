"""Throttling, injected where botocore's own retries still see it.

Each n-th request of a function gets its service's throttling error; an overloaded service refuses
every request, and one operation may refuse so many, or fail by itself (500). botocore waits and tries
again, and its waiting moves the clock. Calls that a law answers still pass through botocore's retries:
at the end of the way they get an empty answer, which the law's answer replaces.

Sources: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html; the codes, "Common
Errors" of the services' API references, and
https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html,
https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html; the binary protocol of CloudWatch,
https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from botocore.awsrequest import AWSResponse

from scenarios.cloud.asked import Asked, Send
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.moto_hooks import answer_of
from scenarios.cloud.setting import Setting

_QUERY = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
    "<RequestId>0</RequestId></ErrorResponse>"
)
_EC2 = (
    "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message>"
    "</Error></Errors><RequestID>0</RequestID></Response>"
)
_S3 = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_JSON = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"})
# {"__type": "ThrottlingException", "message": "Rate exceeded"}, as RFC 8949 writes it.
_CBOR = b"\xa2\x66__type\x73ThrottlingException\x67message\x6dRate exceeded"
_REST_JSON = json.dumps({"Type": "User", "message": "Rate exceeded"})


class Throttles:
    """Counts a function's requests and refuses each n-th, and all to services that are overloaded."""

    def __init__(self, setting: Setting, functions: Functions) -> None:
        self._setting = setting
        self._functions = functions
        self._requests = 0
        self._overloaded: set[str] = set()
        self._refusing: dict[tuple[str, str], int] = {}
        self._breaking: dict[tuple[str, str], int] = {}
        self._travelling = False
        self._struck: tuple[Asked | None, bool] = (None, False)
        setting.calls.on_the_way(self._travel, lambda: self._throttles)

    def overload(self, service: str) -> None:
        """A service, by its hyphenated id (`cloudwatch-logs`), throttles functions' requests from now on."""
        self._overloaded.add(service)

    def relieve(self, service: str) -> None:
        """The service answers again."""
        self._overloaded.discard(service)

    def refuse(self, service: str, operation: str, requests: int) -> None:
        """So many requests of functions for this operation, in API names, are throttled from now on.

        botocore sends a call of ours three times: three requests make one call fail.
        """
        self._refusing[service, operation] = requests

    def fail(self, service: str, operation: str, requests: int) -> None:
        """The same, but the service answers that it failed by itself: 500."""
        self._breaking[service, operation] = requests

    def strike(self, asked: Asked, *, throttling: bool) -> None:
        """Throttle this one call, or answer it with 500, however often botocore sends it."""
        self._struck = asked, throttling

    def _travel(self, send: Send) -> int:
        """Send what a law will answer, if it may be throttled; tell how often botocore tried again."""
        if not self._throttles:
            return 0
        self._travelling = True
        try:
            return int(send()["ResponseMetadata"]["RetryAttempts"])
        finally:
            self._travelling = False

    @property
    def _throttles(self) -> bool:
        faults = self._setting.faults.throttled_every > 0
        throttles = faults or self._overloaded or self._refusing or self._breaking or self._strikes
        return bool(throttles) and self._functions.running is not None

    def answer(self, service: str, request: Any) -> AWSResponse | None:
        """An answer in AWS's place, or None to let the request through."""
        if not self._throttles:
            return None
        if self._counts_down(self._breaking) or (self._strikes and not self._struck[1]):
            return answer_of(request, *_failure(service, request.headers))
        if self._refuses(service):
            return answer_of(request, *_refusal(service, request.headers))
        return answer_of(request, *_nothing(request)) if self._travelling else None

    @property
    def _strikes(self) -> bool:
        struck = self._struck[0]
        return struck is not None and self._setting.calls.under_way is struck

    def _refuses(self, service: str) -> bool:
        self._requests += 1
        every = self._setting.faults.throttled_every
        if self._counts_down(self._refusing) or self._strikes:
            return True
        return service in self._overloaded or (every > 0 and self._requests % every == 0)

    def _counts_down(self, requests: dict[tuple[str, str], int]) -> bool:
        """Whether the operation that is asked for has a request left to go wrong."""
        asked = self._setting.calls.under_way
        named = (asked.service, asked.operation) if asked else ("", "")
        left = requests.get(named, 0)
        if left:
            requests[named] = left - 1
        return left > 0


def _nothing(request: Any) -> tuple[int, dict[str, str], str | bytes]:
    """The emptiest answer that the protocol allows."""
    if _is_cbor(request.headers):
        return 200, {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, b"\xa0"
    if "X-Amz-Target" in request.headers:
        return 200, {"content-type": "application/x-amz-json-1.0"}, "{}"
    if "urlencoded" in _text(request.headers.get("Content-Type", "")):
        (action,) = parse_qs(_text(request.body))["Action"]
        return 200, {"content-type": "text/xml"}, f"<Answer><{action}Result/></Answer>"
    return 200, {}, ""


def _refusal(service: str, headers: Mapping[str, Any]) -> tuple[int, dict[str, str], str | bytes]:
    """In the words of the protocol that was spoken."""
    if _is_cbor(headers):
        return 400, {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, _CBOR
    if "X-Amz-Target" in headers:
        return 400, {"content-type": "application/x-amz-json-1.0"}, _JSON
    if service == "s3":
        return 503, {"content-type": "application/xml"}, _S3
    if service == "ec2":
        return 503, {"content-type": "text/xml"}, _EC2
    if "urlencoded" in _text(headers.get("Content-Type", "")):
        return 400, {"content-type": "text/xml"}, _QUERY
    return (
        429,
        {"content-type": "application/json", "x-amzn-errortype": "TooManyRequestsException"},
        _REST_JSON,
    )


def _failure(service: str, headers: Mapping[str, Any]) -> tuple[int, dict[str, str], str | bytes]:
    """The service's own failure, in the words of the protocol that was spoken."""
    _, answered, body = _refusal(service, headers)
    told = body.decode("latin-1") if isinstance(body, bytes) else body
    # CBOR writes a text's length before it.
    told = told.replace("\x73ThrottlingException", "\x6fInternalFailure")
    for code in ("RequestLimitExceeded", "ThrottlingException", "Throttling", "SlowDown"):
        told = told.replace(code, "InternalFailure")
    named = {
        name: value.replace("TooManyRequestsException", "InternalFailure") for name, value in answered.items()
    }
    return 500, named, told.encode("latin-1") if isinstance(body, bytes) else told


def _is_cbor(headers: Mapping[str, Any]) -> bool:
    return _text(headers.get("smithy-protocol", "")) == "rpc-v2-cbor"


def _text(value: Any) -> str:
    """A prepared header is bytes or text."""
    return value.decode() if isinstance(value, bytes) else str(value)


def register(setting: Setting) -> None:
    """Register throttling of functions' requests."""
    throttles = setting.laws.add(Throttles(setting, setting.laws[Functions]))
    setting.laws.meanwhile(moto_hooks.answers_before_moto(throttles.answer))
