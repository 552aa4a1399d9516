"""What there is now of what was switched off."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.aws import Aws
from chalicelib.events import ApiCallEvent
from chalicelib.evidence.earlier import earlier_calls
from chalicelib.looking import answer


class ByNow(StrEnum):
    """What has become since of something that was switched off."""

    OFF = ""  # it can be switched on
    ON_AGAIN = "on again"
    GONE = "gone"


OFF, ON_AGAIN, GONE = ByNow


@dataclass(frozen=True, slots=True, kw_only=True)
class Off:
    """Something that was switched off. `id`: of the detector or recorder, where it has one.

    `kept_days`: how many days Config keeps its items where that was made shorter, `days_before`: how many it
    kept them before, None where event history doesn't say.
    """

    id: str = ""
    by_now: ByNow = OFF
    kept_days: int | None = None
    days_before: int | None = None


Read = Callable[[Aws, ApiCallEvent], Off | None]
RETENTION, LONGEST_DAYS = "PutRetentionConfiguration", 2557


def suspended_detector(aws: Aws, event: ApiCallEvent) -> Off:
    """Whether GuardDuty's detector is suspended."""
    detector = event.said("detectorId")
    guardduty = aws.client("guardduty", event.region)
    found = answer(
        lambda: guardduty.get_detector(DetectorId=detector), unless=("BadRequestException",), otherwise=None
    )
    if not found:
        return Off(id=detector, by_now=GONE)
    return Off(id=detector, by_now=OFF if found["Status"] == "DISABLED" else ON_AGAIN)


def no_detector(aws: Aws, event: ApiCallEvent) -> Off:
    """Whether GuardDuty has no detector."""
    there = aws.client("guardduty", event.region).list_detectors()["DetectorIds"]
    return Off(by_now=ON_AGAIN if there else OFF)


def no_hub(aws: Aws, event: ApiCallEvent) -> Off:
    """Whether Security Hub is off."""
    return _not_enabled(aws.client("securityhub", event.region).describe_hub, "InvalidAccessException")


def no_macie(aws: Aws, event: ApiCallEvent) -> Off:
    """Whether Macie is off."""
    return _not_enabled(aws.client("macie2", event.region).get_macie_session, "ResourceNotFoundException")


def _not_enabled(ask: Callable[[], Any], code: str) -> Off:
    """A service that is off refuses to answer; Macie with the code of who may not ask, in other words."""
    try:
        ask()
    except ClientError as error:
        told = error.response["Error"]
        if told["Code"] == code or "is not enabled" in told.get("Message", ""):
            return Off()
        raise
    return Off(by_now=ON_AGAIN)


def paused_macie(aws: Aws, event: ApiCallEvent) -> Off:
    """Whether Macie is paused."""
    session: dict[str, Any] = {}
    macie = aws.client("macie2", event.region)
    off = _not_enabled(lambda: session.update(macie.get_macie_session()), "ResourceNotFoundException")
    if not off.by_now:
        return Off(by_now=GONE)
    return Off(by_now=OFF if session["status"] == "PAUSED" else ON_AGAIN)


def stopped_recorder(aws: Aws, event: ApiCallEvent) -> Off:
    """Whether AWS Config's recorder stands still."""
    name = event.said("configurationRecorderName")
    listed = aws.client("config", event.region).describe_configuration_recorder_status()
    recording = {each["name"]: each["recording"] for each in listed["ConfigurationRecordersStatus"]}
    if name not in recording:
        return Off(id=name, by_now=GONE)
    return Off(id=name, by_now=ON_AGAIN if recording[name] else OFF)


def kept_shorter(aws: Aws, event: ApiCallEvent) -> Off | None:
    """A retention that is shorter than before. The longest is what Config has where nobody set one.

    A record without a number of days is told: what was set is not known then.
    """
    days = _days(event)
    if days is None or days >= LONGEST_DAYS:
        return Off() if days is None else None
    found = ((call, _days(call)) for call in earlier_calls(aws, event, RETENTION))
    call, before = next(((call, set_to) for call, set_to in found if set_to), (None, None))
    if call and before and before <= days:
        gone = earlier_calls(aws, event, "DeleteRetentionConfiguration", since=call.at)
        if next(gone, None) is None:
            return None
        before = LONGEST_DAYS
    return Off(kept_days=days, days_before=before)


def _days(event: ApiCallEvent) -> int | None:
    days = {name.lower(): value for name, value in event.parameters.items()}.get("retentionperiodindays")
    return days if isinstance(days, int) else None


def no_default_encryption(aws: Aws, event: ApiCallEvent) -> Off:
    """Whether new volumes are not encrypted by default."""
    on = aws.client("ec2", event.region).get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    return Off(by_now=ON_AGAIN if on else OFF)
