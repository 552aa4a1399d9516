"""Events after their last attempt: a function's destinations and its dead-letter queue.

Both are written to under the function's own role. A destination gets a record of the
invocation; the dead-letter queue gets the event itself, with three attributes.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.functions.emitted import NAMESPACE, dimensions_of
from scenarios.cloud.functions.invocations import THROTTLED, Invocation, Result, invocation_record
from scenarios.cloud.functions.pollers import name_of
from scenarios.cloud.kernel.arns import function_name, region_of, service_of
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.deliveries import Event, Message, Notification
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.moments import iso_milliseconds
from scenarios.cloud.setting import Setting

_LONGEST_ERROR_MESSAGE = 1024
NONE: Final[Mapping[str, str]] = {}


class Destinations:
    """Where events go after their last attempt. `dead_letters`: queue ARN by function name."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.dead_letters: Mapping[str, str] = {}

    def finished(
        self,
        invocation: Invocation,
        result: Result,
        *,
        condition: str,
        configured: Mapping[str, Any],
        role: Caller,
    ) -> None:
        """The event's last attempt is over.

        `condition`: Success, RetriesExhausted or EventAgeExceeded. `configured`: the function's event invoke
        config. `role`: the function's own session, which must be allowed to send.
        """
        name = function_name(invocation.arn)
        which = "OnFailure" if result.failed else "OnSuccess"
        target = str(configured.get("DestinationConfig", {}).get(which, {}).get("Destination", ""))
        record = json.dumps(invocation_record(invocation, result, condition, self._setting.clock.now))
        if not result.failed:
            if target and not self.send(target, record, role):
                self._measure(invocation, "DestinationDeliveryFailures")
                self._setting.note("lost", f"{name} may not write to its on-success destination")
            return
        self._measure(invocation, "AsyncEventsDropped")
        message = str((result.error or {}).get("errorMessage", ""))
        dead_letters = self.dead_letters.get(name, "")
        if not target and not dead_letters:
            self._setting.note("lost", f"{name} failed for good and has no on-failure destination: {message}")
        if target:
            kept = self.send(target, record, role)
            if not kept:
                self._measure(invocation, "DestinationDeliveryFailures")
            self._tell(name, "on-failure destination", target, message, kept=kept)
        if dead_letters:
            attributes = {
                "RequestID": invocation.request_id,
                "ErrorCode": "429" if (result.error or {}).get("errorType") == THROTTLED else "200",
                "ErrorMessage": message[:_LONGEST_ERROR_MESSAGE],
            }
            kept = self.send(dead_letters, json.dumps(invocation.event), role, attributes)
            if not kept:
                self._measure(invocation, "DeadLetterErrors")
            self._tell(name, "dead-letter queue", dead_letters, message, kept=kept)

    def _measure(self, invocation: Invocation, metric: str) -> None:
        region = region_of(invocation.arn)
        self._setting.measured(region, NAMESPACE, {metric: 1}, *dimensions_of(invocation.arn))

    def send(self, target: str, body: str, role: Caller, attributes: Mapping[str, str] = NONE) -> bool:
        """Send under the function's role, in the form that the destination takes."""
        match service_of(target):
            case "sqs":
                payload: object = Message(body=body, attributes=attributes)
            case "sns":
                payload = Notification(text=body)
            case "lambda":
                payload = Event(content=json.loads(body))
            case "events":
                payload = Event(content=self._event(target, json.loads(body)))
            case other:
                raise NotSimulated("lambda", f"a destination in {other or 'nowhere'} ({target})")
        return self._setting.deliveries.hand_over(target, payload, by=role) is None

    def gave_up(self, mapping: Any, words: str, record: Mapping[str, Any], role: Caller) -> None:
        """Tell a mapping's on-failure destination which records nobody handled; `words`: people are told."""
        target = on_failure(mapping)
        if self.send(target, json.dumps(record), role):
            self._setting.note("kept", f"{words}; {name_of(target)} says which")
        else:
            self._setting.note("lost", f"{words}, and may not write to its on-failure destination")

    def _event(self, bus: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record as an event of a bus: its resources are the bus and the function."""
        how = "Success" if record["requestContext"]["condition"] == "Success" else "Failure"
        resources = [bus, record["requestContext"]["functionArn"]]
        what = f"Lambda Function Invocation Result - {how}"
        return self._setting.service_event(region_of(bus), "lambda", what, resources, record)

    def _tell(self, name: str, where: str, target: str, message: str, *, kept: bool) -> None:
        if kept:
            queue = target.rpartition(":")[2]
            self._setting.note("kept", f"{name} failed for good; {queue} keeps the event: {message}")
        else:
            self._setting.note("lost", f"{name} may not write to its {where}: {message}")


def on_failure(mapping: Any) -> str:
    """Where an event source mapping tells what nobody handled; "" for nowhere."""
    return str(((mapping.destination_config or {}).get("OnFailure") or {}).get("Destination", ""))


def batch_record(  # noqa: PLR0917 - what is told of a batch
    mapping: Any, request_id: str, condition: str, attempts: int, moment: datetime, info: Mapping[str, Any]
) -> dict[str, Any]:
    """What a mapping's on-failure destination is sent. `info`: which batch it was, as its source tells it."""
    return {
        "requestContext": {
            "requestId": request_id,
            "functionArn": mapping.function_arn,
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": iso_milliseconds(moment),
        **info,
    }
