"""Restores: an archived object gets a copy that can be read, hours later and for so many days.

How long it takes depends on the tier that is asked for and on the class; S3 promises these hours "typically",
and the seed draws among them. The copy goes at the first midnight UTC after its days. EventBridge is told
when a restore begins, when the copy is there, and when it is gone. To ask again prolongs a copy that is
there, and is refused while a restore is going on. Not simulated: SELECT requests, Intelligent-Tiering.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

ARCHIVED: Final = ("GLACIER", "DEEP_ARCHIVE")
INITIATED, COMPLETED, EXPIRED = (
    "Object Restore Initiated",
    "Object Restore Completed",
    "Object Restore Expired",
)
ITSELF = "s3.amazonaws.com"
_MINUTE, _HOUR = 60.0, 3600.0
# From when to when, in seconds after the request.
_TAKES: Final[Mapping[tuple[str, str], tuple[float, float]]] = {
    ("GLACIER", "Expedited"): (1 * _MINUTE, 5 * _MINUTE),
    ("GLACIER", "Standard"): (3 * _HOUR, 5 * _HOUR),
    ("GLACIER", "Bulk"): (5 * _HOUR, 12 * _HOUR),
    ("DEEP_ARCHIVE", "Standard"): (9 * _HOUR, 12 * _HOUR),
    ("DEEP_ARCHIVE", "Bulk"): (36 * _HOUR, 48 * _HOUR),
}
_ONGOING = "IN_PROGRESS"  # moto's word


class Telling(Protocol):
    """How S3 tells of a restore."""

    def __call__(
        self,
        what: str,
        bucket: str,
        key: str,
        version: str | None,
        *,
        by: Caller | str,
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Say so."""


def readable(version: Any) -> bool:
    """Whether an object, as moto keeps it, can be read: it is in no archive, or its copy is there."""
    if version.storage_class not in ARCHIVED:
        return True
    return version.expiry_date is not None and version.status != _ONGOING


class Restores:
    """Every restore that is going on, and every copy."""

    def __init__(self, setting: Setting, tell: Telling) -> None:
        self._setting = setting
        self._tell = tell
        setting.calls.answer("s3", "RestoreObject", self._restore)

    def _restore(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        version = moto_s3.object_version(
            self._setting.account, given["Bucket"], given["Key"], given.get("VersionId")
        )
        if version is None:
            raise Refused("NoSuchBucket", "The specified bucket does not exist", 404)
        days, tier = _wanted(given.get("RestoreRequest") or {})
        if version.storage_class not in ARCHIVED:
            why = "Restore is not allowed for the object's current storage class"
            raise Refused("InvalidObjectState", why, 403)
        takes = _TAKES.get((version.storage_class, tier))
        if takes is None:
            raise Refused("InvalidArgument", "Retrieval option is not supported by this storage class")
        if version.expiry_date is not None and version.status == _ONGOING:
            raise Refused("RestoreAlreadyInProgress", "Object restore is already in progress", 409)
        if version.expiry_date is not None:
            self._keep(given["Bucket"], version, days)
            return {}
        version.set_expiry(self._setting.clock.now)
        version.status = _ONGOING
        self._say(
            INITIATED,
            given["Bucket"],
            version,
            by=asked.caller,
            more={"source-storage-class": version.storage_class},
        )
        self._setting.clock.after(
            self._setting.random("s3.restore").uniform(*takes),
            lambda: self._completed(given["Bucket"], version, days),
            "S3 has restored an object",
        )
        return {}

    def _completed(self, bucket: str, version: Any, days: int) -> None:
        if not self._is_there(bucket, version):
            return
        version.status = ""
        until = self._keep(bucket, version, days)
        self._say(
            COMPLETED,
            bucket,
            version,
            by=ITSELF,
            more={
                "restore-expiry-time": f"{until:%Y-%m-%dT%H:%M:%SZ}",
                "source-storage-class": version.storage_class,
            },
        )

    def _keep(self, bucket: str, version: Any, days: int) -> datetime:
        """Keep the copy so many days from now, and until midnight."""
        until = _midnight_after(self._setting.clock.now + timedelta(days=days))
        version.set_expiry(until)
        self._setting.clock.at(
            until, lambda: self._expired(bucket, version, until), "a restored copy expires"
        )
        return until

    def _expired(self, bucket: str, version: Any, until: datetime) -> None:
        if self._is_there(bucket, version) and version.expiry_date == _http_date(until):
            version.set_expiry(None)
            self._say(EXPIRED, bucket, version, by=ITSELF)

    def _is_there(self, bucket: str, version: Any) -> bool:
        found = moto_s3.object_version(self._setting.account, bucket, version.name, version.version_id)
        return found is version

    def _say(self, what: str, bucket: str, version: Any, **more: Any) -> None:
        self._tell(what, bucket, version.name, version.version_id, **more)


def _wanted(request: Mapping[str, Any]) -> tuple[int, str]:
    """For how many days, and by which tier."""
    if "SelectParameters" in request or request.get("Type"):
        raise NotSimulated("s3", "RestoreObject with a SELECT request")
    days = request.get("Days")
    if days is None:
        raise Refused("MalformedXML", "The XML you provided was not well-formed or did not validate")
    if days < 1:
        raise Refused("InvalidArgument", "restoration days should be at least 1")
    parameters = request.get("GlacierJobParameters") or {}
    return int(days), str(parameters.get("Tier") or request.get("Tier") or "Standard")


def _midnight_after(moment: datetime) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == moment else midnight + timedelta(days=1)


def _http_date(moment: datetime) -> str:
    return f"{moment:%a, %d %b %Y %H:%M:%S} GMT"
