"""The Invoke API: who waits for a function, and who has it accept an event.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import base64
import io
import json
from typing import Any

from botocore.response import StreamingBody

from scenarios.cloud.asked import Asked
from scenarios.cloud.functions.concurrency import has_no_concurrency, throttled
from scenarios.cloud.functions.invocations import THROTTLED, Invocation
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.functions.versions import standing
from scenarios.cloud.kernel.arns import function_name, unqualified
from scenarios.cloud.kernel.blobs import bytes_of
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

# botocore's read_timeout: then it sends the request once more, and the function runs twice.
CLIENT_WAITS_SECONDS = 60
MOST_WAITING = 16
MOST_BYTES = {"RequestResponse": 6 * 1024 * 1024, "Event": 1024 * 1024}
LOG_TAIL_BYTES = 4096  # what Invoke hands back of a log


class Invoke:
    """Answers calls of Invoke: by anybody, and by a function that runs."""

    def __init__(self, setting: Setting, functions: Functions) -> None:
        self._setting = setting
        self._functions = functions
        setting.calls.answer("lambda", "Invoke", self._asked)

    def _asked(self, asked: Asked) -> dict[str, Any]:
        """The Invoke API."""
        arn = self._arn(str(asked.parameters["FunctionName"]), asked.region)
        if qualifier := str(asked.parameters.get("Qualifier", "")):
            arn = f"{unqualified(arn)}:{qualifier}"
        if standing(self._setting.account, arn) is None:
            raise Refused("ResourceNotFoundException", f"Function not found: {arn}", 404)
        sort = str(asked.parameters.get("InvocationType", "RequestResponse"))
        event = _payload(asked.parameters.get("Payload"), sort)
        if sort == "Event":
            self._functions.accept(arn, event)
            return {"StatusCode": 202}
        if sort == "DryRun":
            return {"StatusCode": 204}
        if has_no_concurrency(standing(self._setting.account, arn)):
            throttled(self._setting, arn)
            raise Refused(THROTTLED, "Rate Exceeded.", 429)
        tail = asked.parameters.get("LogType") == "Tail"
        if self._functions.running is None:
            return self._answer(arn, event, tail=tail)
        return self._answer_a_function(arn, event, tail=tail)

    def _answer_a_function(self, arn: str, event: Any, *, tail: bool) -> dict[str, Any]:
        """Run a function for another one, whose time goes on meanwhile.

        Raises:
            NotSimulated: functions wait for each other without an end, or one for longer than its client
                does: botocore would give up then, and invoke the function once more.
        """
        if self._functions.waiting >= MOST_WAITING:
            raise NotSimulated("lambda", f"{MOST_WAITING} functions that wait for each other")
        began = self._setting.clock.now
        with self._functions.aside():
            answer = self._answer(arn, event, tail=tail)
        took = (self._setting.clock.now - began).total_seconds()
        if took >= CLIENT_WAITS_SECONDS:
            raise NotSimulated(
                "lambda", f"Invoke of {function_name(arn)} by a function: a client that waits {took:.0f} s"
            )
        return answer

    def _answer(self, arn: str, event: Any, *, tail: bool) -> dict[str, Any]:
        """Run a function for who waits for it: what it returned, its error, the end of its log.

        https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        """
        invocation = Invocation(
            arn=arn,
            event=json.loads(json.dumps(event)),
            request_id=self._setting.new_uuid("lambda.request"),
            accepted=self._setting.clock.now,
            attempts=1,
        )
        with self._setting.calls.aloud():
            result = self._functions.run(invocation)
        told = json.dumps(result.payload if result.error is None else result.error).encode()
        if len(told) > MOST_BYTES["RequestResponse"]:
            raise NotSimulated("lambda", "an answer of more than 6 MB, which Lambda turns into an error")
        answer: dict[str, Any] = {
            "StatusCode": 200,
            "ExecutedVersion": invocation.version,
            "Payload": StreamingBody(io.BytesIO(told), len(told)),
        }
        if result.error is not None:
            answer["FunctionError"] = "Unhandled"
        if tail:
            log = "".join(f"{line}\n" for line in result.log).encode()
            answer["LogResult"] = base64.b64encode(log[-LOG_TAIL_BYTES:]).decode()
        return answer

    def _arn(self, name: str, region: str) -> str:
        """From a name, an ARN, or `ACCOUNT:function:NAME`, which Invoke takes as well."""
        if name.startswith("arn:"):
            return name
        named = name.rpartition(":function:")[2]
        return f"arn:aws:lambda:{region}:{self._setting.account}:function:{named}"


def _payload(given: Any, sort: str) -> Any:
    """The event in an Invoke of this type; boto3 takes bytes, text or something to read from.

    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    text = bytes_of(given or b"")
    most = MOST_BYTES.get(sort)
    if most is not None and len(text) > most:
        message = f"{len(text)} byte payload is too large for the {sort} invocation type (limit {most} bytes)"
        raise Refused("RequestEntityTooLargeException", message, 413)
    try:
        return json.loads(text) if text else None
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise Refused("InvalidRequestContentException", message) from None
