"""Requests to functions' URLs: who may make them, and what the function is handed.

Since October 2025 a new URL asks for two permissions, lambda:InvokeFunctionUrl and lambda:InvokeFunction.
With the type AWS_IAM who signs must have both; with NONE the function's policy must give both to everybody.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html,
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html,
https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.apigateway.cors import preflight, with_cors
from scenarios.cloud.apigateway.messages import HttpAnswer, HttpRequest, says
from scenarios.cloud.apigateway.payloads import Asking, Malformed, second_answer, second_format
from scenarios.cloud.apigateway.requests import Requests
from scenarios.cloud.functions.concurrency import has_no_concurrency, throttled
from scenarios.cloud.functions.emitted import NAMESPACE, dimensions_of
from scenarios.cloud.functions.urls import Config, urls_in
from scenarios.cloud.functions.versions import standing
from scenarios.cloud.kernel.arns import region_of
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.texts import with_lowered_names
from scenarios.cloud.setting import Setting

_FORBIDDEN: Final = says(403, "AccessDeniedException", {"Message": "Forbidden"})
_BROKEN: Final = says(502, "InternalServerErrorException", "Internal Server Error")
_BUSY: Final = says(429, "TooManyRequestsException", {"Message": "Rate Exceeded."})


class UrlRequests:
    """What answers at every function's URL of a world."""

    def __init__(self, setting: Setting, requests: Requests) -> None:
        self._setting = setting
        self._requests = requests
        requests.also(self._answer)

    def _answer(self, request: HttpRequest) -> HttpAnswer | None:
        setting, began = self._setting, self._setting.clock.now
        urls = (url for region in setting.regions for url in urls_in(setting.account, region))
        found = next((url for url in urls if url["FunctionUrl"] == f"https://{request.host}/"), None)
        if found is None:
            return None
        cors = with_lowered_names(found.get("Cors", {}))
        answer = preflight(cors, request) or with_cors(cors, request, self._asked(found, request))
        self._measure(found["FunctionArn"], answer.status, began)
        return answer

    def _asked(self, url: Config, request: HttpRequest) -> HttpAnswer:
        arn = url["FunctionArn"]
        model = standing(self._setting.account, arn)
        if model is None or not self._may(url, request):
            return _FORBIDDEN
        if url["InvokeMode"] != "BUFFERED":
            raise NotSimulated("lambda", f"a streamed answer of {url['FunctionUrl']}")
        if has_no_concurrency(model):
            throttled(self._setting, arn)
            return _BUSY
        asking = Asking(
            request=request,
            account=self._setting.account,
            api=request.host.partition(".")[0],
            stage="$default",
            key="$url",
            resource="$default",
            path=request.plain_path,
            parameters={},
            variables={},
            id=self._setting.new_uuid("apigateway.request"),
            now=self._setting.clock.now,
            signed=url["AuthType"] == "AWS_IAM",
        )
        number, result = self._requests.invoke(arn, second_format(asking), request.attempt)
        try:
            answer = _BROKEN if result.failed else second_answer(result.payload)
        except Malformed:
            answer = _BROKEN
        self._requests.note(number, request.method, request.path, answer)
        return answer

    def _may(self, url: Config, request: HttpRequest) -> bool:
        """Whether the client may; both permissions are asked, each with its own condition key."""
        identity, arn = self._setting.identity, url["FunctionArn"]
        asked: Mapping[str, dict[str, Any]] = {
            "lambda:InvokeFunctionUrl": {"lambda:FunctionUrlAuthType": url["AuthType"]},
            "lambda:InvokeFunction": {"lambda:InvokedViaFunctionUrl": True},
        }
        for action, keys in asked.items():
            context = {"aws:SourceIp": request.address, **keys}
            if url["AuthType"] == "NONE":
                decision = identity.anybody_may(action, arn, context)
            elif request.caller is None:
                return False
            else:
                decision = identity.judge(request.caller, action, arn, context)
            if not decision.allowed:
                return False
        return True

    def _measure(self, arn: str, status: int, began: datetime) -> None:
        took = (self._setting.clock.now - began).total_seconds() * 1000
        values = {
            "UrlRequestCount": 1.0,
            "Url4xxCount": float(400 <= status < 500),
            "Url5xxCount": float(status >= 500),
            "UrlRequestLatency": took,
        }
        _, *sets = dimensions_of(arn)
        self._setting.measured(region_of(arn), NAMESPACE, values, *sets, at=began)
