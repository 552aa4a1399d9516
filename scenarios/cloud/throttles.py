"""Throttling, injected where botocore's own retries still see it.

Each n-th request a function sends is answered with its service's throttling error; botocore
waits and tries again, and its waiting moves the clock.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

import json
from typing import Any

from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import MockRawResponse

from scenarios.cloud.functions import Functions
from scenarios.cloud.setting import Setting

_QUERY_BODY = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
    "<RequestId>0</RequestId></ErrorResponse>"
)
_S3_BODY = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class Throttles:
    """Counts a function's requests and refuses each n-th."""

    def __init__(self, setting: Setting, functions: Functions) -> None:
        self._setting = setting
        self._functions = functions
        self._requests = 0

    def answer(self, request: Any) -> AWSResponse | None:
        """An answer in AWS's place, or None to let the request through."""
        every = self._setting.faults.throttled_every
        if not every or self._functions.running is None:
            return None
        self._requests += 1
        if self._requests % every:
            return None
        status, headers, body = _refusal(request)
        return AWSResponse(request.url, status, headers, MockRawResponse(body))


def _refusal(request: Any) -> tuple[int, dict[str, str], str]:
    """In the words of the protocol that was spoken."""
    if "x-amz-target" in {name.lower() for name in request.headers}:
        body = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"})
        return 400, {"content-type": "application/x-amz-json-1.0"}, body
    if ".s3." in request.url or "//s3." in request.url:
        return 503, {"content-type": "application/xml"}, _S3_BODY
    return 400, {"content-type": "text/xml"}, _QUERY_BODY
