"""What a schedule does when it comes due: the target, what it is given, and under which role.

Templated targets get the schedule's input in the form that they take; a universal target is a call of AWS's
API with the input as its parameters, made by the schedule's role and recorded as such. Without an input a
templated target gets a notification of the schedule.

Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError, ParamValidationError

from scenarios.cloud.api_calls import call, in_botocore
from scenarios.cloud.kernel.arns import service_of
from scenarios.cloud.kernel.caller import session_on
from scenarios.cloud.kernel.deliveries import AssumedRole, Event, Message, Notification, StreamRecord
from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.setting import Setting

SERVICE: Final = "scheduler.amazonaws.com"
UNIVERSAL: Final = ":scheduler:::aws-sdk:"
TEMPLATED: Final = ("events", "firehose", "kinesis", "lambda", "sns", "sqs", "states")
READ_ONLY: Final = (
    *("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup"),
    *("discover", "validate", "batchGet", "batchDescribe", "batchRead", "transactGet"),
    *("adminGet", "adminList"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One time that a schedule came due, and one attempt at it."""

    schedule: Any  # as moto keeps it
    region: str
    due: datetime
    execution: str
    attempt: int = 1

    @property
    def time(self) -> str:
        """The time that the schedule names."""
        return f"{self.due:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def input(self) -> str | None:
        """The schedule's input with its keywords replaced; None where it has none."""
        given = self.schedule.target.get("Input")
        if given is None:
            return None
        keywords = {
            "schedule-arn": self.schedule.arn,
            "scheduled-time": self.time,
            "execution-id": self.execution,
            "attempt-number": str(self.attempt),
        }
        for name, value in keywords.items():
            given = given.replace(f"<aws.scheduler.{name}>", value)
        return str(given)


class Failure(NamedTuple):
    """Why a target did not take it: an error's code and its message."""

    code: str
    message: str


class Targets:
    """The way from a schedule to what it acts on."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def invoke(self, occasion: Occasion) -> Failure | None:
        """One attempt, now."""
        arn = occasion.schedule.target["Arn"]
        return self._call(occasion) if UNIVERSAL in arn else self._hand_over(occasion)

    def keep(self, occasion: Occasion, failure: Failure, exhausted: str) -> bool:
        """Put what nobody took into the schedule's dead-letter queue; whether that was possible.

        https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
        """
        target = occasion.schedule.target
        attributes = {
            "ERROR_CODE": failure.code,
            "ERROR_MESSAGE": failure.message,
            "EXECUTION_ID": occasion.execution,
            "EXHAUSTED_RETRY_CONDITION": exhausted,
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(occasion.attempt - 1),
            "SCHEDULED_TIME": occasion.time,
            "SCHEDULE_ARN": occasion.schedule.arn,
            "TARGET_ARN": target["Arn"],
        }
        message = Message(body=occasion.input or "{}", attributes=attributes)
        queue = target["DeadLetterConfig"]["Arn"]
        return self._setting.deliveries.hand_over(queue, message, by=self._role(occasion)) is None

    # ---- templated targets ------------------------------------------------------------------------

    def _hand_over(self, occasion: Occasion) -> Failure | None:
        target = occasion.schedule.target
        refusal = self._setting.deliveries.hand_over(
            target["Arn"],
            self._payload(occasion),
            by=self._role(occasion),
            source=_group_of(occasion.schedule.arn),
        )
        return Failure(refusal.missing.value, refusal.because) if refusal is not None else None

    def _payload(self, occasion: Occasion) -> object:
        target = occasion.schedule.target
        text = occasion.input
        if text is None and service_of(target["Arn"]) != "events":
            text = json.dumps(self._notification(occasion))
        match service_of(target["Arn"]):
            case "events":
                return Event(content=self._event(occasion))
            case "lambda" | "states":
                return Event(content=json.loads(text or "{}"))
            case "sqs":
                return Message(
                    body=text or "", group=target.get("SqsParameters", {}).get("MessageGroupId", "")
                )
            case "sns":
                return Notification(text=text or "")
            case "kinesis":
                key = target["KinesisParameters"]["PartitionKey"]
                return StreamRecord(data=(text or "").encode(), partition_key=key)
            case "firehose":
                return StreamRecord(data=(text or "").encode())
            case other:
                raise WorldError(f"a schedule with a target in {other} was not refused")

    def _event(self, occasion: Occasion) -> dict[str, Any]:
        named = occasion.schedule.target["EventBridgeParameters"]
        return {
            **self._notification(occasion),
            "detail-type": named["DetailType"],
            "source": named["Source"],
            "detail": json.loads(occasion.input or "{}"),
        }

    def _notification(self, occasion: Occasion) -> dict[str, Any]:
        return {
            "version": "0",
            "id": self._setting.new_uuid("scheduler.id"),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": self._setting.account,
            "time": occasion.time,
            "region": occasion.region,
            "resources": [occasion.schedule.arn],
            "detail": "{}",
        }

    def _role(self, occasion: Occasion) -> AssumedRole:
        return AssumedRole(arn=occasion.schedule.target["RoleArn"], service=SERVICE)

    # ---- universal targets ------------------------------------------------------------------------

    def _call(self, occasion: Occasion) -> Failure | None:
        """Call AWS's API as the role's session."""
        target, identity = occasion.schedule.target, self._setting.identity
        context = {
            "aws:SourceArn": _group_of(occasion.schedule.arn),
            "aws:SourceAccount": self._setting.account,
        }
        if not identity.service_may(SERVICE, "sts:AssumeRole", target["RoleArn"], context).allowed:
            return Failure("FAILED_TO_ASSUME_ROLE", f"{SERVICE} may not assume {target['RoleArn']}")
        service, operation = named_in(target["Arn"])
        caller = session_on(target["RoleArn"], occasion.execution).on_service_role(SERVICE)
        model, given = operation_model(service, operation), json.loads(occasion.input or "{}")
        try:
            call(self._setting, caller, model, occasion.region, given)
        except ClientError as error:
            return Failure(error.response["Error"]["Code"], error.response["Error"]["Message"])
        except ParamValidationError as error:
            return Failure("ValidationException", str(error))
        return None


def named_in(arn: str) -> tuple[str, str]:
    """Service and operation of a universal target, as botocore names them: `sqs` and `SendMessage`."""
    service, _, action = arn.partition(UNIVERSAL)[2].partition(":")
    return in_botocore(service), action[:1].upper() + action[1:]


def refuse_unknown(target: Mapping[str, Any]) -> None:
    """Raises NotSimulated for a target that nobody simulates."""
    arn = target["Arn"]
    service = service_of(arn)
    if UNIVERSAL not in arn and service not in TEMPLATED:
        raise NotSimulated("scheduler", f"a target in {service or 'nowhere'}")
    if arn.endswith(".fifo") and service != "sqs":
        raise NotSimulated("scheduler", f"a FIFO target ({arn})")


def _group_of(arn: str) -> str:
    """The ARN of a schedule's group, in whose name the role is assumed."""
    return arn.replace(":schedule/", ":schedule-group/").rpartition("/")[0]
