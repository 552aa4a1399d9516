"""Throttling, injected where botocore's own retries still see it.

Each n-th request a function sends is answered with its service's throttling error; botocore
waits and tries again, and its waiting moves the clock.

Sources: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html; the codes, "Common
Errors" of the services' API references, and
https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html,
https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

from scenarios.cloud.functions.service import Functions
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
_REST_JSON = json.dumps({"Type": "User", "message": "Rate exceeded"})


class Throttles:
    """Counts a function's requests and refuses each n-th."""

    def __init__(self, setting: Setting, functions: Functions) -> None:
        self._setting = setting
        self._functions = functions
        self._requests = 0

    def answer(self, service: str, request: Any) -> AWSResponse | None:
        """An answer in AWS's place, or None to let the request through."""
        every = self._setting.faults.throttled_every
        if not every or self._functions.running is None:
            return None
        self._requests += 1
        if self._requests % every:
            return None
        status, headers, body = _refusal(service, request.headers)
        told = HTTPHeaders()
        for name, value in headers.items():
            told[name] = value
        return AWSResponse(request.url, status, told, MockRawResponse(body))


def _refusal(service: str, headers: Mapping[str, Any]) -> tuple[int, dict[str, str], str]:
    """In the words of the protocol that was spoken."""
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


def _text(value: Any) -> str:
    """A prepared header is bytes or text."""
    return value.decode() if isinstance(value, bytes) else str(value)
