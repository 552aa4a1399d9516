"""Functions that transform what a delivery stream has gathered, before it is delivered.

The stream's role invokes the function with as many records as it takes at once. Each record comes back `Ok`
with its new data, `Dropped`, or `ProcessingFailed`; one that doesn't come back, or comes back twice, has
failed. A function that is throttled or takes too long is invoked again, three times by default; an error of
its own is not: unconfirmed. Here it is invoked when the stream delivers, not by a buffer of its own.

Sources: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html,
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html,
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html,
https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html (error codes)
"""

import base64
import binascii
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from scenarios.cloud.firehose.configured import Configured
from scenarios.cloud.firehose.processors import NotProcessed, Record, milliseconds
from scenarios.cloud.firehose.roles import SERVICE
from scenarios.cloud.functions.concurrency import has_no_concurrency, throttled
from scenarios.cloud.functions.invocations import Invocation, Result
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.functions.versions import standing
from scenarios.cloud.setting import Setting

DEFAULT_RETRIES, DEFAULT_MEGABYTES = 3, 1.0
MEGABYTE: Final = 1024 * 1024
Transformed = tuple[list[Record], list[tuple[Record, NotProcessed]]]
"""What is to be delivered, and what failed with why."""


class Transforming:
    """Every function that transforms."""

    def __init__(self, setting: Setting, functions: Functions) -> None:
        self._setting = setting
        self._functions = functions

    def transformed(
        self, found: Configured, parameters: Mapping[str, str], records: Sequence[Record]
    ) -> Transformed:
        """What a function makes of records, which it is given in portions."""
        done: list[Record] = []
        failed: list[tuple[Record, NotProcessed]] = []
        most = float(parameters.get("BufferSizeInMBs", DEFAULT_MEGABYTES)) * MEGABYTE
        for portion in _portions(records, most):
            kept, lost = self._portion(found, parameters, portion)
            done += kept
            failed += lost
        return done, failed

    def _portion(
        self, found: Configured, parameters: Mapping[str, str], records: Sequence[Record]
    ) -> Transformed:
        ids = {self._setting.new_uuid("firehose.transformed"): record for record in records}
        try:
            told = self._invoke(found, parameters, ids)
        except NotProcessed as error:
            return [], [(record, error) for record in records]
        times = Counter(str(each.get("recordId")) for each in told)
        answers = {str(each.get("recordId")): each for each in told}
        done: list[Record] = []
        failed: list[tuple[Record, NotProcessed]] = []
        for identity, record in ids.items():
            try:
                done += _read(record, answers.get(identity), times[identity])
            except NotProcessed as error:
                failed.append((record, error))
        return done, failed

    def _invoke(
        self, found: Configured, parameters: Mapping[str, str], ids: Mapping[str, Record]
    ) -> list[Mapping[str, Any]]:
        """The records that the function returned; raises NotProcessed where it returned none."""
        arn, role = parameters["LambdaArn"], found.role
        model = standing(self._setting.account, arn)
        if not self._setting.identity.role_may(role, SERVICE, "lambda:InvokeFunction", arn).allowed:
            raise NotProcessed("Lambda.InvokeAccessDenied", "Access was denied to the Lambda function")
        if model is None:
            raise NotProcessed("Lambda.ResourceNotFound", f"there is no function {arn}")
        event = self._event(found, ids)
        for attempt in range(1, int(parameters.get("NumberOfRetries", DEFAULT_RETRIES)) + 2):
            if has_no_concurrency(model):
                throttled(self._setting, arn)
                error = NotProcessed("Lambda.InvokeLimitExceeded", "the function was throttled")
                continue
            result = self._functions.answer_to_service(self._invocation(arn, event, attempt))
            if not result.failed:
                return _records(result)
            error = _why(result)
            if error.code != "Lambda.FunctionTimedOut":
                break
        raise error

    def _event(self, found: Configured, ids: Mapping[str, Record]) -> dict[str, Any]:
        return {
            "invocationId": self._setting.new_uuid("firehose.invocation"),
            "deliveryStreamArn": found.arn,
            "region": found.region,
            **({"sourceKinesisStreamArn": found.source} if found.source else {}),
            "records": [
                {
                    "recordId": identity,
                    "approximateArrivalTimestamp": milliseconds(record.arrived),
                    "data": base64.b64encode(record.data).decode(),
                }
                for identity, record in ids.items()
            ],
        }

    def _invocation(self, arn: str, event: Mapping[str, Any], attempt: int) -> Invocation:
        return Invocation(
            arn=arn,
            event=dict(event),
            request_id=self._setting.new_uuid("lambda.request"),
            accepted=self._setting.clock.now,
            attempts=attempt,
            number=self._functions.next_number(),
        )


def _portions(records: Sequence[Record], most: float) -> Iterator[list[Record]]:
    """As many records at once as fit; one that is too large comes alone."""
    portion, size = list[Record](), 0
    for record in records:
        if portion and size + len(record.data) > most:
            yield portion
            portion, size = [], 0
        portion.append(record)
        size += len(record.data)
    if portion:
        yield portion


def _records(result: Result) -> list[Mapping[str, Any]]:
    answer: Any = result.payload
    told = answer.get("records") if isinstance(answer, dict) else None
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
        raise NotProcessed("Lambda.JsonMappingException", "the function did not return records")
    return told


def _why(result: Result) -> NotProcessed:
    said = result.error or {}
    message = str(said.get("errorMessage", ""))
    if "Task timed out" in message:
        return NotProcessed("Lambda.FunctionTimedOut", message)
    return NotProcessed("Lambda.FunctionError", message)


def _read(record: Record, answer: Mapping[str, Any] | None, times: int) -> list[Record]:
    """What becomes of one record; raises NotProcessed."""
    if answer is None:
        raise NotProcessed("Lambda.MissingRecordId", "the record was not returned")
    if times > 1:
        raise NotProcessed("Lambda.DuplicatedRecordId", "the record was returned more than once")
    match answer.get("result"):
        case "Ok":
            try:
                return [replace(record, data=base64.b64decode(str(answer.get("data", "")), validate=True))]
            except binascii.Error as error:
                raise NotProcessed("Lambda.JsonMappingException", "the data is no base64") from error
        case "Dropped":
            return []
        case "ProcessingFailed":
            raise NotProcessed("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")
        case other:
            raise NotProcessed("Lambda.JsonMappingException", f"{other!r} is no result of a record")
